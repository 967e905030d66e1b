"""Cross-entropies of probabilities or logits."""

from ..autograd import dims
from ..autograd.dtypes import epsilon
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from .activation import log_softmax, sigmoid_cross_entropy, sparse_softmax_cross_entropy
from .arithmetic import clip, log, within
from .creation import cast
from .reduce import sum
from .shapes import moveaxis, squeeze


def _same_shape(target, output, where, hint=""):
    output = as_tensor(output)
    target = as_tensor(target, output.dtype)
    if not dims.may_agree(target.shape, output.shape):
        raise ShapeError(f"{where}: targets must have the shape of the predictions, got targets {target.shape} and "
                         f"predictions {output.shape}.{hint}")
    return target, output


def binary_crossentropy(target, output, from_logits=False):
    """-(y log p + (1 - y) log(1 - p)), element by element.

    from_logits   `output` is logits, not probabilities
    Raises ShapeError where the shapes differ.
    """
    target, output = _same_shape(target, output, "binary cross-entropy")
    if from_logits:
        return sigmoid_cross_entropy(target, output)
    p = clip(output, epsilon(), 1.0 - epsilon())
    return -(target * log(p) + (1.0 - target) * log(1.0 - p))


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-sum(y log p) over `axis`, for targets given as probabilities (one-hot) of each class.

    Probabilities are first divided by their sum. Raises ShapeError where the shapes differ.
    """
    target, output = _same_shape(target, output, "categorical cross-entropy",
                                 " For integer labels use sparse categorical cross-entropy.")
    if from_logits:
        return -sum(target * log_softmax(output, axis=axis), axis=axis)
    p = output / sum(output, axis=axis, keepdims=True)
    return -sum(target * log(clip(p, epsilon(), 1.0 - epsilon())), axis=axis)


def integer_labels(target, output):
    """Class numbers as integers, without a last axis of 1 that the output does not have."""
    target = as_tensor(target)
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = squeeze(target, -1)
    return target if target.dtype.is_integer else cast(target, "int32")


def checked_labels(where, target, output):
    """The class numbers as integers, one for each row of the output. Raises ShapeError for others."""
    labels = integer_labels(target, output)
    if not dims.may_agree(labels.shape, output.shape[:-1]):
        raise ShapeError(f"{where}: labels of shape {as_tensor(target).shape} do not go with predictions of shape "
                         f"{output.shape}. Give one integer label for each row of predictions.")
    classes = output.shape[-1]
    return within(labels, low=0, high=classes - 1, complaint=(
        f"{where}: label {{}} is outside 0..{classes - 1}, the {classes} classes of the predictions."))


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-log p of the class that the integer targets name.

    target (...), or (..., 1) with as many axes as the output;  output (..., classes), classes along `axis`
    Raises ShapeError for targets outside 0..classes-1.
    """
    output = as_tensor(output)
    target = integer_labels(target, output)
    output = output if axis in (-1, output.ndim - 1) else moveaxis(output, axis, -1)
    if not from_logits:
        output = log(clip(output, epsilon(), 1.0 - epsilon()))
    return sparse_softmax_cross_entropy(target, output)[0]
