"""TensorFlow's `tf.linalg`."""

from ..autograd.linear import conj as _conj
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..ops import creation as _creation
from ..ops import decompositions as _decompositions
from ..ops import diagonals as _diagonals
from ..ops import norms as _norms
from ..ops import products as _products
from ..ops import shapes as _shapes
from ..ops import solving as _solving
from ..ops import sorting as _sorting
from ..ops.indexing import take_along_axis as _take_along_axis
from . import einsum, matmul, norm, tensordot, tf_function_of  # noqa: F401 (public names of tf.linalg)

band_part = tf_function_of(_solving.band_part, "input", "num_lower", "num_upper")
cholesky = tf_function_of(_decompositions.cholesky_op, "input")
cholesky_solve = tf_function_of(_decompositions.cholesky_solve, "chol", "rhs")
cross = tf_function_of(_products.cross_op, "a", "b")
det = tf_function_of(_solving.det, "input")
diag = tf_function_of(_diagonals.diag, "diagonal", "k")
diag_part = tf_function_of(_diagonals.diag_part, "input", "k")
eig = tf_function_of(_decompositions.eig, "tensor")
eigh = tf_function_of(_decompositions.eigh, "tensor")
eigvals = tf_function_of(_decompositions.eigvals, "tensor")
eigvalsh = tf_function_of(_decompositions.eigvalsh, "tensor")
expm = tf_function_of(_solving.expm, "input")
global_norm = tf_function_of(_norms.global_norm, "t_list")
l2_normalize = tf_function_of(_norms.l2_normalize, "x", "axis", "epsilon")
logdet = tf_function_of(_decompositions.logdet, "matrix")
matrix_rank = tf_function_of(_decompositions.matrix_rank, "a", "tol")
pinv = tf_function_of(_solving.pinv, "a", "rcond")
set_diag = tf_function_of(_diagonals.set_diag, "input", "diagonal", "k")
slogdet = tf_function_of(_solving.slogdet, "input")
tensor_diag = tf_function_of(_diagonals.tensor_diag, "diagonal")
tensor_diag_part = tf_function_of(_diagonals.tensor_diag_part, "input")


def matrix_transpose(a, name=None):
    """The last two axes exchanged."""
    a = as_tensor(a)
    if len(a.shape) < 2:
        raise ShapeError(f"matrix_transpose: a tensor of shape {a.shape} holds no matrices.")
    return _shapes.swapaxes(a, -1, -2)


def adjoint(matrix, name=None):
    """The last two axes exchanged, and complex numbers conjugated."""
    matrix = matrix_transpose(matrix)
    return _conj(matrix) if matrix.dtype.is_complex else matrix


_adjoint = adjoint      # also the name of an argument


def eye(num_rows, num_columns=None, batch_shape=None, dtype="float32", name=None):
    """The identity matrix, or the first columns of it, once for each place in `batch_shape`."""
    one = _creation.eye(num_rows, num_columns, 0, dtype)
    return one if batch_shape is None else _shapes.broadcast_to(one, shape=(*map(int, batch_shape), *one.shape))


def inv(input, adjoint=False, name=None):
    """The inverse of square matrices, or of their adjoints. Raises ShapeError if one is singular."""
    return _solving.inv(_adjoint(input) if adjoint else input)


def lstsq(matrix, rhs, l2_regularizer=0.0, fast=True, name=None):
    """x for which |matrix @ x - rhs|^2 + l2_regularizer |x|^2 is least; of several, the one of least norm.

    fast   by the normal equations, which need full rank and lose half of the digits; otherwise by `pinv`, which knows
           no regularizer
    """
    if not fast:
        if l2_regularizer:
            raise ValueError("lstsq: with fast=False there is no l2_regularizer; leave fast=True.")
        return _products.matmul(_solving.pinv(matrix), rhs)
    a = as_tensor(matrix)
    at = matrix_transpose(a)
    rows, columns = a.shape[-2:]
    small = _products.matmul(at, a) if rows >= columns else _products.matmul(a, at)
    small = small + l2_regularizer * _creation.eye(small.shape[-1], dtype=a.dtype)
    factor = _decompositions.cholesky_op(small)
    if rows >= columns:
        return _decompositions.cholesky_solve(factor, _products.matmul(at, rhs))
    return _products.matmul(at, _decompositions.cholesky_solve(factor, rhs))


def lu(input, output_idx_type="int32", name=None):
    """The factors of square matrices with rows exchanged, x[p] = L @ U, in one array, and the order p of the rows."""
    factors, _, order = _decompositions.lu_op(input)
    return factors, _creation.cast(order, output_idx_type)


def lu_reconstruct(lower_upper, perm, validate_args=False, name=None):
    """The matrices of which `lu` gave the factors and the order of rows."""
    lower_upper = as_tensor(lower_upper)
    unit = _creation.eye(lower_upper.shape[-1], dtype=lower_upper.dtype)
    exchanged = _products.matmul(_shapes.tril(lower_upper, -1) + unit, _shapes.triu(lower_upper))
    return _take_along_axis(exchanged, _sorting.argsort(perm)[..., None], -2)


def lu_solve(lower_upper, perm, rhs, validate_args=False, name=None):
    """x with A @ x = rhs for the matrices A of which `lu` gave the factors and the order of rows."""
    lower_upper, rhs = as_tensor(lower_upper), as_tensor(rhs)
    unit = _creation.eye(lower_upper.shape[-1], dtype=lower_upper.dtype)
    half = _solving.triangular_solve_op(_shapes.tril(lower_upper, -1) + unit,
                                        _take_along_axis(rhs, as_tensor(perm)[..., None], -2), lower=True)
    return _solving.triangular_solve_op(lower_upper, half, lower=False)


def matvec(a, b, transpose_a=False, adjoint_a=False, name=None):
    """Matrices (or their transposes, or adjoints) times vectors over the last axes."""
    if adjoint_a:
        a = _adjoint(a)
    return _products.matvec(matrix_transpose(a) if transpose_a else a, b)


def normalize(tensor, ord="euclidean", axis=None, name=None):
    """`tensor` divided by its norm along `axis`, and that norm with its axes kept as 1."""
    size = norm(tensor, ord, axis, keepdims=True)
    return as_tensor(tensor) / size, size


def qr(input, full_matrices=False, name=None):
    """Q with orthonormal columns and an upper triangular R with Q @ R = input; Q square if `full_matrices`."""
    return _decompositions.qr(input, "complete" if full_matrices else "reduced")


def solve(matrix, rhs, adjoint=False, name=None):
    """x with matrix @ x = rhs, or with the matrix' adjoint."""
    return _solving.solve_op(_adjoint(matrix) if adjoint else matrix, rhs)


def svd(tensor, full_matrices=False, compute_uv=True, name=None):
    """S, U and V with (U * S) @ V.T = tensor, S in descending order; S alone if not `compute_uv`."""
    if not compute_uv:
        return _decompositions.singular_values(tensor)
    u, s, vt = _decompositions.svd(tensor, full_matrices)
    return s, u, matrix_transpose(vt)


def trace(x, name=None):
    """The sum of the diagonal of the last two axes."""
    return _solving.trace(x, 0, -2, -1)


def triangular_solve(matrix, rhs, lower=True, adjoint=False, name=None):
    """x with T @ x = rhs, or T.T @ x if `adjoint`, for the lower or upper triangle T of `matrix`."""
    return _solving.triangular_solve_op(matrix, rhs, lower=bool(lower), adjoint=bool(adjoint))
