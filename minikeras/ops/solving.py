"""Solving, inverting and measuring matrices in the last two axes."""

import builtins

import numpy as np

from ..autograd import dims
from ..autograd.dtypes import is_complex
from ..autograd.linear import concatenate, zeros_like
from ..autograd.op import fit_to, floated, primitive, shifted, spread
from ..autograd.operands import as_tensor
from ..errors import DTypeError, ShapeError
from .products import matmul, matmul_shape, matrix_transpose
from .reduce import sum
from .shapes import diagonal, triangle, tril, triu


def matrix_shape(x):
    """The shape, if it has two axes."""
    if len(x) < 2:
        raise ShapeError(f"matrices need two axes, got shape {dims.public_shape(x)}.")
    return x


def square_shape(x):
    """The shape, if its last two axes are equal."""
    dims.unify(*matrix_shape(x)[-2:], f"the last two axes of shape {dims.public_shape(x)} must be a square matrix")
    return x


def checked(function, name, *arrays, **options):
    """What NumPy's `function` gives. Raises ShapeError where it fails: a singular matrix, no convergence."""
    try:
        return function(*arrays, **options)
    except np.linalg.LinAlgError as error:
        raise ShapeError(f"{name}: {error} (shapes {', '.join(str(a.shape) for a in arrays)}).") from None


def real_only(x, name):
    """Raises DTypeError for complex matrices, for which these derivatives do not hold."""
    if is_complex(x):
        raise DTypeError(f"{name}: there is no gradient for complex matrices ({x.dtype}); make it of the real and the "
                         "imaginary part.")


def _inv_rule(d, y, x):
    adjoint = matrix_transpose(y)
    return -(adjoint @ d @ adjoint)


@primitive(_inv_rule, shape=square_shape, policy=floated, batch=shifted)
def inv(x):
    """The inverse of square matrices. Raises ShapeError if one is singular."""
    return checked(np.linalg.inv, "inv", x)


def _cofactors_rule(d, y, x):
    # y = det(x) B with B the inverse, transposed; the derivative of B is that of an inverse (Giles 2008, 2.2.3).
    b = matrix_transpose(inv(x))
    return sum(d * b, axis=(-2, -1), keepdims=True) * y - b @ matrix_transpose(d) @ y


@primitive(_cofactors_rule, shape=square_shape, policy=floated, batch=shifted)
def cofactors(x):
    """The derivative of the determinant by each element, also for singular matrices (but no derivative there)."""
    u, s, vh = checked(np.linalg.svd, "det", x)
    others = np.where(np.eye(x.shape[-1], dtype=bool), 1, s[..., None, :]).prod(-1, dtype=x.dtype)
    return np.linalg.det(u @ vh).astype(x.dtype)[..., None, None] * np.conj((u * others[..., None, :]) @ vh)


@primitive(lambda d, y, x: d[..., None, None] * cofactors(x),
           shape=lambda x: square_shape(x)[:-2], policy=floated, batch=shifted)
def det(x):
    """The determinant of square matrices. Shapes: (..., n, n) -> (...)."""
    return np.linalg.det(x)


def _slogdet_rule(d, y, x):
    real_only(x, "slogdet")
    return zeros_like(x) if d[1] is None else d[1][..., None, None] * matrix_transpose(inv(x))


@primitive(_slogdet_rule, shape=lambda x: [square_shape(x)[:-2]] * 2, policy=floated,
           result=lambda inputs, attrs: [inputs[0].dtype.dtype] * 2, batch=shifted)
def slogdet(x):
    """The sign of the determinant and the logarithm of its absolute value, which is -inf for a singular matrix."""
    return tuple(np.linalg.slogdet(x))


def _solve_rule_b(d, y, a, b):
    return fit_to(solve_op(matrix_transpose(a), d), b.shape)


def _solve_rule_a(d, y, a, b):
    return fit_to(-(solve_op(matrix_transpose(a), d) @ matrix_transpose(y)), a.shape)


@primitive(_solve_rule_a, _solve_rule_b, shape=lambda a, b: matmul_shape(square_shape(a), matrix_shape(b)),
           policy=floated, batch=spread)
def solve_op(a, b):
    """x with a @ x = b, for matrices `b`. Raises ShapeError if `a` is singular."""
    return checked(np.linalg.solve, "solve", a, b)


def _of_columns(solver, a, b, **attrs):
    """`solver` with `b` as matrices; as vectors if it has one axis less than `a`."""
    a, b = as_tensor(a), as_tensor(b)
    return solver(a, b[..., None], **attrs)[..., 0] if b.ndim == a.ndim - 1 else solver(a, b, **attrs)


def solve(a, b):
    """x with a @ x = b: `b` holds matrices, or vectors if it has one axis less than `a`.

    Raises ShapeError if a matrix is singular.
    """
    return _of_columns(solve_op, a, b)


def _triangular_rule_b(d, y, a, b, lower, adjoint=False):
    return fit_to(triangular_solve_op(a, d, lower=lower, adjoint=not adjoint), b.shape)


def _triangular_rule_a(d, y, a, b, lower, adjoint=False):
    # As for a full matrix (Giles 2008, 2.3.1), but only the triangle that is read has a derivative.
    g = triangular_solve_op(a, d, lower=lower, adjoint=not adjoint)
    g = y @ matrix_transpose(g) if adjoint else g @ matrix_transpose(y)
    return fit_to(-triangle(g, k=0, lower=lower), a.shape)


