"""Making tensors, and leaving them."""

import numpy as np

from ..autograd import dtypes
from ..autograd.linear import broadcast_to
from ..autograd.linear import cast as cast_op
from ..autograd.operands import as_tensor, shape_of
from ..autograd.tensor import ArrayOperand, Operand, Tensor, new_array
from ..errors import ShapeError


def constant(value, dtype=None, shape=None):
    """A tensor of `value` (number, nested lists, array), which is copied; a single number fills `shape`.

    Python numbers become int32, float32 (the default float) or bool. Raises ShapeError if `shape` does not fit.
    """
    array = new_array(value, None if dtype is None else dtypes.as_dtype(dtype).dtype)
    if shape is not None:
        shape = tuple(int(n) for n in shape)
        if array.size == 1:
            array = np.full(shape, array.reshape(()), array.dtype)
        elif array.size != np.prod(shape):
            raise ShapeError(f"constant: {array.size} values do not fill shape {shape}.")
        else:
            array = array.reshape(shape)
    return Tensor(array)


def cast(x, dtype):
    """`x` in another dtype. Between floats it has a gradient; to or from integers none."""
    x, dtype = as_tensor(x), dtypes.as_dtype(dtype)
    if x.dtype == dtype:
        return x
    return cast_op(x, dtype=dtype.dtype)


def convert_to_numpy(x):
    """A NumPy array of `x`, a copy."""
    if hasattr(x, "to_dense"):
        x = x.to_dense()
    return np.array(x._array if isinstance(x, ArrayOperand) else x)


def is_tensor(x):
    """Whether `x` is a tensor or a Variable."""
    return isinstance(x, Operand)


def _filled(shape, number, dtype):
    shape = (shape,) if np.ndim(shape) == 0 and not hasattr(shape, "terms") else shape
    dtype = dtypes.as_dtype(dtype or dtypes.floatx()).dtype
    if any(hasattr(n, "terms") for n in shape):
        return broadcast_to(Tensor(np.array(number, dtype)), shape=tuple(shape))
    return Tensor(np.full([int(n) for n in shape], number, dtype))


def zeros(shape, dtype=None):
    """Zeros, of the default float unless `dtype` says otherwise."""
    return _filled(shape, 0, dtype)


def ones(shape, dtype=None):
    """Ones, of the default float unless `dtype` says otherwise."""
    return _filled(shape, 1, dtype)


def full(shape, fill_value, dtype=None):
    """`fill_value` everywhere, in its own type unless `dtype` says otherwise."""
    fill = as_tensor(fill_value, dtype)
    return broadcast_to(fill, shape=tuple(int(n) for n in shape))


def ones_like(x, dtype=None):
    """Ones in the shape (and dtype) of `x`."""
    x = as_tensor(x)
    return _filled(shape_of(x), 1, dtype or x.dtype)


def eye(N, M=None, k=0, dtype=None):
    """Ones on the k-th diagonal of an N x M matrix, zeros elsewhere."""
    dtype = dtypes.as_dtype(dtype or dtypes.floatx()).dtype
    return Tensor(np.eye(int(N), None if M is None else int(M), int(k), dtype))


def arange(start, stop=None, step=None, dtype=None):
    """Numbers from `start` (0 if only one bound is given) up to `stop` in steps; int32 for Python integers."""
    start, stop, step = (_plain(n) for n in (start, stop, step))
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    if dtype is None:
        kinds = [new_array(n).dtype for n in (start, stop, step)]
        dtype = kinds[0]
        for kind in kinds[1:]:
            dtype = dtypes.promote(dtype, kind)
    return Tensor(np.arange(start, stop, step, dtypes.as_dtype(dtype).dtype))


def _plain(n):
    return n._array[()] if isinstance(n, ArrayOperand) else n


def linspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """`num` numbers evenly spaced from `start` to `stop`."""
    dtype = dtypes.as_dtype(dtype or dtypes.floating(new_array(_plain(start)).dtype)).dtype
    return Tensor(np.linspace(_plain(start), _plain(stop), int(num), endpoint, dtype=dtype, axis=axis))
