"""Vectors for integers."""

from .. import constraints, initializers, regularizers
from ..arguments import count
from ..autograd.operands import as_tensor
from ..ops.arithmetic import within
from ..ops.creation import cast
from ..ops.indexing import gather
from .base import Layer


class Embedding(Layer):
    """A learned vector of `output_dim` numbers for each of the integers 0..input_dim - 1.

    Shapes: (...) -> (..., output_dim). The gradient of the table touches the rows that were asked for only: an
    IndexedSlices. Raises ShapeError for an integer outside the table.
    """

    def __init__(self, input_dim, output_dim, embeddings_initializer="uniform", embeddings_regularizer=None,
                 embeddings_constraint=None, mask_zero=False, weights=None, **kwargs):
        super().__init__(**kwargs)
        if mask_zero:
            raise ValueError("Embedding: mask_zero=True is not supported, for masks are not passed on between layers.")
        self.input_dim = count("Embedding: input_dim", input_dim)
        self.output_dim = count("Embedding: output_dim", output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = False
        self.weights_given = weights

    def build(self, input_shape=None):
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.input_dim, self.output_dim), initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer, constraint=self.embeddings_constraint)
        if self.weights_given is not None:
            given = self.weights_given
            self.embeddings.assign(given[0] if isinstance(given, (list, tuple)) else given)

    def get_config(self):
        """The constructor arguments; not the first weights, which a saved model has in a better place."""
        config = super().get_config()
        del config["weights"]
        return {**config, "input_dim": self.input_dim}      # elsewhere input_dim is the shape of a sample

    def call(self, inputs):
        rows = as_tensor(inputs)
        if not rows.dtype.is_integer:
            rows = cast(rows, "int32")
        last = self.input_dim - 1
        rows = within(rows, low=0, high=last, complaint=f"Embedding {self.name!r}: got {{}}, but the table has rows 0.."
                      f"{last}. Make input_dim larger, or correct the inputs.")
        return gather(self.embeddings, rows)
