"""Forward-mode differentiation, under TensorFlow's name."""

from .autograd.forward import AutoDiffScalar, ForwardAccumulator, Unit

__all__ = ["AutoDiffScalar", "ForwardAccumulator", "Unit"]
