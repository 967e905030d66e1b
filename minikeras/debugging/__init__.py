"""Looking into a computation: draw_tape pictures what a tape recorded, enable_check_numerics finds the first NaN,
assert_... check values and shapes."""

from .assertions import (
    Assert,
    assert_all_finite,
    assert_equal,
    assert_greater,
    assert_greater_equal,
    assert_integer,
    assert_less,
    assert_less_equal,
    assert_near,
    assert_negative,
    assert_non_negative,
    assert_non_positive,
    assert_none_equal,
    assert_positive,
    assert_proper_iterable,
    assert_rank,
    assert_rank_at_least,
    assert_rank_in,
    assert_same_float_dtype,
    assert_scalar,
    assert_shapes,
    assert_type,
    is_numeric_tensor,
)
from .drawing import TapeDrawing, draw_tape
from .numerics import check_numerics, disable_check_numerics, enable_check_numerics

__all__ = ["Assert", "TapeDrawing", "assert_all_finite", "assert_equal", "assert_greater", "assert_greater_equal",
           "assert_integer", "assert_less", "assert_less_equal", "assert_near", "assert_negative",
           "assert_non_negative", "assert_non_positive", "assert_none_equal", "assert_positive",
           "assert_proper_iterable", "assert_rank", "assert_rank_at_least", "assert_rank_in",
           "assert_same_float_dtype", "assert_scalar", "assert_shapes", "assert_type", "check_numerics",
           "disable_check_numerics", "draw_tape", "enable_check_numerics", "is_numeric_tensor"]
