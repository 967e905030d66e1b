"""What types and tensors are called."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import utils


def test_types_have_one_name():
    assert [utils.standardize_dtype(x) for x in (None, float, np.int8)] == ["float32", "float32", "int8"]
    with pytest.raises(TypeError, match="no_type"):
        utils.standardize_dtype("no_type")


def test_keras_tensors_have_no_numbers():
    assert utils.is_keras_tensor(mk.Input((1,)))
    assert not utils.is_keras_tensor(mk.constant(1.0))
