"""Arithmetic, comparison and logic, element by element."""

import math

import numpy as np

from ..autograd.dtypes import is_complex
from ..autograd.linear import cast, zeros_like
from ..autograd.op import elementwise, first_kept, floated, kept, primitive, shifted
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from .complex_numbers import imag, real


@elementwise(lambda d, y, a, b: d, lambda d, y, a, b: d)
def add(x1, x2, *, out=None):
    """x1 + x2, element by element and broadcast."""
    return np.add(x1, x2, out=out)


@elementwise(lambda d, y, a, b: d, lambda d, y, a, b: -d)
def subtract(x1, x2, *, out=None):
    """x1 - x2, element by element and broadcast."""
    return np.subtract(x1, x2, out=out)


@elementwise(lambda d, y, a, b: d * b, lambda d, y, a, b: d * a)
def multiply(x1, x2, *, out=None):
    """x1 * x2, element by element and broadcast."""
    return np.multiply(x1, x2, out=out)


@elementwise(lambda d, y, a, b: d / b, lambda d, y, a, b: -d * y / b, policy=floated)
def divide(x1, x2, *, out=None):
    """x1 / x2; integers give the default float."""
    return np.divide(x1, x2, out=out)


@elementwise(lambda d, y, a, b: divide_no_nan(d, b), lambda d, y, a, b: divide_no_nan(-d * y, b), policy=floated)
def divide_no_nan(x1, x2, *, out=None):
    """x1 / x2, and 0 where x2 is 0."""
    if out is None:
        out = np.empty(np.broadcast_shapes(np.shape(x1), np.shape(x2)), np.result_type(x1, x2))
    # Where, before anything is written: `out` may be `x1` or `x2`.
    zero = np.equal(x2, 0)
    np.divide(x1, x2, out=out, where=np.logical_not(zero))
    np.copyto(out, 0, where=zero)
    return out


def _power_rule_base(d, y, a, b):
    if type(b) in (int, float):
        if b == 0:      # without the cases of 0 and 1, the derivatives at a = 0 would be 0 * inf
            return zeros_like(d)
        return d if b == 1 else d * 2.0 * a if b == 2 else d * b * power(a, b - 1)
    return d * b * power(a, b - 1)


def _power_rule_exponent(d, y, a, b):
    # Where the base is not positive the derivative is 0, as in TensorFlow; log sees 1 there.
    if isinstance(a, (int, float)):
        return d * y * (math.log(a) if a > 0 else 0.0)
    positive = cast(a != 0 if is_complex(a) else a > 0, dtype=d.dtype)
    return d * y * log(a * positive + (1.0 - positive)) * positive


@elementwise(_power_rule_base, _power_rule_exponent)
def power(x1, x2, *, out=None):
    """x1 to the power x2, element by element and broadcast; integers to a negative power are refused."""
    if type(x2) in (int, float) and x2 == 2:
        return np.square(x1, out=out)
    return np.power(x1, x2, out=out)


@elementwise(lambda d, y, a, b: d * (a >= b), lambda d, y, a, b: d * (a < b))
def maximum(x1, x2, *, out=None):
    """The larger of x1 and x2; at a tie the gradient goes to x1."""
    return np.maximum(x1, x2, out=out)


@elementwise(lambda d, y, a, b: d * (a <= b), lambda d, y, a, b: d * (a > b))
def minimum(x1, x2, *, out=None):
    """The smaller of x1 and x2; at a tie the gradient goes to x1."""
    return np.minimum(x1, x2, out=out)


def counted(x):
    """Booleans as integers: NumPy's squares and remainders of them would be int8."""
    return x.astype(np.int32) if type(x) is np.ndarray and x.dtype.char == "?" else x


def counted_result(inputs, attrs):
    """The type of what `counted` makes of the inputs, which have one type."""
    dtype = next(x.dtype.dtype for x in inputs if hasattr(x, "dtype"))
    return np.dtype("int32") if dtype.kind == "b" else dtype


@elementwise(lambda d, y, a, b: d, lambda d, y, a, b: -d * floor_divide(a, b), result=counted_result)
def mod(x1, x2, *, out=None):
    """Remainder of x1 / x2 with the sign of x2, as Python's %."""
    return np.mod(counted(x1), counted(x2), out=out)


