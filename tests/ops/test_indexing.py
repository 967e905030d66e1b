"""Indices as NumPy reads them, with numbers and without."""

import itertools

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.autograd.linear import ARRAY, fill_index, getitem
from minikeras.autograd.tensor import SymbolicTensor
from minikeras.errors import SymbolicError


@pytest.mark.parametrize("extents", [(2,), (1, 3)])
def test_shape_of_every_mixture_of_indices_is_numpys(extents):
    x, picked = np.zeros((2, 3, 4, 5)), np.zeros(extents, int)
    for count in (1, 2, 3, 4):
        for index in itertools.product((0, slice(1, 3), None, Ellipsis, ARRAY), repeat=count):
            if index.count(Ellipsis) < 2:
                arrays = [picked] * index.count(ARRAY)
                got = getitem(SymbolicTensor(x.shape, "float32"), *arrays, index=index)
                assert got.shape == x[fill_index(index, arrays)].shape, index


def test_a_mask_without_numbers_is_refused():
    x, mask = SymbolicTensor((4, 3), "float32"), SymbolicTensor((4,), "bool")
    for pick in (lambda: x[mask], lambda: x[:, mask], lambda: tf.boolean_mask(x, mask)):
        with pytest.raises(SymbolicError, match="depends on"):
            pick()


# --- against NumPy ---------------------------------------------------------------------------------

X = np.random.default_rng(0).normal(size=(4, 3, 2)).astype(np.float32)
GRID = np.arange(24.0).reshape(2, 4, 3, 1)


