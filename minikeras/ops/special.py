"""Functions that no short formula of elementary ones gives: gamma, Bessel and their kin, and sinc.

All compute in float64 and give the dtype that came. A rule names the next function of a family, so that derivatives
of every order are as accurate as the values.
"""

import functools
import math

import numpy as np

from ..autograd.op import elementwise, floated
from .arithmetic import sign
from .error_function import in_double

# --- the gamma function ----------------------------------------------------------------------------

EULER = 0.5772156649015329      # the Euler-Mascheroni constant
# B_2, B_4 ... over (2k)!, for the formula of Euler and Maclaurin.
EULER_MACLAURIN = [b / math.factorial(2 * k) for k, b in enumerate(
    (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330), 1)]
EXPLICIT = 16                   # terms of a series that are summed before the formula stands for the rest


@elementwise(lambda d, y, x: d * polygamma(0, x), policy=floated)
def lgamma(x, *, out=None):
    """The logarithm of the size of the gamma function: log((x - 1)!) at whole numbers."""
    return in_double(_lgamma, x)


@elementwise(None, lambda d, y, n, x: d * polygamma(n + 1, x), policy=floated)
def polygamma(n, x, *, out=None):
    """Derivative number n + 1 of lgamma, for n = 0, 1, 2 ...; NaN for other `n`, which get no gradient."""
    return in_double(_polygamma, n, x)


@elementwise(None, lambda d, y, s, q: d * -s * zeta(s + 1, q), policy=floated)
def zeta(s, q, *, out=None):
    """Hurwitz's zeta function, the sum of (q + k)**-s over k = 0, 1, 2 ... for s > 1. No gradient for `s`."""
    return in_double(_zeta, s, q)


def digamma(x):
    """The derivative of lgamma."""
    return polygamma(0, x)


def _lgamma(x):
    return np.piecewise(x, [x < 0.5, x >= 10.0],
                        [_lgamma_reflected, _lgamma_large, _lgamma_middle])


def _lgamma_reflected(x):
    sine = np.abs(np.sin(math.pi * (x - np.rint(x))))
    y = math.log(math.pi) - np.log(sine) - _lgamma(1.0 - x)
    small = np.abs(x) < 0.5         # the reflection cancels where x is near 0; log(gamma(1 + x) / x) does not
    y = np.where(small, _lgamma_middle(np.where(small, 1.0 + x, 1.0)) - np.log(np.abs(x)), y)
    return np.where(np.isneginf(x) | (x == np.rint(x)), np.inf, y)


def _lgamma_middle(x):
    """For 0.5 <= x < 10: moved by whole steps to 1.5 ... 2.5, and Taylor's series about 2."""
    low = x < 1.5
    product, shifted = np.ones_like(x), x.copy()
    for _ in range(8):
        high = shifted > 2.5
        shifted -= high
        product *= np.where(high, shifted, 1.0)
    z = np.where(low, x - 1.0, shifted - 2.0)       # not (x + 1) - 2: what is near the root at 1 keeps its digits
    total = np.zeros_like(z)
    for k in range(len(_zeta_minus_1()) + 1, 1, -1):
        total = (_zeta_minus_1()[k - 2] / k * (-1) ** k + total) * z
    return (total + (1.0 - EULER)) * z + np.log(product) - np.log1p(np.where(low, z, 0.0))


@functools.cache
def _zeta_minus_1():
    """zeta(k) - 1 for k = 2, 3 ... as far as z**k counts for |z| <= 0.5."""
    return _hurwitz(np.arange(2.0, 30.0), np.full(28, 2.0))


def _lgamma_large(x):
    """Stirling's series."""
    total = np.zeros_like(x)
    for k, ratio in enumerate(EULER_MACLAURIN, 1):
        total += ratio * math.factorial(2 * k - 2) * x ** (1.0 - 2.0 * k)
    return np.where(np.isinf(x), np.inf, (x - 0.5) * (np.log(x) - 1.0) + (total + 0.5 * math.log(2.0 * math.pi) - 0.5))


def _hurwitz(s, q):
    """zeta(s, q) for q > 0: some terms, and Euler and Maclaurin's formula for the rest."""
    x = q + EXPLICIT
    rest = x ** (1.0 - s) / (s - 1.0) + 0.5 * x ** -s
    factor = s * x ** (-s - 1.0)
    for k, ratio in enumerate(EULER_MACLAURIN, 1):
        rest = rest + ratio * factor
        factor = factor * (s + (2 * k - 1)) * (s + 2 * k) / (x * x)
    for k in range(EXPLICIT - 1, -1, -1):       # the smallest first
        rest = rest + (q + k) ** -s
    return rest


def _digamma(x):
    """For x > 0: the sum of the first terms, and the asymptotic series for the rest."""
    far = x + EXPLICIT
    rest = -0.5 / far
    for k, ratio in enumerate(EULER_MACLAURIN, 1):
        rest = rest - ratio * math.factorial(2 * k - 1) * far ** (-2.0 * k)
    for k in range(EXPLICIT - 1, -1, -1):
        rest = rest - 1.0 / (x + k)
    return rest + np.log(far)


def _polygamma(n, x):
    n, x = np.broadcast_arrays(n, x)
    y = np.full(x.shape, np.nan)
    for order in np.unique(n[(n >= 0) & (n == np.rint(n))]).astype(int).tolist():
        here = n == order
        y[here] = _polygamma_of(order, x[here])
    return y


