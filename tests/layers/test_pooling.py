"""Pooling layers: ties, masks, configs and refusals. The windows themselves are tested with the ops."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import layers
from minikeras.errors import ShapeError

X = np.random.default_rng(0).normal(size=(2, 6, 5, 3)).astype("float32")
STEPS = X[:, :, 0]


def gradient(layer, x):
    """Of the sum of the outputs, with respect to `x`."""
    x = mk.Variable(x)
    with mk.GradientTape() as tape:
        y = mk.reduce_sum(layer(x))
    return tape.gradient(y, x).numpy()


def test_windows_touch_unless_strides_are_given():
    np.testing.assert_array_equal(layers.MaxPool1D(2)(STEPS).numpy(), STEPS.reshape(2, 3, 2, 3).max(2))
    assert layers.AvgPool2D(2, strides=1)(X).shape == (2, 5, 4, 3)


def test_the_first_of_equal_elements_gets_the_gradient():
    assert gradient(layers.MaxPooling1D(3), np.ones((1, 3, 1), "float32")).ravel().tolist() == [1.0, 0.0, 0.0]


def test_equal_elements_share_the_gradient_of_a_global_maximum():
    assert gradient(layers.GlobalMaxPooling1D(), np.ones((1, 2, 1), "float32")).ravel().tolist() == [0.5, 0.5]


@pytest.mark.parametrize("keepdims", [False, True])
def test_global_pooling_is_over_all_positions(keepdims):
    mean = layers.GlobalAveragePooling2D(keepdims=keepdims)(X).numpy()
    np.testing.assert_allclose(mean, X.mean((1, 2), keepdims=keepdims), rtol=1e-5, atol=1e-6)
    first = layers.GlobalMaxPool2D("channels_first", keepdims=keepdims)(X).numpy()
    np.testing.assert_array_equal(first, X.max((2, 3), keepdims=keepdims))


def test_masked_steps_do_not_count():
    mask = np.array([[True] * 4 + [False] * 2, [False] + [True] * 5])
    want = np.stack([STEPS[0, :4].mean(0), STEPS[1, 1:].mean(0)])
    layer = layers.GlobalAveragePooling1D()
    np.testing.assert_allclose(layer(STEPS, mask=mask).numpy(), want, rtol=1e-5, atol=1e-6)
    first = layers.GlobalAveragePooling1D("channels_first")(np.swapaxes(STEPS, 1, 2), mask=mask).numpy()
    np.testing.assert_allclose(first, want, rtol=1e-5, atol=1e-6)
    assert layer.compute_mask(STEPS, mask) is None


def test_adaptive_pooling_gives_that_many_windows():
    assert layers.AdaptiveAveragePooling2D((3, 7))(X).shape == (2, 3, 7, 3)
    y = layers.AdaptiveMaxPooling1D(4)(STEPS).numpy()
    np.testing.assert_array_equal(y[:, 1], STEPS[:, 1:3].max(1))


def test_integers_have_a_largest_element():
    y = layers.MaxPooling1D(2)(np.arange(4).reshape(1, 4, 1))
    assert y.numpy().ravel().tolist() == [1, 3]


def test_a_config_has_sizes_for_each_axis():
    config = layers.MaxPooling2D(2).get_config()
    assert (config["pool_size"], config["strides"], config["padding"]) == ([2, 2], [2, 2], "valid")
    assert layers.AdaptiveMaxPooling1D(3).get_config()["output_size"] == [3]
    assert layers.GlobalMaxPooling2D().get_config()["keepdims"] is False


@pytest.mark.parametrize(("call", "error", "match"), [
    (lambda: layers.MaxPooling2D(0), ValueError, "MaxPooling2D: pool_size must be an integer from 1 on, or 2"),
    (lambda: layers.MaxPooling2D(2, strides=1.5), ValueError, "strides must be"),
    (lambda: layers.AveragePooling2D(2, padding="causal"), ValueError, "padding 'causal' is not known"),
    (lambda: layers.AdaptiveMaxPooling2D((2, 0)), ValueError, "output_size must be"),
    (lambda: layers.GlobalMaxPooling1D(keepdims=1), ValueError, "keepdims must be True or False"),
    (lambda: layers.MaxPooling2D(name="p")(STEPS), ShapeError, "MaxPooling2D 'p': the input must have 4 axes"),
    (lambda: layers.MaxPooling2D(6, name="p")(X), ShapeError, "MaxPooling2D 'p': a window that .* 6 does not fit"),
])
def test_refusals(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_a_mean_refuses_a_mask_of_other_steps():
    with pytest.raises(ShapeError, match=r"mask of inputs of shape \(2, 3, 4\) must have shape \(2, 3\), got \(2, 5\)"):
        layers.GlobalAveragePooling1D()(np.ones((2, 3, 4), "float32"), mask=np.ones((2, 5), bool))
