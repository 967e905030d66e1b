"""Activations at -3, -2, ..., 3 against values computed by Keras 3.15.1, and at extremes."""

import numpy as np
import pytest

from minikeras import activations

X = np.linspace(-3, 3, 7).astype("float32")
KERAS = {
    "celu": [-0.950213, -0.864665, -0.632121, 0, 1, 2, 3],
    "elu": [-0.950213, -0.864665, -0.632121, 0, 1, 2, 3],
    "exponential": [0.049787, 0.135335, 0.367879, 1, 2.718282, 7.389056, 20.085537],
    "gelu": [-0.00405, -0.0455, -0.158655, 0, 0.841345, 1.9545, 2.99595],
    "hard_shrink": [-3, -2, -1, 0, 1, 2, 3],
    "hard_sigmoid": [0, 0.166667, 0.333333, 0.5, 0.666667, 0.833333, 1],
    "hard_silu": [0, -0.333333, -0.333333, 0, 0.666667, 1.666667, 3],
    "hard_tanh": [-1, -1, -1, 0, 1, 1, 1],
    "leaky_relu": [-0.6, -0.4, -0.2, 0, 1, 2, 3],
    "linear": [-3, -2, -1, 0, 1, 2, 3],
    "log_sigmoid": [-3.048587, -2.126928, -1.313262, -0.693147, -0.313262, -0.126928, -0.048587],
    "mish": [-0.145647, -0.252501, -0.303401, 0, 0.865098, 1.943959, 2.986535],
    "relu": [0, 0, 0, 0, 1, 2, 3],
    "relu6": [0, 0, 0, 0, 1, 2, 3],
    "selu": [-1.670569, -1.520167, -1.111331, 0, 1.050701, 2.101402, 3.152103],
    "sigmoid": [0.047426, 0.119203, 0.268941, 0.5, 0.731059, 0.880797, 0.952574],
    "silu": [-0.142278, -0.238406, -0.268941, 0, 0.731059, 1.761594, 2.857722],
    "soft_shrink": [-2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5],
    "softplus": [0.048587, 0.126928, 0.313262, 0.693147, 1.313262, 2.126928, 3.048587],
    "softsign": [-0.75, -0.666667, -0.5, 0, 0.5, 0.666667, 0.75],
    "sparse_plus": [0, 0, 0, 0.25, 1, 2, 3],
    "sparse_sigmoid": [0, 0, 0, 0.5, 1, 1, 1],
    "squareplus": [0.302776, 0.414214, 0.618034, 1, 1.618034, 2.414214, 3.302776],
    "tanh": [-0.995055, -0.964028, -0.761594, 0, 0.761594, 0.964028, 0.995055],
    "tanh_shrink": [-2.004945, -1.035972, -0.238406, 0, 0.238406, 1.035972, 2.004945],
}


@pytest.mark.parametrize("name", KERAS)
def test_an_activation_has_keras_values(name):
    np.testing.assert_allclose(np.asarray(activations.get(name)(X)), KERAS[name], rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", [*KERAS, "softmax", "log_softmax"])
@pytest.mark.filterwarnings("ignore:overflow")      # exp(1e4) is the point
def test_an_activation_keeps_float32_and_nan_only_from_nan(name):
    values = np.asarray(activations.get(name)(np.array([[-1e4, -1.0, 0.0, 1.0, 1e4]], "float32")))
    assert values.dtype == "float32"
    assert not np.isnan(values).any()


def test_softmax_sums_to_one_along_its_axis():
    x = np.array([[1.0, 2.0], [1000.0, 1001.0]], "float32")
    np.testing.assert_allclose(np.asarray(activations.softmax(x)).sum(-1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(activations.softmax(x, axis=0)).sum(0), 1.0, rtol=1e-6)


@pytest.mark.parametrize(("arguments", "expected"), [
    ({"negative_slope": 0.5}, [-1.5, -1, -0.5, 0, 1, 2, 3]), ({"max_value": 2.0}, [0, 0, 0, 0, 1, 2, 2]),
    ({"threshold": 1.5}, [0, 0, 0, 0, 0, 2, 3]),
    ({"negative_slope": 0.5, "threshold": 1.0, "max_value": 2.5}, [-2, -1.5, -1, -0.5, 0, 2, 2.5])])
def test_relu_takes_a_slope_a_limit_and_a_threshold(arguments, expected):
    np.testing.assert_allclose(np.asarray(activations.relu(X, **arguments)), expected)


def test_glu_gates_the_first_half_with_the_second():
    value = np.asarray(activations.glu(np.array([[1.0, 2.0, 0.0, 1.0]], "float32")))
    np.testing.assert_allclose(value, [[0.5, 2 / (1 + np.exp(-1))]], rtol=1e-6)


def test_none_means_linear():
    assert activations.get(None) is activations.linear


def test_an_unknown_name_gives_the_nearest_known_one():
    with pytest.raises(ValueError, match=r"'rlu' is not one of the activations.*'relu'"):
        activations.get("rlu")
