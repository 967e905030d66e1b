"""Keras' `ops.linalg`: decompositions, solving and norms under one name."""

from .decompositions import cholesky, cholesky_inverse, eig, eigh, matrix_rank, qr, svd
from .norms import norm
from .solving import det, inv, lstsq, pinv, solve, solve_triangular

__all__ = ["cholesky", "cholesky_inverse", "det", "eig", "eigh", "inv", "lstsq", "matrix_rank", "norm", "pinv", "qr",
           "solve", "solve_triangular", "svd"]