def _polygamma_of(order, x):
    reflected = x <= 0.0
    z = np.where(reflected, 1.0 - x, x)
    odd = (-1.0) ** order
    if order == 0:
        y = _digamma(z)
    else:
        y = -odd * math.factorial(order) * _hurwitz(np.float64(order + 1), z)
    if reflected.any():     # psi(1 - x) - psi(x) = pi cot(pi x), and its derivatives
        cotangent = 1.0 / np.tan(math.pi * (x - np.rint(x)))
        y = np.where(reflected, odd * y - math.pi ** (order + 1) * _cotangent_derivative(order)(cotangent), y)
        # At a pole the two sides agree on the sign only if the order is odd.
        y = np.where(reflected & (x == np.rint(x)), np.nan if order % 2 == 0 else np.inf, y)
    return y


@functools.cache
def _cotangent_derivative(order):
    """Derivative number `order` of the cotangent, as a polynomial in the cotangent."""
    polynomial = np.polynomial.Polynomial([0.0, 1.0])
    for _ in range(order):
        polynomial = polynomial.deriv() * np.polynomial.Polynomial([-1.0, 0.0, -1.0])
    return polynomial


def _zeta(s, q):
    s, q = np.broadcast_arrays(s, q)
    whole = q == np.rint(q)
    pole = (s == 1.0) | ((s > 1.0) & (q <= 0.0) & whole)
    y = np.where(pole & ~np.isnan(q), np.inf, np.nan)
    inside = (s > 1.0) & (q > 0.0)
    y[inside] = _hurwitz(s[inside], q[inside])
    below = (s > 1.0) & (q < 0.0) & ~whole
    if below.any():
        order = s[below] - 1.0
        y[below] = -(-1.0) ** order * _polygamma(order, q[below]) / np.exp(_lgamma(s[below]))
    return y


# --- Bessel functions ------------------------------------------------------------------------------

def _bessel_rule(d, y, x, order=0, scaled=False):
    slope = 0.5 * (bessel_i(x, order=abs(order - 1), scaled=scaled) + bessel_i(x, order=order + 1, scaled=scaled))
    return d * (slope - sign(x) * y if scaled else slope)


@elementwise(_bessel_rule, policy=floated)
def bessel_i(x, *, order=0, scaled=False, out=None):
    """The modified Bessel function of the first kind, of a whole order >= 0; times exp(-|x|) if `scaled`."""
    return in_double(_bessel_i, x, order=order, scaled=scaled)


def i0(x):
    """The modified Bessel function of the first kind and order 0."""
    return bessel_i(x, order=0)


def i0e(x):
    """exp(-|x|) * i0(x), which does not overflow."""
    return bessel_i(x, order=0, scaled=True)


def i1(x):
    """The modified Bessel function of the first kind and order 1, the derivative of i0."""
    return bessel_i(x, order=1)


def i1e(x):
    """exp(-|x|) * i1(x), which does not overflow."""
    return bessel_i(x, order=1, scaled=True)


def _bessel_i(x, order, scaled):
    z = np.abs(x)
    far = max(30.0, 2.0 * order * order)    # from there on the asymptotic series settles
    y = np.piecewise(z, [z < far], [lambda z: _bessel_series(z, order) * (np.exp(-z) if scaled else 1.0),
                                    lambda z: _bessel_far(z, order) * (1.0 if scaled else np.exp(z))])
    y = np.where(np.isinf(z), 0.0 if scaled else np.inf, y)
    return np.copysign(y, x) if order % 2 else y


def _bessel_series(z, order):
    """Taylor's series; all its terms have one sign, so nothing cancels."""
    quarter = 0.25 * z * z
    term = (0.5 * z) ** order / math.factorial(order)
    total, k = term.copy(), 0
    while term.size and (term > 1e-17 * total).any():
        k += 1
        term = term * quarter / (k * (k + order))
        total += term
    return total


def _bessel_far(z, order):
    """exp(-z) times the function, by the asymptotic series in 1 / z."""
    term = 1.0 / np.sqrt(2.0 * math.pi * z)
    total = term.copy()
    for k in range(1, 31):
        term = term * ((2 * k - 1) ** 2 - 4 * order * order) / (8.0 * k * z)
        total += term
    return total


# --- sinc ------------------------------------------------------------------------------------------

@elementwise(lambda d, y, x, order=0: d * math.pi * sinc_derivative(x, order=order + 1), policy=floated)
def sinc_derivative(x, *, order=0, out=None):
    """Derivative number `order` of sin(t) / t at t = pi * x."""
    return in_double(_sinc_derivative, x, order=order)


def sinc(x):
    """sin(pi x) / (pi x), and 1 at 0, smooth there."""
    return sinc_derivative(x, order=0)


def _sinc_derivative(x, order):
    t = math.pi * x
    near = np.abs(t) <= order + 1.0         # where the recurrence below would lose digits
    return np.piecewise(t, [near], [lambda t: _sinc_series(t, order), lambda t: _sinc_recurrence(t, order)])


def _sinc_series(t, order):
    first = (order + 1) // 2                # the first power of t that survives so many derivatives
    total = np.zeros_like(t)
    for k in range(first + order + 12, first - 1, -1):
        total += (-1) ** k * math.perm(2 * k, order) / math.factorial(2 * k + 1) * t ** (2.0 * k - order)
    return total


def _sinc_recurrence(t, order):
    """From t f(t) = sin(t): t f^(n) + n f^(n-1) is derivative n of the sine."""
    derivatives = [np.sin(t), np.cos(t), -np.sin(t), -np.cos(t)]
    value = derivatives[0] / t
    for n in range(1, order + 1):
        value = (derivatives[n % 4] - n * value) / t
    return value
