"""LayerNormalization against plain NumPy."""

import numpy as np
import pytest

import minikeras as tf
from minikeras import layers
from minikeras.errors import ShapeError

X = np.random.default_rng(0).normal(3.0, 2.0, (2, 3, 4)).astype("float32")


@pytest.mark.parametrize("axis", [-1, 1, [1, 2]])
def test_layer_normalization_gives_mean_zero_and_variance_one(axis):
    y = layers.LayerNormalization(axis=axis, epsilon=1e-6)(X).numpy()
    along = tuple(axis) if isinstance(axis, list) else axis
    np.testing.assert_allclose(y.mean(along), 0.0, atol=1e-6)
    np.testing.assert_allclose(y.var(along), 1.0, rtol=1e-4)


def test_layer_normalization_scales_and_shifts_along_its_axis():
    layer = layers.LayerNormalization(axis=1)
    layer.build(X.shape)
    gamma, beta = np.array([1.0, 2.0, 3.0], "float32"), np.array([0.5, 0.0, -1.0], "float32")
    layer.set_weights([gamma, beta])
    z = (X - X.mean(1, keepdims=True)) / np.sqrt(X.var(1, keepdims=True) + 1e-3)
    np.testing.assert_allclose(layer(X).numpy(), z * gamma[:, None] + beta[:, None], rtol=1e-4, atol=1e-5)


def test_layer_normalization_without_gamma_and_beta_has_no_weights():
    layer = layers.LayerNormalization(center=False, scale=False)
    layer(X)
    assert layer.weights == []


def test_layer_normalization_needs_known_extents():
    with pytest.raises(ShapeError, match="must be known"):
        layers.LayerNormalization()(tf.Input((None,)))


def test_layer_normalization_is_made_again_from_its_config():
    layer = layers.LayerNormalization(axis=[1, 2], epsilon=0.01, scale=False)
    twin = layers.LayerNormalization.from_config(layer.get_config())
    assert (twin.axis, twin.epsilon, twin.center, twin.scale) == ([1, 2], 0.01, True, False)


def test_layer_normalization_has_keras_field_for_what_it_refuses():
    assert layers.LayerNormalization().get_config()["rms_scaling"] is False
    with pytest.raises(ValueError, match="rms_scaling=True"):
        layers.LayerNormalization(rms_scaling=True)
