"""Running sums, products and log-sum-exps along an axis, and the recurrence that their derivatives need.

`reverse` runs from the end, `exclusive` leaves out the element itself.
"""

import numpy as np

from ..autograd.dtypes import as_dtype
from ..autograd.op import floated, kept, linear, primitive, shifted
from .arithmetic import maximum, minimum
from .unary import exp


def _running(ufunc, x, axis, exclusive, reverse, first):
    """The running `ufunc`, which starts with `first` where it is exclusive."""
    y = np.flip(x, axis) if reverse else x
    if exclusive:
        start = np.full([1 if i == axis % x.ndim else n for i, n in enumerate(x.shape)], first, x.dtype)
        y = np.concatenate([start, np.take(y, range(x.shape[axis] - 1), axis)], axis) if x.shape[axis] else y
    y = ufunc.accumulate(y, axis, x.dtype)
    return np.flip(y, axis) if reverse else y


def _cumsum_transpose(d, x, axis, exclusive=False, reverse=False):
    return cumsum(d, axis=axis, exclusive=exclusive, reverse=not reverse)


@linear(_cumsum_transpose, shape=lambda x, **_: x, policy=kept)
def cumsum(x, *, axis, exclusive=False, reverse=False):
    """The running sum along `axis`."""
    return _running(np.add, x, axis, exclusive, reverse, 0)


@linear(lambda d, x, axis, reverse=False: delayed(d, axis=axis, reverse=not reverse), shape=lambda x, **_: x)
def delayed(x, *, axis, reverse=False):
    """In place of each element the one before it along `axis`, and 0 for the first."""
    y = np.zeros(x.shape, x.dtype)
    late, early = np.moveaxis(y, axis, 0), np.moveaxis(x, axis, 0)
    if reverse:
        late[:-1] = early[1:]
    else:
        late[1:] = early[:-1]
    return y


def _recurrence_x(d, y, x, a, axis, reverse=False):
    return recurrence(d, delayed(a, axis=axis, reverse=not reverse), axis=axis, reverse=not reverse)


def _recurrence_a(d, y, x, a, axis, reverse=False):
    return _recurrence_x(d, y, x, a, axis, reverse) * delayed(y, axis=axis, reverse=reverse)


@primitive(_recurrence_x, _recurrence_a, shape=lambda x, a, **_: x, batch=shifted)
def recurrence(x, a, *, axis, reverse=False):
    """y with y[i] = x[i] + a[i] * y[i - 1] along `axis`; `x` and `a` have one shape."""
    y, a = (np.moveaxis(np.flip(v, axis) if reverse else v, axis, 0).copy() for v in (x, a))
    # Each pass doubles the number of terms that an element has taken in: log(n) passes instead of n steps.
    step = 1
    while step < len(y):
        y[step:] += a[step:] * y[:-step]
        a[step:] *= a[:-step].copy()
        step *= 2
    y = np.moveaxis(y, 0, axis)
    return np.flip(y, axis) if reverse else y


def _gathered(d, decay, axis, exclusive, reverse):
    """For each element the cotangents of those that come after it, each times the decays between."""
    if exclusive:
        d = delayed(d, axis=axis, reverse=not reverse)
    return recurrence(d, decay, axis=axis, reverse=not reverse)


def _cumprod_rule(d, y, x, axis, exclusive=False, reverse=False):
    after = _gathered(d, delayed(x, axis=axis, reverse=not reverse), axis, exclusive, reverse)
    return after * cumprod(x, axis=axis, exclusive=True, reverse=reverse)


@primitive(_cumprod_rule, shape=lambda x, **_: x, policy=kept, batch=shifted)
def cumprod(x, *, axis, exclusive=False, reverse=False):
    """The running product along `axis`. Its derivative is right also where a factor is 0 (TensorFlow gives 0)."""
    return _running(np.multiply, x, axis, exclusive, reverse, 1)


def _cumulative_logsumexp_rule(d, y, x, axis, exclusive=False, reverse=False):
    total = cumulative_logsumexp(x, axis=axis, reverse=reverse) if exclusive else y
    total = maximum(total, float(as_dtype(x.dtype).min))      # -inf less -inf would be NaN
    # exp(x[i] - total[j]) underflows early; split into steps from one total to the next, none of which exceeds 1.
    step = exp(minimum(total - delayed(total, axis=axis, reverse=not reverse), 0.0))
    return _gathered(d, step, axis, exclusive, reverse) * exp(x - total)


@primitive(_cumulative_logsumexp_rule, shape=lambda x, **_: x, policy=floated, batch=shifted)
def cumulative_logsumexp(x, *, axis, exclusive=False, reverse=False):
    """The running log(sum(exp(x))) along `axis`, without overflow; -inf for that of nothing."""
    return _running(np.logaddexp, x, axis, exclusive, reverse, -np.inf)
