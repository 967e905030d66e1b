"""TensorFlow's names for what exists, with TensorFlow's argument names. Also reached as `minikeras.<name>`.

Where Keras has another function of that name, `minikeras.<name>` is Keras' and `minikeras.tf.<name>` TensorFlow's; that
is so for `random`. Every other public name of the package can be had from here, too.

`name=` labels a graph node in TensorFlow; there is no graph here, so it is taken and changes nothing.
"""

import functools
import importlib
import inspect
import operator
import sys

import numpy as np

from .. import ops
from ..autograd.dtypes import as_dtype as _as_dtype
from ..autograd.linear import add_n as _add_n
from ..autograd.operands import as_tensor
from ..autograd.tensor import Operand
from ..errors import DTypeError, ShapeError
from ..ops import complex_numbers as _complex_numbers
from ..ops import creation, indexing, norms, reduce, running, shapes, sorting
from ..ops import products as _products


def tf_function_of(function, *parameters):
    """`function` under TensorFlow's parameter names, with `name=` allowed."""
    own = list(inspect.signature(function).parameters.values())
    own_names = dict(zip(parameters, [p.name for p in own]))

    @functools.wraps(function)
    def call(*args, name=None, **kwargs):
        given = list(args)
        for parameter in parameters[len(args):]:
            if parameter not in kwargs:
                break
            given.append(kwargs.pop(parameter))
        # Behind a gap: by the names that the function has for them.
        return function(*given, **{own_names.get(parameter, parameter): value for parameter, value in kwargs.items()})
    renamed = [p.replace(name=parameter) for p, parameter in zip(own, parameters)]
    call.__signature__ = inspect.Signature([*renamed, *own[len(parameters):], _NAME])
    return call


_MODULES = ("bitwise", "config", "dtypes", "image", "linalg", "math", "nest", "nn", "random", "signal")


def __getattr__(name):
    """What TensorFlow has under its own name and is not in this file: its modules, then what the whole package has."""
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    return getattr(sys.modules[__name__.rpartition(".")[0]], name)


_NAME = inspect.Parameter("name", inspect.Parameter.KEYWORD_ONLY, default=None)


def convert_to_tensor(value, dtype=None, dtype_hint=None, name=None):
    """A tensor of `value`; `dtype_hint` is used if the value has no dtype of its own and fits it."""
    if dtype is None and dtype_hint is not None and not hasattr(value, "dtype"):
        dtype = dtype_hint
    return as_tensor(value, dtype)


def constant(value, dtype=None, shape=None, name="Const"):
    """A tensor of `value`, copied; a single number fills `shape`."""
    return creation.constant(value, dtype, shape)


def range(start, limit=None, delta=1, dtype=None, name="range"):
    """Numbers from `start` (0 if it is the only bound) below `limit` in steps of `delta`."""
    return creation.arange(start, limit, delta, dtype)


def linspace(start, stop, num, name=None, axis=0):
    """`num` numbers evenly spaced from `start` to `stop`."""
    return creation.linspace(start, stop, num, axis=axis)


def fill(dims, value, name=None):
    """`value` in every place of shape `dims`."""
    return creation.full(np.asarray(dims), value)


def zeros(shape, dtype="float32", name=None):
    """Zeros of `shape`."""
    return creation.zeros(np.asarray(shape).tolist(), dtype)


def ones(shape, dtype="float32", name=None):
    """Ones of `shape`."""
    return creation.ones(np.asarray(shape).tolist(), dtype)


def eye(num_rows, num_columns=None, dtype="float32", name=None):
    """The identity matrix, or the first columns of it."""
    return creation.eye(num_rows, num_columns, 0, dtype)


def identity(input, name=None):
    """The same values as a tensor of its own."""
    return ops.copy(input)


def shape(input, out_type="int32", name=None):
    """The shape as a tensor of integers."""
    return creation.constant(list(as_tensor(input).shape), out_type)


def size(input, out_type="int32", name=None):
    """The number of elements as a tensor."""
    return creation.constant(as_tensor(input).size, out_type)


def rank(input, name=None):
    """The number of axes as a tensor."""
    return creation.constant(as_tensor(input).ndim)


