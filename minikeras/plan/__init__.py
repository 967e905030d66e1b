"""The compiled step: a step is recorded, planned, and replayed as straight-line NumPy."""

from .function import Function, function, without
from .plan import PASSES, Plan
from .signature import TensorSpec

__all__ = ["PASSES", "Function", "Plan", "TensorSpec", "function", "without"]
