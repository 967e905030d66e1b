"""Layers that shift and scale their inputs to a common size."""

import functools
import math

from .. import initializers
from ..arguments import count, number, switch
from ..autograd import dims
from ..autograd.custom import stop_gradient
from ..autograd.dtypes import epsilon
from ..autograd.linear import broadcast_to, reshape
from ..autograd.operands import shape_of
from ..errors import ShapeError
from ..ops import normalization
from ..ops.arithmetic import clip, equal, maximum, minimum, select, square
from ..ops.creation import cast
from ..ops.norms import normalize
from ..ops.products import matmul
from ..ops.reduce import all, axes_of, sum
from ..ops.shapes import expand_dims, transpose
from ..ops.unary import rsqrt, sqrt
from .base import Layer
from .input_spec import InputSpec
from .wrappers import Wrapper


def _axes(axis, where):
    """`axis` as an integer or a list of them. Raises TypeError."""
    several = list(axis) if isinstance(axis, (tuple, list)) else [axis]
    if any(isinstance(a, bool) or not isinstance(a, int) for a in several):
        raise TypeError(f"{where}: axis must be an integer or a list of them, got {axis!r}.")
    return several if isinstance(axis, (tuple, list)) else axis


def _extents_along(layer, axis, input_shape):
    """The extents along `axis`, axes sorted as they were given (so Keras does). Raises ShapeError unless known."""
    axes = sorted(axis) if isinstance(axis, list) else [axis]
    shape = tuple([input_shape[dims.normalize_axis(a, len(input_shape), type(layer).__name__)] for a in axes])
    if None in shape:
        raise ShapeError(f"{layer._titled}: the extents along axis {axis} must be known, got "
                         f"inputs of shape {input_shape}.")
    return shape


def _floats(layer, inputs):
    """Integers, as floats of the layer's dtype: what is normalized are none any more (Keras cuts some off)."""
    return inputs if inputs.dtype.is_floating else cast(inputs, layer.dtype)


