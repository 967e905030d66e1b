"""Activation functions as layers, against NumPy."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import layers
from minikeras.errors import ShapeError

X = np.random.default_rng(3).normal(size=(4, 5, 3)).astype("float32")


@pytest.mark.parametrize("activation", ["sigmoid", lambda x: x * x])
def test_activation_takes_names_and_functions(activation):
    expected = 1 / (1 + np.exp(-X)) if activation == "sigmoid" else X * X
    np.testing.assert_allclose(np.asarray(layers.Activation(activation)(X)), expected, rtol=1e-5)


def test_relu_limits_slopes_and_thresholds():
    x = np.array([[-2.0, 0.5, 1.5, 9.0]], "float32")
    y = layers.ReLU(max_value=4.0, negative_slope=0.5, threshold=1.0)(x)
    np.testing.assert_allclose(np.asarray(y), [[-1.5, -0.25, 1.5, 4.0]])


@pytest.mark.parametrize("arguments", [{"max_value": -1.0}, {"negative_slope": None}, {"threshold": -0.1}])
def test_relu_refuses_negative_settings(arguments):
    with pytest.raises(ValueError, match=f"ReLU: {next(iter(arguments))} must be a number from 0 on"):
        layers.ReLU(**arguments)


def test_softmax_leaves_out_what_is_masked():
    y = np.asarray(layers.Softmax()(np.zeros((1, 4), "float32"), mask=np.array([[True, False, True, False]])))
    np.testing.assert_allclose(y, [[0.5, 0.0, 0.5, 0.0]], atol=1e-6)


@pytest.mark.parametrize(("layer", "expected"), [
    (lambda: layers.LeakyReLU(), np.where(X < 0, 0.3 * X, X)),
    (lambda: layers.LeakyReLU(0.1), np.where(X < 0, 0.1 * X, X)),
    (lambda: layers.ELU(0.5), np.where(X < 0, 0.5 * np.expm1(X), X)),
    (lambda: layers.PReLU("ones"), X), (lambda: layers.PReLU(), np.maximum(X, 0))])
def test_slopes_below_zero(layer, expected):
    np.testing.assert_allclose(np.asarray(layer()(X)), expected, rtol=1e-5, atol=1e-6)


def test_the_older_name_of_a_slope_is_understood_with_a_warning():
    with pytest.warns(UserWarning, match="alpha is called negative_slope now"):
        layer = layers.LeakyReLU(alpha=0.2)
    assert layer.get_config()["negative_slope"] == 0.2
    assert "alpha" not in layer.get_config()


def test_prelu_learns_a_slope_for_each_element_not_shared():
    layer = layers.PReLU(shared_axes=[1])
    layer(X)
    layer.alpha.assign([[0.1, 0.2, 0.3]])
    np.testing.assert_allclose(np.asarray(layer(X)), np.where(X < 0, X * np.float32([0.1, 0.2, 0.3]), X), rtol=1e-6)


def test_softmax_over_several_axes_adds_up_to_one_over_them_together():
    y = np.asarray(layers.Softmax(axis=(1, 2))(X))
    np.testing.assert_allclose(y, np.exp(X) / np.exp(X).sum((1, 2), keepdims=True), rtol=1e-5)


def test_masks_pass_through():
    x = mk.constant(X)
    x._keras_mask = mk.constant(np.ones((4, 5), bool))
    for layer in (layers.ReLU(), layers.PReLU(), layers.Softmax(1), layers.Activation("tanh")):
        x._keras_mask = mk.constant(np.ones((4, 5, 1), bool))
        assert layer(x)._keras_mask is x._keras_mask


@pytest.mark.parametrize(("run", "message"), [
    (lambda: layers.Softmax(())(X), "axis must be an axis or a list of at least one"),
    (lambda: layers.Softmax()(X, mask=np.ones((4, 3), bool)), r"mask has shape \(4, 3\), which does not broadcast to"),
    (lambda: layers.PReLU(shared_axes=[0]), r"shared_axes must be axes from 1 on"),
    (lambda: layers.PReLU(shared_axes=[3])(X), r"shared_axes=\[3\], but inputs have 3 axes only"),
    (lambda: layers.PReLU()(layers.Input((None, 3))), "extents of a sample must be known"),
    (lambda: layers.ELU("a"), "ELU: alpha must be a number"),
    (lambda: layers.LeakyReLU(-1), "negative_slope must be a number from 0 on")])
def test_what_makes_no_sense_is_refused(run, message):
    with pytest.raises((ValueError, ShapeError), match=message):
        run()
