"""NumPy code on tensors: every function agrees with NumPy in value and gradient, or refuses by name."""

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.autograd.tensor import SymbolicTensor
from tests import finite_difference

from .numpy_calls import FUNCTIONS, UFUNCS, T, calls_of, name_of, numbers, ufunc_arguments


def replaced(x, make):
    """`x` with `make(value)` for each marked argument in it."""
    if isinstance(x, T):
        return make(x.value)
    if isinstance(x, (list, tuple)):
        return type(x)(replaced(item, make) for item in x)
    return {key: replaced(value, make) for key, value in x.items()} if isinstance(x, dict) else x


def leaves(x):
    """The arrays in a result, in order."""
    return [leaf for item in x for leaf in leaves(item)] if isinstance(x, (list, tuple)) else [x]


def weighed(arrays):
    """A number that depends on every element of the floats in a result, each in its own way."""
    total = 0.0
    for array in arrays:
        if isinstance(array, (str, np.dtype)):
            continue
        array = array if isinstance(array, tf.Tensor) else np.asarray(array)
        if np.dtype(array.dtype.name).kind == "c":
            total = total + weighed([np.real(array), np.imag(array)])
        elif np.dtype(array.dtype.name).kind == "f":
            total = total + (array * np.cos(np.arange(array.size)).reshape(array.shape)).sum()
    return total


def check(function, args, kwargs):
    """Value and gradient of a call against NumPy's; returns whether the call is known."""
    inputs = []

    def tensor(value):
        inputs.append(tf.constant(value))
        return inputs[-1]
    want = function(*replaced(args, np.copy), **replaced(kwargs, np.copy))
    on_tensors = replaced(args, tensor), replaced(kwargs, tensor)
    with tf.GradientTape() as tape:
        tape.watch([x for x in inputs if x.dtype.is_floating])
        try:
            got = function(*on_tensors[0], **on_tensors[1])
        except TypeError as error:
            assert name_of(function) in str(error) and ("minikeras.ops" in str(error) or "numpy()" in str(error))
            return False
        pieces = leaves(got)
        total = weighed(pieces)
    assert type(got) is type(want) or isinstance(got, tf.Tensor) or type(got).__name__ == type(want).__name__
    for a, b in zip(pieces, leaves(want), strict=True):
        if isinstance(b, (str, np.dtype, type)) or b is None:
            assert a == b
            continue
        b = np.asarray(b)
        np.testing.assert_allclose(np.asarray(a), b, rtol=1e-6 if b.dtype == np.float32 else 1e-9, atol=1e-12)
        assert a.shape == b.shape if hasattr(a, "shape") else True
        if b.dtype.kind in "biu":
            assert np.asarray(a).dtype == b.dtype
    sources = [x for x in inputs if x.dtype.is_floating]
    if any(isinstance(a, tf.Tensor) and a.dtype.name in ("float64", "complex128") for a in pieces) and sources:
        grads = tape.gradient(total, sources, unconnected_gradients="zero")

        def moved(*values):
            values = iter(values)
            make = lambda value: next(values) if value.dtype.kind == "f" else value
            return weighed(leaves(function(*replaced(args, make), **replaced(kwargs, make))))
        for grad, slope in zip(grads, finite_difference.gradients(moved, [x.numpy() for x in sources])):
            np.testing.assert_allclose(grad.numpy(), slope, rtol=1e-6, atol=1e-7)
    return True


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_agrees_with_numpy_or_refuses_by_name(name):
    for args, kwargs in calls_of(name):
        check(FUNCTIONS[name], args, kwargs)


@pytest.mark.parametrize("name", UFUNCS)
def test_a_ufunc_agrees_with_numpy_or_refuses_by_name(name):
    arguments = [T(a) for a in ufunc_arguments(UFUNCS[name])] if name != "isnat" else [T(numbers(2))]
    if name == "isnat":
        with pytest.raises(TypeError, match=r"np\.isnat"):
            np.isnat(tf.constant([1.0]))
    elif check(UFUNCS[name], tuple(arguments), {}) and len(arguments) == 2:
        for i in (0, 1):        # the other side plain
            check(UFUNCS[name], tuple(a if i == j else a.value for j, a in enumerate(arguments)), {})


