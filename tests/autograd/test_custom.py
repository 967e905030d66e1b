"""Functions with a gradient of their own."""

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.autograd.dispatch import listen
from minikeras.errors import DTypeError, ShapeError


def number(tensor):
    return None if tensor is None else float(tensor)


def derivatives(function, x, order):
    """Value and derivatives at `x`, by tapes nested as deep as needed."""
    x = tf.constant(x)

    def level(n):
        if n == 0:
            return [function(x)]
        with tf.GradientTape() as tape:
            tape.watch(x)
            values = level(n - 1)
        return [*values, tape.gradient(values[-1], x)]
    return [number(v) for v in level(order)]


def inverse_exp(x):
    return 1 / tf.exp(x)


@tf.custom_gradient
def stable_inverse_exp(x):
    return 1 / tf.exp(x), lambda d: -d * tf.exp(-x)


@tf.custom_gradient
def exp_as_documented(x):
    y = tf.exp(x)
    return y, lambda d: d * y


# --- 1 / exp(x) ------------------------------------------------------------------------------------

def test_inverse_exp_at_100_has_the_tape_gradient_nan():
    value, slope = derivatives(inverse_exp, 100.0, 1)
    assert value == 0.0         # exp(100) is beyond float32
    assert np.isnan(slope)


def test_custom_gradient_of_inverse_exp_at_100_is_the_subnormal():
    """TensorFlow's CPU flushes it to -0.0."""
    assert derivatives(stable_inverse_exp, 100.0, 1) == [0.0, -np.float32(3.783506e-44)]


# --- any order -------------------------------------------------------------------------------------

@pytest.mark.parametrize("order", [1, 2, 3])
def test_gradient_made_of_ops_has_every_order(order):
    values = derivatives(exp_as_documented, 0.5, order)
    assert values == pytest.approx([np.exp(0.5)] * (order + 1), rel=1e-6)


def test_gradient_function_with_a_custom_gradient_of_its_own():
    @tf.custom_gradient
    def doubled(x):
        return x * 2.0, lambda d: d * 5.0       # a lie, so that it shows

    @tf.custom_gradient
    def f(x):
        return x * x, lambda d: d * doubled(x)

    assert derivatives(f, 3.0, 2) == [9.0, 6.0, 5.0]


def test_custom_gradient_inside_another_is_replaced_as_a_whole():
    @tf.custom_gradient
    def outer(x):
        y = exp_as_documented(x) * x
        return y, lambda d: d * 7.0

    assert derivatives(outer, 1.0, 1)[1] == 7.0


def test_custom_gradient_in_the_middle_of_a_chain():
    x = 0.3
    value, slope = derivatives(lambda x: tf.sin(exp_as_documented(x * 2.0)), x, 1)
    assert value == pytest.approx(np.sin(np.exp(2 * x)), rel=1e-6)
    assert slope == pytest.approx(np.cos(np.exp(2 * x)) * np.exp(2 * x) * 2, rel=1e-5)


# --- arguments and results -------------------------------------------------------------------------

def test_method_decorator():
    class Scale:
        def __init__(self, factor):
            self.factor = factor

        @tf.custom_gradient
        def call(self, x):
            return x * self.factor, lambda d: d * 100.0 * self.factor

    assert derivatives(Scale(3.0).call, 2.0, 1) == [6.0, 300.0]


def test_wrapped_function_keeps_its_name_and_doc():
    @tf.custom_gradient
    def named(x):
        """Said here."""
        return x, lambda d: d

    assert (named.__name__, named.__doc__) == ("named", "Said here.")


def test_several_arguments_and_outputs():
    @tf.custom_gradient
    def f(a, b):
        return (a * b, a + b), lambda d_product, d_sum: (d_product * 10.0 + d_sum, d_product * 20.0 + d_sum)

    a, b = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        product, total = f(a, b)
    assert [number(g) for g in tape.gradient(product, [a, b])] == [10.0, 20.0]
    assert [number(g) for g in tape.gradient(total, [a, b])] == [1.0, 1.0]
    assert [number(g) for g in tape.gradient([product, total], [a, b])] == [11.0, 21.0]


