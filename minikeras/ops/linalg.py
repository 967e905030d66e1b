"""Keras' `ops.linalg`: decompositions, solving and norms, and the derivative along a direction."""

from .adapted import jvp
from .decompositions import cholesky, cholesky_inverse, eig, eigh, lu_factor, matrix_rank, qr, svd
from .norms import norm
from .solving import det, inv, lstsq, pinv, solve, solve_triangular

__all__ = sorted(name for name, value in globals().items() if not name.startswith("_") and callable(value))
