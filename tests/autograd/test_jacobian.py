"""jacobian and batch_jacobian: all rows by one pull-back."""

import numpy as np
import pytest

import minikeras as tf
from minikeras.errors import ShapeError

from .. import finite_difference

X = np.array([[0.3, -1.2, 0.7], [1.1, 0.4, -0.6]])
W = np.array([[0.5, -0.3], [0.2, 0.9], [-0.7, 0.1]])


@tf.custom_gradient
def own_tanh(x):
    return tf.tanh(x), lambda d: d * (1.0 - tf.tanh(x) ** 2)


PROGRAMS = {
    "dense": lambda x: tf.tanh(x @ tf.constant(W)),
    "softmax": lambda x: tf.nn.softmax(x) * x,
    "gather": lambda x: tf.gather(x, [2, 0, 2], axis=1) * x[:, ::-1],
    "several outputs": lambda x: tf.concat(tf.split(tf.sin(x), 3, axis=1)[::-1], axis=1) * x,
    "sort": lambda x: tf.sort(x, axis=1) ** 2,
    "custom gradient": lambda x: own_tanh(x) * x,
    "reused and reduced": lambda x: tf.reduce_sum(x, axis=1) * x[:, 0] + tf.reduce_max(x, axis=1),
}
each_program = pytest.mark.parametrize("f", PROGRAMS.values(), ids=list(PROGRAMS))


def rows_one_by_one(f, x):
    """The Jacobian of f at x by one gradient for each element of the result."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
    flat = []
    for seed in np.eye(y.size):
        flat.append(tape.gradient(y, x, output_gradients=seed.reshape(y.shape)).numpy())
    return np.reshape(flat, (*y.shape, *x.shape))


@each_program
def test_jacobian_has_the_gradient_of_each_element_as_a_row(f):
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    np.testing.assert_allclose(tape.jacobian(y, x).numpy(), rows_one_by_one(f, x), rtol=1e-12)


@each_program
@pytest.mark.parametrize("options", [{"experimental_use_pfor": False}, {"parallel_iterations": 2}], ids=str)
def test_jacobian_by_parts_is_the_same(f, options):
    x = tf.constant(X)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
    np.testing.assert_allclose(tape.jacobian(y, x, **options).numpy(), tape.jacobian(y, x).numpy(), rtol=1e-12)


@each_program
def test_batch_jacobian_is_the_diagonal_of_the_jacobian(f):
    x = tf.constant(X)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
    full = tape.jacobian(y, x).numpy()
    want = np.stack([full[i, ..., i, :] for i in range(2)])
    np.testing.assert_allclose(tape.batch_jacobian(y, x).numpy(), want, rtol=1e-12)


@each_program
def test_jacobian_is_recorded_by_an_outer_tape(f):
    weights = np.cos(np.arange(f(tf.constant(X)).numpy().size * 6))

    def slope(x):
        return np.sum(rows_one_by_one(f, tf.constant(x)).ravel() * weights)

    x = tf.constant(X)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        j = inner.jacobian(y, x)
        total = tf.reduce_sum(tf.reshape(j, [-1]) * weights)
    (want,) = finite_difference.gradients(slope, [X])
    np.testing.assert_allclose(outer.gradient(total, x).numpy(), want, rtol=1e-6, atol=1e-8)


def test_jacobian_of_a_gathered_variable_is_dense():
    v = tf.Variable(np.ones((4, 2)))
    with tf.GradientTape() as tape:
        y = tf.gather(v, [1, 1])
    j = tape.jacobian(y, v)
    assert j.shape == (2, 2, 4, 2)
    assert j.numpy().sum() == 4.0 and j.numpy()[0, 1, 1, 1] == 1.0


def test_jacobian_keeps_the_structure_of_the_sources_and_knows_unconnected_ones():
    a, b = tf.Variable(2.0), tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = a * tf.constant([1.0, 3.0])
    got = tape.jacobian(y, {"a": a, "b": b}, unconnected_gradients="zero")
    assert got["a"].numpy().tolist() == [1.0, 3.0]
    assert got["b"].shape == (2, 2) and not got["b"].numpy().any()


def test_jacobian_of_a_source_by_itself_is_the_identity():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
    np.testing.assert_array_equal(tape.jacobian(x, x).numpy(), np.eye(2))


@pytest.mark.parametrize("at_once", [True, False])
def test_jacobian_of_nothing_has_no_rows(at_once):
    x = tf.constant(X)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.sin(x)[:0]
    assert tape.jacobian(y, x, experimental_use_pfor=at_once).shape == (0, 3, 2, 3)


def test_a_map_over_nothing_has_the_shape_of_something():
    y = tf.vectorized_map(lambda x: tf.ops.qr(x)[0], tf.zeros((0, 3, 2)))
    assert (y.shape, y.dtype) == ((0, 3, 2), "float32")


def test_jacobian_refuses_several_targets():
    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = x * x
    with pytest.raises(TypeError, match="one tensor"):
        tape.jacobian([y, y], x)


def test_jacobian_row_by_row_needs_a_persistent_tape():
    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = x * x
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.jacobian(y, x, experimental_use_pfor=False)


def test_batch_jacobian_refuses_batches_of_different_size():
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.transpose(x)
    with pytest.raises(ShapeError, match="first extent"):
        tape.batch_jacobian(y, x)