@pytest.mark.parametrize(("got", "want"), [
    (lambda: ops.hstack([X, X]), np.hstack([X, X])), (lambda: ops.hstack([1.0, [2.0, 3.0]]), np.array([1.0, 2.0, 3.0])),
    (lambda: ops.vstack([X[0, 0], X[1]]), np.vstack([X[0, 0], X[1]])),
    (lambda: ops.dstack([X[0], X[1]]), np.dstack([X[0], X[1]])),
    (lambda: ops.dstack([X[0, 0], X[0, 1]]), np.dstack([X[0, 0], X[0, 1]])),
    (lambda: ops.append(X, X[0]), np.append(X, X[0])), (lambda: ops.append(X, X, axis=1), np.append(X, X, 1)),
    *[(lambda k=k: ops.rot90(X, k), np.rot90(X, k)) for k in range(-2, 5)],
    (lambda: ops.rot90(X, 1, (2, 0)), np.rot90(X, 1, (2, 0))),
    (lambda: ops.diag([1.0, 2.0], -2), np.diag([1.0, 2.0], -2)), (lambda: ops.diag(X[0], 1), np.diag(X[0], 1)),
    (lambda: ops.diagflat(X[0], 1), np.diagflat(X[0], 1)), (lambda: ops.tril(X, -1), np.tril(X, -1)),
    (lambda: ops.triu(X, 1), np.triu(X, 1)), (lambda: ops.tri(3, 4, 1), np.tri(3, 4, 1)),
    (lambda: ops.fliplr(X), np.fliplr(X)), (lambda: ops.flipud(X), np.flipud(X)),
    (lambda: ops.vander([1, 2, 3]), np.vander([1, 2, 3])),
    (lambda: ops.vander([1.0, 2.0], 4, increasing=True), np.vander([1.0, 2.0], 4, True)),
    (lambda: ops.logspace(0, 2, 4), np.logspace(0, 2, 4)), (lambda: ops.geomspace(-1, -8, 4), np.geomspace(-1, -8, 4)),
    (lambda: ops.linspace(0.0, 1.0, 5, endpoint=False, retstep=True)[1], np.array(0.2)),
    (lambda: ops.bartlett(5), np.bartlett(5)), (lambda: ops.blackman(5), np.blackman(5)),
    (lambda: ops.hamming(5), np.hamming(5)), (lambda: ops.hanning(5), np.hanning(5)),
    (lambda: ops.kaiser(5, beta=3.0), np.kaiser(5, 3.0)), (lambda: ops.full_like(X, 2), np.full_like(X, 2)),
    (lambda: ops.size(X), np.array(24)), (lambda: ops.zeros_like(X, "int32"), np.zeros_like(X)),
    (lambda: ops.take_along_axis(X, [5, 0]), X.ravel()[[5, 0]]),
    (lambda: ops.get_item(X, (0, slice(1, 3))), X[0, 1:3]),
    (lambda: ops.select([X > 1, X > 0], [X, 2 * X], -1.0), np.select([X > 1, X > 0], [X, 2 * X], -1.0)),
    (lambda: ops.rearrange(X, "a b c -> (c b) a"), X.transpose(2, 1, 0).reshape(6, 4)),
    (lambda: tf.boolean_mask(X, X[0] > 0, axis=1), X[:, X[0] > 0]), (lambda: tf.constant(X)[X > 0], X[X > 0]),
    (lambda: tf.slice(X, [1, 0, 1], [-1, 2, 1]), X[1:, :2, 1:2]),
    (lambda: tf.strided_slice(X, [3, 0], [0, 2], [-2, 1], end_mask=1), X[3::-2, :2]),
    (lambda: tf.strided_slice(X, [0, 0, 1], [0, 0, 0], new_axis_mask=1, ellipsis_mask=2, shrink_axis_mask=4),
     X[None, ..., 1]),
    (lambda: tf.gather(GRID, [[0, 3], [1, 1]], batch_dims=1), np.stack([GRID[0][[0, 3]], GRID[1][[1, 1]]])),
    (lambda: tf.gather(GRID, [[0, 2], [1, 1]], axis=2, batch_dims=1),
     np.stack([GRID[0][:, [0, 2]], GRID[1][:, [1, 1]]])),
    (lambda: tf.gather(GRID, [2, 0], axis=2, batch_dims=1), np.stack([GRID[0][:, 2], GRID[1][:, 0]])),
    (lambda: tf.gather_nd(GRID, [[[3, 2]], [[0, 1]]], batch_dims=1), np.stack([GRID[:1, 3, 2], GRID[1:, 0, 1]])),
])
def test_agrees_with_numpy(got, want):
    got = got().numpy()
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("sections", [1, 2, 3, 4, 6, [1, 3], [2, 2, 9]])
def test_array_split_is_numpys(sections):
    got, want = ops.array_split(X, sections), np.array_split(X, sections)
    assert all(np.array_equal(g, w) for g, w in zip(got, want, strict=True))


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_meshgrid_is_numpys(indexing, count):
    vectors = [np.arange(n) for n in range(2, 2 + count)]
    got, want = ops.meshgrid(*vectors, indexing=indexing), np.meshgrid(*vectors, indexing=indexing)
    assert all(np.array_equal(g, w) for g, w in zip(got, want, strict=True))


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_depth_to_space_undoes_space_to_depth(data_format):
    x = np.random.default_rng(1).normal(size=(2, 4, 6, 2) if data_format == "channels_last" else (2, 2, 4, 6))
    deep = ops.space_to_depth(x, 2, data_format)
    assert np.array_equal(ops.depth_to_space(deep, 2, data_format), x)
    first = deep.numpy()[0, 0, 0, :4] if data_format == "channels_last" else deep.numpy()[0, ::2, 0, 0]
    assert np.array_equal(first, x[0, 0, :2].ravel() if data_format == "channels_last" else x[0, 0, :2, :2].ravel())


@pytest.mark.parametrize(("x", "dtype", "want"), [
    ([-1.5, 300.0], "uint8", [0, 255]), ([-1, 300], "uint8", [0, 255]), ([1e20, -1e20], "int32", [2147483520, -2**31]),
    (np.array([70000, -70000]), "float16", [65504.0, -65504.0]), (np.array([200], "uint8"), "int8", [127]),
    (np.array([-1], "int8"), "uint64", [0]), (np.array([1e300]), "float32", [np.finfo(np.float32).max]),
    ([True], "int32", [1])])
