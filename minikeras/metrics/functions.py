"""Metrics of each sample: functions of (y_true, y_pred)."""

from ..autograd.dtypes import epsilon, floatx
from ..autograd.linear import cast
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..losses.fitting import of_one_hot, of_pair
from ..losses.regression import cosine_similarity as _minus_cosine
from ..ops import reduce
from ..ops.arithmetic import absolute, clip, equal, greater, square
from ..ops.indexing import take_along_axis
from ..ops.shapes import squeeze


def _hits(condition):
    return cast(condition, dtype=floatx())


@of_pair
def accuracy(y_true, y_pred):
    """1 where y_true equals y_pred."""
    return _hits(equal(y_true, y_pred))


@of_pair
def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 where the label equals whether the prediction exceeds `threshold`."""
    return _hits(equal(y_true, cast(greater(y_pred, threshold), dtype=y_pred.dtype)))


@of_one_hot
def categorical_accuracy(y_true, y_pred):
    """1 where the largest prediction is at the largest (one-hot) label. Shapes: (..., n), (..., n) -> (...)."""
    return sparse_categorical_accuracy(reduce.argmax(y_true, axis=-1), y_pred)


def sparse_categorical_accuracy(y_true, y_pred):
    """1 where the largest prediction is at the integer label. Shapes: (...) or (..., 1), (..., n) -> (...)."""
    y_true, y_pred = _labels("sparse_categorical_accuracy", y_true, y_pred)
    return _hits(equal(y_true, reduce.argmax(y_pred, axis=-1)))


@of_one_hot
def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the largest (one-hot) label is among the `k` largest predictions. See the sparse one."""
    return sparse_top_k_categorical_accuracy(reduce.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """1 where the integer label is among the `k` largest predictions; ties count in its favour.

    from_sorted_ids   y_pred are no scores of the classes, but the numbers of the best ones, best first
    Labels that name no class, and labels whose prediction is not finite, are no hits.
    """
    y_true, y_pred = _labels("sparse_top_k_categorical_accuracy", y_true, y_pred)
    if from_sorted_ids:
        return _hits(reduce.any(equal(y_true[..., None], y_pred[..., :k]), axis=-1))
    classes = y_pred.shape[-1]
    score = take_along_axis(y_pred, clip(y_true, 0, classes - 1)[..., None], -1)
    better = reduce.sum(cast(greater(y_pred, score), dtype="int32"), axis=-1)
    usable = (y_true >= 0) & (y_true < classes) & (absolute(score[..., 0]) < float("inf"))
    return _hits((better < k) & usable)


def _labels(where, y_true, y_pred):
    """Integer labels without a last axis of 1. Raises ShapeError unless there is one for each prediction."""
    y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = squeeze(y_true, -1)
    if tuple(y_true.shape) != tuple(y_pred.shape[:-1]):
        raise ShapeError(f"{where}: labels of shape {y_true.shape} do not fit predictions of shape {y_pred.shape}. "
                         "Give one integer label for each row of predictions; for one-hot labels use "
                         f"{where.removeprefix('sparse_')}.")
    return cast(y_true, dtype="int32"), y_pred


@of_pair
def cosine_similarity(y_true, y_pred, axis=-1):
    """The cosine of the angle between the vectors along `axis`; 0 for a vector of zeros."""
    return -_minus_cosine(y_true, y_pred, axis)


@of_pair
def pearson_correlation(y_true, y_pred, axis=-1):
    """The correlation of targets and predictions along `axis`, -1 to 1; NaN where one of them is constant.

    Source: Pearson 1895.
    """
    a, b = (x - reduce.mean(x, axis=axis, keepdims=True) for x in (y_true, y_pred))
    return reduce.mean(a / reduce.std(a, axis, True) * (b / reduce.std(b, axis, True)), axis=axis)


@of_pair
def concordance_correlation(y_true, y_pred, axis=-1):
    """2 cov(a, b) / (var(a) + var(b) + (mean(a) - mean(b))**2) along `axis`: 1 only where both are equal.

    Source: Lin 1989, eq. 1.
    """
    mean_true, mean_pred = (reduce.mean(x, axis=axis, keepdims=True) for x in (y_true, y_pred))
    spread = reduce.var(y_true, axis, True) + reduce.var(y_pred, axis, True) + square(mean_true - mean_pred)
    return reduce.mean(2.0 * (y_true - mean_true) * (y_pred - mean_pred) / (spread + epsilon()), axis=axis)
