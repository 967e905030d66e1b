"""The assertions of tf.debugging: what they let pass, what they refuse, and that plans keep checking."""

import numpy as np
import pytest

import minikeras as tf
from minikeras import debugging
from minikeras.errors import DTypeError, InvalidArgumentError, ShapeError

PASSING = [
    ("assert_equal", ([1, 2], [1, 2])), ("assert_none_equal", ([1, 2], [2, 1])), ("assert_less", ([1, 2], 3)),
    ("assert_less_equal", ([1, 3], 3)), ("assert_greater", (4, [1, 3])), ("assert_greater_equal", (3, [1, 3])),
    ("assert_near", (1.0, 1.0 + 1e-7)), ("assert_positive", ([1.0],)), ("assert_negative", ([-1.0],)),
    ("assert_non_negative", ([0.0],)), ("assert_non_positive", ([0.0],)), ("assert_all_finite", ([1.0], "text")),
    ("Assert", (True, [1])), ("assert_rank", ([1], 1)), ("assert_rank_at_least", ([[1]], 1)),
    ("assert_rank_in", ([1], (0, 1))), ("assert_scalar", (1,)), ("assert_integer", (1,)),
    ("assert_type", (1.0, "float32")), ("assert_same_float_dtype", ([1.0],)), ("assert_proper_iterable", ([1],)),
]
REFUSED = [
    ("assert_equal", ([1, 2], [1, 3]), InvalidArgumentError, "at 1 of 2 places: 2 and 3"),
    ("assert_none_equal", ([1, 2], [2, 2]), InvalidArgumentError, "x != y"),
    ("assert_less", ([1, 5, 3, 4, 9], 3), InvalidArgumentError, "at 4 of 5 places: 5, 3, 4, ..."),
    ("assert_near", (1.0, 1.1), InvalidArgumentError, "1.0 and 1.1"),
    ("assert_positive", ([1.0, 0.0],), InvalidArgumentError, "x > 0"),
    ("assert_all_finite", ([np.nan], "bad"), InvalidArgumentError, "bad"),
    ("Assert", (False, ["what came"]), InvalidArgumentError, "what came"),
    ("assert_rank", ([1], 2), ShapeError, "expected 2 axes"),
    ("assert_rank_at_least", (1, 2), ShapeError, "2 axes or more"),
    ("assert_rank_in", (1, (1, 2)), ShapeError, "one of"),
    ("assert_scalar", ([1],), ShapeError, "one number"),
    ("assert_integer", (1.0,), DTypeError, "integers"),
    ("assert_type", (1, "float32"), DTypeError, "int32"),
    ("assert_same_float_dtype", ([1.0, np.float64(1)],), DTypeError, "float32, float64"),
    ("assert_proper_iterable", ("text",), TypeError, "str"),
]


@pytest.mark.parametrize(("name", "args"), PASSING, ids=[name for name, _ in PASSING])
def test_what_holds_passes(name, args):
    getattr(debugging, name)(*args)


@pytest.mark.parametrize(("name", "args", "error", "text"), REFUSED, ids=[each[0] for each in REFUSED])
def test_what_does_not_hold_is_refused(name, args, error, text):
    with pytest.raises(error, match=text):
        getattr(debugging, name)(*args)


def test_the_message_comes_first():
    with pytest.raises(InvalidArgumentError, match=r"^labels \(assert_equal"):
        debugging.assert_equal(1, 2, message="labels")


@pytest.mark.parametrize("shapes", [[((2, 3), ("N", 3)), ((2,), ("N",))], [((4, 2, 3), ("...", "D", 3))],
                                    [((2, 5), (None, "D")), ((5, 1, 1), ("D", "..."))]])
def test_shapes_that_fit_pass(shapes):
    debugging.assert_shapes([(tf.zeros(shape), wanted) for shape, wanted in shapes])


@pytest.mark.parametrize("shapes", [[((2, 3), ("N", 3)), ((3,), ("N",))], [((2, 3), ("N",))], [((2, 3), (2, 4))]])
def test_shapes_that_do_not_fit_are_refused(shapes):
    with pytest.raises(ShapeError, match="assert_shapes"):
        debugging.assert_shapes([(tf.zeros(shape), wanted) for shape, wanted in shapes])


def test_a_plan_keeps_checking():
    @tf.function
    def double(x):
        debugging.assert_less(x, 3.0)
        return x * 2.0

    for _ in range(3):
        double(tf.constant([1.0, 2.0]))
    assert double.latest is not None
    with pytest.raises(InvalidArgumentError, match=r"5\.0"):
        double(tf.constant([1.0, 5.0]))
