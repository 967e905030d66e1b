"""Borders added and cut off, positions repeated: against NumPy; refusals."""

import numpy as np
import pytest

from minikeras import layers, ops
from minikeras.errors import ShapeError

X = np.random.default_rng(0).normal(size=(2, 4, 5, 3)).astype("float32")
STEPS = X[:, :, 0]


@pytest.mark.parametrize(("padding", "widths"), [
    (2, [(2, 2), (2, 2)]), ((1, 2), [(1, 1), (2, 2)]), (((1, 0), (0, 2)), [(1, 0), (0, 2)])])
def test_zeros_stand_around_images(padding, widths):
    last, first = layers.ZeroPadding2D(padding), layers.ZeroPadding2D(padding, "channels_first")
    np.testing.assert_array_equal(last(X).numpy(), np.pad(X, [(0, 0), *widths, (0, 0)]))
    np.testing.assert_array_equal(first(X).numpy(), np.pad(X, [(0, 0), (0, 0), *widths]))
    np.testing.assert_array_equal(layers.Cropping2D(padding)(last(X)).numpy(), X)


def test_along_one_axis_a_pair_is_before_and_after():
    np.testing.assert_array_equal(layers.ZeroPadding1D((1, 2))(STEPS).numpy(), np.pad(STEPS, [(0, 0), (1, 2), (0, 0)]))
    np.testing.assert_array_equal(layers.Cropping1D((1, 0))(STEPS).numpy(), STEPS[:, 1:])


def test_positions_are_repeated():
    np.testing.assert_array_equal(layers.UpSampling1D(3)(STEPS).numpy(), STEPS.repeat(3, 1))
    np.testing.assert_array_equal(layers.UpSampling2D((2, 1))(X).numpy(), X.repeat(2, 1))
    np.testing.assert_array_equal(layers.UpSampling3D((1, 2, 3))(X[..., None]).numpy(),
                                  X[..., None].repeat(2, 2).repeat(3, 3))


def test_other_interpolations_are_those_of_resize():
    y = layers.UpSampling2D((2, 3), interpolation="bicubic")(X).numpy()
    np.testing.assert_array_equal(y, ops.image.resize(X, (8, 15), "bicubic").numpy())


def test_configs_have_sizes_for_each_axis_but_along_one():
    assert layers.ZeroPadding2D((1, 2)).get_config()["padding"] == [[1, 1], [2, 2]]
    assert layers.ZeroPadding1D().get_config()["padding"] == [1, 1]
    assert layers.UpSampling1D().get_config()["size"] == 2
    assert "data_format" not in layers.Cropping1D().get_config()


@pytest.mark.parametrize(("call", "error", "match"), [
    (lambda: layers.ZeroPadding2D(-1), ValueError, "ZeroPadding2D: padding must be an integer from 0 on"),
    (lambda: layers.ZeroPadding2D((1, 2, 3)), ValueError, "2 integers or pairs"),
    (lambda: layers.ZeroPadding1D(1.5), ValueError, "padding must be"),
    (lambda: layers.UpSampling2D(0), ValueError, "size must be an integer from 1 on"),
    (lambda: layers.UpSampling1D(True), ValueError, "size must be an integer from 1 on"),
    (lambda: layers.UpSampling2D(2, interpolation="cubic"), ValueError, "interpolation must be one of 'nearest'"),
    (lambda: layers.Cropping1D(2, name="c")(STEPS), ShapeError, "Cropping1D 'c'.*2 \\+ 2 cannot be cut off"),
    (lambda: layers.Cropping2D(1)(STEPS), ShapeError, "must have 4 axes"),
])
def test_refusals(call, error, match):
    with pytest.raises(error, match=match):
        call()
