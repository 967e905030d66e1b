"""What tensors are and come from, names of element types, and the automatic names of layers."""

import itertools

from ..autograd.dtypes import as_dtype, floatx
from ..autograd.tensor import SymbolicTensor
from ..layers.base import reset_names

_uids = {}

__all__ = ["clear_session", "get_source_inputs", "get_uid", "is_keras_tensor", "standardize_dtype"]


def clear_session(free_memory=True):
    """Count the automatic names of layers, and `backend.get_uid`, from the start again.

    free_memory   Keras collects garbage here; nothing is kept that would have to be freed
    """
    reset_names()
    _uids.clear()


def get_uid(prefix=""):
    """1 for the first call with a prefix, 2 for the second, and so on."""
    return next(_uids.setdefault(prefix, itertools.count(1)))


def is_keras_tensor(x):
    """Whether `x` is a tensor without numbers, such as `Input` gives."""
    return isinstance(x, SymbolicTensor)


def get_source_inputs(tensor):
    """A list of the `Input` tensors that a symbolic tensor is computed from, each once; anything else as it is."""
    if getattr(tensor, "_history", None) is None:
        return tensor
    found, seen, stack = [], set(), [tensor]
    while stack:        # a loop, for networks are deep; the last comes first, so that they end up in order
        x = stack.pop()
        if x._history is None or x._history in seen:
            continue
        seen.add(x._history)
        parents = x._history[0].parents()
        stack += parents[::-1]
        if not parents:
            found.append(x)
    return found


def standardize_dtype(dtype):
    """The name of an element type, of the default float for None. Raises DTypeError (a TypeError) for others."""
    return floatx() if dtype is None else as_dtype(dtype).name
