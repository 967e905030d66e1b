"""Looking into a computation: draw_tape pictures what a tape recorded."""

from .drawing import TapeDrawing, draw_tape

__all__ = ["TapeDrawing", "draw_tape"]
