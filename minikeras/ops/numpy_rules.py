"""What tensors do in NumPy's functions where `minikeras.ops` differs from NumPy in arguments or meaning.

A function here stands for NumPy's of the same name (`numpy_reductions` has sums and their like, `numpy_linalg` those
of np.linalg) and names the arguments that it honours as NumPy does. `numpy_protocol` refuses any other argument, unless
it is NumPy's own default.
"""

import builtins

import numpy as np

from .. import ops
from ..autograd import dims
from ..autograd.dtypes import floating
from ..autograd.linear import concatenate as concatenate_op
from ..autograd.linear import stack as stack_op
from ..autograd.operands import as_tensor, common_dtype, shape_of
from ..autograd.tensor import Operand
from . import arithmetic
from . import reduce as reductions
from .creation import as_float
from .creation import cast as astype
from .indexing import take
from .joining import at_least
from .numpy_reductions import UNSET, cast_to
from .products import matrix_transpose
from .shapes import part
from .unary import round as around

__all__ = ["around", "astype", "matrix_transpose", "take"]

# Asking about shape, changing type


def shape(a):
    return tuple(shape_of(a))


def ndim(a):
    return len(shape_of(a))


def size(a, axis=None):
    extents = shape_of(a)
    axes = reductions.axes_of(axis, len(extents))
    return dims.product(extents if axes is None else [extents[i] for i in axes])


def _filled(number):
    def fill(a, dtype=None, shape=None):
        a = as_tensor(a)
        shape = shape_of(a) if shape is None else _extents(shape)
        return (ops.ones if number else ops.zeros)(shape, a.dtype if dtype is None else dtype)
    return fill


zeros_like = empty_like = _filled(0)
ones_like = _filled(1)


def full_like(a, fill_value, dtype=None, shape=None):
    a = as_tensor(a)
    shape = shape_of(a) if shape is None else _extents(shape)
    return ops.broadcast_to(ops.cast(fill_value, a.dtype if dtype is None else dtype), shape)


def _extents(shape):
    return (shape,) if np.ndim(shape) == 0 and not isinstance(shape, (tuple, list)) else tuple(shape)


# Shapes and joining


def reshape(a, shape, order="C"):
    if order == "F":
        return ops.transpose(reshape(ops.transpose(a), _extents(shape)[::-1]))
    _known_order("reshape", order)
    return ops.reshape(a, shape)


def ravel(a, order="C"):
    return reshape(a, (-1,), order)


def _known_order(name, order):
    # 'A' and 'K' ask how the elements lie in memory, which is no property of a tensor.
    if order != "C":
        raise ValueError(f"np.{name}: order is {order!r}; for tensors it can be 'C' or 'F'.")


def rollaxis(a, axis, start=0):
    a = as_tensor(a)
    axis = dims.normalize_axis(axis, a.ndim, "rollaxis")
    start = start + a.ndim if start < 0 else start
    return ops.moveaxis(a, axis, start - 1 if axis < start else start)


def concatenate(arrays, axis=0, dtype=None):
    if axis is None:
        arrays, axis = [ops.ravel(a) for a in arrays], 0
    return cast_to(concatenate_op(*arrays, axis=axis), dtype)


def stack(arrays, axis=0, dtype=None):
    return cast_to(stack_op(*arrays, axis=axis), dtype)


def _each(function):
    def apply(*arrays):
        results = [function(a) for a in arrays]
        return results[0] if len(results) == 1 else tuple(results)
    return apply


atleast_1d = _each(lambda a: at_least(a, 1))
atleast_2d = _each(lambda a: at_least(a, 2))
atleast_3d = _each(lambda a: at_least(a, 3))


def column_stack(tup):
    return concatenate([a if a.ndim > 1 else ops.reshape(a, (-1, 1)) for a in map(as_tensor, tup)], 1)


def block(arrays):
    """Nested lists joined along the last axis innermost, as np.block does."""
    depth = _depth(arrays)
    ndim = builtins.max(depth, *[len(shape_of(leaf)) for leaf in _leaves(arrays)])
    return _blocked(arrays, ndim, -depth)


def _depth(arrays):
    return 1 + _depth(arrays[0]) if isinstance(arrays, list) else 0


def _leaves(arrays):
    return [leaf for item in arrays for leaf in _leaves(item)] if isinstance(arrays, list) else [arrays]


def _blocked(arrays, ndim, axis):
    if isinstance(arrays, list):
        return concatenate([_blocked(item, ndim, axis + 1) for item in arrays], axis)
    a = as_tensor(arrays)
    return ops.reshape(a, (*[1] * (ndim - a.ndim), *shape_of(a)))


def resize(a, new_shape):
    new_shape = _extents(new_shape)
    return ops.reshape(ops.take(a, np.arange(dims.product(new_shape)) % size(a)), new_shape)


