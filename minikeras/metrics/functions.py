"""Metrics of each sample: functions of (y_true, y_pred)."""

import numpy as np

from ..autograd.dtypes import floatx
from ..autograd.linear import cast, reshape
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..losses.functions import fit_ranks
from ..ops import indexing, reduce
from ..ops.arithmetic import absolute, clip, equal, greater
from ..ops.shapes import shape


def _hits(condition):
    return cast(condition, dtype=floatx())


def accuracy(y_true, y_pred):
    """1 where y_true equals y_pred."""
    y_pred = as_tensor(y_pred)
    y_true, y_pred = fit_ranks(as_tensor(y_true, y_pred.dtype), y_pred)
    return _hits(equal(y_true, y_pred))


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 where the label equals whether the prediction exceeds `threshold`."""
    y_pred = as_tensor(y_pred)
    y_true, y_pred = fit_ranks(as_tensor(y_true, y_pred.dtype), y_pred)
    return _hits(equal(y_true, cast(greater(y_pred, threshold), dtype=y_pred.dtype.dtype)))


def categorical_accuracy(y_true, y_pred):
    """1 where the largest prediction is at the largest (one-hot) label."""
    return sparse_categorical_accuracy(reduce.argmax(as_tensor(y_true), axis=-1), y_pred)


def sparse_categorical_accuracy(y_true, y_pred):
    """1 where the largest prediction is at the integer label."""
    y_true, y_pred = _labels(y_true, y_pred)
    best = reduce.argmax(y_pred, axis=-1)
    return _hits(equal(cast(y_true, dtype="int32"), best))


def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the largest (one-hot) label is among the `k` largest predictions."""
    return sparse_top_k_categorical_accuracy(reduce.argmax(as_tensor(y_true), axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the integer label is among the `k` largest predictions; ties count in its favour.

    Labels that name no class, and labels whose prediction is not finite, are no hits.
    """
    y_true, y_pred = _labels(y_true, y_pred)
    labels, classes = cast(y_true, dtype="int32"), y_pred.shape[-1]
    score = indexing.take_along_axis(y_pred, clip(labels, 0, classes - 1)[..., None], -1)
    better = reduce.sum(cast(greater(y_pred, score), dtype="int32"), axis=-1)
    usable = (labels >= 0) & (labels < classes) & (absolute(score[..., 0]) < np.inf)
    return _hits((better < k) & usable)


def _labels(y_true, y_pred):
    """Integer labels without a last axis of 1. Raises ShapeError unless there is one for each prediction."""
    y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = reshape(y_true, shape=shape(y_true)[:-1])
    if tuple(y_true.shape) != tuple(y_pred.shape[:-1]):
        raise ShapeError(f"labels of shape {y_true.shape} do not fit predictions of shape {y_pred.shape}. Give one "
                         "integer label for each row of predictions.")
    return y_true, y_pred
