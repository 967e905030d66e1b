"""Keras' `backend`: the defaults and types, and the functions of Keras 2 that older programs call as `K.mean`."""

import numpy as np

from . import ops, tf
from .autograd.dtypes import as_dtype, epsilon, floatx, promote, python_dtype, set_epsilon, set_floatx, weaken
from .autograd.operands import as_tensor
from .autograd.variable import Variable
from .config import backend, image_data_format, set_image_data_format
from .ops import random
from .ops.norms import l2_normalize as _l2_normalize
from .tf import tf_function_of
from .tf.eager import name_scope
from .utils.naming import clear_session, get_uid, is_keras_tensor, standardize_dtype


def is_float_dtype(dtype):
    """Whether an element type is of floating-point numbers."""
    return as_dtype(dtype).is_floating


def is_int_dtype(dtype):
    """Whether an element type is of integers, with a sign or without; bool is not."""
    return as_dtype(dtype).is_integer


def result_type(*dtypes):
    """The name of the element type of a mixture. `int` and `float` are Python's numbers, which change only its kind."""
    numbers = [dtype(1) for dtype in dtypes if dtype is int or dtype is float]
    strong = [as_dtype(dtype).dtype for dtype in dtypes if dtype is not int and dtype is not float]
    if not strong:
        strong, numbers = [python_dtype(n) for n in numbers] or [as_dtype(floatx()).dtype], []
    mixed = strong[0]
    for dtype in strong[1:]:
        mixed = promote(mixed, dtype)
    return as_dtype(weaken(mixed, numbers)).name


# --- Keras 2 ---------------------------------------------------------------------------------------------------------

def argmax(x, axis=-1):
    """Index of the first largest element along `axis`; int64, as in Keras 2."""
    return tf.argmax(x, axis)


def argmin(x, axis=-1):
    """Index of the first smallest element along `axis`; int64, as in Keras 2."""
    return tf.argmin(x, axis)


def arange(start, stop=None, step=1, dtype="int32"):
    """Numbers from `start` (0 if it is the only bound) below `stop` in steps."""
    return ops.arange(start, stop, step, dtype)


def batch_dot(x, y, axes=None):
    """Products along one axis of each, sample by sample; by default the last of `x` and the last but one of `y`."""
    x, y = as_tensor(x), as_tensor(y)
    if axes is None:
        axes = x.ndim - 1, 1 if y.ndim < 3 else y.ndim - 2
    axes = (axes, axes) if isinstance(axes, int) else axes
    left, right = (axis % array.ndim for axis, array in zip(axes, (x, y)))
    letters = "abcdefghijklmnopqrstuvwxyz"
    first = letters[:x.ndim]
    second = letters[0] + letters[x.ndim:x.ndim + y.ndim - 1]
    second = second[:right] + first[left] + second[right + 1:]
    out = "".join(c for i, c in enumerate(first) if i != left) + "".join(
        c for i, c in enumerate(second) if i not in (0, right))
    result = ops.einsum(f"{first},{second}->{out}", x, y)
    return ops.expand_dims(result, 1) if result.ndim == 1 else result


def batch_flatten(x):
    """All axes but the first as one."""
    return ops.reshape(x, (ops.shape(x)[0], -1))


def cast_to_floatx(x):
    """`x` in the default float; a NumPy array for one."""
    return np.asarray(x, floatx()) if isinstance(x, (np.ndarray, list, float, int)) else ops.cast(x, floatx())


def concatenate(tensors, axis=-1):
    """Tensors joined along an axis that they have, the last by default."""
    return ops.concatenate(tensors, axis)


def eval(x):
    """The numbers, a NumPy array."""
    return ops.convert_to_numpy(x)


def flatten(x):
    """All elements in one axis."""
    return ops.ravel(x)


def get_value(x):
    """The numbers of a Variable, a NumPy array."""
    return ops.convert_to_numpy(x)


def int_shape(x):
    """The shape as a tuple, with None where an extent is not known."""
    return tuple(as_tensor(x).shape)


def l2_normalize(x, axis=None):
    """`x` divided by its Euclidean norm along `axis`."""
    return _l2_normalize(x, axis)


def one_hot(indices, num_classes):
    """A new last axis of `num_classes` entries, 1 at the index and 0 elsewhere."""
    return ops.one_hot(indices, num_classes)


def random_bernoulli(shape, p=0.0, dtype=None, seed=None):
    """1 with probability `p`, else 0."""
    return ops.cast(random.uniform(shape, seed=seed) <= p, dtype or floatx())


