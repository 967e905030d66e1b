"""Functions of one real variable, element by element."""

import functools
import math

import numpy as np

from ..autograd.op import elementwise, floated
from .arithmetic import select


@elementwise(lambda d, y, x: d * y, policy=floated)
def exp(x, *, out=None):
    """e to the power x."""
    return np.exp(x, out=out)


@elementwise(lambda d, y, x: d * (y + 1.0), policy=floated)
def expm1(x, *, out=None):
    """exp(x) - 1, accurate near 0."""
    return np.expm1(x, out=out)


@elementwise(lambda d, y, x: d / (1.0 + x), policy=floated)
def log1p(x, *, out=None):
    """log(1 + x), accurate near 0."""
    return np.log1p(x, out=out)


# Where the cotangent is 0 so is the result: sqrt(0) inside a branch not taken must not give 0 * inf.
@elementwise(lambda d, y, x: select(d == 0.0, 0.0, 0.5 * d / y), policy=floated)
def sqrt(x, *, out=None):
    """Square root."""
    return np.sqrt(x, out=out)


@elementwise(lambda d, y, x: -0.5 * d * y / x, policy=floated)
def rsqrt(x, *, out=None):
    """1 / sqrt(x)."""
    return np.reciprocal(np.sqrt(x), out=out)


@elementwise(lambda d, y, x: d * cos(x), policy=floated)
def sin(x, *, out=None):
    """Sine of an angle in radians."""
    return np.sin(x, out=out)


@elementwise(lambda d, y, x: -d * sin(x), policy=floated)
def cos(x, *, out=None):
    """Cosine of an angle in radians."""
    return np.cos(x, out=out)


@elementwise(lambda d, y, x: d * (1.0 + y * y), policy=floated)
def tan(x, *, out=None):
    """Tangent of an angle in radians."""
    return np.tan(x, out=out)


@elementwise(lambda d, y, x: d * rsqrt(1.0 - x * x), policy=floated)
def arcsin(x, *, out=None):
    """Inverse sine, in radians."""
    return np.arcsin(x, out=out)


@elementwise(lambda d, y, x: -d * rsqrt(1.0 - x * x), policy=floated)
def arccos(x, *, out=None):
    """Inverse cosine, in radians."""
    return np.arccos(x, out=out)


@elementwise(lambda d, y, x: d / (1.0 + x * x), policy=floated)
def arctan(x, *, out=None):
    """Inverse tangent, in radians."""
    return np.arctan(x, out=out)


@elementwise(lambda d, y, x: d * cosh(x), policy=floated)
def sinh(x, *, out=None):
    """Hyperbolic sine."""
    return np.sinh(x, out=out)


@elementwise(lambda d, y, x: d * sinh(x), policy=floated)
def cosh(x, *, out=None):
    """Hyperbolic cosine."""
    return np.cosh(x, out=out)


@elementwise(lambda d, y, x: d * (1.0 - y * y), policy=floated)
def tanh(x, *, out=None):
    """Hyperbolic tangent."""
    return np.tanh(x, out=out)


@elementwise(lambda d, y, x: d * y * (1.0 - y), policy=floated)
def sigmoid(x, *, out=None):
    """1 / (1 + exp(-x))."""
    # exp of nothing positive: no overflow, and full relative accuracy where the result is tiny.
    return np.divide(np.exp(np.minimum(x, 0)), 1 + np.exp(-np.abs(x)), out=out)


@elementwise(lambda d, y, x: d * sigmoid(x), policy=floated)
def softplus(x, *, out=None):
    """log(1 + exp(x))."""
    return np.add(np.log1p(np.exp(-np.abs(x))), np.maximum(x, 0), out=out)


@elementwise(lambda d, y, x: d * (2.0 / math.sqrt(math.pi)) * exp(-x * x), policy=floated)
def erf(x, *, out=None):
    """The error function, 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x."""
    magnitude = np.abs(x.astype(np.float64))
    t = 2.0 / (2.0 + magnitude)
    tail = t * np.exp(np.polynomial.chebyshev.chebval(2.0 * t - 1.0, _erf_coefficients()) - magnitude * magnitude)
    small = magnitude < 0.5
    if small.any():         # 1 - erfc cancels near 0; the Taylor series does not
        tail = np.where(small, 1.0 - _erf_series(np.where(small, magnitude, 0.0)), tail)
        value = np.where(small, _erf_series(np.where(small, magnitude, 0.0)), 1.0 - tail)
    else:
        value = 1.0 - tail
    return np.copysign(value, x).astype(x.dtype)


@functools.cache
def _erf_coefficients():
    """Chebyshev coefficients of log(erfc(z) / t) + z**2 in t = 2 / (2 + z) over 0 < t <= 1, for z >= 0.

    The substitution is that of Press et al., Numerical Recipes, 3rd ed., section 6.2.2; the fit is
    made here from math.erfc, with the limit -log(2 sqrt(pi)) where erfc underflows.
    """
    def target(s):
        t = (s + 1.0) / 2.0
        values = []
        for each in t:
            z = 2.0 / each - 2.0
            values.append(math.log(math.erfc(z) / each) + z * z if z < 25.0 else _log_erfc_tail(z, each))
        return np.array(values)
    return np.polynomial.chebyshev.chebinterpolate(target, 40)


def _log_erfc_tail(z, t):
    # Asymptotic series of erfc: exp(-z^2) / (z sqrt(pi)) * (1 - 1/(2 z^2) + 1*3/(2 z^2)^2 - ...).
    term = total = 1.0
    for n in range(1, 12):
        term *= -(2 * n - 1) / (2.0 * z * z)
        total += term
    return math.log(total / (z * math.sqrt(math.pi) * t))


def _erf_series(z):
    term, total = z, z.copy()
    for n in range(1, 20):
        term = term * (-z * z / n)
        total += term / (2 * n + 1)
    return total * (2.0 / math.sqrt(math.pi))


@elementwise()
def floor(x, *, out=None):
    """The largest integer not above x."""
    return np.floor(x, out=out)


@elementwise()
def ceil(x, *, out=None):
    """The smallest integer not below x."""
    return np.ceil(x, out=out)


@elementwise()
def rint(x, *, out=None):
    """The nearest integer, halves to the even one."""
    return np.rint(x, out=out)
