"""Attention: averages of values, weighted by how well keys fit a query."""

import math

import numpy as np

from ..autograd.linear import reshape
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .activation import softmax
from .arithmetic import logical_and, select
from .products import matmul
from .shapes import swapaxes, transpose
from .unary import tanh


def dot_product_attention(query, key, value, bias=None, mask=None, scale=None, is_causal=False, flash_attention=None,
                          attn_logits_soft_cap=None):
    """softmax(scale * query @ key + bias) @ value, for each head.

    query       (batch, targets, heads, size);  key, value  (batch, sources, heads, size)
                with fewer heads in key and value, groups of heads in the query share one of theirs
    bias, mask  broadcast to (batch, heads, targets, sources); a source is seen where `mask` is true
    scale       1 / sqrt(size) by default
    is_causal   target i sees sources 0..i only
    attn_logits_soft_cap   logits are kept in -cap..cap, as cap * tanh(logits / cap)
    Raises ValueError for flash_attention=True, which needs other hardware.
    """
    if flash_attention:
        raise ValueError("dot_product_attention: flash_attention=True is not available on NumPy; leave it None.")
    query, key, value = as_tensor(query), as_tensor(key), as_tensor(value)
    if any(x.ndim != 4 for x in (query, key, value)):
        raise ShapeError("dot_product_attention: query, key and value must have the axes (batch, time, heads, size), "
                         f"got shapes {query.shape}, {key.shape} and {value.shape}.")
    batch, targets, heads, size = shape_of(query)
    given = shape_of(key)[2]
    if given != heads and heads % given:
        raise ShapeError(f"dot_product_attention: {heads} heads of the query do not divide into groups for the {given} "
                         "heads of key and value.")
    # On the query, for it has fewer elements than the logits.
    query = query * (1.0 / math.sqrt(size) if scale is None else scale)
    query, key, value = (transpose(x, (0, 2, 1, 3)) for x in (query, key, value))
    sources, group = shape_of(key)[2], heads // given
    if group > 1:       # the heads of a group are rows of one product
        query = reshape(query, shape=(batch, given, group * targets, size))
    logits = matmul(query, swapaxes(key, -1, -2))
    if group > 1:
        logits = reshape(logits, shape=(batch, heads, targets, sources))
    if bias is not None:
        logits = logits + as_tensor(bias, logits.dtype)
    if attn_logits_soft_cap is not None:
        logits = attn_logits_soft_cap * tanh(logits / attn_logits_soft_cap)
    seen = as_tensor(causal_mask(targets, sources)) if is_causal else None
    if mask is not None:
        seen = mask if seen is None else logical_and(mask, seen)
    if seen is not None:
        # Not infinity: a row without any source would be NaN.
        logits = select(seen, logits, -0.7 * float(logits.dtype.max))
    weights = softmax(logits, axis=-1)
    if group > 1:
        weights = reshape(weights, shape=(batch, given, group * targets, sources))
    result = matmul(weights, value)
    if group > 1:
        result = reshape(result, shape=(batch, heads, targets, shape_of(value)[-1]))
    return transpose(result, (0, 2, 1, 3))


def causal_mask(targets, sources):
    """Whether source j is not after target i, as an array (targets, sources)."""
    if type(targets) is not int or type(sources) is not int:
        return np.ones((1, 1), bool)        # without numbers any mask will do
    return np.tri(targets, sources, dtype=bool)


def window_mask(targets, sources, width):
    """Whether source j is less than `width` steps from target i, as an array (targets, sources)."""
    if type(targets) is not int or type(sources) is not int:
        return np.ones((1, 1), bool)
    return np.abs(np.subtract.outer(np.arange(targets), np.arange(sources))) < width
