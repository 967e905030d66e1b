"""Keras' `ops.nn`: what networks are made of."""

from .activation import (
    hard_silu,
    silu,
)

hard_swish = hard_silu
swish = silu

__all__ = sorted(name for name, value in globals().items() if not name.startswith("_") and callable(value))