@elementwise()
def floor_divide(x1, x2, *, out=None):
    """The largest integer not above x1 / x2. It has no derivative."""
    return np.floor_divide(x1, x2, out=out)


@elementwise(lambda d, y, x: -d)
def negative(x, *, out=None):
    """-x, element by element."""
    return np.negative(x, out=out)


@elementwise(lambda d, y, x: d * sign_op(x))
def absolute_op(x, *, out=None):
    """|x| of a real number; the derivative at 0 is 0."""
    return np.absolute(x, out=out)


@elementwise(lambda d, y, x: zeros_like(d))
def sign_op(x, *, out=None):
    """-1, 0 or 1, with a derivative of 0."""
    return np.sign(x, out=out)


def absolute(x):
    """|x|, of a complex number the distance from 0; the derivative at 0 is 0."""
    x = as_tensor(x)
    return hypot(real(x), imag(x)) if is_complex(x) else absolute_op(x)


def sign(x):
    """-1, 0 or 1, with a derivative of 0; of a complex number x / |x|."""
    x = as_tensor(x)
    return divide_no_nan(x, absolute(x)) if is_complex(x) else sign_op(x)


@elementwise(lambda d, y, x: d * sign_op(x), policy=floated)
def fabs(x, *, out=None):
    """|x| of real numbers, as a float."""
    return np.fabs(x, out=out)


@elementwise(lambda d, y, a, b: d * divide_no_nan(a, y), lambda d, y, a, b: d * divide_no_nan(b, y), policy=floated)
def hypot(x1, x2, *, out=None):
    """sqrt(x1**2 + x2**2) without overflow; the derivative at 0 is 0."""
    return np.hypot(x1, x2, out=out)


@elementwise(lambda d, y, x: d / x, policy=floated)
def log(x, *, out=None):
    """Natural logarithm; -inf at 0, NaN for negative x."""
    return np.log(x, out=out)


@elementwise(lambda d, y, x: d * 2.0 * x, result=counted_result)
def square(x, *, out=None):
    """x * x; booleans count as int32."""
    return np.square(counted(x), out=out)


@elementwise(lambda d, y, x: -d * y * y, policy=floated)
def reciprocal(x, *, out=None):
    """1 / x; infinite at 0. Integers are taken as floats."""
    return np.reciprocal(x, out=out)


# Selected, not multiplied: an infinite cotangent of an element that is cut off is none.
@elementwise(lambda d, y, x, low, high: select((x >= low) & (x <= high), d, 0.0), None, None)
def clip(x, low, high, *, out=None):
    """x limited to low..high; the gradient passes on the bounds themselves. The bounds get no gradient."""
    return np.clip(x, low, high, out=out)


def _where_rule(branch):
    def rule(d, y, condition, a, b):
        mask = cast(condition, dtype=d.dtype)
        return d * mask if branch else d * (1.0 - mask)
    return rule


@elementwise(None, _where_rule(True), _where_rule(False), policy=first_kept)
def select(condition, a, b, *, out=None):
    """a where `condition` holds, else b. Both are computed, but only the chosen one gets a gradient."""
    if not (type(a) is type(b) is np.ndarray and a.dtype == b.dtype and a.dtype.itemsize in WORDS
            and min(a.size, b.size) >= MANY):
        return np.where(condition, a, b)
    # np.where branches for every element, six times as slow as this where the condition changes often: the bits in
    # which a and b differ, kept where it holds, turn b into a.
    word = WORDS[a.dtype.itemsize]
    mask = np.negative(np.asarray(condition, bool).view(np.int8), dtype=word)
    bits = np.bitwise_xor(a.view(word), b.view(word))
    bits = np.bitwise_and(bits, mask, out=bits if bits.shape == np.broadcast_shapes(bits.shape, mask.shape) else None)
    if out is None:
        return np.bitwise_xor(bits, b.view(word), out=bits).view(a.dtype)
    np.bitwise_xor(bits, b.view(word), out=out.view(word))
    return out


WORDS, MANY = {4: np.int32, 8: np.int64}, 4096


def _comparison(ufunc, text):
    def compare(x1, x2, *, out=None):
        return ufunc(x1, x2, out=out)
    compare.__name__, compare.__doc__ = ufunc.__name__, f"Whether {text}, element by element, as booleans."
    return elementwise(result=bool)(compare)


