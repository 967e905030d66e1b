"""Sums, extremes, products and means along axes."""

import numpy as np

from ..autograd import dims
from ..autograd.dtypes import is_complex
from ..autograd.linear import broadcast_to, cast, permute, reshape
from ..autograd.op import floated, kept, linear, looped_if_flat, primitive, shifted
from ..autograd.operands import as_tensor
from .arithmetic import absolute, divide_no_nan, equal, select, square
from .running import cumprod
from .unary import exp


def axes_of(axis, ndim, where=None):
    """`axis` (None, an integer or several) as a tuple of axes from the front, None for all of them."""
    if axis is None:
        return None
    if isinstance(axis, (list, tuple)):
        return tuple(sorted({dims.normalize_axis(int(a), ndim, where) for a in axis}))
    return (dims.normalize_axis(int(axis), ndim, where),)


def keep_shape(shape, axis):
    """`shape` with the reduced axes kept as 1."""
    axes = range(len(shape)) if axis is None else axes_of(axis, len(shape))
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def reduced_shape(x, axis=None, keepdims=False, **_):
    """The shape of a reduction of shape `x` along `axis`."""
    if keepdims:
        return keep_shape(x, axis)
    axes = range(len(x)) if axis is None else axes_of(axis, len(x))
    return tuple(n for i, n in enumerate(x) if i not in axes)


def restored(d, x, axis):
    """A cotangent of a reduction, with the reduced axes back as 1."""
    shape = keep_shape(x.shape, axis)
    return d if d.shape == shape else reshape(d, shape=shape)


def _sum_transpose(d, x, axis=None, keepdims=False):
    return broadcast_to(d if axis is None else restored(d, x, axis), shape=x.shape)


def _total_dtype(dtype):
    """Of sums and products: small integers and booleans count as int32 or uint32, others keep their type."""
    if dtype.kind == "b" or (dtype.kind in "iu" and dtype.itemsize < 4):
        return np.dtype("uint32" if dtype.kind == "u" else "int32")
    return dtype


def _total_result(inputs, attrs):
    return _total_dtype(inputs[0].dtype.dtype)


@linear(_sum_transpose, shape=reduced_shape, policy=kept, result=_total_result)
def sum(x, *, axis=None, keepdims=False, out=None):
    """The sum along `axis` (an integer, several, or None for all). Integers of less than 32 bits and booleans count as
    32 bits."""
    # NumPy would widen int32 to int64; Keras and TensorFlow keep the type.
    return np.add.reduce(x, axis, x.dtype if x.dtype.kind == "f" else _total_dtype(x.dtype), out, keepdims)


def _mean_transpose(d, x, axis=None, keepdims=False):
    d = d / (x.size / (d.size or 1))
    return broadcast_to(d if axis is None else restored(d, x, axis), shape=x.shape)


@linear(_mean_transpose, shape=reduced_shape, policy=floated)
def mean(x, *, axis=None, keepdims=False, out=None):
    """The mean along `axis`; integers give the default float. Of nothing it is NaN."""
    total = np.add.reduce(x, axis, None, out, keepdims)
    return np.divide(total, x.size / (total.size or 1), out=out)


def _extreme_rule(d, y, x, axis=None, keepdims=False):
    mask = cast(x == restored(y, x, axis), dtype=d.dtype)
    return restored(d, x, axis) * mask / sum(mask, axis=axis, keepdims=True)


@primitive(_extreme_rule, shape=reduced_shape, batch=shifted)
def max(x, *, axis=None, keepdims=False, out=None):
    """The largest element along `axis`; equal ones share the gradient."""
    return np.maximum.reduce(x, axis, None, out, keepdims)


@primitive(_extreme_rule, shape=reduced_shape, batch=shifted)
def min(x, *, axis=None, keepdims=False, out=None):
    """The smallest element along `axis`; equal ones share the gradient."""
    return np.minimum.reduce(x, axis, None, out, keepdims)


# Above this many factors the exact form, quadratic in their number, gives way to running products.
EXACT_PRODUCT = 64


def _prod_rule(d, y, x, axis=None, keepdims=False):
    """Derivative of a product: for each factor the product of the others, right also where one is 0."""
    axis = tuple(range(len(x.shape))) if axis is None else axes_of(axis, len(x.shape))
    rest = tuple(i for i in range(len(x.shape)) if i not in axis)
    order = rest + axis
    kept_shape = tuple(x.shape[i] for i in rest)
    n = dims.product([x.shape[i] for i in axis])
    factors = reshape(_transposed(x, order), shape=(*kept_shape, n))
    if n <= EXACT_PRODUCT:
        square_of = broadcast_to(reshape(factors, shape=(*kept_shape, 1, n)), shape=(*kept_shape, n, n))
        own = equal(np.arange(n).reshape(n, 1), np.arange(n))
        others = prod(select(own, 1.0, square_of), axis=(len(rest) + 1,))
    else:
        before = cumprod(factors, axis=-1, exclusive=True, reverse=False)
        others = before * cumprod(factors, axis=-1, exclusive=True, reverse=True)
    others = reshape(others, shape=tuple(x.shape[i] for i in order))
    inverse = tuple(order.index(i) for i in range(len(order)))
    return restored(d, x, axis) * _transposed(others, inverse)


