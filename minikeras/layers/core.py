"""Dense, Activation, Flatten, Dropout and the like."""

import numpy as np

from .. import activations, constraints, initializers, regularizers
from ..arguments import count, number, switch
from ..autograd import dims
from ..autograd.linear import reshape, zeros_like
from ..autograd.random import SeedGenerator
from ..autograd.tensor import SymbolicTensor
from ..errors import ShapeError
from ..ops import activation, random
from ..ops.arithmetic import select
from ..ops.products import affine, matmul
from ..ops.shapes import moveaxis, shape
from ..ops.windows import known_format
from .base import Layer


class InputLayer(Layer):
    """Stands for the input of a model: its shape (batch first, None where not known) and dtype."""

    def __init__(self, shape=None, batch_size=None, dtype=None, batch_shape=None, name=None):
        super().__init__(name=name, dtype=dtype)
        if (shape is None) == (batch_shape is None):
            raise ValueError("Input needs `shape` (of one sample) or `batch_shape`, and only one of them.")
        self.batch_shape = tuple(batch_shape) if batch_shape is not None else (batch_size, *_sample_shape(shape))
        if any(n is not None and (isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0)
               for n in self.batch_shape):
            raise ValueError("Input: each extent of a shape must be an integer from 0 on, or None where it is not "
                             f"known, got {self.batch_shape}.")
        self.built = True

    def call(self, inputs):
        return inputs

    def get_config(self):
        return {"batch_shape": list(self.batch_shape), "dtype": self.dtype, "name": self.name}

    @classmethod
    def from_config(cls, config):
        """An input from what `get_config`, or Keras', gave."""
        config = dict(config)
        for field in ("sparse", "ragged", "optional"):
            if config.pop(field, False):
                raise ValueError(f"Input: {field}=True is not supported.")
        return cls(**config)


class InputTensor(SymbolicTensor):
    """The symbolic tensor that Input makes; `layer` is the InputLayer it stands for."""

    __slots__ = ("layer",)

    def __init__(self, layer):
        super().__init__(layer.batch_shape, layer.dtype, layer.name)
        self.layer = layer


def Input(shape=None, batch_size=None, dtype=None, batch_shape=None, name=None):  # noqa: N802 (Keras' name)
    """A symbolic tensor for the input of a model: `shape` of one sample, or `batch_shape` with the batch."""
    return InputTensor(InputLayer(shape, batch_size, dtype, batch_shape, name))


def _sample_shape(shape):
    if isinstance(shape, int):
        raise ValueError(f"Input: shape must be a tuple, got {shape}. For vectors of {shape} numbers write "
                         f"Input(shape=({shape},)).")
    return tuple(shape)


