"""Layers that make one tensor of several, against NumPy."""

import functools

import numpy as np
import pytest

import minikeras as mk
from minikeras import layers
from minikeras.errors import ShapeError

RNG = np.random.default_rng(3)
A, B, C = (RNG.normal(size=(2, 3, 4)).astype("float32") for _ in range(3))
FIRST, SECOND = np.array([[[1, 1, 0], [0, 1, 1]], [[1, 0, 0], [1, 1, 0]]], bool)


def masked(x, mask):
    x = mk.constant(x)
    x._keras_mask = mk.constant(mask)
    return x


def mask_of(x):
    mask = getattr(x, "_keras_mask", None)
    return mask if mask is None else mask.numpy().tolist()


@pytest.mark.parametrize(("name", "function"), [
    ("Add", np.add), ("Multiply", np.multiply), ("Maximum", np.maximum), ("Minimum", np.minimum)])
def test_any_number_of_tensors_is_merged(name, function):
    expected = functools.reduce(function, [A, B, C])
    np.testing.assert_allclose(np.asarray(getattr(layers, name)()([A, B, C])), expected, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(getattr(layers, name.lower())([A, B, C])), expected, rtol=1e-5)


def test_average_and_difference():
    np.testing.assert_allclose(np.asarray(layers.average([A, B, C])), (A + B + C) / 3, rtol=1e-5)
    np.testing.assert_array_equal(np.asarray(layers.subtract([A, B])), A - B)


def test_axes_that_a_tensor_lacks_come_after_the_batch():
    vector = A[:, 0]
    np.testing.assert_array_equal(np.asarray(layers.Add()([vector, A])), A + vector[:, None])
    assert layers.Add().compute_output_shape([(None, 4), (None, 3, 4)]) == (None, 3, 4)
    assert layers.Add().compute_output_shape([(None, 1, 4), (None, None, 4)]) == (None, None, 4)


def test_concatenate_joins_along_its_axis():
    np.testing.assert_array_equal(np.asarray(layers.Concatenate(1)([A, B])), np.concatenate([A, B], 1))
    np.testing.assert_array_equal(np.asarray(layers.concatenate([A, B[..., :1]])), np.concatenate([A, B[..., :1]], -1))


@pytest.mark.parametrize(("axes", "a", "b", "subscripts"), [
    ((1, 2), (2, 3, 4), (2, 5, 3), "nac,nba->ncb"), (2, (2, 3, 4), (2, 5, 4), "nac,nbc->nab"),
    ((3, 1), (2, 3, 5, 4), (2, 4), "nabc,nc->nab"), (-1, (2, 4), (2, 3, 4), "nc,nbc->nb")])
def test_dot_sums_products_along_an_axis_of_each(axes, a, b, subscripts):
    a, b = RNG.normal(size=a).astype("float32"), RNG.normal(size=b).astype("float32")
    np.testing.assert_allclose(np.asarray(layers.Dot(axes)([a, b])), np.einsum(subscripts, a, b), rtol=1e-4, atol=1e-5)


def test_dot_of_vectors_keeps_an_axis_and_normalized_is_their_cosine():
    a, b = A[:, 0], B[:, 0]
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    np.testing.assert_allclose(np.asarray(layers.Dot(1, normalize=True)([a, b])), cosine[:, None], rtol=1e-5)


# --- masks ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["Add", "Subtract", "Average", "Multiply", "Maximum", "Minimum"])
def test_the_mask_holds_where_any_input_does_if_all_have_one(name):
    layer = getattr(layers, name)()
    assert mask_of(layer([masked(A, FIRST), masked(B, SECOND)])) == (FIRST | SECOND).tolist()
    assert mask_of(layer([masked(A, FIRST), B])) is None


def test_maximum_passes_over_what_is_masked():
    y = np.asarray(layers.Maximum()([masked(A, FIRST), masked(B, SECOND)]))
    both, one = FIRST & SECOND, FIRST & ~SECOND
    np.testing.assert_array_equal(y[both], np.maximum(A, B)[both])
    np.testing.assert_array_equal(y[one], A[one])


def test_masked_factors_count_as_one_and_nothing_but_masked_ones_as_zero():
    y = np.asarray(layers.Multiply()([masked(A, FIRST), masked(B, SECOND)]))
    np.testing.assert_array_equal(y[FIRST & ~SECOND], A[FIRST & ~SECOND])
    np.testing.assert_array_equal(y[~FIRST & ~SECOND], 0 * A[~FIRST & ~SECOND])


def test_masks_are_joined_with_ones_where_there_is_none():
    assert mask_of(layers.Concatenate(1)([masked(A, FIRST), B])) == np.c_[FIRST, np.ones((2, 3), bool)].tolist()
    assert mask_of(layers.Concatenate()([masked(A, FIRST), masked(B, SECOND)])) == (FIRST | SECOND).tolist()


# --- what does not fit ---------------------------------------------------------------------------

@pytest.mark.parametrize(("run", "message"), [
    (lambda: layers.Add()(A), r"Add .* takes a list of tensors, got one of shape \(2, 3, 4\)"),
    (lambda: layers.Add()([]), "takes a list of tensors, got 0"),
    (lambda: layers.Subtract()([A, B, C]), "takes a list of 2 tensors, got 3"),
    (lambda: layers.Add()([A, B, C[:, :2]]), r"input 2 has shape \(2, 2, 4\), which does not go with \(2, 3, 4\)"),
    (lambda: layers.Multiply()([A, B[:1]]), r"input 1 has shape \(1, 3, 4\).*first axes must be equal"),
    (lambda: layers.Concatenate()([A, B[:, :2]]), r"input 1 has shape \(2, 2, 4\).*alike but for axis 2"),
    (lambda: layers.Concatenate(3)([A, B]), "axis 3 does not exist"),
    (lambda: layers.Dot(0), "axis 0 is the batch"), (lambda: layers.Dot((1, 2, 1)), "an integer or two of them"),
    (lambda: layers.Dot(-3)([A, B]), "is axis 0, the batch"), (lambda: layers.Dot(4)([A, B]), "axis 4 does not exist"),
    (lambda: layers.Dot((1, 2))([A, B]), r"axis 1 of the first and 2 of the second .*: 3 against 4"),
    (lambda: layers.Dot(1)([A, B[:1]]), "the batches of inputs of shapes")])
def test_what_cannot_be_merged_is_refused(run, message):
    with pytest.raises((ValueError, ShapeError), match=message):
        run()
