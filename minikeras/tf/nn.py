"""TensorFlow's `tf.nn`."""

import numpy as np

from ..autograd import dims
from ..autograd.linear import concatenate as _concatenate
from ..autograd.linear import zeros_like as _zeros_like
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..ops import activation as _nn
from ..ops import arithmetic as _arithmetic
from ..ops import ctc as _ctc
from ..ops import norms as _norms
from ..ops import pooling as _pooling
from ..ops import random as _random
from ..ops import reduce, shapes, statistics
from ..ops import unary as _unary
from ..ops.indexing import gather as _gather
from ..ops.unary import rsqrt as _rsqrt
from . import math as _math
from . import sigmoid, tanh, tf_function_of  # noqa: F401 (public names of tf.nn)
from .linalg import l2_normalize  # noqa: F401
from .math import in_top_k, log_softmax, softmax, softplus, softsign  # noqa: F401 (public names of tf.nn)
from .windows import (  # noqa: F401 (public names of tf.nn)
    avg_pool,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    conv1d,
    conv1d_transpose,
    conv2d,
    conv2d_transpose,
    conv3d,
    conv3d_transpose,
    depth_to_space,
    depthwise_conv2d,
    max_pool,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    separable_conv2d,
    space_to_depth,
)

relu = tf_function_of(_nn.relu, "features")
relu6 = tf_function_of(_nn.relu6, "features")
selu = tf_function_of(_nn.selu, "features")
elu = tf_function_of(_nn.elu, "features")
leaky_relu = tf_function_of(_nn.leaky_relu, "features", "alpha")
sigmoid_cross_entropy_with_logits = tf_function_of(_nn.sigmoid_cross_entropy, "labels", "logits")


def gelu(features, approximate=False, name=None):
    """x times the normal distribution function of x, or its tanh approximation."""
    return _nn.gelu(features, approximate)


def silu(features, beta=1.0):
    """x * sigmoid(beta * x)."""
    features = as_tensor(features)
    return features * sigmoid(features * beta)


swish = silu


def softmax_cross_entropy_with_logits(labels, logits, axis=-1, name=None):
    """-sum(labels * log(softmax(logits))) along `axis`."""
    return -reduce.sum(_nn.log_softmax(logits, axis=axis) * labels, axis=axis)


def sparse_softmax_cross_entropy_with_logits(labels, logits, name=None):
    """-log(softmax(logits)) at the integer labels."""
    return _nn.sparse_softmax_cross_entropy(labels, logits)[0]


def weighted_cross_entropy_with_logits(labels, logits, pos_weight, name=None):
    """As `sigmoid_cross_entropy_with_logits`, with the term of the positive labels times `pos_weight`."""
    logits = as_tensor(logits)
    labels = as_tensor(labels, logits.dtype)
    return (1.0 - labels) * logits + (1.0 + (pos_weight - 1.0) * labels) * softplus(-logits)


def ctc_loss(labels, logits, label_length, logit_length, logits_time_major=True, unique=None, blank_index=None,
             name=None):
    """-log of the probability of each label sequence over all its alignments with the logits.

    labels (batch, labels) integers;  logits (time, batch, classes), or batch first if not logits_time_major
    blank_index   the class that stands for "no label", 0 by default
    unique        what TensorFlow would otherwise compute first; nothing here needs it
    """
    logits = shapes.swapaxes(logits, 0, 1) if logits_time_major else logits
    return _ctc.ctc_loss(labels, logits, label_length, logit_length, blank_index or 0)


def top_k(input, k=1, sorted=True, index_type="int32", name=None):
    """The `k` largest elements along the last axis in descending order, and their indices."""
    return _math.top_k(input, k, sorted, index_type)


def dropout(x, rate, noise_shape=None, seed=None, name=None):
    """`x` with each element 0 with probability `rate`, else times 1 / (1 - rate). Source: Srivastava et al. 2014."""
    return _random.dropout(x, rate, noise_shape, seed)


def embedding_lookup(params, ids, max_norm=None, name=None):
    """Rows of `params` at integer `ids`, scaled down to a norm of `max_norm` if it is given.

    Shapes: (rows, d), (...) -> (..., d). The gradient of a Variable is an IndexedSlices.
    """
    if isinstance(params, (list, tuple)):
        if len(params) != 1:
            raise ValueError("embedding_lookup: params in several parts are not supported; give one tensor.")
        params = params[0]
    rows = _gather(params, ids)
    return rows if max_norm is None else _norms.clip_by_norm(rows, max_norm, axes=-1)


def zero_fraction(value, name=None):
    """The part of the elements that is 0, a float32 number."""
    return reduce.mean(as_tensor(value) == 0)


