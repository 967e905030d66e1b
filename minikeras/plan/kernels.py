"""How an instruction is written: a view, a call that puts the result into given memory, or one that makes an array.

Nothing is declared for that. An op that NumPy has as a ufunc of the same name is that ufunc, if it gives the same; one
whose array function takes `out` writes there; one whose result lay in the memory of an input is a view of it.
"""

from typing import NamedTuple

import numpy as np

from ..autograd.linear import cast
from ..ops import arithmetic
from .recording import Value

NOTHING = {}
# Of float64 these are slow where the result takes the place of the input: NumPy then goes element by element.
SLOW_IN_PLACE = {"exp", "log"}
UFUNCS = {"absolute_op": "absolute", "sign_op": "sign"}     # op -> ufunc, where the names differ


class Kernel(NamedTuple):
    """How one instruction is written.

    kind       "view", "ufunc" and "into" (a C function or one of ours that takes `out`), "copy", "fresh", or
               "check" for what has no result
    name       of the function in the program;  function   itself
    arguments  Values and Python objects
    keywords   further arguments by name
    """

    kind: str
    name: str
    function: object
    arguments: tuple
    keywords: dict

    @property
    def writes(self):
        """Whether the result goes into memory that it is given."""
        return self.kind in ("ufunc", "into", "copy")


def kernel_of(instruction):
    """How an instruction is written."""
    op, inputs, attrs = instruction.op, instruction.inputs, instruction.attrs
    kind = "fresh"
    if not instruction.outputs:
        kind = "check"
    elif is_view(instruction):
        kind = "view"
    elif op is cast.op and inputs[0].dtype.kind != "c":
        return Kernel("copy", op.name, op.forward, inputs, {})      # assigning casts, and costs a fifth
    else:
        ufunc, given = (None, inputs) if attrs or len(instruction.outputs) > 1 else _ufunc(op, inputs)
        if ufunc is not None and _gives(ufunc, given, instruction.outputs):
            return Kernel("ufunc", ufunc.__name__, ufunc, given, {})
        # Not every op that takes `out` uses it, and NumPy 2.0 adds up in another order into memory that it is given.
        if op.takes_out and _gives(op.forward, inputs, instruction.outputs, attrs):
            kind = "into"
    return Kernel(kind, op.name, op.forward, inputs, attrs)


def _ufunc(op, inputs):
    """The ufunc that an op is, with its arguments; None if it is none."""
    if op is arithmetic.power.op and type(inputs[1]) in (int, float) and inputs[1] == 2:
        return np.square, inputs[:1]
    ufunc = getattr(np, UFUNCS.get(op.name, op.name), None)
    if not isinstance(ufunc, np.ufunc) or (ufunc.nin, ufunc.nout) != (len(inputs), 1):
        return None, inputs
    arrays = [x for x in inputs if type(x) is Value]
    if any(x.dtype.kind in "biu" for x in arrays) and len(inputs) == 1 and op.name in ("rint", "trunc", "conj"):
        return None, inputs     # integers stay what they are
    return ufunc, tuple([x if type(x) is Value else _as_array(x, arrays[0].dtype) for x in inputs])


def _as_array(number, dtype):
    """A number as an array of shape (), which meets another array faster; as it is, if `dtype` cannot hold it."""
    if dtype.kind == "b" or (dtype.kind in "iu" and type(number) is not int):
        return number
    try:
        return Value(np.array(number, dtype))
    except OverflowError:
        return number


def _gives(function, inputs, outputs, attrs=NOTHING):
    """Whether `function` writes what was recorded, byte for byte, when it is given memory for it."""
    memory = [np.empty_like(y.array) for y in outputs]
    given = [x.array if type(x) is Value else x for x in inputs]
    try:
        with np.errstate(all="ignore"):
            made = function(*given, out=memory[0] if len(memory) == 1 else tuple(memory), **attrs)
    except TypeError:
        return False
    made = made if type(made) is tuple else (made,)
    return all(x is z and z.tobytes() == y.array.tobytes() for x, z, y in zip(made, memory, outputs, strict=True))


def is_view(instruction):
    """Whether the only output lies in the memory of an input."""
    if len(instruction.outputs) != 1:
        return False
    y = instruction.outputs[0].array
    return y.size > 0 and any(type(x) is Value and np.may_share_memory(x.array, y) for x in instruction.inputs)