def test_keyword_arguments_pass_through():
    @tf.custom_gradient
    def power(x, *, exponent):
        return x ** exponent, lambda d: d * exponent * x ** (exponent - 1)

    assert derivatives(lambda x: power(x, exponent=3), 2.0, 2) == [8.0, 12.0, 12.0]


def test_none_stands_for_no_gradient():
    @tf.custom_gradient
    def first(a, b):
        return a * b, lambda d: (d, None)

    a, b = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = first(a, b)
    assert [number(g) for g in tape.gradient(y, [a, b])] == [1.0, None]


def test_numpy_gradient_is_taken():
    @tf.custom_gradient
    def f(x):
        return x * 2.0, lambda d: np.float32(5.0) * d.numpy()

    assert derivatives(f, 1.0, 1)[1] == 5.0


def test_output_that_is_the_input_gets_the_gradient_given():
    @tf.custom_gradient
    def clip_gradient(x):
        return x, lambda d: tf.clip_by_value(d, -1.0, 1.0)

    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = clip_gradient(x) * tf.constant([0.5, 8.0])
    assert tape.gradient(y, x).numpy().tolist() == [0.5, 1.0]


def test_body_does_not_decide_the_gradient_of_its_argument():
    @tf.custom_gradient
    def f(x):
        return tf.exp(x) * 3.0, lambda d: d * 0.0

    assert derivatives(f, 1.0, 1)[1] == 0.0


@pytest.mark.parametrize("packed", [lambda d: [d * 2.0, d * 3.0], lambda d: ([d * 2.0, d * 3.0],), lambda d: {
    "a": d * 2.0, "b": d * 3.0}], ids=["flat", "nested", "dict"])
@pytest.mark.parametrize("pack", [lambda a, b: [a, b], lambda a, b: {"b": b, "a": a}], ids=["list", "dict"])
def test_nests_of_arguments_and_gradients(pack, packed):
    f = tf.custom_gradient(lambda m: (ops.add(*([m["a"], m["b"]] if isinstance(m, dict) else m)), packed))
    a, b = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = f(pack(a, b))
    assert [number(g) for g in tape.gradient(y, [a, b])] == [2.0, 3.0]


def test_leaves_of_nested_outputs_come_one_by_one():
    @tf.custom_gradient
    def f(x):
        return {"b": x * 2.0, "a": [x, x * x]}, lambda d_a0, d_a1, d_b: d_a0 * 100.0 + d_a1 * 10.0 + d_b

    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = f(x)
    assert [number(tape.gradient(t, x)) for t in (y["a"][0], y["a"][1], y["b"], y)] == [100.0, 10.0, 1.0, 111.0]


@pytest.mark.parametrize("make", [list, tuple])
def test_a_list_of_one_output_stays_a_list(make):
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = tf.custom_gradient(lambda x: (make([x * 2.0]), lambda d: d * 5.0))(x)
    assert type(y) is make
    assert number(tape.gradient(y, x)) == 5.0


@pytest.mark.parametrize("other", [None, "relu", 3, np.float32(3.0), tf.constant(3)],
                         ids=["None", "text", "int", "numpy", "integer tensor"])
def test_argument_without_a_derivative_is_passed_over(other):
    @tf.custom_gradient
    def f(x, other):
        return x * 2.0, lambda d: (d * 5.0, None)

    assert derivatives(lambda x: f(x, other), 1.0, 1) == [2.0, 5.0]


def test_what_is_given_by_keyword_is_a_constant():
    """As in TensorFlow, for tensors and Variables alike."""
    @tf.custom_gradient
    def f(x, k=None):
        return x * k, lambda d: d * 3.0

    x, k = tf.Variable(2.0), tf.Variable(5.0)
    with tf.GradientTape() as tape:
        y = f(x, k=k)
    assert [number(g) for g in tape.gradient(y, [x, k])] == [3.0, None]


def test_integer_output_has_no_cotangent_of_its_own():
    seen = []

    @tf.custom_gradient
    def f(x):
        def grad(d, d_integer):
            seen.append(d_integer.dtype.name)
            return d * 5.0
        return (x * 2.0, tf.cast(x, tf.int32)), grad

    x = tf.Variable(2.5)
    with tf.GradientTape(persistent=True) as tape:
        y, integer = f(x)
    assert (integer.dtype, int(integer)) == ("int32", 2)
    assert (number(tape.gradient(y, x)), seen, tape.gradient(integer, x)) == (5.0, ["int32"], None)


