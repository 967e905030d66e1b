"""Normalization: mean and variance taken out of tensors along axes."""

import numpy as np

from ..autograd import dims, dtypes
from ..autograd.linear import add_n, broadcast_to, ones_row, permute, reshape
from ..autograd.op import fit_to, floated, multilinear, primitive, shifted
from ..autograd.operands import as_tensor, shape_of
from .arithmetic import square
from .creation import cast
from .reduce import axes_of, keep_shape, mean, sum
from .unary import rsqrt


def wide(x):
    """`x` in a float dtype that has the range for squares: half precision as float32."""
    x = as_tensor(x)
    return cast(x, "float32") if x.dtype == "float16" or not x.dtype.is_floating else x


def along(x, vector, axes):
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
    mean, variance, offset, scale = (along(x, vector, axes) for vector in (mean, variance, offset, scale))
    factor = rsqrt(variance + epsilon)
    y = (x - mean) * (factor if scale is None else factor * scale)
    return y if offset is None else y + offset


# How many numbers the passes below work on at a time, so that they stay in the processor's cache between two of them;
# and how many of them are summed in their own precision.
BLOCK, RUN = 2**18, 2**12


def _blocks(count, size):
    """Slices of `count` entries of `size` numbers each, of about BLOCK numbers."""
    step = max(1, BLOCK // max(1, size))
    return [slice(i, i + step) for i in range(0, count, step)]


def _runs(shape, axes):
    """Extents of the runs of axes outside and in `axes`, in turn: (p, r, g, k, ...), at least four."""
    runs = [1]
    for i, n in enumerate(shape):
        if len(runs) % 2 == (i in axes):
            runs.append(n)
        else:
            runs[-1] *= n
    return runs + [1] * (4 - len(runs))


def _total(parts, k):
    """The sum over rows, and over each `k` neighbouring columns, of arrays (p, r, q), in the shape (p, 1, q).

    parts   one array, whose elements are summed, or two, whose products are
    """
    p, r, q = parts[0].shape
    total = np.zeros((p, q))
    for rows in _blocks(r, max(p * q, BLOCK // RUN)):
        if len(parts) == 2:
            total += np.einsum("prq,prq->pq", *[x[:, rows] for x in parts])
        else:       # a product with ones is several times as fast as a sum
            x = parts[0][:, rows]
            ones = ones_row(x.shape[1], x.dtype)
            total += np.matmul(x[..., 0], ones)[:, None] if q == 1 else np.matmul(ones, x)
    if k > 1:
        total = total.reshape(p, q // k, k).sum(2).repeat(k, 1)
    return total.reshape(p, 1, q).astype(parts[0].dtype, copy=False)


def _standardize_rule(d, y, x, axes, epsilon):
    (d, d_mean, d_variance), (z, mean_, variance) = d, y
    count = dims.product([x.shape[i] for i in axes])
    terms = [] if d is None else [standardize_pull(d, z, rsqrt(variance + epsilon), axes=axes)]
    if d_mean is not None:
        terms.append(broadcast_to(d_mean / count, shape=x.shape))
    if d_variance is not None:
        terms.append((x - mean_) * (d_variance * (2.0 / count)))
    return terms[0] if len(terms) == 1 else add_n(*terms)


def _statistics_shape(x, axes, **_):
    return [x, *[keep_shape(x, axes)] * 2]


@primitive(_standardize_rule, shape=_statistics_shape, policy=floated, batch=shifted,
           result=lambda inputs, attrs: [inputs[0].dtype.dtype] * 3)
def standardize(x, *, axes, epsilon):
    """(x - mean) / sqrt(variance + epsilon), the mean, and the variance along `axes`, which are kept as 1.

    axes   no more than two runs of neighbouring axes, not negative
    """
    p, r, g, k = _runs(x.shape, axes)
    count = r * k
    x3 = x.reshape(p, r, g * k)
    z = np.empty(x3.shape, x.dtype)
    means, variances = np.empty((2, p, 1, g * k), x.dtype)
    for block in _blocks(p, r * g * k):
        part, away = x3[block], z[block]
        means[block] = _total([part], k) / count
        for rows in _blocks(r, len(part) * g * k):
            np.subtract(part[:, rows], means[block], out=away[:, rows])
        variances[block] = _total([away, away], k) / count
        np.multiply(away, 1.0 / np.sqrt(variances[block] + epsilon), out=away)
    kept_shape = keep_shape(x.shape, axes)
    return z.reshape(x.shape), means[..., ::k].reshape(kept_shape), variances[..., ::k].reshape(kept_shape)


def _standardize_pull_z(u, y, d, z, factor, axes):
    return -factor * (u * mean(d * z, axis=axes, keepdims=True) + d * mean(u * z, axis=axes, keepdims=True))


@primitive(lambda u, y, d, z, factor, axes: standardize_pull(u, z, factor, axes=axes), _standardize_pull_z,
           lambda u, y, d, z, factor, axes: sum(u * y, axis=axes, keepdims=True) / factor,
           shape=lambda d, z, factor, **_: d, batch=shifted)
def standardize_pull(d, z, factor, *, axes):
    """The cotangent of the input of `standardize`: factor (d - mean of d - z (mean of d z)), for its output z and
    factor = 1 / sqrt(variance + epsilon)."""
    p, r, g, k = _runs(d.shape, axes)
    count = r * k
    d3, z3 = d.reshape(p, r, g * k), z.reshape(p, r, g * k)
    factor = factor.reshape(p, 1, g).repeat(k, 2)
    result = np.empty(d3.shape, d.dtype)
    for block in _blocks(p, r * g * k):
        part, away = d3[block], z3[block]
        shift, slope = _total([part], k) / count, _total([part, away], k) / count
        for rows in _blocks(r, len(part) * g * k):
            out = result[block, rows]
            np.multiply(away[:, rows], slope, out=out)
            np.subtract(part[:, rows], out, out=out)
            out -= shift
            out *= factor[block]
    return result.reshape(d.shape)


@multilinear(lambda u, a, b, shape: u * b, lambda u, a, b, shape: u * a, shape=lambda a, b, shape: tuple(shape))
def product_sum(a, b, *, shape):
    """`a` times `b`, two arrays of one shape, summed over the axes along which an array of `shape` is broadcast."""
    extra = a.ndim - len(shape)
    axes = [i for i, n in enumerate(a.shape) if i < extra or shape[i - extra] < n]
    p, r, g, k, *rest = _runs(a.shape, axes)
    if rest:
        return np.add.reduce(a * b, tuple(axes), None, None, True).reshape(shape)
    return _total([x.reshape(p, r, g * k) for x in (a, b)], k)[..., ::k].reshape(shape)


@primitive(lambda d, y, x, scale, offset: d * scale,
           lambda d, y, x, scale, offset: product_sum(d, x, shape=scale.shape),
           lambda d, y, x, scale, offset: fit_to(d, offset.shape),
           shape=lambda x, scale, offset: dims.broadcast(x, scale, offset), policy=floated)
def scale_and_shift(x, scale, offset, *, out=None):
    """x scale + offset, where `scale` and `offset` are broadcast to the shape of `x`."""
    y = np.multiply(x, scale, out=out)
    y += offset
    return y


def transformed(x, scale, offset):
    """x scale + offset, of which either may be None."""
    if scale is not None and offset is not None:
        return scale_and_shift(x, scale, offset)
    return x * scale if scale is not None else x + offset if offset is not None else x


def standardized(x, axes, epsilon):
    """The outputs of `standardize` for any `axes`."""
    axes = axes_of(axes, x.ndim, "standardized")
    if len(_runs(shape_of(x), axes)) <= 4:
        return standardize(x, axes=axes, epsilon=epsilon)
    order = [i for i in range(x.ndim) if i not in axes] + list(axes)
    inverse = tuple(order.index(i) for i in range(x.ndim))
    outputs = standardize(permute(x, axes=tuple(order)), axes=tuple(range(x.ndim - len(axes), x.ndim)),
                          epsilon=epsilon)
    return tuple(permute(y, axes=inverse) for y in outputs)


def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None, rms_scaling=False):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, mean and variance of x itself along `axis`.

    gamma, beta   one for each place along `axis`
    epsilon       config.epsilon() by default
    rms_scaling   x / sqrt(variance + epsilon) * gamma instead: not the root mean square, as Keras warns
    """
    dtype, x = as_tensor(x).dtype, wide(x)
    axes = axes_of(axis, x.ndim, "layer_normalization")
    gamma, beta = along(x, gamma, axes), along(x, beta, axes)
    epsilon = dtypes.epsilon() if epsilon is None else epsilon
    y, _, variance = standardized(x, axes, epsilon)
    if rms_scaling:
        y, beta = x * rsqrt(variance + epsilon), None
    return cast(transformed(y, gamma, beta), dtype)


def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """x / sqrt(mean of x**2 along `axis` + epsilon) * scale. Source: Zhang & Sennrich 2019, eq. 4."""
    dtype, x = as_tensor(x).dtype, wide(x)
    y = x * rsqrt(mean(square(x), axis=axis, keepdims=True) + (dtypes.epsilon() if epsilon is None else epsilon))
    return cast(y if scale is None else y * as_tensor(scale, y.dtype), dtype)