MUST_WORK = [
    "np.sum", "np.mean", "np.std", "np.max", "np.prod", "np.cumsum", "np.where", "np.concatenate", "np.stack",
    "np.clip", "np.reshape", "np.transpose", "np.split", "np.pad", "np.repeat", "np.sort", "np.take", "np.dot",
    "np.tensordot", "np.linalg.norm", "np.linalg.solve", "np.linalg.inv", "np.linalg.det", "np.shape", "np.argmax",
    "np.allclose"]


@pytest.mark.parametrize("name", MUST_WORK)
def test_what_programs_use_most_is_known(name):
    assert all(check(FUNCTIONS[name], args, kwargs) for args, kwargs in calls_of(name))


TRANSFORMS = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn",
              "rfftn", "irfftn"]


@pytest.mark.parametrize("options", [{}, {"norm": "ortho"}, {"norm": "forward"}, {"cut": True}, {"across": True}],
                         ids=str)
@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_fourier_transform_takes_numpys_arguments(name, options):
    several = name.endswith(("2", "n"))
    options = {"cut": {"s": (3, 4), "axes": (0, 1)} if several else {"n": 4},
               "across": {"axes": (1, 0)} if several else {"axis": 0}}.get(next(iter(options), None), options)
    x, transform = numbers(4, 5), FUNCTIONS[f"np.fft.{name}"]
    y, slope = value_and_gradient(lambda x: np.abs(transform(x, **options)) ** 2, x)
    np.testing.assert_allclose(y, np.abs(transform(x, **options)) ** 2, rtol=1e-10, atol=1e-12)
    want, = finite_difference.gradients(lambda x: (np.abs(transform(x, **options)) ** 2).sum(), [x])
    np.testing.assert_allclose(slope, want, rtol=1e-6, atol=1e-8)


# --- arguments ---------------------------------------------------------------------------------------

X = np.array([[0.5, 2.0, -1.0], [3.0, 0.0, 4.0]])
MASK = np.array([[True, False, True], [True, False, False]])


def value_and_gradient(function, x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    assert isinstance(y, tf.Tensor)
    return y.numpy(), tape.gradient(y, x).numpy()


def test_where_computes_the_rest_as_zero_without_a_gradient():
    x = np.array([0.0, 2.0, 4.0])
    for function in (lambda x: np.log(x, where=x > 0), lambda x: np.divide(1.0, x, where=x > 0)):
        y, slope = value_and_gradient(function, x)
        want, want_slope = value_and_gradient(function, x[1:])
        np.testing.assert_array_equal(y[1:], want)
        np.testing.assert_allclose(slope, [0.0, *want_slope])
        assert y[0] == 0.0


@pytest.mark.parametrize("outside", [0.0, 1.0, -1.0, 2.0, np.inf, np.nan])
def test_what_where_leaves_out_never_reaches_the_gradient(outside):
    for name, ufunc in UFUNCS.items():
        x = tf.constant([outside, 2.0 if name == "arccosh" else 0.5], "float64")
        with tf.GradientTape() as tape:
            tape.watch(x)
            try:
                y = leaves(ufunc(*[x] * ufunc.nin, where=[False, True]))[0]
            except (TypeError, ValueError):     # not known, of integers, or of matrices
                continue
        slope = tape.gradient(y, x, unconnected_gradients="zero").numpy()
        assert slope[0] == 0 and np.isfinite(slope[1]), name


REDUCING = [np.add, np.multiply, np.maximum, np.minimum, np.subtract, np.divide, np.logaddexp]


@pytest.mark.parametrize("ufunc", REDUCING)
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_reduce_accumulate_and_reduceat_are_numpys(ufunc, axis):
    x = numbers(3, 4)
    for use in (lambda x: ufunc.reduce(x, axis), lambda x: ufunc.reduce(x, axis, keepdims=True),
                lambda x: ufunc.reduce(x, axis, initial=0.5), lambda x: ufunc.accumulate(x, axis),
                lambda x: ufunc.reduceat(x, [0, 2, 1], axis)):
        if not _is_known(ufunc):
            continue
        y, slope = value_and_gradient(use, x)
        np.testing.assert_allclose(y, use(x), rtol=1e-12)
        want, = finite_difference.gradients(lambda x, use=use: use(x).sum(), [x])
        np.testing.assert_allclose(slope, want, rtol=1e-6, atol=1e-8)


def _is_known(ufunc):
    try:
        return ufunc(tf.constant(0.5), 0.5) is not None
    except TypeError:
        return False


def test_reduce_without_an_axis_takes_the_first_and_with_none_all():
    x = tf.constant(X)
    np.testing.assert_array_equal(np.add.reduce(x).numpy(), X.sum(0))
    assert float(np.add.reduce(x, axis=None)) == X.sum()
    assert float(np.add.reduce(x, axis=None, where=MASK, initial=1.0)) == X[MASK].sum() + 1.0


@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.multiply, np.divide, np.maximum])
def test_outer_is_numpys_with_a_tensor_on_either_side(ufunc):
    a, b = numbers(2, 3), numbers(4, seed=1, low=0.4, high=0.9)
    check(ufunc.outer, (T(a), T(b)), {}), check(ufunc.outer, (T(a), b), {}), check(ufunc.outer, (a, T(b)), {})


