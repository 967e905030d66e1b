"""IndexedSlices: a gradient that touches only some rows of a table."""

import numpy as np

from ..errors import ShapeError
from .linear import ARRAY, Slices, add_slices, concatenate, reshape
from .operands import as_tensor
from .tensor import Tensor, array_text


class IndexedSlices:
    """Rows `values` (n, ...) that belong at `indices` (n,) of an array of `dense_shape`, zero elsewhere.

    Rows with the same index add up. `to_dense()` and `convert_to_tensor` give the full tensor.
    """

    __slots__ = ("dense_shape", "indices", "values")

    def __init__(self, values, indices, dense_shape=None):
        self.values = as_tensor(values)
        self.indices = as_tensor(indices)
        self.dense_shape = None if dense_shape is None else as_tensor(dense_shape)

    @classmethod
    def of_rows(cls, slices):
        """One IndexedSlices of several cotangents that each take whole rows."""
        shape = slices[0].shape
        values = [reshape(s.values, shape=(-1, *shape[1:])) for s in slices]
        indices = [reshape(as_tensor(s.arrays[0]), shape=(-1,)) for s in slices]
        if len(slices) > 1:
            values, indices = [concatenate(*values, axis=0)], [concatenate(*indices, axis=0)]
        return cls(values[0], indices[0], list(shape))

    def summed(self):
        """The same with each index once, in rising order, counted from the front."""
        rows, places = np.unique(np.asarray(self.indices) % self.shape[0], return_inverse=True)
        values = add_slices([Slices(self.values, (ARRAY,), [Tensor(places)], (len(rows), *self.shape[1:]))])
        return IndexedSlices(values, Tensor(rows), self.dense_shape)

    def as_cotangent(self, shape):
        """What the walk back adds to the gradient of an array of `shape`, without making the rest of it."""
        return Slices(self.values, (ARRAY,), [self.indices], shape)

    @property
    def shape(self):
        """Shape of the dense tensor."""
        return tuple(self.dense_shape.tolist())

    @property
    def dtype(self):
        """Element type of the values."""
        return self.values.dtype

    def to_dense(self):
        """The full tensor, with rows of the same index added."""
        if self.dense_shape is None:
            raise ShapeError("IndexedSlices without a dense_shape cannot become a full tensor: how many rows it has is "
                             "not known. Give it: IndexedSlices(values, indices, dense_shape).")
        return add_slices([self.as_cotangent(self.shape)])

    def __repr__(self):
        return (f"IndexedSlices(indices={array_text(self.indices._array)}, values={array_text(self.values._array)}, "
                f"dense_shape={None if self.dense_shape is None else self.shape})")
