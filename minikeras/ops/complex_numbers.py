"""Complex numbers: their parts, and making them of parts. (Sizes and angles are in arithmetic.py and binary.py.)

Gradients are TensorFlow's: for a real loss L and z = a + ib that of z is dL/da + i dL/db, and a pull-back whose
output is complex is run between two conjugations, so that a rule is written as if d were multiplied by dy/dx.
"""

import numpy as np

from ..autograd import dims
from ..autograd.dtypes import as_dtype, floating, is_complex
from ..autograd.linear import broadcast_to, cast, getitem, stack, zeros_like
from ..autograd.op import kept, linear
from ..autograd.operands import as_tensor, common_dtype, shape_of
from ..errors import DTypeError, ShapeError


def complex_dtype(dtype):
    """The NumPy dtype of complex numbers with parts of this one: complex128 for float64, else complex64."""
    return np.promote_types(floating(dtype), np.complex64)


def real_dtype(dtype):
    """The NumPy dtype of the parts of numbers of this one."""
    return np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype


def complexed(inputs):
    """Policy: all inputs as complex numbers of their common precision."""
    dtype = complex_dtype(common_dtype(inputs))
    return [dtype] * len(inputs), dtype


def reals(inputs):
    """Policy: all inputs as real numbers of the precision that `complexed` gives."""
    dtype = real_dtype(complex_dtype(common_dtype(inputs)))
    return [dtype] * len(inputs), dtype


def _part_dtype(inputs, attrs):
    return real_dtype(as_dtype(inputs[0].dtype).dtype)


@linear(lambda d, x: cast(d, dtype=x.dtype), shape=lambda x: x, policy=kept, result=_part_dtype)
def real(x):
    """The real part, in the precision of the number; a real number itself."""
    return np.real(x)


@linear(lambda d, x: cast(join(zeros_like(d), d), dtype=x.dtype), shape=lambda x: x, policy=kept, result=_part_dtype)
def imag(x):
    """The imaginary part, in the precision of the number; zeros of real numbers."""
    return np.imag(x) if x.dtype.kind == "c" else np.zeros_like(x)


def _join_shape(a, b):
    return tuple([dims.unify(p, q, "complex: the shapes of the parts") for p, q in zip(a, b, strict=True)])


@linear(lambda d, a, b: (real(d), -imag(d)), shape=_join_shape, policy=reals,
        result=lambda inputs, attrs: complex_dtype(inputs[0].dtype.dtype))
def join(a, b):
    """a + ib, of two arrays of one shape."""
    y = np.empty(a.shape, complex_dtype(a.dtype))
    y.real, y.imag = a, b
    return y


def complex(real, imag):
    """real + i imag, broadcast together: complex128 if a part is float64, else complex64."""
    parts = [as_tensor(real), as_tensor(imag)]
    if any(is_complex(part) for part in parts):
        raise DTypeError("complex: the parts are complex numbers already; give two real tensors.")
    shape = dims.broadcast(*[shape_of(part) for part in parts])
    return join(*[part if shape_of(part) == shape else broadcast_to(part, shape=shape) for part in parts])


def view_as_complex(x):
    """Complex numbers of pairs (real, imaginary) along the last axis, which is dropped."""
    x = as_tensor(x)
    if not x.ndim or x.shape[-1] != 2:
        raise ShapeError(f"view_as_complex: the last axis holds a real and an imaginary part, so it must be 2; got "
                         f"shape {x.shape}.")
    return complex(getitem(x, index=(Ellipsis, 0)), getitem(x, index=(Ellipsis, 1)))


def view_as_real(x):
    """The real and the imaginary parts side by side along a new last axis."""
    x = as_tensor(x)
    return stack(real(x), imag(x), axis=-1)
