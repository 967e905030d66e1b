"""EinsumDense against NumPy's einsum."""

import numpy as np
import pytest

from minikeras import layers
from minikeras.errors import ShapeError

X = np.random.default_rng(3).normal(size=(2, 3, 4)).astype("float32")


@pytest.mark.parametrize(("equation", "output_shape", "bias_axes", "kernel", "bias"), [
    ("abc,cd->abd", (None, 5), "d", (4, 5), (5,)),
    ("abc,cd->abd", (3, 5), "b", (4, 5), (3, 1)),
    ("abc,cde->abde", (None, 2, 3), "e", (4, 2, 3), (3,)),
    ("abc,bcd->ad", 5, None, (3, 4, 5), None),
    ("abc,bd->acd", (4, 5), "cd", (3, 5), (4, 5)),
    ("...x,xy->...y", 5, "y", (4, 5), (5,)),
    ("...bx,xy->...by", (3, 5), "y", (4, 5), (5,)),
    ("ab...,bc->ac...", (5, None), "c", (3, 5), (5, 1))])
def test_the_kernel_has_the_extents_of_its_letters(equation, output_shape, bias_axes, kernel, bias):
    layer = layers.EinsumDense(equation, output_shape, bias_axes=bias_axes, bias_initializer="normal")
    y = layer(X)
    values = layer.get_weights()
    assert [v.shape for v in values] == [kernel] + [bias] * (bias is not None)
    expected = np.einsum(equation, X, values[0]) + (values[1] if bias else 0)
    np.testing.assert_allclose(np.asarray(y), expected, rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, 3, 4)) == (None, *expected.shape[1:])


def test_dots_stand_for_any_number_of_axes():
    x = np.ones((2, 3, 5, 4), "float32")
    assert layers.EinsumDense("...x,xy->...y", 6)(x).shape == (2, 3, 5, 6)
    assert layers.EinsumDense("...x,xy->...y", 6)(x[:, 0, 0]).shape == (2, 6)


def test_the_variance_of_the_kernel_is_that_of_a_dense_layer():
    layer = layers.EinsumDense("abc,cde->abde", (None, 40, 50), kernel_initializer="he_normal")
    layer(np.ones((1, 2, 30), "float32"))
    assert layer.kernel.numpy().var() == pytest.approx(2 / 30, rel=0.05)


@pytest.mark.parametrize(("run", "message"), [
    (lambda: layers.EinsumDense("abc", 3), "'abc' must be of the form"),
    (lambda: layers.EinsumDense("ab...,bc->...ac", 3), "must be of the form"),
    (lambda: layers.EinsumDense("ab,bc->ad", 3), "the axis 'd' of the output"),
    (lambda: layers.EinsumDense("ab,bcd->ac", 3), "the axis 'd' of the kernel"),
    (lambda: layers.EinsumDense("aab,bc->ac", 3), "'aab' .* has a letter twice"),
    (lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="z"), "bias_axes must be letters of the output 'ac'"),
    (lambda: layers.EinsumDense("ab,bc->ac", 0), "each of output_shape must be an integer from 1 on"),
    (lambda: layers.EinsumDense("ab,bc->ac", 3)(X), r"for inputs of 2 axes, got shape \(2, 3, 4\)"),
    (lambda: layers.EinsumDense("abc,cd->abd", 3)(X), r"output_shape=\(3,\) must have an extent for each of 'bd'"),
    (lambda: layers.EinsumDense("abc,cd->abd", (5, 3))(X), "axis 'b' .* is 3 long in the inputs and 5 in output_shape"),
    (lambda: layers.EinsumDense("ab,bc->ac", 3, quantization_config=1), "quantization_config"),
    (lambda: layers.EinsumDense("ab,bc->ac", 3, lora_rank=1, kernel_constraint="non_neg"), "does not go with")])
def test_equations_that_do_not_fit_are_refused(run, message):
    with pytest.raises((ValueError, ShapeError), match=message):
        run()


def test_another_width_than_the_kernel_was_made_for_is_refused():
    layer = layers.EinsumDense("abc,cd->abd", (None, 5))
    layer(X)
    with pytest.raises(ShapeError, match=r"extent 4 along axis 2, as the layer was made for, got shape \(2, 3, 3\)"):
        layer(X[..., :3])
