"""Convolutions, pooling and images against loops over positions; ties, borders and refusals."""

import itertools

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.errors import DTypeError, ShapeError
from minikeras.ops import correlation

RNG = np.random.default_rng(0)


def windows(x, size, strides=1, dilation=1, before=0, after=0, fill=0.0):
    """The positions of windows of (batch, *spatial, channels), and each window as (batch, elements, channels)."""
    count = x.ndim - 2
    x = np.pad(x, [(0, 0), *[(before, after)] * count, (0, 0)], constant_values=fill)
    extents = [(n - (k - 1) * dilation - 1) // strides + 1 for n, k in zip(x.shape[1:-1], size)]
    for position in itertools.product(*map(range, extents)):
        inside = tuple(slice(p * strides, p * strides + (k - 1) * dilation + 1, dilation)
                       for p, k in zip(position, size))
        yield position, x[(slice(None), *inside)].reshape(x.shape[0], -1, x.shape[-1])


def collected(x, size, function, **options):
    """`function` of each window, in the array of positions."""
    found = {position: function(window) for position, window in windows(x, size, **options)}
    extents = [n + 1 for n in max(found)]
    return np.stack([found[position] for position in np.ndindex(*extents)], 1).reshape(x.shape[0], *extents, -1)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(("options", "border"), [
    ({}, {}), ({"strides": 2}, {}), ({"dilation_rate": 2}, {}), ({"padding": "same"}, {"before": 0, "after": 1})])
def test_conv_is_the_sum_over_each_window(count, options, border):
    x, kernel = RNG.normal(size=(2, *(5,) * count, 3)), RNG.normal(size=(*(2,) * count, 3, 4))
    want = collected(x, (2,) * count, lambda w: np.einsum("nkc,kcf->nf", w, kernel.reshape(-1, 3, 4)),
                     strides=options.get("strides", 1), dilation=options.get("dilation_rate", 1), **border)
    np.testing.assert_allclose(ops.conv(x, kernel, **options).numpy(), want, atol=1e-12)
    first = ops.conv(np.moveaxis(x, -1, 1), kernel, data_format="channels_first", **options)
    np.testing.assert_allclose(np.moveaxis(first.numpy(), 1, -1), want, atol=1e-12)


def test_groups_of_filters_see_their_own_channels():
    x, kernel = RNG.normal(size=(2, 5, 4)), RNG.normal(size=(3, 2, 6))
    parts = [ops.conv(x[..., i:i + 2], kernel[..., f:f + 3]).numpy() for i, f in ((0, 0), (2, 3))]
    np.testing.assert_allclose(ops.conv(x, kernel).numpy(), np.concatenate(parts, -1), atol=1e-12)


def test_depthwise_and_separable_convolutions_are_products_of_convolutions():
    x, depth, point = RNG.normal(size=(2, 5, 3)), RNG.normal(size=(2, 3, 2)), RNG.normal(size=(1, 6, 4))
    parts = [ops.conv(x[..., i:i + 1], depth[:, i:i + 1]).numpy() for i in range(3)]
    deep = ops.depthwise_conv(x, depth).numpy()
    np.testing.assert_allclose(deep, np.concatenate(parts, -1), atol=1e-12)
    np.testing.assert_allclose(ops.separable_conv(x, depth, point).numpy(), deep @ point[0], atol=1e-12)


@pytest.mark.parametrize(("strides", "padding"), [(1, "valid"), (2, "valid"), (2, "same"), (3, "same")])
def test_conv_transpose_is_the_transpose_of_conv(strides, padding):
    y, kernel = RNG.normal(size=(1, 4, 2)), RNG.normal(size=(3, 5, 2))
    x = ops.conv_transpose(y, kernel, strides, padding).numpy()
    direction = RNG.normal(size=x.shape)
    there = ops.conv(direction, kernel, strides, padding).numpy()
    np.testing.assert_allclose(np.vdot(x, direction), np.vdot(y, there), rtol=1e-12)


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_pooling_is_the_extreme_or_mean_of_each_window(count, size):
    x = RNG.normal(size=(2, *(5,) * count, 3))
    for function, reduce in ((ops.max_pool, np.max), (ops.average_pool, np.mean)):
        want = collected(x, (size,) * count, lambda w, reduce=reduce: reduce(w, 1), strides=size)
        np.testing.assert_allclose(function(x, size).numpy(), want, atol=1e-12)


def test_borders_of_pooling_do_not_count():
    x = -np.arange(1.0, 6.0).reshape(1, 5, 1)
    assert ops.max_pool(x, 3, 2, "same").numpy().ravel().tolist() == [-1.0, -2.0, -4.0]
    assert ops.average_pool(x, 3, 2, "same").numpy().ravel().tolist() == [-1.5, -3.0, -4.5]
    assert ops.max_pool(tf.constant([[[-3], [-2], [-5]]]), 2, 2, "same").numpy().ravel().tolist() == [-2, -5]


def test_of_equal_elements_the_first_gets_the_gradient():
    x = tf.zeros((1, 3, 4, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = ops.max_pool(x, (3, 2))
    assert tape.gradient(y, x).numpy()[0, ..., 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize(("n", "parts"), [(7, 3), (5, 5), (6, 4), (4, 6)])
def test_adaptive_windows_cover_their_part_of_the_extent(n, parts):
    x = RNG.normal(size=(1, n, 1))
    spans = [slice(int(np.floor(i * n / parts)), int(np.ceil((i + 1) * n / parts))) for i in range(parts)]
    np.testing.assert_allclose(ops.adaptive_average_pool(x, parts).numpy()[0, :, 0],
                               [x[0, span, 0].mean() for span in spans])
    np.testing.assert_allclose(ops.adaptive_max_pool(x, parts).numpy()[0, :, 0],
                               [x[0, span, 0].max() for span in spans])


def test_fold_counts_how_often_unfold_takes_each_pixel():
    once = ops.fold(ops.unfold(np.ones((1, 1, 3, 3)), 2), (3, 3), 2)
    assert once.numpy()[0, 0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]


# --- images --------------------------------------------------------------------------------------

@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"])
@pytest.mark.parametrize("antialias", [False, True])
def test_resize_keeps_what_is_constant_and_does_nothing_to_the_same_size(method, antialias):
    x = RNG.uniform(size=(2, 5, 4, 3))
    same = ops.image.resize(x, (5, 4), method, antialias).numpy()
    np.testing.assert_allclose(same, x, atol=1e-12)
    for size in ((3, 9), (8, 2)):
        np.testing.assert_allclose(ops.image.resize(np.ones((5, 4, 1)), size, method, antialias).numpy(), 1.0)


def test_resize_averages_in_proportion_to_distance():
    x = np.array([0.0, 1.0, 2.0, 3.0]).reshape(1, 4, 1)
    assert ops.image.resize(x, (1, 2)).numpy().ravel().tolist() == [0.5, 2.5]
    np.testing.assert_allclose(ops.image.resize(x, (1, 2), antialias=True).numpy().ravel(), [5 / 7, 16 / 7])
    assert ops.image.resize(x, (1, 8), "nearest").numpy().ravel().tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_resize_rounds_integers_and_tensorflow_does_not():
    x = tf.constant([[[250], [255]]], "uint8")
    assert ops.image.resize(x, (1, 4)).numpy().ravel().tolist() == [250, 251, 254, 255]
    assert tf.image.resize(x, (1, 4)).numpy().ravel().tolist() == [250.0, 251.25, 253.75, 255.0]
    assert ops.image.resize(x, (2, 2), "nearest").dtype == "uint8"


def test_resize_in_proportion():
    x = RNG.uniform(size=(1, 4, 8, 1))
    assert np.array_equal(ops.image.resize(x, (4, 4), crop_to_aspect_ratio=True).numpy(), x[:, :, 2:6])
    padded = ops.image.resize(x, (8, 8), "nearest", pad_to_aspect_ratio=True, fill_value=9.0).numpy()
    assert np.array_equal(padded[:, 2:6], x) and (padded[:, :2] == 9.0).all() and (padded[:, 6:] == 9.0).all()
    assert tf.image.resize(x, [10, 10], preserve_aspect_ratio=True).shape == (1, 5, 10, 1)


@pytest.mark.parametrize(("rgb", "hsv"), [
    ([1, 0, 0], [0, 1, 1]), ([0, 1, 0], [1 / 3, 1, 1]), ([0, 0, 1], [2 / 3, 1, 1]), ([1, 0, 1], [5 / 6, 1, 1]),
    ([0.5, 0.5, 0.5], [0, 0, 0.5]), ([0, 0, 0], [0, 0, 0]), ([1, 0.5, 0.5], [0, 0.5, 1])])
def test_colours(rgb, hsv):
    image = np.array(rgb, float).reshape(1, 1, 3)
    np.testing.assert_allclose(ops.image.rgb_to_hsv(image).numpy().ravel(), hsv, atol=1e-12)
    np.testing.assert_allclose(ops.image.hsv_to_rgb(np.reshape(hsv, (1, 1, 3)).astype(float)).numpy().ravel(), rgb,
                               atol=1e-12)


def test_psnr_of_one_part_in_ten_is_twenty_decibels():
    np.testing.assert_allclose(ops.psnr(np.zeros((2, 2)), np.full((2, 2), 0.1), 1.0).numpy(), 20.0)
    assert tf.image.psnr(np.zeros((3, 2, 2, 1)), np.ones((3, 2, 2, 1)), 1.0).shape == (3,)


X, KERNEL = np.zeros((1, 5, 5, 4)), np.zeros((2, 2, 4, 6))


@pytest.mark.parametrize(("call", "error", "match"), [
    (lambda: ops.conv(X, KERNEL[0]), ShapeError, "needs a kernel of 4 axes"),
    (lambda: ops.conv(X[0, 0], KERNEL), ShapeError, "one or more spatial axes"),
    (lambda: ops.conv(X, KERNEL[:, :, :3]), ShapeError, "do not divide into groups of 3"),
    (lambda: ops.conv(X, np.zeros((2, 2, 1, 6))), ShapeError, "share the 6 filters"),
    (lambda: ops.conv(X, np.zeros((6, 2, 4, 1))), ShapeError, "reaches over 6 does not fit into an extent of 5"),
    (lambda: ops.conv(X, KERNEL, padding="full"), ValueError, "use 'valid' or 'same'"),
    (lambda: ops.conv(X, KERNEL, strides=(1, 2, 3)), ShapeError, "strides must be an integer from 1 on, or 2 of them"),
    (lambda: ops.conv(X, KERNEL, strides=0), ShapeError, "from 1"),
    (lambda: ops.conv(X, KERNEL, data_format="NHWC"), ValueError, "use 'channels_last' or"),
    (lambda: ops.depthwise_conv(X, KERNEL[:, :, :2]), ShapeError, "channels of an input"),
    (lambda: ops.conv_transpose(X, KERNEL), ShapeError, "4 against 6"),
    (lambda: ops.max_pool(X, 6), ShapeError, "does not fit"),
    (lambda: ops.adaptive_max_pool(tf.SymbolicTensor((1, None, 2)), 2), ShapeError, "must be known"),
    (lambda: ops.fold(np.zeros((1, 8, 5)), (3, 4), 2), ShapeError, "5 against 6"),
    (lambda: ops.image.extract_patches(X[0, 0], 2), ShapeError, "3 axes, or 4"),
    (lambda: ops.image.resize(X, (2, 2), "cubic"), ValueError, "got 'cubic'"),
    (lambda: ops.image.resize(X[0, 0], (2, 2)), ShapeError, "an image three"),
    (lambda: ops.image.resize(X, (2, 2), fill_mode="edge"), ValueError, "got 'edge'"),
    (lambda: ops.image.resize(X, (2, 2), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True), ValueError, "only one"),
    (lambda: ops.image.rgb_to_hsv(X), ShapeError, "must have 3 channels"),
    (lambda: ops.image.rgb_to_hsv(tf.zeros((2, 2, 3), "uint8")), DTypeError, "divide them by 255"),
    (lambda: ops.psnr(X, X[0], 1.0), ShapeError, "cannot be compared"),
])
def test_refusals(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_convolution_works_entry_by_entry_in_a_batch_of_batches():
    x, kernel = RNG.normal(size=(3, 2, 5, 2)), RNG.normal(size=(2, 2, 3))
    want = np.stack([ops.max_pool(ops.conv(each, kernel), 2).numpy() for each in x])
    got = ops.vectorized_map(lambda each: ops.max_pool(ops.conv(each, kernel), 2), x)
    np.testing.assert_allclose(got.numpy(), want, atol=1e-12)


def test_a_border_of_a_large_constant_leaves_the_rest_as_it_was():
    x = tf.constant([0.1, 0.2])
    assert ops.pad(x, 1, constant_values=1e9).numpy().tolist() == np.float32([1e9, 0.1, 0.2, 1e9]).tolist()
    assert ops.pad(x, ((0, 1),), constant_values=-np.inf).numpy()[2] == -np.inf


@pytest.mark.parametrize("block", [1, 40, 1000])
def test_no_result_depends_on_how_many_windows_are_copied_at_a_time(block, monkeypatch):
    x, kernel = RNG.normal(size=(3, 7, 4, 4)), RNG.normal(size=(3, 2, 2, 6))
    y = ops.conv(x, kernel, 2, "same")
    want = [y, *_pulled_back(x, kernel)]
    monkeypatch.setattr(correlation, "BLOCK", block)
    for got, expected in zip([ops.conv(x, kernel, 2, "same"), *_pulled_back(x, kernel)], want, strict=True):
        np.testing.assert_allclose(got.numpy(), expected.numpy(), atol=1e-12)


def _pulled_back(x, kernel):
    x, kernel = tf.Variable(x), tf.Variable(kernel)
    with tf.GradientTape() as tape:
        y = ops.sum(ops.sin(ops.conv(x, kernel, 2, "same")))
    return tape.gradient(y, [x, kernel])


def test_a_largest_element_may_be_the_lowest_number():
    for lowest in (-np.inf, np.iinfo(np.int32).min):
        x = np.full((1, 2, 1), lowest, np.float64 if lowest == -np.inf else np.int32)
        assert ops.max_pool(x, 2, 1, "same").numpy().ravel().tolist() == [lowest, lowest]
