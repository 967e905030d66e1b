"""The error function, its complement and their inverses.

In float64 they compute in it; `erf` in float32, which networks wait for, by a fit of its own. A rule names the next
function of a family, so that derivatives of every order are as accurate as the values.
"""

import functools
import math

import numpy as np

from ..autograd.op import elementwise, floated
from ..autograd.operands import as_tensor
from ..errors import DTypeError
from .unary import exp


def in_double(kernel, *xs, **attrs):
    """`kernel` of the inputs as float64, in the dtype of the arrays among them. Raises DTypeError for complex ones."""
    dtype = np.result_type(*[x.dtype for x in xs if isinstance(x, (np.ndarray, np.generic))])
    if dtype.kind == "c":
        raise DTypeError(f"{kernel.__name__.strip('_')}: not known here for {dtype}; give real numbers.")
    with np.errstate(all="ignore"):     # poles, and the far tails of exp, are part of these functions
        return kernel(*[np.asarray(x, np.float64) for x in xs], **attrs).astype(dtype)


SLOPE_AT_0 = 2.0 / math.sqrt(math.pi)


@elementwise(lambda d, y, x: d * SLOPE_AT_0 * exp(-x * x), policy=floated)
def erf(x, *, out=None):
    """The error function, 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x."""
    return in_pieces(erf_into, x, out) if x.dtype == np.float32 else in_double(_erf, x)


@elementwise(lambda d, y, x: d * -SLOPE_AT_0 * exp(-x * x), policy=floated)
def erfc(x, *, out=None):
    """1 - erf(x), accurate also where that is tiny."""
    return in_double(_erfc, x)


@elementwise(lambda d, y, x: d * (1.0 / SLOPE_AT_0) * exp(y * y), policy=floated)
def erfinv(x, *, out=None):
    """y with erf(y) = x: infinite at -1 and 1, NaN outside."""
    return in_double(_erfinv, x)


@elementwise(lambda d, y, x: d * (-1.0 / SLOPE_AT_0) * exp(y * y), policy=floated)
def erfcinv(x, *, out=None):
    """y with erfc(y) = x: infinite at 0 and 2, NaN outside."""
    return in_double(_erfcinv, x)


def ndtri(x):
    """The quantile of the normal distribution: y such that a standard normal variable is below y with chance x."""
    return -math.sqrt(2.0) * erfcinv(2.0 * as_tensor(x))


def _erf(x):
    z = np.abs(x)
    return np.copysign(np.piecewise(z, [z < 0.5], [_erf_series, lambda z: 1.0 - _erfc_tail(z)]), x)


def _erfc(x):
    return np.piecewise(x, [x < -0.5, np.abs(x) <= 0.5],
                        [lambda x: 2.0 - _erfc_tail(-x), lambda x: 1.0 - _erf_series(x), _erfc_tail])


PIECE = 32768       # elements; a few arrays of so many stay in the second cache


def in_pieces(kernel, x, out=None):
    """`kernel(piece of x, piece to write to)` along the whole of x: what takes many passes takes them in cache."""
    flat = np.ravel(x)
    whole = out is not None and out.flags.c_contiguous and not np.shares_memory(out, flat)
    y = out if whole else np.empty(np.shape(x), x.dtype)
    target = y.reshape(-1)
    for start in range(0, flat.size, PIECE):
        kernel(flat[start:start + PIECE], target[start:start + PIECE])
    if out is None or whole:
        return y
    out[...] = y
    return out


ERF_END = 12.0      # of x**2; beyond, the tanh of the last value times x is right to 2e-7


@functools.cache
def _erf_polynomial():
    """Coefficients, the highest first, of atanh(erf(x)) / x in x**2 up to ERF_END: even, and so smooth that ten
    powers give erf to 4.3e-7 of itself, its last two bits. Fitted here from math.erfc."""
    def target(s):
        x = np.sqrt(np.maximum((s + 1.0) * (ERF_END / 2.0), 1e-12))
        tails = np.array([math.erfc(each) for each in x])
        return np.where(x > 1e-3, np.log((2.0 - tails) / tails) / (2.0 * x), SLOPE_AT_0)
    fitted = np.polynomial.Chebyshev(np.polynomial.chebyshev.chebinterpolate(target, 10), domain=(0.0, ERF_END))
    return fitted.convert(kind=np.polynomial.Polynomial, domain=(-1, 1)).coef[::-1].astype(np.float32)