def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    rows = ops.moveaxis(arr, axis, -1)
    before, n = shape_of(rows)[:-1], shape_of(rows)[-1]
    results = [as_tensor(func1d(row, *args, **kwargs)) for row in ops.unstack(ops.reshape(rows, (-1, n)))]
    y = ops.reshape(ops.stack(results), (*before, *shape_of(results[0])))
    axis = dims.normalize_axis(axis, rows.ndim, "apply_along_axis")
    for i in range(results[0].ndim):
        y = ops.moveaxis(y, len(before) + i, axis + i)
    return y


def broadcast_arrays(*args):
    shape = dims.broadcast(*[shape_of(as_tensor(a)) for a in args])
    return tuple(ops.broadcast_to(a, shape) for a in args)


def meshgrid(*xi, indexing="xy"):
    return tuple(ops.meshgrid(*xi, indexing=indexing))


def unstack(x, axis=0):
    return tuple(ops.unstack(x, axis=axis))


# Choosing elements


def clip(a, a_min=None, a_max=None, min=UNSET, max=UNSET):
    low, high = a_min if min is UNSET else min, a_max if max is UNSET else max
    if builtins.any(_has_gradient(bound) for bound in (low, high)):      # ops.clip gives its bounds none
        a = a if low is None else arithmetic.maximum(a, low)
        return a if high is None else arithmetic.minimum(a, high)
    return arithmetic.clip(a, -np.inf if low is None else low, np.inf if high is None else high)


def _has_gradient(x):
    return isinstance(x, Operand) and not (x.dtype.is_integer or x.dtype.is_bool)


def where(condition, x=None, y=None):
    if x is None and y is None:
        return np.nonzero(np.asarray(condition))
    return ops.where(condition, x, y)


def compress(condition, a, axis=None):
    return take(a, np.flatnonzero(np.asarray(condition)), axis)


def extract(condition, arr):
    return compress(np.ravel(np.asarray(condition)), arr)


def delete(arr, obj, axis=None):
    arr = ops.ravel(arr) if axis is None else as_tensor(arr)
    axis = 0 if axis is None else axis
    return take(arr, np.delete(np.arange(arr.shape[axis]), obj), axis)


def pad(array, pad_width, mode="constant", constant_values=0):
    if np.ndim(constant_values):
        raise ValueError("np.pad: constant_values of a tensor is one number for all sides.")
    return ops.pad(array, pad_width, mode, **({"constant_values": constant_values} if mode == "constant" else {}))


def insert(arr, obj, values, axis=None):
    arr, values = map(as_tensor, (arr, values))
    if axis is None:
        arr, axis = ops.ravel(arr), 0
    axis, n = dims.normalize_axis(axis, arr.ndim, "insert"), arr.shape[axis]
    values = ops.reshape(values, (*[1] * (arr.ndim - values.ndim), *shape_of(values)))
    if np.ndim(obj) == 0 and not isinstance(obj, slice):
        values = ops.moveaxis(values, 0, axis)      # as NumPy does where one index stands for several values
        obj = [obj] * values.shape[axis]
    count = np.arange(n)[obj].size if isinstance(obj, slice) else len(obj)
    extents = shape_of(arr)
    values = ops.broadcast_to(values, (*extents[:axis], count, *extents[axis + 1:]))
    order = np.insert(np.arange(n), obj, np.arange(n, n + count))
    return ops.take(concatenate_op(arr, values, axis=axis), order, axis)


def choose(a, choices):
    a = np.asarray(a)
    choices = broadcast_arrays(*choices, a)[:-1]
    a = np.broadcast_to(a, shape_of(choices[0]))
    return ops.take_along_axis(ops.stack(choices), a[None], 0)[0]


def partition(a, kth, axis=-1):
    return ops.sort(a, axis)    # NumPy leaves open how the two sides are ordered


def bincount(x, weights=None, minlength=0):
    ids = np.asarray(x)
    counts = np.bincount(ids, minlength=minlength)
    return counts if weights is None else ops.segment_sum(weights, ids, len(counts))


def interp(x, xp, fp, left=None, right=None):
    x, xp, fp = map(as_tensor, (x, xp, fp))
    i = np.clip(np.searchsorted(np.asarray(xp), np.asarray(x), "right") - 1, 0, builtins.max(xp.size - 2, 0))
    low, high = xp[i], xp[np.minimum(i + 1, xp.size - 1)]
    y = fp[i] + (x - low) / (high - low) * (fp[np.minimum(i + 1, xp.size - 1)] - fp[i])
    y = ops.where(x < xp[0], fp[0] if left is None else left, y)
    return ops.where(x > xp[-1], fp[-1] if right is None else right, y)


# Numbers


def fix(x):
    return ops.where(x < 0, ops.ceil(x), ops.floor(x))


def ediff1d(ary, to_end=None, to_begin=None):
    ary = ops.ravel(ary)
    parts = [to_begin, ary[1:] - ary[:-1], to_end]
    return concatenate_op(*[ops.ravel(as_tensor(part, ary.dtype)) for part in parts if part is not None], axis=0)