def test_saturate_cast_limits_what_does_not_fit(x, dtype, want):
    y = ops.saturate_cast(x, dtype)
    assert y.dtype == dtype and y.numpy().tolist() == want


# --- placing, as in TensorFlow ---------------------------------------------------------------------

TWICE = [[1], [1], [0]]


def gradients(function, *values):
    xs = [tf.constant(v) for v in values]
    with tf.GradientTape() as tape:
        tape.watch(xs)
        y = function(*xs)
    return y.numpy().tolist(), *[g.numpy().tolist() for g in tape.gradient(y, xs)]


@pytest.mark.parametrize(("reduction", "y", "to_x", "to_updates"), [
    (None, [9.0, 4.0, 3.0], [0, 0, 1], [1, 1, 1]), ("add", [10.0, 10.0, 3.0], [1, 1, 1], [1, 1, 1]),
    ("max", [9.0, 4.0, 3.0], [0, 0, 1], [0.5, 0.5, 1]), ("min", [1.0, 2.0, 3.0], [1, 1, 1], [0, 0, 0]),
    ("mul", [9.0, 32.0, 3.0], [9, 16, 1], [8, 8, 1])])
def test_scatter_update_with_repeated_indices(reduction, y, to_x, to_updates):
    got = gradients(lambda x, u: ops.scatter_update(x, TWICE, u, reduction), [1.0, 2.0, 3.0], [4.0, 4.0, 9.0])
    assert got == (y, to_x, to_updates)


def test_the_last_of_repeated_updates_stays():
    assert ops.scatter_update([0.0, 0.0], [[1], [1]], [1.0, 2.0]).numpy().tolist() == [0.0, 2.0]


def test_products_of_segments_have_exact_gradients_beside_zeros():
    y, grad = gradients(lambda x: ops.segment_prod(x, [0, 0, 1, 1, 1]), [0.0, 3.0, 0.0, 0.0, 5.0])
    assert y == [0.0, 0.0] and grad == [3.0, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(("function", "want"), [
    (tf.math.unsorted_segment_sum, [4.0, 0.0, 4.0]), (tf.math.unsorted_segment_mean, [2.0, 0.0, 4.0]),
    (tf.math.unsorted_segment_prod, [3.0, 1.0, 4.0]),
    (tf.math.unsorted_segment_sqrt_n, [np.float32(4 / np.sqrt(2)), 0.0, 4.0]),
    (tf.math.unsorted_segment_max, [3.0, np.finfo(np.float32).min, 4.0]),
    (tf.math.unsorted_segment_min, [1.0, np.finfo(np.float32).max, 4.0])])
def test_unsorted_segments_leave_out_negative_ids(function, want):
    assert function([1.0, 9.0, 3.0, 4.0], [0, -1, 0, 2], 3).numpy().tolist() == want


def test_sorted_segments_give_zero_without_rows():
    assert tf.math.segment_max([1.0, 2.0], [0, 2]).numpy().tolist() == [1.0, 0.0, 2.0]
    assert tf.math.segment_min([[1], [2]], [0, 2]).numpy().tolist() == [[1], [0], [2]]
    assert ops.segment_max([1.0, 2.0], [0, 1], sorted=True).numpy().tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="not in ascending order"):
        tf.math.segment_sum([1.0, 2.0], [1, 0])


def test_slice_update_moves_a_block_back_to_fit():
    assert ops.slice_update([0, 0, 0], [2], [1, 2]).numpy().tolist() == [0, 1, 2]


