"""Penalties on weights against NumPy."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import registry, regularizers

W = np.array([[1.0, -2.0], [0.5, 3.0]], "float32")
CASES = [(regularizers.L1(0.1), 0.65), (regularizers.L2(0.1), 1.425), (regularizers.L1L2(0.1, 0.2), 0.65 + 2.85),
         (regularizers.OrthogonalRegularizer(0.1), 0.1 * 5.5 / np.sqrt(5 * 9.25)),
         (regularizers.OrthogonalRegularizer(0.1, "columns"), 0.1 * 0.5 / np.sqrt(1.25 * 13)),
         (regularizers.L1L2(), 0.0), (regularizers.L1(), 0.065), (regularizers.L2(), 0.1425)]


@pytest.mark.parametrize(("regularizer", "expected"), CASES, ids=repr)
def test_a_penalty_is_its_formula(regularizer, expected):
    assert float(regularizer(mk.constant(W))) == pytest.approx(expected)


@pytest.mark.parametrize("regularizer", [regularizer for regularizer, _ in CASES], ids=repr)
def test_a_penalty_survives_its_config(regularizer):
    again = registry.deserialize(registry.serialize_object(regularizer))
    assert type(again) is type(regularizer)
    assert again.get_config() == regularizer.get_config()


def test_the_gradient_of_l2_is_twice_the_weights():
    w = mk.Variable(W)
    with mk.GradientTape() as tape:
        penalty = regularizers.L2(0.5)(w)
    np.testing.assert_allclose(tape.gradient(penalty, w).numpy(), W)


@pytest.mark.parametrize(("name", "cls"), [("l1", regularizers.L1), ("l2", regularizers.L2), ("L2", regularizers.L2),
                                           ("l1_l2", regularizers.L1L2)])
def test_names_resolve_as_in_keras(name, cls):
    assert type(regularizers.get(name)) is cls


@pytest.mark.parametrize("bad", [-0.1, "much", float("inf"), True])
def test_a_coefficient_must_be_a_number_from_0_on(bad):
    with pytest.raises(ValueError, match="from 0 on"):
        regularizers.L1(bad)


def test_a_single_row_has_nothing_to_be_orthogonal_to():
    assert float(regularizers.OrthogonalRegularizer()(mk.constant(W[:1]))) == 0.0


def test_orthogonal_takes_matrices_only():
    with pytest.raises(mk.errors.ShapeError, match=r"matrices, got shape \(2,\)"):
        regularizers.get("orthogonal_regularizer")(mk.constant(W[0]))


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="mode must be one of 'rows', 'columns', got 'both'"):
        regularizers.OrthogonalRegularizer(mode="both")