equal = _comparison(np.equal, "x1 == x2")
not_equal = _comparison(np.not_equal, "x1 != x2")
less = _comparison(np.less, "x1 < x2")
less_equal = _comparison(np.less_equal, "x1 <= x2")
greater = _comparison(np.greater, "x1 > x2")
greater_equal = _comparison(np.greater_equal, "x1 >= x2")
logical_and = _comparison(np.logical_and, "x1 and x2 are both true")
logical_or = _comparison(np.logical_or, "x1 or x2 is true")
logical_xor = _comparison(np.logical_xor, "exactly one of x1 and x2 is true")


@elementwise(result=bool)
def logical_not(x, *, out=None):
    """Whether x is false."""
    return np.logical_not(x, out=out)


@elementwise()
def bitwise_and(x1, x2, *, out=None):
    """x1 & x2 of integers or booleans."""
    return np.bitwise_and(x1, x2, out=out)


@elementwise()
def bitwise_or(x1, x2, *, out=None):
    """x1 | x2 of integers or booleans."""
    return np.bitwise_or(x1, x2, out=out)


@elementwise()
def bitwise_xor(x1, x2, *, out=None):
    """x1 ^ x2 of integers or booleans."""
    return np.bitwise_xor(x1, x2, out=out)


@elementwise()
def invert(x, *, out=None):
    """Every bit of an integer turned over; the opposite of a boolean."""
    return np.invert(x, out=out)


@elementwise()
def left_shift(x1, x2, *, out=None):
    """The bits of an integer moved up by x2 places: x1 * 2**x2 as long as it fits."""
    return np.left_shift(x1, x2, out=out)


@elementwise()
def right_shift(x1, x2, *, out=None):
    """The bits of an integer moved down by x2 places: x1 // 2**x2."""
    return np.right_shift(x1, x2, out=out)


@elementwise(policy=kept, result=bool)
def isnan(x, *, out=None):
    """Whether x is not a number."""
    return np.isnan(x, out=out)


@elementwise(policy=kept, result=bool)
def isinf(x, *, out=None):
    """Whether x is infinite."""
    return np.isinf(x, out=out)


@elementwise(policy=kept, result=bool)
def isfinite(x, *, out=None):
    """Whether x is neither infinite nor NaN."""
    return np.isfinite(x, out=out)


@elementwise(policy=kept, result=bool)
def isposinf(x, *, out=None):
    """Whether x is positive infinity."""
    return np.isposinf(x, out=out)


@elementwise(policy=kept, result=bool)
def isneginf(x, *, out=None):
    """Whether x is negative infinity."""
    return np.isneginf(x, out=out)


@elementwise(policy=kept, result=bool)
def isreal(x, *, out=None):
    """Whether the imaginary part of x is 0."""
    return np.isreal(x)


@elementwise(policy=kept, result=bool)
def signbit(x, *, out=None):
    """Whether x is negative, also -0.0."""
    return np.signbit(x, out=out)


@primitive(lambda d, y, x, **_: d, shape=lambda x, **_: x, policy=kept, batch=shifted)
def within(x, *, low, high, complaint):
    """`x` as it is. Raises ShapeError(complaint) unless all of it is in low..high, with the first number that is not,
    and its position, in place of {}."""
    if x.size and not (low <= np.minimum.reduce(x, None) and np.maximum.reduce(x, None) <= high):
        where = tuple(np.argwhere(~((low <= x) & (x <= high)))[0].tolist())
        found = f"{x[where]} at position {where}" if where else str(x[where])
        raise ShapeError(complaint.replace("{}", found, 1))
    return x


def squared_difference(x1, x2):
    """(x1 - x2) squared."""
    return square(subtract(x1, x2))


def where(condition, x1=None, x2=None):
    """x1 where `condition` holds, else x2; with `condition` alone, the indices where it holds."""
    if (x1 is None) != (x2 is None):
        raise ValueError("where takes a condition alone, or a condition and both values; one value is missing.")
    if x1 is None:
        from_condition = np.nonzero(np.asarray(condition))
        return tuple(cast(i, dtype="int32") for i in from_condition)
    return select(condition, x1, x2)
