"""Losses of each sample for numbers: functions of (y_true, y_pred) that average over the last axis."""

import math

from ..autograd.dtypes import epsilon
from ..ops import reduce
from ..ops.arithmetic import absolute, log, maximum, select, square
from ..ops.norms import normalize
from ..ops.unary import softplus
from .fitting import of_pair


@of_pair
def mean_squared_error(y_true, y_pred):
    """The mean of (y_true - y_pred)**2 over the last axis. Shapes: (..., n), (..., n) -> (...)."""
    return reduce.mean(square(y_true - y_pred), axis=-1)


@of_pair
def mean_absolute_error(y_true, y_pred):
    """The mean of |y_true - y_pred| over the last axis. Shapes: (..., n), (..., n) -> (...)."""
    return reduce.mean(absolute(y_true - y_pred), axis=-1)


@of_pair
def mean_absolute_percentage_error(y_true, y_pred):
    """The mean of 100 |y_true - y_pred| / max(|y_true|, 1e-7) over the last axis, in percent."""
    return 100.0 * reduce.mean(absolute((y_true - y_pred) / maximum(absolute(y_true), epsilon())), axis=-1)


@of_pair
def mean_squared_logarithmic_error(y_true, y_pred):
    """The mean of (log(1 + y_true) - log(1 + y_pred))**2 over the last axis; numbers below 1e-7 count as that."""
    return reduce.mean(square(log(maximum(y_pred, epsilon()) + 1.0) - log(maximum(y_true, epsilon()) + 1.0)), axis=-1)


@of_pair
def cosine_similarity(y_true, y_pred, axis=-1):
    """Minus the cosine of the angle between the vectors along `axis`: -1 for one direction, 0 for a vector of zeros."""
    return -reduce.sum(normalize(y_true, axis) * normalize(y_pred, axis), axis=axis)


@of_pair
def huber(y_true, y_pred, delta=1.0):
    """The mean over the last axis of e**2 / 2 for errors |e| up to `delta`, and delta |e| - delta**2 / 2 beyond.

    Source: Huber 1964.
    """
    error = y_pred - y_true
    size = absolute(error)
    return reduce.mean(select(size <= delta, 0.5 * square(error), delta * size - 0.5 * delta * delta), axis=-1)


@of_pair
def log_cosh(y_true, y_pred):
    """The mean of log(cosh(y_pred - y_true)) over the last axis, without overflow."""
    error = y_pred - y_true
    return reduce.mean(error + softplus(-2.0 * error) - math.log(2.0), axis=-1)