@pytest.mark.parametrize("empty", [[], (), None])
def test_function_without_arguments(empty):
    w = tf.Variable(3.0)

    @tf.custom_gradient
    def f():
        return w * w, lambda d, variables: (empty, [d * 2.0])

    with tf.GradientTape() as tape:
        y = f()
    assert number(tape.gradient(y, w)) == 2.0


def test_calls_of_an_instance_and_of_a_class():
    class Doubled:
        @tf.custom_gradient
        def __call__(self, x):
            return x * 2.0, lambda d: d * 5.0

        @classmethod
        @tf.custom_gradient
        def by_class(cls, x):
            return x * 2.0, lambda d: d * 6.0

        @staticmethod
        @tf.custom_gradient
        def alone(x):
            return x * 2.0, lambda d: d * 7.0

    class Plain:
        def __call__(self, x):
            return x * 2.0, lambda d: d * 8.0

    functions = [Doubled(), Doubled.by_class, Doubled().alone, tf.custom_gradient(Plain())]
    assert [derivatives(f, 1.0, 1)[1] for f in functions] == [5.0, 6.0, 7.0, 8.0]


def test_decorator_with_parentheses():
    @tf.custom_gradient()
    def f(x):
        return x * 2.0, lambda d: d * 5.0

    assert derivatives(f, 1.0, 1) == [2.0, 5.0]


def test_gradient_function_runs_for_each_call_on_a_persistent_tape():
    calls = []

    @tf.custom_gradient
    def f(x):
        def grad(d):
            calls.append(1)
            return d * x
        return x * x, grad

    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = f(x)
    assert [number(tape.gradient(y, x)) for _ in range(2)] == [3.0, 3.0]
    assert len(calls) == 2


def test_gradient_function_gets_and_gives_complex_cotangents_as_tapes_do():
    """d w / d z* as TensorFlow has it: for f(z) = z**2 the gradient function multiplies by conj(2 z)."""
    @tf.custom_gradient
    def squared(z):
        return z * z, lambda d: d * tf.math.conj(z) * 2.0

    def both(f, order):
        z = tf.constant(2 + 1j, tf.complex64)
        with tf.GradientTape() as outer:
            outer.watch(z)
            with tf.GradientTape() as inner:
                inner.watch(z)
                y = f(z * (1 + 2j)) * (3 - 1j)
            grad = inner.gradient(y, z)
        return complex(grad if order == 1 else outer.gradient(grad, z))

    for order in (1, 2):
        assert both(squared, order) == pytest.approx(both(lambda z: z * z, order), rel=1e-6)


# --- rows of a table --------------------------------------------------------------------------------

def some_rows(d):
    return tf.IndexedSlices(tf.constant([[1.0, 2.0]]) * d, tf.constant([1]), tf.constant([3, 2]))


@pytest.mark.parametrize("as_argument", [True, False])
@pytest.mark.parametrize("gathered", [False, True])
def test_rows_stay_rows(as_argument, gathered):
    table = tf.Variable(np.ones((3, 2), np.float32))
    if as_argument:
        f = tf.custom_gradient(lambda v: (tf.reduce_sum(v), some_rows))
    else:
        f = tf.custom_gradient(lambda v: (tf.reduce_sum(table), lambda d, variables: (None, [some_rows(d)])))
    with tf.GradientTape() as tape:
        y = f(table if as_argument else tf.constant(0.0))
        y = y + tf.reduce_sum(tf.gather(table, [2])) if gathered else y
    grad = tape.gradient(y, table)
    assert isinstance(grad, tf.IndexedSlices)
    assert tf.convert_to_tensor(grad).numpy().tolist() == [[0, 0], [1, 2], [1, 1] if gathered else [0, 0]]


def test_rows_of_an_intermediate_are_added_up():
    table = tf.Variable(np.ones((3, 2), np.float32))
    f = tf.custom_gradient(lambda v: (tf.reduce_sum(v), some_rows))
    with tf.GradientTape() as tape:
        y = f(table * 2.0)
    assert tape.gradient(y, table).numpy().tolist() == [[0, 0], [2, 4], [0, 0]]


