"""Indices as NumPy reads them, with numbers and without."""

import itertools

import numpy as np
import pytest

import minikeras as tf
from minikeras.autograd.linear import ARRAY, fill_index, getitem
from minikeras.autograd.tensor import SymbolicTensor
from minikeras.errors import SymbolicError


@pytest.mark.parametrize("extents", [(2,), (1, 3)])
def test_shape_of_every_mixture_of_indices_is_numpys(extents):
    x, picked = np.zeros((2, 3, 4, 5)), np.zeros(extents, int)
    for count in (1, 2, 3, 4):
        for index in itertools.product((0, slice(1, 3), None, Ellipsis, ARRAY), repeat=count):
            if index.count(Ellipsis) < 2:
                arrays = [picked] * index.count(ARRAY)
                got = getitem(SymbolicTensor(x.shape, "float32"), *arrays, index=index)
                assert got.shape == x[fill_index(index, arrays)].shape, index


def test_a_mask_without_numbers_is_refused():
    with pytest.raises(SymbolicError, match="depends on its values"):
        tf.Input((3,))[SymbolicTensor((None, 3), "bool")]
