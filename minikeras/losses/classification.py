"""Losses of each sample for classes: cross-entropies, divergences and hinges, functions of (y_true, y_pred)."""

import warnings

from ..autograd import dims
from ..autograd.dtypes import epsilon
from ..autograd.operands import as_tensor
from ..masks import with_mask
from ..ops import crossentropy, reduce
from ..ops.activation import softmax
from ..ops.arithmetic import clip, equal, log, logical_or, maximum, not_equal, power, select, square
from ..ops.indexing import take_along_axis
from ..ops.shapes import expand_dims, squeeze
from ..ops.unary import sigmoid
from .fitting import of_classes, of_equal_shapes, of_one_hot, of_pair


def _smoothed(y_true, label_smoothing, even):
    return y_true * (1.0 - label_smoothing) + label_smoothing * even if label_smoothing else y_true


def _check_axis(where, y_pred, axis):
    """Raise ValueError for an axis of the classes that is none, ShapeError for one that predictions do not have."""
    if type(axis) is int and -y_pred.ndim <= axis < y_pred.ndim:
        return
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise ValueError(f"{where}: axis must be an integer, the axis of the classes, got {axis!r}.")
    dims.normalize_axis(axis, len(y_pred.shape), f"{where}, classes of the predictions")


def _class_axis(where, y_pred, axis):
    """The number of classes. Raises as `_check_axis` does."""
    _check_axis(where, y_pred, axis)
    if y_pred.shape[axis] == 1:
        warnings.warn(f"{where}: predictions of shape {y_pred.shape} have one class only, so the loss is always 0. For "
                      "two classes in one output use binary_crossentropy.", SyntaxWarning, stacklevel=4)
    return y_pred.shape[axis]


@of_equal_shapes
def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """-(y log p + (1 - y) log(1 - p)), averaged over `axis`.

    from_logits       y_pred are logits, not probabilities
    label_smoothing   moves the labels by this part towards 1/2
    """
    y_true = _smoothed(y_true, label_smoothing, 0.5)
    return reduce.mean(crossentropy.binary_crossentropy(y_true, y_pred, from_logits), axis=axis)


@of_equal_shapes
def binary_focal_crossentropy(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False,
                              label_smoothing=0.0, axis=-1):
    """The binary cross-entropy times (1 - p)**gamma, p the probability given to the label; averaged over `axis`.

    apply_class_balancing   also times `alpha` for the label 1 and 1 - alpha for 0
    Source: Lin et al. 2017, eqs. 4 and 5.
    """
    y_true = _smoothed(y_true, label_smoothing, 0.5)
    p = sigmoid(y_pred) if from_logits else y_pred
    losses = crossentropy.binary_crossentropy(y_true, p)
    losses = power(1.0 - (y_true * p + (1.0 - y_true) * (1.0 - p)), gamma) * losses
    if apply_class_balancing:
        losses = (y_true * alpha + (1.0 - y_true) * (1.0 - alpha)) * losses
    return reduce.mean(losses, axis=axis)


@of_one_hot
def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """-sum(y log p) over `axis`, for labels given as probabilities (one-hot) of each class.

    label_smoothing   moves the labels by this part towards the same probability for each class
    """
    y_true = _smoothed(y_true, label_smoothing, 1.0 / _class_axis("categorical_crossentropy", y_pred, axis))
    return crossentropy.categorical_crossentropy(y_true, y_pred, from_logits, axis)


