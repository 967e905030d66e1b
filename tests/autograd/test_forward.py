"""Forward mode: accumulators, their nesting with tapes, and AutoDiffScalar."""

import subprocess
import sys

import numpy as np
import pytest

import minikeras as tf
from minikeras.autodiff import AutoDiffScalar, ForwardAccumulator, Unit
from minikeras.errors import ShapeError

X = np.array([0.3, -1.2, 0.7])
V = np.array([1.0, -0.5, 2.0])


def cube(x):
    return x * x * x


def test_jvp_is_the_derivative_along_the_tangent():
    x = tf.constant(X)
    with ForwardAccumulator(x, tf.constant(V)) as accumulator:
        y = cube(x)
    np.testing.assert_allclose(accumulator.jvp(y).numpy(), 3 * X ** 2 * V, rtol=1e-15)


def test_jvp_of_a_primal_is_its_tangent_and_of_others_none():
    x, other = tf.constant(X), tf.constant(1.0)
    with ForwardAccumulator(x, tf.constant(V)) as accumulator:
        y = tf.sin(other)
    assert accumulator.jvp(x).numpy().tolist() == V.tolist()
    assert accumulator.jvp(y) is None
    assert accumulator.jvp(y, unconnected_gradients=tf.UnconnectedGradients.ZERO).numpy() == 0.0


def test_jvp_of_a_variable_and_a_nest():
    v, x = tf.Variable(2.0), tf.constant(3.0)
    with ForwardAccumulator([v, {"x": x}], [1.0, {"x": 10.0}]) as accumulator:
        y, z = v * x, v + x
    got = accumulator.jvp({"y": y, "z": z})
    assert (float(got["y"]), float(got["z"])) == (23.0, 11.0)


def test_ops_after_the_block_are_not_heard():
    x = tf.constant(2.0)
    with ForwardAccumulator(x, 1.0) as accumulator:
        pass
    assert accumulator.jvp(x * x) is None


# The order of the two decides whether a term is lost: TensorFlow's issue 127753 is such a wrong second derivative.
def test_tape_inside_an_accumulator_gives_the_hessian_times_the_vector():
    x = tf.constant(X)
    with ForwardAccumulator(x, tf.constant(V)) as accumulator:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(cube(x))
        gradient = tape.gradient(y, x)
    np.testing.assert_allclose(accumulator.jvp(gradient).numpy(), 6 * X * V, rtol=1e-14)


def test_accumulator_inside_a_tape_gives_the_hessian_times_the_vector():
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        with ForwardAccumulator(x, tf.constant(V)) as accumulator:
            y = tf.reduce_sum(cube(x))
        slope = accumulator.jvp(y)
    np.testing.assert_allclose(tape.gradient(slope, x).numpy(), 6 * X * V, rtol=1e-14)


def test_accumulators_nest_to_any_order():
    x = tf.constant(2.0)
    with ForwardAccumulator(x, 1.0) as third:
        with ForwardAccumulator(x, 1.0) as second:
            with ForwardAccumulator(x, 1.0) as first:
                y = x ** 4
            slope = first.jvp(y)
        bend = second.jvp(slope)
    assert float(slope) == 32.0 and float(bend) == 48.0 and float(third.jvp(bend)) == 48.0


def test_a_result_from_before_the_tape_keeps_its_tangent():
    x, w = tf.constant(3.0), tf.constant(5.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with ForwardAccumulator(x, 1.0) as accumulator:
            early = x * x
            with outer.stop_recording():
                pass
            with tf.GradientTape() as tape:
                tape.watch(w)
                y = early * w
            gradient = tape.gradient(y, w)      # x squared
    assert float(accumulator.jvp(gradient)) == 6.0


def test_jvp_through_ops_with_several_outputs_inside_a_tape():
    x = tf.constant([3.0, 1.0, 2.0])
    with ForwardAccumulator(x, tf.constant([1.0, 10.0, 100.0])) as accumulator:
        with tf.GradientTape() as tape:
            tape.watch(x)
            largest, _ = tf.math.top_k(x, 2)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.constant(1), logits=x)
        gradient = tape.gradient(loss, x)
    assert accumulator.jvp(largest).numpy().tolist() == [1.0, 100.0]
    p = np.exp(x.numpy()) / np.exp(x.numpy()).sum()
    want = (np.diag(p) - np.outer(p, p)) @ [1.0, 10.0, 100.0]
    np.testing.assert_allclose(accumulator.jvp(gradient).numpy(), want, rtol=1e-5)


def test_jvp_goes_through_a_custom_gradient_by_its_own_rule():
    @tf.custom_gradient
    def twice_as_steep(x):
        return x * x, lambda d: 4.0 * d * x

    x = tf.constant(3.0)
    with ForwardAccumulator(x, 1.0) as accumulator:
        y = twice_as_steep(x)
    assert float(accumulator.jvp(y)) == 12.0


