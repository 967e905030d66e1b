"""Factoring matrices: Cholesky, QR, eigenvalues, singular values.

Eigenvectors of equal eigenvalues, singular vectors of equal singular values and the columns that complete a basis are
one choice of many, and have no derivative by themselves. What does not depend on that choice has one, and gets it:
where two values are equal to rounding, the term that divides by their difference is 0, for its numerator is then 0.
"""

import numpy as np

from ..autograd import dims
from ..autograd.dtypes import is_complex
from ..autograd.linear import cast, concatenate, conj, zeros_like
from ..autograd.op import floated, primitive, shifted
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .arithmetic import absolute, log
from .complex_numbers import real
from .indexing import pick_along_axis
from .products import matmul, matrix_transpose
from .reduce import max, sum
from .shapes import diagonal_op, from_diagonal, tril, triu
from .solving import checked, inv, matrix_shape, real_only, solve_op, square_shape, triangular_solve_op
from .sorting import argsort


def _half_diagonal(x):
    """The lower triangle, with half of the diagonal."""
    return 0.5 * (tril(x) + tril(x, -1))


def _cholesky_rule(d, y, x):
    real_only(x, "cholesky")
    # Murray 2016, "Differentiation of the Cholesky decomposition", eq. 10: L^-T phi(L^T d) L^-1, made symmetric.
    inner = _half_diagonal(matrix_transpose(y) @ d)
    half = triangular_solve_op(y, matrix_transpose(inner), lower=True, adjoint=True)
    g = triangular_solve_op(y, matrix_transpose(half), lower=True, adjoint=True)
    return 0.5 * (g + matrix_transpose(g))


@primitive(_cholesky_rule, shape=square_shape, policy=floated, batch=shifted)
def cholesky_op(x):
    """The lower factor L with L @ L.T = x, for symmetric positive definite matrices."""
    return checked(np.linalg.cholesky, "cholesky", x)


def cholesky(x, upper=False):
    """The lower factor L with L @ L.T = x, or the upper U = L.T, of symmetric positive definite matrices.

    Only the lower triangle of `x` is read; the gradient is symmetric. Raises ShapeError if `x` is not positive
    definite.
    """
    factor = cholesky_op(x)
    return matrix_transpose(factor) if upper else factor


def cholesky_solve(factor, b):
    """x with L @ L.T @ x = b for a lower factor L and matrices `b`."""
    half = triangular_solve_op(factor, b, lower=True)
    return triangular_solve_op(factor, half, lower=True, adjoint=True)


def cholesky_inverse(x, upper=False):
    """The inverse of L @ L.T, or of U.T @ U if `upper`, for the triangular factor `x`."""
    root = inv(triu(x) if upper else tril(x))
    return matmul(root, matrix_transpose(root)) if upper else matmul(matrix_transpose(root), root)


def logdet(x):
    """The logarithm of the determinant of symmetric positive definite matrices."""
    return 2.0 * sum(log(diagonal_op(cholesky_op(x), offset=0)), axis=-1)


def _twice(inputs, attrs):
    """The dtypes of two outputs: that of the input."""
    return [inputs[0].dtype.dtype] * 2


def _total(terms):
    """The sum of the cotangents that there are."""
    first, *others = [term for term in terms if term is not None]
    for term in others:
        first = first + term
    return first


def _qr_rule(d, y, x):
    real_only(x, "qr")
    # Walter and Lehmann 2012, "Algorithmic differentiation of linear algebra functions", for as many rows as columns
    # or more: (dQ + Q copy(R dR^T - dQ^T Q)) R^-T, where copy mirrors the lower triangle.
    (q, r), (dq, dr) = y, d
    m = _total([None if dr is None else r @ matrix_transpose(dr), None if dq is None else -(matrix_transpose(dq) @ q)])
    g = _total([dq, q @ (tril(m) + matrix_transpose(tril(m, -1)))])
    return matrix_transpose(triangular_solve_op(r, matrix_transpose(g), lower=False))


def _qr_shape(x):
    return [matrix_shape(x), (*x[:-2], x[-1], x[-1])]


@primitive(_qr_rule, shape=_qr_shape, policy=floated, result=_twice, batch=shifted)
def qr_op(x):
    """Q with orthonormal columns and an upper triangular R with Q @ R = x, for as many rows as columns or more."""
    return tuple(np.linalg.qr(x))


@primitive(lambda d, y, q: -(y @ (matrix_transpose(d) @ q) @ inv(matrix_transpose(q) @ q)),
           shape=lambda q: (*matrix_shape(q)[:-1], q[-2] - q[-1]), policy=floated, batch=shifted)