def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """max(x, 0), with slope `alpha` below the threshold and an upper limit if asked."""
    x = as_tensor(x)
    y = ops.where(x > threshold, x, alpha * (x - threshold))
    return y if max_value is None else ops.minimum(y, max_value)


def repeat(x, n):
    """Each row `n` times along a new second axis. Shapes: (batch, d) -> (batch, n, d)."""
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def set_value(x, value):
    """Give a Variable a value."""
    x.assign(value)


def switch(condition, then_expression, else_expression):
    """The first where `condition` holds, else the second; these may be functions if it is one boolean."""
    if callable(then_expression) or callable(else_expression):
        return ops.cond(condition, *(f if callable(f) else lambda f=f: f for f in (then_expression, else_expression)))
    condition, first = as_tensor(condition), as_tensor(then_expression)
    missing = first.ndim - condition.ndim
    return ops.where(ops.reshape(condition, (*ops.shape(condition), *(1,) * missing)), first, else_expression)


def update(x, new_x):
    """Assign to a Variable, which is given back."""
    return x.assign(new_x)


def variable(value, dtype=None, name=None, constraint=None):
    """A Variable of `value`."""
    return Variable(value, dtype=dtype or floatx(), name=name, constraint=constraint)


def expand_dims(x, axis=-1):
    """A new axis of extent 1, the last by default."""
    return ops.expand_dims(x, axis)


def eye(size, dtype=None):
    """The identity matrix."""
    return ops.eye(size, dtype=dtype)


def gather(reference, indices):
    """Entries of `reference` along the first axis."""
    return ops.take(reference, indices, axis=0)


def in_top_k(predictions, targets, k):
    """Whether less than `k` predictions of a row are above that of its target."""
    return ops.in_top_k(targets, predictions, k)


def transpose(x):
    """The axes in reverse order."""
    return ops.transpose(x)


def update_add(x, increment):
    """Add to a Variable, which is given back."""
    return x.assign_add(increment)


def update_sub(x, decrement):
    """Subtract from a Variable, which is given back."""
    return x.assign_sub(decrement)


abs = ops.abs
all = ops.all
any = ops.any
binary_crossentropy = ops.binary_crossentropy
cast = ops.cast
categorical_crossentropy = ops.categorical_crossentropy
clip = tf_function_of(ops.clip, "x", "min_value", "max_value")
constant = tf.constant
cos = ops.cos
cumprod = ops.cumprod
cumsum = ops.cumsum
dot = tf_function_of(ops.dot, "x", "y")
elu = ops.elu
equal = tf_function_of(ops.equal, "x", "y")
exp = ops.exp
greater = tf_function_of(ops.greater, "x", "y")
greater_equal = tf_function_of(ops.greater_equal, "x", "y")
less = tf_function_of(ops.less, "x", "y")
less_equal = tf_function_of(ops.less_equal, "x", "y")
log = ops.log
max = ops.amax
maximum = tf_function_of(ops.maximum, "x", "y")
mean = ops.mean
min = ops.amin
minimum = tf_function_of(ops.minimum, "x", "y")
ndim = ops.ndim
not_equal = tf_function_of(ops.not_equal, "x", "y")
ones = ops.ones
ones_like = ops.ones_like
permute_dimensions = tf_function_of(ops.transpose, "x", "pattern")
pow = tf_function_of(ops.power, "x", "a")
prod = ops.prod
random_normal = random.normal
random_uniform = random.uniform
repeat_elements = tf_function_of(ops.repeat, "x", "rep", "axis")
reshape = tf_function_of(ops.reshape, "x", "shape")
reverse = tf_function_of(ops.flip, "x", "axes")
round = ops.round
shape = tf.shape
sigmoid = ops.sigmoid
sign = ops.sign
sin = ops.sin
softmax = ops.softmax
softplus = ops.softplus
softsign = ops.softsign
sparse_categorical_crossentropy = ops.sparse_categorical_crossentropy
sqrt = ops.sqrt
square = ops.square
squeeze = ops.squeeze
stack = ops.stack
std = ops.std
stop_gradient = tf_function_of(ops.stop_gradient, "variables")
sum = ops.sum
tanh = ops.tanh
tile = tf_function_of(ops.tile, "x", "n")
truncated_normal = random.truncated_normal
var = ops.var
zeros = ops.zeros
zeros_like = ops.zeros_like

__all__ = sorted(name for name, value in globals().items() if not name.startswith("_") and callable(value)
                 and name not in ("Variable", "as_dtype", "as_tensor", "promote", "python_dtype", "tf_function_of",
                                  "weaken"))
