"""Gradients of gathered rows: IndexedSlices where TensorFlow gives them, dense elsewhere."""

import tracemalloc

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.errors import ShapeError

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


# --- a large table stays a table of rows ------------------------------------------------------------

ROWS, WIDTH = 50_000, 64
DENSE = ROWS * WIDTH * 4        # bytes


@pytest.fixture(scope="module")
def table():
    return tf.Variable(np.ones((ROWS, WIDTH), np.float32))


def peak_of(function):
    tracemalloc.start()
    try:
        result = function()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


def by_custom_gradient(table):
    @tf.custom_gradient
    def f(v):
        indices = [7, 7, 49_999]
        return tf.gather(v, indices), lambda d: tf.IndexedSlices(d * 2.0, indices, v.shape)
    return f(table)


@pytest.mark.parametrize("function", [
    lambda v: tf.gather(v, [3, 5, 3]),
    lambda v: tf.gather(v, [3, 5]) * tf.gather(v, [4, 4]) + tf.concat([tf.gather(v, [1]), tf.gather(v, [2])], 0),
    lambda v: ops.take(v, [3, 5, 3], axis=0),
    lambda v: tf.stop_gradient(tf.gather(v, [1])) * tf.gather(v, [9]),
    by_custom_gradient,
    lambda v: tf.recompute_grad(lambda i: tf.exp(tf.gather(v, i)))(tf.constant([1, 2])),
], ids=["gather", "several", "take", "stopped", "custom", "recomputed"])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_of_a_large_table_is_never_dense(table, function, weighted):
    with tf.GradientTape() as tape:
        y = function(table)
    weights = tf.ones(y.shape) * 3.0 if weighted else None
    peak, grad = peak_of(lambda: tape.gradient(y, table, output_gradients=weights))
    assert isinstance(grad, tf.IndexedSlices) and grad.shape == (ROWS, WIDTH)
    assert peak < DENSE / 20


def test_plain_descent_moves_rows_at_the_cost_of_one_copy(table):
    """The copy: whoever holds the old value keeps it. A full gradient and its product would be two more."""
    optimizer, before = tf.optimizers.SGD(0.5), table.value
    grad = tf.IndexedSlices(tf.ones((3, WIDTH)), [7, 7, 49_999], [ROWS, WIDTH])
    peak, _ = peak_of(lambda: optimizer.apply_gradients([(grad, table)]))
    assert peak < DENSE * 1.05
    moved = table.value._array - before._array
    assert (moved[7].tolist(), moved[49_999].tolist()) == ([-1.0] * WIDTH, [-0.5] * WIDTH)
    assert np.count_nonzero(moved.any(axis=1)) == 2
    table.assign(before)


def optimized(make):
    """A table after three updates by gradients of rows, some twice."""
    v, optimizer = tf.Variable(TABLE), make()
    for rows in ([0, 2, 0], [2, 2, 0], [0, 0, 0]):
        optimizer.apply_gradients([(gradient(lambda v: tf.reduce_sum(tf.gather(v, rows) ** 2), v), v)])  # noqa: B023
    return v.numpy()


@pytest.mark.parametrize(("make", "want"), [
    (lambda: tf.optimizers.SGD(0.1), [0.192, 1.92, 2.4]),
    (lambda: tf.optimizers.SGD(0.1, momentum=0.9), [-0.384, -0.6, -0.75]),
    (lambda: tf.optimizers.SGD(0.1, momentum=0.9, nesterov=True), [-0.305952, -1.4395199, -1.7993999]),
    (lambda: tf.optimizers.SGD(0.1, clipnorm=1.0), [0.8625178, 3.8780859, 4.8476076]),
    (lambda: tf.optimizers.SGD(0.1, global_clipnorm=1.0), [0.8625178, 3.8780859, 4.8476076]),
    (lambda: tf.optimizers.SGD(0.1, clipvalue=0.5), [0.85, 3.9, 4.9]),
    (lambda: tf.optimizers.SGD(0.1, gradient_accumulation_steps=2), [0.7, 2.8, 3.5]),
    (lambda: tf.optimizers.SGD(0.1, use_ema=True), [0.192, 1.92, 2.4]),
    (lambda: tf.optimizers.Adam(0.1), [0.7134594, 3.7284014, 4.7284961]),
    (lambda: tf.optimizers.RMSprop(0.1), [0.364494, 3.4026434, 4.4016514]),
], ids=["SGD", "momentum", "Nesterov", "clipnorm", "global_clipnorm", "clipvalue", "accumulated", "average", "Adam",
        "RMSprop"])
