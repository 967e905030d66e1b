"""Gradients of gathered rows: IndexedSlices where TensorFlow gives them, dense elsewhere."""

import tracemalloc

import numpy as np
import pytest

import minikeras as tf

TABLE = np.arange(8.0, dtype=np.float32).reshape(4, 2)


def gradient(function, source, **options):
    with tf.GradientTape() as tape:
        tape.watch(source)
        y = function(source)
    return tape.gradient(y, source, **options)


def dense(grad):
    return tf.convert_to_tensor(grad).numpy().tolist()


def test_gather_on_a_variable_gives_the_rows_it_took():
    grad = gradient(lambda v: tf.gather(v, [0, 2, 0]), tf.Variable(TABLE))
    assert isinstance(grad, tf.IndexedSlices)
    assert grad.indices.numpy().tolist() == [0, 2, 0]
    assert grad.values.numpy().tolist() == [[1.0, 1.0]] * 3
    assert grad.dense_shape.numpy().tolist() == [4, 2]
    assert dense(grad) == [[2, 2], [0, 0], [1, 1], [0, 0]]


def test_rows_taken_by_a_matrix_of_indices_come_as_one_list():
    grad = gradient(lambda v: tf.gather(v, [[0, 2], [1, 1]]), tf.Variable(TABLE))
    assert grad.indices.numpy().tolist() == [0, 2, 1, 1]
    assert grad.values.shape == (4, 2)


def test_two_gathers_are_joined():
    grad = gradient(lambda v: tf.gather(v, [0, 2]) * 2.0 + tf.gather(v, [1, 1]), tf.Variable(TABLE))
    assert sorted(grad.indices.numpy().tolist()) == [0, 1, 1, 2]
    assert dense(grad) == [[2, 2], [2, 2], [2, 2], [0, 0]]


@pytest.mark.parametrize(("dense_use", "want"), [
    (lambda v: v * 2.0, [[3, 3], [2, 2], [2, 2], [2, 2]]),
    (lambda v: v[1], [[1, 1], [1, 1], [0, 0], [0, 0]]),
    (lambda v: v[:, 1], [[1, 2], [0, 1], [0, 1], [0, 1]]),
], ids=["whole", "row", "column"])
def test_gather_with_another_use_is_dense(dense_use, want):
    grad = gradient(lambda v: tf.reduce_sum(tf.gather(v, [0])) + tf.reduce_sum(dense_use(v)), tf.Variable(TABLE))
    assert isinstance(grad, tf.Tensor)
    assert dense(grad) == want


@pytest.mark.parametrize("function", [lambda v: tf.gather(v * 1.0, [0, 2, 0]), lambda v: tf.gather(v, [0], axis=1)],
                         ids=["of a result", "along another axis"])
def test_gather_of_something_else_is_dense(function):
    assert isinstance(gradient(function, tf.Variable(TABLE)), tf.Tensor)


def test_gather_of_a_watched_constant_is_dense():
    grad = gradient(lambda x: tf.gather(x, [0, 2, 0]), tf.constant(TABLE))
    assert grad.numpy().tolist() == [[2, 2], [0, 0], [1, 1], [0, 0]]


def test_output_gradients_reach_the_values():
    weights = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    grad = gradient(lambda v: tf.gather(v, [3, 3]), tf.Variable(TABLE), output_gradients=weights)
    assert dense(grad) == [[0, 0], [0, 0], [0, 0], [4, 6]]


@pytest.mark.parametrize("make", [tf.Variable, tf.constant])
def test_second_order_through_gather(make):
    x = make(TABLE)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.gather(x, [1, 1, 3]) ** 3
        first = inner.gradient(y, x)
        dense_first = tf.convert_to_tensor(first)
    second = tf.convert_to_tensor(outer.gradient(dense_first, x))
    count = np.array([[0], [2], [0], [1]])
    np.testing.assert_allclose(dense_first.numpy(), count * 3 * TABLE ** 2)
    np.testing.assert_allclose(second.numpy(), count * 6 * TABLE)


def test_values_of_indexed_slices_can_be_a_target():
    v = tf.Variable(TABLE)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = tf.gather(v, [1]) ** 2
        slices = inner.gradient(y, v)
    assert dense(outer.gradient(slices.values, v)) == [[0, 0], [2, 2], [0, 0], [0, 0]]


def test_unconnected_variable_gets_dense_zeros():
    v, x = tf.Variable(TABLE), tf.Variable(1.0)
    with tf.GradientTape() as tape:
        tf.gather(v, [0])
        y = x * x
    assert not tape.gradient(y, v, unconnected_gradients="zero").numpy().any()


def test_gather_out_of_range_is_an_error_that_names_the_index():
    with pytest.raises(ValueError, match="9"):
        tf.gather(tf.Variable(TABLE), [0, 9])


def test_slicing_every_step_fills_one_buffer():
    """A loop over x[:, t] must not make one whole array a step."""
    steps = 200
    x = tf.Variable(np.ones((2, steps), np.float64))
    with tf.GradientTape() as tape:
        y = tf.add_n([x[:, t] * float(t) for t in range(steps)])
    tracemalloc.start()
    grad = tape.gradient(y, x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert grad.numpy().tolist() == [[float(t) for t in range(steps)]] * 2
    assert peak < steps * grad.numpy().nbytes / 4
