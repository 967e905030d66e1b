"""Batched: many tensors of one shape that flow through ops as one. Jacobians and `vectorized_map` stand on this.

An op on Batched inputs is the same op on arrays with one more leading axis. How, its declaration says (`batch=`):

spread    broadcasting does it: elementwise ops, and others of the last axes whose leading ones broadcast
shifted   attrs that name axes or extents are moved by one
looped    entry by entry
or a function of the op's own with the same arguments: (op, inputs, flags, attrs, size), where `flags` tells which
inputs have the leading axis of `size` entries; it gives the output (or a tuple) with that axis.
"""

import numpy as np

from ..errors import ShapeError
from . import tree
from .dispatch import apply, infer
from .dtypes import DTYPES
from .operands import align, as_tensor, core
from .state import thread, tick
from .tensor import Interpreted, Numberless, SymbolicTensor, Tensor, ndarray


class Batched(Interpreted, Numberless):
    """`value.shape[0]` tensors whose shape is the rest of `value.shape`. An op that meets several of them works on
    those of the highest `level`; the others are ordinary operands to it."""

    __slots__ = ("level", "value")

    def __init__(self, value, level):
        self.value = value
        self.level = level

    @property
    def shape(self):
        """Shape of one entry."""
        return self.value.shape[1:]

    @property
    def dtype(self):
        """The element type."""
        return DTYPES[self.value.dtype] if type(self.value) is ndarray else self.value.dtype

    def interpret(self, op, inputs, attrs):
        """The Batched output (or outputs) of an op with this among its inputs."""
        if not thread.raw:
            inputs, _ = align(op, inputs)
        flags = [type(x) is Batched and x.level == self.level for x in inputs]
        values = [x.value if flag else x for x, flag in zip(inputs, flags)]
        result = op.batch(op, values, flags, attrs, self.value.shape[0])
        if type(result) is tuple:
            return tuple([Batched(y, self.level) for y in result])
        return Batched(result, self.level)

    _instead = ("stands for many tensors at once and has no numbers of its own. Compute with ops (ops.where instead of "
                "if), or loop over the entries with ops.map.")

    def __repr__(self):
        return f"<Batched: {self.value.shape[0]} tensors, shape={self.shape}, dtype={self.dtype.name}>"


def repeated(x, size):
    """`x` on a new leading axis."""
    return core.broadcast_to(x, shape=(size, *x.shape))


def spread(op, inputs, flags, attrs, size):
    """The leading axis is kept in front of axes that broadcasting adds."""
    ndims = [getattr(x, "ndim", 0) - flag for x, flag in zip(inputs, flags)]
    most = max(ndims)
    lifted = [core.reshape(x, shape=(size, *(1,) * (most - n), *x.shape[1:])) if flag and n < most else x
              for x, flag, n in zip(inputs, flags, ndims)]
    return apply(op, lifted, attrs)


def _moved_axes(axis, ndim, size):
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, (tuple, list)):
        return tuple([a + 1 if a >= 0 else a for a in axis])
    return axis + 1 if axis >= 0 else axis


MOVES = {
    "axis": _moved_axes, "axes": _moved_axes, "axis1": _moved_axes, "axis2": _moved_axes,
    "shape": lambda shape, ndim, size: (size, *shape),
    "pad_width": lambda pad_width, ndim, size: ((0, 0), *pad_width),
}


def shifted(op, inputs, flags, attrs, size):
    """Leading axes are independent once attrs that name axes or extents are moved by one."""
    ndim = inputs[0].ndim - flags[0]
    moved = dict(attrs)
    for name in op.attr_names:
        if name in MOVES:
            value = attrs[name] if name in attrs else op.forward.__kwdefaults__[name]
            moved[name] = MOVES[name](value, ndim, size)
    return apply(op, [x if flag else repeated(x, size) for x, flag in zip(inputs, flags)], moved)


def looped(op, inputs, flags, attrs, size):
    """Each entry of the batch by itself."""
    if not size:
        return _none_of(op, inputs, flags, attrs)
    outputs = [apply(op, [core.getitem(x, index=(i,)) if flag else x for x, flag in zip(inputs, flags)], attrs)
               for i in range(size)]
    if type(outputs[0]) is tuple:
        return tuple([core.stack(*parts, axis=0) for parts in zip(*outputs)])
    return core.stack(*outputs, axis=0)


def _none_of(op, inputs, flags, attrs):
    entries = [SymbolicTensor(x.shape[1:], str(x.dtype)) if flag else x for x, flag in zip(inputs, flags)]
    inferred = infer(op, entries, attrs, op.policy(entries)[1])
    arrays = [np.zeros((0, *y.shape), y.dtype.dtype) for y in (inferred if type(inferred) is tuple else [inferred])]
    empty = tuple([y if thread.raw else Tensor(y) for y in arrays])
    return empty if type(inferred) is tuple else empty[0]


def looped_if_flat(op, inputs, flags, attrs, size):
    """As `shifted`, but `axis=None` means the flat array, which does not shift."""
    return (looped if attrs.get("axis") is None else shifted)(op, inputs, flags, attrs, size)


def composed(function):
    """What the op does, by other ops: `function(*inputs, **attrs)`."""
    def batch(op, inputs, flags, attrs, size):
        level = tick()
        return function(*[Batched(x, level) if flag else x for x, flag in zip(inputs, flags)], **attrs).value
    return batch


def vectorized_map(function, elements):
    """`function` of each entry along the first axis of `elements` (a tensor or a nest), its results stacked.

    The function runs once, on tensors with a hidden leading axis: it may use ops and shapes, but not numbers (`if`,
    `float`, `.numpy()` raise SymbolicError; use `ops.map` for those). Raises ShapeError if the first extents differ.
    """
    leaves = [as_tensor(x) for x in tree.flatten(elements)]
    sizes = {x.shape[0] if x.shape else None for x in leaves}
    if len(sizes) != 1 or None in sizes:
        raise ShapeError("vectorized_map: the elements need one first extent in common, got shapes "
                         f"{', '.join(str(x.shape) for x in leaves)}.")
    level, (size,) = tick(), sizes
    result = function(tree.pack(elements, [Batched(x, level) for x in leaves]))
    outputs = [as_tensor(y) for y in tree.flatten(result)]
    return tree.pack(result, [y.value if getattr(y, "level", None) == level else repeated(y, size) for y in outputs])
