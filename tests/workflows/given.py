"""Weights and data that are the same wherever a program runs, and the comparison with what Keras reported."""

import numpy as np


def with_weights(model, scale=0.3, seed=0):
    """The model, its weights drawn evenly from (-scale, scale), variances from (1, 2); seeds and integers stay."""
    draws = np.random.RandomState(seed)
    for weight in model.weights:
        if "seed" in weight.path or np.dtype(str(weight.dtype)).kind != "f":
            continue
        drawn = draws.rand(*weight.shape)
        weight.assign(1 + drawn if "variance" in weight.path else (2 * drawn - 1) * scale)
    return model


def table(rows, columns, seed=0):
    """Numbers in (0, 1), float32."""
    return np.random.RandomState(seed).rand(rows, columns).astype("float32")


def labels(count, classes, seed=1):
    """Class numbers."""
    return np.random.RandomState(seed).randint(0, classes, count)


def agree(given, recorded, tolerance=1e-4):
    """Check numbers, or a dict of numbers or lists such as a history, against those that Keras reported."""
    if not isinstance(recorded, dict):
        given, recorded = {"": given}, {"": recorded}
    assert sorted(given) == sorted(recorded)
    for key, want in recorded.items():
        np.testing.assert_allclose(np.asarray(given[key]), want, rtol=tolerance, atol=tolerance, err_msg=key)