def _reduction(function, doc):
    def call(input_tensor, axis=None, keepdims=False, name=None):
        if isinstance(axis, Operand):
            axis = axis.numpy().tolist()
        return function(input_tensor, axis=axis, keepdims=keepdims)
    call.__name__, call.__doc__ = function.__name__, doc
    return call


def _mean(x, axis=None, keepdims=False):
    x = as_tensor(x)
    mean = reduce.mean(x, axis, keepdims)
    return creation.cast(mean, x.dtype) if x.dtype.is_integer else mean     # TensorFlow's mean of integers is one


def _in_own_type(total):
    """A sum or product in the type of what it is of, as TensorFlow has it; of booleans in int32."""
    @functools.wraps(total)
    def call(x, axis=None, keepdims=False):
        x = as_tensor(x)
        y = total(x, axis=axis, keepdims=keepdims)
        return y if x.dtype.is_bool or y.dtype == x.dtype else creation.cast(y, x.dtype)
    return call


reduce_sum = _reduction(_in_own_type(reduce.sum), "The sum along `axis`.")
reduce_mean = _reduction(_mean, "The mean along `axis`; integers give integers, as in TensorFlow.")
reduce_max = _reduction(reduce.max, "The largest element along `axis`; equal ones share the gradient.")
reduce_min = _reduction(reduce.min, "The smallest element along `axis`; equal ones share the gradient.")
reduce_prod = _reduction(_in_own_type(reduce.prod), "The product along `axis`.")
reduce_all = _reduction(reduce.all, "Whether all elements along `axis` are true.")
reduce_any = _reduction(reduce.any, "Whether some element along `axis` is true.")
reduce_logsumexp = _reduction(reduce.logsumexp, "log(sum(exp(x))) along `axis`, without overflow.")


def argmax(input, axis=None, output_type="int64", name=None):
    """Index of the first largest element along `axis`, the first by default."""
    return reduce.argmax(input, axis=0 if axis is None else axis, dtype=_as_dtype(output_type).name)


def argmin(input, axis=None, output_type="int64", name=None):
    """Index of the first smallest element along `axis`, the first by default."""
    return reduce.argmin(input, axis=0 if axis is None else axis, dtype=_as_dtype(output_type).name)


def cumsum(x, axis=0, exclusive=False, reverse=False, name=None):
    """The running sum along `axis`."""
    return running.cumsum(x, axis=axis, exclusive=exclusive, reverse=reverse)


def matmul(a, b, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False, name=None):
    """The matrix product over the last two axes, either side transposed first if asked, or its adjoint taken."""
    if (transpose_a and adjoint_a) or (transpose_b and adjoint_b):
        raise ValueError("matmul: a matrix can be transposed or taken as its adjoint, not both.")
    a, b = ops.conj(a) if adjoint_a else a, ops.conj(b) if adjoint_b else b
    transpose_a, transpose_b = transpose_a or adjoint_a, transpose_b or adjoint_b
    if transpose_a:
        a = _products.matrix_transpose(as_tensor(a))
    if transpose_b:
        b = _products.matrix_transpose(as_tensor(b))
    return _products.matmul(a, b)


def norm(tensor, ord="euclidean", axis=None, keepdims=None, name=None):
    """A norm of the vectors along `axis`, of the matrices along two axes, or of all elements as one vector.

    ord   as for `minikeras.ops.norm`; 'euclidean' is 2 for vectors and 'fro' for matrices
    The gradient at 0 is 0 (TensorFlow gives NaN).
    """
    ord = None if ord == "euclidean" else ord
    if axis is None:
        return norms.vector_norm(tensor, ord, None, bool(keepdims))
    return norms.norm(tensor, ord, axis, bool(keepdims))


def reshape(tensor, shape, name=None):
    """The elements in another shape; one extent may be -1."""
    if isinstance(shape, Operand):
        shape = shape.numpy().tolist()
    return ops.reshape(tensor, shape)


def transpose(a, perm=None, conjugate=False, name=None):
    """The axes in the order `perm`, reversed by default."""
    if conjugate:
        raise ValueError("transpose: conjugate=True is not supported; transpose and then conjugate.")
    return shapes.transpose(a, perm)