class _Normalization(Layer):
    """Base of layers that end in times gamma plus beta.

    epsilon   added to the variance
    center    whether there is a beta;     scale     whether there is a gamma
    """

    def __init__(self, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer,
                 gamma_regularizer, beta_constraint, gamma_constraint, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        where = type(self).__name__
        self.epsilon = number(f"{where}: epsilon", epsilon, 0)
        self.center, self.scale = switch(f"{where}: center", center), switch(f"{where}: scale", scale)
        self._keep("beta", beta_initializer, beta_regularizer, beta_constraint)
        self._keep("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        self.beta = self.gamma = None

    def _add_gamma_and_beta(self, shape, scale, center):
        if scale:
            self.gamma = self._add_kept("gamma", shape)
        if center:
            self.beta = self._add_kept("beta", shape)


class LayerNormalization(_Normalization):
    """Each sample less its mean, over its standard deviation, along `axis`; times gamma plus beta, which are learned.

    axis      an axis or several of them;  epsilon   added to the variance
    center    whether there is a beta;     scale     whether there is a gamma
    rms_scaling   inputs over their standard deviation times gamma, no more (Keras' name misleads)
    Shapes: that of the inputs. Source: Ba et al. 2016.
    """

    def __init__(self, axis=-1, epsilon=1e-3, center=True, scale=True, beta_initializer="zeros",
                 gamma_initializer="ones", beta_regularizer=None, gamma_regularizer=None, beta_constraint=None,
                 gamma_constraint=None, rms_scaling=False, **kwargs):
        super().__init__(epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer,
                         gamma_regularizer, beta_constraint, gamma_constraint, **kwargs)
        self.rms_scaling = switch("LayerNormalization: rms_scaling", rms_scaling)
        self.axis = _axes(axis, "LayerNormalization")

    def build(self, input_shape):
        self._add_gamma_and_beta(_extents_along(self, self.axis, input_shape), self.scale or self.rms_scaling,
                                 self.center and not self.rms_scaling)

    def call(self, inputs):
        inputs = _floats(self, inputs)
        return normalization.layer_normalization(inputs, self.gamma, self.beta, axis=self.axis, epsilon=self.epsilon,
                                                 rms_scaling=self.rms_scaling)


class RMSNormalization(Layer):
    """Inputs over the root of their mean square along `axis`; times a learned scale.

    axis   an axis or several of them;  epsilon   added to the mean square
    Shapes: that of the inputs. Source: Zhang & Sennrich 2019, eq. 4.
    """

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.axis = _axes(axis, "RMSNormalization")
        self.epsilon = number("RMSNormalization: epsilon", epsilon, 0)

    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=_extents_along(self, self.axis, input_shape),
                                     initializer="ones")

    def call(self, x):
        x = _floats(self, x)
        scale = normalization.along(x, self.scale, axes_of(self.axis, x.ndim))
        return normalization.rms_normalization(x, scale, axis=self.axis, epsilon=self.epsilon)


class UnitNormalization(Layer):
    """Inputs over their Euclidean norm along `axis` (an axis or several of them). Shapes: that of the inputs."""

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = _axes(axis, "UnitNormalization")
        self.supports_masking = self.built = True

    def call(self, inputs):
        return normalize(inputs, axis=self.axis, order=2, epsilon=1e-12)


class GroupNormalization(_Normalization):
    """Each sample's groups of channels less their mean, over their standard deviation; times gamma plus beta.

    groups    into how many the channels are divided; -1 makes each channel a group (instance normalization)
    axis      of the channels;             epsilon   added to the variance
    center    whether there is a beta;     scale     whether there is a gamma
    Shapes: that of the inputs. Raises ShapeError if the groups do not divide the channels. Source: Wu & He 2018, eq. 7.
    """

    def __init__(self, groups=32, axis=-1, epsilon=1e-3, center=True, scale=True, beta_initializer="zeros",
                 gamma_initializer="ones", beta_regularizer=None, gamma_regularizer=None, beta_constraint=None,
                 gamma_constraint=None, **kwargs):
        super().__init__(epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer,
                         gamma_regularizer, beta_constraint, gamma_constraint, **kwargs)
        self.groups = groups if groups == -1 else count("GroupNormalization: groups, if not -1,", groups)
        if isinstance(axis, bool) or not isinstance(axis, int):
            raise TypeError(f"GroupNormalization: axis must be an integer, got {axis!r}.")
        self.axis = axis

    def build(self, input_shape):
        channels, = shape = _extents_along(self, self.axis, input_shape)
        groups = channels if self.groups == -1 else self.groups
        if channels % groups:
            raise ShapeError(f"{self._titled}: {groups} groups do not divide the {channels} "
                             f"channels along axis {self.axis} of inputs of shape {input_shape}. Choose a divisor.")
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})
        self._add_gamma_and_beta(shape, self.scale, self.center)

    def call(self, inputs):
        inputs = _floats(self, inputs)
        axis, extents = self.axis % inputs.ndim, shape_of(inputs)
        groups = extents[axis] if self.groups == -1 else self.groups
        x = normalization.wide(inputs)
        grouped = reshape(x, shape=(*extents[:axis], groups, extents[axis] // groups, *extents[axis + 1:]))
        y, _, _ = normalization.standardized(grouped, [i for i in range(1, grouped.ndim) if i != axis], self.epsilon)
        gamma, beta = (normalization.along(x, v, (axis,)) for v in (self.gamma, self.beta))
        return cast(normalization.transformed(reshape(y, shape=extents), gamma, beta), inputs.dtype)


class BatchNormalization(_Normalization):
    """Channels less their mean, over their standard deviation; times gamma plus beta, which are learned.

    In training the mean and the variance are those of the batch, and what was seen is kept in moving averages, which
    stand for them otherwise. A layer with `trainable` False always uses the averages, and leaves them alone.

    axis       of the channels;            epsilon   added to the variance
    momentum   how much of the averages stays in each step
    center     whether there is a beta;    scale     whether there is a gamma
    renorm     whether the batch's numbers are corrected towards averages, as they will be used (Ioffe 2017), with
               averages of their own that keep renorm_momentum in each step
    renorm_clipping   limits of the corrections: rmin and rmax of the factor, dmax of the shift's size
    Shapes: that of the inputs. In training, places where a `mask` (of one axis less) is false are left out of the
    batch's numbers. Source: Ioffe & Szegedy 2015, algorithms 1 and 2.
    """

    def __init__(self, axis=-1, momentum=0.99, epsilon=1e-3, center=True, scale=True, beta_initializer="zeros",
                 gamma_initializer="ones", moving_mean_initializer="zeros", moving_variance_initializer="ones",
                 beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
                 renorm=False, renorm_clipping=None, renorm_momentum=0.99, synchronized=False, **kwargs):
        super().__init__(epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer,
                         gamma_regularizer, beta_constraint, gamma_constraint, **kwargs)
        if switch("BatchNormalization: synchronized", synchronized):
            raise ValueError("BatchNormalization: synchronized=True is not supported: there is only one process, whose "
                             "batch is the whole batch. Leave it False.")
        if isinstance(axis, bool) or not isinstance(axis, int):
            raise TypeError(f"BatchNormalization: axis must be an integer, got {axis!r}.")
        self.axis, self.synchronized = axis, False
        self.momentum = number("BatchNormalization: momentum", momentum, 0, 1)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.renorm = switch("BatchNormalization: renorm", renorm)
        self.renorm_clipping = _known_clipping(renorm_clipping) if renorm else renorm_clipping
        self.renorm_momentum = number("BatchNormalization: renorm_momentum", renorm_momentum, 0, 1)

    def build(self, input_shape):
        shape = _extents_along(self, self.axis, input_shape)
        self._add_gamma_and_beta(shape, self.scale, self.center)
        average = functools.partial(self.add_weight, shape=shape, trainable=False)
        self.moving_mean = average(name="moving_mean", initializer=self.moving_mean_initializer)
        self.moving_variance = average(name="moving_variance", initializer=self.moving_variance_initializer)
        if self.renorm:
            self.moving_stddev = average(name="moving_stddev", initializer=self._initial_stddev)
            self.renorm_mean = average(name="renorm_mean", initializer=self.moving_mean_initializer)
            self.renorm_stddev = average(name="renorm_stddev", initializer=self._initial_stddev)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: shape[0]})

    def _initial_stddev(self, shape, dtype=None):
        return sqrt(self.moving_variance_initializer(shape, dtype=dtype))

    def call(self, inputs, training=None, mask=None):
        inputs = _floats(self, inputs)
        dtype, x = inputs.dtype, normalization.wide(inputs)
        if mask is not None and mask.ndim != x.ndim - 1:
            raise ShapeError(f"{self._titled}: the mask must have one axis less than the inputs, got "
                             f"shape {mask.shape} for inputs of shape {inputs.shape}.")
        axis = self.axis % x.ndim
        if not (training and self.trainable):
            return cast(normalization.batch_normalization(
                x, self.moving_mean, self.moving_variance, axis, self.beta, self.gamma, self.epsilon), dtype)
        others = tuple([i for i in range(x.ndim) if i != axis])
        if mask is None:
            y, mean, variance = normalization.standardized(x, others, self.epsilon)
        else:
            mean, variance = _masked_moments(x, mask, others)
            y = (x - mean) * rsqrt(variance + self.epsilon)
        mean, variance = reshape(mean, shape=(-1,)), reshape(variance, shape=(-1,))
        gamma, beta = self._renormed(mean, variance) if self.renorm else (self.gamma, self.beta)
        self._update(mean, variance)
        gamma, beta = (normalization.along(x, v, (axis,)) for v in (gamma, beta))
        return cast(normalization.transformed(y, gamma, beta), dtype)

    def _renormed(self, mean, variance):
        """Factor and offset for the standardized batch, with the corrections of batch renormalization in them."""
        limits = self.renorm_clipping
        averaged = maximum(cast(self.renorm_stddev, mean.dtype), math.sqrt(self.epsilon))
        factor = sqrt(variance + self.epsilon) / averaged
        shift = (mean - cast(self.renorm_mean, mean.dtype)) / averaged
        if limits.get("rmin") is not None:
            factor = maximum(factor, limits["rmin"])
        if limits.get("rmax") is not None:
            factor = minimum(factor, limits["rmax"])
        if limits.get("dmax") is not None:
            shift = clip(shift, -limits["dmax"], limits["dmax"])
        factor, shift = stop_gradient(factor), stop_gradient(shift)
        if self.scale:
            factor, shift = factor * self.gamma, shift * self.gamma
        return factor, shift + self.beta if self.center else shift

    def _update(self, mean, variance):
        """Take the numbers of a batch into the averages."""
        _move(self.moving_mean, mean, self.momentum)
        if not self.renorm:
            _move(self.moving_variance, variance, self.momentum)
            return
        stddev = sqrt(variance + self.epsilon)
        _move(self.renorm_mean, mean, self.renorm_momentum)
        _move(self.renorm_stddev, stddev, self.renorm_momentum)
        _move(self.moving_stddev, stddev, self.momentum)
        self.moving_variance.assign(maximum(square(self.moving_stddev) - self.epsilon, 0.0))


