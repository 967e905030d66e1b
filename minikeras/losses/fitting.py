"""Targets fitted to predictions, and weights to what they weigh."""

import functools

from ..autograd import dims
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..ops.shapes import expand_dims, squeeze

HINT = "Give targets in the shape of the model's output."


def fit_ranks(a, b):
    """Both with the same number of axes: a last axis of 1 is dropped, or added to a vector. As Keras does."""
    more = a.ndim - b.ndim
    if more == 1 and a.shape[-1] == 1:
        return (a, expand_dims(b, -1)) if b.ndim == 1 else (squeeze(a, -1), b)
    if more == -1 and b.shape[-1] == 1:
        return (expand_dims(a, -1), b) if a.ndim == 1 else (a, squeeze(b, -1))
    return a, b


def broadcast_together(a, b):
    """Whether NumPy broadcasts two shapes, as far as they are known."""
    return all(m == n or None in (m, n) or 1 in (m, n) for m, n in zip(reversed(a), reversed(b)))


def as_pair(where, y_true, y_pred, broadcast=True, hint=HINT):
    """Targets and predictions as tensors of the predictions' dtype and one rank. Raises ShapeError if they do not fit.

    where       how the message begins, the name of the loss or metric;  hint: how it ends
    broadcast   whether shapes will do that NumPy broadcasts
    """
    y_pred = as_tensor(y_pred)
    y_true = as_tensor(y_true, y_pred.dtype)
    if not y_pred.shape:
        raise ShapeError(f"{where}: predictions need at least one axis, got a scalar.")
    if y_true.shape == y_pred.shape:
        return y_true, y_pred
    y_true, y_pred = fit_ranks(y_true, y_pred)
    if not (broadcast_together if broadcast else dims.may_agree)(y_true.shape, y_pred.shape):
        raise ShapeError(f"{where}: targets of shape {y_true.shape} do not fit predictions of shape {y_pred.shape}. "
                         f"{_advice(where, y_true.shape, y_pred.shape, hint)}")
    return y_true, y_pred


def _advice(where, wanted, given, hint):
    if len(wanted) == len(given) and wanted[-1] not in (None, 1, given[-1]):
        return f"Give the last layer {wanted[-1]} units, or targets in the shape of the model's output."
    if "crossentropy" in where and hint is HINT and len(wanted) == len(given) - 1:
        return f"{hint} For integer labels of {given[-1]} classes use sparse_categorical_crossentropy."
    return hint


def _decorator(broadcast=True, hint=HINT):
    def decorate(function):
        where, advice = function.__name__, hint.format(name=function.__name__)

        @functools.wraps(function)
        def fitted(y_true, y_pred, *args, **kwargs):
            return function(*as_pair(where, y_true, y_pred, broadcast, advice), *args, **kwargs)
        return fitted
    return decorate


# Decorators of a function of (y_true, y_pred, ...), which gets both as `as_pair` makes them.
of_pair = _decorator()
of_equal_shapes = _decorator(broadcast=False)
of_classes = _decorator(broadcast=False, hint="Give one number for each class, as in one-hot labels.")
# The same, where there is a form for integer labels.
of_one_hot = _decorator(broadcast=False, hint="For integer labels use sparse_{name}.")


def fit_weight(where, values, sample_weight):
    """Both with axes that broadcast: weights may lack trailing axes, one weight then stands for a whole sample.

    Where that does not fit they are broadcast as NumPy does. Raises ShapeError if neither fits.
    """
    values, sample_weight = fit_ranks(values, sample_weight)
    missing = len(values.shape) - len(sample_weight.shape)
    if missing > 0 and broadcast_together(sample_weight.shape, values.shape[:len(sample_weight.shape)]):
        return values, sample_weight[(..., *(None,) * missing)]
    if not broadcast_together(sample_weight.shape, values.shape):
        raise ShapeError(f"{where}: sample_weight of shape {sample_weight.shape} does not fit values of shape "
                         f"{values.shape}. Give one weight for each sample, shape {values.shape[:1]}, or for each "
                         "value.")
    return values, sample_weight
