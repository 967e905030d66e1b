"""Functions of one variable, element by element."""

import math

import numpy as np

from ..autograd.dtypes import as_dtype
from ..autograd.linear import cast
from ..autograd.op import elementwise, floated
from ..autograd.operands import as_tensor
from ..errors import DTypeError
from .arithmetic import isfinite, select


@elementwise(lambda d, y, x: d * y, policy=floated)
def exp(x, *, out=None):
    """e to the power x, element by element."""
    return np.exp(x, out=out)


@elementwise(lambda d, y, x: d * (y + 1.0), policy=floated)
def expm1(x, *, out=None):
    """exp(x) - 1, accurate near 0."""
    return np.expm1(x, out=out)


@elementwise(lambda d, y, x: d / (1.0 + x), policy=floated)
def log1p(x, *, out=None):
    """log(1 + x), accurate near 0; -inf at -1, NaN below."""
    return np.log1p(x, out=out)


# Where the cotangent is 0 so is the result: sqrt(0) inside a branch not taken must not give 0 / 0.
@elementwise(lambda d, y, x: 0.5 * d / select((d == 0.0) & (y == 0.0), 1.0, y), policy=floated)
def sqrt(x, *, out=None):
    """Square root; NaN for negative x. Its gradient at 0 is infinite, but 0 where none arrives."""
    return np.sqrt(x, out=out)


@elementwise(lambda d, y, x: -0.5 * d * y / x, policy=floated)
def rsqrt(x, *, out=None):
    """1 / sqrt(x); infinite at 0, NaN for negative x."""
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
    """Inverse sine in radians, -pi/2..pi/2; NaN outside -1..1."""
    return np.arcsin(x, out=out)


@elementwise(lambda d, y, x: -d * rsqrt(1.0 - x * x), policy=floated)
def arccos(x, *, out=None):
    """Inverse cosine in radians, 0..pi; NaN outside -1..1."""
    return np.arccos(x, out=out)


@elementwise(lambda d, y, x: d / (1.0 + x * x), policy=floated)
def arctan(x, *, out=None):
    """Inverse tangent in radians, -pi/2..pi/2."""
    return np.arctan(x, out=out)


@elementwise(lambda d, y, x: d * cosh(x), policy=floated)
def sinh(x, *, out=None):
    """Hyperbolic sine, (exp(x) - exp(-x)) / 2."""
    return np.sinh(x, out=out)


@elementwise(lambda d, y, x: d * sinh(x), policy=floated)
def cosh(x, *, out=None):
    """Hyperbolic cosine, (exp(x) + exp(-x)) / 2."""
    return np.cosh(x, out=out)


@elementwise(lambda d, y, x: d * (1.0 - y * y), policy=floated)
def tanh(x, *, out=None):
    """Hyperbolic tangent, between -1 and 1."""
    return np.tanh(x, out=out)


@elementwise(lambda d, y, x: d * y * (1.0 - y), policy=floated)
def sigmoid(x, *, out=None):
    """1 / (1 + exp(-x)), between 0 and 1, without overflow."""
    if x.dtype.kind == "c":
        return 0.5 + 0.5 * np.tanh(0.5 * x)
    # exp of nothing positive: no overflow, and full relative accuracy where the result is tiny.
    return np.divide(np.exp(np.minimum(x, 0)), 1 + np.exp(-np.abs(x)), out=out)


@elementwise(lambda d, y, x: d * sigmoid(x), policy=floated)
def softplus(x, *, out=None):
    """log(1 + exp(x)). Raises DTypeError for complex numbers."""
    if x.dtype.kind == "c":
        raise DTypeError(f"softplus: not known here for {x.dtype}; use log(1 + exp(x)).")
    return np.add(np.log1p(np.exp(-np.abs(x))), np.maximum(x, 0), out=out)


@elementwise(lambda d, y, x: d * y * math.log(2.0), policy=floated)
def exp2(x, *, out=None):
    """2 to the power x, element by element."""
    return np.exp2(x, out=out)


@elementwise(lambda d, y, x: d / (x * math.log(2.0)), policy=floated)
def log2(x, *, out=None):
    """Logarithm to the base 2; -inf at 0, NaN for negative x."""
    return np.log2(x, out=out)


@elementwise(lambda d, y, x: d / (x * math.log(10.0)), policy=floated)
def log10(x, *, out=None):
    """Logarithm to the base 10; -inf at 0, NaN for negative x."""
    return np.log10(x, out=out)


@elementwise(lambda d, y, x: d / (3.0 * y * y), policy=floated)
def cbrt(x, *, out=None):
    """The real cube root, negative where x is."""
    return np.cbrt(x, out=out)


@elementwise(lambda d, y, x: d * rsqrt(1.0 + x * x), policy=floated)
def arcsinh(x, *, out=None):
    """Inverse hyperbolic sine, of every number."""
    return np.arcsinh(x, out=out)


# Two roots: of a complex x, that of the product would lie on the wrong side of the cut.
@elementwise(lambda d, y, x: d * rsqrt(x - 1.0) * rsqrt(x + 1.0), policy=floated)
def arccosh(x, *, out=None):
    """Inverse hyperbolic cosine, from 0 on; NaN for x < 1."""
    return np.arccosh(x, out=out)


@elementwise(lambda d, y, x: d / ((1.0 - x) * (1.0 + x)), policy=floated)
def arctanh(x, *, out=None):
    """Inverse hyperbolic tangent, for -1 <= x <= 1."""
    return np.arctanh(x, out=out)


def deg2rad(x):
    """Angles in degrees as radians, x * pi / 180."""
    return as_tensor(x) * (math.pi / 180.0)


def rad2deg(x):
    """Angles in radians as degrees, x * 180 / pi."""
    return as_tensor(x) * (180.0 / math.pi)


@elementwise(policy=floated)
def floor(x, *, out=None):
    """The largest integer not above x, as a float."""
    return np.floor(x, out=out)


@elementwise(policy=floated)
def ceil(x, *, out=None):
    """The smallest integer not below x, as a float."""
    return np.ceil(x, out=out)


@elementwise()
def rint(x, *, out=None):
    """The nearest integer, halves to the even one."""
    return np.rint(x, out=out) if x.dtype.kind in "fc" else x


@elementwise()
def trunc(x, *, out=None):
    """The nearest integer towards 0, in the type of x."""
    return np.trunc(x, out=out) if x.dtype.kind in "fc" else x


def round(x, decimals=0):
    """x to so many decimals, halves to the even digit; a negative number counts places before the point."""
    if not decimals:
        return rint(x)
    x = as_tensor(x)
    scale = 10.0 ** abs(decimals)       # a power of ten above 1 is exact, one below is not
    if as_dtype(x.dtype).is_integer:
        return x if decimals > 0 else cast(rint(cast(x, dtype="float64") / scale) * scale, dtype=x.dtype)
    return rint(x * scale) / scale if decimals > 0 else rint(x / scale) * scale


@elementwise(lambda d, y, x, **_: select(isfinite(x), d, 0.0))
def nan_to_num(x, *, nan=0.0, posinf=None, neginf=None, out=None):
    """x with NaN replaced, and the infinities (by the largest and the smallest number unless given)."""
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
