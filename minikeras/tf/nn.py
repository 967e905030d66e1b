"""TensorFlow's `tf.nn`."""

from ..autograd.linear import zeros_like as _zeros_like
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..ops import convolution as _conv
from ..ops import nn as _nn
from ..ops import reduce, shapes, sorting, statistics
from . import sigmoid, tanh, tf_function_of  # noqa: F401 (public names of tf.nn)

relu = tf_function_of(_nn.relu, "features")
relu6 = tf_function_of(_nn.relu6, "features")
selu = tf_function_of(_nn.selu, "features")
elu = tf_function_of(_nn.elu, "features")
softplus = tf_function_of(_nn.softplus, "features")
softsign = tf_function_of(_nn.softsign, "features")


def leaky_relu(features, alpha=0.2, name=None):
    """x, times `alpha` where it is negative."""
    return _nn.leaky_relu(features, alpha)


def gelu(features, approximate=False, name=None):
    """x times the normal distribution function of x, or its tanh approximation."""
    return _nn.gelu(features, approximate)


def silu(features, beta=1.0):
    """x * sigmoid(beta * x)."""
    features = as_tensor(features)
    return features * _nn.sigmoid(features * beta)


swish = silu


def softmax(logits, axis=-1, name=None):
    """exp(x) over its sum along `axis`."""
    return _nn.softmax(logits, axis=axis)


def log_softmax(logits, axis=-1, name=None):
    """The logarithm of softmax."""
    return _nn.log_softmax(logits, axis=axis)


def softmax_cross_entropy_with_logits(labels, logits, axis=-1, name=None):
    """-sum(labels * log(softmax(logits))) along `axis`."""
    return -reduce.sum(_nn.log_softmax(logits, axis=axis) * labels, axis=axis)


def sparse_softmax_cross_entropy_with_logits(labels, logits, name=None):
    """-log(softmax(logits)) at the integer labels."""
    return _nn.sparse_softmax_cross_entropy(labels, logits)[0]


def sigmoid_cross_entropy_with_logits(labels=None, logits=None, name=None):
    """The binary cross-entropy of logits, element by element."""
    return _nn.sigmoid_cross_entropy(labels, logits)


def conv2d(input, filters, strides, padding, data_format="NHWC", dilations=None, name=None):
    """Cross-correlation of (batch, height, width, channels) with (height, width, channels, filters)."""
    if data_format != "NHWC":
        raise ValueError(f"conv2d: data_format {data_format!r} is not supported; use 'NHWC', channels last.")
    return _conv.conv(input, filters, _spatial("strides", strides), padding, _spatial("dilations", dilations or 1))


def _spatial(name, value):
    """The two numbers for height and width of an argument given as 1, 2 or 4 numbers."""
    if isinstance(value, int):
        return (value, value)
    value = tuple(value)
    if len(value) == 4 and value[0] == value[3] == 1:
        return value[1:3]
    if len(value) == 1:
        return value * 2
    if len(value) != 2:
        raise ShapeError(f"conv2d: {name}={value} must be one number, (height, width) or (1, height, width, 1).")
    return value


def l2_loss(t, name=None):
    """Half the sum of squares."""
    t = as_tensor(t)
    return reduce.sum(t * t) * 0.5


def _keras_format(where, data_format):
    formats = {"NHWC": "channels_last", "NCHW": "channels_first"}
    if data_format not in formats:
        raise ValueError(f"{where}: data_format must be 'NHWC' or 'NCHW', got {data_format!r}.")
    return formats[data_format]


def space_to_depth(input, block_size, data_format="NHWC", name=None):
    """Blocks of pixels moved into the channels."""
    return shapes.space_to_depth(input, block_size, _keras_format("space_to_depth", data_format))


def depth_to_space(input, block_size, data_format="NHWC", name=None):
    """Channels moved into blocks of pixels."""
    return shapes.depth_to_space(input, block_size, _keras_format("depth_to_space", data_format))


def in_top_k(targets, predictions, k, name=None):
    """Whether less than `k` predictions of a row are above that of its target."""
    return sorting.in_top_k(targets, predictions, k)


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
