"""Activations, softmax and cross-entropies, in their stable forms."""

import functools

import numpy as np

from ..autograd import dims
from ..autograd.linear import cast, ones_row, zeros_like
from ..autograd.op import elementwise, floated, kept, primitive, shifted
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from .arithmetic import absolute, clip, minimum, select, sign
from .error_function import erf_into, in_pieces
from .indexing import one_hot_op
from .reduce import sum
from .running import cumsum
from .shapes import flip, split
from .sorting import sort
from .unary import exp, expm1, sigmoid, softplus, sqrt, tanh


@elementwise(lambda d, y, x, **_: zeros_like(d))
def step(x, *, low=0.0, out=None):
    """1 where x is above 0, else `low`, with a derivative of 0."""
    if not 0 <= low <= 1:
        return np.where(x > 0, x.dtype.type(1), x.dtype.type(low))
    return np.maximum(x > 0, x.dtype.type(low), dtype=x.dtype, out=out)


def _where_positive(x):
    # As a record it is connected to x, with zeros: the second derivative of relu is 0 and not None, as in TensorFlow.
    return x > 0 if type(x) is np.ndarray else step(x)


@elementwise(lambda d, y, x: d * _where_positive(y))
def relu(x, *, out=None):
    """max(x, 0); the derivative at 0 is 0."""
    return np.maximum(x, 0, out=out)


@elementwise(lambda d, y, x: d * _where_positive(y) * _where_positive(6.0 - y))
def relu6(x, *, out=None):
    """x limited to 0..6; the derivative is 0 on both bounds."""
    return np.minimum(np.maximum(x, 0), 6, out=out)


@elementwise(lambda d, y, x, slope=0.2: d * step(x, low=slope), policy=floated)
def leaky(x, *, slope=0.2, out=None):
    """x, times `slope`, between 0 and 1, where it is negative."""
    return np.maximum(x, x * x.dtype.type(slope), out=out)


def leaky_relu(x, negative_slope=0.2):
    """x, times `negative_slope` where it is negative."""
    x = as_tensor(x)
    if 0 < negative_slope < 1:
        return leaky(x, slope=float(negative_slope))
    return x * step(x, low=negative_slope)


# The slope is exp(x) * alpha = y + alpha below 0, and 1 above.
@elementwise(lambda d, y, x, alpha=1.0: d * (minimum(y, 0.0) + step(x, low=alpha)), policy=floated)
def exponential_linear(x, *, alpha=1.0, out=None):
    """x, and alpha * (exp(x) - 1) where it is negative."""
    bent = np.expm1(np.minimum(x, 0))
    bent *= x.dtype.type(alpha)
    return np.add(np.maximum(x, 0), bent, out=out)


def elu(x, alpha=1.0):
    """x, and alpha * (exp(x) - 1) where it is negative."""
    return exponential_linear(as_tensor(x), alpha=float(alpha))


def celu(x, alpha=1.0):
    """max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0)."""
    x = as_tensor(x)
    return relu(x) + alpha * expm1(minimum(x, 0.0) / alpha)


def selu(x):
    """The scaled ELU that keeps mean 0 and variance 1. Source: Klambauer et al. 2017, eq. 2."""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def silu(x):
    """x * sigmoid(x). Source: Elfwing et al. 2017."""
    x = as_tensor(x)
    return x * sigmoid(x)


def _normal_density(x):
    return exp(-0.5 * x * x) * 0.3989422804014327


# The second derivative of x * cdf(x) is (2 - x**2) * density(x).
@elementwise(lambda d, y, x: d * ((2.0 - x * x) * _normal_density(x)), policy=floated)
def normal_weighted_slope(x, *, out=None):
    """The derivative of `normal_weighted`: cdf(x) + x * density(x)."""
    return in_pieces(_gelu_slopes, x, out)


@elementwise(lambda d, y, x: d * normal_weighted_slope(x), policy=floated)
def normal_weighted(x, *, out=None):
    """x times the standard normal distribution function of x."""
    return in_pieces(_gelus, x, out)


def _gelus(x, y):
    _normal_cdf(x, y)
    y *= x


def _gelu_slopes(x, y):
    _normal_cdf(x, y)
    density = x * x
    density *= -0.5
    np.exp(density, out=density)
    density *= x
    density *= x.dtype.type(0.3989422804014327)
    y += density


def _normal_cdf(x, y):
    erf_into(x * x.dtype.type(0.7071067811865476), y)
    y += 1
    y *= x.dtype.type(0.5)


def gelu(x, approximate=True):
    """x times the normal distribution function of x, or its tanh approximation (Hendrycks & Gimpel 2016)."""
    x = as_tensor(x)
    if approximate:
        return 0.5 * x * (1.0 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))
    return normal_weighted(x)


