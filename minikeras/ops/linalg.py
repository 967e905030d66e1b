"""Matrix products, solving, factoring."""

import builtins

import numpy as np

from ..autograd import dims
from ..autograd.linear import getitem, reshape, sum_to
from ..autograd.op import composed, floated, linear, multilinear, primitive, shifted
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .arithmetic import absolute
from .reduce import euclidean_norm, max, sum
from .shapes import swapaxes, transpose


def _matmul_shape(a, b):
    if not a or not b:
        raise ShapeError("matmul: a scalar has no matrix product; use multiply.")
    rows = a if len(a) > 1 else (1, *a)
    columns = b if len(b) > 1 else (*b, 1)
    dims.unify(rows[-1], columns[-2], f"matmul of shapes {dims.public_shape(a)} and {dims.public_shape(b)}: the last "
               "axis of the first and the last but one of the second")
    batch = dims.broadcast(rows[:-2], columns[:-2])
    return (*batch, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


def _matrix_transpose(x):
    return x.T if x.ndim == 2 else swapaxes(x, -1, -2)


def _fit(g, shape):
    return g if g.shape == shape else sum_to(g, shape=shape)


def _matmul_a(d, a, b):
    if a.ndim == b.ndim == 2:
        return d @ b.T
    if b.ndim == 1:
        return d[..., None] * b if a.ndim > 1 else d * b
    if a.ndim == 1:
        return _fit((b @ d[..., None])[..., 0], a.shape)
    return _fit(d @ _matrix_transpose(b), a.shape)


def _matmul_b(d, a, b):
    if a.ndim == b.ndim == 2:
        return a.T @ d
    if a.ndim == 1:
        return d * a if b.ndim == 1 else a[:, None] * d[..., None, :]
    if b.ndim == 1:
        return _fit((d[..., None, :] @ a)[..., 0, :], b.shape)
    if b.ndim == 2 and a.ndim > 2:      # one product instead of one per leading index and a sum
        return reshape(a, shape=(-1, a.shape[-1])).T @ reshape(d, shape=(-1, d.shape[-1]))
    return _fit(_matrix_transpose(a) @ d, b.shape)


def _matmul_batch(op, inputs, flags, attrs, size):
    a, b = inputs
    rows, columns = a.ndim - flags[0], b.ndim - flags[1]
    if flags == [True, False] and rows <= 2 and columns <= 2:       # one product for the whole batch
        y = matmul(reshape(a, shape=(dims.product(a.shape[:-1]), a.shape[-1])), b)
        return reshape(y, shape=(*a.shape[:-1], *y.shape[1:]))
    if flags == [False, True] and rows == 2 and (columns == 1 or b.shape[-1] == 1):
        y = matmul(reshape(b, shape=(size, b.shape[1])), _matrix_transpose(a))
        return y if columns == 1 else reshape(y, shape=(size, a.shape[0], 1))
    # A vector counts as a row or a column; then the leading axes are aligned, the batch first.
    a = reshape(a, shape=(*a.shape[:-1], 1, a.shape[-1])) if rows == 1 else a
    b = reshape(b, shape=(*b.shape, 1)) if columns == 1 else b
    most = builtins.max(a.ndim - flags[0], b.ndim - flags[1])
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


@multilinear(_matmul_a, _matmul_b, shape=_matmul_shape, batch=_matmul_batch)
def matmul(a, b):
    """The matrix product over the last two axes, leading axes broadcast; a vector counts as a row or a column."""
    return np.matmul(a, b)


def _affine_shape(x, kernel, bias):
    return dims.broadcast(_matmul_shape(x, kernel), bias)


@primitive(lambda d, y, x, kernel, bias: _matmul_a(d, x, kernel), lambda d, y, x, kernel, bias: _matmul_b(d, x, kernel),
           lambda d, y, x, kernel, bias: _fit(d, bias.shape), shape=_affine_shape,
           batch=composed(lambda x, kernel, bias: matmul(x, kernel) + bias))
def affine(x, kernel, bias):
    """x @ kernel + bias, with a bias of one axis: one op where matmul and add would be two."""
    y = np.matmul(x, kernel)
    y += bias
    return y


def tensordot(a, b, axes=2):
    """The sum of products over axes: the last and first `axes` of each, or two sequences of axes."""
    a, b = as_tensor(a), as_tensor(b)
    extents_a, extents_b = shape_of(a), shape_of(b)
    if isinstance(axes, int):
        axes = (range(a.ndim - axes, a.ndim), range(axes))
    over_a, over_b = ([axis] if isinstance(axis, int) else list(axis) for axis in axes)
    over_a = [dims.normalize_axis(int(i), a.ndim, "tensordot") for i in over_a]
    over_b = [dims.normalize_axis(int(i), b.ndim, "tensordot") for i in over_b]
    for i, j in zip(over_a, over_b, strict=True):
        dims.unify(extents_a[i], extents_b[j], f"tensordot of shapes {a.shape} and {b.shape}: axis {i} of the first "
                   f"and {j} of the second")
    rest_a = [i for i in range(a.ndim) if i not in over_a]
    rest_b = [i for i in range(b.ndim) if i not in over_b]
    left = _as_matrix(transpose(a, rest_a + over_a), len(rest_a))
    right = _as_matrix(transpose(b, over_b + rest_b), len(over_b))
    return reshape(matmul(left, right), shape=(*[extents_a[i] for i in rest_a], *[extents_b[i] for i in rest_b]))


def _as_matrix(x, count):
    """`x` with its first `count` axes as rows and the others as columns."""
    extents = shape_of(x)
    return reshape(x, shape=(dims.product(extents[:count]), dims.product(extents[count:])))


def dot(a, b):
    """NumPy's dot: the last axis of `a` with the last but one of `b`; with a scalar, the product."""
    a, b = as_tensor(a), as_tensor(b)
    if not a.ndim or not b.ndim:
        return a * b
    return tensordot(a, b, ([a.ndim - 1], [b.ndim - 2 if b.ndim > 1 else 0]))


def matvec(a, b):
    """Matrices times vectors over the last axes."""
    return getitem(matmul(a, as_tensor(b)[..., None]), index=(Ellipsis, 0))


def _square_shape(x):
    dims.unify(x[-1], x[-2], f"the last two axes of shape {dims.public_shape(x)}, which must be a square matrix") \
        if len(x) >= 2 else dims.normalize_axis(-2, len(x), "a square matrix")
    return x


def _inv_rule(d, y, x):
    adjoint = _matrix_transpose(y)
    return -(adjoint @ d @ adjoint)


@primitive(_inv_rule, shape=_square_shape, policy=floated, batch=shifted)
def inv(x):
    """The inverse of square matrices. Raises ShapeError if one is singular."""
    return _checked(np.linalg.inv, "inv", x)


@primitive(lambda d, y, x: (d * y)[..., None, None] * _matrix_transpose(inv(x)),
           shape=lambda x: _square_shape(x)[:-2], policy=floated, batch=shifted)
def det(x):
    """The determinant of square matrices."""
    return np.linalg.det(x)


def _solve_rule_b(d, y, a, b):
    return _fit(solve(_matrix_transpose(a), d), b.shape)


def _solve_rule_a(d, y, a, b):
    return _fit(-(solve(_matrix_transpose(a), d) @ _matrix_transpose(y)), a.shape)


@primitive(_solve_rule_a, _solve_rule_b, shape=lambda a, b: _matmul_shape(_square_shape(a), b), policy=floated)
def solve(a, b):
    """x with a @ x = b, for matrices `b`. Raises ShapeError if `a` is singular."""
    return _checked(np.linalg.solve, "solve", a, b)


def _cholesky_rule(d, y, x):
    # Murray 2016, "Differentiation of the Cholesky decomposition", eq. 10: L^-T phi(L^T d) L^-1, made symmetric.
    inverse = inv(y)
    inner = _matrix_transpose(y) @ d
    inner = band_part(inner, -1, 0) - 0.5 * band_part(inner, 0, 0)
    g = _matrix_transpose(inverse) @ inner @ inverse
    return 0.5 * (g + _matrix_transpose(g))


@primitive(_cholesky_rule, shape=_square_shape, policy=floated, batch=shifted)
def cholesky(x):
    """The lower factor L with L @ L.T = x, for symmetric positive definite matrices."""
    return _checked(np.linalg.cholesky, "cholesky", x)


def _checked(function, name, *arrays):
    try:
        return function(*arrays)
    except np.linalg.LinAlgError as error:
        raise ShapeError(f"{name}: {error} (shapes {', '.join(str(a.shape) for a in arrays)}).") from None


@linear(lambda d, x, lower, upper: band_part_op(d, lower=lower, upper=upper), shape=lambda x, **_: x)
def band_part_op(x, *, lower, upper):
    """The matrix with only `lower` diagonals below and `upper` above the main one; negative keeps all."""
    rows, columns = np.ogrid[:x.shape[-2], :x.shape[-1]]
    keep = ((lower < 0) | (rows - columns <= lower)) & ((upper < 0) | (columns - rows <= upper))
    return x * keep.astype(x.dtype)


def band_part(x, num_lower, num_upper):
    """The matrix with only `num_lower` diagonals below and `num_upper` above the main one; negative keeps all."""
    return band_part_op(x, lower=int(num_lower), upper=int(num_upper))


def trace(x):
    """The sum of the diagonal of the last two axes."""
    return sum(band_part(as_tensor(x), 0, 0), axis=(-2, -1))


def norm(x, ord="euclidean", axis=None, keepdims=False):
    """A norm of the vectors along `axis`, of all elements if it is None: 'euclidean' (also 'fro', 2), 1 or inf.

    The Euclidean norm's gradient at 0 is 0.
    """
    x = as_tensor(x)
    vectors = isinstance(axis, int) or (axis is None and x.ndim == 1)
    if ord in ("euclidean", "fro", None) or (ord == 2 and vectors):
        return euclidean_norm(x, axis=axis, keepdims=keepdims)
    if ord == 1 and vectors:
        return sum(absolute(x), axis=axis, keepdims=keepdims)
    if ord == np.inf and vectors:
        return max(absolute(x), axis=axis, keepdims=keepdims)
    raise ValueError(f"norm: ord {ord!r} is not known here; use 'euclidean', or 1, 2 or np.inf along one axis.")
