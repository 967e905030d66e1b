"""Products of vectors, matrices and arrays."""

import numpy as np

from ..autograd import dims
from ..autograd.linear import getitem, reshape
from ..autograd.op import composed, declare, fit_to, floated, multilinear, promoted, spread
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .arithmetic import clip
from .reduce import mean
from .shapes import diagonal_op, flip_op, moveaxis, pad_zeros, ravel, swapaxes, transpose
from .unary import sqrt


def matmul_shape(a, b):
    if not a or not b:
        raise ShapeError("matmul: a scalar has no matrix product; use multiply.")
    rows = a if len(a) > 1 else (1, *a)
    columns = b if len(b) > 1 else (*b, 1)
    dims.unify(rows[-1], columns[-2], f"matmul of shapes {dims.public_shape(a)} and {dims.public_shape(b)}: the last "
               "axis of the first and the last but one of the second")
    batch = dims.broadcast(rows[:-2], columns[:-2])
    return (*batch, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


def matrix_transpose(x):
    """The last two axes exchanged."""
    return x.T if x.ndim == 2 else swapaxes(x, -1, -2)


def _matmul_a(d, a, b):
    if a.ndim == b.ndim == 2:
        return d @ b.T
    if b.ndim == 1:
        return d[..., None] * b if a.ndim > 1 else d * b
    if a.ndim == 1:
        return b @ d if b.ndim == 2 else fit_to((b @ d[..., None])[..., 0], a.shape)
    return fit_to(d @ matrix_transpose(b), a.shape)


def _matmul_b(d, a, b):
    if a.ndim == b.ndim == 2:
        return a.T @ d
    if a.ndim == 1:
        return d * a if b.ndim == 1 else a[:, None] * d[..., None, :]
    if b.ndim == 1:
        return d @ a if a.ndim == 2 else fit_to((d[..., None, :] @ a)[..., 0, :], b.shape)
    if b.ndim == 2 and a.ndim > 2:      # one product instead of one per leading index and a sum
        return reshape(a, shape=(-1, a.shape[-1])).T @ reshape(d, shape=(-1, d.shape[-1]))
    return fit_to(matrix_transpose(a) @ d, b.shape)


def _matmul_batch(op, inputs, flags, attrs, size):
    a, b = inputs
    rows, columns = a.ndim - flags[0], b.ndim - flags[1]
    if flags == [True, False] and rows <= 2 and columns <= 2:       # one product for the whole batch
        y = matmul(reshape(a, shape=(dims.product(a.shape[:-1]), a.shape[-1])), b)
        return reshape(y, shape=(*a.shape[:-1], *y.shape[1:]))
    if flags == [False, True] and rows == 2 and (columns == 1 or b.shape[-1] == 1):
        y = matmul(reshape(b, shape=(size, b.shape[1])), matrix_transpose(a))
        return y if columns == 1 else reshape(y, shape=(size, a.shape[0], 1))
    # A vector counts as a row or a column; then the leading axes are aligned, the batch first.
    a = reshape(a, shape=(*a.shape[:-1], 1, a.shape[-1])) if rows == 1 else a
    b = reshape(b, shape=(*b.shape, 1)) if columns == 1 else b
    most = max(a.ndim - flags[0], b.ndim - flags[1])
    y = matmul(_led(a, flags[0], most), _led(b, flags[1], most))
    extents = list(y.shape)
    if columns == 1:
        del extents[-1]
    if rows == 1:
        del extents[-1 if columns == 1 else -2]
    return reshape(y, shape=tuple(extents))


def _led(x, flag, most):
    """A batched `x` with axes of extent 1 after the first, so that the others align from the right."""
    if not flag or x.ndim - 1 == most:
        return x
    return reshape(x, shape=(x.shape[0], *(1,) * (most - (x.ndim - 1)), *x.shape[1:]))


@multilinear(_matmul_a, _matmul_b, shape=matmul_shape, batch=_matmul_batch)
def matmul(x1, x2, *, out=None):
    """The matrix product over the last two axes, leading axes broadcast; a vector counts as a row or a column."""
    return np.matmul(x1, x2, out=out)


def _affine_shape(x, kernel, bias):
    return dims.broadcast(matmul_shape(x, kernel), bias)


def _affine_pull(d, y, xs, attrs, wanted):
    (x, kernel, bias), (want_x, want_kernel, want_bias) = xs, wanted
    return (None if want_x is None else _matmul_a(d, x, kernel),
            None if want_kernel is None else _matmul_b(d, x, kernel),
            None if want_bias is None else fit_to(d, bias.shape))


@declare("primitive", _affine_pull, _affine_shape, promoted,
         batch=composed(lambda x, kernel, bias: matmul(x, kernel) + bias))
def affine(x, kernel, bias, *, out=None):
    """x @ kernel + bias, with a bias of one axis: one op where matmul and add would be two."""
    y = np.matmul(x, kernel, out=out)
    y += bias
    return y


def tensordot(x1, x2, axes=2):
    """The sum of products over axes: the last and first `axes` of each, or two sequences of axes."""
    x1, x2 = as_tensor(x1), as_tensor(x2)
    extents_a, extents_b = shape_of(x1), shape_of(x2)
    if isinstance(axes, int):
        axes = (range(x1.ndim - axes, x1.ndim), range(axes))
    over_a, over_b = ([axis] if isinstance(axis, int) else list(axis) for axis in axes)
    over_a = [dims.normalize_axis(int(i), x1.ndim, "tensordot") for i in over_a]
    over_b = [dims.normalize_axis(int(i), x2.ndim, "tensordot") for i in over_b]
    for i, j in zip(over_a, over_b, strict=True):
        dims.unify(extents_a[i], extents_b[j], f"tensordot of shapes {x1.shape} and {x2.shape}: axis {i} of the first "
                   f"and {j} of the second")
    rest_a = [i for i in range(x1.ndim) if i not in over_a]
    rest_b = [i for i in range(x2.ndim) if i not in over_b]
    left = _as_matrix(transpose(x1, rest_a + over_a), len(rest_a))
    right = _as_matrix(transpose(x2, over_b + rest_b), len(over_b))
    return reshape(matmul(left, right), shape=(*[extents_a[i] for i in rest_a], *[extents_b[i] for i in rest_b]))


def _as_matrix(x, count):
    """`x` with its first `count` axes as rows and the others as columns."""
    extents = shape_of(x)
    return reshape(x, shape=(dims.product(extents[:count]), dims.product(extents[count:])))


def dot(x1, x2):
    """NumPy's dot: the last axis of `x1` with the last but one of `x2`; with a scalar, the product."""
    x1, x2 = as_tensor(x1), as_tensor(x2)
    if not x1.ndim or not x2.ndim:
        return x1 * x2
    return tensordot(x1, x2, ([x1.ndim - 1], [x2.ndim - 2 if x2.ndim > 1 else 0]))


def matvec(a, b):
    """Matrices times vectors over the last axes."""
    b = as_tensor(b)
    return matmul(a, b) if b.ndim == 1 else getitem(matmul(a, b[..., None]), index=(Ellipsis, 0))


def outer(x1, x2):
    """The product of every element of `x1` with every element of `x2`: a matrix, both taken flat."""
    return ravel(x1)[:, None] * ravel(x2)[None, :]


def inner(x1, x2):
    """The sum of products over the last axis of both; with a scalar, the product."""
    x1, x2 = as_tensor(x1), as_tensor(x2)
    return tensordot(x1, x2, ([-1], [-1])) if x1.ndim and x2.ndim else x1 * x2


def vdot(x1, x2):
    """The sum of products of all elements, a number; complex numbers are not conjugated."""
    return matmul(ravel(x1), ravel(x2))


def kron(x1, x2):
    """The Kronecker product: each element of `x1` times the whole of `x2`, laid out as blocks."""
    x1, x2 = as_tensor(x1), as_tensor(x2)
    ndim = max(x1.ndim, x2.ndim)
    outside = (1,) * (ndim - x1.ndim) + tuple(shape_of(x1))
    inside = (1,) * (ndim - x2.ndim) + tuple(shape_of(x2))
    blocks = reshape(x1, shape=tuple([n for extent in outside for n in (extent, 1)])) \
        * reshape(x2, shape=tuple([n for extent in inside for n in (1, extent)]))
    return reshape(blocks, shape=tuple([m * n for m, n in zip(outside, inside)]))


def _cross_shape(a, b):
    for shape in (a, b):
        if not shape or (type(shape[-1]) is int and shape[-1] != 3):
            raise ShapeError(f"cross: vectors must have 3 elements along their axis, got shapes {dims.public_shape(a)} "
                             f"and {dims.public_shape(b)} with the vectors along the last.")
    return dims.broadcast(a, b)


@multilinear(lambda d, a, b: fit_to(cross_op(b, d), a.shape), lambda d, a, b: fit_to(cross_op(d, a), b.shape),
             shape=_cross_shape, batch=spread)
def cross_op(a, b):
    """The cross product of vectors of 3 along the last axis, leading axes broadcast."""
    if a.shape[-1:] != (3,) or b.shape[-1:] != (3,):
        _cross_shape(a.shape, b.shape)
    y = np.empty(np.broadcast_shapes(a.shape, b.shape), a.dtype)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        y[..., i] = a[..., j] * b[..., k] - a[..., k] * b[..., j]
    return y


def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The cross product of vectors of 3 or 2 elements along `axisa` and `axisb`; the result's lie along `axisc`.

    `axis` stands for all three. Of two vectors of 2 elements it is a number, the third component.
    """
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    x1, x2 = moveaxis(x1, axisa, -1), moveaxis(x2, axisb, -1)
    flat = x1.shape[-1] == x2.shape[-1] == 2
    x1, x2 = (pad_zeros(x, pad_width=((0, 0),) * (x.ndim - 1) + ((0, 1),)) if x.shape[-1] == 2 else x for x in (x1, x2))
    product = cross_op(x1, x2)
    return product[..., 2] if flat else moveaxis(product, -1, axisc)


def _correlate_shape(a, v, full):
    if len(a) != 1 or len(v) != 1:
        raise ShapeError(f"correlate: both inputs must have one axis, got shapes {dims.public_shape(a)} and "
                         f"{dims.public_shape(v)}.")
    return (a[0] + v[0] - 1 if full else a[0] - v[0] + 1,)


def _reversed(x):
    return flip_op(x, axis=(0,))


@multilinear(lambda d, a, v, full: correlate_op(d, _reversed(v), full=not full),
             lambda d, a, v, full: _reversed(correlate_op(d, a, full=False)) if full
             else correlate_op(a, d, full=False),
             shape=_correlate_shape, policy=floated)
def correlate_op(a, v, *, full):
    """The sums of products of `v` with each stretch of `a`: every overlap, or only where `v`, not the longer, fits."""
    _correlate_shape(a.shape, v.shape, full)
    return np.correlate(a, v, "full" if full else "valid")


def correlate(x1, x2, mode="valid"):
    """The cross-correlation of two vectors: sums of products of `x2` with the stretches of `x1`, as floats.

    mode   'valid': where the shorter lies in the longer; 'full': every overlap; 'same': the middle of those, as many
           as the longer has elements
    """
    if mode not in ("valid", "same", "full"):
        raise ValueError(f"correlate: mode must be 'valid', 'same' or 'full', got {mode!r}.")
    x1, x2 = as_tensor(x1), as_tensor(x2)
    _correlate_shape(shape_of(x1), shape_of(x2), True)
    n, m = shape_of(x1)[0], shape_of(x2)[0]
    if mode == "full":
        return correlate_op(x1, x2, full=True)
    swapped = n < m
    if mode == "valid":
        return _reversed(correlate_op(x2, x1, full=False)) if swapped else correlate_op(x1, x2, full=False)
    longer, shorter = (m, n) if swapped else (n, m)
    start = shorter // 2 if swapped else (shorter - 1) // 2
    return correlate_op(x1, x2, full=True)[start:start + longer]


def corrcoef(x):
    """Correlation coefficients of the rows of `x`, a matrix with ones on its diagonal; 1 for a single vector."""
    x = as_tensor(x)
    rows = x if len(x.shape) > 1 else x[None, :]
    rows = rows - mean(rows, axis=-1, keepdims=True)
    products = matmul(rows, matrix_transpose(rows))
    size = sqrt(diagonal_op(products, offset=0))
    coefficients = clip(products / (size[..., :, None] * size[..., None, :]), -1.0, 1.0)
    return coefficients if len(x.shape) > 1 else coefficients[0, 0]