def _move(average, value, momentum):
    average.assign(average * momentum + cast(value, average.dtype) * (1.0 - momentum))


def _masked_moments(x, mask, axes):
    """Mean and variance along `axes`, which are kept as 1, of the places where `mask` (of one axis less) is true."""
    counts = broadcast_to(expand_dims(cast(mask, "bool"), -1), shape=shape_of(x))
    # As in Keras, the small number keeps the numbers of nothing finite.
    total = sum(cast(counts, x.dtype), axis=axes, keepdims=True) + epsilon()
    mean = sum(select(counts, x, 0.0), axis=axes, keepdims=True) / total
    return mean, sum(square(select(counts, x - mean, 0.0)), axis=axes, keepdims=True) / total


def _known_clipping(limits):
    limits = dict(limits or {})
    unknown = set(limits) - {"rmax", "rmin", "dmax"}
    if unknown:
        raise ValueError(f"BatchNormalization: renorm_clipping takes rmin, rmax and dmax, got {min(unknown)!r}.")
    for name, value in limits.items():
        number(f"BatchNormalization: renorm_clipping[{name!r}]", value, 0, optional=True)
    low, high = limits.get("rmin"), limits.get("rmax")
    if low is not None and high is not None and high < low:
        raise ValueError(f"BatchNormalization: renorm_clipping needs rmin <= rmax, got {low} and {high}.")
    return limits