def mish(x):
    """x * tanh(softplus(x))."""
    x = as_tensor(x)
    return x * tanh(softplus(x))


def softsign(x):
    """x / (1 + |x|), between -1 and 1."""
    x = as_tensor(x)
    return x / (1.0 + absolute(x))


def log_sigmoid(x):
    """log(sigmoid(x)), without overflow."""
    return -softplus(-as_tensor(x))


def hard_sigmoid(x):
    """x / 6 + 1/2 limited to 0..1."""
    return relu6(as_tensor(x) + 3.0) / 6.0


def hard_silu(x):
    """x * hard_sigmoid(x). Source: Howard et al. 2019."""
    x = as_tensor(x)
    return x * hard_sigmoid(x)


def hard_tanh(x):
    """x limited to -1..1."""
    return clip(x, -1.0, 1.0)


def hard_shrink(x, threshold=0.5):
    """x where |x| exceeds `threshold`, else 0."""
    x = as_tensor(x)
    return select(absolute(x) > threshold, x, 0.0)


def soft_shrink(x, threshold=0.5):
    """x moved towards 0 by `threshold`, and 0 nearer than that."""
    x = as_tensor(x)
    return select(absolute(x) > threshold, x - sign(x) * threshold, 0.0)


def tanh_shrink(x):
    """x - tanh(x), small near 0."""
    x = as_tensor(x)
    return x - tanh(x)


def threshold(x, threshold, default_value):
    """x where it exceeds `threshold`, else `default_value`."""
    x = as_tensor(x)
    return select(x > threshold, x, default_value)


def squareplus(x, b=4):
    """(x + sqrt(x**2 + b)) / 2, a smooth max(x, 0). Source: Barron 2021."""
    x = as_tensor(x)
    return (x + sqrt(x * x + b)) / 2.0


def sparse_plus(x):
    """0 below -1, x above 1, (x + 1)**2 / 4 between."""
    x = as_tensor(x)
    return select(x <= -1.0, 0.0, select(x < 1.0, 0.25 * (x + 1.0) ** 2, x))


def sparse_sigmoid(x):
    """(x + 1) / 2 limited to 0..1."""
    x = as_tensor(x)
    return select(x <= -1.0, 0.0, select(x >= 1.0, 1.0, 0.5 * (x + 1.0)))


def glu(x, axis=-1):
    """The first half along `axis` times the sigmoid of the second."""
    first, second = split(as_tensor(x), 2, axis)
    return first * sigmoid(second)


def _slope_of_softmax_rule(g, slope, d, y, axis=-1):
    inner = d - sum(d * y, axis=axis, keepdims=True)
    return g * inner - d * sum(g * y, axis=axis, keepdims=True)


# For a fixed y it is linear and its own transpose, as a Jacobian of a gradient (of logsumexp) must be.
@primitive(lambda g, slope, d, y, axis=-1: softmax_slope(g, y, axis=axis), _slope_of_softmax_rule,
           shape=lambda d, y, **_: dims.broadcast(d, y), batch=shifted)
def softmax_slope(d, y, *, axis=-1, out=None):
    """What a cotangent `d` of a softmax `y` is for its logits: y * (d - sum(d * y))."""
    total = np.vecdot(d, y)[..., None] if axis in (-1, y.ndim - 1) else np.add.reduce(d * y, axis, None, None, True)
    slope = np.subtract(d, total, out=out)
    return np.multiply(slope, y, out=slope)


def _softmax_rule(d, y, x, axis=-1):
    return softmax_slope(d, y, axis=axis)


# Between these bounds neither exp nor a sum of very many of them leaves float32.
LARGEST_EXPONENT, LEAST_TOTAL = 44.0, 1e-6


@primitive(_softmax_rule, shape=lambda x, **_: x, policy=floated, batch=shifted)
def softmax(x, *, axis=-1, out=None):
    """exp(x) over its sum along `axis`: positive numbers that add up to 1."""
    if axis in (-1, x.ndim - 1) and x.size and x.dtype.char in "fd" and np.maximum.reduce(x, None) < LARGEST_EXPONENT:
        # To look for the maximum of each row takes longer than all the rest, and most rows can do without.
        e = np.exp(x)
        total = np.matmul(e, ones_row(x.shape[-1], x.dtype)) if x.shape[-1] < 4096 else np.add.reduce(e, -1)
        if np.minimum.reduce(total, None) > LEAST_TOTAL:
            return np.divide(e, total[..., None], out=e if out is None else out)
    # Subtract the maximum first: exp overflows float32 above about 88.
    e = np.subtract(x, np.maximum.reduce(x, axis, None, None, True), out=out)
    np.exp(e, out=e)
    return np.divide(e, np.add.reduce(e, axis, None, None, True), out=e)


