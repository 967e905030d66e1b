"""Metrics by Keras' names."""

from .. import kinds, registry
from ..losses import (
    KLD,
    MAE,
    MAPE,
    MSE,
    MSLE,
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    kld,
    kullback_leibler_divergence,
    log_cosh,
    logcosh,
    mae,
    mape,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    mse,
    msle,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from .area import AUC
from .base import Mean, MeanMetricWrapper, MeanTensor, Metric, Sum
from .confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    PrecisionAtRecall,
    Recall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
    TrueNegatives,
    TruePositives,
)
from .functions import (
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    concordance_correlation,
    cosine_similarity,
    pearson_correlation,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from .means import (
    Accuracy,
    BinaryAccuracy,
    BinaryCrossentropy,
    CategoricalAccuracy,
    CategoricalCrossentropy,
    CategoricalHinge,
    ConcordanceCorrelation,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    PearsonCorrelation,
    Poisson,
    RootMeanSquaredError,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
    SparseTopKCategoricalAccuracy,
    SquaredHinge,
    TopKCategoricalAccuracy,
)
from .overlap import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from .scores import F1Score, FBetaScore, R2Score

__all__ = ["AUC", "KLD", "MAE", "MAPE", "MSE", "MSLE", "Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "BinaryIoU",
           "CategoricalAccuracy", "CategoricalCrossentropy", "CategoricalHinge", "ConcordanceCorrelation",
           "CosineSimilarity", "F1Score", "FBetaScore", "FalseNegatives", "FalsePositives", "Hinge", "IoU",
           "KLDivergence", "LogCoshError", "Mean", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanIoU",
           "MeanMetricWrapper", "MeanSquaredError", "MeanSquaredLogarithmicError", "MeanTensor", "Metric", "OneHotIoU",
           "OneHotMeanIoU", "PearsonCorrelation", "Poisson", "Precision", "PrecisionAtRecall", "R2Score", "Recall",
           "RecallAtPrecision", "RootMeanSquaredError", "SensitivityAtSpecificity", "SparseCategoricalAccuracy",
           "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy", "SpecificityAtSensitivity",
           "SquaredHinge", "Sum", "TopKCategoricalAccuracy", "TrueNegatives", "TruePositives", "accuracy",
           "binary_accuracy", "binary_crossentropy", "binary_focal_crossentropy", "categorical_accuracy",
           "categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge",
           "concordance_correlation", "cosine_similarity", "deserialize", "get", "hinge", "huber", "kl_divergence",
           "kld", "kullback_leibler_divergence", "log_cosh", "logcosh", "mae", "mape", "mean_absolute_error",
           "mean_absolute_percentage_error", "mean_squared_error", "mean_squared_logarithmic_error", "mse", "msle",
           "pearson_correlation", "poisson", "serialize", "sparse_categorical_accuracy",
           "sparse_categorical_crossentropy", "sparse_top_k_categorical_accuracy", "squared_hinge",
           "top_k_categorical_accuracy"]

for _function in (accuracy, binary_accuracy, categorical_accuracy, concordance_correlation, pearson_correlation,
                  sparse_categorical_accuracy, sparse_top_k_categorical_accuracy, top_k_categorical_accuracy):
    kinds.register("functions")(_function)


def serialize(metric):
    """A metric, or a function of one, as plain data."""
    return registry.serialize(metric)


def deserialize(config, custom_objects=None):
    """The metric of a config as `serialize` makes it, or of a name. `custom_objects`: the program's classes by name."""
    return registry.get("metrics", config, custom_objects)


def get(identifier):
    """The metric meant by a name, a config, a function of (y_true, y_pred), an object or None."""
    return registry.get("metrics", identifier)
