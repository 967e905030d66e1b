"""Norms of vectors and matrices, and scaling to a norm. Every norm's gradient at 0 is 0 (TensorFlow gives NaN)."""

import numpy as np

from ..autograd import dtypes
from ..autograd.dtypes import is_complex
from ..autograd.indexed_slices import IndexedSlices
from ..autograd.linear import cast, stack
from ..autograd.op import floated, primitive, shifted
from ..autograd.operands import as_tensor
from .arithmetic import absolute, divide_no_nan, maximum, not_equal, power, sign, square
from .creation import as_float
from .decompositions import singular_values
from .reduce import axes_of, euclidean_norm, max, min, reduced_shape, restored, sum
from .shapes import expand_dims, moveaxis, squeeze
from .unary import rsqrt


def _power_norm_rule(d, y, x, order, axis=None, keepdims=False):
    """d sign(x) |x / y|^(order - 1), and 0 where x / y is 0: an infinite slope below order 1 is a kink at 0."""
    ratio = divide_no_nan(absolute(x), restored(y, x, axis))
    there = cast(ratio != 0, dtype=d.dtype)
    return restored(d, x, axis) * sign(x) * there * power(ratio + (1.0 - there), order - 1.0)


@primitive(_power_norm_rule, shape=lambda x, order, **attrs: reduced_shape(x, **attrs), policy=floated, batch=shifted)
def power_norm(x, *, order, axis=None, keepdims=False):
    """(sum of |x|**order)**(1 / order) along `axis`, for an order other than 0; not a norm below 1."""
    with np.errstate(divide="ignore"):      # a negative power of 0 is infinite, and such a norm 0
        total = np.add.reduce(np.power(np.abs(x), order), axis, None, None, keepdims)
        return np.power(total, 1.0 / order)


def _vector_norm(x, order, axis, keepdims):
    if order is None or order == 2:
        return euclidean_norm(x, axis=axis, keepdims=keepdims)
    if isinstance(order, str):
        raise ValueError(f"norm: {order!r} is a norm of matrices; of vectors there are numbers, inf and -inf.")
    x = absolute(x) if is_complex(x) else x
    if order == 0:
        return sum(cast(not_equal(x, 0), dtype=x.dtype), axis=axis, keepdims=keepdims)
    if np.isinf(order):
        return (max if order > 0 else min)(absolute(x), axis=axis, keepdims=keepdims)
    return power_norm(x, order=float(order), axis=axis, keepdims=keepdims)


def _matrix_norm(x, order, axis, keepdims):
    if order is None or order == "fro":
        return euclidean_norm(x, axis=axis, keepdims=keepdims)
    if order in ("nuc", 2, -2):
        s = singular_values(moveaxis(x, axis, (-2, -1)))
        y = sum(s, axis=-1) if order == "nuc" else s[..., 0 if order == 2 else -1]
        return expand_dims(y, sorted(a % x.ndim for a in axis)) if keepdims else y
    if order in (1, -1, np.inf, -np.inf):
        along, across = axis if abs(order) == 1 else axis[::-1]
        y = (max if order > 0 else min)(sum(absolute(x), axis=along, keepdims=True), axis=across, keepdims=True)
        return y if keepdims else squeeze(y, axis)
    raise ValueError(f"norm: {order!r} is no norm of matrices; use 'fro', 'nuc', 1, -1, 2, -2, inf or -inf.")


def norm(x, ord=None, axis=None, keepdims=False):
    """A norm of the vectors along `axis`, or of the matrices along two axes; without `axis` of the whole of `x`.

    ord   for vectors: a number (0 counts what is not 0), inf or -inf; 2 by default
          for matrices: 'fro' (default), 'nuc', 1, -1, inf, -inf (sums of columns and rows), 2, -2 (singular values)
    Integers are taken as floats. The gradient at 0 is 0 for every order (TensorFlow gives NaN). Raises ValueError for
    an order without a meaning there, or for one given without `axis` where `x` is neither vector nor matrix.
    """
    x = as_float(x)
    if axis is None and ord is not None and x.ndim not in (1, 2):
        raise ValueError(f"norm: ord={ord!r} of a tensor of shape {x.shape} needs an axis, or two for matrices.")
    axes = tuple(range(x.ndim)) if axis is None else tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    axes_of(axes, x.ndim, "norm")       # are they there?
    if len({a % x.ndim for a in axes}) < len(axes) or (axis is not None and len(axes) not in (1, 2)):
        raise ValueError(f"norm: axis must be an integer or two different ones, got {axis!r}.")
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    return _vector_norm(x, ord, axes[0] if len(axes) == 1 else None, keepdims)


def vector_norm(x, ord=2, axis=None, keepdims=False):
    """The norm of the vectors along `axis` (an integer or several), of all elements if it is None."""
    return _vector_norm(as_float(x), ord, axes_of(axis, as_tensor(x).ndim, "norm"), keepdims)


def cdist(x, y):
    """Euclidean distances of the rows of `x` to those of `y`. Shapes: (..., m, d), (..., n, d) -> (..., m, n)."""
    x, y = as_tensor(x), as_tensor(y)
    return norm(x[..., :, None, :] - y[..., None, :, :], axis=-1)


def normalize(x, axis=-1, order=2, epsilon=None):
    """`x` divided by its norm along `axis`, or by `epsilon` where the norm is smaller.

    order     of the norm, an integer from 1;  epsilon: config.epsilon() by default
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"normalize: order must be an integer of 1 or more, got {order!r}.")
    x = as_float(x)
    epsilon = dtypes.epsilon() if epsilon is None else epsilon
    size = vector_norm(x, order, axis, True) if order == 2 or axis is None else norm(x, order, axis, True)
    return x / maximum(size, epsilon)


def l2_normalize(x, axis=None, epsilon=1e-12):
    """`x` divided by its Euclidean norm along `axis`, or by sqrt(`epsilon`) where the norm is smaller."""
    x = as_tensor(x)
    return x * rsqrt(maximum(sum(square(x), axis=axes_of(axis, x.ndim), keepdims=True), epsilon))


def _values(x):
    return x.values if isinstance(x, IndexedSlices) else x


def _like(x, values):
    return IndexedSlices(values, x.indices, x.dense_shape) if isinstance(x, IndexedSlices) else values


def global_norm(t_list):
    """The Euclidean norm of all elements of a list of tensors; None in it is passed over."""
    norms = [euclidean_norm(_values(t)) for t in t_list if t is not None]
    return euclidean_norm(stack(*norms, axis=0)) if norms else as_tensor(0.0)


def clip_by_norm(t, clip_norm, axes=None):
    """`t` scaled down where its Euclidean norm along `axes` is above `clip_norm`, so that it is that."""
    values = as_tensor(_values(t))
    bound = maximum(clip_norm, as_tensor(0.0, values.dtype))
    size = euclidean_norm(values, axis=axes_of(axes, values.ndim), keepdims=True)
    # The larger is 0 only where the values are, or are to be.
    return _like(t, divide_no_nan(values * bound, maximum(size, bound)))


def clip_by_global_norm(t_list, clip_norm, use_norm=None):
    """A list of tensors, scaled down together if their global norm is above `clip_norm`; and that norm.

    use_norm   the norm to go by, if it is known. None in the list stays; an infinite norm gives NaN, as in TensorFlow
    """
    size = global_norm(t_list) if use_norm is None else as_tensor(use_norm)
    scale = divide_no_nan(clip_norm, maximum(size, clip_norm)) + (size - size)
    return [None if t is None else _like(t, as_tensor(_values(t)) * cast(scale, dtype=as_tensor(_values(t)).dtype))
            for t in t_list], size
