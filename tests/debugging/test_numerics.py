"""The first NaN or infinity is found, told in words that help, and nothing else raises an alarm."""

import re
import threading
from pathlib import Path

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.autograd import state
from minikeras.autograd.forward import ForwardAccumulator
from minikeras.debugging import advice, check_numerics, disable_check_numerics, enable_check_numerics, numerics
from minikeras.errors import DTypeError, NonFiniteError

INF, NAN = np.inf, np.nan


@pytest.fixture(autouse=True)
def checking():
    enable_check_numerics()
    yield
    disable_check_numerics()
    assert not state.everywhere and not state.listening


def slope(function, at, dtype="float32"):
    """The gradient of `function` at a vector or number."""
    x = tf.constant(np.array(at, dtype))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x)


def words_of(function, *args):
    """The message of the NonFiniteError that a call raises."""
    with pytest.raises(NonFiniteError) as caught:
        function(*args)
    return str(caught.value)


def entropy(p):
    return p * tf.math.log(p)


def softmax_by_hand(x):
    return tf.exp(x) / tf.reduce_sum(tf.exp(x))


def standardized(x):
    return (x - ops.mean(x)) / ops.std(x)


@pytest.mark.parametrize(("function", "at", "first", "instead"), [
    (lambda x: 1 / tf.exp(x), [1, 90], "exp made inf in 1 of 2 elements, first at [1]", "1 / exp(x) is ops.exp(-x)"),
    (lambda x: 1 / (1 + tf.exp(-x)), [1, -90], "exp made inf", "ops.sigmoid(x), which does not"),
    (lambda x: tf.math.log(1 + tf.exp(x)), [90], "exp made inf", "ops.softplus(x), which does not"),
    (lambda x: tf.math.log(tf.reduce_sum(tf.exp(x))), [90], "exp made inf", "ops.logsumexp(x), which does not"),
    (softmax_by_hand, [90, 1], "exp made inf", "ops.softmax(x), which does not"),
    (softmax_by_hand, [-200, -300], "divide made NaN", "exp(x) / sum(exp(x)) is ops.softmax(x)"),
    (tf.exp, [90], "exp made inf", "exp overflows float32 above 88.72. The usual formulas"),
    (lambda x: tf.math.log(tf.nn.softmax(x)), [0, 200], "log made -inf", "ops.log_softmax(x)"),
    (lambda x: tf.math.log(tf.sigmoid(x)), [-200], "log made -inf", "ops.log_sigmoid(x)"),
    (lambda x: tf.math.log(1 - tf.sigmoid(x)), [200], "log made -inf", "ops.log_sigmoid(-x)"),
    (lambda x: tf.math.log(softmax_by_hand(x)), [0, -200], "log made -inf", "ops.log_softmax(x)"),
    (entropy, [0, 1], "log made -inf", "tf.math.xlogy(x, x)"),
    (tf.math.log, [0, 1], "log made -inf", "ops.maximum(x, 1e-7)"),
    (tf.math.log, [-2, 1], "log made NaN", "of a negative number"),
    (lambda x: 1 / x, [0, 1], "divide made inf", "ops.divide_no_nan"),
    (lambda x: x / x, [0, 1], "divide made NaN", "ops.divide_no_nan"),
    (standardized, [2, 2], "divide made NaN", "standard deviation of equal numbers"),
    (lambda x: (x - ops.mean(x)) / tf.sqrt(ops.var(x)), [2, 2], "divide made NaN", "standard deviation of equal"),
    (tf.sqrt, [-1, 1], "sqrt made NaN", "root of a negative number"),
    (ops.rsqrt, [0, 1], "rsqrt made inf", "ops.rsqrt(x + 1e-7)"),
    (lambda x: x ** -0.5, [0, 1], "power made inf", "0 to a negative power"),
    (lambda x: x ** 0.5, [-1, 1], "power made NaN", "no real power"),
    (ops.arccos, [1.5], "arccos made NaN", "ops.arccos(ops.clip(x, -1.0, 1.0))"),
    (tf.reduce_mean, [], "mean made NaN", "mean of no numbers"),
    (tf.nn.softmax, [-INF, -INF], "softmax made NaN", "A row is minus infinity throughout"),
    (lambda x: x * 1e30, [1e30], "multiply made inf", "The largest float32 is 3.4e+38"),
    (lambda x: tf.matmul(x[None] * 1e20, x[:, None]), [1e15], "matmul made inf", "lower the learning rate"),
    (lambda x: tf.cast(tf.cast(x, "float64") * 1e300, "float32"), [1.0], "cast made inf", "does not fit into float32"),
])
def test_first_op_is_named_with_the_stable_form(function, at, first, instead):
    words = words_of(function, tf.constant(np.array(at, "float32")))
    assert words.startswith(first)
    assert instead in words


