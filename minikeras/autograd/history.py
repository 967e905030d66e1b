"""What symbolic tensors were made by, so that it can be made again on other data.

An `Input` begins a history: the outputs of an op or a layer that is called on tensors with a history have one, too.
Symbolic tensors that only ask for a shape have none, and nothing is kept of what happens to them.
"""

import copy

from . import dims, tree
from .operands import shape_of
from .tensor import SymbolicTensor, Tensor


class Call:
    """One call on symbolic tensors.

    function   what was called: an Op, or a layer; of an input, its layer, called on nothing
    args, kwargs   what it was given: nests that hold symbolic tensors;  outputs   what it gave, likewise
    """

    __slots__ = ("args", "function", "kwargs", "outputs")

    def __init__(self, function, args, kwargs, outputs):
        self.function, self.args, self.kwargs = function, args, kwargs
        self.outputs = tree.map_structure(_twin, outputs)
        for i, x in enumerate(tree.flatten(self.outputs)):
            if isinstance(x, SymbolicTensor):
                x._history = self, i

    def parents(self):
        """The symbolic tensors that it was given."""
        return [x for x in leaves(self.args, self.kwargs) if isinstance(x, SymbolicTensor)]

    def __deepcopy__(self, memo):
        """A copy, after copies of all calls that lead to it: in a loop, not a recursion, for networks are deep."""
        stack = [(self, False)]
        while stack:
            call, is_ready = stack.pop()
            if id(call) in memo:
                continue
            if is_ready:
                new = memo[id(call)] = object.__new__(Call)
                for name in Call.__slots__:
                    setattr(new, name, copy.deepcopy(getattr(call, name), memo))
                record = getattr(call.function, "_record", None)    # where a layer keeps its calls
                if record is not None:
                    memo[id(record)].calls = [memo[id(each)] for each in record.calls if id(each) in memo]
            else:
                stack.append((call, True))
                stack += [(x._history[0], False) for x in call.parents() if x._history is not None]
        return memo[id(self)]


def _twin(x):
    """The same shape as another tensor, which may get a history of its own. Its mask goes along."""
    if not isinstance(x, SymbolicTensor):
        return x
    twin = SymbolicTensor(x._dims, x._dtype, x.name)
    if hasattr(x, "_keras_mask"):
        twin._keras_mask = x._keras_mask
    return twin


def leaves(args, kwargs):
    """All there is in the arguments of a call."""
    found = tree.flatten(list(args))
    for value in kwargs.values():
        found += tree.flatten(value)
    return found


def is_symbolic(args, kwargs):
    """Whether a call is one on symbolic tensors: where the first argument is a Tensor, all are."""
    return (not args or type(args[0]) is not Tensor) and any(
        isinstance(x, SymbolicTensor) for x in leaves(args, kwargs))


def is_remembered(args, kwargs):
    """Whether some argument of a call has a history, which its outputs are to go on with."""
    return any(isinstance(x, SymbolicTensor) and x._history is not None for x in leaves(args, kwargs))


def without_history(nest):
    """A nest of arguments in which the symbolic tensors have no history."""
    return tree.map_structure(_twin, nest)


def holds_dimensions(value):
    """Whether an argument holds a dimension that is not known yet, in a nest or a slice."""
    if isinstance(value, slice):
        return holds_dimensions([value.start, value.stop, value.step])
    return any(isinstance(x, dims.Dimension) or (isinstance(x, slice) and holds_dimensions(x))
               for x in tree.flatten(value))


def with_extents(value, known):
    """An argument with the dimensions in it as they are now. `known` maps their symbols to extents."""
    def extent(x):
        if isinstance(x, slice):
            return slice(*map(extent, (x.start, x.stop, x.step)))
        return dims.substitute(x, known) if isinstance(x, dims.Dimension) else x
    return tree.map_structure(extent, value)


def learn_extents(symbolic, x, known):
    """Add to `known` what the shape of `x` says of the dimensions of the tensor that it stands for."""
    for dim, extent in zip(symbolic._dims, shape_of(x)):
        if isinstance(dim, dims.Dimension):
            dims.solve(dim, extent, known)
