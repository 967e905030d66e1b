"""Making tensors, and leaving them."""

import numpy as np

from ..arguments import extents
from ..autograd import dtypes
from ..autograd.dims import public_shape
from ..autograd.linear import broadcast_to, reshape
from ..autograd.linear import cast as cast_op
from ..autograd.linear import zeros_like as zeros_op
from ..autograd.op import kept, primitive, shifted
from ..autograd.operands import as_tensor, nested
from ..autograd.tensor import ArrayOperand, Operand, SymbolicTensor, Tensor, new_array
from ..autograd.variable import Variable
from ..errors import ShapeError
from .arithmetic import clip


def constant(value, dtype=None, shape=None):
    """A tensor of `value` (number, nested lists, array), which is copied; a single number fills `shape`.

    Python numbers become int32, float32 (the default float) or bool. A tensor (or a list of them) keeps its gradient,
    as in TensorFlow; a Variable is copied. Raises ShapeError if `shape` does not fit.
    """
    value, dtype = nested(value), None if dtype is None else dtypes.as_dtype(dtype)
    if isinstance(value, Operand) and type(value) is not Variable and dtypes.is_differentiable(dtype or value.dtype):
        tensor = as_tensor(value, dtype)
    else:
        tensor = Tensor(new_array(value, None if dtype is None else dtype.dtype))
    if shape is None:
        return tensor
    shape = tuple(int(n) for n in shape)
    if tensor.size == 1:
        return broadcast_to(reshape(tensor, shape=()), shape=shape)
    if tensor.size != np.prod(shape):
        raise ShapeError(f"constant: {tensor.size} values do not fill shape {shape}.")
    return reshape(tensor, shape=shape)


def cast(x, dtype):
    """`x` in another dtype. Between floats it has a gradient; to or from integers none."""
    x, dtype = as_tensor(x), dtypes.as_dtype(dtype)
    if x.dtype == dtype:
        return x
    return cast_op(x, dtype=dtype.dtype)