@pytest.mark.parametrize(("function", "at", "first", "instead"), [
    (tf.sqrt, [0, 1], "sqrt is not finite: divide, in its rule, made inf in 1 of 2", "ops.sqrt(x + 1e-7)"),
    (lambda x: tf.sqrt(tf.reduce_sum(x * x)), [0, 0], "sqrt", "tf.norm(x), whose derivative at 0 is 0"),
    (lambda x: tf.sqrt(tf.reduce_sum(x ** 2)), [0, 0], "sqrt", "ops.norm(x)"),
    (lambda x: tf.sqrt(ops.var(x)), [3, 3], "sqrt", "As ops.std(x) its derivative there is 0"),
    (lambda x: x ** 0.5, [0, 1], "power", "(x + 1e-7) ** p"),
    (lambda x: tf.where(x > 0, x ** 0.5, 0.0), [0, 1], "power", "ops.where(ok, f(ops.where(ok, x, 1.0)), other)"),
    (ops.arcsin, [1, 0], "arcsin", "just inside"),
    (lambda x: 1e30 / x, [1e-8], "divide", "ops.maximum(x, 1e-7)"),
])
def test_derivative_is_named_with_the_op_it_is_of(function, at, first, instead):
    words = words_of(slope, function, at)
    assert words.startswith(f"the derivative of {first}")
    assert instead in words


def line_of(text):
    """Number of the only line of this file that ends in a text."""
    numbers = [i for i, line in enumerate(Path(__file__).read_text().splitlines(), 1) if line.endswith("# " + text)]
    (number,) = numbers
    return f"test_numerics.py:{number}"


def test_forward_message_is_whole():
    def loss(x):
        return tf.math.log(x)       # the log

    words = words_of(loss, tf.constant([2.0, 0.0, 1.0]))
    lines = words.splitlines()
    assert lines[0] == "log made -inf in 1 of 3 elements, first at [1]."
    assert line_of("the log") in lines[1] and lines[1].startswith("  called at ") and ", in loss: return tf" in lines[1]
    assert lines[2] == "  log got float32 of shape (3,), 0 … 2; 0 there"
    assert lines[3].startswith("  instead: log(0) is minus infinity.")
    assert len(lines) == 4


def test_backward_message_tells_both_places():
    x = tf.Variable([4.0, 0.0])
    with tf.GradientTape() as tape:
        y = tf.sqrt(x)      # the root
    words = words_of(lambda: tape.gradient(y, x))      # the gradient
    lines = words.splitlines()
    assert line_of("the root") in lines[1] and lines[1].startswith("  sqrt was called at")
    assert lines[2] == "  sqrt got float32 of shape (2,), 0 … 4; 0 there"
    assert line_of("the gradient") in lines[3] and lines[3].startswith("  derivative asked at")
    assert lines[4] == ("  divide got float32 of shape (2,), all 0.5; 0.5 there and float32 of shape (2,), 0 … 2; "
                        "0 there")


def test_an_op_from_before_has_no_line():
    disable_check_numerics()
    x = tf.Variable([4.0, 0.0])
    with tf.GradientTape() as tape:
        y = tf.sqrt(x)
    enable_check_numerics()
    assert "sqrt was called before the check was enabled" in words_of(lambda: tape.gradient(y, x))


