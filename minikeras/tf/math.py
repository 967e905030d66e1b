"""TensorFlow's `tf.math`."""

from .. import ops
from ..ops import arithmetic, indexing, placing, reduce
from . import (  # noqa: F401 (these are the public names of tf.math)
    _reduction,
    abs,
    acos,
    add,
    add_n,
    argmax,
    argmin,
    asin,
    atan,
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
)

ceil = tf_function_of(ops.ceil, "x")
divide_no_nan = tf_function_of(ops.divide_no_nan, "x", "y")
erf = tf_function_of(ops.erf, "x")
expm1 = tf_function_of(ops.expm1, "x")
floordiv = tf_function_of(ops.floor_divide, "x", "y")
is_finite = tf_function_of(ops.isfinite, "x")
is_inf = tf_function_of(ops.isinf, "x")
is_nan = tf_function_of(ops.isnan, "x")
log = tf_function_of(ops.log, "x")
log1p = tf_function_of(ops.log1p, "x")
log_sigmoid = tf_function_of(ops.log_sigmoid, "x")
mod = tf_function_of(ops.mod, "x", "y")
reciprocal = tf_function_of(ops.reciprocal, "x")
rsqrt = tf_function_of(ops.rsqrt, "x")
softplus = tf_function_of(ops.softplus, "features")
squared_difference = tf_function_of(arithmetic.squared_difference, "x", "y")
reduce_euclidean_norm = _reduction(reduce.euclidean_norm, "The square root of the sum of squares along `axis`.")
reduce_std = _reduction(reduce.std, "The population standard deviation along `axis`.")
reduce_variance = _reduction(reduce.var, "The population variance along `axis`.")


def cumprod(x, axis=0, exclusive=False, reverse=False, name=None):
    """The running product along `axis`."""
    return reduce.cumprod(x, axis=axis, exclusive=exclusive, reverse=reverse)


def top_k(input, k=1, sorted=True, name=None):
    """The `k` largest elements along the last axis in descending order, and their indices."""
    return indexing.top_k(input, k)


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
