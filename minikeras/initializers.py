"""First values of weights. An initializer is called with (shape, dtype=None) and gives a tensor."""

import functools
import math

import numpy as np

from . import registry
from .arguments import extents, one_of
from .autograd.dtypes import as_dtype, floatx
from .autograd.operands import as_tensor
from .autograd.random import SeedGenerator, generator_of
from .ops import creation, random
from .ops.arithmetic import sign
from .ops.decompositions import qr
from .ops.shapes import diagonal, reshape, transpose
from .ops.tapers import taper


class Initializer(registry.Configurable, kind="initializers"):
    """Base: subclasses define `__call__(shape, dtype=None)`."""

    def __call__(self, shape, dtype=None):
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, shape, dtype=None).")


class Zeros(Initializer, aliases=("zero",)):
    """Zeros."""

    def __call__(self, shape, dtype=None):
        return creation.zeros(shape, dtype)


class Ones(Initializer, aliases=("one",)):
    """Ones."""

    def __call__(self, shape, dtype=None):
        return creation.ones(shape, dtype)


class Constant(Initializer):
    """`value` everywhere."""

    def __init__(self, value=0.0):
        self.value = value

    def __call__(self, shape, dtype=None):
        return creation.full(shape, self.value, dtype or floatx())


class Identity(Initializer, aliases=("IdentityInitializer", "identity_matrix")):
    """`gain` on the diagonal of a matrix, zeros elsewhere."""

    def __init__(self, gain=1.0):
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) != 2:
            raise ValueError(f"Identity makes matrices; got shape {tuple(shape)}.")
        return creation.eye(*shape, dtype=dtype) * self.gain


class STFT(Initializer, aliases=("STFTInitializer",)):
    """Cosines, or negative sines, of whole numbers of turns over 2 (bins - 1) samples: kernels of a convolution that is
    a short-time Fourier transform. Shape: (samples of a piece, 1, bins).

    side       'real' or 'imag', the part of the transform
    window     of the piece: a name of SciPy's such as 'hann', one number for each sample, or None
    scaling    'density' divides by the root of the sum of the window's squares, 'spectrum' by that of its sizes
    periodic   whether the window goes on with its first number
    """

    def __init__(self, side="real", window="hann", scaling="density", periodic=False):
        one_of("STFT: side", side, ("real", "imag"))
        one_of("STFT: scaling", scaling, ("density", "spectrum", None))
        if isinstance(window, str):
            taper(window, 1)        # refuses names that are none
        self.side, self.window, self.scaling, self.periodic = side, window, scaling, periodic

    def __call__(self, shape, dtype=None):
        if len(shape) != 3 or shape[1] != 1 or shape[2] < 2:
            raise ValueError(f"STFT makes kernels of shape (samples, 1, bins), for 2 bins or more; got {tuple(shape)}.")
        length, _, bins = shape
        turns = np.arange(length)[:, None, None] * np.arange(bins) / (2.0 * (bins - 1))
        kernel = np.cos(2.0 * np.pi * turns) if self.side == "real" else -np.sin(2.0 * np.pi * turns)
        if self.window is not None:
            window = taper(self.window, length, self.periodic) if isinstance(self.window, str) else np.asarray(
                self.window, "float64")
            if window.shape != (length,):
                raise ValueError(f"STFT: the window must have {length} numbers for kernels of shape {tuple(shape)}, it "
                                 f"has shape {window.shape}.")
            size = {"density": np.sqrt(np.sum(window**2)), "spectrum": np.sum(np.abs(window)), None: 1.0}[self.scaling]
            kernel = kernel * window[:, None, None] / size
        return as_tensor(kernel, as_dtype(dtype or floatx()))


class RandomInitializer(Initializer, named=False):
    """Base of the random ones. With a seed each call gives the same values, as in Keras."""

    def __init__(self, seed=None):
        if seed is not None:
            generator_of(seed)      # refuses what is no seed
        self.seed = seed
        self._generator = None

    def source(self):
        """What to draw from: the integer seed itself, or one generator kept for this object."""
        if self.seed is not None:
            return self.seed
        if self._generator is None:
            self._generator = SeedGenerator()
        return self._generator


class RandomNormal(RandomInitializer, aliases=("normal",)):
    """Normal numbers."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def __call__(self, shape, dtype=None):
        return random.normal(shape, self.mean, self.stddev, dtype, self.source())


class TruncatedNormal(RandomInitializer):
    """Normal numbers, drawn again beyond two standard deviations."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def __call__(self, shape, dtype=None):
        return random.truncated_normal(shape, self.mean, self.stddev, dtype, self.source())


class RandomUniform(RandomInitializer, aliases=("uniform",)):
    """Numbers spread evenly over minval..maxval."""

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def __call__(self, shape, dtype=None):
        return random.uniform(shape, self.minval, self.maxval, dtype, self.source())


# Standard deviation of a unit normal cut at two: dividing by it restores the variance asked for.
TRUNCATED_STD = 0.87962566103423978


