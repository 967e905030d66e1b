"""Warping, filtering and cutting of images, in closed form and against plain NumPy."""

import numpy as np
import pytest

from minikeras import ops
from minikeras.errors import DTypeError, ShapeError

RNG = np.random.default_rng(0)
X = RNG.random((2, 5, 6, 3)).astype("float32")
IDENTITY = [1.0, 0, 0, 0, 1, 0, 0, 0]
ROW = np.arange(4.0, dtype="float32")


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "wrap", "reflect"])
def test_the_identity_moves_nothing(interpolation, fill_mode):
    np.testing.assert_array_equal(ops.image.affine_transform(X, IDENTITY, interpolation, fill_mode), X)


@pytest.mark.parametrize(("fill_mode", "expected"), [
    ("constant", [9, 9, 9, 0, 1, 2, 3, 9, 9, 9]), ("nearest", [0, 0, 0, 0, 1, 2, 3, 3, 3, 3]),
    ("wrap", [1, 2, 3, 0, 1, 2, 3, 0, 1, 2]), ("reflect", [2, 1, 0, 0, 1, 2, 3, 3, 2, 1])])
def test_what_lies_outside(fill_mode, expected):
    seen = [ops.image.affine_transform(ROW.reshape(1, 4, 1), [1.0, 0, shift, 0, 1, 0, 0, 0], "nearest", fill_mode, 9)
            for shift in range(-3, 7)]
    if fill_mode != "wrap":     # TensorFlow's jumps a pixel early
        assert [float(x[0, 0, 0]) for x in seen] == expected
    at = np.arange(-3.0, 7.0)[None]
    np.testing.assert_array_equal(ops.image.map_coordinates(ROW, at, 0, fill_mode, 9), expected)


def test_mirrored_coordinates_leave_out_the_edge():
    at = np.arange(-3.0, 7.0)[None]
    np.testing.assert_array_equal(ops.image.map_coordinates(ROW, at, 1, "mirror"), [3, 2, 1, 0, 1, 2, 3, 2, 1, 0])


def test_each_image_has_its_own_transform():
    moved = ops.image.affine_transform(X, [IDENTITY, [1, 0, 1, 0, 1, 0, 0, 0]])
    np.testing.assert_array_equal(moved[0], X[0])
    np.testing.assert_array_equal(moved[1][:, :-1], X[1][:, 1:])


def test_half_a_pixel_is_the_mean_of_two():
    moved = ops.image.affine_transform(X, [1, 0, 0.5, 0, 1, 0, 0, 0])
    np.testing.assert_allclose(moved[:, :, :-1], (X[:, :, :-1] + X[:, :, 1:]) / 2, rtol=1e-6)


def test_perspective_brings_corners_to_corners():
    start = np.array([[0, 0], [5, 0], [0, 4], [5, 4]], "float32")
    end = start[[1, 0, 3, 2]]       # left and right exchanged
    np.testing.assert_allclose(ops.image.perspective_transform(X, start, end), X[:, :, ::-1], atol=1e-5)


def test_linear_functions_are_read_exactly_between_elements():
    grid = np.add.outer(2.0 * np.arange(4), 3.0 * np.arange(5)).astype("float32")
    at = RNG.uniform(0, 3, (2, 7)).astype("float32")
    np.testing.assert_allclose(ops.image.map_coordinates(grid, at, 1), 2 * at[0] + 3 * at[1], rtol=1e-5)


def test_integers_are_rounded():
    assert ops.image.map_coordinates(np.array([0, 1]), [[0.6]], 1).numpy().tolist() == [1]


def test_an_elastic_transform_moves_pixels_smoothly():
    slope = np.broadcast_to(np.arange(40.0, dtype="float32")[:, None, None], (40, 40, 1))
    moved = np.asarray(ops.image.elastic_transform(slope, alpha=4.0, sigma=3.0, seed=1))
    assert 0.05 < np.abs(moved - slope)[5:-5].mean() < 4.0
    assert np.abs(np.diff(moved, axis=1)).max() < 1.0


def test_a_blur_spreads_a_point_into_its_window():
    image = np.zeros((5, 7, 1), "float32")
    image[2, 3] = 1.0
    x, y = np.exp(-0.5 * (np.arange(-2, 3) / 0.8) ** 2), np.exp(-0.5 * (np.arange(-1, 2) / 1.5) ** 2)
    blurred = np.asarray(ops.image.gaussian_blur(image, (5, 3), (0.8, 1.5)))
    np.testing.assert_allclose(blurred[1:4, 1:6, 0], np.outer(y / y.sum(), x / x.sum()), rtol=1e-5)


