"""A Tensor is a value that behaves like NumPy's arrays, and prints and compares like TensorFlow's."""

import copy

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.errors import DTypeError, ShapeError, SymbolicError

X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], np.float32)


# --- values ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("make", [tf.constant, tf.Variable, tf.convert_to_tensor, ops.convert_to_tensor])
def test_changing_the_source_array_does_not_change_the_tensor(make):
    source = X.copy()
    x = make(source)
    source[0, 0] = 9.0
    assert x.numpy()[0, 0] == 1.0


@pytest.mark.parametrize("function", [lambda a: tf.constant(1.0) + a, lambda a: ops.reshape(a, (6,)), ops.transpose,
                                      lambda a: ops.stack([a, a]), lambda a: ops.cast(a, "float32"), ops.squeeze])
def test_changing_an_array_after_an_op_took_it_does_not_change_the_result(function):
    source = X.copy()
    y = function(source)
    before = y.numpy()
    source[...] = 9.0
    np.testing.assert_array_equal(y.numpy(), before)


def test_numpy_is_a_writable_copy():
    x = tf.constant(X)
    array = x.numpy()
    array[0, 0] = 9.0
    assert x.numpy()[0, 0] == 1.0


def test_asarray_is_a_read_only_view():
    x = tf.constant(X)
    view = np.asarray(x)
    assert np.shares_memory(view, np.asarray(x))
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 9.0


def test_array_with_copy_or_another_dtype_is_new():
    x = tf.constant(X)
    for array in (np.array(x), np.asarray(x, dtype=np.float64)):
        array[0, 0] = 9.0
    assert x.numpy()[0, 0] == 1.0


def test_item_assignment_says_what_to_write_instead():
    x = tf.constant(X)
    with pytest.raises(TypeError, match=r"ops\.where"):
        x[0, 0] = 1.0


@pytest.mark.parametrize("inplace", ["__iadd__", "__imul__"])
def test_augmented_assignment_makes_a_new_tensor(inplace):
    assert not hasattr(tf.Tensor, inplace)
    x = y = tf.constant([1.0])
    y += 1.0
    assert (x.numpy().tolist(), y.numpy().tolist()) == ([1.0], [2.0])


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_tensors_can_be_copied(duplicate):
    assert duplicate(tf.constant(X)).numpy().tolist() == X.tolist()


# --- Python's protocols ----------------------------------------------------------------------------

@pytest.mark.parametrize("make", [tf.constant, tf.Variable])
def test_scalars_become_python_numbers(make):
    assert (float(make(2.5)), int(make(2)), bool(make(0.0)), complex(make(1.0))) == (2.5, 2, False, 1 + 0j)
    assert f"{make(2.5):.3f}" == "2.500"
    assert isinstance(make(2.5).numpy(), np.float32)


def test_integer_scalars_are_indices():
    assert [10, 20, 30][tf.constant(1)] == 20
    assert list(range(tf.constant(3))) == [0, 1, 2]


@pytest.mark.parametrize("convert", [bool, float, int])
def test_an_array_is_no_scalar(convert):
    with pytest.raises((ValueError, TypeError)):
        convert(tf.constant([1.0, 2.0]))


def test_len_and_iteration_go_along_the_first_axis():
    x = tf.constant(X)
    assert len(x) == 2
    assert [row.numpy().tolist() for row in x] == X.tolist()
    first, second = x
    assert first.shape == second.shape == (3,)


@pytest.mark.parametrize("use", [len, iter])
def test_a_scalar_has_no_length(use):
    with pytest.raises(TypeError, match="scalar"):
        use(tf.constant(1.0))


@pytest.mark.parametrize("make", [tf.constant, tf.Variable])
def test_tensors_are_unhashable_and_have_references(make):
    x, y = make(1.0), make(1.0)
    with pytest.raises(TypeError, match=r"ref\(\)"):
        hash(x)
    assert {x.ref(): "x"}[x.ref()] == "x"
    assert x.ref() != y.ref() and x.ref().deref() is x


def test_comparison_is_element_by_element():
    x = tf.constant([1.0, 2.0])
    assert [(x == 1.0).numpy().tolist(), (x != 1.0).numpy().tolist()] == [[True, False], [False, True]]
    assert [(x < 2).numpy().tolist(), (x <= 2).numpy().tolist()] == [[True, False], [True, True]]
    assert (x == tf.Variable([1.0, 5.0])).numpy().tolist() == [True, False]


@pytest.mark.parametrize("other", [None, tf.constant([1.0, 2.0, 3.0])], ids=["None", "another shape"])
def test_what_cannot_be_compared_is_not_equal(other):
    x = tf.constant([1.0, 2.0])
    assert bool(x == other) is False and bool(x != other) is True