class VarianceScaling(RandomInitializer):
    """Numbers of variance scale / n, with n the fan of `mode`: fan_in, fan_out or fan_avg.

    distribution   'truncated_normal' (or 'normal'), 'untruncated_normal' or 'uniform'
    input_axes, output_axes   axes that count as inputs and outputs, where they are not the last two
    """

    def __init__(self, scale=1.0, mode="fan_in", distribution="truncated_normal", seed=None, input_axes=None,
                 output_axes=None):
        super().__init__(seed)
        if scale <= 0:
            raise ValueError(f"VarianceScaling: scale must be above 0, got {scale}.")
        one_of("VarianceScaling: mode", mode, ("fan_in", "fan_out", "fan_avg"))
        distribution = "truncated_normal" if distribution.lower() == "normal" else distribution.lower()
        one_of("VarianceScaling: distribution", distribution, ("uniform", "truncated_normal", "untruncated_normal"))
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes

    def __call__(self, shape, dtype=None):
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return random.uniform(shape, -limit, limit, dtype, self.source())
        if self.distribution == "untruncated_normal":
            return random.normal(shape, 0.0, math.sqrt(variance), dtype, self.source())
        return random.truncated_normal(shape, 0.0, math.sqrt(variance) / TRUNCATED_STD, dtype, self.source())


def compute_fans(shape, input_axes=None, output_axes=None):
    """Inputs and outputs of one unit: kernels are (*receptive field, inputs, outputs)."""
    shape = extents("initializer", shape)
    if input_axes is not None or output_axes is not None:
        def extent(axes, default):
            axes = (default,) if axes is None else (axes,) if isinstance(axes, int) else axes
            return math.prod(shape[a] for a in axes), {a % len(shape) for a in axes}
        fan_in, first = extent(input_axes, -2)
        fan_out, second = extent(output_axes, -1)
        field = math.prod(n for i, n in enumerate(shape) if i not in first | second)
        return fan_in * field, fan_out * field
    if len(shape) < 2:
        return (shape or (1,)) * 2
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


class _Named(VarianceScaling):
    """A VarianceScaling of fixed scale, mode and distribution."""

    settings = ()

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(*self.settings, seed=seed, input_axes=input_axes, output_axes=output_axes)


class GlorotUniform(_Named):
    """Uniform of variance 2 / (fan_in + fan_out). Source: Glorot & Bengio 2010, eq. 16."""

    settings = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Truncated normal of variance 2 / (fan_in + fan_out). Source: Glorot & Bengio 2010."""

    settings = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """Uniform of variance 2 / fan_in. Source: He et al. 2015, eq. 10."""

    settings = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """Truncated normal of variance 2 / fan_in. Source: He et al. 2015, eq. 10."""

    settings = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """Uniform of variance 1 / fan_in. Source: LeCun et al. 1998, section 4.6."""

    settings = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """Truncated normal of variance 1 / fan_in. Source: LeCun et al. 1998, section 4.6."""

    settings = (1.0, "fan_in", "truncated_normal")


class Orthogonal(RandomInitializer, aliases=("OrthogonalInitializer",)):
    """`gain` times a matrix with orthonormal columns, or rows if there are fewer of them, spread evenly over all such;
    with more than 2 axes those before the last count as one. Source: Saxe et al. 2014, section 3; Mezzadri 2007."""

    def __init__(self, gain=1.0, seed=None):
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) < 2:
            raise ValueError(f"Orthogonal makes tensors of 2 axes or more; got shape {tuple(shape)}.")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        dtype = as_dtype(dtype or floatx())
        wide = np.promote_types(dtype.dtype, np.float32)        # NumPy decomposes nothing narrower
        q, r = qr(random.normal((max(rows, columns), min(rows, columns)), dtype=wide, seed=self.source()))
        # The decomposition's own choice of signs would favour some matrices.
        q = q * sign(diagonal(r))
        return creation.cast(self.gain * reshape(transpose(q) if rows < columns else q, shape), dtype)


# Keras' older names.
IdentityInitializer, OrthogonalInitializer, STFTInitializer, stft = Identity, Orthogonal, STFT, STFT
orthogonal = Orthogonal
zeros, ones, constant, identity = Zeros, Ones, Constant, Identity
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
glorot_normal, glorot_uniform, he_normal, he_uniform = GlorotNormal, GlorotUniform, HeNormal, HeUniform
lecun_normal, lecun_uniform, variance_scaling = LecunNormal, LecunUniform, VarianceScaling


def _given(value, shape, dtype=None):
    if tuple(shape) != tuple(value.shape):
        raise ValueError(f"an array of shape {tuple(value.shape)} was given as initializer, but a weight of shape "
                         f"{tuple(shape)} is to be made.")
    return creation.cast(value, as_dtype(dtype or floatx()))


def get(identifier):
    """The initializer meant by a name, a config, a function, an array or an object."""
    if isinstance(identifier, (np.ndarray, np.generic)) or creation.is_tensor(identifier):
        return functools.partial(_given, identifier)
    return registry.get("initializers", identifier)


def serialize(initializer):
    """An initializer as plain data that `deserialize` reads: class name and config."""
    return registry.serialize(initializer)


deserialize = registry.deserializer("initializers")
