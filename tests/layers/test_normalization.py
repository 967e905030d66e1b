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


def test_rms_scaling_divides_by_the_standard_deviation_alone():
    layer = layers.LayerNormalization(rms_scaling=True, epsilon=0.01)
    np.testing.assert_allclose(layer(X).numpy(), X / np.sqrt(X.var(-1, keepdims=True) + 0.01), rtol=1e-5)
    assert [v.name for v in layer.weights] == ["gamma"]


def test_batch_normalization_moves_its_averages_towards_the_batch():
    layer = layers.BatchNormalization(momentum=0.9)
    layer(X, training=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.1 * X.mean((0, 1)), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.9 + 0.1 * X.var((0, 1)), rtol=1e-5)


def test_batch_normalization_uses_its_averages_outside_training():
    layer = layers.BatchNormalization(epsilon=0.01)
    layer.build(X.shape)
    gamma, beta, mean, variance = (np.random.default_rng(i).uniform(1, 2, 4).astype("float32") for i in range(4))
    layer.set_weights([gamma, beta, mean, variance])
    np.testing.assert_allclose(layer(X).numpy(), (X - mean) / np.sqrt(variance + 0.01) * gamma + beta, rtol=1e-5)


def test_frozen_batch_normalization_is_as_outside_training():
    layer = layers.BatchNormalization()
    layer(X, training=True)
    layer.trainable = False
    before = layer.get_weights()
    np.testing.assert_array_equal(layer(X, training=True).numpy(), layer(X, training=False).numpy())
    assert all((a == b).all() for a, b in zip(before, layer.get_weights()))


def test_batch_normalization_leaves_masked_places_out():
    mask = np.array([[True, False, True], [True, True, False]])
    layer = layers.BatchNormalization(momentum=0.0)
    layer(X, training=True, mask=mask)
    np.testing.assert_allclose(layer.moving_mean.numpy(), X[mask].mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), X[mask].var(0), rtol=1e-5)


def test_batch_normalization_of_many_rows_keeps_its_precision():
    x = np.random.default_rng(0).normal(1000.0, 1.0, (300_000, 2)).astype("float32")
    layer = layers.BatchNormalization(momentum=0.0, epsilon=0.0)
    y = layer(x, training=True).numpy().astype("float64")
    np.testing.assert_allclose(y.mean(0), 0.0, atol=1e-3)
    np.testing.assert_allclose(y.std(0), 1.0, rtol=1e-5)


def test_renorm_uses_the_averages_in_training_up_to_its_limits():
    layer = layers.BatchNormalization(renorm=True, epsilon=1e-6, moving_mean_initializer="ones")
    np.testing.assert_allclose(layer(X, training=True).numpy(), X - 1.0, rtol=1e-4, atol=1e-4)
    limited = layers.BatchNormalization(renorm=True, epsilon=1e-6, renorm_clipping={"rmax": 1.0, "dmax": 0.0})
    np.testing.assert_allclose(limited(X, training=True).numpy(), (X - X.mean((0, 1))) / X.std((0, 1)), rtol=1e-3,
                               atol=1e-4)


def test_synchronized_batch_normalization_is_refused():
    with pytest.raises(ValueError, match="synchronized=True is not supported: there is only one process"):
        layers.BatchNormalization(synchronized=True)


@pytest.mark.parametrize("groups", [1, 2, 4, -1])
def test_group_normalization_gives_each_group_mean_zero_and_variance_one(groups):
    x = np.random.default_rng(0).normal(3.0, 2.0, (2, 5, 3, 4)).astype("float32")
    y = layers.GroupNormalization(groups, epsilon=1e-6)(x).numpy()
    grouped = y.reshape(2, 15, 4 if groups == -1 else groups, -1)
    np.testing.assert_allclose(grouped.mean((1, 3)), 0.0, atol=1e-6)
    np.testing.assert_allclose(grouped.var((1, 3)), 1.0, rtol=1e-4)


def test_groups_must_divide_the_channels():
    with pytest.raises(ShapeError, match="3 groups do not divide the 4 channels"):
        layers.GroupNormalization(3)(X)


def test_rms_normalization_gives_a_mean_square_of_one():
    y = layers.RMSNormalization(axis=[1, 2])(X).numpy()
    np.testing.assert_allclose((y ** 2).mean((1, 2)), 1.0, rtol=1e-4)


def test_unit_normalization_gives_vectors_of_length_one():
    y = layers.UnitNormalization(axis=(1, 2))(X).numpy()
    np.testing.assert_allclose((y ** 2).sum((1, 2)), 1.0, rtol=1e-5)


def test_spectral_normalization_brings_the_largest_singular_value_to_one():
    layer = layers.SpectralNormalization(layers.Dense(3), power_iterations=30)
    layer(X, training=True)
    assert np.linalg.svd(layer.layer.kernel.numpy())[1][0] == pytest.approx(1.0, rel=1e-3)


def test_spectral_normalization_leaves_a_kernel_of_zeros_alone():
    layer = layers.SpectralNormalization(layers.Dense(3, kernel_initializer="zeros"))
    assert not layer(X, training=True).numpy().any()


def test_spectral_normalization_needs_a_kernel():
    with pytest.raises(ValueError, match="Dropout has neither a kernel nor embeddings"):
        layers.SpectralNormalization(layers.Dropout(0.5))(X)


@pytest.mark.parametrize("layer", [layers.LayerNormalization(), layers.RMSNormalization(), layers.GroupNormalization(2),
                                   layers.BatchNormalization()], ids=lambda layer: layer.name)
def test_integers_are_normalized_as_floats(layer):
    x = np.arange(24).reshape(6, 4)
    y = layer(x, training=True)
    assert y.dtype == "float32"
    np.testing.assert_allclose(y, layer(x.astype("float32"), training=True), rtol=1e-6)


def test_group_normalization_takes_one_axis():
    with pytest.raises(TypeError, match=r"GroupNormalization: axis must be an integer, got \[1, 2\]"):
        layers.GroupNormalization(2, axis=[1, 2])


def test_spectral_normalization_gives_floats_for_integers():
    assert layers.SpectralNormalization(layers.Dense(2))(np.arange(6).reshape(2, 3)).dtype == "float32"