def _substituted(a, b, lower):
    """x with a @ x = b for a triangular `a`, by halves, down to blocks that are worth a general solver."""
    n = a.shape[-1]
    if n <= 32:
        return np.linalg.solve(a, b)
    half = n // 2
    known, unknown = (slice(half), slice(half, n)) if lower else (slice(half, n), slice(half))
    x = _substituted(a[..., known, known], b[..., known, :], lower)
    y = _substituted(a[..., unknown, unknown], b[..., unknown, :] - a[..., unknown, known] @ x, lower)
    return np.concatenate([x, y] if lower else [y, x], -2)


@primitive(_triangular_rule_a, _triangular_rule_b, policy=floated, batch=spread,
           shape=lambda a, b, **_: matmul_shape(square_shape(a), matrix_shape(b)))
def triangular_solve_op(a, b, *, lower, adjoint=False):
    """x with T @ x = b, or T.T @ x = b if `adjoint`, for the lower or upper triangle T of `a`; the rest is not read."""
    a = np.tril(a) if lower else np.triu(a)
    if a.shape[-1] != b.shape[-2]:
        raise ValueError("rows differ")     # the shape rule says it better
    if adjoint:
        a = np.swapaxes(a, -1, -2)
    return checked(_substituted, "solve_triangular", a, b, lower=lower != adjoint)


def solve_triangular(a, b, lower=False):
    """x with T @ x = b for the upper (or lower) triangle T of `a`, the rest of which is not read.

    `b` holds matrices, or vectors if it has one axis less than `a`. Raises ShapeError for a zero on the diagonal.
    """
    return _of_columns(triangular_solve_op, a, b, lower=bool(lower))


def _pinv_rule(d, y, x, rcond=None):
    real_only(x, "pinv")
    # Golub and Pereyra 1973, "The differentiation of pseudo-inverses", eq. 4.12, transposed.
    p, dt, pt = y, matrix_transpose(d), matrix_transpose(y)
    return -(pt @ d @ pt) + (dt - x @ (p @ dt)) @ p @ pt + pt @ p @ (dt - (dt @ p) @ x)


@primitive(_pinv_rule, shape=lambda x, rcond=None: (*matrix_shape(x)[:-2], x[-1], x[-2]), policy=floated, batch=shifted)
def pinv_op(x, *, rcond=None):
    """The pseudo-inverse, with singular values below `rcond` times the largest taken as 0."""
    if rcond is None:
        rcond = 10 * builtins.max(x.shape[-2:]) * np.finfo(x.dtype).eps
    return checked(np.linalg.pinv, "pinv", x, rcond=rcond)


def pinv(x, rcond=None):
    """The pseudo-inverse of matrices (Moore and Penrose).

    rcond   singular values not above `rcond` times the largest count as 0; 10 * max(rows, columns) * the machine's
            precision by default
    The derivative is that at constant rank.
    """
    return pinv_op(x, rcond=None if rcond is None else float(rcond))


def lstsq(a, b, rcond=None):
    """The x of least norm among those for which the norm of a @ x - b is smallest.

    `b` holds matrices, or vectors if it has one axis less than `a`; `rcond` as for `pinv`. Where `a` has not full
    rank the derivative is that at constant rank.
    """
    return _of_columns(lambda a, b: matmul(pinv(a, rcond), b), a, b)


def _expm_rule(d, y, x):
    # The derivative at x in direction d is the upper right block of expm([[x, d], [0, x]]) (Najfeld and Havel 1995,
    # theorem 4.13); the transpose of that map is the same at the transpose of x.
    n = x.shape[-1]
    xt = matrix_transpose(x)
    top, bottom = concatenate(xt, d, axis=-1), concatenate(zeros_like(d), xt, axis=-1)
    return expm(concatenate(top, bottom, axis=-2))[..., :n, n:]


# Numerator of the Padé approximant of degree 13, and the norm up to which it is exact to rounding (Higham 2005).
_PADE = (64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0,
         10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0)
_PADE_REACH = 5.371920351148152


@primitive(_expm_rule, shape=square_shape, policy=floated, batch=shifted)
def expm(x):
    """The exponential of square matrices: the sum of x**k / k!. Source: Higham 2005, by scaling and squaring."""
    dtype, x = x.dtype, x.astype(np.result_type(x, np.float64))     # the coefficients span 17 digits
    size = np.abs(x).sum(-2).max(-1, initial=0)
    with np.errstate(divide="ignore"):
        squarings = np.maximum(np.ceil(np.log2(size / _PADE_REACH)), 0)
    squarings = np.where(np.isfinite(squarings), squarings, 0)
    a = x * np.exp2(-squarings)[..., None, None]
    square, one = a @ a, np.eye(x.shape[-1])
    even, odd = _PADE[0] * one, _PADE[1] * one
    power = one
    for k in range(2, 14, 2):
        power = power @ square
        even = even + _PADE[k] * power
        odd = odd + _PADE[k + 1] * power
    odd = a @ odd
    y = checked(np.linalg.solve, "expm", even - odd, even + odd)
    for k in range(int(squarings.max(initial=0))):
        y = np.where((k < squarings)[..., None, None], y @ y, y)
    return y.astype(dtype)


def band_part(x, num_lower, num_upper):
    """The matrix with only `num_lower` diagonals below and `num_upper` above the main one; negative keeps all."""
    lower, upper, x = int(num_lower), int(num_upper), as_tensor(x)
    x = x if lower < 0 else triu(x, -lower)
    return x if upper < 0 else tril(x, upper)


def trace(x, offset=0, axis1=0, axis2=1):
    """The sum of the diagonal `offset` columns right of the main one, of the matrices along two axes."""
    return sum(diagonal(x, offset, axis1, axis2), axis=-1)
