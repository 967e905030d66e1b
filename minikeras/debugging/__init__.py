"""Looking into a computation: draw_tape pictures what a tape recorded, enable_check_numerics finds the first NaN."""

from .drawing import TapeDrawing, draw_tape
from .numerics import check_numerics, disable_check_numerics, enable_check_numerics

__all__ = ["TapeDrawing", "check_numerics", "disable_check_numerics", "draw_tape", "enable_check_numerics"]
