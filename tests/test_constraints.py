"""Limits on weights against NumPy."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import constraints, registry

W = np.array([[3.0, -0.3, 0.0], [4.0, 0.4, 0.0]], "float32")        # columns of norm 5, 0.5 and 0
CASES = [(constraints.NonNeg(), np.maximum(W, 0)), (constraints.UnitNorm(), W / [5, 0.5, 1]),
         (constraints.MaxNorm(1.0), W / [5, 1, 1]), (constraints.MaxNorm(6.0), W),
         (constraints.MinMaxNorm(1.0, 2.0), W / [5 / 2, 0.5, 1]),
         (constraints.MinMaxNorm(1.0, 2.0, rate=0.5), W * [(0.5 * 2 + 0.5 * 5) / 5, (0.5 * 1 + 0.5 * 0.5) / 0.5, 1]),
         (constraints.UnitNorm(axis=1), W / np.linalg.norm(W, axis=1, keepdims=True))]


@pytest.mark.parametrize(("constraint", "expected"), CASES, ids=repr)
def test_a_constraint_gives_the_allowed_value(constraint, expected):
    np.testing.assert_allclose(np.asarray(constraint(mk.constant(W))), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("constraint", [constraint for constraint, _ in CASES], ids=repr)
def test_a_constraint_survives_its_config(constraint):
    again = registry.deserialize(registry.serialize_object(constraint))
    assert type(again) is type(constraint)
    assert again.get_config() == constraint.get_config()


@pytest.mark.parametrize(("name", "cls"), [("non_neg", constraints.NonNeg), ("nonneg", constraints.NonNeg),
                                           ("MaxNorm", constraints.MaxNorm), ("unit_norm", constraints.UnitNorm)])
def test_names_resolve_as_in_keras(name, cls):
    assert type(constraints.get(name)) is cls


def test_a_layer_passes_its_constraint_to_the_weight():
    layer = mk.layers.Dense(2, kernel_constraint="non_neg")
    layer.build((None, 3))
    assert type(layer.kernel.constraint) is constraints.NonNeg
    assert layer.bias.constraint is None


@pytest.mark.parametrize(("make", "message"), [
    (lambda: constraints.MaxNorm(-1), "MaxNorm: max_value must be a number from 0 on, got -1"),
    (lambda: constraints.MinMaxNorm(2.0, 1.0), "max_value must be a number from 2.0 on, got 1.0"),
    (lambda: constraints.MinMaxNorm(rate=2.0), r"rate must be a number in 0\.\.1, got 2.0")])
def test_impossible_bounds_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
