"""TensorFlow's `tf.math`."""

import collections

from .. import ops
from ..autograd import dtypes
from ..autograd.operands import as_tensor
from ..ops import activation as _activation
from ..ops import (
    arithmetic,
    binary,
    creation,
    error_function,
    placing,
    reduce,
    running,
    shapes,
    sorting,
    special,
    statistics,
    unary,
)
from . import (  # noqa: F401 (these are the public names of tf.math)
    _reduction,
    abs,
    acos,
    acosh,
    add,
    add_n,
    argmax,
    argmin,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    cumsum,
    divide,
    equal,
    exp,
    floor,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    pow,
    reduce_all,
    reduce_any,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
    round,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    tf_function_of,
    truediv,
)
from .linalg import l2_normalize  # noqa: F401

_TopK = collections.namedtuple("TopK", "values indices")
angle = tf_function_of(ops.angle, "input")
bessel_i0 = tf_function_of(special.i0, "x")
bessel_i0e = tf_function_of(special.i0e, "x")
bessel_i1 = tf_function_of(special.i1, "x")
bessel_i1e = tf_function_of(special.i1e, "x")
ceil = tf_function_of(ops.ceil, "x")
confusion_matrix = tf_function_of(
    sorting.confusion_matrix, "labels", "predictions", "num_classes", "weights", "dtype")
conj = tf_function_of(ops.conj, "x")
digamma = tf_function_of(special.digamma, "x")
divide_no_nan = tf_function_of(ops.divide_no_nan, "x", "y")
erf = tf_function_of(ops.erf, "x")
erfc = tf_function_of(ops.erfc, "x")
erfcinv = tf_function_of(error_function.erfcinv, "x")
erfinv = tf_function_of(ops.erfinv, "x")
expm1 = tf_function_of(ops.expm1, "x")
floordiv = tf_function_of(ops.floor_divide, "x", "y")
imag = tf_function_of(ops.imag, "input")
in_top_k = tf_function_of(ops.in_top_k, "targets", "predictions", "k")
is_finite = tf_function_of(ops.isfinite, "x")
is_inf = tf_function_of(ops.isinf, "x")
is_nan = tf_function_of(ops.isnan, "x")
lgamma = tf_function_of(special.lgamma, "x")
log = tf_function_of(ops.log, "x")
log1p = tf_function_of(ops.log1p, "x")
log_sigmoid = tf_function_of(ops.log_sigmoid, "x")
logical_xor = tf_function_of(ops.logical_xor, "x", "y")
floormod = mod = tf_function_of(ops.mod, "x", "y")
multiply_no_nan = tf_function_of(binary.multiply_no_nan, "x", "y")
ndtri = tf_function_of(error_function.ndtri, "x")
nextafter = tf_function_of(ops.nextafter, "x1", "x2")
polygamma = tf_function_of(special.polygamma, "a", "x")
real = tf_function_of(ops.real, "input")
reciprocal = tf_function_of(ops.reciprocal, "x")
rint = tf_function_of(unary.rint, "x")
rsqrt = tf_function_of(ops.rsqrt, "x")
scalar_mul = tf_function_of(ops.multiply, "scalar", "x")
softplus = tf_function_of(ops.softplus, "features")
softsign = tf_function_of(ops.softsign, "features")
squared_difference = tf_function_of(arithmetic.squared_difference, "x", "y")
xdivy = tf_function_of(binary.xdivy, "x", "y")
xlog1py = tf_function_of(binary.xlog1py, "x", "y")
xlogy = tf_function_of(binary.xlogy, "x", "y")
zeta = tf_function_of(special.zeta, "x", "q")
reduce_euclidean_norm = _reduction(reduce.euclidean_norm, "The square root of the sum of squares along `axis`.")
reduce_std = _reduction(reduce.std, "The population standard deviation along `axis`.")
reduce_variance = _reduction(reduce.var, "The population variance along `axis`.")


def cumprod(x, axis=0, exclusive=False, reverse=False, name=None):
    """The running product along `axis`; its derivative is right also beside zeros."""
    return running.cumprod(x, axis=axis, exclusive=exclusive, reverse=reverse)


def cumulative_logsumexp(x, axis=0, exclusive=False, reverse=False, name=None):
    """The running log(sum(exp(x))) along `axis`, without overflow."""
    return running.cumulative_logsumexp(x, axis=axis, exclusive=exclusive, reverse=reverse)


def softmax(logits, axis=None, name=None):
    """exp(x) over its sum along `axis`, the last by default."""
    return _activation.softmax(logits, axis=-1 if axis is None else axis)


