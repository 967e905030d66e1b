"""Attention and AdditiveAttention: averages of values, weighted by how well keys fit a query."""

from ..arguments import number, one_of, switch
from ..autograd import dims
from ..autograd.operands import as_tensor, shape_of
from ..autograd.random import SeedGenerator
from ..errors import ShapeError
from ..ops.activation import softmax
from ..ops.arithmetic import logical_and, select
from ..ops.attention import causal_mask
from ..ops.products import matmul, matrix_transpose
from ..ops.random import keep_mask
from ..ops.reduce import sum
from ..ops.shapes import expand_dims
from ..ops.unary import tanh
from .activation import as_mask
from .base import Layer


class Attention(Layer):
    """softmax(scores) @ value, where a score says how well a key fits a query. Takes [query, value] or [query, value,
    key]; the value is the key where there is none.

    score_mode   'dot': query @ key; 'concat': sum(tanh(query + key)) over the features
    use_scale    whether scores (with 'concat': what tanh is taken of) are multiplied by a learned number
    dropout      share of the weights set to 0 in training
    mask         [query mask, value mask]: the output is 0 where the first is false, values are left out where the
                 second is
    use_causal_mask   whether query i sees values 0..i only
    Shapes: query (batch, Tq, n), value (batch, Tv, m), key (batch, Tv, n) -> (batch, Tq, m), and the weights (batch,
    Tq, Tv) if return_attention_scores. Source: Luong et al. 2015, section 3.1.
    """

    def __init__(self, use_scale=False, score_mode="dot", dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.use_scale = switch(f"{type(self).__name__}: use_scale", use_scale)
        self.score_mode = one_of("Attention: score_mode", score_mode, ("dot", "concat"))
        self.seed = seed
        self.dropout = number(f"{type(self).__name__}: dropout", dropout, 0, 1, below=True)
        if self.dropout:
            self.seed_generator = SeedGenerator(seed)
        self.scale = self.concat_score_weight = None

    def build(self, input_shape):
        self._check(input_shape)
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(name="concat_score_weight", shape=(), initializer="ones")

    def scores(self, query, key):
        """How well each key fits each query: (..., Tq, Tv)."""
        if self.score_mode == "dot":
            scores = matmul(query, matrix_transpose(key))
            return scores if self.scale is None else scores * self.scale
        total = _pairs(query, key)
        return self.concat_score_weight * sum(tanh(total if self.scale is None else self.scale * total), axis=-1)

    def call(self, inputs, mask=None, training=False, return_attention_scores=False, use_causal_mask=False):
        self._check([x.shape for x in inputs] if isinstance(inputs, (list, tuple)) else inputs.shape)
        query, value, key = (*inputs, inputs[1])[:3]
        query_mask, value_mask = self._masks(mask, shape_of(query), shape_of(value))
        scores = self.scores(query, key)
        seen = None if value_mask is None else expand_dims(value_mask, -2)
        if use_causal_mask:
            earlier = causal_mask(*shape_of(scores)[-2:])
            seen = earlier if seen is None else logical_and(seen, earlier)
        if seen is not None:
            scores = select(seen, scores, scores - (65504.0 if scores.dtype.name == "float16" else 1e9))
        weights = softmax(scores, axis=-1)
        if training and self.dropout:
            weights = weights * keep_mask(weights, rate=self.dropout, seed=self.seed_generator)
        result = matmul(weights, value)
        if query_mask is not None:
            result = select(expand_dims(query_mask, -1), result, 0)
        return (result, weights) if return_attention_scores else result

    def _masks(self, mask, query_shape, value_shape):
        if mask is None:
            return None, None
        if not isinstance(mask, (list, tuple)) or len(mask) not in (2, 3):
            raise ValueError(f"{self._titled}: mask must be a list, [query mask, value mask].")
        return [None if m is None else as_mask(m, shape[:-1], f"{self._titled}: the {what} mask")
                for what, m, shape in zip(("query", "value"), mask, (query_shape, value_shape))]

    def compute_mask(self, inputs, mask=None):
        mask = mask[0] if isinstance(mask, (list, tuple)) else None
        return None if mask is None else as_tensor(mask)

    def _check(self, shapes):
        """Raise unless these are shapes of a query, a value and a key that go together."""
        title = self._titled
        if not (isinstance(shapes, (list, tuple)) and all(isinstance(s, (list, tuple)) for s in shapes)):
            raise ValueError(f"{title} takes a list, [query, value] or [query, value, key], got one tensor of shape "
                             f"{shapes}.")
        if len(shapes) not in (2, 3):
            raise ValueError(f"{title} takes a list of 2 or 3 tensors, [query, value] or [query, value, key], got "
                             f"{len(shapes)}.")
        query, value, key = (*shapes, shapes[1])[:3]
        shown = f"query {tuple(query)}, value {tuple(value)} and key {tuple(key)}"
        if min(map(len, (query, value, key))) < 2:
            raise ShapeError(f"{title}: each input must have the axes (batch, time, features), got {shown}.")
        if not dims.may_agree(query[:1], value[:1]) or not dims.may_agree(value[:1], key[:1]):
            raise ShapeError(f"{title}: all inputs must be of the same batch, got {shown}.")
        if not dims.may_agree(query[-1:], key[-1:]):
            raise ShapeError(f"{title}: the last axes of query and key must be equal, got {shown}.")
        if not dims.may_agree(value[-2:-1], key[-2:-1]):
            raise ShapeError(f"{title}: value and key must be equally long, got {shown}.")


class AdditiveAttention(Attention):
    """Attention whose scores are sum(scale * tanh(query + key)) over the features, with a learned scale for each if
    `use_scale`. Source: Bahdanau et al. 2015, appendix A.1.2."""

    def __init__(self, use_scale=True, dropout=0.0, **kwargs):
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape):
        self._check(input_shape)
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=input_shape[0][-1:], initializer="glorot_uniform")

    def scores(self, query, key):
        """How well each key fits each query: (..., Tq, Tv)."""
        fits = tanh(_pairs(query, key))
        return sum(fits, axis=-1) if self.scale is None else matmul(fits, self.scale)

    def get_config(self):
        return {"seed": None, **super().get_config()}


def _pairs(query, key):
    """query + key for each pair of them: (..., Tq, Tv, n)."""
    return expand_dims(query, -2) + expand_dims(key, -3)