def erf_into(x, y):
    """Write erf(x) to y, of the same dtype."""
    if x.dtype != np.float32:
        y[...] = in_double(_erf, x)
        return
    square = x * x
    np.minimum(square, np.float32(ERF_END), out=square)
    highest, *others = _erf_polynomial()
    y[...] = highest
    for coefficient in others:
        y *= square
        y += coefficient
    y *= x
    np.tanh(y, out=y)


def _erf_series(z):
    """erf for |z| <= 0.5, where 1 - erfc would cancel, by Taylor's series."""
    square, term = z * z, z
    total = z.copy()
    for n in range(1, 14):
        term = term * (-1.0 / n) * square
        total += term / (2 * n + 1)
    return total * SLOPE_AT_0


def _scaled_erfc(z):
    """exp(z**2) * erfc(z) for z >= 0."""
    t = 2.0 / (2.0 + z)
    return t * np.exp(np.polynomial.chebyshev.chebval(2.0 * t - 1.0, _erfc_coefficients()))


def _erfc_tail(z):
    near, rest = _split_square(np.minimum(z, 30.0))     # beyond, both factors are 0 anyway
    return _scaled_erfc(z) * np.exp(-near) * np.exp(-rest)


def _split_square(z):
    """z * z as a large part without rounding, which exp would magnify, and a small rest."""
    near = z.astype(np.float32).astype(np.float64)
    return near * near, (z - near) * (z + near)


@functools.cache
def _erfc_coefficients():
    """Chebyshev coefficients of log(erfc(z) / t) + z**2 in t = 2 / (2 + z) over 0 < t <= 1, for z >= 0.

    The substitution is that of Press et al., Numerical Recipes, 3rd ed., section 6.2.2; the fit is
    made here from math.erfc, and from the asymptotic series where that underflows.
    """
    def target(s):
        t = (s + 1.0) / 2.0
        z = 2.0 / t - 2.0
        near, rest = _split_square(np.minimum(z, 6.0))
        direct = np.array([math.erfc(each) for each in np.minimum(z, 6.0)]) * np.exp(near) * np.exp(rest)
        return np.log(np.where(z < 6.0, direct, _scaled_erfc_far(np.maximum(z, 6.0))) / t)
    return np.polynomial.chebyshev.chebinterpolate(target, 40)


def _scaled_erfc_far(z):
    """1 / (z sqrt(pi)) * (1 - 1/(2 z^2) + 1*3/(2 z^2)^2 - ...), for z >= 6."""
    term = total = 1.0
    for n in range(1, 36):
        term = term * -(2 * n - 1) / (2.0 * z * z)
        total = total + term
    return total / (z * math.sqrt(math.pi))


def _erfinv(x):
    size = np.abs(x)
    return np.piecewise(x, [size <= 0.5], [_erfinv_centre, lambda x: np.copysign(_erfcinv_tail(1.0 - np.abs(x)), x)])


def _erfcinv(x):
    # 1 - x and 2 - x are exact where they are taken.
    return np.piecewise(x, [x < 0.5, x > 1.5], [_erfcinv_tail, lambda x: -_erfcinv_tail(2.0 - x),
                                                lambda x: _erfinv_centre(1.0 - x)])


def _erfinv_centre(y):
    """The inverse of erf for |y| <= 0.5: its Taylor series cut short, and Halley's steps on erf(z) - y."""
    z = y / SLOPE_AT_0 * (1.0 + math.pi / 12.0 * y * y)
    for _ in range(3):
        step = (_erf_series(z) - y) / SLOPE_AT_0 * np.exp(z * z)
        z = z - step / (1.0 + z * step)
    return z


def _erfcinv_tail(q):
    """The inverse of erfc for 0 <= q <= 0.5, by Halley's steps on log(erfc(z)) - log(q).

    The start, good to three digits, is that of Winitzki 2008, "A handy approximation for the error function
    and its inverse".
    """
    log_both = np.log(q) + np.log(2.0 - q)
    middle = 2.0 / (math.pi * 0.147) + 0.5 * log_both
    z = np.sqrt(np.sqrt(middle * middle - log_both / 0.147) - middle)
    for _ in range(3):
        scaled = _scaled_erfc(z)
        slope = -SLOPE_AT_0 / scaled
        step = (np.log(scaled) - z * z - np.log(q)) / slope
        z = z - step / (1.0 + 0.5 * step * (2.0 * z + slope))
    return np.where(q == 0.0, np.inf, z)