def test_edges_of_a_plane_are_its_slopes():
    plane = np.add.outer(2.0 * np.arange(5), 3.0 * np.arange(6)).astype("float32")[None, :, :, None]
    edges = np.asarray(ops.image.sobel_edges(plane))[0, 1:-1, 1:-1, 0]
    np.testing.assert_allclose(edges, np.broadcast_to([16.0, 24.0], edges.shape), rtol=1e-6)


def test_similarity_is_1_for_equal_images_and_falls_with_noise():
    noise = RNG.normal(size=X.shape).astype("float32")
    found = [np.asarray(ops.image.ssim(X, X + scale * noise, filter_size=3)) for scale in (0.0, 0.1, 0.5)]
    np.testing.assert_allclose(found[0], 1.0, rtol=1e-6)
    assert (found[0] > found[1]).all() and (found[1] > found[2]).all()


@pytest.mark.parametrize("method", ["linear", "cubic", "lanczos3", "lanczos5"])
def test_stretching_by_whole_numbers_is_resizing(method):
    name = {"linear": "bilinear", "cubic": "bicubic"}.get(method, method)
    y = ops.image.scale_and_translate(X, (2, 10, 12, 3), [2.0, 2.0], [0.0, 0.0], (1, 2), method)
    np.testing.assert_allclose(y, ops.image.resize(X, (10, 12), name, antialias=True), atol=1e-5)


def test_padding_and_cropping_undo_each_other():
    whole = ops.image.pad_images(X, top_padding=1, target_height=9, left_padding=2, right_padding=3)
    assert whole.shape == (2, 9, 11, 3)
    back = ops.image.crop_images(whole, top_cropping=1, target_height=5, left_cropping=2, right_cropping=3)
    np.testing.assert_array_equal(back, X)


def test_the_area_of_pixels_is_averaged():
    y = ops.image.resize(ROW.reshape(1, 4, 1), (1, 2), "area")
    np.testing.assert_allclose(np.ravel(y), [0.5, 2.5])
    y = ops.image.resize(ROW[:3].reshape(1, 3, 1), (1, 2), "area")
    np.testing.assert_allclose(np.ravel(y), [1 / 3, 5 / 3], rtol=1e-6)


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: ops.image.affine_transform(X, IDENTITY, "cubic"), ValueError, "got 'cubic'"),
    (lambda: ops.image.affine_transform(X, IDENTITY, fill_mode="mirror"), ValueError, "got 'mirror'"),
    (lambda: ops.image.affine_transform(X, [1.0, 2.0]), ShapeError, "8 numbers"),
    (lambda: ops.image.affine_transform(X[0, 0], IDENTITY), ShapeError, "four axes"),
    (lambda: ops.image.perspective_transform(X, X[0, 0], X[0, 0]), ShapeError, "four corners"),
    (lambda: ops.image.map_coordinates(X, [[0.0]], 1), ShapeError, "4 axes"),
    (lambda: ops.image.map_coordinates(ROW, [[0.0]], 3), ValueError, "order"),
    (lambda: ops.image.elastic_transform(X, sigma=0), ValueError, "sigma"),
    (lambda: ops.image.gaussian_blur((X * 9).astype("int32")), DTypeError, "floats"),
    (lambda: ops.image.gaussian_blur(X, sigma=1.0), ShapeError, "two numbers"),
    (lambda: ops.image.ssim(X, X), ShapeError, "does not fit"),
    (lambda: ops.image.ssim(X, X[0]), ShapeError, "alike"),
    (lambda: ops.image.sobel_edges(X[0]), ShapeError, "four axes"),
    (lambda: ops.image.pad_images(X, 1, 1, 1, 1, 9), ValueError, "two of three"),
    (lambda: ops.image.crop_images(X, 1, 1, 1, -1), ValueError, "two of three"),
    (lambda: ops.image.crop_images(X, 4, 0, 4, 0), ShapeError, "the height 5"),
    (lambda: ops.image.scale_and_translate(X, X.shape, [1.0], [0.0], (1, 2), "linear"), ShapeError, "as many"),
    (lambda: ops.image.resize(X, (3, 3), fill_mode="wrap"), ValueError, "got 'wrap'"),
])
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
