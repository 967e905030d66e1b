"""What callers give, as tensors of the dtype that an op computes in.

A policy says which dtypes: it takes the inputs of an op and gives the dtype for each, and for the output.
"""

import numpy as np

from . import dtypes
from .state import thread
from .tensor import Operand, SymbolicTensor, Tensor, core, ndarray, new_array
from .variable import Variable

BARE = (ndarray, np.generic)


def shape_of(x):
    """Dims of an operand, array or number: integers, and Dimensions where not known."""
    if isinstance(x, Operand):
        return x._dims if isinstance(x, SymbolicTensor) else x.shape
    return np.shape(x)


def align(op, inputs):
    """Inputs as tensors of the dtypes the op computes in (Python numbers stay if it takes them
    weakly), and the dtype of the output where the op does not say otherwise."""
    inputs = [x._read() if type(x) is Variable else nested(x) for x in inputs]
    wanted, result = op.policy(inputs)
    aligned = []
    # Two Python numbers alone would make NumPy compute in float64.
    meeting = inputs[1:] if op.policy is first_kept else inputs
    numbers_stay = op.weak_scalars and any(not _is_number(x) for x in meeting)
    for x, dtype in zip(inputs, wanted, strict=True):
        if isinstance(x, Operand):
            if dtype is not None and x.dtype.dtype != dtype:
                x = core.cast(x, dtype=dtype)
        elif not (numbers_stay and _is_number(x)):
            x = Tensor(new_array(x, dtype))
        aligned.append(x)
    return aligned, result


def nested(x):
    """A list that holds tensors, or an IndexedSlices, as one tensor; anything else as it is."""
    if isinstance(x, (list, tuple)):
        return as_tensor(x) if _has_tensor(x) else x
    return x if isinstance(x, Operand) or not hasattr(x, "to_dense") else x.to_dense()


def common_dtype(inputs):
    """The dtype of a mixture: tensors promote; arrays and numbers bend to the tensors, if there are any."""
    strong, arrays, numbers = [], [], []
    for x in inputs:
        if isinstance(x, Operand):
            strong.append(x.dtype.dtype)
        elif _is_number(x):
            numbers.append(x)
        else:
            dtype = x.dtype if isinstance(x, (ndarray, np.generic)) else new_array(x).dtype
            (strong if dtype.kind in "USO" else arrays).append(dtypes.STRING if dtype.kind in "USO" else dtype)
    if strong:
        numbers += [{"f": 1.0, "c": 1j, "b": True}.get(d.kind, 1) for d in arrays]
    strong = strong or arrays or [dtypes.python_dtype(x) for x in numbers]
    dtype = strong[0]
    for other in strong[1:]:
        dtype = dtypes.promote(dtype, other)
    return dtypes.weaken(dtype, numbers)


def promoted(inputs):
    """Policy: all inputs in their common dtype. A policy gives the dtype for each input, and for the output."""
    dtype = common_dtype(inputs)
    return [dtype] * len(inputs), dtype


def floated(inputs):
    """Policy: all inputs in their common dtype, integers as the default float."""
    dtype = dtypes.floating(common_dtype(inputs))
    return [dtype] * len(inputs), dtype


def kept(inputs):
    """Policy: each input in its own dtype; the output in that of the first."""
    own = [_own_dtype(x) for x in inputs]
    return own, own[0] if own else None


def first_kept(inputs):
    """Policy: the first input in its own dtype, the others in their common one, and so the output."""
    dtype = common_dtype(inputs[1:])
    return [_own_dtype(inputs[0])] + [dtype] * (len(inputs) - 1), dtype


def _own_dtype(x):
    return x._array.dtype if type(x) is Tensor else common_dtype([x])


def _is_number(x):
    return isinstance(x, (bool, int, float, complex)) and not isinstance(x, np.generic)


def _has_tensor(x):
    return any(isinstance(item, Operand) or (isinstance(item, (list, tuple)) and _has_tensor(item)) for item in x)


def as_tensor(value, dtype=None):
    """`value` as a tensor, of `dtype` if given. Arrays are copied: a tensor is a value.

    While rules run on bare arrays, an array stays one.
    """
    if type(value) is Tensor and (dtype is None or value._array.dtype == dtypes.as_dtype(dtype).dtype):
        return value
    if thread.raw and isinstance(value, BARE):
        return value if dtype is None else value.astype(dtypes.as_dtype(dtype).dtype, copy=False)
    if type(value) is Variable:
        value = value._read()
    if not isinstance(value, Operand) and hasattr(value, "to_dense"):
        value = value.to_dense()
    if isinstance(value, (list, tuple)) and _has_tensor(value):
        value = core.stack(*[as_tensor(item) for item in value], axis=0)
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype).dtype
    if isinstance(value, Operand):
        return value if dtype is None or value.dtype.dtype == dtype else core.cast(value, dtype=dtype)
    return Tensor(new_array(value, dtype))