@primitive(_prod_rule, shape=reduced_shape, policy=kept, result=_total_result, batch=shifted)
def prod(x, *, axis=None, keepdims=False):
    """The product along `axis`. Integers of less than 32 bits and booleans count as 32 bits."""
    return np.multiply.reduce(x, axis, _total_dtype(x.dtype), None, keepdims)


def _transposed(x, axes):
    return x if axes == tuple(range(len(axes))) else permute(x, axes=axes)


def _all_any(ufunc, text):
    def reduce(x, *, axis=None, keepdims=False):
        return ufunc.reduce(x, axis, np.bool_, None, keepdims)
    reduce.__name__ = {"logical_and": "all", "logical_or": "any"}[ufunc.__name__]
    reduce.__doc__ = f"Whether {text} along `axis` is true."
    return primitive(shape=reduced_shape, policy=kept, result=bool, batch=shifted)(reduce)


all = _all_any(np.logical_and, "every element")
any = _all_any(np.logical_or, "some element")


@primitive(shape=reduced_shape, policy=kept, batch=looped_if_flat,
           result=lambda inputs, attrs: np.dtype(attrs.get("dtype", "int32")))
def argmax(x, *, axis=None, keepdims=False, dtype="int32"):
    """Index of the first largest element along `axis`, of the flat tensor if it is None."""
    return np.argmax(x, axis, keepdims=keepdims).astype(dtype)


@primitive(shape=reduced_shape, policy=kept, batch=looped_if_flat,
           result=lambda inputs, attrs: np.dtype(attrs.get("dtype", "int32")))
def argmin(x, *, axis=None, keepdims=False, dtype="int32"):
    """Index of the first smallest element along `axis`, of the flat tensor if it is None."""
    return np.argmin(x, axis, keepdims=keepdims).astype(dtype)


def _logsumexp_rule(d, y, x, axis=None, keepdims=False):
    return restored(d, x, axis) * exp(x - restored(y, x, axis))


@primitive(_logsumexp_rule, shape=reduced_shape, policy=floated, batch=shifted)
def logsumexp(x, *, axis=None, keepdims=False):
    """log(sum(exp(x))) along `axis`, without overflow."""
    top = np.maximum.reduce(x, axis, None, None, True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    y = np.log(np.add.reduce(np.exp(x - top), axis, None, None, True)) + top
    return y if keepdims else y.reshape(reduced_shape(x.shape, axis))


def _norm_rule(d, y, x, axis=None, keepdims=False):
    return divide_no_nan(restored(d, x, axis) * x, restored(y, x, axis))


@primitive(_norm_rule, shape=reduced_shape, policy=floated, batch=shifted)
def euclidean_norm(x, *, axis=None, keepdims=False):
    """The square root of the sum of squares along `axis`. Its gradient at 0 is 0 (TensorFlow gives NaN)."""
    return np.sqrt(np.add.reduce(np.square(np.abs(x)), axis, None, None, keepdims))


def _root_mean_square_rule(d, y, x, axis=None, keepdims=False):
    y = restored(y, x, axis)
    return divide_no_nan(restored(d, x, axis) * x, y * (x.size / (y.size or 1)))


@primitive(_root_mean_square_rule, shape=reduced_shape, policy=floated, batch=shifted)
def root_mean_square(x, *, axis=None, keepdims=False):
    """The square root of the mean of squares along `axis`. Its gradient at 0 is 0, as that of the norm."""
    total = np.add.reduce(np.square(np.abs(x)), axis, None, None, keepdims)
    return np.sqrt(total / (x.size / (total.size or 1)))


def var(x, axis=None, keepdims=False):
    """The population variance along `axis`; of complex numbers that of the real parts plus that of the imaginary."""
    x = as_tensor(x)
    away = x - mean(x, axis, keepdims=True)
    return mean(square(absolute(away) if is_complex(away) else away), axis, keepdims)


def std(x, axis=None, keepdims=False):
    """The population standard deviation along `axis`. Its gradient is 0 where it is 0 (TensorFlow gives NaN)."""
    x = as_tensor(x)
    return root_mean_square(x - mean(x, axis, keepdims=True), axis=axis, keepdims=keepdims)
