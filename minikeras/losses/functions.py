"""Losses of each sample: functions of (y_true, y_pred) that average over the last axis."""

from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..ops import crossentropy, reduce
from ..ops.arithmetic import absolute, not_equal, select, square
from ..ops.shapes import expand_dims, squeeze


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
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return reduce.mean(crossentropy.binary_crossentropy(y_true, y_pred, from_logits), axis=axis)


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """-sum(y log p) over `axis`, for labels given as probabilities (one-hot) of each class."""
    y_pred = as_tensor(y_pred)
    y_true = as_tensor(y_true, y_pred.dtype)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_pred.shape[axis]
    return crossentropy.categorical_crossentropy(y_true, y_pred, from_logits, axis)


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """-log p of the class that the integer labels name.

    y_true (...), y_pred (..., classes), classes along `axis`; samples labelled `ignore_class` give 0.
    Raises ShapeError for labels outside 0..classes-1.
    """
    if ignore_class is None:
        return crossentropy.sparse_categorical_crossentropy(y_true, y_pred, from_logits, axis)
    y_pred = as_tensor(y_pred)
    labels = crossentropy.integer_labels(y_true, y_pred)
    valid = not_equal(labels, ignore_class)
    losses = crossentropy.sparse_categorical_crossentropy(select(valid, labels, 0), y_pred, from_logits, axis)
    return select(valid, losses, 0.0)
