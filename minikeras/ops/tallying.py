"""Numbers of categories as vectors: which of them occur, how often, or with what weight."""

import math

import numpy as np

from ..autograd.linear import cast
from ..autograd.op import kept, primitive
from ..autograd.operands import as_tensor
from .arithmetic import greater, maximum
from .creation import ones_like
from .indexing import one_hot, take_along_axis
from .shapes import expand_dims, moveaxis, squeeze

LEFT_OUT = -1       # the number of what counts nowhere


@primitive(None, lambda d, y, ids, weights, depth: cast(ids >= 0, dtype=d.dtype) * take_along_axis(
               d, maximum(ids, 0), axis=-1),
           shape=lambda ids, weights, depth: (*ids[:-1], depth), policy=kept,
           result=lambda inputs, attrs: inputs[1].dtype.dtype)
def tally(ids, weights, *, depth):
    """For each number below `depth` the sum of the weights where it stands along the last axis of `ids`, where negative
    numbers count nowhere."""
    rows = ids.reshape(math.prod(ids.shape[:-1]), ids.shape[-1])
    there = rows >= 0
    places = (np.arange(len(rows))[:, None] * depth + rows)[there]
    sums = np.bincount(places, weights.reshape(rows.shape)[there], len(rows) * depth)
    return sums.astype(weights.dtype).reshape(*ids.shape[:-1], depth)


def encoded(ids, mode, depth, dtype, weights=None):
    """The integers `ids`, below `depth`, in the way that preprocessing layers call `mode`.

    int         as they are
    one_hot     each as a vector, along a last axis of its own, or in place of a last axis of 1
    multi_hot   ones for all that occur in a sample;  count   how often they do, or the sum of their `weights`
    A sample is what runs along axis 1, or the whole vector. Negative integers are left out.
    """
    ids = as_tensor(ids)
    if mode == "int":
        return cast(ids, dtype=np.dtype(dtype))
    if not ids.ndim:
        ids = expand_dims(ids, -1)
    if mode == "one_hot":
        ids = squeeze(ids, -1) if ids.ndim > 1 and ids.shape[-1] == 1 else ids
        return one_hot(ids, depth, dtype=dtype)
    weights = cast(ones_like(ids), dtype=np.dtype(dtype)) if weights is None else as_tensor(weights)
    if ids.ndim > 2:
        ids, weights = moveaxis(ids, 1, -1), moveaxis(weights, 1, -1)
    counts = tally(ids, weights, depth=depth)
    return counts if mode == "count" else cast(greater(counts, 0), dtype=np.dtype(dtype))
