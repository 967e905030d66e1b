"""Cross-entropies of probabilities or logits, and connectionist temporal classification."""

import numpy as np

from ..autograd import dims
from ..autograd.linear import concatenate, getitem, reshape, stack
from ..autograd.op import kept, primitive
from ..autograd.operands import as_tensor, shape_of
from ..autograd.tensor import SymbolicTensor
from ..errors import ShapeError
from .activation import log_softmax, sigmoid_cross_entropy, sparse_softmax_cross_entropy
from .arithmetic import clip, log, logical_and, maximum, select, within
from .creation import cast, full, full_like
from .indexing import take_along_axis
from .reduce import logsumexp, sum
from .shapes import moveaxis, squeeze

EPSILON = 1e-7      # Keras' backend.epsilon(): keeps probabilities away from 0 and 1


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
    p = clip(output, EPSILON, 1.0 - EPSILON)
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
    return -sum(target * log(clip(p, EPSILON, 1.0 - EPSILON)), axis=axis)


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
        output = log(clip(output, EPSILON, 1.0 - EPSILON))
    return sparse_softmax_cross_entropy(target, output)[0]


# --- connectionist temporal classification ---------------------------------------------------------

# The logarithm of no probability: finite, because the derivative of log(sum(exp)) has no value at minus infinity.
NEVER = -1e30


def ctc_loss(target, output, target_length, output_length, mask_index=0):
    """-log of the probability of each target sequence over all its alignments with the outputs.

    target (batch, labels) integers;  output (batch, time, classes) logits
    target_length, output_length   (batch,): how much of each counts
    mask_index                     the class that stands for "no label"
    A target that does not fit into its outputs gives infinity, without a gradient.
    Source: Graves et al. 2006, eqs. 5 to 8, in logarithms.
    """
    output = as_tensor(output)
    output = output if output.dtype in ("float32", "float64") else cast(output, "float32")
    target = as_tensor(target)
    if output.ndim != 3 or target.ndim != 2:
        raise ShapeError(f"ctc_loss: needs a target (batch, labels) and an output (batch, time, classes), got shapes "
                         f"{target.shape} and {output.shape}.")
    if any(isinstance(x, SymbolicTensor) for x in (target, output, target_length, output_length)):
        return SymbolicTensor(shape_of(output)[:1], output.dtype)
    batch, _, classes = output.shape
    labels, counts, steps = (as_tensor(x, "int64") for x in (target, target_length, output_length))
    labels, counts, steps = ctc_labels(labels, counts, steps, extents=output.shape)
    # Labels with a blank before, between and after; states are positions there.
    blank = mask_index % classes
    labels = select(np.arange(labels.shape[1]) < counts[:, None], labels, blank)
    blanks = full_like(labels, blank)
    states = concatenate(reshape(stack(blanks, labels, axis=2), shape=(batch, -1)), full((batch, 1), blank, "int64"),
                         axis=1)
    is_skipped = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    dtype = output.dtype.as_numpy_dtype
    skips = concatenate(np.full((batch, 2), NEVER, dtype), select(is_skipped, dtype(0.0), dtype(NEVER)), axis=1)
    skips = skips[:, :states.shape[1]]
    emitted = take_along_axis(log_softmax(output, axis=-1), states[:, None, :], axis=-1)
    alpha = _log_forward(emitted, skips, steps)
    # An alignment ends in the last label or in the blank after it.
    last = stack(2 * counts, maximum(2 * counts - 1, 0), axis=1)
    is_empty = logical_and((counts == 0)[:, None], np.array([[False, True]]))
    ends = take_along_axis(alpha, last, axis=1) + select(is_empty, dtype(NEVER), dtype(0.0))
    loss = -logsumexp(ends, axis=1)
    return select(loss < -0.5 * NEVER, loss, np.inf)


@primitive(shape=lambda *shapes, extents: list(shapes), policy=kept,
           result=lambda inputs, attrs: [x.dtype.dtype for x in inputs])
def ctc_labels(labels, counts, steps, *, extents):
    """The labels, how many of them count, and the steps that count, as they are; `extents` are those of the output.
    Raises ShapeError if they do not fit."""
    batch, time, classes = extents
    if len(labels) != batch or counts.shape != (batch,) or steps.shape != (batch,):
        raise ShapeError(f"ctc_loss: target, target_length and output_length must have {batch} entries as the output, "
                         f"got {len(labels)} and shapes {counts.shape} and {steps.shape}.")
    if np.any(counts > labels.shape[1]) or np.any(steps > time) or np.any(np.minimum(counts, steps) < 0):
        raise ShapeError(f"ctc_loss: lengths must be from 0 to the {labels.shape[1]} labels and {time} steps given, "
                         f"got {counts.tolist()} and {steps.tolist()}.")
    counted = labels[np.arange(labels.shape[1]) < counts[:, None]]
    if np.any((counted < 0) | (counted >= classes)):
        raise ShapeError(f"ctc_loss: labels must be from 0 to {classes - 1}, got {counted.min()} to {counted.max()}.")
    return labels, counts, steps


def _log_forward(emitted, skips, steps):
    """The log probability of each state (batch, states) after each sample's last step."""
    batch, time, count = emitted.shape
    dtype = skips.dtype.dtype
    never = np.full((batch, 2), NEVER, dtype)
    alpha = np.concatenate([np.zeros((batch, 1)), np.full((batch, count - 1), NEVER)], 1).astype(dtype)
    for t in range(time):
        before = concatenate(never, alpha, axis=1)
        one_on, two_on = (getitem(before, index=(slice(None), slice(2 - n, 2 - n + count))) for n in (1, 2))
        ways = logsumexp(stack(alpha, one_on, two_on + skips, axis=0), axis=0)
        alpha = select((t < steps)[:, None], ways + getitem(emitted, index=(slice(None), t)), alpha)
    return alpha