def test_recompute_grad_of_a_gather_gives_rows():
    table = tf.Variable(np.ones((4, 2), np.float32))
    with tf.GradientTape() as tape:
        y = tf.recompute_grad(lambda i: tf.gather(table, i) * 2.0)(tf.constant([1, 1]))
    grad = tape.gradient(y, table)
    assert grad.indices.numpy().tolist() == [1, 1] and grad.values.numpy().tolist() == [[2.0, 2.0]] * 2


# --- many at once ----------------------------------------------------------------------------------

def lying_product(x, w):
    @tf.custom_gradient
    def f(x):
        return x * w, lambda d, variables=(): (d * x * 5.0, [d * 7.0 * x]) if variables else d * x * 5.0
    return f(x)


def test_vectorized_map_keeps_the_gradients_given():
    x, w = tf.Variable([1.0, 2.0, 3.0]), tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = ops.vectorized_map(lambda x: lying_product(x, w), x)
        first = tape.gradient(y, x)
    assert y.numpy().tolist() == [2.0, 4.0, 6.0]
    assert first.numpy().tolist() == [5.0, 10.0, 15.0]
    assert number(tape.gradient(y, w)) == 42.0       # 7 (1 + 2 + 3)
    assert tape.gradient(first, x).numpy().tolist() == [5.0] * 3
    np.testing.assert_allclose(tape.jacobian(y, x).numpy(), np.diag([5.0, 10.0, 15.0]))


def test_vectorized_map_in_another():
    x = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    f = tf.custom_gradient(lambda a, b: (a * b, lambda d: (d * 5.0 * b, d * 7.0 * a)))
    with tf.GradientTape() as tape:
        y = ops.vectorized_map(lambda row: ops.vectorized_map(lambda a: f(a, ops.sum(row)), row), x)
    # 5 (row sum), and 7 (row sum) through the sum
    assert tape.gradient(y, x).numpy().tolist() == [[36.0, 36.0], [84.0, 84.0]]


def test_jacobian_of_two_outputs():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = ops.add(*tf.custom_gradient(lambda x: ((x * x, x), lambda d, e: d * x * 3.0 + e))(x))
    assert tape.jacobian(y, x).numpy().tolist() == [[4.0, 0.0], [0.0, 7.0]]


@pytest.mark.parametrize("reverse", [False, True])
def test_forward_mode_uses_the_gradient_given(reverse):
    x = tf.constant(2.0)
    f = tf.custom_gradient(lambda x: (x * x, lambda d: d * 5.0 * x))
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as accumulator, tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
        y = tape.gradient(y, x) if reverse else y
    assert number(accumulator.jvp(y)) == (5.0 if reverse else 10.0)


# --- Variables that the function reads -------------------------------------------------------------

def test_gradients_of_variables_come_from_the_gradient_function():
    w = tf.Variable(3.0)

    @tf.custom_gradient
    def f(x):
        def grad(d, variables=None):
            assert [v.ref() for v in variables] == [w.ref()]
            return d * 10.0, [d * 20.0]
        return x * w, grad

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    assert [number(g) for g in tape.gradient(y, [x, w])] == [10.0, 20.0]
    assert [v.ref() for v in tape.watched_variables()] == [w.ref()]


def test_reading_a_variable_needs_a_gradient_function_that_takes_variables():
    w = tf.Variable(3.0)

    @tf.custom_gradient
    def f(x):
        return x * w, lambda d: d * w

    with tf.GradientTape(), pytest.raises(TypeError, match="variables"):
        f(tf.constant(2.0))


def test_variable_given_as_an_argument_needs_no_variables():
    @tf.custom_gradient
    def f(v):
        return v * v, lambda d: d * 5.0

    w = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = f(w)
    assert number(tape.gradient(y, w)) == 5.0


def test_untrainable_variable_needs_no_variables():
    w = tf.Variable(3.0, trainable=False)

    @tf.custom_gradient
    def f(x):
        return x * w, lambda d: d * 7.0

    assert derivatives(f, 2.0, 1) == [6.0, 7.0]


def test_variable_read_in_the_body_is_found_again_by_every_call():
    w = tf.Variable(3.0)

    @tf.custom_gradient
    def f(x):
        return x * w, lambda d, variables: (d * w, [d * x])

    x = tf.constant(2.0)
    for _ in range(2):
        with tf.GradientTape() as tape:
            x * w               # read before by the same tape
            y = f(x) + f(x)
        assert number(tape.gradient(y, w)) == 4.0


