"""Keras' `ops.core`: conversion, control flow and scattering."""

from ..autograd.batching import vectorized_map
from ..autograd.custom import custom_gradient
from .adapted import convert_to_tensor, dtype, scatter, scatter_update, slice, stop_gradient
from .control import associative_scan, cond, fori_loop, map, scan, switch, while_loop
from .creation import cast, convert_to_numpy, is_tensor, saturate_cast
from .placing import slice_update
from .shapes import shape, unstack

__all__ = sorted(name for name, value in globals().items() if not name.startswith("_") and callable(value))
