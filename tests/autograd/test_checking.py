"""check_gradients passes what is right, and tells what is wrong, and where."""

import subprocess
import sys

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.autograd import check_gradients
from minikeras.errors import DTypeError, GradientCheckError, GradientError

X = np.array([[0.3, -1.2, 0.7], [1.0, 0.5, -0.4]], "float32")
ORDERS_AND_MODES = [(1, "reverse"), (1, "forward"), (2, "reverse over reverse"), (2, "forward over reverse"),
                    (2, "reverse over forward")]


def custom(value, slope):
    """A function of a tensor with a gradient of its own: `slope(d, x)`."""
    @tf.custom_gradient
    def f(x):
        return value(x), lambda d: slope(d, x)
    return f


def test_right_derivatives_pass_in_all_modes_to_second_order():
    report = check_gradients(lambda x: tf.sin(x) * x, [X])
    assert [(c.order, c.mode) for c in report.comparisons] == ORDERS_AND_MODES
    assert all(c.count == 36 and not c.wrong and c.difference < 1e-9 for c in report.comparisons)


def test_first_order_alone():
    report = check_gradients(tf.tanh, X, order=1)
    assert [(c.order, c.mode) for c in report.comparisons] == ORDERS_AND_MODES[:2]


def test_report_prints_a_table():
    lines = str(check_gradients(lambda x, y: x * y, (2.0, 3.0))).splitlines()
    assert lines[0].split() == ["order", "mode", "by", "elements", "worst", "difference", "allowed"]
    assert len(lines) == 1 + 2 * len(ORDERS_AND_MODES)
    assert lines[2].startswith("1      reverse               inputs[1]  1 ")


def test_nested_inputs_and_outputs():
    def f(pair, scale):
        return {"sum": pair["a"] + pair["b"], "parts": [pair["a"] ** 2 * scale, ops.sum(pair["b"])]}

    report = check_gradients(f, [{"b": np.ones(2), "a": X[0, :2]}, 3.0])
    assert [c.source for c in report.comparisons[:3]] == ["inputs[0]['a']", "inputs[0]['b']", "inputs[1]"]


def test_variables_are_checked_in_float64_and_put_back():
    w, b = tf.Variable(X.T, name="w"), tf.Variable([0.5, -0.5], name="b")
    report = check_gradients(lambda x, w: tf.tanh(x @ w + b), [X, w], variables=[b, w])
    assert [c.source for c in report.comparisons[:3]] == ["inputs[0]", "w", "b"]
    assert w.dtype.name == b.dtype.name == "float32" and np.array_equal(w.numpy(), X.T)


def test_variables_are_put_back_after_an_error():
    v = tf.Variable([1.0, 2.0])
    with pytest.raises(GradientCheckError):
        check_gradients(lambda v: tf.stop_gradient(v), [v])
    assert v.dtype.name == "float32"


def test_layer_in_float64_passes():
    layer = tf.keras.layers.Dense(2, activation="tanh", dtype="float64")
    layer(X)
    check_gradients(layer, [X], variables=layer.trainable_variables)


def test_sparse_gradients_and_integer_inputs():
    check_gradients(lambda table, rows: tf.gather(table, rows) ** 3,
                    [tf.Variable(np.arange(6.0).reshape(3, 2), name="table"), np.array([0, 2, 0])])


def test_several_outputs_of_which_some_are_integers():
    check_gradients(lambda x: tf.math.top_k(x, 2), [X])


def test_a_wrong_gradient_is_told_with_its_worst_element():
    f = custom(tf.square, lambda d, x: d * tf.where(x < -1, 2.1, 2.0) * x)
    with pytest.raises(GradientCheckError) as caught:
        check_gradients(f, X[0])
    lines = str(caught.value).splitlines()
    assert lines[0] == ("check_gradients: 1 of 9 derivatives of order 1 (reverse mode) are not what differences say.")
    assert lines[1] == "  worst: d output[1] / d input[1]"
    numbers = dict(line.split() for line in lines[2:4])
    assert float(numbers["analytic"]) == pytest.approx(-2.52) and float(numbers["numeric"]) == pytest.approx(-2.4)
    assert "allowed 0.00241 = atol 1e-05 + rtol 0.001 * |numeric|" in lines[4]
    assert "kink" in lines[5]


def test_a_gradient_that_is_wrong_in_second_order_only():
    cube = custom(lambda x: x * x * x, lambda d, x: d * 3.0 * x * tf.stop_gradient(x))
    check_gradients(cube, X, order=1)
    with pytest.raises(GradientCheckError, match=r"order 2 .reverse over reverse mode"):
        check_gradients(cube, X)


def test_a_gradient_that_does_not_arrive():
    for f in (tf.stop_gradient, lambda x: tf.constant(x.numpy() * 2)):
        with pytest.raises(GradientCheckError, match="None: no gradient reaches input"):
            check_gradients(f, X)


def test_failure_is_an_assertion():
    with pytest.raises(AssertionError):
        check_gradients(tf.stop_gradient, X)


def test_a_kink_is_the_callers_affair():
    with pytest.raises(GradientCheckError, match="kink"):
        check_gradients(ops.relu, np.array([0.0, 1.0]))


def test_tolerances_count():
    nearly = custom(tf.square, lambda d, x: d * 2.001 * x)
    with pytest.raises(GradientCheckError):
        check_gradients(nearly, X, rtol=1e-4, order=1)
    check_gradients(nearly, X, rtol=1e-2, order=1)


@pytest.mark.parametrize(("f", "inputs", "error", "words"), [
    (lambda x: x * tf.keras.random.normal((3,)), X, GradientError, "two calls of f .* differ by up to"),
    (lambda x: tf.cast(tf.cast(x, "float32"), "float64"), X, DTypeError, "computes in float32"),
    (lambda x: tf.keras.layers.Dense(2)(x), X, DTypeError, "dtype='float64'"),
    (lambda x: x * 1j, X, DTypeError, "f gives complex"),
    (lambda x: x, X * 1j, DTypeError, "input is complex"),
    (lambda x: x, [np.arange(3)], GradientError, "no input is floating"),
    (lambda x: x > 0, X, GradientError, "gives no floating numbers"),
    (lambda x: tf.math.log(x * 0.0), X, GradientError, "NaN or an infinity"),
])
def test_what_cannot_be_checked_is_refused(f, inputs, error, words):
    with pytest.raises(error, match=words):
        check_gradients(f, inputs)


@pytest.mark.parametrize(("arguments", "error"), [({"order": 3}, ValueError), ({"variables": [1.0]}, TypeError)])
def test_bad_arguments_are_refused(arguments, error):
    with pytest.raises(error, match="check_gradients: "):
        check_gradients(tf.sin, X, **arguments)


def test_operators_work_when_nothing_else_is_imported():
    program = "from minikeras.autograd import check_gradients; check_gradients(lambda x: x * x, 2.0); print('right')"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          check=True).stdout.strip() == "right"
