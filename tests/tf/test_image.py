"""tf.image, in closed form."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import image
from minikeras.errors import ShapeError

RNG = np.random.default_rng(0)
X = RNG.random((2, 6, 5, 3)).astype("float32")
PIXELS = (X * 255).astype("uint8")


def test_a_box_is_cut_out_and_put_back():
    part = image.crop_to_bounding_box(X, 1, 2, 3, 2)
    np.testing.assert_array_equal(part, X[:, 1:4, 2:4])
    whole = np.zeros_like(X)
    whole[:, 1:4, 2:4] = part
    np.testing.assert_array_equal(image.pad_to_bounding_box(part, 1, 2, 6, 5), whole)


def test_the_middle_is_cut_out():
    np.testing.assert_array_equal(image.central_crop(X, 0.5), X[:, 1:5, 1:4])
    np.testing.assert_array_equal(image.resize_with_crop_or_pad(X, 4, 7)[:, :, 1:6], X[:, 1:5])


def test_resizing_with_pad_keeps_the_proportions():
    y = np.asarray(image.resize_with_pad(np.ones((1, 4, 8, 1), "float32"), 6, 6))
    np.testing.assert_allclose(y[0, :, :, 0], np.repeat([0.0, 1, 1, 1, 0, 0], 6).reshape(6, 6), rtol=1e-6)


@pytest.mark.parametrize(("function", "expected"), [
    (image.flip_left_right, X[:, :, ::-1]), (image.flip_up_down, X[:, ::-1]), (image.transpose, X.swapaxes(1, 2)),
    (image.rot90, np.rot90(X, 1, (1, 2)))])
def test_turns(function, expected):
    np.testing.assert_array_equal(function(X), expected)
    np.testing.assert_array_equal(function(X[1]), expected[1])


def test_dtypes_are_scaled_by_their_largest_number():
    np.testing.assert_allclose(image.convert_image_dtype(PIXELS, "float32"), PIXELS / 255, rtol=1e-6)
    np.testing.assert_array_equal(image.convert_image_dtype(PIXELS / np.float32(255), "uint8"), PIXELS)
    np.testing.assert_array_equal(image.convert_image_dtype(PIXELS, "int16"), PIXELS.astype("int16") * 128)
    assert image.convert_image_dtype([2.0], "uint8", saturate=True).numpy() == [255]


@pytest.mark.parametrize(("function", "argument", "expected"), [
    (image.adjust_brightness, 0.3, X + 0.3),
    (image.adjust_contrast, 2.0, 2 * X - X.mean((1, 2), keepdims=True)),
    (image.adjust_gamma, 2.0, X ** 2),
    (image.adjust_hue, 0.0, X),
    (image.adjust_hue, 1 / 3, X[..., [2, 0, 1]]),
    (image.adjust_saturation, 1.0, X),
    (image.adjust_saturation, 0.0, X.max(-1, keepdims=True).repeat(3, -1)),
])
def test_adjustments(function, argument, expected):
    np.testing.assert_allclose(function(X, argument), expected, rtol=1e-5, atol=1e-6)
    of_integers = function(PIXELS, argument)
    assert of_integers.dtype == "uint8"
    np.testing.assert_allclose(of_integers, np.clip(expected * 255, 0, 255), atol=3)


def test_standardized_images_have_mean_0_and_deviation_1():
    y = np.asarray(image.per_image_standardization(X))
    np.testing.assert_allclose([y.mean((1, 2, 3)), y.std((1, 2, 3))], [[0, 0], [1, 1]], atol=1e-5)
    np.testing.assert_array_equal(image.per_image_standardization(np.ones((4, 4, 1), "float32")), 0.0)


def test_differences_between_neighbours():
    down, right = image.image_gradients(X)
    np.testing.assert_allclose(down[:, :-1], np.diff(X, axis=1), rtol=1e-6)
    np.testing.assert_allclose(right[:, :, :-1], np.diff(X, axis=2), rtol=1e-6)
    assert not np.asarray(down[:, -1]).any() and not np.asarray(right[:, :, -1]).any()
    np.testing.assert_allclose(image.total_variation(X), np.abs(down).sum((1, 2, 3)) + np.abs(right).sum((1, 2, 3)),
                               rtol=1e-5)


def test_likeness_of_equal_images():
    np.testing.assert_allclose(image.ssim(X, X, 1.0, filter_size=3), [1, 1], rtol=1e-6)
    assert image.ssim(X, X, 1.0, filter_size=3, return_index_map=True).shape == (2, 4, 3)
    np.testing.assert_allclose(image.psnr(PIXELS, PIXELS ^ 1, 255), [48.130804] * 2, rtol=1e-6)


def test_a_crop_of_everything_at_its_own_size_is_the_image():
    y = image.crop_and_resize(X, [[0, 0, 1, 1], [1, 0, 0, 1]], [1, 0], (6, 5))
    np.testing.assert_allclose(y, [X[1], X[0, ::-1]], rtol=1e-5)
    outside = image.crop_and_resize(X, [[2, 2, 3, 3]], [0], (2, 2), extrapolation_value=7.0)
    np.testing.assert_array_equal(outside, np.full((1, 2, 2, 3), 7.0))
    with pytest.raises(ShapeError, match="box index 2"):
        image.crop_and_resize(X, [[0, 0, 1, 1]], [2], (2, 2))


def test_boxes_that_overlap_better_ones_are_dropped():
    boxes = [[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 3, 1, 4], [1, 1.1, 0, 0.1]]
    assert image.non_max_suppression(boxes, [0.6, 0.9, 0.5, 0.8], 4).numpy().tolist() == [1, 2]
    assert image.non_max_suppression(boxes, [0.6, 0.9, 0.5, 0.8], 1).numpy().tolist() == [1]
    assert image.non_max_suppression(boxes, [0.6, 0.9, 0.5, 0.8], 4, score_threshold=0.55).numpy().tolist() == [1]


@pytest.mark.parametrize("function", [
    lambda seed: image.random_flip_left_right(X, seed), lambda seed: image.random_flip_up_down(X, seed),
    lambda seed: image.random_brightness(X, 0.3, seed), lambda seed: image.random_contrast(X, 0.5, 1.5, seed),
    lambda seed: image.random_hue(X, 0.3, seed), lambda seed: image.random_saturation(X, 0.5, 1.5, seed),
    lambda seed: image.random_crop(X, (1, 3, 2, 3), seed)])
def test_random_functions_follow_their_seed(function):
    np.testing.assert_array_equal(function(3), function(3))
    assert any((np.asarray(function(seed)) != np.asarray(function(3))).any() for seed in range(9))


def test_a_random_crop_is_a_part():
    y = np.asarray(image.random_crop(X, (2, 3, 2, 3), seed=1))
    assert any((X[:, i:i + 3, j:j + 2] == y).all() for i in range(4) for j in range(4))


def test_flips_choose_for_each_image():
    x = np.broadcast_to(X[0], (60, 6, 5, 3))
    flipped = (np.asarray(image.random_flip_up_down(x, 4)) != x).any((1, 2, 3))
    assert 15 < flipped.sum() < 45


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: image.central_crop(X, 1.5), ValueError, "central_fraction"),
    (lambda: image.crop_to_bounding_box(X, 4, 0, 3, 2), ShapeError, "the height 6"),
    (lambda: image.pad_to_bounding_box(X, 0, 0, 3, 9), ShapeError, "never negative"),
    (lambda: image.random_crop(X, (2, 9, 2, 3)), ShapeError, "does not fit"),
    (lambda: image.random_contrast(X, 1.5, 0.5), ValueError, "upper bound"),
    (lambda: image.adjust_gamma(X, -1), ValueError, "gamma"),
    (lambda: image.grayscale_to_rgb(X), ShapeError, "1 channel"),
    (lambda: image.image_gradients(X[0]), ShapeError, "four axes"),
    (lambda: image.non_max_suppression(X[0, 0], X[0, 0, 0], 3), ShapeError, "boxes"),
    (lambda: image.flip_up_down(X[0, 0]), ShapeError, "four axes"),
    (lambda: image.resize(X, (3, 3), "cubic"), ValueError, "interpolation must be one of .*, got 'cubic'"),
])
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_gradients_flow_through_a_random_crop():
    x = mk.Variable(X)
    with mk.GradientTape() as tape:
        total = mk.reduce_sum(image.random_crop(x, (2, 3, 2, 3), seed=1))
    assert np.asarray(tape.gradient(total, x)).sum() == 36.0
