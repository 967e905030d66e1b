"""Sequences of different lengths."""

import numpy as np
import pytest

from minikeras.preprocessing.sequence import pad_sequences


@pytest.mark.parametrize(("options", "want"), [
    ({}, [[0, 0, 1], [2, 3, 4]]), ({"padding": "post"}, [[1, 0, 0], [2, 3, 4]]), ({"maxlen": 2}, [[0, 1], [3, 4]]),
    ({"maxlen": 2, "truncating": "post"}, [[0, 1], [2, 3]]), ({"value": 9}, [[9, 9, 1], [2, 3, 4]]),
    ({"maxlen": 0}, [[], []])])
def test_sequences_are_padded(options, want):
    padded = pad_sequences([[1], [2, 3, 4]], **options)
    np.testing.assert_array_equal(padded, want)
    assert padded.dtype == np.int32


def test_sequences_of_vectors_are_padded_with_vectors():
    assert pad_sequences([np.ones((2, 3)), np.ones((1, 3))], dtype="float32").shape == (2, 2, 3)


@pytest.mark.parametrize(("sequences", "options", "text"), [
    ([[1]], {"padding": "left"}, "padding"), ([1], {}, "list of lists"), ([[1], [[2]]], {}, "shape"),
    ([[1]], {"value": "x"}, "text")])
def test_sequences_that_do_not_fit_are_refused(sequences, options, text):
    with pytest.raises(ValueError, match=text):
        pad_sequences(sequences, **options)
