"""Convolutions: what each layer adds to the ops of the same names, Keras' weights and configs, refusals."""

import numpy as np
import pytest

from minikeras import layers, ops
from minikeras.errors import ShapeError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 6, 5, 4)).astype("float32")
STEPS = X[:, :, 0]


def made(layer, x):
    """The result for `x`, and the weights, all of them random."""
    layer(x)
    weights = [RNG.normal(size=w.shape).astype("float32") for w in layer.get_weights()]
    layer.set_weights(weights)
    return layer(x).numpy(), weights


def test_a_convolution_adds_the_bias_and_activates():
    y, (kernel, bias) = made(layers.Conv2D(3, 2, activation="relu"), X)
    np.testing.assert_allclose(y, np.maximum(ops.conv(X, kernel).numpy() + bias, 0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D"])
def test_channels_first_is_channels_last_moved(name):
    arguments = (2,) if name.startswith("Depthwise") else (4, 2)
    first = getattr(layers, name)(*arguments, data_format="channels_first")
    y, weights = made(first, np.moveaxis(X, -1, 1))
    last = getattr(layers, name)(*arguments)
    last.build(X.shape)
    last.set_weights(weights)
    np.testing.assert_allclose(np.moveaxis(y, 1, -1), last(X).numpy(), rtol=1e-5, atol=1e-5)


def test_a_causal_convolution_sees_no_later_step():
    layer = layers.Conv1D(2, 3, padding="causal", dilation_rate=2)
    before, _ = made(layer, STEPS)
    later = STEPS.copy()
    later[:, 4:] += 1.0
    assert before.shape == (2, 6, 2)
    np.testing.assert_array_equal(layer(later).numpy()[:, :4], before[:, :4])


def test_a_depthwise_convolution_keeps_channels_apart():
    y, (kernel, bias) = made(layers.DepthwiseConv2D((3, 2), depth_multiplier=2), X)
    want = [ops.conv(X[..., c:c + 1], kernel[:, :, c:c + 1]).numpy() for c in range(4)]
    np.testing.assert_allclose(y, np.concatenate(want, -1) + bias, rtol=1e-5, atol=1e-5)


def test_a_separable_convolution_mixes_the_channels_of_a_position():
    y, (depthwise, pointwise, bias) = made(layers.SeparableConv1D(3, 2, depth_multiplier=2), STEPS)
    want = ops.depthwise_conv(STEPS, depthwise).numpy() @ pointwise[0] + bias
    np.testing.assert_allclose(y, want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("options", "rows"), [
    ({}, 13), ({"padding": "same"}, 12), ({"output_padding": 0}, 13), ({"padding": "same", "output_padding": 1}, 12),
    ({"kernel_size": 1}, 12)])
def test_the_extent_that_a_transpose_gives(options, rows):
    layer = layers.Conv1DTranspose(**{"filters": 2, "kernel_size": 3, "strides": 2, **options})
    assert layer(STEPS).shape == (2, rows, 2)


def test_lora_leaves_the_kernel_as_it_is_and_starts_from_nothing():
    layer = layers.Conv2D(3, 2, lora_rank=2, lora_alpha=3, use_bias=False)
    before = layer(X).numpy()
    assert [v.name for v in layer.trainable_variables] == ["lora_kernel_a", "lora_kernel_b"]
    layer.lora_kernel_b.assign(np.ones((2, 3)))
    whole = layer.kernel.numpy() + 1.5 * layer.lora_kernel_a.numpy() @ np.ones((2, 3), "float32")
    np.testing.assert_allclose(layer(X).numpy(), ops.conv(X, whole).numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(before, ops.conv(X, layer.kernel).numpy())


def test_a_built_convolution_can_be_adapted():
    layer = layers.Conv1D(3, 2)
    before = layer(np.ones((1, 4, 2), "float32")).numpy()
    layer.enable_lora(2)
    assert [v.name for v in layer.trainable_variables] == ["bias", "lora_kernel_a", "lora_kernel_b"]
    np.testing.assert_array_equal(layer(np.ones((1, 4, 2), "float32")).numpy(), before)


def test_a_config_has_sizes_for_each_axis_and_what_was_left_open():
    config = layers.Conv2D(2, 3, strides=[2, 1], padding="SAME").get_config()
    assert (config["kernel_size"], config["strides"], config["dilation_rate"]) == ([3, 3], [2, 1], [1, 1])
    assert (config["padding"], config["data_format"], config["activation"]) == ("same", "channels_last", "linear")
    assert config["kernel_initializer"]["class_name"] == "GlorotUniform"
    assert config["activity_regularizer"] is None
    assert "lora_rank" not in config


def test_keras_other_names_are_the_same_classes():
    assert layers.Convolution2D is layers.Conv2D
    assert layers.SeparableConvolution1D is layers.SeparableConv1D
    assert layers.Convolution3DTranspose is layers.Conv3DTranspose


@pytest.mark.parametrize(("call", "error", "match"), [
    (lambda: layers.Conv2D(2, 0), ValueError, "Conv2D: kernel_size must be an integer from 1 on, or 2 of them, got 0"),
    (lambda: layers.Conv2D(2, 2.0), ValueError, "kernel_size must be an integer"),
    (lambda: layers.Conv2D(2, (3, 3, 3)), ValueError, "or 2 of them"),
    (lambda: layers.Conv2D(2.5, 3), ValueError, "filters must be an integer from 1 on"),
    (lambda: layers.Conv2D(2, 3, strides=-1), ValueError, "strides must be"),
    (lambda: layers.Conv2D(2, 3, strides=2, dilation_rate=2), ValueError, "cannot both be above 1"),
    (lambda: layers.Conv2D(2, 3, padding="causal"), ValueError, "padding must be one of 'valid', 'same', got 'causal'"),
    (lambda: layers.Conv2D(2, 3, data_format="NHWC"), ValueError, "data_format 'nhwc' is not known"),
    (lambda: layers.Conv2D(3, 3, groups=2), ValueError, "filters=3 must be a multiple of groups=2"),
    (lambda: layers.Conv2D(2, 3, lora_rank=1, kernel_constraint="non_neg"), ValueError, "does not go with"),
    (lambda: layers.Conv1DTranspose(2, 3, output_padding=1), ValueError, "must be below the strides"),
    (lambda: layers.Conv2D(6, 3, groups=3, name="c")(X), ShapeError, "4 channels do not divide into 3 groups"),
    (lambda: layers.Conv2D(2, 3, name="c")(STEPS), ShapeError, "Conv2D 'c': the input must have 4 axes"),
    (lambda: layers.Conv2D(2, 3).build((None, 5, 5, None)), ShapeError, "their number known"),
    (lambda: layers.Conv2D(2, 6, name="c")(X), ShapeError, "Conv2D 'c': a window that .* 6 does not fit into"),
])
def test_refusals(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_other_channels_than_those_it_was_built_for_are_refused():
    layer = layers.Conv2D(2, 3)
    layer(X)
    with pytest.raises(ShapeError, match="must have extent 4 along axis -1"):
        layer(X[..., :2])
