"""Quantiles, averages and differences; reductions that leave out NaN."""

import numpy as np

from ..autograd import dims
from ..autograd.linear import cast, permute, reshape
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .arithmetic import isnan, logical_not, maximum, not_equal, select, square, within
from .creation import as_float, full_like
from .indexing import take_along_axis
from .reduce import all, any, argmax, argmin, axes_of, euclidean_norm, keep_shape, max, mean, min, prod, sum, var
from .running import cumprod, cumsum
from .shapes import moveaxis, part, ravel
from .sorting import sort
from .unary import ceil, floor, rint, sqrt

# --- quantiles -------------------------------------------------------------------------------------

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantile(where, x, q, axis, method, keepdims, leave_out_nan):
    if method not in METHODS:
        raise ValueError(f"{where}: method must be one of {', '.join(METHODS)}, got {method!r}.")
    x, q = as_float(x), within(as_tensor(q, "float64"), low=0.0, high=1.0,
                               complaint=f"{where}: q must lie between 0 and {100 if where == 'percentile' else 1}.")
    extents = shape_of(x)
    axes = axes_of(axis, len(extents), where) or tuple(range(len(extents)))
    others = tuple(i for i in range(len(extents)) if i not in axes)
    flat = reshape(permute(x, axes=others + axes) if extents else x,
                   shape=(*[extents[i] for i in others], dims.product([extents[i] for i in axes])))
    ordered, nan = sort(flat), isnan(flat)      # NaN comes last
    counted = logical_not(nan) if leave_out_nan else full_like(nan, True)
    place = ravel(q) * (sum(cast(counted, dtype="float64"), axis=-1, keepdims=True) - 1.0)

    def at(position):
        return take_along_axis(ordered, cast(maximum(position, 0.0), dtype="int32"), -1)

    if method in ("lower", "higher", "nearest"):
        y = at({"lower": floor, "higher": ceil, "nearest": rint}[method](place))
    else:
        low, high = floor(place), ceil(place)
        weight = 0.5 if method == "midpoint" else cast(place - low, dtype=x.dtype.dtype)
        lower, whole = at(low), low == high
        # On an element the gap is taken between zeros: that between infinities would be NaN.
        y = lower + (select(whole, 0.0, at(high)) - select(whole, 0.0, lower)) * weight
    if not leave_out_nan:
        y = select(any(nan, axis=-1, keepdims=True), np.nan, y)
    kept = keep_shape(extents, axis) if keepdims else tuple(extents[i] for i in others)
    return reshape(moveaxis(y, -1, 0), shape=(*shape_of(q), *kept))


def quantile(x, q, axis=None, method="linear", keepdims=False):
    """The values below which a share `q` of the elements along `axis` lies; NaN where one of them is NaN.

    q        one or several numbers from 0 to 1; their axes come first in the result
    method   between two elements: 'linear', 'lower', 'higher', 'midpoint' or 'nearest'
    """
    return _quantile("quantile", x, q, axis, method, keepdims, False)


def nanquantile(x, q, axis=None, method="linear", keepdims=False):
    """As `quantile`, but leaves out NaN; NaN where there is nothing else."""
    return _quantile("nanquantile", x, q, axis, method, keepdims, True)


def percentile(x, q, axis=None, method="linear", keepdims=False):
    """As `quantile`, with `q` from 0 to 100."""
    return _quantile("percentile", x, as_tensor(q, "float64") / 100.0, axis, method, keepdims, False)


def nanpercentile(x, q, axis=None, method="linear", keepdims=False):
    """As `percentile`, but leaves out NaN; NaN where there is nothing else."""
    return _quantile("percentile", x, as_tensor(q, "float64") / 100.0, axis, method, keepdims, True)


def median(x, axis=None, keepdims=False):
    """The middle element along `axis`, or the mean of the two in the middle."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


def nanmedian(x, axis=None, keepdims=False):
    """As `median`, but leaves out NaN; NaN where there is nothing else."""
    return nanquantile(x, 0.5, axis, keepdims=keepdims)


# --- averages and differences ----------------------------------------------------------------------

def average(x, axis=None, weights=None):
    """The mean along `axis`, each element times its weight.

    weights   in the shape of `x`, or a vector along `axis`
    """
    x = as_float(x)
    if weights is None:
        return mean(x, axis=axis)
    weights = as_tensor(weights, x.dtype)
    if len(weights.shape) == 1 < len(x.shape):
        if not isinstance(axis, int):
            raise ShapeError(f"average: weights of shape {weights.shape} for x of shape {x.shape} need one axis, "
                             f"got {axis}.")
        at = dims.normalize_axis(axis, len(x.shape), "average")
        weights = reshape(weights, shape=tuple([-1 if i == at else 1 for i in range(len(x.shape))]))
        dims.unify(shape_of(weights)[at], shape_of(x)[at], f"average: weights along axis {axis} of shape {x.shape}")
    elif len(weights.shape) != len(x.shape):
        raise ShapeError(f"average: weights of shape {weights.shape} do not fit x of shape {x.shape}.")
    return sum(x * weights, axis=axis) / sum(weights, axis=axis)


def moments(x, axes, keepdims=False, synchronized=False):
    """Mean and variance along `axes`. Raises ValueError for synchronized=True: there is one process."""
    if synchronized:
        raise ValueError("moments: synchronized=True is not supported; there is only one replica. Leave it out.")
    return mean(x, axis=axes, keepdims=keepdims), var(x, axes, keepdims)


def ptp(x, axis=None, keepdims=False):
    """The largest less the smallest element along `axis`."""
    return max(x, axis=axis, keepdims=keepdims) - min(x, axis=axis, keepdims=keepdims)


def count_nonzero(x, axis=None, keepdims=False, dtype="int32"):
    """How many elements along `axis` are not 0."""
    return sum(cast(not_equal(x, 0), dtype=np.dtype(dtype)), axis=axis, keepdims=keepdims)


def diff(a, n=1, axis=-1):
    """Each element less the one before it along `axis`, `n` times over."""
    y = as_tensor(a)
    axis = dims.normalize_axis(axis, len(y.shape), "diff")
    for _ in range(n):
        later, earlier = part(y, axis, 1), part(y, axis, 0, -1)
        y = not_equal(later, earlier) if y.dtype == "bool" else later - earlier
    return y


def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The integral of `y` along `axis` by trapezoids, at points `x` or `dx` apart."""
    y = as_float(y)
    axis = dims.normalize_axis(axis, len(y.shape), "trapezoid")
    if x is not None:
        x = as_tensor(x, y.dtype)
        if len(x.shape) == 1:
            x = reshape(x, shape=tuple([-1 if i == axis else 1 for i in range(len(y.shape))]))
        dx = diff(x, axis=axis)
    return sum((part(y, axis, 1) + part(y, axis, 0, -1)) * dx, axis=axis) * 0.5


