"""A graph of layers as plain data in Keras' form, and back."""

import inspect
import math

import numpy as np

from .. import kinds, ops, registry
from ..autograd import tree
from ..autograd.dims import Dimension
from ..autograd.history import holds_dimensions
from ..autograd.op import OPS
from ..autograd.tensor import ArrayOperand, SymbolicTensor
from ..layers.base import Layer
from ..layers.core import InputLayer
from .graph import key_of
from .keras_ops import called_by_keras, class_name, in_keras_words

# Keras' modules of ops, in which a config of its finds them.
SPACES = ("numpy", "nn", "math", "linalg", "core", "image")
OWN = "minikeras.ops"       # where a config finds the ops that Keras has not


def graph_config(graph):
    """The layers and ops of a graph, each with the calls of it; which of them its inputs and outputs are."""
    places, layers = _Places(graph), []
    for function in graph.functions:
        if isinstance(function, Layer):
            form = registry.serialize_object(function)
            nodes = [] if isinstance(function, InputLayer) else [
                {"args": places.plain(call.args), "kwargs": places.plain(call.kwargs)}
                for call in places.calls[function]]
        else:
            form, args = _op_form(function, places.plain)
            form["config"] = {"name": graph.names[function], **form["config"]}
            nodes = [{"args": places.plain(args), "kwargs": {}}]
        layers.append({**form, "name": graph.names[function], "inbound_nodes": nodes})
    return {"layers": layers, "input_layers": tree.map_structure(places.end, graph.inputs),
            "output_layers": tree.map_structure(places.end, graph.outputs)}


class _Places:
    """How a config says what the tensors of a graph came from.

    calls   the calls of each layer in the order in which they were made; of an op's call that one
    """

    def __init__(self, graph):
        self.graph, self.calls = graph, {}
        for call in graph.calls:
            self.calls.setdefault(key_of(call), []).append(call)
        self.calls = {function: _in_order(function, made) for function, made in self.calls.items()}
        self._places = {call: [graph.names[function], i]        # (name, which of the calls)
                        for function, made in self.calls.items() for i, call in enumerate(made)}
        self._extents = {}      # symbol -> the place of a tensor, and the axis, whose extent it is
        for x in [*graph.flat_inputs, *[x for call in graph.calls for x in tree.flatten(call.outputs)]]:
            is_known = isinstance(x, SymbolicTensor) and graph.call_of(x) in self._places
            for axis, dim in enumerate(x._dims if is_known else ()):
                if isinstance(dim, Dimension) and dim.symbol is not None:
                    self._extents.setdefault(dim.symbol, [*self._place(x), axis])

    def _place(self, x):
        return [*self._places[self.graph.call_of(x)], 0 if x._history in self.graph.sources else x._history[1]]

    def end(self, x):
        """The place of an input or output of the graph."""
        name, which, index = self._place(x)
        return [name, which + _first_call(self.graph.call_of(x).function), index]

    def plain(self, value):
        """An argument of a call as plain data."""
        if isinstance(value, SymbolicTensor):
            return {"class_name": "__keras_tensor__", "config": {
                "shape": list(value.shape), "dtype": value.dtype.name, "keras_history": self._place(value)}}
        if isinstance(value, (list, tuple)):
            return [self.plain(item) for item in value]
        if isinstance(value, dict):
            return {key: self.plain(item) for key, item in value.items()}
        if isinstance(value, slice):
            return {"class_name": "__slice__", "config": {
                part: self.plain(getattr(value, part)) for part in ("start", "stop", "step")}}
        if value is Ellipsis:
            return {"class_name": "__ellipsis__", "config": {}}
        if isinstance(value, Dimension):
            return {"class_name": "__dimension__", "config": {"terms": [
                [count, [self._symbol(symbol) for symbol in monomial]] for monomial, count in value.terms.items()]}}
        return registry.serialize(np.asarray(value) if isinstance(value, ArrayOperand) else value)

    def _symbol(self, symbol):
        return [symbol[0], *map(self.plain, symbol[1:])] if symbol[0] == "//" else self._extents[symbol]


def _first_call(function):
    """The number of the first call where Keras says what the inputs and outputs are: there, and only there, it counts
    the making of a model out of inputs and outputs as a call of it."""
    return 1 if getattr(function, "_graph", None) is not None else 0


def _in_order(function, calls):
    """The calls of a layer in the order in which they were made."""
    if not isinstance(function, Layer) or len(calls) == 1:
        return calls
    return [call for call in function._record.calls if call in calls]