def _view_shape(x, dtype, itemsize):
    """Extents when elements of `itemsize` bytes are read as `dtype`."""
    size = np.dtype(dtype).itemsize
    if size == itemsize:
        return x
    if not x or (type(x[-1]) is int and x[-1] * itemsize % size):
        raise ShapeError(f"view: the last axis of shape {public_shape(x)}, of {itemsize} bytes an element, does not "
                         f"divide into elements of {size} bytes ({dtype}).")
    return (*x[:-1], x[-1] * itemsize // size)


@primitive(shape=_view_shape, policy=kept, result=lambda inputs, attrs: np.dtype(attrs["dtype"]), batch=shifted)
def view_op(x, *, dtype, itemsize):
    """The bytes of `x`, with elements of `itemsize` of them, read as elements of another type."""
    _view_shape(x.shape, dtype, itemsize)
    return np.ascontiguousarray(x).reshape(x.shape).view(dtype)


def view(x, dtype=None):
    """The bytes of `x` read as elements of another type; wider or narrower ones change the last extent.

    It has no derivative. Raises ShapeError where the last axis does not divide into the wider elements.
    """
    x = as_tensor(x)
    dtype = x.dtype if dtype is None else dtypes.as_dtype(dtype)
    return x if dtype == x.dtype else view_op(x, dtype=dtype.name, itemsize=x.dtype.size)


def as_float(x):
    """`x` as a tensor of floats: integers and booleans in the default float."""
    x = as_tensor(x)
    return cast(x, dtypes.floating(x.dtype.dtype))


def convert_to_numpy(x):
    """A NumPy array of `x`, a copy."""
    if hasattr(x, "to_dense"):
        x = x.to_dense()
    return np.array(x)


def is_tensor(x):
    """Whether `x` is a tensor or a Variable."""
    return isinstance(x, Operand)


def _dtype_or_default(dtype):
    """The NumPy dtype that `dtype` names, the default float if it is None."""
    return dtypes.as_dtype(dtype or dtypes.floatx()).dtype


def _filled(shape, number, dtype):
    shape = (shape,) if np.ndim(shape) == 0 and not hasattr(shape, "terms") else shape
    dtype = _dtype_or_default(dtype)
    if any(hasattr(n, "terms") for n in shape):
        return SymbolicTensor(shape, dtype)
    if dtype.kind == "O":       # the zero among strings is the empty one
        return full(shape, number or "", dtype)
    return Tensor(np.full(extents("ones" if number else "zeros", shape), number, dtype))


def zeros(shape, dtype=None):
    """Zeros, of the default float unless `dtype` says otherwise."""
    return _filled(shape, 0, dtype)


def ones(shape, dtype=None):
    """Ones, of the default float unless `dtype` says otherwise."""
    return _filled(shape, 1, dtype)


def full(shape, fill_value, dtype=None):
    """`fill_value` everywhere, in its own type unless `dtype` says otherwise."""
    fill = as_tensor(fill_value, dtype)
    return broadcast_to(fill, shape=extents("full", shape))


def ones_like(x, dtype=None):
    """Ones in the shape (and dtype) of `x`."""
    return full_like(x, 1, dtype)


def eye(N, M=None, k=0, dtype=None):
    """Ones on the k-th diagonal of an N x M matrix, zeros elsewhere."""
    dtype = _dtype_or_default(dtype)
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
    return n.numpy() if isinstance(n, ArrayOperand) else n


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` numbers evenly spaced from `start` to `stop`; with `retstep` also the step between them."""
    start, stop = _plain(start), _plain(stop)
    dtype = dtypes.as_dtype(dtype or dtypes.floating(new_array(start).dtype)).dtype
    y, step = np.linspace(start, stop, int(num), endpoint, True, dtype, axis)
    return (Tensor(y), Tensor(np.asarray(step, dtype))) if retstep else Tensor(y)


def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """`num` powers of `base` with exponents evenly spaced from `start` to `stop`."""
    dtype = _dtype_or_default(dtype)
    return Tensor(np.logspace(_plain(start), _plain(stop), int(num), endpoint, _plain(base), dtype, axis))


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """`num` numbers with equal ratios from `start` to `stop`, which have the same sign."""
    dtype = _dtype_or_default(dtype)
    return Tensor(np.geomspace(_plain(start), _plain(stop), int(num), endpoint, dtype, axis))


def empty(shape, dtype=None):
    """Zeros: a tensor is a value, so there is none without."""
    return zeros(shape, dtype)


def empty_like(x, dtype=None):
    """Zeros in the shape (and dtype) of `x`: a tensor is a value, so there is none without."""
    return full_like(x, 0, dtype)


def zeros_like(x, dtype=None):
    """Zeros in the shape (and dtype) of `x`."""
    return full_like(x, 0, dtype)


def full_like(x, fill_value, dtype=None):
    """`fill_value` everywhere, in the shape (and dtype) of `x`."""
    x = as_tensor(x)
    fill = as_tensor(fill_value, dtype or x.dtype)
    if isinstance(x, SymbolicTensor):
        return cast(zeros_op(x), fill.dtype) + fill
    return broadcast_to(fill, shape=x.shape)


def identity(n, dtype=None):
    """The n x n matrix with ones on the main diagonal."""
    return eye(n, dtype=dtype)


def tri(N, M=None, k=0, dtype=None):
    """Ones on and below the k-th diagonal of an N x M matrix, zeros elsewhere."""
    dtype = _dtype_or_default(dtype)
    return Tensor(np.tri(int(N), None if M is None else int(M), int(k), dtype))


def saturate_cast(x, dtype):
    """`x` in another dtype, with what does not fit limited to its range."""
    x, dtype = as_tensor(x), dtypes.as_dtype(dtype)
    have, want = x.dtype.dtype, dtype.dtype
    if {have.kind, want.kind} <= {"i", "u", "f"}:
        own, other = ((int(each.min), int(each.max)) for each in (x.dtype, dtype))      # exact, as floats are not
        low, high = max(own[0], other[0]), min(own[1], other[1])
        if (low, high) != own:
            x = clip(x, have.type(low), _rounded_down(high, have.type))
    return cast(x, dtype)


def _rounded_down(n, kind):
    return kind(n) if int(kind(n)) <= n else np.nextafter(kind(n), kind(0))


def _window(function, doc):
    def window(x):
        return Tensor(function(int(_plain(x))).astype(dtypes.floatx()))
    window.__name__, window.__doc__ = function.__name__, doc
    return window


bartlett = _window(np.bartlett, "The triangular window of `x` points that ends in zeros.")
blackman = _window(np.blackman, "The Blackman window of `x` points: a sum of three cosines.")
hamming = _window(np.hamming, "The Hamming window of `x` points: a raised cosine.")
hanning = _window(np.hanning, "The Hann window of `x` points: a raised cosine that ends in zeros.")


def kaiser(x, beta):
    """The Kaiser window of `x` points; the larger `beta`, the narrower."""
    return Tensor(np.kaiser(int(_plain(x)), _plain(beta)).astype(dtypes.floatx()))
