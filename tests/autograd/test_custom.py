"""Functions with a gradient of their own."""

import numpy as np
import pytest

import minikeras as tf


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
