"""Losses by overlap (Dice, Tversky), by distances between samples (circle), and of sequences (CTC)."""

import numpy as np

from ..autograd.dtypes import epsilon
from ..autograd.linear import cast
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..masks import with_mask
from ..ops import reduce
from ..ops.arithmetic import equal, logical_and, logical_not, maximum, not_equal, select
from ..ops.creation import full
from ..ops.ctc import ctc_loss
from ..ops.products import matmul
from ..ops.shapes import shape, transpose
from ..ops.unary import softplus
from .fitting import of_equal_shapes


@of_equal_shapes
def dice(y_true, y_pred, axis=None):
    """1 - 2 |A and B| / (|A| + |B|), the sums over `axis` (an integer or several, None for everything).

    Source: Dice 1945; Milletari et al. 2016.
    """
    common = reduce.sum(y_true * y_pred, axis=axis)
    return 1.0 - 2.0 * common / (reduce.sum(y_true, axis=axis) + reduce.sum(y_pred, axis=axis) + epsilon())


@of_equal_shapes
def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """1 - |A and B| / (|A and B| + alpha |A - B| + beta |B - A|), A the target; the sums over `axis`.

    With alpha = beta = 0.5 it is the Dice loss, with 1 and 1 that of Jaccard. Source: Salehi et al. 2017, eq. 3.
    """
    common = reduce.sum(y_true * y_pred, axis=axis)
    missed = reduce.sum((1.0 - y_pred) * y_true, axis=axis)
    wrong = reduce.sum(y_pred * (1.0 - y_true), axis=axis)
    return 1.0 - common / (common + missed * alpha + wrong * beta + epsilon())


def circle(y_true, y_pred, ref_labels=None, ref_embeddings=None, remove_diagonal=True, gamma=80, margin=0.4):
    """How near each embedding is to those of other classes, compared with those of its own. 0 counts for nothing.

    y_true (n,) integers, y_pred (n, d) of length 1;  ref_labels (m,), ref_embeddings (m, d): what they are compared
    with, by default themselves
    remove_diagonal   whether embedding i is not compared with reference i
    gamma             scale;  margin: of similarity, which both kinds are to keep
    Source: Sun et al. 2020, eqs. 6 to 8.
    """
    y_pred = as_tensor(y_pred)
    references = y_pred if ref_embeddings is None else as_tensor(ref_embeddings, y_pred.dtype)
    labels = cast(as_tensor(y_true), dtype="int32")
    ref_labels = labels if ref_labels is None else cast(as_tensor(ref_labels), dtype="int32")
    for name, x, of in (("y_true", labels, y_pred), ("ref_labels", ref_labels, references)):
        if len(of.shape) != 2 or tuple(x.shape) not in (of.shape[:1], (*of.shape[:1], 1)):
            raise ShapeError(f"circle: embeddings of shape {of.shape} and {name} of shape {x.shape}; give embeddings "
                             "(n, d), and one integer label for each.")
    distance = maximum(1.0 - matmul(y_pred, transpose(references)), 0.0)
    (n, m), dtype = shape(distance), y_pred.dtype
    is_same = equal(labels.reshape((n, 1)), ref_labels.reshape((1, m)))
    is_other = logical_not(is_same)
    if remove_diagonal:
        is_same = logical_and(is_same, not_equal(np.arange(n)[:, None], np.arange(m)))
    # Not minus infinity: a row without a partner must not make the gradient NaN.
    never = float(np.finfo(dtype.as_numpy_dtype).min) / 4.0
    near = -gamma * maximum(margin + distance, 0.0) * (margin - distance)
    far = gamma * maximum(1.0 + margin - distance, 0.0) * (1.0 - margin - distance)
    losses = softplus(reduce.logsumexp(select(is_same, near, never), axis=1)
                      + reduce.logsumexp(select(is_other, far, never), axis=1))
    return with_mask(losses, losses > 0.0)


def ctc(y_true, y_pred):
    """-log of the probability of each label sequence over all its alignments with the outputs. See `ops.ctc_loss`.

    y_true (batch, labels) integers, of which those that are 0 are padding;  y_pred (batch, time, classes) logits, class
    0 the blank
    """
    y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
    if len(y_true.shape) != 2 or len(y_pred.shape) != 3:
        raise ShapeError(f"ctc: targets must be (batch, labels) and predictions (batch, time, classes), got shapes "
                         f"{y_true.shape} and {y_pred.shape}.")
    counts = reduce.sum(cast(not_equal(y_true, 0), dtype="int32"), axis=-1)
    batch, time = shape(y_pred)[:2]
    return ctc_loss(y_true, y_pred, counts, full((batch,), time, "int32"))
