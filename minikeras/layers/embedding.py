"""Vectors for integers, and back."""

import warnings

from ..arguments import count, number, switch
from ..autograd.dtypes import as_dtype
from ..autograd.operands import as_tensor
from ..ops.arithmetic import not_equal, within
from ..ops.creation import cast
from ..ops.indexing import gather
from ..ops.products import matmul, matrix_transpose
from ..ops.unary import tanh
from .base import Layer
from .calling import attach_masks
from .low_rank import LowRank


class Embedding(LowRank, Layer):
    """A learned vector of `output_dim` numbers for each of the integers 0..input_dim - 1.

    mask_zero   whether 0 stands for what is not there: the output has a mask, false where the input is 0
    weights     the first table, (input_dim, output_dim)
    lora_rank   as for Dense
    Shapes: (...) -> (..., output_dim). The gradient of the table touches the rows that were asked for only: an
    IndexedSlices. Raises ShapeError for an integer outside the table.
    """

    adapted = "embeddings"

    def __init__(self, input_dim, output_dim, embeddings_initializer="uniform", embeddings_regularizer=None,
                 embeddings_constraint=None, mask_zero=False, weights=None, lora_rank=None, lora_alpha=None,
                 quantization_config=None, **kwargs):
        if kwargs.pop("input_length", None) is not None:
            warnings.warn("Embedding: input_length is not needed any more; leave it out.", stacklevel=2)
        super().__init__(**{"autocast": False, **kwargs})
        if quantization_config is not None:
            raise ValueError(f"{type(self).__name__}: quantization_config is not supported; leave it None.")
        self.input_dim = count(f"{type(self).__name__}: input_dim", input_dim)
        self.output_dim = count(f"{type(self).__name__}: output_dim", output_dim)
        self._keep("embeddings", embeddings_initializer, embeddings_regularizer, embeddings_constraint)
        self.mask_zero = self.supports_masking = switch(f"{type(self).__name__}: mask_zero", mask_zero)
        self._set_low_rank(lora_rank, lora_alpha)
        if weights is not None:
            self.build()
            self.embeddings.assign(weights[0] if isinstance(weights, (list, tuple)) and len(weights) == 1 else weights)

    def build(self, input_shape=None):
        if self.built:
            return
        self.embeddings = self._add_kept("embeddings", (self.input_dim, self.output_dim))
        if self.lora_rank:
            self._add_low_rank()

    def call(self, inputs):
        rows = as_tensor(inputs)
        if not rows.dtype.is_integer:
            rows = cast(rows, "int32")
        last = self.input_dim - 1
        rows = within(rows, low=0, high=last, complaint=f"{self._titled}: got {{}}, but the table "
                      f"has rows 0..{last}. Make input_dim larger, or correct the inputs.")
        vectors = gather(self.embeddings, rows)
        if not self.lora_enabled:
            return vectors
        a, b, factor = self._low_rank_parts()
        return vectors + factor * matmul(gather(a, rows), b)

    def compute_mask(self, inputs, mask=None):
        return not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self):
        config = super().get_config()
        for name in ("weights", "input_length"):    # a saved model has the weights in a better place
            config.pop(name, None)
        config = {"activity_regularizer": None, "quantization_config": None, **config}
        return {**config, "input_dim": self.input_dim}      # elsewhere input_dim is the shape of a sample


class ReversibleEmbedding(Embedding):
    """An Embedding that also goes back: with `reverse=True`, scores of all integers for each vector.

    tie_weights      whether the way back is the same table, transposed; else it has a weight of its own
    reverse_dtype    in which the way back is computed, that of the layer by default
    logit_soft_cap   keeps scores within -cap..cap, as cap * tanh(scores / cap)
    Shapes: (...) -> (..., output_dim), and back (..., output_dim) -> (..., input_dim).
    Source: Press & Wolf 2016.
    """

    def __init__(self, input_dim, output_dim, tie_weights=True, embeddings_initializer="uniform",
                 embeddings_regularizer=None, embeddings_constraint=None, mask_zero=False, reverse_dtype=None,
                 logit_soft_cap=None, **kwargs):
        self.tie_weights = switch("ReversibleEmbedding: tie_weights", tie_weights)      # weights=... builds at once
        super().__init__(input_dim, output_dim, embeddings_initializer, embeddings_regularizer, embeddings_constraint,
                         mask_zero, **kwargs)
        self.reverse_dtype = None if reverse_dtype is None else as_dtype(reverse_dtype).name
        self.logit_soft_cap = number("ReversibleEmbedding: logit_soft_cap", logit_soft_cap, optional=True)

    def build(self, input_shape=None):
        if self.built:
            return
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                name="reverse_embeddings", shape=(self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer)

    def call(self, inputs, reverse=False):
        if not reverse:
            vectors = super().call(inputs)
            attach_masks(vectors, super().compute_mask(inputs, None))
            return vectors
        kernel = matrix_transpose(self._adapted_weight()) if self.tie_weights else self.reverse_embeddings
        if self.reverse_dtype is not None:
            inputs, kernel = cast(inputs, self.reverse_dtype), cast(kernel, self.reverse_dtype)
        scores = matmul(inputs, kernel)
        cap = self.logit_soft_cap
        return scores if cap is None else tanh(scores / cap) * cap

    def compute_mask(self, inputs, mask=None):
        return None     # only one of the two ways has a mask, so `call` attaches it
