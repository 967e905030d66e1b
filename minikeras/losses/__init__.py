"""Losses by Keras' names."""

import functools

from .. import registry
from .base import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    LossFunctionWrapper,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
    get,
)
from .functions import (
    binary_crossentropy,
    categorical_crossentropy,
    mean_absolute_error,
    mean_squared_error,
    sparse_categorical_crossentropy,
)

for _function in (binary_crossentropy, categorical_crossentropy, mean_absolute_error, mean_squared_error,
                  sparse_categorical_crossentropy):
    registry.register("functions")(_function)

serialize = registry.serialize
deserialize = functools.partial(registry.get, "losses")

__all__ = ["BinaryCrossentropy", "CategoricalCrossentropy", "Loss", "LossFunctionWrapper", "MeanAbsoluteError",
           "MeanSquaredError", "SparseCategoricalCrossentropy", "binary_crossentropy", "categorical_crossentropy",
           "deserialize", "get", "mean_absolute_error", "mean_squared_error", "serialize",
           "sparse_categorical_crossentropy"]