@of_classes
def categorical_focal_crossentropy(y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0,
                                   axis=-1):
    """-sum(alpha (1 - p)**gamma y log p) over `axis`, for labels given as probabilities (one-hot) of each class.

    alpha   one number, or one for each class
    Source: Lin et al. 2017, eq. 5.
    """
    y_true = _smoothed(y_true, label_smoothing, 1.0 / _class_axis("categorical_focal_crossentropy", y_pred, axis))
    p = softmax(y_pred, axis=axis) if from_logits else y_pred
    p = clip(p / reduce.sum(p, axis=axis, keepdims=True), epsilon(), 1.0 - epsilon())
    alpha = alpha if isinstance(alpha, (int, float)) else as_tensor(alpha, p.dtype)
    return reduce.sum(power(1.0 - p, gamma) * alpha * (-y_true * log(p)), axis=axis)


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """-log p of the class that the integer labels name.

    y_true (...), y_pred (..., classes), classes along `axis`; samples labelled `ignore_class` give 0, and do not count
    in the mean of the loss.
    Raises ShapeError for labels outside 0..classes-1.
    """
    y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
    _check_axis("sparse_categorical_crossentropy", y_pred, axis)
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = squeeze(y_true, axis)
    if ignore_class is None:
        return crossentropy.sparse_categorical_crossentropy(y_true, y_pred, from_logits, axis)
    labels = crossentropy.integer_labels(y_true, y_pred)
    valid = not_equal(labels, ignore_class)
    # In place of what is ignored zeros, so that not even a NaN there reaches a gradient.
    y_pred = select(expand_dims(valid, axis), y_pred, 0.0) if len(valid.shape) < len(y_pred.shape) else y_pred
    losses = crossentropy.sparse_categorical_crossentropy(select(valid, labels, 0), y_pred, from_logits, axis)
    return with_mask(select(valid, losses, 0.0), valid)


def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """(1 - p**q) / q for the probability p given to the class that the integer labels name. Robust to wrong labels.

    y_true (...), y_pred (..., classes) probabilities;  q between 0 (cross-entropy) and 1 (absolute error)
    Raises ShapeError for labels outside 0..classes-1. Source: Zhang & Sabuncu 2018, eq. 6.
    """
    y_pred = as_tensor(y_pred)
    labels = crossentropy.checked_labels("categorical_generalized_cross_entropy", y_true, y_pred)
    return (1.0 - power(take_along_axis(y_pred, labels[..., None], -1)[..., 0], q)) / q


@of_pair
def kl_divergence(y_true, y_pred):
    """sum(y_true log(y_true / y_pred)) over the last axis, both limited to 1e-7..1.

    Source: Kullback & Leibler 1951.
    """
    y_true, y_pred = clip(y_true, epsilon(), 1.0), clip(y_pred, epsilon(), 1.0)
    return reduce.sum(y_true * (log(y_true) - log(y_pred)), axis=-1)     # their ratio overflows float16


@of_pair
def poisson(y_true, y_pred):
    """The mean of y_pred - y_true log(y_pred) over the last axis: for counts y_true of expectation y_pred."""
    return reduce.mean(y_pred - y_true * log(y_pred + epsilon()), axis=-1)


def _signs(y_true):
    """Labels -1 and 1 as they are, and such for labels that are all 0 or 1."""
    is_binary = reduce.all(logical_or(equal(y_true, 0), equal(y_true, 1)))
    return select(is_binary, 2.0 * y_true - 1.0, y_true)


@of_pair
def hinge(y_true, y_pred):
    """The mean of max(1 - y_true y_pred, 0) over the last axis, for labels -1 and 1; 0 and 1 stand for these."""
    return reduce.mean(maximum(1.0 - _signs(y_true) * y_pred, 0.0), axis=-1)


@of_pair
def squared_hinge(y_true, y_pred):
    """The mean of max(1 - y_true y_pred, 0)**2 over the last axis, for labels -1 and 1; 0 and 1 stand for these."""
    return reduce.mean(square(maximum(1.0 - _signs(y_true) * y_pred, 0.0)), axis=-1)


@of_classes
def categorical_hinge(y_true, y_pred):
    """max(neg - pos + 1, 0): pos the score of the one-hot label, neg the best score beside it, over the last axis."""
    pos = reduce.sum(y_true * y_pred, axis=-1)
    neg = reduce.max((1.0 - y_true) * y_pred, axis=-1)
    return maximum(neg - pos + 1.0, 0.0)