def complement(q):
    """Orthonormal columns that complete those of `q` to a basis.

    The derivative is that of columns which turn with `q` as little as they can: C' = -Q (Q^T Q)^-1 Q'^T C.
    """
    return np.linalg.qr(q, "complete")[0][..., q.shape[-1]:]


def qr(x, mode="reduced"):
    """Q with orthonormal columns and an upper triangular R with Q @ R = x.

    mode   'reduced': Q has min(rows, columns) columns; 'complete': Q is square
    The gradient needs independent columns (the first ones, if there are more columns than rows). The columns that
    complete Q are any basis of the rest of the space: only what does not depend on which has a meaningful gradient.
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode must be 'reduced' or 'complete', got {mode!r}.")
    x = as_tensor(x)
    rows, columns = matrix_shape(shape_of(x))[-2:]
    if not (type(rows) is type(columns) is int):
        raise ShapeError(f"qr: the last two axes of shape {x.shape} must be known.")
    if rows < columns:
        q, r = qr_op(x[..., :, :rows])
        return q, concatenate(r, matmul(matrix_transpose(q), x[..., :, rows:]), axis=-1)
    q, r = qr_op(x)
    if mode == "reduced" or rows == columns:
        return q, r
    return concatenate(q, complement(q), axis=-1), concatenate(r, _zeros_below(r, rows - columns), axis=-2)


def _zeros_below(r, count):
    row = zeros_like(r[..., :1, :])
    return concatenate(*[row] * count, axis=-2)


def _apart(values):
    """1 / (v_j - v_i) at row i and column j, and 0 where they are equal to rounding."""
    difference = values[..., None, :] - values[..., :, None]
    return _reciprocal(difference, values)


def _reciprocal(x, values):
    """1 / x, and 0 where x is rounding beside the size of `values`."""
    precision = 16 * float(np.finfo(getattr(x.dtype, "dtype", x.dtype)).eps)
    floor = precision * sum(absolute(values), axis=-1, keepdims=True)
    floor = floor[..., None] if len(x.shape) > len(values.shape) else floor
    there = cast(absolute(x) > floor, dtype=x.dtype)
    return there / (x * there + (1.0 - there))


def _lower_half(g):
    """The derivative by the lower triangle of a symmetric matrix, from that by all its elements."""
    return _half_diagonal(g + matrix_transpose(g))


def _eigh_rule(d, y, x):
    real_only(x, "eigh")
    # Giles 2008, "An extended collection of matrix derivative results", 3.1; only the part of V^T dV that is not
    # symmetric counts, so it is taken alone: then nothing is divided by 0 where it need not be.
    (w, v), (dw, dv) = y, d
    vt, n = matrix_transpose(v), x.shape[-1]
    inner = None if dw is None else from_diagonal(dw, offset=0, rows=n, columns=n)
    if dv is not None:
        turn = vt @ dv
        inner = _total([inner, 0.5 * (turn - matrix_transpose(turn)) * _apart(w)])
    return _lower_half(v @ inner @ vt)


@primitive(_eigh_rule, shape=lambda x: [square_shape(x)[:-1], x], policy=floated, result=_twice, batch=shifted)
def eigh(x):
    """Eigenvalues in ascending order and eigenvectors, as columns, of symmetric matrices.

    Only the lower triangle of `x` is read and has a gradient, as in TensorFlow.
    """
    return tuple(checked(np.linalg.eigh, "eigh", x))


def _eigvalsh_rule(d, y, x):
    real_only(x, "eigvalsh")
    v = eigh(x)[1]
    return _lower_half((v * d[..., None, :]) @ matrix_transpose(v))


@primitive(_eigvalsh_rule, shape=lambda x: square_shape(x)[:-1], policy=floated, batch=shifted)
def eigvalsh(x):
    """Eigenvalues of symmetric matrices in ascending order. Only the lower triangle is read and has a gradient."""
    return checked(np.linalg.eigvalsh, "eigvalsh", x)


def _svd_rule(d, y, x):
    real_only(x, "svd")
    # Giles 2008, 3.2, and Townsend 2016, "Differentiating the singular value decomposition". With P, Q the
    # antisymmetric parts of U^T dU and V^T dV, their (P_ij s_j + s_i Q_ij) / (s_j^2 - s_i^2) is split into
    # (P + Q)_ij / 2(s_j - s_i) + (P - Q)_ij / 2(s_j + s_i), of which the second is right also where s_i = s_j.
    (u, s, vt), (du, ds, dvt) = y, d
    ut, v, k = matrix_transpose(u), matrix_transpose(vt), s.shape[-1]
    p = q = None
    if du is not None:
        p = ut @ du
        p = p - matrix_transpose(p)
    if dvt is not None:
        q = matrix_transpose(dvt @ v)
        q = q - matrix_transpose(q)
    inner = [None if ds is None else from_diagonal(ds, offset=0, rows=k, columns=k)]
    if p is not None or q is not None:
        together = s[..., None, :] + s[..., :, None]
        inner += [0.5 * _total([p, q]) * _apart(s),
                  0.5 * _total([p, None if q is None else -q]) * _reciprocal(together, s)]
    g = u @ _total(inner) @ vt
    if du is not None and x.shape[-2] > k:
        g = g + ((du - u @ (ut @ du)) * _reciprocal(s, s)[..., None, :]) @ vt
    if dvt is not None and x.shape[-1] > k:
        g = g + (u * _reciprocal(s, s)[..., None, :]) @ (dvt - (dvt @ v) @ vt)
    return g


def _smaller(x):
    rows, columns = matrix_shape(x)[-2:]
    if type(rows) is type(columns) is int:
        return columns if columns < rows else rows
    return rows if rows == columns else dims.Dimension.new("smaller")


@primitive(_svd_rule, shape=lambda x: [(*matrix_shape(x)[:-1], _smaller(x)), (*x[:-2], _smaller(x)),
                                       (*x[:-2], _smaller(x), x[-1])],
           policy=floated, result=lambda inputs, attrs: [inputs[0].dtype.dtype] * 3, batch=shifted)
def svd_op(x):
    """U, S, V^T with (U * S) @ V^T = x, S descending and as many of each as the smaller extent of x."""
    return tuple(checked(np.linalg.svd, "svd", x, full_matrices=False))


def _singular_values_rule(d, y, x):
    real_only(x, "svd")
    u, s, vt = svd_op(x)
    # As for |x|, the derivative at 0 is given as 0.
    return (u * (d * (s * _reciprocal(s, s)))[..., None, :]) @ vt


@primitive(_singular_values_rule, shape=lambda x: (*matrix_shape(x)[:-2], _smaller(x)), policy=floated, batch=shifted)
def singular_values(x):
    """Singular values of matrices in descending order. The derivative of those that are 0 is given as 0."""
    return checked(np.linalg.svd, "svd", x, compute_uv=False)


def svd(x, full_matrices=True, compute_uv=True):
    """U, S and V^T with (U * S) @ V^T = x, S in descending order; S alone if not `compute_uv`.

    full_matrices   U and V^T square; otherwise as many columns and rows as the smaller extent of `x`
    Only what does not depend on the choice of singular vectors has a meaningful gradient.
    """
    if not compute_uv:
        return singular_values(x)
    u, s, vt = svd_op(x)
    if not full_matrices:
        return u, s, vt
    rows, columns = matrix_shape(shape_of(x))[-2:]
    if not (type(rows) is type(columns) is int):
        raise ShapeError(f"svd: the last two axes of shape {as_tensor(x).shape} must be known; or full_matrices=False.")
    if rows > columns:
        u = concatenate(u, complement(u), axis=-1)
    elif columns > rows:
        vt = concatenate(vt, matrix_transpose(complement(matrix_transpose(vt))), axis=-2)
    return u, s, vt


def matrix_rank(x, tol=None):
    """The number of singular values above `tol`, as int32.

    tol   the largest singular value times max(rows, columns) times the machine's precision, by default
    """
    x = as_tensor(x)
    s = singular_values(x)
    if tol is None:
        extents = [n for n in shape_of(x)[-2:] if type(n) is int]
        if len(extents) < 2:
            raise ShapeError(f"matrix_rank: the last two axes of shape {x.shape} must be known, or tol given.")
        tol = float(np.finfo(s.dtype.dtype).eps) * np.max(extents) * max(s, axis=-1, keepdims=True)
    return sum(cast(s > tol, dtype="int32"), axis=-1)


def _complex(inputs, attrs):
    return np.result_type(inputs[0].dtype.dtype, np.complex64)


def _spread_back(v, inner, x):
    """V^-T inner V^T: the derivative by a matrix, from that by V^-1 x V."""
    vt = matrix_transpose(v)
    g = solve_op(vt, inner @ vt)
    return g if is_complex(x) else cast(real(g), dtype=x.dtype)


def _eig_rule(d, y, x):
    # With M = V^-1 x' V: w' = diag(M) and V' = V K less its part along V, as its columns keep their length, for
    # K_ij = M_ij / (w_j - w_i) off the diagonal (Boeddeker et al. 2017, "On the computation of complex-valued
    # gradients"). The direction of a complex eigenvector in its plane is held, too.
    (w, v), (dw, dv) = y, d
    n = x.shape[-1]
    inner = None if dw is None else from_diagonal(dw, offset=0, rows=n, columns=n)
    if dv is not None:
        p = matrix_transpose(v) @ dv
        along = matrix_transpose(v) @ conj(v) * diagonal_op(p, offset=0)[..., None, :]
        inner = _total([inner, (p - along) * _apart(w)])
    return _spread_back(v, inner, x)


@primitive(_eig_rule, shape=lambda x: [square_shape(x)[:-1], x], policy=floated,
           result=lambda inputs, attrs: [_complex(inputs, attrs)] * 2, batch=shifted)
def eig(x):
    """Eigenvalues, in no order, and eigenvectors, as columns of length 1, of square matrices: both complex.

    Only what does not depend on the factor of length 1 that is left to each eigenvector has a meaningful gradient. At
    equal eigenvalues of matrices that are not symmetric the eigenvectors have none.
    """
    kind = np.result_type(x, np.complex64)
    return tuple([part.astype(kind) for part in checked(np.linalg.eig, "eig", x)])


def _eigvals_rule(d, y, x):
    n = x.shape[-1]
    return _spread_back(eig(x)[1], from_diagonal(d, offset=0, rows=n, columns=n), x)


@primitive(_eigvals_rule, shape=lambda x: square_shape(x)[:-1], policy=floated, result=_complex, batch=shifted)
def eigvals(x):
    """Eigenvalues of square matrices, complex, in no order."""
    return checked(np.linalg.eigvals, "eig", x).astype(np.result_type(x, np.complex64))


def _factor_rows(x):
    """Both triangles of L and U in one array, LAPACK's pivots, and the order of the rows that they make."""
    n = x.shape[-1]
    lu, order = np.array(x), np.broadcast_to(np.arange(n), x.shape[:-1]).copy()
    pivots = np.zeros(x.shape[:-1], np.int32)
    at = tuple(np.ix_(*map(np.arange, x.shape[:-2])))
    for i in range(n):
        largest = i + np.abs(lu[..., i:, i]).argmax(-1)
        pivots[..., i] = largest
        for rows in (lu, order):
            moved = rows[(*at, largest)].copy()
            rows[(*at, largest)] = rows[(*at, i)]
            rows[(*at, i)] = moved
        head = lu[..., i, i, None]
        column = lu[..., i + 1:, i]
        np.divide(column, head, out=column, where=head != 0)
        lu[..., i + 1:, i + 1:] -= column[..., None] * lu[..., i, None, i + 1:]
    return lu, pivots, order.astype(np.int32)


