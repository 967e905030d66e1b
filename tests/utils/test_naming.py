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


def test_the_inputs_of_a_tensor_are_found():
    a, b = mk.Input((2,)), mk.Input((2,))
    shared = mk.layers.Dense(2)
    hidden = shared(b) + shared(a)
    found = utils.get_source_inputs(mk.ops.concatenate([hidden, a * hidden]))
    assert len(found) == 2
    assert found[0] is b
    assert found[1] is a
    assert utils.get_source_inputs(a) == [a]
    assert utils.get_source_inputs(5) == 5
    deep = a
    for _ in range(2000):
        deep = deep + 1
    assert utils.get_source_inputs(deep)[0] is a