# --- without NaN -----------------------------------------------------------------------------------

def _filled(x, number):
    """`x` with `number` in place of NaN."""
    x = as_tensor(x)
    return select(isnan(x), number, x) if x.dtype.is_floating else x


def nansum(x, axis=None, keepdims=False):
    """The sum along `axis` without NaN."""
    return sum(_filled(x, 0.0), axis=axis, keepdims=keepdims)


def nanprod(x, axis=None, keepdims=False):
    """The product along `axis` without NaN."""
    return prod(_filled(x, 1.0), axis=axis, keepdims=keepdims)


def nancumsum(x, axis=None, dtype=None):
    """The running sum along `axis` without NaN."""
    return running_sum(_filled(x, 0.0), axis, dtype)


def nancumprod(x, axis=None, dtype=None):
    """The running product along `axis` without NaN."""
    return running_product(_filled(x, 1.0), axis, dtype)


def _numbers(x, axis, keepdims):
    return sum(cast(logical_not(isnan(x)), dtype=x.dtype.dtype), axis=axis, keepdims=keepdims)


def nanmean(x, axis=None, keepdims=False):
    """The mean along `axis` without NaN; NaN where there is nothing else."""
    x = as_float(x)
    return nansum(x, axis, keepdims) / _numbers(x, axis, keepdims)


def _deviations(x, axis):
    return _filled(x - nanmean(x, axis, keepdims=True), 0.0)


def nanvar(x, axis=None, keepdims=False):
    """The population variance along `axis` without NaN; NaN where there is nothing else."""
    x = as_float(x)
    return sum(square(_deviations(x, axis)), axis=axis, keepdims=keepdims) / _numbers(x, axis, keepdims)


def nanstd(x, axis=None, keepdims=False):
    """The population standard deviation along `axis` without NaN; NaN where there is nothing else."""
    x = as_float(x)
    return euclidean_norm(_deviations(x, axis), axis=axis, keepdims=keepdims) / sqrt(_numbers(x, axis, keepdims))


def _nan_extreme(extreme, x, axis, keepdims, otherwise):
    x = as_tensor(x)
    y = extreme(_filled(x, otherwise), axis=axis, keepdims=keepdims)
    return select(all(isnan(x), axis=axis, keepdims=keepdims), np.nan, y) if x.dtype.is_floating else y


def nanmax(x, axis=None, keepdims=False):
    """The largest element along `axis` without NaN; NaN where there is nothing else."""
    return _nan_extreme(max, x, axis, keepdims, -np.inf)


def nanmin(x, axis=None, keepdims=False):
    """The smallest element along `axis` without NaN; NaN where there is nothing else."""
    return _nan_extreme(min, x, axis, keepdims, np.inf)


def _nan_arg(arg, x, axis, keepdims, otherwise):
    x = as_tensor(x)
    y = arg(_filled(x, otherwise), axis=axis, keepdims=keepdims)
    return select(all(isnan(x), axis=axis, keepdims=keepdims), -1, y) if x.dtype.is_floating else y


def nanargmax(x, axis=None, keepdims=False):
    """Index of the first largest element along `axis` that is not NaN; -1 where there is none."""
    return _nan_arg(argmax, x, axis, keepdims, -np.inf)


def nanargmin(x, axis=None, keepdims=False):
    """Index of the first smallest element along `axis` that is not NaN; -1 where there is none."""
    return _nan_arg(argmin, x, axis, keepdims, np.inf)


# --- running, by Keras' arguments ------------------------------------------------------------------

def _prepared(x, axis, dtype):
    x = ravel(x) if axis is None else as_tensor(x)
    dtype = dtype or ("int32" if x.dtype == "bool" else None)
    return as_tensor(x, dtype), axis or 0


def running_sum(x, axis=None, dtype=None):
    """The running sum along `axis`, of the flat `x` if it is None, in `dtype`; booleans count as int32."""
    x, axis = _prepared(x, axis, dtype)
    return cumsum(x, axis=axis)


def running_product(x, axis=None, dtype=None):
    """The running product along `axis`, of the flat `x` if it is None, in `dtype`; booleans count as int32."""
    x, axis = _prepared(x, axis, dtype)
    return cumprod(x, axis=axis)
