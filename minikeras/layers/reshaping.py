"""Layers that give the elements of each sample another arrangement. None of them passes a mask on."""

import numpy as np

from ..arguments import count
from ..autograd import dims
from ..autograd.linear import broadcast_to, reshape
from ..errors import ShapeError
from ..ops.shapes import expand_dims, moveaxis, shape, transpose
from ..ops.windows import known_format
from .base import Layer
from .input_spec import InputSpec


class Flatten(Layer):
    """All axes but the first as one. Shapes: (n, a, b, ...) -> (n, a * b * ...), and (n,) -> (n, 1).

    data_format   'channels_first': axis 1 is moved last before, so that both formats give the same order
    """

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = known_format(data_format, "Flatten")
        self.input_spec = InputSpec(min_ndim=1)
        self.built = True

    def call(self, inputs):
        extents = shape(inputs)
        if self.data_format == "channels_first" and len(extents) > 2:
            inputs = moveaxis(inputs, 1, -1)
        return reshape(inputs, shape=(extents[0], dims.product(extents[1:])))


class Reshape(Layer):
    """The elements of each sample in row-major order in `target_shape`, in which one extent may be -1.

    Shapes: (n, ...) -> (n, *target_shape). Raises ShapeError if a sample has another number of elements.
    """

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        extents = target_shape if isinstance(target_shape, (list, tuple)) else [target_shape]
        self.target_shape = tuple([int(n) if isinstance(n, np.integer) else n for n in extents])
        if not all(type(n) is int and n >= -1 for n in self.target_shape) or self.target_shape.count(-1) > 1:
            raise ValueError("Reshape: target_shape must be integers from 0 on, with at most one -1 for what is left, "
                             f"got {target_shape!r}.")
        self.input_spec = InputSpec(min_ndim=1)
        self.built = True

    def call(self, inputs):
        batch, *extents = shape(inputs)
        size, known = dims.product(extents), dims.product([n for n in self.target_shape if n != -1])
        if type(size) is int and (size % known if known and -1 in self.target_shape else size != known):
            raise ShapeError(f"{self._titled}: a sample of shape {dims.public_shape(extents)} has {size} "
                             f"elements, which do not fill target_shape={self.target_shape}.")
        target = [size // known if n == -1 else n for n in self.target_shape]
        return reshape(inputs, shape=(batch, *target))


class Permute(Layer):
    """The axes of each sample in another order: `dims` has each of 1..k once. (1, 2) leaves two axes as they are."""

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        self.dims = tuple(dims) if isinstance(dims, (list, tuple)) else (dims,)
        if len(set(self.dims)) < len(self.dims) or set(self.dims) != set(range(1, len(self.dims) + 1)):
            raise ValueError(f"Permute: dims must have each of the axes 1..k once (0 is the batch), got {dims!r}.")
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)
        self.built = True

    def call(self, inputs):
        return transpose(inputs, (0, *self.dims))


class RepeatVector(Layer):
    """Each sample, a vector, `n` times. Shapes: (batch, k) -> (batch, n, k)."""

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        self.n = count("RepeatVector: n", n)
        self.input_spec = InputSpec(ndim=2)
        self.built = True

    def call(self, inputs):
        batch, size = shape(inputs)
        return broadcast_to(expand_dims(inputs, 1), shape=(batch, self.n, size))