def test_optimizers_treat_rows_as_keras_treats_the_full_gradient(make, want):
    """Numbers of Keras 3.15, given the full gradient: its optimizers do not sum repeated rows before they square or
    clip them, so that Keras' own numbers for rows depend on how a batch is put together."""
    first, *third = want
    np.testing.assert_allclose(optimized(make), [[0.0, first], [2.0, 3.0], third, [6.0, 7.0]], rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("options", [{}, {"loss_scale_factor": 4.0}, {"weight_decay": 0.1}, {"clipnorm": 0.3},
                                     {"global_clipnorm": 0.3}, {"clipvalue": 0.3}], ids=str)
def test_rows_and_full_gradient_give_the_same_descent(options):
    rows = tf.IndexedSlices(tf.constant([[1.0, -2.0], [3.0, 4.0], [5.0, 6.0]]), [2, 0, -2], [4, 2])
    values = []
    for grad in (rows, tf.convert_to_tensor(rows)):
        v, w, optimizer = tf.Variable(TABLE), tf.Variable([1.0]), tf.optimizers.SGD(0.1, **options)
        optimizer.apply_gradients([(grad, v), (tf.constant([2.0]), w)])
        values.append([*v.numpy().ravel(), *w.numpy()])
    np.testing.assert_allclose(*values, rtol=1e-6)


def test_an_adam_step_moves_rows_by_their_momentum():
    v, optimizer = tf.Variable(TABLE), tf.optimizers.Adam(0.1)
    for rows in ([1], [3]):
        before = v.numpy()
        optimizer.apply_gradients([(tf.IndexedSlices(tf.ones((1, 2)), rows, [4, 2]), v)])
    assert (v.numpy() - before).any(axis=1).tolist() == [False, True, False, True]


# --- arithmetic ------------------------------------------------------------------------------------

def test_ops_take_rows_as_the_full_tensor():
    rows = tf.IndexedSlices(tf.constant([[1.0, 2.0], [3.0, 4.0]]), [1, 1], [3, 2])
    full = np.array([[0.0, 0.0], [4.0, 6.0], [0.0, 0.0]], np.float32)
    for result, want in [(rows.to_dense(), full), (tf.multiply(rows, 2.0), full * 2), (tf.add(rows, rows), full * 2),
                         (tf.square(rows), full ** 2), (tf.matmul(rows, tf.ones((2, 1))), full @ np.ones((2, 1))),
                         (tf.add_n([rows, rows]), full * 2), (tf.norm(rows), np.sqrt(52.0))]:
        np.testing.assert_allclose(result.numpy(), want, rtol=1e-6)


def test_rows_of_an_unknown_number_cannot_be_a_full_tensor():
    with pytest.raises(ShapeError, match="dense_shape"):
        tf.convert_to_tensor(tf.IndexedSlices(tf.ones((1, 2)), [1]))


@pytest.mark.parametrize("clip", [
    lambda g: tf.clip_by_norm(g, 1.0), lambda g: tf.clip_by_global_norm([g], 1.0)[0][0]], ids=["norm", "global"])
def test_clipping_scales_the_rows_by_the_norm_of_their_values(clip):
    """As in TensorFlow, where repeated rows are not summed first."""
    clipped = clip(tf.IndexedSlices(tf.constant([[3.0], [4.0]]), [1, 1], [3, 1]))
    assert isinstance(clipped, tf.IndexedSlices)
    np.testing.assert_allclose(clipped.values.numpy(), [[0.6], [0.8]], rtol=1e-6)


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