class SpectralNormalization(Wrapper):
    """The layer inside, its kernel (or embeddings) divided by an estimate of its largest singular value.

    In training each call takes power_iterations steps of the power method and divides the kernel itself, once and for
    all; otherwise the layer is called as it is. Source: Miyato et al. 2018, algorithm 1.
    """

    def __init__(self, layer, power_iterations=1, **kwargs):
        super().__init__(layer, **kwargs)
        self.power_iterations = count("SpectralNormalization: power_iterations", power_iterations)

    def build(self, input_shape):
        super().build(input_shape)
        self.kernel = getattr(self.layer, "kernel", getattr(self.layer, "embeddings", None))
        if self.kernel is None:
            raise ValueError(f"{self._titled}: {type(self.layer).__name__} has neither a kernel "
                             "nor embeddings to normalize.")
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        self.vector_u = self.add_weight(name="vector_u", shape=(1, self.kernel.shape[-1]), trainable=False,
                                        initializer=initializers.TruncatedNormal(stddev=0.02), dtype=self.kernel.dtype)

    def call(self, inputs, training=False):
        if training:
            self._normalize()
        return cast(self.layer(inputs), self.dtype)

    def _normalize(self):
        matrix, u = reshape(self.kernel, shape=(-1, self.kernel.shape[-1])), self.vector_u
        is_zero = all(equal(matrix, 0.0))       # there is no direction to find then
        for _ in range(self.power_iterations):
            v = normalize(matmul(u, transpose(matrix)), axis=None)
            u = normalize(matmul(v, matrix), axis=None)
        size = matmul(matmul(v, matrix), transpose(u))
        self.vector_u.assign(select(is_zero, self.vector_u, u))
        self.kernel.assign(select(is_zero, self.kernel, reshape(matrix / size, shape=self.kernel.shape)))
