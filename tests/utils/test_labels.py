"""Labels and features as numbers."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import utils


def test_labels_become_rows():
    np.testing.assert_array_equal(utils.to_categorical([[0], [2]]), [[1, 0, 0], [0, 0, 1]])
    assert utils.to_categorical([0]).dtype == np.float64
    assert utils.to_categorical(mk.constant([[1]]), 2).dtype == "float32"
    with pytest.raises(ValueError, match="label 3"):
        utils.to_categorical([3], 2)


def test_normalize_leaves_zeros_alone():
    np.testing.assert_allclose(utils.normalize(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0.0, 0.0]])
    np.testing.assert_allclose(utils.normalize([[3.0, 4.0]], order=1), [[3 / 7, 4 / 7]], rtol=1e-6)
