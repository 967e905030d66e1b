"""The calls between symbolic inputs and outputs, in an order in which they can be made again on data."""

from typing import NamedTuple

from ..autograd import tree
from ..autograd.dispatch import apply
from ..autograd.history import holds_dimensions, learn_extents, leaves, with_extents
from ..autograd.tensor import SymbolicTensor
from ..layers.base import Layer
from ..layers.core import InputLayer
from .keras_ops import NAMES


class Slot:
    """Stands in the arguments of a step for a value computed before. No tuple, which a nest would open."""

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = number


class _Step(NamedTuple):
    """One call as it is made again.

    single     slot of the only argument, if there is no other; else None, and `args` and `kwargs` are filled in
    outputs    slot of each of its outputs; None of one that was given instead
    """

    function: object
    single: object
    args: tuple
    kwargs: dict
    needs_extents: bool
    outputs: list


class Graph:
    """What leads from `inputs` to `outputs`, nests of symbolic tensors.

    An input may be any tensor with a history; what it came from is not part of the graph.
    sources    the call of an InputLayer for each input, by its history
    calls      each after those it needs;  names   of what they call, by the function or, of an op, by the call
    functions  layers, and calls of ops, in Keras' order: the farther from the outputs the sooner, then as the walk
               back from the outputs meets them
    where      begins error messages
    Raises ValueError for an output that does not follow from the inputs, naming what is missing.
    """

    def __init__(self, inputs, outputs, where):
        self.inputs, self.outputs, self.where = inputs, outputs, where
        self.flat_inputs, self.flat_outputs = tree.flatten(inputs), tree.flatten(outputs)
        for what, tensors in (("inputs", self.flat_inputs), ("outputs", self.flat_outputs)):
            for x in tensors:
                if not isinstance(x, SymbolicTensor) or x._history is None:
                    raise ValueError(f"{where}: {what} must come from Input, or from layers called on one, got {x!r}. "
                                     "Begin with inputs = Input(shape).")
        self.sources = {x._history: _source(x) for x in self.flat_inputs}
        if len(self.sources) < len(self.flat_inputs):
            raise ValueError(f"{where}: an input is given twice. Give each once.")
        self._order()
        self._compile()
        self.names = _names(self.functions)

    @property
    def layers(self):
        """The layers among the functions."""
        return [function for function in self.functions if isinstance(function, Layer)]

    def name_of(self, x):
        """The name of what a tensor of the graph came from."""
        return self.names[key_of(self.call_of(x))]

    def call_of(self, x):
        """The call that a tensor of the graph came from; that of its InputLayer for an input."""
        return self.sources.get(x._history) or x._history[0]

    # --- order -------------------------------------------------------------------------------

    def _order(self):
        met, order = self._walked_back()
        depths, of_function = {}, {}
        for call in reversed(met):
            depth = max(depths.get(call, 0), of_function.get(key_of(call), 0))
            depths[call] = of_function[key_of(call)] = depth
            for before in map(self.call_of, call.parents()):
                depths[before] = max(depth + 1, depths.get(before, 0))
        for call in self.sources.values():      # some lead nowhere, and may be fed all the same
            if call not in depths:
                met.append(call)
                depths[call] = of_function[key_of(call)] = 0
                order[key_of(call)] = -1
        self.calls = sorted(met, key=lambda call: -depths[call])
        self.functions = sorted(dict.fromkeys(map(key_of, met)), key=lambda key: (-of_function[key], order[key]))

    def _walked_back(self):
        """The calls that lead to the outputs, each after those that it needs; and the order in which the walk back
        meets the functions. A loop, not a recursion: networks are deep."""
        met, done, order = [], set(), {}
        for output in self.flat_outputs:
            stack = [(self.call_of(output), False)]
            while stack:
                call, is_ready = stack.pop()
                if is_ready:
                    met.append(call)
                elif call not in done:
                    done.add(call)
                    order.setdefault(key_of(call), len(order))
                    stack.append((call, True))
                    stack += [(self.call_of(x), False) for x in self._needed_by(call)[::-1]]
        return met, order

    def _needed_by(self, call):
        if isinstance(call.function, InputLayer) and call not in self.sources.values():
            raise ValueError(f"{self.where}: the outputs need the input {call.function.name!r}, which is not among the "
                             "inputs. Add it to them.")
        parents = call.parents()
        if any(x._history is None for x in parents):
            raise ValueError(f"{self.where}: {call.function!r} was given a symbolic tensor that comes from no Input. "
                             "Compute it from the inputs, or inside a layer.")
        return parents

    # --- running -----------------------------------------------------------------------------

    def _compile(self):
        numbers = {}        # history -> slot

        def slot(x):
            return numbers.setdefault(x._history, len(numbers))

        def placed(nest):
            return tree.map_structure(lambda x: Slot(slot(x)) if isinstance(x, SymbolicTensor) else x, nest)
        self._fed = [slot(x) for x in self.flat_inputs]
        self._stands_for, self._steps = {slot(x): x for x in self.flat_inputs}, []
        for call in self.calls:
            if isinstance(call.function, InputLayer):
                continue
            args, kwargs = call.args, call.kwargs
            single = slot(args[0]) if len(args) == 1 and not kwargs and isinstance(args[0], SymbolicTensor) else None
            outputs = []
            for x in tree.flatten(call.outputs):
                is_made = isinstance(x, SymbolicTensor) and slot(x) not in self._fed
                outputs.append(slot(x) if is_made else None)
                if is_made:
                    self._stands_for[slot(x)] = x
            self._steps.append(_Step(
                call.function if isinstance(call.function, Layer) else _applied(call.function), single,
                placed(list(args)), {name: placed(value) for name, value in kwargs.items()},
                any(map(holds_dimensions, leaves(args, kwargs))), outputs))
        self._results = [slot(x) for x in self.flat_outputs]
        self._count = len(numbers)

    def run(self, inputs, instead=None):
        """The outputs for a value for each of the flat inputs.

        instead   a function of each layer, which gives what is called in its place
        """
        values = [None] * self._count
        for number, x in zip(self._fed, inputs):
            values[number] = x
        for step in self._steps:
            function = step.function
            if instead is not None and isinstance(function, Layer):
                function = instead(function)
            made = function(values[step.single]) if step.single is not None else self._made(function, step, values)
            for number, x in zip(step.outputs, tree.flatten(made)):
                if number is not None:
                    values[number] = x
        return tree.pack(self.outputs, [values[number] for number in self._results])

    def _made(self, function, step, values):
        def filled(nest):
            return tree.map_structure(lambda x: values[x.number] if type(x) is Slot else x, nest)
        args, kwargs = filled(step.args), {name: filled(value) for name, value in step.kwargs.items()}
        if step.needs_extents:
            known = {}
            for number, symbolic in self._stands_for.items():
                if values[number] is not None:
                    learn_extents(symbolic, values[number], known)
            args, kwargs = with_extents(args, known), {name: with_extents(v, known) for name, v in kwargs.items()}
        return function(*args, **kwargs)


def _source(x):
    """The call of the InputLayer that a tensor stands for: its own, or a new one where a model is cut."""
    call = x._history[0]
    if isinstance(call.function, InputLayer):
        return call
    return InputLayer(batch_shape=x.shape, dtype=x.dtype.name)._record.calls[0]


def _applied(op):
    return lambda *inputs, **attrs: apply(op, inputs, attrs)


def key_of(call):
    """What a call is one of: a layer, which is one however often it is called; of an op, the call itself."""
    return call.function if isinstance(call.function, Layer) else call


def _names(functions):
    """A name for each function: that of a layer; of an op its own, numbered where it is taken. Raises ValueError for
    two layers of one name."""
    names, taken = {}, set()
    for layer in functions:
        if isinstance(layer, Layer):
            if layer.name in taken:
                raise ValueError(f"two layers have the name {layer.name!r}; in one model, names must differ. Pass "
                                 "another name=... to one of them.")
            names[layer] = layer.name
            taken.add(layer.name)
    for call in functions:
        if not isinstance(call, Layer):
            plain = NAMES.get(call.function.name, call.function.name)
            number, name = 0, plain
            while name in taken:
                number += 1
                name = f"{plain}_{number}"
            names[call] = name
            taken.add(name)
    return names