def crelu(features, axis=-1, name=None):
    """relu of `features` and of -features, joined along `axis`. Shang et al. 2016, eq. 2."""
    features = as_tensor(features)
    return _nn.relu(_concatenate(features, -features, axis=axis))


def log_poisson_loss(targets, log_input, compute_full_loss=False, name=None):
    """exp(log_input) - targets * log_input, for each element.

    compute_full_loss   adds Stirling's approximation of log(targets!), and nothing for targets of 1 and below
    """
    log_input = as_tensor(log_input)
    targets = as_tensor(targets, log_input.dtype)
    loss = _unary.exp(log_input) - log_input * targets
    if not compute_full_loss:
        return loss
    inside = _arithmetic.select(targets > 1, targets, 2.0)
    rest = inside * _arithmetic.log(inside) - inside + 0.5 * _arithmetic.log(2 * np.pi * inside)
    return loss + _arithmetic.select(targets > 1, rest, 0.0)


def sufficient_statistics(x, axes, shift=None, keepdims=False, name=None):
    """How many elements lie along `axes`, their sum, the sum of their squares, and `shift`, taken off before."""
    x = as_tensor(x)
    count = as_tensor(float(np.prod([x.shape[axis] for axis in axes])), x.dtype)
    x = x if shift is None else x - shift
    return (count, reduce.sum(x, axis=axes, keepdims=keepdims), reduce.sum(x * x, axis=axes, keepdims=keepdims), shift)


def normalize_moments(counts, mean_ss, variance_ss, shift, name=None):
    """Mean and variance of what `sufficient_statistics` gave."""
    mean = as_tensor(mean_ss) / counts
    variance = as_tensor(variance_ss) / counts - mean * mean
    return (mean if shift is None else mean + shift), variance


def bias_add(value, bias, data_format=None, name=None):
    """`value` with the vector `bias` added along the channels: the last axis, or the second for 'NC...'."""
    value, bias = as_tensor(value), as_tensor(bias)
    if data_format is not None and not (data_format.startswith("N") and data_format.count("C") == 1):
        raise ValueError(f"bias_add: data_format {data_format!r} is not known; use 'N...C' or 'NC...'.")
    axis = 1 if data_format is not None and data_format.startswith("NC") else value.ndim - 1
    if bias.ndim != 1 or value.ndim < 2:
        raise ShapeError(f"bias_add: needs a bias of one axis and a value of two or more, got shapes {bias.shape} and "
                         f"{value.shape}.")
    dims.unify(shapes.shape(value)[axis], shapes.shape(bias)[0],
               f"bias_add: axis {axis} of shape {value.shape} and the bias")
    return value + shapes.expand_dims(bias, tuple(range(1, value.ndim - axis)))


def batch_normalization(x, mean, variance, offset, scale, variance_epsilon, name=None):
    """(x - mean) / sqrt(variance + variance_epsilon) * scale + offset, broadcast; the last two may be None."""
    y = (as_tensor(x) - mean) * _rsqrt(as_tensor(variance) + variance_epsilon)
    y = y if scale is None else y * scale
    return y if offset is None else y + offset


def local_response_normalization(input, depth_radius=5, bias=1, alpha=1, beta=0.5, name=None):
    """x / (bias + alpha * sum of squares of the channels up to `depth_radius` away) ** beta. Krizhevsky 2012, 3.3."""
    x = as_tensor(input)
    channel = np.arange(shapes.shape(x)[-1])
    near = np.abs(channel[:, None] - channel) <= depth_radius
    return x / (bias + alpha * _pooling.along_axis(x * x, near, x.ndim - 1)) ** beta


lrn = local_response_normalization


def l2_loss(t, name=None):
    """Half the sum of squares."""
    t = as_tensor(t)
    return reduce.sum(t * t) * 0.5


def moments(x, axes, shift=None, keepdims=False, name=None):
    """Mean and variance along `axes`. Raises ValueError for `shift`, which TensorFlow does not use either."""
    if shift is not None:
        raise ValueError("moments: shift has no effect; leave it out.")
    return statistics.moments(x, axes, keepdims)


def weighted_moments(x, axes, frequency_weights, keepdims=False, name=None):
    """Mean and variance along `axes`, each element as often as its weight says."""
    x = as_tensor(x)
    weights = _zeros_like(x) + as_tensor(frequency_weights, x.dtype)
    total = reduce.sum(weights, axis=axes, keepdims=True)
    mean = reduce.sum(x * weights, axis=axes, keepdims=True) / total
    variance = reduce.sum(weights * (x - mean) ** 2, axis=axes, keepdims=True) / total
    return (mean, variance) if keepdims else (shapes.squeeze(mean, axes), shapes.squeeze(variance, axes))