class Dense(Layer):
    """activation(inputs @ kernel + bias). Shapes: (..., n) -> (..., units).

    units       extent of the last axis of the output
    lora_rank   if given, adds a trainable product of two thin matrices to the kernel, which is frozen
                (Hu et al. 2021, eq. 3), scaled by lora_alpha / lora_rank
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
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.lora_rank = count("Dense: lora_rank", lora_rank, optional=True)
        self.lora_alpha = lora_rank if lora_alpha is None else lora_alpha
        self.bias = self.lora_kernel_a = self.lora_kernel_b = None

    def build(self, input_shape):
        if len(input_shape) < 2 or input_shape[-1] is None:
            raise ShapeError(f"Dense needs inputs of at least 2 axes with a known last one, got {input_shape}.")
        fan_in = input_shape[-1]
        self.kernel = self.add_weight(name="kernel", shape=(fan_in, self.units), initializer=self.kernel_initializer,
                                      regularizer=self.kernel_regularizer, constraint=self.kernel_constraint)
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.units,), initializer=self.bias_initializer,
                                        regularizer=self.bias_regularizer, constraint=self.bias_constraint)
        if self.lora_rank:
            self._add_lora(fan_in)

    def _add_lora(self, fan_in):
        self.kernel.trainable = False
        self.lora_kernel_a = self.add_weight(name="lora_kernel_a", shape=(fan_in, self.lora_rank),
                                             initializer="he_uniform", regularizer=self.kernel_regularizer)
        self.lora_kernel_b = self.add_weight(name="lora_kernel_b", shape=(self.lora_rank, self.units),
                                             initializer="zeros", regularizer=self.kernel_regularizer)

    def call(self, inputs):
        kernel = self.kernel
        if kernel.shape[0] != inputs.shape[-1]:
            raise ShapeError(f"Dense {self.name!r}: the last axis of the input is {inputs.shape[-1]}, but the weights "
                             f"were built for {kernel.shape[0]}. Feed shape (..., {kernel.shape[0]}) or make a new "
                             "layer.")
        if self.lora_rank:
            kernel = kernel + (self.lora_alpha / self.lora_rank) * (self.lora_kernel_a @ self.lora_kernel_b)
        x = affine(inputs, kernel, self.bias) if self.use_bias else matmul(inputs, kernel)
        return x if self.activation is activations.linear else self.activation(x)

    def get_config(self):
        config = super().get_config()
        config["activation"] = config["activation"] or "linear"
        config.setdefault("activity_regularizer")
        if not self.lora_rank:
            del config["lora_rank"], config["lora_alpha"]
        return config


class Activation(Layer):
    """An activation function, given by name or as a function, as a layer."""

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.activation = activations.get(activation)
        self.built = True

    def call(self, inputs):
        return self.activation(inputs)


class ReLU(Layer):
    """max(x, 0), with an upper limit, a slope below the threshold, and a threshold other than 0 if asked."""

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_value = number("ReLU: max_value", max_value, 0, optional=True)
        self.negative_slope = number("ReLU: negative_slope", negative_slope, 0)
        self.threshold = number("ReLU: threshold", threshold, 0)
        self.built = True

    def call(self, inputs):
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


class Softmax(Layer):
    """exp(x) over its sum along `axis`; where `mask` is false the result is 0."""

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.axis = axis
        self.built = True

    def call(self, inputs, mask=None):
        if mask is not None:
            inputs = select(mask, inputs, -1e9 if self.dtype != "float16" else -3e4)
        return activation.softmax(inputs, axis=self.axis)


class Identity(Layer):
    """The inputs as they are."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = self.built = True

    def call(self, inputs):
        return inputs


class Rescaling(Layer):
    """inputs * scale + offset."""

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.scale, self.offset = scale, offset
        self.built = True

    def call(self, inputs):
        return inputs * self.scale + self.offset


class Flatten(Layer):
    """All axes but the first as one. Shapes: (n, a, b, ...) -> (n, a * b * ...)."""

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = known_format(data_format, "Flatten")
        self.built = True

    def call(self, inputs):
        extents = shape(inputs)
        if self.data_format == "channels_first" and len(extents) > 2:
            inputs = moveaxis(inputs, 1, -1)
        return reshape(inputs, shape=(extents[0], dims.product(extents[1:])))

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}


class Dropout(Layer):
    """In training, zeros with probability `rate` and the rest scaled by 1 / (1 - rate); else the inputs.

    noise_shape   shape of the draw, with None for the input's extent; an extent of 1 is shared along its axis
    Source: Srivastava et al. 2014.
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        if noise_shape is not None and not (isinstance(noise_shape, (tuple, list)) and all(
                n is None or (isinstance(n, int) and n > 0) for n in noise_shape)):
            raise ValueError("Dropout: noise_shape must be a tuple of integers from 1 on, or None for the extent of "
                             f"the input, got {noise_shape!r}.")
        self.rate, self.noise_shape, self.seed = number("Dropout: rate", rate, 0, 1), noise_shape, seed
        self.seed_generator = SeedGenerator(seed)
        self.built = True

    def call(self, inputs, training=False):
        if not training or not self.rate:
            return inputs
        if self.rate == 1:
            return zeros_like(inputs)
        return inputs * random.keep_mask(inputs, rate=self.rate, seed=self.seed_generator,
                                         noise_shape=self.noise_shape)
