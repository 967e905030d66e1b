"""TensorFlow's `tf.dtypes`: element types and casts."""

from ..autograd.dtypes import DTYPES, DType, as_dtype
from ..ops import saturate_cast as _saturate_cast
from . import cast, complex, tf_function_of

saturate_cast = tf_function_of(_saturate_cast, "value", "dtype")
globals().update({dtype.name: dtype for dtype in DTYPES.values()})
double, half = as_dtype("float64"), as_dtype("float16")

__all__ = ["DType", "as_dtype", "cast", "complex", "double", "half", "saturate_cast",
           *[dtype.name for dtype in DTYPES.values()]]
