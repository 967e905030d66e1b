"""The numbers of the example programs, against closed forms."""

import numpy as np
import pytest

import minikeras as tf
from examples import autodiff_intro, custom_layer, d2l_autograd, eigen_autodiff, stable_gradients

X = np.arange(4, dtype=np.float32)


def test_custom_layer_has_the_gradient_of_sum_of_squared_sines():
    inputs = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 0.0]], np.float32)
    layer = custom_layer.CustomLayer(2, tf.sin)
    loss, (gradient,) = custom_layer.kernel_gradient(layer, tf.constant(inputs))
    s = inputs @ layer.kernel.numpy()
    np.testing.assert_allclose(loss.numpy(), (np.sin(s) ** 2).sum(), rtol=1e-5)
    np.testing.assert_allclose(gradient.numpy(), inputs.T @ np.sin(2 * s), rtol=1e-4, atol=1e-5)


def test_custom_layer_has_one_weight_by_the_name_given():
    layer = custom_layer.CustomLayer(5, tf.sin)
    layer(tf.constant(np.ones((2, 3))))
    assert [(v.name, v.shape) for v in layer.trainable_variables] == [("kernel", (3, 5))]


def test_the_chain_rule_gives_nan_for_inverse_exp():
    y, slope = stable_gradients.value_and_gradient(stable_gradients.inverse_exp, 100.0)
    assert y.numpy() == 0.0
    assert np.isnan(slope.numpy())


def test_the_custom_gradient_of_inverse_exp_is_the_subnormal():
    y, slope = stable_gradients.value_and_gradient(stable_gradients.stable_inverse_exp, 100.0)
    assert (y.numpy(), slope.numpy()) == (0.0, np.float32(-3.783506e-44))


@pytest.mark.parametrize(("function", "value", "gradient"), [
    (autodiff_intro.double_dot, 28.0, 4 * X), (autodiff_intro.total, 6.0, np.ones(4)),
    (autodiff_intro.squares, X * X, 2 * X)])
def test_gradients_of_the_introduction(function, value, gradient):
    y, slope = function()
    np.testing.assert_array_equal(y.numpy(), value)
    np.testing.assert_array_equal(slope.numpy(), gradient)


def test_a_detached_factor_counts_as_a_constant():
    u, through_z, through_y = autodiff_intro.detached()
    np.testing.assert_array_equal(through_z.numpy(), u.numpy())
    np.testing.assert_array_equal(through_y.numpy(), 2 * X)


@pytest.mark.parametrize(("at", "value"), [(1.5, 1536.0), (-1.5, -153600.0), (2000.0, 4000.0)])
def test_control_flow_gives_the_slope_of_the_branch_taken(at, value):
    d, slope = autodiff_intro.slope_of_branching(at)
    assert (d.numpy(), slope.numpy()) == (value, value / at)


def test_sigmoid_of_an_auto_diff_scalar():
    y = eigen_autodiff.sigmoid_at(2.0)
    assert round(float(y), 4) == 0.8808 and round(float(y.derivatives[0]), 5) == 0.10499


def test_forward_derivatives_of_a_layer_are_closed_forms_and_those_of_reverse_mode():
    inputs, weights = eigen_autodiff.INPUTS, eigen_autodiff.WEIGHTS
    cosines = np.cos(inputs @ weights)
    by_weights = np.einsum("ij,ik,jm->ijkm", cosines, inputs, np.eye(2)).reshape(3, 2, 6)
    by_inputs = np.einsum("ij,kj,im->ijmk", cosines, weights, np.eye(3)).reshape(3, 2, 9)
    outputs, reverse_by_inputs, reverse_by_weights = eigen_autodiff.in_reverse_mode()
    narrow, wide = eigen_autodiff.by_weights(), eigen_autodiff.by_inputs_and_weights()
    for y in (outputs, narrow, wide):
        np.testing.assert_allclose(y.numpy(), np.sin(inputs @ weights), rtol=1e-14)
    both = np.concatenate([by_inputs, by_weights], axis=2)
    for got, want in [(narrow.derivatives, by_weights), (wide.derivatives, both), (reverse_by_inputs, by_inputs),
                      (reverse_by_weights, by_weights)]:
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("example", [autodiff_intro, custom_layer, eigen_autodiff, stable_gradients])
def test_each_example_prints_what_it_shows(example, capsys):
    example.main()
    assert len(capsys.readouterr().out.splitlines()) >= 3


@pytest.mark.parametrize("name", [*d2l_autograd.FUNCTIONS, "control flow"])
def test_four_manners_of_speaking_give_the_same_numbers(name):
    want = {"2 x.x": 4 * X, "sum(x)": np.ones(4), "x * x": 2 * X, "detach(x * x) * x": X * X,
            "control flow": [2048.0]}[name]
    for gradient in d2l_autograd.gradients()[name].values():
        np.testing.assert_array_equal(gradient, want)
