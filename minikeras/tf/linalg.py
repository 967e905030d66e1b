"""TensorFlow's `tf.linalg`."""

from ..autograd.operands import as_tensor
from ..ops import linalg as _linalg
from ..ops import shapes as _shape
from . import eye, matmul, norm, tensordot, tf_function_of  # noqa: F401 (public names of tf.linalg)

cholesky = tf_function_of(_linalg.cholesky, "input")
det = tf_function_of(_linalg.det, "input")
inv = tf_function_of(_linalg.inv, "input")
trace = tf_function_of(_linalg.trace, "x")


def matvec(a, b, transpose_a=False, name=None):
    """Matrices times vectors over the last axes."""
    return _linalg.matvec(_shape.swapaxes(as_tensor(a), -1, -2) if transpose_a else a, b)


def solve(matrix, rhs, adjoint=False, name=None):
    """x with matrix @ x = rhs."""
    return _linalg.solve(_shape.swapaxes(as_tensor(matrix), -1, -2) if adjoint else matrix, rhs)


def band_part(input, num_lower, num_upper, name=None):
    """The matrix with only some diagonals kept; negative keeps all on that side."""
    return _linalg.band_part(input, num_lower, num_upper)


def matrix_transpose(a, name=None):
    """The last two axes exchanged."""
    return _shape.swapaxes(as_tensor(a), -1, -2)
