"""Forward-mode differentiation, under TensorFlow's name."""

from . import ops  # noqa: F401 (attaches the operators)
from .autograd.forward import AutoDiffScalar, ForwardAccumulator, Unit

__all__ = ["AutoDiffScalar", "ForwardAccumulator", "Unit"]