def test_second_derivative_tells_the_first_op():
    x = tf.Variable([0.0, 1.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as tape:
            y = x ** 1.5        # the power
        first = tape.gradient(y, x)
    words = words_of(lambda: outer.gradient(first, x))
    assert words.startswith("the derivative of power is not finite")
    assert "for the derivative of power, called at" in words and line_of("the power") in words


def test_jacobian_and_forward_mode_are_checked():
    x = tf.constant([0.0, 1.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.sqrt(x)
    assert words_of(lambda: tape.jacobian(y, x)).startswith("the derivative of sqrt is not finite")
    with ForwardAccumulator(x, tf.constant([1.0, 1.0])):
        words = words_of(tf.sqrt, x)
    assert words.startswith("the derivative of sqrt is not finite")
    assert "sqrt got float32 of shape (2,), 0 … 1; 0 there" in words and "Add a small number first" in words


def test_backward_without_a_tape_is_checked():
    x = tf.constant([0.0, 1.0]).requires_grad_(True)
    y = tf.reduce_sum(tf.sqrt(x))
    assert words_of(y.backward).startswith("the derivative of sqrt is not finite")


def network(activation):
    layers = [tf.keras.layers.Dense(3, name="hidden"), tf.keras.layers.Dense(2, activation=activation, name="out")]
    return tf.keras.Sequential(layers, name="net")


X, Y = np.ones((8, 4), "float32"), np.ones((8, 2), "float32")


def test_layer_is_named_forward_and_backward():
    model = network(lambda x: tf.math.log(x * 0.0))
    assert "\n  in layer net/out\n" in words_of(model, X)
    model = network(lambda x: tf.sqrt(x * 0.0))
    with tf.GradientTape() as tape:
        y = model(X)
    assert "\n  in layer net/out\n" in words_of(lambda: tape.gradient(y, model.trainable_variables))


def test_loss_and_optimizer_are_named():
    assert "in loss mine" in words_of(tf.losses.MeanSquaredError(name="mine"), Y * 1e30, Y)
    v = tf.Variable([1.0])
    optimizer = tf.optimizers.SGD(1e30)
    assert "in optimizer " in words_of(optimizer.apply, [tf.constant([1e30])], [v])


def test_training_that_diverges_stops_at_the_line_of_fit():
    model = network(None)
    model.compile(optimizer=tf.optimizers.SGD(1e20), loss="mse")
    words = words_of(lambda: model.fit(X, Y, epochs=9, verbose=0))      # fit
    assert line_of("fit") in words


def test_training_that_converges_raises_no_alarm():
    model = network("relu")
    model.add(tf.keras.layers.Dense(3, activation="softmax"))
    model.compile(optimizer=tf.optimizers.Adam(clipnorm=1.0), loss="sparse_categorical_crossentropy",
                  metrics=["accuracy"])
    model.fit(X, np.arange(8) % 3, epochs=2, verbose=0)


@pytest.mark.parametrize("compute", [
    lambda: tf.constant([INF, NAN]) * 2.0 + 1.0,
    lambda: tf.nn.softmax(tf.constant([[1.0, -INF]])),
    lambda: slope(lambda x: tf.nn.softmax(tf.where(x > 0, x, -INF)), [-1.0, 2.0]),
    lambda: ops.max(tf.constant([1.0, -INF])),
    lambda: tf.matmul(tf.constant([[INF]]), tf.constant([[0.0]])),
    lambda: tf.where(tf.constant([True, False]), tf.constant([1.0, NAN]), 0.0),
    lambda: tf.cast(tf.constant(3.7), "int32") // 2,
    lambda: tf.math.top_k(tf.constant([1.0, 2.0]), 1),
    lambda: slope(lambda x: tf.where(x > 0, tf.sqrt(x), 0.0), [0.0, 4.0]),
    lambda: slope(tf.norm, [0.0, 0.0]),
    lambda: slope(ops.std, [2.0, 2.0]),
    lambda: tf.math.cumulative_logsumexp(tf.constant([1.0, 2.0]), exclusive=True),
    lambda: slope(lambda x: tf.gather(x, [0, 0]), [1.0, 2.0]),
    lambda: tf.optimizers.SGD(clipnorm=1.0).apply([tf.constant([0.0])], [tf.Variable([0.0])]),
    lambda: tf.optimizers.SGD(global_clipnorm=1.0).apply([tf.constant([0.0])], [tf.Variable([0.0])]),
])
def test_no_false_alarm(compute):
    compute()


def test_an_element_is_judged_by_its_own_inputs():
    assert words_of(tf.math.log, tf.constant([INF, 0.0])).startswith("log made -inf in 1 of 2 elements, first at [1]")


def test_sparse_gradients_raise_no_alarm():
    v = tf.Variable(np.ones((3, 2), "float32"))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.gather(v, [0, 2]))
    assert type(tape.gradient(y, v)) is tf.IndexedSlices


def test_a_custom_gradient_may_overflow_on_the_way_to_a_finite_result():
    @tf.custom_gradient
    def inverse_exp(x):
        return 1 / tf.exp(x), lambda d: -tf.exp(-x) * d

    assert slope(inverse_exp, 100.0).numpy() == np.float32(-3.783506e-44)


def test_a_custom_gradient_with_a_result_that_is_not_finite_names_the_op_inside():
    @tf.custom_gradient
    def inner(x):
        return tf.exp(x), lambda d: d

    @tf.custom_gradient
    def outer(x):
        return inner(x) * 2.0, lambda d: d

    @tf.custom_gradient
    def saved(x):
        return 1.0 / inner(x), lambda d: d

    x = tf.constant(100.0)
    assert words_of(inner, x).startswith("exp made inf")
    assert words_of(outer, x).startswith("exp made inf")
    assert float(saved(x)) == 0.0


def test_an_overflow_that_came_to_nothing_is_forgotten():
    @tf.custom_gradient
    def f(x):
        return tf.where(x > 100, tf.exp(x), x), lambda d: d

    for at in (99.0, 100.0):
        f(tf.constant(at))
    assert "exp got float32 101" in words_of(f, tf.constant(101.0))


def test_a_custom_gradient_may_have_the_name_of_an_op():
    @tf.custom_gradient
    def multiply(x):
        return 2.0 * x, lambda d: 2.0 * d

    assert slope(multiply, 1.0).numpy() == 2.0


def test_the_function_of_a_custom_gradient_gets_its_own_advice():
    @tf.custom_gradient
    def f(x):
        return x * 2.0, lambda d: d / (x * 0.0)     # the division

    words = words_of(slope, f, 1.0)
    assert f"the derivative of {f._name().rsplit('.')[-1]} is not finite" in words
    assert line_of("the division") in words and "ops.divide_no_nan" in words


def test_error_is_a_floating_point_error():
    with pytest.raises(FloatingPointError):
        tf.math.log(tf.constant(0.0))


def test_threads_started_before_and_after_are_checked():
    disable_check_numerics()
    begin, caught = threading.Event(), []

    def work():
        begin.wait()
        try:
            tf.math.log(tf.constant(0.0))
        except NonFiniteError as error:
            caught.append(error)

    early = threading.Thread(target=work)
    early.start()
    enable_check_numerics()
    late = threading.Thread(target=work)
    late.start()
    begin.set()
    early.join()
    late.join()
    assert len(caught) == 2


def test_enabling_twice_is_enabling_once():
    enable_check_numerics()
    assert len(state.everywhere) == 1
    disable_check_numerics()
    with np.errstate(all="ignore"):
        assert float(tf.math.log(tf.constant(0.0))) == -INF
    disable_check_numerics()


def test_a_with_block_puts_back_what_was_before():
    with enable_check_numerics():
        pass
    assert state.everywhere
    disable_check_numerics()
    with enable_check_numerics():
        words_of(tf.math.log, tf.constant(0.0))
    assert not state.everywhere


def test_nothing_of_finished_work_is_kept():
    (checker,) = state.everywhere
    for _ in range(5):
        slope(tf.sin, [1.0, 2.0])
    tf.sin(1.0)
    assert len(checker._sites) <= 3


def test_numpys_warnings_are_off_while_checking():
    assert float(tf.exp(tf.constant(-INF)) / 1.0) == 0.0
    assert np.isnan(tf.constant(INF) * 0.0 - tf.constant(INF) * 0.0)


def test_check_numerics_gives_the_tensor_back():
    disable_check_numerics()
    x = tf.constant([1.0, 2.0])
    assert check_numerics(x, "x").numpy().tolist() == [1.0, 2.0]
    assert slope(lambda x: tf.debugging.check_numerics(x * x, "square"), [1.0, 2.0]).numpy().tolist() == [2.0, 4.0]


def test_check_numerics_tells_message_and_place():
    disable_check_numerics()
    words = words_of(check_numerics, np.array([[1.0, NAN], [INF, 2.0]]), "after the encoder")
    assert words == ("after the encoder: NaN and inf in 2 of 4 elements, first at [0, 1]; "
                     "float64 of shape (2, 2), 1 … 2, 2 not finite.")


def test_check_numerics_checks_the_gradient_too():
    disable_check_numerics()
    words = words_of(slope, lambda x: tf.sqrt(check_numerics(x, "x")), [0.0, 1.0])
    assert words.startswith("x (its gradient): inf in 1 of 2 elements, first at [0]")


def test_check_numerics_takes_floats_only():
    with pytest.raises(DTypeError, match="int32"):
        check_numerics(tf.constant(1), "x")


def test_every_function_that_advice_names_exists():
    text = Path(advice.__file__).read_text() + Path(numerics.__file__).read_text()
    for name in set(re.findall(r"(?:ops|tf)\.[a-z_.]+(?=\()", text)):
        value = tf
        for part in name.removeprefix("tf.").split("."):
            value = getattr(value, part)
        assert callable(value)
