"""What tensors and element types are called, and the automatic names of layers."""

from ..autograd.dtypes import as_dtype, floatx
from ..autograd.tensor import SymbolicTensor
from ..layers.base import reset_names

__all__ = ["clear_session", "is_keras_tensor", "standardize_dtype"]


def clear_session(free_memory=True):
    """Count the automatic names of layers from the start again.

    free_memory   Keras collects garbage here; nothing is kept that would have to be freed
    """
    reset_names()


def is_keras_tensor(x):
    """Whether `x` is a tensor without numbers, such as `Input` gives."""
    return isinstance(x, SymbolicTensor)


def standardize_dtype(dtype):
    """The name of an element type, of the default float for None. Raises DTypeError (a TypeError) for others."""
    return floatx() if dtype is None else as_dtype(dtype).name
