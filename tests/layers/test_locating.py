"""Errors tell where in a model they arose."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import layers
from minikeras.errors import ShapeError

DATA = np.zeros((2, 4), "float32")


def failing():
    inner = mk.Sequential([layers.Dense(3), layers.Reshape((5,), name="shape")], name="encoder")

    class Outer(mk.Model):
        def __init__(self):
            super().__init__(name="outer")
            self.inner = inner

        def call(self, x):
            return self.inner(x)
    return Outer()


def test_an_error_inside_a_model_carries_the_path_and_the_shape_received():
    with pytest.raises(ShapeError, match=r"\(In outer/encoder/shape, called on shape \(2, 3\)\.\)$"):
        failing()(DATA)


def test_the_path_is_told_once_however_often_the_error_passes():
    with pytest.raises(ShapeError) as caught:
        mk.Sequential([failing()], name="whole")(DATA)
    assert str(caught.value).count("(In ") == 1 and "whole/outer/encoder/shape" in str(caught.value)


def test_a_layer_by_itself_needs_no_path():
    with pytest.raises(ShapeError) as caught:
        layers.Reshape((5,))(DATA)
    assert "(In " not in str(caught.value)
