"""Input, Dense, Lambda, Masking and the like."""

import numpy as np

from .. import activations, registry
from ..arguments import count, switch
from ..autograd.history import Call
from ..autograd.tensor import SymbolicTensor
from ..errors import ShapeError
from ..ops import reduce
from ..ops.arithmetic import not_equal, select
from ..ops.products import affine, matmul
from .base import Layer
from .low_rank import LowRank


class InputLayer(Layer):
    """Stands for the input of a model: its shape (batch first, None where not known) and dtype.

    shape         of one sample, with batch_size if that is fixed;  batch_shape   both in one
    Raises ValueError for sparse, ragged and optional inputs, and for input_tensor: there are none of these here.
    """

    def __init__(self, shape=None, batch_size=None, dtype=None, sparse=None, ragged=None, batch_shape=None,
                 input_tensor=None, optional=False, name=None):
        super().__init__(name=name, dtype=dtype)
        for field, value in (("sparse", sparse), ("ragged", ragged), ("optional", optional),
                             ("input_tensor", input_tensor)):
            if value is not None and value is not False:
                raise ValueError(f"Input: {field} is not supported, got {value!r}; leave it out.")
        if (shape is None) == (batch_shape is None):
            raise ValueError("Input needs `shape` (of one sample) or `batch_shape`, and only one of them.")
        if batch_shape is not None and batch_size is not None:
            raise ValueError(f"Input: batch_size={batch_size} does not go with batch_shape={batch_shape}, which has "
                             "the batch in it. Give one of them.")
        self.batch_shape = tuple(batch_shape) if batch_shape is not None else (batch_size, *_sample_shape(shape))
        if any(n is not None and (isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0)
               for n in self.batch_shape):
            raise ValueError("Input: each extent of a shape must be an integer from 0 on, or None where it is not "
                             f"known, got {self.batch_shape}.")
        self.built = True
        self._record.calls.append(Call(self, (), {}, SymbolicTensor(self.batch_shape, self.dtype, self.name)))

    def call(self, inputs):
        return inputs

    def get_config(self):
        return {"batch_shape": list(self.batch_shape), "dtype": self.dtype, "sparse": False, "ragged": False,
                "name": self.name, "optional": False}

    @classmethod
    def from_config(cls, config):
        """An input from what `get_config`, or Keras', gave."""
        return cls(**registry.revived(config))


def Input(shape=None, batch_size=None, dtype=None, sparse=None, ragged=None,  # noqa: N802 (Keras' name)
          batch_shape=None, name=None, tensor=None, optional=False):
    """A symbolic tensor for the input of a model: `shape` of one sample, or `batch_shape` with the batch.

    Raises ValueError for sparse, ragged, tensor and optional: there are none of these here.
    """
    return InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name).output


def _sample_shape(shape):
    if isinstance(shape, int):
        raise ValueError(f"Input: shape must be a tuple, got {shape}. For vectors of {shape} numbers write "
                         f"Input(shape=({shape},)).")
    return tuple(shape)


class Dense(LowRank, Layer):
    """activation(inputs @ kernel + bias). Shapes: (..., n) -> (..., units).

    units       extent of the last axis of the output
    lora_rank   if given, adds a trainable product of two thin matrices to the kernel, which is frozen
                (Hu et al. 2021, eq. 3), scaled by lora_alpha / lora_rank; lora_alpha is lora_rank by default
    """

    def __init__(self, units, activation=None, use_bias=True, kernel_initializer="glorot_uniform",
                 bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, lora_rank=None, lora_alpha=None,
                 quantization_config=None, **kwargs):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.supports_masking = True
        if quantization_config is not None:
            raise ValueError("Dense: quantization_config is not supported; leave it None.")
        self.units = count("Dense: units", units)
        self.activation = activations.get(activation)
        self.use_bias = switch("Dense: use_bias", use_bias)
        self._keep("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._keep("bias", bias_initializer, bias_regularizer, bias_constraint)
        self._set_low_rank(lora_rank, lora_alpha)
        self.bias = None

    def build(self, input_shape):
        if len(input_shape) < 2 or input_shape[-1] is None:
            raise ShapeError(f"Dense needs inputs of at least 2 axes with a known last one, got {input_shape}.")
        self.kernel = self._add_kept("kernel", (input_shape[-1], self.units))
        if self.use_bias:
            self.bias = self._add_kept("bias", (self.units,))
        if self.lora_rank:
            self._add_low_rank()

    def call(self, inputs):
        kernel = self._adapted_weight() if self.lora_enabled else self.kernel
        if kernel.shape[0] != inputs.shape[-1]:
            raise ShapeError(f"{self._titled}: the last axis of the input is {inputs.shape[-1]}, but the weights "
                             f"were built for {kernel.shape[0]}. Feed shape (..., {kernel.shape[0]}) or make a new "
                             "layer.")
        x = affine(inputs, kernel, self.bias) if self.use_bias else matmul(inputs, kernel)
        return x if self.activation in (None, activations.linear) else self.activation(x)


class Identity(Layer):
    """The inputs as they are."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = self.built = True

    def call(self, inputs):
        return inputs


class Masking(Layer):
    """Masks the steps of a sequence that hold nothing but `mask_value`, and makes zeros of them.

    Shapes: (batch, steps, features) -> the same, with a mask (batch, steps) that is false at those steps.
    """

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)
        self.mask_value = registry.deserialize(mask_value)
        self.supports_masking = self.built = True

    def _told(self, inputs, keepdims=False):
        return reduce.any(not_equal(inputs, self.mask_value), axis=-1, keepdims=keepdims)

    def call(self, inputs):
        return select(self._told(inputs, keepdims=True), inputs, 0)

    def compute_mask(self, inputs, mask=None):
        return self._told(inputs)
