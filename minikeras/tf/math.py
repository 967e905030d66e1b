"""TensorFlow's `tf.math`."""

from .. import ops
from ..ops import arithmetic, indexing, reduce
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


def segment_sum(data, segment_ids, name=None):
    """Sums of the rows that share an id."""
    return indexing.segment_sum(data, segment_ids)


def unsorted_segment_sum(data, segment_ids, num_segments, name=None):
    """Sums of the rows that share an id, for `num_segments` ids."""
    return indexing.segment_sum(data, segment_ids, num_segments)
