"""Attention: averages of values, weighted by how well keys fit a query."""

import numpy as np

from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .activation import softmax
from .arithmetic import select
from .indexing import repeat
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
    heads, given = shape_of(query)[2], shape_of(key)[2]
    if given != heads and heads % given:
        raise ShapeError(f"dot_product_attention: {heads} heads of the query do not divide into groups for the {given} "
                         "heads of key and value.")
    query, key, value = (transpose(x, (0, 2, 1, 3)) for x in (query, key, value))
    if given not in (heads, 1):
        key, value = (repeat(x, heads // given, axis=1) for x in (key, value))
    scale = 1.0 / np.sqrt(query.shape[-1]) if scale is None else scale
    logits = matmul(query, swapaxes(key, -1, -2)) * scale
    if bias is not None:
        logits = logits + as_tensor(bias, logits.dtype)
    if attn_logits_soft_cap is not None:
        logits = attn_logits_soft_cap * tanh(logits / attn_logits_soft_cap)
    for seen in (mask, _earlier(*shape_of(logits)[-2:]) if is_causal else None):
        if seen is not None:
            # Not infinity: a row without any source would be NaN.
            logits = select(seen, logits, -0.7 * float(logits.dtype.max))
    return transpose(matmul(softmax(logits, axis=-1), value), (0, 2, 1, 3))


def _earlier(targets, sources):
    if type(targets) is not int or type(sources) is not int:
        return np.ones((1, 1), bool)        # without numbers any mask will do
    return np.tri(targets, sources, dtype=bool)