def log_softmax(logits, axis=None, name=None):
    """The logarithm of softmax."""
    return _activation.log_softmax(logits, axis=-1 if axis is None else axis)


def top_k(input, k=1, sorted=True, index_type="int32", name=None):
    """The `k` largest elements along the last axis in descending order, and their indices."""
    values, indices = sorting.top_k(input, k)
    return _TopK(values, creation.cast(indices, index_type))


def bincount(arr, weights=None, minlength=None, maxlength=None, dtype="int32", name=None, axis=None,
             binary_output=False):
    """How often each integer from 0 occurs, or the sum of its weights.

    maxlength       integers from this on are left out
    dtype           of the counts; sums of weights have that of the weights
    axis            None or 0 counts all together, -1 each row of a matrix by itself
    binary_output   whether it occurs instead of how often
    """
    if axis not in (None, 0, -1):
        raise ValueError(f"bincount: axis must be None, 0 or -1, got {axis}.")
    arr = as_tensor(arr)
    if axis != -1:
        arr, weights = shapes.ravel(arr), None if weights is None else shapes.ravel(weights)
    counts = sorting.bincount(arr, weights, minlength or 0)
    if maxlength is not None:
        counts = counts[..., :int(maxlength)]
    if binary_output:
        if weights is not None:
            raise ValueError("bincount: binary_output does not go with weights.")
        counts = counts > 0
    return counts if weights is not None else creation.cast(counts, dtype)


def count_nonzero(input, axis=None, keepdims=None, dtype="int64", name=None):
    """How many elements along `axis` are not 0."""
    return statistics.count_nonzero(input, axis, bool(keepdims), dtypes.as_dtype(dtype).name)


def invert_permutation(x, name=None):
    """The places of 0, 1, 2 ... in a vector that holds each once."""
    return sorting.argsort(x)


def _segments(function, what):
    def ordered(data, segment_ids, name=None):
        return function(data, segment_ids, sorted=True)

    def unsorted(data, segment_ids, num_segments, name=None):
        return function(data, segment_ids, num_segments)
    ordered.__name__, ordered.__doc__ = function.__name__, f"{what} of the rows that share an id; the ids ascend."
    unsorted.__name__, unsorted.__doc__ = f"unsorted_{function.__name__}", f"{what} of the rows that share an id."
    return ordered, unsorted


def _zero_where_none(function):
    """An extreme of segments that is 0 for an id without rows, as the sorted forms of TensorFlow have it."""
    def extreme(data, segment_ids, num_segments=None, sorted=False):
        y = function(data, segment_ids, num_segments, sorted)
        return y if not sorted else ops.where(placing.segment_count(data, segment_ids) > 0, y, 0)
    extreme.__name__ = function.__name__
    return extreme


segment_sum, unsorted_segment_sum = _segments(placing.segment_sum, "Sums")
segment_mean, unsorted_segment_mean = _segments(placing.segment_mean, "Means")
segment_prod, unsorted_segment_prod = _segments(placing.segment_prod, "Products")
segment_max, unsorted_segment_max = _segments(_zero_where_none(placing.segment_max), "Largest entries")
segment_min, unsorted_segment_min = _segments(_zero_where_none(placing.segment_min), "Smallest entries")
_, unsorted_segment_sqrt_n = _segments(placing.segment_sqrt_n, "Sums over the square root of the number")


def is_non_decreasing(x, name=None):
    """Whether the elements, taken in one row, never fall."""
    x = ops.ravel(x)
    return ops.all(x[1:] >= x[:-1])


def is_strictly_increasing(x, name=None):
    """Whether the elements, taken in one row, always rise."""
    x = ops.ravel(x)
    return ops.all(x[1:] > x[:-1])


def lbeta(x, name=None):
    """The logarithm of the size of the beta function of the numbers along the last axis."""
    x = as_tensor(x)
    return ops.sum(special.lgamma(x), axis=-1) - special.lgamma(ops.sum(x, axis=-1))


def polyval(coeffs, x, name=None):
    """The polynomial with these coefficients, that of the highest power first, at x. Without any it is 0."""
    if not isinstance(coeffs, list):
        raise ValueError(f"polyval: coeffs must be a list, got {type(coeffs).__name__}.")
    x = as_tensor(x)
    value = x * 0 if not coeffs else as_tensor(coeffs[0], x.dtype)
    for coefficient in coeffs[1:]:
        value = value * x + coefficient
    return value


def reciprocal_no_nan(x, name=None):
    """1 / x, and 0 where x is 0."""
    return ops.divide_no_nan(1.0, x)


def zero_fraction(value, name=None):
    """The share of elements that are 0."""
    return ops.mean(ops.cast(as_tensor(value) == 0, "float32"))
