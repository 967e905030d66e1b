"""What the dropouts and their relatives do in training."""

import numpy as np
import pytest

from minikeras import layers
from minikeras.errors import ShapeError

ONES = np.ones((200, 50, 4), "float32")


@pytest.mark.parametrize("layer, feed, axes", [
    (layers.SpatialDropout1D(0.4, seed=1), np.ones((20, 5, 4)), (1,)),
    (layers.SpatialDropout2D(0.4, seed=1), np.ones((20, 5, 2, 4)), (1, 2)),
    (layers.SpatialDropout2D(0.4, "channels_first", seed=1), np.ones((20, 4, 5, 2)), (2, 3)),
    (layers.SpatialDropout3D(0.4, seed=1), np.ones((20, 2, 5, 2, 4)), (1, 2, 3))])
def test_spatial_dropout_drops_whole_channels(layer, feed, axes):
    y = layer(feed, training=True).numpy()
    assert (y.min(axes) == y.max(axes)).all()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.6)}


def test_spatial_dropout_wants_the_axes_of_its_kind():
    with pytest.raises(ShapeError, match=r"SpatialDropout2D .* must have 4 axes"):
        layers.SpatialDropout2D(0.1)(np.ones((2, 3, 4)))


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(0).normal(size=(200, 500)).astype("float32")
    y = layers.AlphaDropout(0.3, seed=1)(x, training=True).numpy()
    assert abs(y.mean()) < 0.01 and abs(y.std() - 1.0) < 0.01


def test_alpha_dropout_shares_its_draw_along_axes_of_one():
    y = layers.AlphaDropout(0.3, noise_shape=(None, 1, None), seed=1)(ONES, training=True).numpy()
    assert (y == y[:, :1]).all() and len(np.unique(y)) == 2


def test_gaussian_dropout_multiplies_by_noise_of_variance_rate_over_keep():
    y = layers.GaussianDropout(0.2, seed=1)(3.0 * ONES, training=True).numpy() / 3.0
    assert abs(y.mean() - 1.0) < 0.01 and abs(y.std() - 0.5) < 0.01


def test_gaussian_noise_has_the_deviation_asked_for():
    y = layers.GaussianNoise(0.2, seed=1)(ONES, training=True).numpy()
    assert abs(y.mean() - 1.0) < 0.01 and abs(y.std() - 0.2) < 0.01


def test_activity_regularization_is_a_mean_over_samples():
    layer = layers.ActivityRegularization(0.1, 0.2)
    layer(np.array([[1.0, -2.0], [3.0, 0.0]]))
    assert float(layer.losses[0]) == pytest.approx((0.1 * 6 + 0.2 * 14) / 2)


@pytest.mark.parametrize("make", [
    lambda: layers.AlphaDropout(1.0), lambda: layers.GaussianDropout(1.0), lambda: layers.GaussianNoise(2.0),
    lambda: layers.SpatialDropout1D(-0.1), lambda: layers.AlphaDropout(0.1, noise_shape=(0, 1))])
def test_rates_and_shapes_out_of_range_are_refused(make):
    with pytest.raises(ValueError, match=r"must be a (number|tuple)"):
        make()
