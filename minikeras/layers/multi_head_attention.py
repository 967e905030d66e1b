"""Attention with several heads: each looks at projections of its own."""

import functools
import math
import string

from .. import registry, regularizers
from ..arguments import count, number, switch
from ..autograd import dims
from ..autograd.operands import as_tensor, shape_of
from ..autograd.random import SeedGenerator
from ..errors import ShapeError
from ..masks import carrying, mask_of
from ..ops.activation import softmax
from ..ops.arithmetic import logical_and, select
from ..ops.attention import causal_mask, dot_product_attention, window_mask
from ..ops.contraction import einsum
from ..ops.indexing import repeat
from ..ops.random import keep_mask
from ..ops.shapes import expand_dims
from .activation import as_mask
from .base import Layer
from .einsum_dense import EinsumDense


class _HeadedAttention(Layer):
    """Base: what the kinds below share once their projections are made."""

    def __init__(self, dropout, use_bias, sliding_window, flash_attention, kernel_initializer, bias_initializer,
                 kernel_regularizer, bias_regularizer, projections_regularizer, kernel_constraint, bias_constraint,
                 use_gate, seed, **kwargs):
        super().__init__(**kwargs)
        where = type(self).__name__
        if flash_attention:
            raise ValueError(f"{where}: flash_attention=True needs a GPU; leave it None.")
        self.supports_masking = True
        self.dropout = number(f"{where}: dropout", dropout, 0, 1, below=True)
        self.seed, self.seed_generator = seed, SeedGenerator(seed) if dropout else None
        self.use_bias = switch(f"{where}: use_bias", use_bias)
        self.use_gate = switch(f"{where}: use_gate", use_gate)
        self.sliding_window = count(f"{where}: sliding_window", sliding_window, optional=True)
        self._keep("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._keep("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.projections_regularizer = regularizers.get(projections_regularizer)

    def _projection(self, name, shape, equation, extents, letters, activation=None):
        """A built layer of the sums of an equation, with the weights that this one was told of; `letters` for the
        bias."""
        layer = EinsumDense(equation, extents, activation, letters if self.use_bias else None,
                            self.kernel_initializer, self.bias_initializer, self.kernel_regularizer,
                            self.bias_regularizer, self.kernel_constraint, self.bias_constraint, name=name,
                            dtype=self.dtype, activity_regularizer=self.projections_regularizer)
        layer.build(tuple(shape))
        return layer

    def _projected(self, name, shape, heads, size, activation=None):
        """A built layer (..., n) -> (..., heads, size)."""
        return self._projection(name, shape, "...x,xhd->...hd", (heads, size), "hd", activation)

    def _joined(self, shape, heads, size, extents):
        """A built layer (..., heads, size) -> (..., *extents)."""
        letters = "opqrstuvw"[:len(extents)]
        return self._projection("attention_output", (*shape[:-1], heads, size), f"...hd,hd{letters}->...{letters}",
                                extents, letters)

    def _check_shapes(self, query, value, key):
        shown = f"query {tuple(query)}, value {tuple(value)} and key {tuple(key)}"
        if not len(query) == len(value) == len(key) >= 3:
            raise ShapeError(f"{self._titled}: query, value and key must have the same number of axes, (batch, time, "
                             f"features) at least, got {shown}.")
        if not dims.may_agree(tuple(value[:-1]), tuple(key[:-1])):
            raise ShapeError(f"{self._titled}: value and key must agree in all axes but the last, got {shown}.")
        if not dims.may_agree(tuple(query[:1]), tuple(value[:1])):
            raise ShapeError(f"{self._titled}: all inputs must be of the same batch, got {shown}.")

    def _seen(self, scores_shape, axes, masks, use_causal_mask):
        """Which sources each target sees: booleans that broadcast to the scores, or None for all.

        scores_shape   (batch, ..., heads, *targets, *sources), with as many `axes` of either
        masks          by name: of the query, (batch, targets), of value and key, (batch, sources), and attention_mask,
                       of the scores: if it has fewer axes, those that it lacks go before the targets
        """
        batch, targets, sources = scores_shape[0], *scores_shape[-2:]
        masks = {name: mask for name, mask in masks.items() if mask is not None}
        attention_mask = masks.pop("attention_mask", None)
        if axes > 1 and (masks or use_causal_mask or self.sliding_window):
            raise ValueError(f"{self._titled}: use_causal_mask, sliding_window and the masks of query, value and key "
                             f"are for one attention axis, not {axes}. Pass an attention_mask that says the same.")
        parts = []
        for name, mask in masks.items():
            extent, place = (targets, -1) if name == "query_mask" else (sources, -2)
            parts.append(expand_dims(as_mask(mask, (batch, extent), f"{self._titled}, {name}"), place))
        if use_causal_mask:
            parts.append(as_tensor(causal_mask(targets, sources)))
        if self.sliding_window is not None:
            parts.append(as_tensor(window_mask(targets, sources, self.sliding_window)))
        if attention_mask is not None:
            parts.append(as_tensor(attention_mask))
        parts = [_with_axes(part, len(scores_shape), 2 * axes) for part in parts]
        if attention_mask is not None:
            parts[-1] = as_mask(parts[-1], scores_shape, f"{self._titled}, attention_mask as one of the scores")
        return functools.reduce(logical_and, parts) if parts else None

    def _attended(self, query, key, value, terms, seen, training):
        """The average of values, and the weights that it was made with before dropout.

        terms   letters of query, source, scores and the sources among the scores' last axes
        """
        of_query, of_source, of_scores, axes = terms
        scores = einsum(f"{of_query},{of_source}->{of_scores}", query * self._factor(), key)
        axis = tuple(range(len(of_scores) - axes, len(of_scores))) if axes > 1 else -1
        if seen is None:
            weights = softmax(scores, axis=axis)
        else:
            lowest = -3e4 if scores.dtype.name == "float16" else -1e9
            weights = select(seen, softmax(select(seen, scores, lowest), axis=axis), 0.0)
        kept = weights
        if training and self.dropout:
            kept = weights * keep_mask(weights, rate=self.dropout, seed=self.seed_generator)
        return einsum(f"{of_scores},{of_source}->{of_query}", kept, value), weights

    def get_config(self):
        config = super().get_config()
        del config["flash_attention"]
        return {**config, "activity_regularizer": registry.serialize(self.projections_regularizer)}


def _with_axes(mask, ndim, after):
    """A mask with axes of 1 before its last `after`, so that it has `ndim` of them."""
    have = len(mask.shape)
    place = max(have - after, 0)
    return expand_dims(mask, tuple(range(place, place + ndim - have))) if have < ndim else mask


class MultiHeadAttention(_HeadedAttention):
    """Attention by several heads: softmax(query @ key / sqrt(key_dim)) @ value with projections of its own for each
    head, and a projection of what they find together.

    key_dim, value_dim   size of each head, for query and key, and for the value (as key_dim by default)
    output_shape         of the result in place of its last axis; that of the query by default
    attention_axes       axes that are attended along; all between the first and the last by default
    sliding_window       if given, a target sees sources less than so many steps away only
    use_gate             whether the heads' results are multiplied by sigmoids of a projection of the query
    flash_attention      None or False: this runs on CPUs

    Called with query (batch, T, ...), value (batch, S, ...) and key (batch, S, ...), the value by default; masks
    query_mask (batch, T), value_mask and key_mask (batch, S), by default those that come with the tensors (that of the
    query always is), and attention_mask (batch, T, S) or what broadcasts to (batch, heads, T, S).
    Gives (batch, T, ...), and the weights (batch, heads, T, S) if return_attention_scores.
    As in Keras a target that sees nothing gets the mean of all values; with dropout or scores asked for, zeros.
    Source: Vaswani et al. 2017, section 3.2; the gate Qiu et al. 2025.
    """

    def __init__(self, num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None,
                 attention_axes=None, sliding_window=None, flash_attention=None, kernel_initializer="glorot_uniform",
                 bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, use_gate=False, seed=None, **kwargs):
        super().__init__(dropout, use_bias, sliding_window, flash_attention, kernel_initializer, bias_initializer,
                         kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
                         bias_constraint, use_gate, seed, **kwargs)
        self.num_heads = count("MultiHeadAttention: num_heads", num_heads)
        self.key_dim = count("MultiHeadAttention: key_dim", key_dim)
        self.value_dim = count("MultiHeadAttention: value_dim", value_dim, optional=True) or self.key_dim
        extents = () if output_shape is None else output_shape
        self.own_extents = tuple([count("MultiHeadAttention: output_shape", n)
                                  for n in (extents if isinstance(extents, (list, tuple)) else [extents])])
        axes = attention_axes if isinstance(attention_axes, (list, tuple)) else [attention_axes]
        self.attention_axes = None if attention_axes is None else list(axes)
        if attention_axes is not None and not (axes and all(type(a) is int for a in axes)):
            raise ValueError("MultiHeadAttention: attention_axes must be an axis or a list of them, got "
                             f"{attention_axes!r}.")

    def _factor(self):
        return 1.0 / math.sqrt(self.key_dim)

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        self._check_shapes(query_shape, value_shape, key_shape)
        self._axes(len(query_shape))
        self.query_dense = self._projected("query", query_shape, self.num_heads, self.key_dim)
        self.key_dense = self._projected("key", key_shape, self.num_heads, self.key_dim)
        if self.use_gate:
            self._gate_dense = self._projected("gate", query_shape, self.num_heads, self.value_dim, "sigmoid")
        self.value_dense = self._projected("value", value_shape, self.num_heads, self.value_dim)
        self.output_dense = self._joined(query_shape, self.num_heads, self.value_dim,
                                         self.own_extents or query_shape[-1:])

    def _axes(self, ndim):
        """The attention axes, counted from the front."""
        given = range(1, ndim - 1) if self.attention_axes is None else self.attention_axes
        axes = [dims.normalize_axis(a, ndim, self._titled) for a in given]
        if not all(0 < a < ndim - 1 for a in axes):
            raise ShapeError(f"{self._titled}: attention_axes={self.attention_axes} must lie between the batch and "
                             f"the features of inputs of {ndim} axes.")
        return axes

    def call(self, query, value, key=None, query_mask=None, value_mask=None, key_mask=None, attention_mask=None,
             return_attention_scores=False, training=None, use_causal_mask=False):
        query, value, key = (as_tensor(x) for x in (query, value, value if key is None else key))
        self._check_shapes(query.shape, value.shape, key.shape)
        axes = self._axes(query.ndim)
        query_mask = mask_of(query)     # as in Keras: that of the tensor, whatever is given
        query, value, key = map(unmasked, (query, value, key))
        gate = self._gate_dense(query) if self.use_gate else None
        query, key, value = self.query_dense(query), self.key_dense(key), self.value_dense(value)
        terms = _terms(query.ndim, axes)
        extents = {**dict(zip(terms[1], shape_of(key))), **dict(zip(terms[0], shape_of(query)))}
        seen = self._seen(tuple([extents[c] for c in terms[2]]), len(axes),
                          {"query_mask": query_mask, "value_mask": value_mask, "key_mask": key_mask,
                           "attention_mask": attention_mask}, use_causal_mask)
        if self.dropout or return_attention_scores or query.ndim != 4:
            result, weights = self._attended(query, key, value, terms, seen, training)
        else:
            result = dot_product_attention(query, key, value, mask=seen, scale=self._factor())
        result = self.output_dense(result if gate is None else result * gate)
        return (result, weights) if return_attention_scores else result

    def get_config(self):
        return {**super().get_config(), "output_shape": list(self.own_extents) or None}


def _terms(ndim, axes):
    """Letters of the axes of projected queries and sources, (batch, ..., heads, size), and of their scores, (batch,
    ..., heads, *targets, *sources); and how many axes the sources have there."""
    query = string.ascii_letters[:ndim]
    source = "".join([string.ascii_letters[ndim + axes.index(i)] if i in axes else c for i, c in enumerate(query)])
    scores = [c for i, c in enumerate(query[:-1]) if i not in axes] + [x[i] for x in (query, source) for i in axes]
    return query, source, "".join(scores), len(axes)


def unmasked(x):
    """The same value without a mask, for layers inside that pass none on."""
    return x if mask_of(x) is None else carrying(x, None)


class GroupedQueryAttention(_HeadedAttention, aliases=("GroupQueryAttention",)):
    """Attention by several heads, where groups of heads of the query share one head of key and value.

    num_query_heads   must be a multiple of num_key_value_heads; with equal numbers this is MultiHeadAttention
    other arguments, calls and results: as of MultiHeadAttention
    Source: Ainslie et al. 2023.
    """

    keras_name = "GroupQueryAttention"      # in configs, as Keras exports it

    def __init__(self, head_dim, num_query_heads, num_key_value_heads, dropout=0.0, use_bias=True, sliding_window=None,
                 flash_attention=None, kernel_initializer="glorot_uniform", bias_initializer="zeros",
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
                 bias_constraint=None, use_gate=False, seed=None, **kwargs):
        super().__init__(dropout, use_bias, sliding_window, flash_attention, kernel_initializer, bias_initializer,
                         kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
                         bias_constraint, use_gate, seed, activity_regularizer=activity_regularizer, **kwargs)
        self.head_dim = count("GroupQueryAttention: head_dim", head_dim)
        self.num_query_heads = count("GroupQueryAttention: num_query_heads", num_query_heads)
        self.num_key_value_heads = count("GroupQueryAttention: num_key_value_heads", num_key_value_heads)
        if num_query_heads % num_key_value_heads:
            raise ValueError(f"GroupQueryAttention: num_query_heads={num_query_heads} must be a multiple of "
                             f"num_key_value_heads={num_key_value_heads}, so that groups share a head.")

    def _factor(self):
        return 1.0 / math.sqrt(self.head_dim)

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        self._check_shapes(query_shape, value_shape, key_shape)
        if len(query_shape) != 3:
            raise ShapeError(f"{self._titled}: inputs must have the axes (batch, time, features), got shape "
                             f"{tuple(query_shape)}.")
        shared, own = self.num_key_value_heads, self.num_query_heads
        self._query_dense = self._projected("query", query_shape, own, self.head_dim)
        self._key_dense = self._projected("key", key_shape, shared, self.head_dim)
        if self.use_gate:
            self._gate_dense = self._projected("gate", query_shape, own, self.head_dim, "sigmoid")
        self._value_dense = self._projected("value", value_shape, shared, self.head_dim)
        self._output_dense = self._joined(query_shape, own, self.head_dim, query_shape[-1:])

    def call(self, query, value, key=None, query_mask=None, value_mask=None, key_mask=None, attention_mask=None,
             return_attention_scores=False, training=None, use_causal_mask=False):
        query, value, key = (unmasked(as_tensor(x)) for x in (query, value, value if key is None else key))
        self._check_shapes(query.shape, value.shape, key.shape)
        gate = self._gate_dense(query) if self.use_gate else None
        query, key, value = self._query_dense(query), self._key_dense(key), self._value_dense(value)
        seen = self._seen((shape_of(query)[0], self.num_query_heads, shape_of(query)[1], shape_of(key)[1]), 1,
                          {"query_mask": query_mask, "value_mask": value_mask, "key_mask": key_mask,
                           "attention_mask": attention_mask}, use_causal_mask)
        if self.dropout or return_attention_scores:
            key, value = (repeat(x, self.num_query_heads // self.num_key_value_heads, axis=2) for x in (key, value))
            result, weights = self._attended(query, key, value, _terms(4, [1]), seen, training)
        else:
            result = dot_product_attention(query, key, value, mask=seen, scale=self._factor())
        result = self._output_dense(result if gate is None else result * gate)
        return (result, weights) if return_attention_scores else result