# --- mistakes --------------------------------------------------------------------------------------

def gradient_of(function, *values):
    xs = [tf.Variable(v) for v in values]
    with tf.GradientTape() as tape:
        y = function(*xs)
    return tape.gradient(y, xs)


def test_wrong_number_of_gradients_is_an_error():
    f = tf.custom_gradient(lambda a, b: (a * b, lambda d: d))
    with pytest.raises(ValueError, match="1 gradients for 2 arguments"):
        gradient_of(f, 1.0, 2.0)


def test_wrong_shape_of_a_gradient_is_an_error():
    f = tf.custom_gradient(lambda a: (tf.reduce_sum(a), lambda d: d))
    with pytest.raises(ValueError, match=r"shape \(\).*\(2,\)"):
        gradient_of(f, [1.0, 2.0])


def test_wrong_number_of_variable_gradients_is_an_error():
    w = tf.Variable(1.0)
    f = tf.custom_gradient(lambda x: (x * w, lambda d, variables: (d, [d, d])))
    with pytest.raises(ValueError, match="2 gradients for 1 variables"):
        gradient_of(f, 1.0)


@pytest.mark.parametrize("wrong", [tf.float64, tf.int32, tf.complex64])
def test_wrong_dtype_of_a_gradient_is_an_error(wrong):
    f = tf.custom_gradient(lambda a: (a * a, lambda d: tf.cast(d, wrong)))
    with pytest.raises(DTypeError, match=r"argument 0 of .*lambda.* is .*64|int32, .*float32. Cast it"):
        gradient_of(f, 1.0)


@pytest.mark.parametrize("given", [7.0, 7, np.float64(7.0), np.int64(7)])
def test_numbers_as_gradients_take_the_dtype_of_the_argument(given):
    (grad,) = gradient_of(tf.custom_gradient(lambda a: (a * a, lambda d: given)), 1.0)
    assert (number(grad), grad.dtype) == (7.0, "float32")


def test_wrong_shape_of_a_variable_gradient_names_the_variable():
    w = tf.Variable([1.0, 2.0], name="table")
    f = tf.custom_gradient(lambda x: (x * tf.reduce_sum(w), lambda d, variables: (d, [d])))
    with pytest.raises(ShapeError, match=r"Variable 'table' .*shape \(\), .*\(2,\)"):
        gradient_of(f, 1.0)


def test_wrong_shape_of_rows_is_an_error():
    f = tf.custom_gradient(lambda v: (tf.reduce_sum(v), some_rows))
    with pytest.raises(ShapeError, match=r"\(3, 2\), .*\(4, 2\)"):
        gradient_of(f, np.ones((4, 2), np.float32))


@pytest.mark.parametrize("result", [1.0, (1.0,), (1.0, 2.0), (1.0, len, len)])
def test_function_must_return_a_pair(result):
    with pytest.raises(TypeError, match="must return"):
        tf.custom_gradient(lambda x: result)(tf.constant(1.0))


# --- recompute_grad, grad_pass_through, stop_gradient ----------------------------------------------

def cube(x):
    return x * x * x


@pytest.mark.parametrize("order", [1, 2, 3])
def test_recompute_grad_gives_the_same_derivatives(order):
    assert derivatives(tf.recompute_grad(cube), 2.0, order) == [8.0, 12.0, 12.0, 6.0][:order + 1]


