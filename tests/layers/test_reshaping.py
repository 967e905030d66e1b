"""Flatten, Reshape, Permute and RepeatVector."""

import numpy as np
import pytest

from minikeras import layers
from minikeras.errors import ShapeError

X = np.random.default_rng(3).normal(size=(4, 5, 3)).astype("float32")


@pytest.mark.parametrize(("shape", "flat"), [((2, 3, 4), (2, 12)), ((2, 3), (2, 3)), ((5,), (5, 1))])
def test_flatten_joins_all_axes_but_the_first(shape, flat):
    x = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    np.testing.assert_array_equal(np.asarray(layers.Flatten()(x)), x.reshape(flat))


def test_flatten_moves_channels_last_first():
    np.testing.assert_array_equal(np.asarray(layers.Flatten("channels_first")(X)),
                                  np.moveaxis(X, 1, -1).reshape(4, -1))


def test_flatten_of_an_unknown_extent_stays_unknown():
    assert layers.Flatten().compute_output_shape((None, None, 3)) == (None, None)


@pytest.mark.parametrize(("target", "shape"), [((5, 3), (2, 5, 3)), ((-1,), (2, 15)), ((3, -1), (2, 3, 5)),
                                               ((15, 1, 1), (2, 15, 1, 1))])
def test_reshape_keeps_the_order_of_the_elements(target, shape):
    x = np.arange(30.0).reshape(2, 15)
    np.testing.assert_array_equal(np.asarray(layers.Reshape(target)(x)), x.reshape(shape))


def test_reshape_leaves_open_what_it_cannot_know():
    assert layers.Reshape((3, -1)).compute_output_shape((None, None, 6)) == (None, 3, None)


def test_permute_counts_axes_from_the_first_after_the_batch():
    np.testing.assert_array_equal(np.asarray(layers.Permute((2, 1))(X)), X.transpose(0, 2, 1))


def test_repeat_vector_repeats_along_a_new_axis():
    np.testing.assert_array_equal(np.asarray(layers.RepeatVector(3)(X[:, 0])), np.repeat(X[:, :1], 3, 1))


@pytest.mark.parametrize(("run", "message"), [
    (lambda: layers.Reshape((4, 4))(X), r"a sample of shape \(5, 3\) has 15 elements, .* target_shape=\(4, 4\)"),
    (lambda: layers.Reshape((4, -1))(X), "has 15 elements"),
    (lambda: layers.Reshape((-1, -1)), "at most one -1"),
    (lambda: layers.Reshape((2.5,)), "must be integers from 0 on"),
    (lambda: layers.Permute((0, 1)), "each of the axes 1..k once"), (lambda: layers.Permute((1, 3)), "1..k once"),
    (lambda: layers.Permute((2, 1))(X[:, 0]), r"must have 3 axes, the batch first, got shape \(4, 3\)"),
    (lambda: layers.RepeatVector(0), "n must be an integer from 1 on"),
    (lambda: layers.RepeatVector(2)(X), "must have 2 axes")])
def test_what_does_not_fit_is_refused(run, message):
    with pytest.raises((ValueError, ShapeError), match=message):
        run()
