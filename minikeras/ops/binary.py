"""Functions of two variables, element by element, beyond arithmetic."""

import math

import numpy as np

from ..autograd import dtypes
from ..autograd.linear import cast, zeros_like
from ..autograd.op import elementwise, floated, kept
from ..autograd.operands import as_tensor
from ..errors import DTypeError
from .arithmetic import counted, counted_result, hypot, isinf, isnan, select
from .complex_numbers import complex, imag, real
from .reduce import all
from .unary import cos, sigmoid, sin, trunc


# Divided twice by the distance, whose square would overflow.
@elementwise(lambda d, y, a, b: d * (b / hypot(a, b)) / hypot(a, b),
             lambda d, y, a, b: d * (-a / hypot(a, b)) / hypot(a, b), policy=floated)
def arctan2(x1, x2, *, out=None):
    """The angle of the point (x2, x1) with the positive first axis, -pi..pi radians."""
    return np.arctan2(x1, x2, out=out)


def angle(x):
    """The angle of a complex number with the positive real axis, -pi..pi radians; pi or 0 of a real one."""
    x = as_tensor(x)
    return arctan2(imag(x), real(x))


def polar(abs_, angle):
    """The complex number of a size and an angle in radians."""
    abs_, angle = as_tensor(abs_), as_tensor(angle)
    return complex(abs_ * cos(angle), abs_ * sin(angle))


def _gap(a, b):
    """a - b, and 0 where both are the same infinity."""
    return select((a == b) & isinf(b), 0.0, a - b)


@elementwise(lambda d, y, a, b: d * sigmoid(_gap(a, b)), lambda d, y, a, b: d * sigmoid(_gap(b, a)), policy=floated)
def logaddexp(x1, x2, *, out=None):
    """log(exp(x1) + exp(x2)), without overflow."""
    return np.logaddexp(x1, x2, out=out)


@elementwise(lambda d, y, a, b: d * sigmoid(math.log(2.0) * _gap(a, b)),
             lambda d, y, a, b: d * sigmoid(math.log(2.0) * _gap(b, a)), policy=floated)
def logaddexp2(x1, x2, *, out=None):
    """log2(2**x1 + 2**x2), without overflow."""
    return np.logaddexp2(x1, x2, out=out)


@elementwise(lambda d, y, a, b: d * ((a >= b) | isnan(b)), lambda d, y, a, b: d * ~((a >= b) | isnan(b)))
def fmax(x1, x2, *, out=None):
    """The larger of x1 and x2, the number if the other is NaN; at a tie the gradient goes to x1."""
    return np.fmax(x1, x2, out=out)


@elementwise(lambda d, y, a, b: d * ((a <= b) | isnan(b)), lambda d, y, a, b: d * ~((a <= b) | isnan(b)))
def fmin(x1, x2, *, out=None):
    """The smaller of x1 and x2, the number if the other is NaN; at a tie the gradient goes to x1."""
    return np.fmin(x1, x2, out=out)


@elementwise(lambda d, y, a, b: d, lambda d, y, a, b: -d * trunc(a / b), result=counted_result)
def fmod(x1, x2, *, out=None):
    """Remainder of x1 / x2 with the sign of x1, as C's."""
    return np.fmod(counted(x1), counted(x2), out=out)


@elementwise(lambda d, y, a, b: zeros_like(d), lambda d, y, a, b: select(a == 0, d, 0.0), policy=floated)
def heaviside(x1, x2, *, out=None):
    """0 where x1 is negative, 1 where it is positive, x2 where it is 0."""
    return np.heaviside(x1, x2, out=out)


def _whole_exponent(inputs):
    own = kept(inputs)[0]
    if own[1].kind not in "iu":
        raise DTypeError(f"ldexp: the exponent must be an integer, got {own[1]}. Use x1 * 2.0 ** x2 for others.")
    dtype = dtypes.floating(own[0])
    return [dtype, own[1]], dtype


@elementwise(lambda d, y, a, b: ldexp(d, b), None, policy=_whole_exponent)
def ldexp(x1, x2, *, out=None):
    """x1 * 2**x2 for integers x2, which get no gradient. Raises DTypeError for other x2."""
    return np.ldexp(x1, x2, out=out)


@elementwise(lambda d, y, a, b: d, lambda d, y, a, b: zeros_like(d), policy=floated)
def nextafter(x1, x2, *, out=None):
    """The next number after x1 in the direction of x2."""
    return np.nextafter(x1, x2, out=out)


@elementwise()
def gcd(x1, x2, *, out=None):
    """The greatest common divisor of integers."""
    return np.gcd(x1, x2, out=out)


@elementwise()
def lcm(x1, x2, *, out=None):
    """The least common multiple of integers."""
    return np.lcm(x1, x2, out=out)


@elementwise(result=bool)
def isclose(x1, x2, *, rtol=1e-5, atol=1e-8, equal_nan=False, out=None):
    """Whether |x1 - x2| <= atol + rtol * |x2|; `equal_nan` makes NaN close to NaN."""
    return np.isclose(x1, x2, rtol, atol, equal_nan)


def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether `isclose` holds of every element."""
    return all(isclose(x1, x2, rtol=rtol, atol=atol, equal_nan=equal_nan))


# --- products and quotients that are 0 whatever the other factor is -----------------------------------
# As in TensorFlow, the derivative by a factor at 0 is 0, too.

def _nonzero(x):
    return cast(x != 0, dtype=x.dtype)


def _unless_zero(x, compute):
    with np.errstate(all="ignore"):
        return np.where(x == 0, 0, compute())


@elementwise(lambda d, y, a, b: multiply_no_nan(d, b), lambda d, y, a, b: multiply_no_nan(a, d))
def multiply_no_nan(a, b, *, out=None):
    """a * b, and 0 where b is 0, even if a is infinite or NaN."""
    return _unless_zero(b, lambda: a * b)


@elementwise(lambda d, y, a, b: d * xlogy(_nonzero(a), b), lambda d, y, a, b: d * xdivy(a, b), policy=floated)
def xlogy(a, b, *, out=None):
    """a * log(b), and 0 where a is 0."""
    return _unless_zero(a, lambda: a * np.log(b))


@elementwise(lambda d, y, a, b: d * xlog1py(_nonzero(a), b), lambda d, y, a, b: d * xdivy(a, 1.0 + b), policy=floated)
def xlog1py(a, b, *, out=None):
    """a * log(1 + b), and 0 where a is 0."""
    return _unless_zero(a, lambda: a * np.log1p(b))


@elementwise(lambda d, y, a, b: d * xdivy(_nonzero(a), b), lambda d, y, a, b: -d * xdivy(y, b), policy=floated)
def xdivy(a, b, *, out=None):
    """a / b, and 0 where a is 0."""
    return _unless_zero(a, lambda: a / b)
