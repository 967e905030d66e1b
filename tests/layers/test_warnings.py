"""A layer called by itself gives infinities where they arise, and no warnings (they are errors in this suite)."""

import numpy as np
import pytest

import minikeras as keras


def test_a_layer_that_overflows_gives_no_warning():
    layer = keras.layers.Activation("exponential")
    assert layer(np.array([1e4], np.float32)).numpy().tolist() == [np.inf]


def test_warnings_are_back_on_after_a_layer_failed():
    class Failing(keras.layers.Layer):
        def call(self, x):
            raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        Failing()(np.ones(2))
    assert np.geterr()["over"] == "warn"