def test_a_dtype_is_what_the_ufunc_computes_in():
    x = tf.constant(X, "float32")
    assert np.sin(x, dtype=np.float64).dtype == "float64"
    assert np.add(x, 1, dtype="float64").dtype == "float64"
    assert np.sum(tf.constant([100, 100], "int8")).numpy() == 200
    with pytest.raises(TypeError, match="add"):
        np.add(x, 1.5, dtype=np.int32)      # NumPy's own refusal: floats to integers


@pytest.mark.parametrize(("use", "text"), [
    (lambda x: np.add.at(x, [0], 1.0), "np.add.at changes its first operand in place"),
    (lambda x: np.add(x, 1.0, out=x), "out= is a Tensor"), (lambda x: np.sum(x, out=x), "out= is a Tensor"),
    (lambda x: np.add(x, 1.0, order="F"), "np.add of a tensor does not take order='F'"),
    (lambda x: np.sum(x, 0, None, np.zeros(3)), "np.sum of a tensor does not take out="),
    (lambda x: np.take(x, [0], mode="wrap"), "mode='wrap'"), (lambda x: np.unique(x), "np.unique is not known"),
    (lambda x: np.spacing(x), "np.spacing is not known"), (lambda x: np.put(x, [0], 1.0), "np.put changes its first"),
    (lambda x: x.sort(), "Tensor.sort would change a value in place"), (lambda x: x.fill(1.0), "Tensor.fill"),
    (lambda x: np.subtract.reduce(x, axis=None), "along one axis"),
    (lambda x: np.frompyfunc(abs, 1, 1)(x), "not known")])
def test_what_cannot_be_done_is_refused_by_name(use, text):
    with pytest.raises(TypeError, match="(?s)" + text.replace("(", r"\(")):
        use(tf.constant(X))


@pytest.mark.parametrize(("use", "near"), [(np.unique, "unique"), (np.sort_complex, "sort"), (np.histogram, None)])
def test_a_refusal_names_the_nearest_op(use, near):
    near = near if near in ops.__all__ else None
    with pytest.raises(TypeError, match=rf"minikeras\.ops\.{near} is the nearest" if near else r"np\..*numpy\(\)"):
        use(tf.constant(X[0]))