def _op_form(call, plain):
    """The form of a call of an op, and its arguments: as Keras writes it if it has the op, else by its own name."""
    name, args, attrs = in_keras_words(call)
    if isinstance(attrs.get("dtype"), (np.dtype, type)):
        attrs["dtype"] = np.dtype(attrs["dtype"]).name
    space = next((space for space in SPACES if name in getattr(ops, space).__all__), None)
    is_plain = not any(isinstance(x, SymbolicTensor) or holds_dimensions(x) for x in tree.flatten(attrs))
    if space and is_plain and attrs.keys() <= inspect.signature(getattr(ops, name)).parameters.keys():
        form = class_name(name)
        return {"module": f"keras.src.ops.{space}", "class_name": form, "config": plain(attrs),
                "registered_name": form}, args
    form = {"module": OWN, "class_name": call.function.name, "config": plain(dict(call.kwargs)),
            "registered_name": None}
    return form, list(call.args)


# --- back ------------------------------------------------------------------------------------


def graph_of_config(config):
    """Inputs and outputs, symbolic tensors, of what `graph_config` or Keras gave.

    Raises ValueError for calls that refer to what is not there.
    """
    made, waiting, functions = {}, [], {}       # (name, which call) -> its outputs; calls to be made yet; by name
    for data in config["layers"]:
        function = _function_of(data)
        name = data.get("name") or data["config"]["name"]
        if isinstance(function, InputLayer):
            made[name, 0] = [function.output]
            continue
        functions[name] = function
        # What is said of an op, it is given.
        said = {} if isinstance(function, Layer) else {k: v for k, v in data["config"].items() if k != "name"}
        waiting += [((name, i), function, node["args"], {**said, **_told(function, node["kwargs"])})
                    for i, node in enumerate(data["inbound_nodes"])]
    while waiting:
        later = []
        for key, function, args, kwargs in waiting:
            try:
                given = _read(args, made), _read(kwargs, made)
            except _NotYet:
                later.append((key, function, args, kwargs))
                continue
            made[key] = tree.flatten(function(*given[0], **given[1]))
        if len(later) == len(waiting):
            (name, _), _, args, _ = later[0]
            raise ValueError(f"the model's config calls {name!r} on what no layer of it gives: {str(args)[:200]}.")
        waiting = later

    def tensors(places):
        if isinstance(places, dict):
            return {key: tensors(place) for key, place in places.items()}
        if len(places) == 3 and isinstance(places[0], str):
            name, which, index = places
            return _tensor([name, which - _first_call(functions.get(name)), index], made)
        return [tensors(place) for place in places]
    try:
        return tensors(config["input_layers"]), tensors(config["output_layers"])
    except _NotYet as missing:
        raise ValueError(f"the model's config has {missing} as its input or output, which no layer gives.") from None


def _told(function, kwargs):
    """Arguments of a call, without a `training` that is the default: Keras writes that as if it had been asked for."""
    signature = function._record.signature if isinstance(function, Layer) else None
    if signature is None or signature.training is None or kwargs.get("training") != signature.training[0]:
        return kwargs
    return {name: value for name, value in kwargs.items() if name != "training"}


class _NotYet(Exception):  # noqa: N818 (no error yet)
    """A tensor that has not been made so far."""


def _tensor(place, made):
    name, which, index = place
    try:
        return made[name, which][index]
    except (KeyError, IndexError, TypeError):
        raise _NotYet(place) from None


def _read(value, made):
    if isinstance(value, (list, tuple)):
        return [_read(item, made) for item in value]
    if not isinstance(value, dict):
        return value
    name = value.get("class_name")
    if name == "__keras_tensor__":
        return _tensor(value["config"]["keras_history"], made)
    if name == "__slice__":
        return slice(*[_read(value["config"][part], made) for part in ("start", "stop", "step")])
    if name == "__ellipsis__":
        return Ellipsis
    if name == "__dimension__":
        return sum(count * math.prod(_extent(symbol, made) for symbol in monomial)
                   for count, monomial in value["config"]["terms"])
    return registry.deserialize(value) if name is not None else {key: _read(item, made) for key, item in value.items()}


def _extent(symbol, made):
    if symbol[0] == "//":
        above, below = (_read(part, made) for part in symbol[1:])
        return above // below
    *place, axis = symbol
    return _tensor(place, made)._dims[axis]


def _function_of(data):
    """The layer of an entry; for an op a function of what it is called on."""
    module = data.get("module")
    space = str(module).removeprefix("keras.src.ops.")
    if module != OWN and space not in SPACES:
        form = {key: value for key, value in data.items() if key not in ("name", "inbound_nodes")}
        return registry.deserialize(form, "layers")
    name = data["class_name"] if module == OWN else kinds.snake_case(data["class_name"])
    function = OPS.get(name) if module == OWN else \
        getattr(getattr(ops, space), name) if name in getattr(ops, space).__all__ else None
    if function is None:
        raise ValueError(f"the model's config uses the op {data['class_name']!r} of {module}, which is not there.")

    def apply(*args, **kwargs):
        if not any(isinstance(x, SymbolicTensor) for x in tree.flatten([*args, kwargs])):
            raise ValueError(f"the model's config calls {name!r} on no tensor of the model.")
        return function(*args, **kwargs) if module == OWN else called_by_keras(name, function, args, kwargs)
    return apply
