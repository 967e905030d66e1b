"""Losses of each sample: functions of (y_true, y_pred) that average over the last axis."""

from ..autograd.linear import cast
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..ops import nn, reduce
from ..ops.arithmetic import absolute, clip, log, not_equal, select, square
from ..ops.shapes import expand_dims, moveaxis, squeeze

EPSILON = 1e-7      # Keras' backend.epsilon(): keeps probabilities away from 0 and 1


def fit_ranks(a, b):
    """Both with the same number of axes: a last axis of 1 is dropped, or added to a vector. As Keras does."""
    if len(a.shape) == len(b.shape) + 1 and a.shape[-1] == 1:
        return (a, expand_dims(b, -1)) if len(b.shape) == 1 else (squeeze(a, -1), b)
    if len(b.shape) == len(a.shape) + 1 and b.shape[-1] == 1:
        return (expand_dims(a, -1), b) if len(a.shape) == 1 else (a, squeeze(b, -1))
    return a, b


def times_weight(values, sample_weight):
    """`values` times weights that may lack trailing axes, and the weights with those axes."""
    values, sample_weight = fit_ranks(values, sample_weight)
    missing = len(values.shape) - len(sample_weight.shape)
    if missing > 0:
        sample_weight = sample_weight[(..., *(None,) * missing)]
    return values * sample_weight, sample_weight


def _pair(y_true, y_pred):
    """Both as tensors of the predictions' dtype and one rank. Raises ShapeError where they do not fit."""
    y_pred = as_tensor(y_pred)
    y_true = as_tensor(y_true, y_pred.dtype)
    y_true, y_pred = fit_ranks(y_true, y_pred)
    for m, n in zip(reversed(y_true.shape), reversed(y_pred.shape)):
        if m != n and None not in (m, n) and 1 not in (m, n):
            raise ShapeError(f"targets of shape {y_true.shape} do not fit predictions of shape {y_pred.shape}: "
                             f"{m} against {n}. Give targets in the shape of the model's output.")
    return y_true, y_pred


def mean_squared_error(y_true, y_pred):
    """The mean of (y_true - y_pred)**2 over the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    return reduce.mean(square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true, y_pred):
    """The mean of |y_true - y_pred| over the last axis."""
    y_true, y_pred = _pair(y_true, y_pred)
    return reduce.mean(absolute(y_true - y_pred), axis=-1)


def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """-(y log p + (1 - y) log(1 - p)), averaged over `axis`.

    from_logits       y_pred are logits, not probabilities
    label_smoothing   moves the labels by this part towards 1/2
    """
    y_true, y_pred = _pair(y_true, y_pred)
    if y_true.shape != y_pred.shape and None not in (*y_true.shape, *y_pred.shape):
        raise ShapeError(f"binary cross-entropy: targets must have the shape of the predictions, got targets "
                         f"{y_true.shape} and predictions {y_pred.shape}.")
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        return reduce.mean(nn.sigmoid_cross_entropy(y_true, y_pred), axis=axis)
    p = clip(y_pred, EPSILON, 1.0 - EPSILON)
    return reduce.mean(-(y_true * log(p) + (1.0 - y_true) * log(1.0 - p)), axis=axis)


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """-sum(y log p) over `axis`, for labels given as probabilities (one-hot) of each class."""
    y_pred = as_tensor(y_pred)
    y_true = as_tensor(y_true, y_pred.dtype)
    if y_true.shape != y_pred.shape and None not in (*y_true.shape, *y_pred.shape):
        raise ShapeError("categorical cross-entropy: one-hot labels must have the shape of the predictions, got "
                         f"labels {y_true.shape} and predictions {y_pred.shape}. For integer labels use sparse "
                         "categorical cross-entropy.")
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_pred.shape[axis]
    if from_logits:
        return -reduce.sum(y_true * nn.log_softmax(y_pred, axis=axis), axis=axis)
    p = y_pred / reduce.sum(y_pred, axis=axis, keepdims=True)
    return -reduce.sum(y_true * log(clip(p, EPSILON, 1.0 - EPSILON)), axis=axis)


def integer_labels(y_true, y_pred):
    """Class numbers as integers, without a last axis of 1."""
    y_true = as_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = squeeze(y_true, -1)
    return y_true if y_true.dtype.is_integer else cast(y_true, dtype="int32")


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """-log p of the class that the integer labels name.

    y_true (...), y_pred (..., classes), classes along `axis`; samples labelled `ignore_class` give 0.
    Raises ShapeError for labels outside 0..classes-1.
    """
    y_pred = as_tensor(y_pred)
    labels = integer_labels(y_true, y_pred)
    if axis not in (-1, len(y_pred.shape) - 1):
        y_pred = moveaxis(y_pred, axis, -1)
    valid = None
    if ignore_class is not None:
        valid = not_equal(labels, ignore_class)
        labels = select(valid, labels, 0)
    if not from_logits:
        y_pred = log(clip(y_pred, EPSILON, 1.0 - EPSILON))
    losses = nn.sparse_softmax_cross_entropy(labels, y_pred)[0]
    return losses if valid is None else select(valid, losses, 0.0)