def _lu_rule(d, y, x):
    real_only(x, "lu_factor")
    if d[0] is None:
        return zeros_like(x)
    # x = P L U: with F = L^-1 P^T dx U^-1, dL = L tril(F, -1) and dU = triu(F) U. This is the transpose of that.
    lower, upper = tril(y[0], -1), triu(y[0])
    lower = lower + from_diagonal(diagonal_op(lower, offset=0) + 1.0, offset=0, rows=x.shape[-1], columns=x.shape[-1])
    inner = tril(matrix_transpose(lower) @ tril(d[0], -1), -1) + triu(triu(d[0]) @ matrix_transpose(upper))
    rows = triangular_solve_op(lower, inner, lower=True, adjoint=True)
    rows = matrix_transpose(triangular_solve_op(upper, matrix_transpose(rows), lower=False))
    return pick_along_axis(rows, argsort(y[2])[..., None], axis=len(x.shape) - 2)


@primitive(_lu_rule, shape=lambda x: [square_shape(x), x[:-1], x[:-1]], policy=floated,
           result=lambda inputs, attrs: [inputs[0].dtype.dtype, np.dtype("int32"), np.dtype("int32")], batch=shifted)
def lu_op(x):
    """L and U in one array, the pivots, and the order of rows: x[order] = L @ U."""
    square_shape(x.shape)
    return _factor_rows(x)


def lu_factor(x):
    """The factors of square matrices with rows exchanged, P x = L U, and the pivots.

    Shapes: (..., n, n) -> (..., n, n), (..., n)
    The first result holds U on and above the diagonal and below it L, whose diagonal is 1. Pivot i is the row that was
    exchanged with row i in step i, as LAPACK counts (Keras on TensorFlow gives the place of each row instead).
    Source: Golub & Van Loan 2013, algorithm 3.4.1.
    """
    return lu_op(x)[:2]
