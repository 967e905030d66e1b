"""Normalization: mean and variance taken out of tensors along axes."""

from ..autograd.linear import reshape
from ..autograd.operands import as_tensor, shape_of
from .arithmetic import square
from .creation import cast
from .crossentropy import EPSILON
from .reduce import axes_of, mean
from .unary import rsqrt


def _wide(x):
    """`x` in a float dtype that has the range for squares: half precision as float32."""
    x = as_tensor(x)
    return cast(x, "float32") if x.dtype == "float16" or not x.dtype.is_floating else x


def _along(x, vector, axes):
    """`vector`, with one entry for each place along `axes` of `x`, ready to be broadcast with `x`."""
    if vector is None:
        return None
    vector = as_tensor(vector, x.dtype)
    if vector.ndim == x.ndim or axes == (x.ndim - 1,):
        return vector
    return reshape(vector, shape=tuple([n if i in axes else 1 for i, n in enumerate(shape_of(x))]))


def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, all given for each place along `axis`."""
    x = as_tensor(x)
    axes = axes_of(axis, x.ndim, "batch_normalization")
    mean, variance, offset, scale = (_along(x, vector, axes) for vector in (mean, variance, offset, scale))
    factor = rsqrt(variance + epsilon)
    y = (x - mean) * (factor if scale is None else factor * scale)
    return y if offset is None else y + offset


def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, mean and variance of x itself along `axis`.

    gamma, beta   one for each place along `axis`
    epsilon       config.epsilon() by default
    """
    dtype, x = as_tensor(x).dtype, _wide(x)
    axes = axes_of(axis, x.ndim, "layer_normalization")
    gamma, beta = _along(x, gamma, axes), _along(x, beta, axes)
    x = x - mean(x, axis=axes, keepdims=True)
    y = x * rsqrt(mean(square(x), axis=axes, keepdims=True) + (EPSILON if epsilon is None else epsilon))
    y = y if gamma is None else y * gamma
    return cast(y if beta is None else y + beta, dtype)


def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """x / sqrt(mean of x**2 along `axis` + epsilon) * scale. Source: Zhang & Sennrich 2019, eq. 4."""
    dtype, x = as_tensor(x).dtype, _wide(x)
    y = x * rsqrt(mean(square(x), axis=axis, keepdims=True) + (EPSILON if epsilon is None else epsilon))
    return cast(y if scale is None else y * as_tensor(scale, y.dtype), dtype)