def test_jvp_of_a_model_matches_its_jacobian():
    model = tf.keras.Sequential([tf.keras.layers.Dense(4, activation="tanh"), tf.keras.layers.Dense(2)])
    x = tf.constant(np.arange(6.0, dtype="float32").reshape(2, 3) / 5)
    model(x)
    w = model.trainable_variables[0]
    tangent = np.cos(np.arange(w.size, dtype="float32")).reshape(w.shape)
    with tf.GradientTape() as tape, ForwardAccumulator(w, tangent) as accumulator:
        y = model(x)
    want = np.tensordot(tape.jacobian(y, w).numpy(), tangent, 2)
    np.testing.assert_allclose(accumulator.jvp(y).numpy(), want, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("primals", "tangents", "error", "words"), [
    (lambda x: x, [1.0, 2.0], ShapeError, "tangent has shape"),
    (lambda x: [x, x], [V, V], ValueError, "twice"),
    (lambda x: [x], [V, V], ValueError, "1 primals, but 2 tangents"),
    (lambda x: 3.0, 1.0, TypeError, "tensors or Variables"),
])
def test_bad_primals_and_tangents_are_refused(primals, tangents, error, words):
    with pytest.raises(error, match=words):
        ForwardAccumulator(primals(tf.constant(X)), tangents)


def test_an_integer_primal_warns():
    with pytest.warns(UserWarning, match="int32"):
        ForwardAccumulator(tf.constant(1), tf.constant(1))


def test_auto_diff_scalar_carries_value_and_derivatives():
    x, y = AutoDiffScalar(2.0, Unit(2, 0)), AutoDiffScalar(3.0, Unit(2, 1))
    z = x * y + tf.sin(x) / 2
    assert float(z.value) == pytest.approx(6.0 + np.sin(2.0) / 2)
    np.testing.assert_allclose(z.derivatives.numpy(), [3.0 + np.cos(2.0) / 2, 2.0], rtol=1e-6)


def test_auto_diff_scalars_become_a_matrix_in_ops():
    values = np.arange(1.0, 7.0).reshape(3, 2)
    w = [[AutoDiffScalar(tf.constant(values[i, j]), Unit(6, 2 * i + j)) for j in range(2)] for i in range(3)]
    x = np.arange(9.0).reshape(3, 3) / 9
    y = tf.sin(tf.matmul(tf.constant(x), w))
    v = tf.Variable(values)
    with tf.GradientTape() as tape:
        z = tf.sin(tf.constant(x) @ v)
    np.testing.assert_allclose(y.value.numpy(), z.numpy(), rtol=1e-15)
    np.testing.assert_allclose(y.derivatives.numpy(), tape.jacobian(z, v).numpy().reshape(3, 2, 6), rtol=1e-6)


def test_control_flow_may_depend_on_an_auto_diff_scalar():
    def f(x):
        while tf.norm(x) < 100:
            x = x * 2
        return x if x > 0 else 10 * x
    assert f(AutoDiffScalar(1.5, Unit(1, 0))).derivatives.numpy().tolist() == [128.0]
    assert f(AutoDiffScalar(-1.5, Unit(1, 0))).derivatives.numpy().tolist() == [1280.0]


def test_auto_diff_scalars_of_different_sizes_do_not_mix():
    with pytest.raises(ShapeError, match="2 and 3 derivatives"):
        AutoDiffScalar(1.0, Unit(2, 0)) + AutoDiffScalar(1.0, Unit(3, 0))


def test_derivatives_must_fit_the_value():
    with pytest.raises(ShapeError, match="derivatives of shape"):
        AutoDiffScalar([1.0, 2.0], Unit(2, 0))


def test_unit_refuses_an_index_out_of_range():
    with pytest.raises(IndexError, match="3 parameters"):
        Unit(3, 3)


def test_operators_are_there_when_nothing_else_was_used():
    program = ("import minikeras as tf; a = tf.autodiff.AutoDiffScalar(3.0, tf.autodiff.Unit(1, 0)); "
               "print((a * a).derivatives.tolist())")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[6.0]\n"


@pytest.mark.parametrize("wrap", [tf.recompute_grad, lambda f: f])
def test_auto_diff_scalars_go_through_functions_with_a_gradient_of_their_own(wrap):
    @tf.custom_gradient
    def steep(a, b):
        return [a * b, a], lambda da, db: (da * b * 10.0 + db, da * a)
    x, y = (AutoDiffScalar(value, Unit(2, i)) for i, value in enumerate((2.0, 3.0)))
    product, same = wrap(lambda a, b: steep(a, b))(x, y)
    np.testing.assert_allclose(product.derivatives, [30.0, 2.0])
    np.testing.assert_allclose(same.derivatives, [1.0, 0.0])
    with pytest.raises(TypeError, match="not among its positional arguments"):
        tf.custom_gradient(lambda a: (a * y, lambda d: d))(x)


def test_auto_diff_scalars_format_and_count_as_their_value():
    x = AutoDiffScalar(2.25, Unit(1, 0))
    assert f"{x:.1f}" == "2.2" and int(x) == 2 and f"{x}" == str(x)


def test_backward_goes_through_a_jvp():
    x, w = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0]).requires_grad_(True)
    with ForwardAccumulator(x, tf.ones(2)) as forward:
        y = tf.exp(x * w) * x
    tf.reduce_sum(forward.jvp(y) + w).backward()        # d/dx (x exp(xw)) = (1 + xw) exp(xw)
    by_w = x.numpy() * (2 + x.numpy() * w.numpy()) * np.exp(x.numpy() * w.numpy())
    np.testing.assert_allclose(w.grad, by_w + 1, rtol=1e-6)
