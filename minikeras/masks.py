"""Masks that tensors carry: which of their values count. Layers hang them on, losses and metrics heed them."""

from .autograd.tensor import Operand, SymbolicTensor, Tensor
from .ops.arithmetic import logical_and


def mask_of(x):
    """The mask that a tensor carries, a boolean tensor, or None."""
    return getattr(x, "_keras_mask", None)


def with_mask(x, mask):
    """`x`, a tensor just made, carrying a mask from now on."""
    if isinstance(x, Operand):      # a rule that runs on bare arrays asks for no mask
        x._keras_mask = mask
    return x


def carrying(x, mask):
    """The same value as another tensor, which carries a mask: what others hold stays as it is."""
    if isinstance(x, Tensor):
        return with_mask(Tensor(x._array, x._node), mask)
    twin = SymbolicTensor(x._dims, x.dtype, x.name)
    twin._history = x._history
    return with_mask(twin, mask)


def both(a, b):
    """True where both masks are; None stands for a mask that is true everywhere."""
    return b if a is None else a if b is None else logical_and(a, b)
