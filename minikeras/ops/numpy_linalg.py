"""What tensors do in the functions of np.linalg where `minikeras.ops` differs; see `numpy_rules`."""

import numpy as np

from .. import ops
from ..autograd import dims
from ..autograd.operands import as_tensor, shape_of
from . import decompositions, numpy_reductions, numpy_rules
from .decompositions import eigvals
from .numpy_rules import conjugated, matrix_transpose, vecdot
from .solving import solve_op

__all__ = ["eigvals", "matrix_transpose", "vecdot"]


def solve(a, b):
    a, b = map(as_tensor, (a, b))
    return solve_op(a, b[:, None])[..., 0] if b.ndim == 1 else solve_op(a, b)


def cholesky(a, upper=False):
    # NumPy reads one triangle, so only that has a gradient; the op's own is that of symmetric changes.
    a = as_tensor(a)
    half, rest = (ops.triu(a), ops.triu(a, 1)) if upper else (ops.tril(a), ops.tril(a, -1))
    return ops.cholesky(half + matrix_transpose(rest), upper)


def lstsq(a, b, rcond=None):
    a, b = map(as_tensor, (a, b))
    x, s = ops.lstsq(a, b, rcond), ops.svd(a, compute_uv=False)
    rows, columns = a.shape
    rcond = np.finfo(s.dtype.dtype).eps * max(rows, columns) if rcond is None else rcond
    rank = ops.sum(ops.cast(s > rcond * s[0], "int32")).numpy()
    left = ops.sum(ops.square(b - ops.matmul(a, x)), axis=0, keepdims=b.ndim == 1)
    return x, left if rank == columns < rows else left[:0], rank, s


def trace(x, offset=0, dtype=None):
    return numpy_reductions.sum(diagonal(x, offset), -1, dtype)


def diagonal(x, offset=0):
    return ops.diagonal(x, offset, -2, -1)


def multi_dot(arrays):
    y = arrays[0]
    for a in arrays[1:]:
        y = ops.dot(y, a)
    return y


def matrix_power(a, n):
    a = as_tensor(a)
    if n < 0:
        a, n = ops.inv(a), -n
    power = ops.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype.name), shape_of(a))
    while n:
        power, a, n = (ops.matmul(power, a) if n % 2 else power), ops.matmul(a, a) if n > 1 else a, n // 2
    return power


def vector_norm(x, axis=None, keepdims=False, ord=2):
    if axis is None:
        y = ops.norm(ops.ravel(x), ord)
        return ops.reshape(y, (1,) * numpy_rules.ndim(x)) if keepdims else y
    return ops.norm(x, ord, axis, keepdims)


def matrix_norm(x, keepdims=False, ord="fro"):
    return ops.norm(x, ord, (-2, -1), keepdims)


def _lower(a, UPLO):
    """The matrix whose lower triangle holds what `UPLO` tells NumPy to read."""
    if UPLO not in ("L", "U"):
        raise ValueError(f"np.linalg.eigh: UPLO is {UPLO!r}; it can be 'L' or 'U'.")
    return as_tensor(a) if UPLO == "L" else conjugated(matrix_transpose(as_tensor(a)))


def eigh(a, UPLO="L"):
    return ops.eigh(_lower(a, UPLO))


def eigvalsh(a, UPLO="L"):
    return decompositions.eigvalsh(_lower(a, UPLO))


def svdvals(x):
    return ops.svd(x, compute_uv=False)


def cond(x, p=None):
    if p in (None, 2, -2):
        s = svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return ops.norm(x, p, (-2, -1)) * ops.norm(ops.inv(x), p, (-2, -1))


def tensorinv(a, ind=2):
    extents = shape_of(as_tensor(a))
    inverse = ops.inv(ops.reshape(a, (dims.product(extents[:ind]), -1)))
    return ops.reshape(inverse, (*extents[ind:], *extents[:ind]))


def tensorsolve(a, b):
    b = as_tensor(b)
    x = solve(ops.reshape(a, (numpy_rules.size(b), -1)), ops.ravel(b))
    return ops.reshape(x, shape_of(as_tensor(a))[b.ndim:])