def test_recompute_grad_finds_variables():
    w, x = tf.Variable([1.0, 2.0]), tf.constant([3.0, 5.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.recompute_grad(lambda x: x * x * w)(x)
    dx, dw = tape.gradient(y, [x, w])
    assert dx.numpy().tolist() == [6.0, 20.0] and dw.numpy().tolist() == [9.0, 25.0]


def test_recompute_grad_finds_variables_under_two_tapes():
    w = tf.Variable(3.0)
    f = tf.recompute_grad(lambda x: x * w * w)
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = f(x)
        first = inner.gradient(y, w)
    assert (number(first), number(outer.gradient(first, w))) == (12.0, 4.0)


def test_recompute_grad_of_nests_and_keywords():
    a, b, k = tf.Variable(2.0), tf.Variable(3.0), tf.Variable(5.0)
    f = tf.recompute_grad(lambda pair, n, k=None: {"y": [pair["a"] * pair["b"] * k], "n": n})
    with tf.GradientTape() as tape:
        y = f({"b": b, "a": a}, 4, k=k)
    assert int(y["n"]) == 4
    assert [number(g) for g in tape.gradient(y["y"], [a, b, k])] == [15.0, 10.0, 6.0]


def test_recompute_grad_draws_the_same_numbers_again():
    """Layers with a generator, ops with and without one: TensorFlow's second run draws others."""
    dropout, own = tf.layers.Dropout(0.5), tf.random.SeedGenerator(3)

    def f(x):
        x = dropout(x, training=True) * tf.random.uniform((50,), seed=own) * tf.random.uniform((50,))
        return tf.layers.Dropout(0.5)(x, training=True)

    x = tf.Variable(np.ones(50, np.float32))
    for _ in range(2):
        with tf.GradientTape() as tape:
            y = tf.recompute_grad(f)(x)
        tf.random.uniform((), seed=own)       # the generators went on in between
        np.testing.assert_allclose(tape.gradient(y, x).numpy(), y.numpy(), rtol=1e-6)


def test_recompute_grad_leaves_the_random_numbers_after_it_as_they_are():
    def numbers(wrap):
        tf.random.set_seed(5)
        own, x = tf.random.SeedGenerator(), tf.Variable(1.0)
        with tf.GradientTape() as tape:
            y = wrap(lambda x: x * tf.random.uniform((), seed=own) * tf.random.uniform(()))(x)
        tape.gradient(y, x)
        return [float(tf.random.uniform((), seed=own)), float(tf.random.uniform(()))]

    assert numbers(tf.recompute_grad) == numbers(lambda f: f)


@pytest.mark.parametrize("order", [1, 2])
def test_recompute_grad_in_recompute_grad_with_random_numbers(order):
    own = tf.random.SeedGenerator(3)
    inner = tf.recompute_grad(lambda x: x * x * tf.random.uniform((), seed=own))
    value, *slopes = derivatives(tf.recompute_grad(lambda x: inner(x) * tf.random.uniform((), seed=own)), 1.0, order)
    assert slopes == pytest.approx([2 * value] * order, rel=1e-6)


def test_recompute_grad_keeps_no_intermediate():
    kept = []

    def body(x):
        middle = tf.exp(x)
        kept.append(middle._node)
        return middle * x

    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = tf.recompute_grad(body)(x)
    assert kept == [None]
    assert number(tape.gradient(y, x)) == pytest.approx(2 * np.e)


def test_grad_pass_through_is_the_identity_backwards():
    x = tf.Variable([0.4, 1.6])
    with tf.GradientTape() as tape:
        y = tf.grad_pass_through(tf.round)(x) * tf.constant([2.0, 3.0])
    assert y.numpy().tolist() == [0.0, 6.0]
    assert tape.gradient(y, x).numpy().tolist() == [2.0, 3.0]


def test_grad_pass_through_lets_a_variable_be_read():
    x, w = tf.Variable(1.0), tf.Variable(5.0)
    with tf.GradientTape() as tape:
        y = tf.grad_pass_through(lambda x: x * w)(x)
    assert [number(g) for g in tape.gradient(y, [x, w])] == [1.0, None]


def test_stop_gradient_detaches_for_every_order():
    assert derivatives(lambda x: tf.stop_gradient(x * x) * x, 3.0, 2) == [27.0, 9.0, None]


def test_stopped_source_is_unconnected():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = tf.stop_gradient(x) * 2.0
    assert tape.gradient(y, x) is None


def test_who_records_a_step_hears_body_and_gradient_as_ops():
    @tf.custom_gradient
    def f(x):
        return tf.exp(x), lambda d: d * tf.sin(x)

    class Recorder:
        def __init__(self):
            self.names = []

        def heard(self, op, inputs, attrs, outputs):
            if op.family != "custom":
                self.names.append(op.name)

    x = tf.Variable(2.0)
    with listen(Recorder()) as recorder:
        with tf.GradientTape() as tape:
            y = f(x) * 3.0
        tape.gradient(y, x)
    assert recorder.names[:2] == ["exp", "multiply"]
    assert recorder.names[-2:] == ["sin", "multiply"]