def _log_softmax_rule(d, y, x, axis=-1):
    return d - exp(y) * sum(d, axis=axis, keepdims=True)


@primitive(_log_softmax_rule, shape=lambda x, **_: x, policy=floated, batch=shifted)
def log_softmax(x, *, axis=-1):
    """The logarithm of softmax, without overflow."""
    shifted = x - np.maximum.reduce(x, axis, None, None, True)
    return shifted - np.log(np.add.reduce(np.exp(shifted), axis, None, None, True))


def sparsemax(x, axis=-1):
    """A softmax with exact zeros: relu(x - threshold), with Keras' threshold.

    Keras' threshold sums the running sums of the support, where Martins & Astudillo 2016, algorithm 1, takes the last
    one only. So if several elements are in the support the result adds up to less than 1, and may be all zeros.
    """
    x = as_tensor(x)
    falling = flip(sort(x, axis=axis), axis)
    running = cumsum(falling, axis=axis)
    rank = cumsum(zeros_like(x) + 1.0, axis=axis)
    support = 1.0 + rank * falling > running
    count = sum(cast(support, dtype=x.dtype), axis=axis, keepdims=True)
    threshold = (sum(select(support, running, 0.0), axis=axis, keepdims=True) - 1.0) / count
    return relu(x - threshold)


# --- cross-entropies -----------------------------------------------------------------------------

def _sparse_rule(d, y, labels, logits):
    loss_d, error_d = d
    grad = None if loss_d is None else loss_d[..., None] * y[1]
    if error_d is not None:
        probabilities = y[1] + one_hot_op(labels, num_classes=logits.shape[-1], dtype=logits.dtype)
        through = _softmax_rule(error_d, probabilities, logits)
        grad = through if grad is None else grad + through
    return grad


# The second output is the derivative itself, so that the rule needs no exponential of its own.
@primitive(None, _sparse_rule, policy=kept, batch=shifted,
           shape=lambda labels, logits: [_sparse_shape(labels, logits), logits],
           result=lambda inputs, attrs: [inputs[1].dtype] * 2)
def sparse_softmax_cross_entropy(labels, logits, *, out=(None, None)):
    """-log(softmax(logits)) at the integer labels, over the last axis; and softmax minus one-hot labels.

    labels (...,) integers in 0..classes-1, logits (..., classes). Raises ShapeError for others.
    """
    if labels.shape != logits.shape[:-1]:
        _sparse_shape(labels.shape, logits.shape)
    classes = logits.shape[-1]
    loss, error = out
    # In row-major order whatever that of the logits is, so that both can be flattened without a copy.
    error = np.subtract(logits, np.maximum.reduce(logits, -1, None, None, True), out=error, order="C")
    at = labels.reshape(-1).astype(np.intp)
    # A negative label is a large unsigned one, so that one look finds both kinds.
    if at.size and np.maximum.reduce(at.view(np.uintp)) >= classes:
        raise _bad_label(labels, classes)
    at += _row_starts(at.size, classes)
    flat = error.reshape(-1)
    picked = flat[at]
    np.exp(error, out=error)
    total = np.add.reduce(error, -1, None, None, True)
    np.divide(error, total, out=error)
    flat[at] -= 1
    return np.subtract(np.log(total[..., 0]), picked.reshape(labels.shape), out=loss), error


@functools.lru_cache(32)
def _row_starts(rows, length):
    """Where each row of a matrix begins, taken flat."""
    starts = np.arange(0, rows * length, length)
    starts.flags.writeable = False
    return starts


def _bad_label(labels, classes):
    where = np.argwhere((labels < 0) | (labels >= classes))[0]
    return ShapeError(f"sparse cross-entropy: label {labels[tuple(where)]} of sample {int(where[0])} of the batch is "
                      f"outside 0..{classes - 1}, the {classes} classes of the predictions. Correct the labels, or "
                      "give the last layer more units.")


def _sparse_shape(labels, logits):
    if len(labels) != len(logits) - 1:
        raise ShapeError(f"sparse cross-entropy: labels of shape {dims.public_shape(labels)} do not go with "
                         f"predictions of shape {dims.public_shape(logits)}. Integer labels have one axis less than "
                         "the predictions; for one-hot labels use categorical cross-entropy.")
    return tuple(dims.unify(a, b, f"sparse cross-entropy: labels of shape {dims.public_shape(labels)}, predictions of "
                            f"shape {dims.public_shape(logits)}") for a, b in zip(labels, logits))


def sigmoid_cross_entropy(labels, logits):
    """-(z log(sigmoid(x)) + (1 - z) log(1 - sigmoid(x))) for labels z in 0..1 and logits x, without overflow."""
    logits = as_tensor(logits)
    return softplus(logits) - logits * labels
