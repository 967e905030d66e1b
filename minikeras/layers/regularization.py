"""Layers against overfitting: in training they drop or disturb what they are given, otherwise it passes."""

import math

from .. import regularizers
from ..arguments import number
from ..autograd.linear import zeros_like
from ..autograd.random import SeedGenerator
from ..ops import random
from ..ops.arithmetic import not_equal, select
from ..ops.windows import known_format
from .base import Layer
from .input_spec import InputSpec


def _checked_shape(noise_shape, where):
    if noise_shape is not None and not (isinstance(noise_shape, (tuple, list)) and all(
            n is None or (isinstance(n, int) and n > 0) for n in noise_shape)):
        raise ValueError(f"{where}: noise_shape must be a tuple of integers from 1 on, or None for the extent of "
                         f"the input, got {noise_shape!r}.")
    return noise_shape


class _Disturbing(Layer):
    """Base of the layers that draw numbers: the rest of `call` is `disturbed(inputs)`, in training."""

    def __init__(self, seed, **kwargs):
        super().__init__(**kwargs)
        self.seed, self.seed_generator = seed, SeedGenerator(seed)
        self.supports_masking = self.built = True

    def call(self, inputs, training=False):
        return self.disturbed(inputs) if training else inputs


class Dropout(_Disturbing):
    """In training, zeros with probability `rate` and the rest scaled by 1 / (1 - rate); else the inputs.

    noise_shape   shape of the draw, with None for the input's extent; an extent of 1 is shared along its axis
    Source: Srivastava et al. 2014.
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.rate = number(f"{type(self).__name__}: rate", rate, 0, 1)
        self.noise_shape = _checked_shape(noise_shape, "Dropout")

    def disturbed(self, inputs):
        """`inputs` with zeros in them."""
        if self.rate == 1:
            return zeros_like(inputs)
        if not self.rate:
            return inputs
        return inputs * random.keep_mask(inputs, rate=self.rate, seed=self.seed_generator,
                                         noise_shape=self.noise_shape)


class _SpatialDropout(Dropout):
    """Base of the dropouts of whole channels, in inputs of `ndim` axes."""

    def __init__(self, ndim, rate, data_format, seed, name, dtype):
        data_format = known_format(data_format, type(self).__name__)
        places = (None, *[1] * (ndim - 2))
        super().__init__(rate, (None, *places) if data_format == "channels_first" else (*places, None), seed, name=name,
                         dtype=dtype)
        self.data_format, self.input_spec = data_format, InputSpec(ndim=ndim)

    def get_config(self):
        config = super().get_config()
        del config["trainable"]     # as in Keras, which has no place for it
        return config


class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels of sequences. Shapes: (batch, steps, channels), and the same again.

    Source: Tompson et al. 2015, section 3.2, as for its relatives in 2 and 3 dimensions.
    """

    def __init__(self, rate, seed=None, name=None, dtype=None):
        super().__init__(3, rate, "channels_last", seed, name, dtype)


class SpatialDropout2D(_SpatialDropout):
    """Dropout of whole channels of images. Shapes: (batch, rows, columns, channels), or channels first if
    `data_format` says so, and the same again."""

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None):
        super().__init__(4, rate, data_format, seed, name, dtype)


class SpatialDropout3D(_SpatialDropout):
    """Dropout of whole channels of volumes. Shapes: (batch, depth, rows, columns, channels), or channels first if
    `data_format` says so, and the same again."""

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None):
        super().__init__(5, rate, data_format, seed, name, dtype)


class AlphaDropout(_Disturbing):
    """In training, the lower limit of SELU with probability `rate`, then all shifted and scaled so that mean 0 and
    variance 1 stay what they are; else the inputs.

    noise_shape   as for Dropout
    Source: Klambauer et al. 2017, section "New dropout technique".
    """

    LIMIT = -1.6732632423543772 * 1.0507009873554805    # -alpha * scale of SELU

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.rate = number("AlphaDropout: rate", rate, 0, 1, below=True)
        self.noise_shape = _checked_shape(noise_shape, "AlphaDropout")

    def disturbed(self, inputs):
        """`inputs` with the lower limit in them."""
        if not self.rate:
            return inputs
        factor = ((1.0 - self.rate) * (1.0 + self.rate * self.LIMIT ** 2)) ** -0.5
        keep = random.keep_mask(inputs, rate=self.rate, seed=self.seed_generator, noise_shape=self.noise_shape)
        return select(not_equal(keep, 0.0), inputs, self.LIMIT) * factor - factor * self.LIMIT * self.rate


class GaussianDropout(_Disturbing):
    """In training, inputs times normal numbers of mean 1 and variance rate / (1 - rate); else the inputs.

    Source: Srivastava et al. 2014, section 10.
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.rate = number("GaussianDropout: rate", rate, 0, 1, below=True)

    def disturbed(self, inputs):
        """`inputs` times noise."""
        return inputs * random.normal_like(inputs, mean=1.0, stddev=math.sqrt(self.rate / (1.0 - self.rate)),
                                           seed=self.seed_generator) if self.rate else inputs


class GaussianNoise(_Disturbing):
    """In training, inputs plus normal numbers of mean 0 and standard deviation `stddev` (0 to 1); else the inputs."""

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(seed, **kwargs)
        self.stddev = number("GaussianNoise: stddev", stddev, 0, 1)

    def disturbed(self, inputs):
        """`inputs` plus noise."""
        return inputs + random.normal_like(inputs, mean=0.0, stddev=self.stddev,
                                           seed=self.seed_generator) if self.stddev else inputs


class ActivityRegularization(Layer):
    """The inputs, on which a penalty of l1 * sum |x| + l2 * sum x**2, over the batch size, is added to the losses."""

    def __init__(self, l1=0.0, l2=0.0, **kwargs):
        super().__init__(activity_regularizer=regularizers.L1L2(l1, l2), **kwargs)
        self.supports_masking = self.built = True
        self.l1, self.l2 = l1, l2

    def call(self, inputs):
        return inputs

    def get_config(self):
        config = super().get_config()
        del config["activity_regularizer"]
        return config
