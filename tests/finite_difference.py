"""Derivatives by differences: the reference for every gradient rule."""

import numpy as np

STEP = 1e-3
# Fourth-order central difference: error about STEP**4, against STEP**2 of the usual two points.
OFFSETS_AND_WEIGHTS = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))


def gradients(function, arrays, step=STEP):
    """For each array the derivative of the number `function(*arrays)` with respect to it."""
    arrays = [np.array(a, np.float64) for a in arrays]
    results = []
    for array in arrays:
        result = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            center = array[index]
            for offset, weight in OFFSETS_AND_WEIGHTS:
                array[index] = center + offset * step
                result[index] += weight * float(function(*arrays)) / step
            array[index] = center
        results.append(result)
    return results