def test_python_operators_that_arrays_have():
    x = tf.constant(X)
    for got, want in [(+x, X), (divmod(x, 2)[1], X % 2), (divmod(7, x + 9)[0], 7 // (X + 9))]:
        np.testing.assert_array_equal(got.numpy(), want)


def test_order_f_reshapes_along_columns():
    x = tf.constant(X)
    np.testing.assert_array_equal(np.reshape(x, (3, 2), order="F").numpy(), np.reshape(X, (3, 2), order="F"))
    np.testing.assert_array_equal(x.flatten("F").numpy(), X.flatten("F"))
    with pytest.raises(ValueError, match="order is 'A'"):
        np.ravel(x, order="A")


# --- mixed operands ----------------------------------------------------------------------------------

@pytest.mark.parametrize("make", [tf.constant, tf.Variable])
@pytest.mark.parametrize("other", [X, X.tolist(), X[0], 2.0, 2, np.float64(2), np.float32(2), np.int64(2), True],
                         ids=lambda x: type(x).__name__)
def test_the_tensors_dtype_wins_on_either_side(make, other):
    x = make(X, dtype="float32")
    for a, b in ((x, other), (other, x)):
        joined = np.concatenate([np.atleast_1d(a), np.atleast_1d(b)], axis=None)
        for y in (a + b, a * b, np.multiply(a, b), np.maximum(a, b), a < b, joined):
            assert isinstance(y, tf.Tensor)
            assert y.dtype in ("float32", "bool")
    plain = X.astype(np.float32)
    np.testing.assert_allclose((other - x).numpy(), np.asarray(other) - plain, rtol=1e-6)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_lets_an_arrays_dtype_win(name):
    for args, kwargs in calls_of(name):
        marked = []
        replaced((args, *kwargs.values()), marked.append)
        for strong in range(len(marked)):
            if marked[strong].dtype != "float64":
                continue
            order = iter(range(len(marked)))
            make = lambda x, order=order, strong=strong: tf.constant(x, "float32") if next(order) == strong else x
            try:
                got = FUNCTIONS[name](*replaced(args, make), **replaced(kwargs, make))
            except TypeError:
                continue
            assert "float64" not in [x.dtype.name for x in leaves(got) if isinstance(x, tf.Tensor)]


def test_an_array_takes_a_tensor_in_place_as_numbers():
    array = np.zeros(2)
    array += tf.constant([1.0, 2.0])
    np.add(array, tf.constant([1.0, 1.0]), out=array)
    np.copyto(array[:1], tf.constant([7.0]))
    assert array.tolist() == [7.0, 3.0]


def test_a_tensor_is_not_assigned_into():
    x = tf.constant(X)
    with pytest.raises(TypeError, match=r"ops\.where"):
        x[0] = 1.0
    y = x
    y += 1.0
    np.testing.assert_array_equal(x.numpy(), X)


def test_answers_are_numbers_of_numpys():
    x = tf.constant(X)
    assert (np.shape(x), np.ndim(x), np.size(x), np.size(x, 1)) == ((2, 3), 2, 6, 3)
    assert isinstance(np.argmax(x), np.integer) and np.allclose(x, X) and not np.iscomplexobj(x)
    assert np.array_equal(x, X) and np.result_type(x, np.float32) == np.float64
    np.testing.assert_array_equal(np.argsort(x, axis=None), np.argsort(X, axis=None))


def test_other_libraries_arrays_are_left_to_them():
    class Other:
        __array_ufunc__ = __array_function__ = lambda self, *args, **kwargs: "theirs"
    assert np.add(tf.constant(1.0), Other()) == "theirs"
    assert np.concatenate([tf.constant([1.0]), Other()]) == "theirs"


# --- methods -----------------------------------------------------------------------------------------

METHODS = {
    "all": (), "any": (), "argmax": (1,), "argmin": (), "argsort": (), "astype": ("float32",), "clip": (0.0, 1.0),
    "compress": ([True, False], 0), "copy": (), "cumprod": (1,), "cumsum": (), "dot": (X.T,), "flatten": (),
    "max": (0,), "mean": (1,), "min": (), "nonzero": (), "prod": (), "ravel": (), "repeat": (2, 1),
    "reshape": (3, 2), "squeeze": (), "std": (), "sum": (0,), "swapaxes": (0, 1),
    "take": ([1, 0], 1), "transpose": (1, 0), "var": (), "tolist": ()}


@pytest.mark.parametrize("make", [tf.constant, tf.Variable])
@pytest.mark.parametrize("name", METHODS)
def test_methods_are_those_of_arrays(name, make):
    got, want = getattr(make(X), name)(*METHODS[name]), getattr(X, name)(*METHODS[name])
    np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=1e-6)
    if np.asarray(want).dtype.kind == "f" and name != "tolist":
        assert isinstance(got, tf.Tensor)


def test_methods_take_a_tuple_or_integers_and_keywords():
    x = tf.constant(X)
    assert x.reshape((3, 2)).shape == x.reshape(3, 2).shape == x.reshape(-1, 2).shape == (3, 2)
    assert x.reshape(-1).shape == (6,) and x.transpose((1, 0)).shape == x.transpose().shape == x.T.shape == (3, 2)
    assert x.sum(axis=0, keepdims=True).shape == (1, 3) and x.mT.shape == (3, 2)
    assert x.real is not None and np.asarray(x.imag).tolist() == np.zeros((2, 3)).tolist()
    assert x.std(ddof=1).numpy() == pytest.approx(X.std(ddof=1))


def test_symbolic_tensors_take_methods_and_functions():
    x = tf.Input((3,))
    assert x.sum(axis=1).shape == (None,) and np.mean(x).shape == () and np.sin(x).shape == (None, 3)
    assert x.argmax(1).shape == (None,) and np.concatenate([x, x], axis=1).shape == (None, 6)
    assert x.reshape(-1, 1).shape == (None, 1) and np.ndim(x) == 2
    assert np.result_type(x, np.int8) == np.float32 and not np.iscomplexobj(x)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_infers_the_shapes_and_dtypes_it_gives(name):
    for args, kwargs in calls_of(name):
        try:
            want = FUNCTIONS[name](*replaced(args, tf.constant), **replaced(kwargs, tf.constant))
            got = FUNCTIONS[name](*replaced(args, symbolic), **replaced(kwargs, symbolic))
        except (TypeError, tf.errors.SymbolicError):    # refused, or a question to the numbers
            continue
        for a, b in zip(leaves(got), leaves(want), strict=True):
            if isinstance(b, (tf.Tensor, np.ndarray)):
                assert (a.shape, a.dtype) == (b.shape, b.dtype)


def symbolic(array):
    return SymbolicTensor(array.shape, array.dtype)


# --- whole programs ----------------------------------------------------------------------------------

def logistic_loss(w, b, x, y):
    z = np.dot(x, w) + b
    return np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))) + 0.01 * np.sum(w ** 2)