def concat(values, axis, name="concat"):
    """Tensors joined along an axis that they have."""
    return ops.concatenate(values, axis)


def unstack(value, num=None, axis=0, name="unstack"):
    """The entries along `axis` as a list."""
    return shapes.unstack(value, num, axis)


def split(value, num_or_size_splits, axis=0, num=None, name="split"):
    """Parts along `axis`: that many equal ones, or of the given sizes, of which one may be -1 for the rest.

    Raises ShapeError where the sizes do not add up.
    """
    sizes = np.asarray(num_or_size_splits)
    if sizes.ndim == 0:
        return shapes.split(value, operator.index(sizes[()]), axis)
    value, sizes = as_tensor(value), sizes.tolist()
    extent = value.shape[axis]
    if sizes.count(-1) == 1 and extent is not None:
        sizes[sizes.index(-1)] = extent - sum(sizes) - 1
    if min(sizes) < 0 or (extent is not None and sum(sizes) != extent):
        raise ShapeError(f"split: sizes {num_or_size_splits} do not make up axis {axis} of shape {value.shape}.")
    return shapes.split(value, np.cumsum(sizes)[:-1].tolist(), axis)


def bitcast(input, type, name=None):
    """The same bytes read as elements of another type.

    Narrower ones are a new last axis; wider ones take the last axis away, which must hold the bytes of one.
    """
    x, dtype = as_tensor(input), _as_dtype(type)
    if dtype.size < x.dtype.size:
        x = ops.expand_dims(x, -1)
    y = ops.view(x, dtype)
    return ops.squeeze(y, -1) if dtype.size > x.dtype.size else y


def scalar_mul(scalar, x, name=None):
    """`x` times a number. Raises ShapeError for a `scalar` with axes."""
    if as_tensor(scalar).ndim:
        raise ShapeError(f"scalar_mul: the scalar has shape {as_tensor(scalar).shape}; use multiply.")
    return ops.multiply(scalar, x)


def shape_n(input, out_type="int32", name=None):
    """The shapes of a list of tensors as tensors of integers."""
    return [shape(x, out_type) for x in input]


def truncatediv(x, y, name=None):
    """x / y rounded towards 0, in the type of the operands."""
    quotient = ops.trunc(ops.divide(x, y))
    return creation.cast(quotient, as_tensor(x).dtype)


def broadcast_to(input, shape, name=None):
    """The elements repeated to fill `shape`."""
    return ops.broadcast_to(input, np.asarray(shape).tolist())


def pad(tensor, paddings, mode="CONSTANT", constant_values=0, name=None):
    """`tensor` with a border, widths as (before, after) per axis."""
    mode = mode.lower()
    # 0 is what TensorFlow has by default, also where nothing is constant.
    return indexing.pad(tensor, paddings, mode, constant_values if mode == "constant" or constant_values else None)


def one_hot(indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None):
    """A new axis (the last) of `depth` entries: `on_value` (1) at the index, `off_value` (0) elsewhere."""
    indices = as_tensor(indices)
    if not indices.dtype.is_integer:
        raise DTypeError(f"one_hot: indices must be integers, got {indices.dtype.name}.")
    values = [value for value in (on_value, off_value) if value is not None]
    dtype = _as_dtype(dtype or (as_tensor(values[0]).dtype if values else "float32"))
    hot = indexing.one_hot(indices, int(depth), -1 if axis is None else axis, dtype.name)
    if not values:
        return hot
    on, off = 1 if on_value is None else on_value, 0 if off_value is None else off_value
    return creation.cast(ops.where(hot != 0, on, off), dtype)


def sort(values, axis=-1, direction="ASCENDING", name=None):
    """The elements in order along `axis`."""
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"sort: direction must be 'ASCENDING' or 'DESCENDING', got {direction!r}.")
    ordered = sorting.sort(values, axis)
    return ordered if direction == "ASCENDING" else shapes.flip(ordered, axis)


