"""Losses by Keras' names."""

import inspect

from .. import kinds, registry
from .base import Loss, LossFunctionWrapper
from .classes import (
    CTC,
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    CategoricalHinge,
    Circle,
    CosineSimilarity,
    Dice,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
    Tversky,
)
from .classification import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
    categorical_hinge,
    hinge,
    kl_divergence,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from .regression import (
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from .similarity import circle, ctc, dice, tversky

__all__ = ["CTC", "KLD", "MAE", "MAPE", "MSE", "MSLE", "BinaryCrossentropy", "BinaryFocalCrossentropy",
           "CategoricalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalGeneralizedCrossEntropy",
           "CategoricalHinge", "Circle", "CosineSimilarity", "Dice", "Hinge", "Huber", "KLDivergence", "LogCosh",
           "Loss", "LossFunctionWrapper", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
           "MeanSquaredLogarithmicError", "Poisson", "SparseCategoricalCrossentropy", "SquaredHinge", "Tversky",
           "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy",
           "categorical_focal_crossentropy", "categorical_generalized_cross_entropy", "categorical_hinge", "circle",
           "cosine_similarity", "ctc", "deserialize", "dice", "get", "hinge", "huber", "kl_divergence", "kld",
           "kullback_leibler_divergence", "log_cosh", "logcosh", "mae", "mape", "mean_absolute_error",
           "mean_absolute_percentage_error", "mean_squared_error", "mean_squared_logarithmic_error", "mse", "msle",
           "poisson", "serialize", "sparse_categorical_crossentropy", "squared_hinge", "tversky"]

# TensorFlow's further names.
kld = KLD = kullback_leibler_divergence = kl_divergence
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
mse = MSE = mean_squared_error
msle = MSLE = mean_squared_logarithmic_error
logcosh = log_cosh

for _cls in set(kinds.KINDS["losses"].values()):
    kinds.register("functions")(globals()[kinds.snake_case(_cls.__name__)])


def serialize(loss):
    """A loss, or a function of one, as plain data."""
    return registry.serialize(loss)


def deserialize(name, custom_objects=None):
    """The loss of a config as `serialize` makes it, or of a name. `custom_objects`: the program's classes by name."""
    return registry.get("losses", name, custom_objects)


def get(identifier):
    """The loss meant by a name, a config, a function of (y_true, y_pred), an object or None.

    A class' name gives an object; a function's, or a short one such as 'mse', the function of each sample, as in Keras.
    """
    loss = registry.get("losses", identifier)
    if isinstance(identifier, str) and isinstance(loss, LossFunctionWrapper) and identifier != type(loss).__name__:
        further = list(inspect.signature(loss.fn).parameters.values())[2:]
        return loss.fn if all(parameter.default is not parameter.empty for parameter in further) else loss
    return loss