def gradient(f, *varargs, axis=None):
    f = as_float(f)
    axes = range(f.ndim) if axis is None else reductions.axes_of(axis, f.ndim)
    spacings = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    if len(spacings) != len(axes) or builtins.any(np.ndim(h) for h in spacings):
        raise TypeError("np.gradient of a tensor takes one spacing for all axes, or one number for each.")
    results = tuple(_slopes(f, axis) / h for axis, h in zip(axes, spacings))
    return results[0] if len(results) == 1 else results


def _slopes(f, axis):
    middle = 0.5 * (part(f, axis, 2) - part(f, axis, 0, -2))
    return concatenate_op(part(f, axis, 1, 2) - part(f, axis, 0, 1), middle,
                          part(f, axis, -1) - part(f, axis, -2, -1), axis=axis)


def unwrap(p, discont=None, axis=-1, period=2 * np.pi):
    numbers = np.asarray(p)     # what is added to an angle is whole periods: constant
    return p + (np.unwrap(numbers, discont, axis, period=period) - numbers)


def cov(m, y=None, rowvar=True, bias=False, ddof=None, dtype=None):
    m = _rows(m, rowvar, dtype)
    if y is not None:
        m = concatenate([m, _rows(y, rowvar, dtype)])
    away = m - reductions.mean(m, axis=1, keepdims=True)
    ddof = (0 if bias else 1) if ddof is None else ddof
    return ops.squeeze(ops.matmul(away, ops.transpose(conjugated(away))) / (m.shape[1] - ddof))


def _rows(m, rowvar, dtype):
    m = at_least(as_float(cast_to(m, dtype)), 2)
    return m if rowvar or m.shape[0] == 1 else ops.transpose(m)


def polyval(p, x):
    p, x = map(as_tensor, (p, x))
    y = ops.zeros_like(x)
    for i in range(p.shape[0]):
        y = y * x + p[i]
    return y


def _ends(*ends):
    dtype = floating(common_dtype(ends))
    return [ops.cast(end, dtype) for end in ends]


def _steps(num, endpoint, ndim):
    """Fractions from 0 to 1 along a first axis, in front of `ndim` others."""
    return np.linspace(0.0, 1.0, num, endpoint).reshape(-1, *[1] * ndim)


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    start, stop = _ends(start, stop)
    span = stop - start
    y = cast_to(ops.moveaxis(start + _steps(num, endpoint, span.ndim) * span, 0, axis), dtype)
    return (y, span / builtins.max(num - bool(endpoint), 1)) if retstep else y


def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    return cast_to(ops.power(base, linspace(start, stop, num, endpoint, axis=axis)), dtype)


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    start, stop = _ends(start, stop)
    ratio = stop / start
    return cast_to(ops.moveaxis(start * ratio ** _steps(num, endpoint, ratio.ndim), 0, axis), dtype)


def divmod(x1, x2):
    return ops.floor_divide(x1, x2), ops.mod(x1, x2)


def modf(x):
    whole = ops.trunc(x)
    return x - whole, whole


def positive(x):
    return as_tensor(x)


def float_power(x1, x2):
    return ops.power(cast_to(x1, "float64"), cast_to(x2, "float64"))


# Matrices and products


def vdot(a, b):
    a, b = map(as_tensor, (a, b))
    return ops.dot(ops.ravel(conjugated(a)), ops.ravel(b))


def vecdot(x1, x2, axis=-1):
    x1, x2 = map(as_tensor, (x1, x2))
    return reductions.sum(conjugated(x1) * x2, axis=axis)


def conjugated(x):
    return ops.conjugate(x) if x.dtype.is_complex else x


def einsum(*operands, dtype=None):
    if not isinstance(operands[0], str):
        raise TypeError("np.einsum of tensors takes its subscripts as a string, like np.einsum('ij,jk->ik', a, b).")
    return ops.einsum(operands[0], *[cast_to(a, dtype) for a in operands[1:]])


def convolve(a, v, mode="full"):
    a, v = as_tensor(a), as_tensor(v)
    # NumPy lets the longer one stay.
    return ops.correlate(*((a, ops.flip(v)) if a.shape[0] >= v.shape[0] else (v, ops.flip(a))), mode=mode)


def corrcoef(x, y=None, rowvar=True, dtype=None):
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    spread = ops.sqrt(ops.real(ops.diag(c)))
    return c / spread[:, None] / spread


def angle(z, deg=False):
    y = ops.angle(z)
    return y * (180.0 / np.pi) if deg else y


def degrees(x):
    return ops.rad2deg(x)


def radians(x):
    return ops.deg2rad(x)


def copysign(x1, x2):
    size = ops.absolute(x1)
    return ops.where(ops.signbit(x2), -size, size)