def argsort(values, axis=-1, direction="ASCENDING", stable=False, name=None):
    """Indices that sort along `axis`; always stable."""
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"argsort: direction must be 'ASCENDING' or 'DESCENDING', got {direction!r}.")
    return sorting.argsort(values, axis=axis, descending=direction == "DESCENDING")


def where(condition, x=None, y=None, name=None):
    """x where `condition` holds, else y; with `condition` alone, the index vectors where it holds."""
    if x is None and y is None:
        return creation.constant(np.argwhere(np.asarray(condition)), "int64")
    return ops.where(condition, x, y)


def add_n(inputs, name=None):
    """The sum of a list of tensors."""
    return _add_n(*inputs)


newaxis = None
abs = tf_function_of(ops.absolute, "x")
add = tf_function_of(ops.add, "x", "y")
acos = tf_function_of(ops.arccos, "x")
acosh = tf_function_of(ops.arccosh, "x")
asin = tf_function_of(ops.arcsin, "x")
asinh = tf_function_of(ops.arcsinh, "x")
atan = tf_function_of(ops.arctan, "x")
atan2 = tf_function_of(ops.arctan2, "y", "x")
atanh = tf_function_of(ops.arctanh, "x")
complex = tf_function_of(_complex_numbers.complex, "real", "imag")
cast = tf_function_of(ops.cast, "x", "dtype")
clip_by_global_norm = tf_function_of(norms.clip_by_global_norm, "t_list", "clip_norm", "use_norm")
clip_by_norm = tf_function_of(norms.clip_by_norm, "t", "clip_norm", "axes")
clip_by_value = tf_function_of(ops.clip, "t", "clip_value_min", "clip_value_max")
cos = tf_function_of(ops.cos, "x")
cosh = tf_function_of(ops.cosh, "x")
divide = tf_function_of(ops.divide, "x", "y")
einsum = tf_function_of(ops.einsum, "equation")
equal = tf_function_of(ops.equal, "x", "y")
exp = tf_function_of(ops.exp, "x")
expand_dims = tf_function_of(ops.expand_dims, "input", "axis")
floor = tf_function_of(ops.floor, "x")
greater = tf_function_of(ops.greater, "x", "y")
greater_equal = tf_function_of(ops.greater_equal, "x", "y")
is_tensor = ops.is_tensor
less = tf_function_of(ops.less, "x", "y")
less_equal = tf_function_of(ops.less_equal, "x", "y")
logical_and = tf_function_of(ops.logical_and, "x", "y")
logical_not = tf_function_of(ops.logical_not, "x")
logical_or = tf_function_of(ops.logical_or, "x", "y")
maximum = tf_function_of(ops.maximum, "x", "y")
minimum = tf_function_of(ops.minimum, "x", "y")
multiply = tf_function_of(ops.multiply, "x", "y")
negative = tf_function_of(ops.negative, "x")
not_equal = tf_function_of(ops.not_equal, "x", "y")
ones_like = tf_function_of(ops.ones_like, "input", "dtype")
pow = tf_function_of(ops.power, "x", "y")
repeat = tf_function_of(ops.repeat, "input", "repeats", "axis")
reverse = tf_function_of(ops.flip, "tensor", "axis")
roll = tf_function_of(shapes.roll, "input", "shift", "axis")
round = tf_function_of(ops.round, "x")
sigmoid = tf_function_of(ops.sigmoid, "x")
sign = tf_function_of(ops.sign, "x")
sin = tf_function_of(ops.sin, "x")
sinh = tf_function_of(ops.sinh, "x")
sqrt = tf_function_of(ops.sqrt, "x")
square = tf_function_of(ops.square, "x")
squeeze = tf_function_of(ops.squeeze, "input", "axis")
stack = tf_function_of(ops.stack, "values", "axis")
subtract = tf_function_of(ops.subtract, "x", "y")
tan = tf_function_of(ops.tan, "x")
tanh = tf_function_of(ops.tanh, "x")
tensordot = tf_function_of(ops.tensordot, "a", "b", "axes")
tile = tf_function_of(ops.tile, "input", "multiples")
realdiv = truediv = divide
truncatemod = tf_function_of(ops.fmod, "x", "y")
zeros_like = tf_function_of(ops.zeros_like, "input", "dtype")