@pytest.mark.parametrize(("value", "want"), [
    ([1.0, 2.0], "<Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>"),
    (1.0, "<Tensor: shape=(), dtype=float32, numpy=1.0>"),
    (True, "<Tensor: shape=(), dtype=bool, numpy=True>"),
    ([[1, 2]], "<Tensor: shape=(1, 2), dtype=int32, numpy=array([[1, 2]], dtype=int32)>"),
])
def test_repr(value, want):
    assert repr(tf.constant(value)) == want


def test_print_shows_shape_dtype_and_numbers():
    assert str(tf.constant([1.0, 2.0])) == "<Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>"


def test_shape_ndim_size():
    x = tf.constant(X)
    assert (x.shape, x.ndim, x.size, x.T.shape, x.get_shape()) == ((2, 3), 2, 6, (3, 2), (2, 3))


# --- NumPy -----------------------------------------------------------------------------------------

BINARY = [np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum, np.mod, np.floor_divide]


@pytest.mark.parametrize("ufunc", BINARY)
@pytest.mark.parametrize("other", [2.0, np.float32(2), X[::-1] + 2], ids=["float", "scalar", "array"])
def test_ufuncs_take_tensors_on_either_side(ufunc, other):
    x = tf.constant(X)
    for a, b in [(x, other), (other, x), (x, x)]:
        got = ufunc(a, b)
        assert isinstance(got, tf.Tensor)
        np.testing.assert_array_equal(got.numpy(), ufunc(np.asarray(a, np.float32), np.asarray(b, np.float32)))


@pytest.mark.parametrize("ufunc", [np.exp, np.sin, np.sqrt, np.tanh, np.negative, np.absolute, np.log1p, np.square])
def test_ufuncs_of_one_tensor_are_ops(ufunc):
    np.testing.assert_allclose(ufunc(tf.constant(X)).numpy(), ufunc(X), rtol=1e-6)


def test_a_ufunc_is_recorded():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = np.float32(3) * np.square(x)
    assert float(tape.gradient(y, x)) == 12.0


@pytest.mark.parametrize(("function", "want"), [
    (np.sum, 5.0), (np.max, 3.0), (np.min, 2.0), (np.prod, 6.0), (lambda x: np.sum(x, axis=0), 5.0)])
def test_numpy_reductions_are_ops(function, want):
    x = tf.Variable([2.0, 3.0])
    with tf.GradientTape() as tape:
        y = function(x)
    assert float(y) == want and tape.gradient(y, x) is not None


def test_a_copy_of_a_tensor_is_the_tensor_however_long_its_record():
    x = tf.Variable(1.0)
    with tf.GradientTape():
        y = x * 1.0
        for _ in range(5000):
            y = y + 1.0
    assert copy.deepcopy(y) is y and copy.copy(y) is y


@pytest.mark.parametrize("make", [lambda: tf.constant(1.5, tf.int32), lambda: tf.Variable(3).assign(3.7),
                                  lambda: tf.constant([1.0, 2.5], "int64")])
def test_fractions_do_not_become_integers_by_themselves(make):
    with pytest.raises(tf.errors.DTypeError, match="fractions would be lost"):
        make()


def test_whole_floats_may_become_integers():
    assert tf.constant([1.0, 2.0], "int32").numpy().tolist() == [1, 2]


@pytest.mark.parametrize(("expression", "want"), [
    (lambda x: x ^ 1, [0, 3, 2]), (lambda x: ~x, [-2, -3, -4]), (lambda x: x & 2, [0, 2, 2]),
    (lambda x: x | 4, [5, 6, 7])])
def test_operators_on_bits(expression, want):
    y = expression(tf.constant([1, 2, 3]))
    assert y.numpy().tolist() == want and y.dtype == "int32"


OPERATORS = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "//": lambda a, b: a // b, "%": lambda a, b: a % b, "**": lambda a, b: a ** b, "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b}


@pytest.mark.parametrize("make", [tf.constant, tf.Variable])
@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_operators_are_numpys_from_either_side(operator, make):
    other = [[2.0, 3.0, 1.5]] * 2
    for b in (np.float32(2), 2.0, np.array(other, np.float32), tf.constant(other), other):
        plain = np.asarray(b, np.float32)
        np.testing.assert_allclose(operator(make(X), b), operator(X, plain), rtol=1e-6)
        np.testing.assert_allclose(operator(b, make(X)), operator(plain, X), rtol=1e-6)


def test_matmul_operator_takes_arrays_on_either_side():
    x = tf.constant(X)
    np.testing.assert_allclose(x @ X.T, X @ X.T)
    np.testing.assert_allclose(X.T @ x, X.T @ X)


