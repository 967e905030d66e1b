"""The compiled step: a step is recorded, planned, and replayed as straight-line NumPy."""

from .function import Function, function, without
from .plan import PASSES, REORDERING, Plan
from .signature import TensorSpec

__all__ = ["PASSES", "REORDERING", "Function", "Plan", "TensorSpec", "function", "without"]
