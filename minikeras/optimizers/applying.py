"""How optimizers read and change Variables, on tensors and on bare arrays, and what they check before."""

import warnings
from typing import NamedTuple

import numpy as np

from ..autograd.explanation import reason_for_none
from ..autograd.indexed_slices import IndexedSlices
from ..autograd.operands import as_tensor
from ..autograd.state import thread
from ..autograd.tensor import Tensor
from ..errors import GradientError, ShapeError
from ..ops.arithmetic import select

REASONS = 3     # how many variables without gradient are explained


class Rows(NamedTuple):
    """A gradient that is zero but for some rows, each named once, on bare arrays."""

    values: np.ndarray
    indices: np.ndarray


def called(raw, function, *args):
    """`function` of `args`, while ops in it take and give bare arrays if `raw`, else tensors."""
    before, thread.raw = thread.raw, raw
    try:
        return function(*args)
    finally:
        thread.raw = before


def value_of(variable):
    """What a Variable holds: an array while ops run on them, else a tensor."""
    return variable._array if thread.raw else variable._read()


def store(variable, value):
    """Give a Variable a new value of its own shape; nobody else holds the array."""
    dtype = variable._array.dtype
    # Arithmetic on arrays of shape () gives NumPy scalars.
    value = as_tensor(value, dtype)._array if type(value) is Tensor else np.asarray(value)
    if value.shape != variable._array.shape:
        raise ShapeError(f"the update or the constraint of {variable.path!r} gave a value of shape {value.shape}; the "
                         f"variable has shape {variable._array.shape}. Keep the shape.")
    variable._set(value if value.dtype == dtype else value.astype(dtype))


def change_if(condition, variables, function):
    """Call `function` and keep what becomes of the Variables where the condition, a tensor, holds: so a record of the
    step serves both outcomes."""
    before = [(v, v.value) for v in {id(v): v for v in variables}.values()]
    function()
    for variable, value in before:
        if variable._array is not value._array:
            store(variable, select(condition, variable, value))


def bare(grad, variable):
    """A gradient as an array, or as Rows."""
    if isinstance(grad, IndexedSlices):
        grad = grad.summed()
        return Rows(as_tensor(grad.values, variable.dtype)._array, grad.indices._array)
    return grad._array


def divided(grad, scale):
    """A gradient of any kind over a number."""
    if type(grad) is Rows:
        return Rows(grad.values / scale, grad.indices)
    if isinstance(grad, IndexedSlices):
        return IndexedSlices(grad.values / scale, grad.indices, grad.dense_shape)
    return None if grad is None else grad / scale


def _reasons(grads, variables):
    """What the tape knew about variables without gradient, a line each; the same reason once."""
    known = [reason_for_none(v) for g, v in zip(grads, variables, strict=True) if g is None]
    lines = [f"\n  {reason}" for reason in dict.fromkeys(known) if reason]
    more = f"\n  and {len(lines) - REASONS} more" if len(lines) > REASONS else ""
    return "".join(lines[:REASONS]) + more


def check(grads, variables):
    """Raises GradientError if no variable has a gradient, ShapeError for one of another shape; warns if some have
    none."""
    missing = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
    if missing and len(missing) == len(variables):
        raise GradientError(
            f"no gradient reached any variable: {', '.join(missing)}. The loss does not depend on them: check that it "
            "is computed from the model's output inside the tape, and not through .numpy(), stop_gradient or integers."
            f"{_reasons(grads, variables)}")
    if missing:
        warnings.warn(f"Gradients do not exist for variables {missing} when minimizing the loss; they stay as they "
                      f"are.{_reasons(grads, variables)}", stacklevel=4)
    for g, v in zip(grads, variables, strict=True):
        if g is not None and g.shape != v.shape:
            raise ShapeError(f"the gradient of {v.path!r} has shape {g.shape}, the variable {v.shape}.")