def test_integer_operators():
    a, b = tf.constant([6, 7]), tf.constant([3, 5])
    assert [(a & b).numpy().tolist(), (a | b).numpy().tolist(), (-a).numpy().tolist()] == [[2, 5], [7, 7], [-6, -7]]
    assert (a ** 2).dtype == "int32" and (a // b).numpy().tolist() == [2, 1]


def test_boolean_operators():
    a, b = tf.constant([True, False]), tf.constant([True, True])
    assert [(a & b).numpy().tolist(), (a | b).numpy().tolist(), (a ^ b).numpy().tolist(), (~a).numpy().tolist()] == [
        [True, False], [True, True], [False, True], [False, True]]


@pytest.mark.parametrize("index", [
    0, -1, slice(1, None), (slice(None), 1), (Ellipsis, 0), None, (slice(1, None), None), (slice(None, None, -1), 2),
    (0, slice(None, None, 2)), [1, 0], np.array([[1, 0]]), (np.array([0, 1]), np.array([2, 0])), X > 2.5, X[:, 0] > 1,
    np.int64(1), (slice(None), [0, 2]), (slice(0, 0),), True], ids=str)
def test_indexing_is_numpys(index):
    got, want = tf.constant(X)[index], X[index]
    assert got.shape == want.shape
    np.testing.assert_array_equal(got.numpy(), want)


def test_tensors_are_indices():
    x, i = tf.constant(X), tf.constant(1)
    assert x[i].numpy().tolist() == [4.0, 5.0, 6.0]
    assert x[:i, tf.constant([2, 0])].numpy().tolist() == [[3.0, 1.0]]
    assert x[x > 4.0].numpy().tolist() == [5.0, 6.0]


@pytest.mark.parametrize("index", [5, (0, 7), (0, 0, 0), [9]], ids=str)
def test_index_out_of_range_is_an_error_with_the_shape(index):
    with pytest.raises((ValueError, IndexError), match=r"\(2, 3\)"):
        tf.constant(X)[index]


def test_iteration_ends():
    assert sum(1 for _ in tf.constant(X)) == 2


# --- symbolic tensors ------------------------------------------------------------------------------

def test_symbolic_tensor_shows_what_is_known():
    x = tf.SymbolicTensor((None, 3), "float32", name="input")
    assert repr(x) == "<SymbolicTensor: shape=(None, 3), dtype=float32, name=input>"
    assert (x.shape, x.ndim, x.size) == ((None, 3), 2, None)


@pytest.mark.parametrize("use", [float, int, bool, np.asarray, lambda x: x.numpy(), len, list])
def test_asking_a_symbolic_tensor_for_numbers_is_an_error(use):
    with pytest.raises(SymbolicError):
        use(tf.SymbolicTensor((None,)))


def test_symbolic_dimensions_are_those_of_the_input():
    x = tf.SymbolicTensor((None, 3))
    y = ops.reshape(x * 2.0, (ops.shape(x)[0] * 3,))
    assert ops.shape(y)[0] == ops.shape(x)[0] * 3
    assert y.shape == (None,)


@pytest.mark.parametrize("broken", [lambda x: x + tf.ones((2, 4)), lambda x: ops.matmul(x, tf.ones((4, 2))),
                                    lambda x: ops.reshape(x, (-1, 4)) if x.shape[0] else ops.sum(x, axis=2)])
def test_symbolic_shapes_that_do_not_fit_are_errors(broken):
    with pytest.raises(ValueError, match="3"):
        broken(tf.SymbolicTensor((2, 3)))
    with pytest.raises(ValueError, match="3"):
        broken(tf.constant(X))


def test_item_deletion_is_an_error():
    x = tf.constant([1.0, 2.0])
    with pytest.raises(TypeError, match="item deletion"):
        del x[0]


def test_none_among_numbers_is_an_error():
    with pytest.raises(DTypeError, match="None is no number"):
        tf.constant([1.0, None])


def test_an_op_that_numpy_lacks_for_a_dtype_names_both():
    with pytest.raises(DTypeError, match="floor is not defined for complex128"):
        tf.floor(tf.constant(1j))


@pytest.mark.parametrize(("value", "dtype"), [
    ([[0, 1], [0, 0.1]], "float32"), ([1, 2.5], "float32"), ([[1], [2]], "int32"), ([True, False], "bool"),
    ([1, 2j], "complex128"), ([True, 2], "int32"), ([[]], "float32"), ((1, (2.0)), "float32")])
def test_a_nest_of_numbers_takes_the_kind_that_holds_all_of_them(value, dtype):
    assert tf.constant(value).dtype == dtype
    np.testing.assert_allclose(tf.constant(value).numpy(), np.array(value), rtol=1e-7)


def test_set_shape_checks_what_is_known():
    x = tf.zeros((2, 3))
    x.set_shape([None, 3])
    with pytest.raises(ShapeError, match=r"\(2, 3\) has not the shape \(2, 4\)"):
        x.set_shape([2, 4])
    tf.SymbolicTensor((None, 3)).set_shape((5, None))