def test_dynamic_stitch_undoes_dynamic_partition():
    parts = tf.dynamic_partition(X, [1, 0, 1, 2], 3)
    assert [len(part) for part in parts] == [1, 2, 1]
    assert np.array_equal(tf.dynamic_stitch(tf.dynamic_partition(np.arange(4), [1, 0, 1, 2], 3), parts), X)
    assert tf.dynamic_stitch([[0, 3], [3]], [[1.0, 2.0], [5.0]]).numpy().tolist() == [1.0, 0.0, 0.0, 5.0]


def test_sequence_mask_and_reverse_sequence():
    assert tf.sequence_mask([1, 3]).numpy().tolist() == [[True, False, False], [True, True, True]]
    assert tf.sequence_mask(2, 3, "int32").numpy().tolist() == [1, 1, 0]
    assert tf.reverse_sequence([[1, 2, 3], [1, 2, 3]], [2, 3], seq_axis=1).numpy().tolist() == [[2, 1, 3], [3, 2, 1]]


def test_one_hot_takes_any_axis():
    assert ops.one_hot([0, 1], 3, axis=-2).shape == (3, 2)
    assert ops.one_hot(SymbolicTensor((None, 4), "int32"), 3, axis=-2).shape == (None, 3, 4)
    assert ops.multi_hot([[0, 2], [1, 1]], 3).numpy().tolist() == [[1, 0, 1], [0, 1, 0]]


def test_broadcast_shapes():
    assert tf.broadcast_static_shape((None, 1), (3,)) == (None, 3)
    assert tf.broadcast_dynamic_shape([2, 1], [3]).numpy().tolist() == [2, 3]
    assert tf.ensure_shape(X, (None, 3, 2)).shape == (4, 3, 2)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: tf.boolean_mask(X, [True, False]), "4 against 2"), (lambda: tf.boolean_mask(X, True), "0 axes"),
    (lambda: tf.constant([1, 2])[np.array([True])], "against"),
    (lambda: ops.slice(X, (0, 0, 1), (4, 3, 2)), "not within shape"),
    (lambda: ops.slice_update([1.0], [0], [1.0, 2.0]), "larger"),
    (lambda: ops.scatter_update([1.0], [[0]], [1.0], "mean"), "'mean' is not known"),
    (lambda: ops.select([True], [1, 2]), "each needs one"), (lambda: ops.diag(X), "vector or a matrix"),
    (lambda: ops.rearrange(X, "a b -> b a"), "name the 3 axes"),
    (lambda: ops.rearrange(X, "(a d) b c -> a b c d", a=3), "does not divide"),
    (lambda: ops.rearrange(X, "a b c"), "axes -> axes"), (lambda: ops.rearrange(X, "a b c -> c b a", q=1), "not occur"),
    (lambda: ops.space_to_depth(GRID, 2), "blocks of 2"), (lambda: ops.depth_to_space(GRID, 2), "blocks of 2 x 2"),
    (lambda: ops.space_to_depth(GRID, 2, "NHWC"), "data_format"), (lambda: ops.vsplit([1.0], 1), "at least 2 axes"),
    (lambda: ops.meshgrid([1], indexing="yx"), "indexing"), (lambda: ops.one_hot([1], 2, sparse=True), "sparse"),
    (lambda: ops.rot90(X, 1, (0, -3)), "are the same"), (lambda: ops.vander(X), "must be a vector"),
    (lambda: tf.ensure_shape(X, (None, 3)), "2 axes"), (lambda: tf.ensure_shape(X, (5, 3, 2)), "4 against 5"),
    (lambda: ops.segment_sum([1.0, 2.0], [0, 5], 3), "out of bounds"),
    (lambda: tf.gather(GRID, [[0]], axis=0, batch_dims=1), "batch_dims"), (lambda: ops.array_split(X, 0), "at least 1"),
])
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("call", [
    lambda x: ops.segment_sum(x, x), lambda x: tf.dynamic_partition(x, x, 2), lambda x: tf.sequence_mask(x)])
def test_shapes_that_depend_on_values_are_refused(call):
    with pytest.raises(SymbolicError, match="depends on values"):
        call(SymbolicTensor((None,), "int32"))