def network_loss(w1, b1, w2, b2, x, y):
    hidden = np.tanh(x @ w1 + b1)
    logits = np.matmul(hidden, w2) + b2
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    probabilities = np.exp(shifted) / np.sum(np.exp(shifted), axis=1, keepdims=True)
    return -np.log(probabilities[np.arange(len(y)), y]).mean()


def program(loss):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(8, 3))
    if loss is logistic_loss:
        return [rng.normal(size=3), np.array(0.1)], x, (x[:, 0] > 0).astype(float)
    return [rng.normal(size=(3, 4)), np.zeros(4), rng.normal(size=(4, 2)), np.zeros(2)], x, (x[:, 1] > 0).astype(int)


@pytest.mark.parametrize("loss", [logistic_loss, network_loss])
def test_plain_numpy_code_is_differentiated_unchanged(loss):
    weights, x, y = program(loss)
    variables = [tf.Variable(w, dtype="float64") for w in weights]
    with tf.GradientTape() as tape:
        value = loss(*variables, x, y)
    np.testing.assert_allclose(float(value), loss(*weights, x, y), rtol=1e-12)
    for grad, want in zip(tape.gradient(value, variables),
                          finite_difference.gradients(lambda *w: loss(*w, x, y), weights)):
        np.testing.assert_allclose(grad.numpy(), want, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("loss", [logistic_loss, network_loss])
def test_plain_numpy_code_learns(loss):
    weights, x, y = program(loss)
    variables = [tf.Variable(w, dtype="float64") for w in weights]
    for _ in range(60):
        with tf.GradientTape() as tape:
            value = loss(*variables, x, y)
        for variable, grad in zip(variables, tape.gradient(value, variables)):
            variable.assign_sub(0.5 * grad)
    assert float(value) < 0.5 * loss(*weights, x, y)
