"""What a layer holds: its Variables, and the layers and Variables in its attributes."""

import contextlib
import copy
import itertools
import math
import operator
import threading

import numpy as np

from .. import constraints, initializers, registry, regularizers
from ..autograd import state
from ..autograd.dtypes import as_dtype
from ..autograd.variable import Variable
from ..errors import ShapeError


class _Room(threading.local):
    left = math.inf     # how many numbers new weights of this thread may still hold


_room = _Room()


@contextlib.contextmanager
def weights_limited_to(count):
    """Within it, `add_weight` refuses to go beyond `count` numbers in all: for configs that are not trusted."""
    outer, _room.left = _room.left, count
    try:
        yield
    finally:
        _room.left = outer


class _Running(threading.local):
    """The layers whose calls or builds this thread is in, the outermost first."""

    def __init__(self):
        self.layers = []


running = _Running()


@contextlib.contextmanager
def inside(layer):
    """A block that builds a layer: weights made in it are called after it and the layers around it."""
    layers = running.layers
    if layers and layers[-1] is layer:
        yield
        return
    layers.append(layer)
    try:
        yield
    finally:
        layers.pop()


class Record:
    """What a layer keeps for itself, in a class of its own so that no search for sublayers looks inside."""

    __slots__ = ("activity_regularizer", "array_dtype", "awaited", "build_shapes", "calls", "entry", "fixed", "holders",
                 "losses", "losses_entry", "masked", "searched", "signature", "variables")

    def __init__(self):
        self.holders = {}       # attributes that are layers or metrics, or may hold layers, metrics and Variables
        self.variables = []     # in the order of registration
        self.searched = {}      # kind -> what was found inside, and what tells whether it still would be
        self.fixed = []         # those of them that were not trainable to begin with
        self.awaited = None     # called when weights were made: a file was loaded before that has values for them
        self.array_dtype = None     # NumPy dtype that inputs are cast to; None: they come as they are
        self.signature = None       # of the class' `call` and `build`
        self.masked = False         # whether the layer may mask what came without a mask
        self.entry = 0          # which outermost call this layer took part in last
        self.losses = []        # added by add_loss ...
        self.losses_entry = 0   # ... during this outermost call
        self.build_shapes = {}      # what `build` was given, by name
        self.calls = []         # the Calls on symbolic tensors with a history, such as `Input` gives
        self.activity_regularizer = None

    def __deepcopy__(self, memo):
        new = memo[id(self)] = Record()
        for name in self.__slots__:
            if name != "calls":     # a copied layer is one by itself; calls that are copied bring themselves in
                setattr(new, name, copy.deepcopy(getattr(self, name), memo))
        return new

    def __copy__(self):
        new = Record()
        for name in self.__slots__:
            value = getattr(self, name)
            setattr(new, name, value.copy() if isinstance(value, (list, dict)) else value)
        return new

    @property
    def build_shape(self):
        """What `build` was given first; None before."""
        return next(iter(self.build_shapes.values()), None)

    @build_shape.setter
    def build_shape(self, shape):
        self.build_shapes = {"input_shape": shape}


class Holder(registry.Configurable):
    """The part of a layer that keeps weights and finds those of the layers inside."""

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls, *args, **kwargs)
        object.__setattr__(self, "_record", Record())
        return self

    def __copy__(self):
        new = super().__copy__()
        object.__setattr__(new, "_record", copy.copy(self._record))
        return new

    def _check_initialized(self):
        if "name" not in self.__dict__:
            raise RuntimeError(f"{type(self).__name__}.__init__ must call super().__init__() before anything else.")

    def __setattr__(self, name, value):
        if isinstance(value, Variable):
            self._register(value, name)
        if isinstance(value, CONTAINERS) or getattr(value, "_kind", None) in HELD_KINDS:
            self._record.holders[name] = value
        else:
            self._record.holders.pop(name, None)
        super().__setattr__(name, value)

    def __delattr__(self, name):
        self._record.holders.pop(name, None)
        super().__delattr__(name)

    def _register(self, variable, name):
        if not any(v is variable for v in self._record.variables):
            self._record.variables.append(variable)
            if not variable.trainable:
                self._record.fixed.append(variable)
            if variable.name == "Variable":
                variable.name = variable.path = name

    # --- weights -----------------------------------------------------------------------------

    def add_weight(self, *args, **kwargs):
        """Make a Variable that belongs to this layer and return it.

        Positional arguments are Keras 3's (shape, initializer, dtype, trainable) or, if the first is a
        string, the older (name, shape, dtype, initializer, regularizer, trainable, constraint). Any of these
        may be given by name; `trainable` is True by default, all others None.
        """
        self._check_initialized()
        order = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint") \
            if args and isinstance(args[0], str) else ("shape", "initializer", "dtype", "trainable")
        if len(args) > len(order):
            raise TypeError(f"add_weight takes at most {len(order)} positional arguments ({', '.join(order)}).")
        positional = dict(zip(order, args))
        for name in kwargs:
            if name in positional:
                raise TypeError(f"{self.name}.add_weight: {name} is given twice, as {positional[name]!r} and as "
                                f"{name}={kwargs[name]!r}. Give it once.")
            if name not in _WEIGHT_ARGUMENTS:
                raise TypeError(f"add_weight got an unexpected keyword argument {name!r}; it takes "
                                f"{', '.join(_WEIGHT_ARGUMENTS)}.")
        given = _WEIGHT_ARGUMENTS | positional | kwargs
        dtype = as_dtype(given["dtype"] or self._dtype)
        default = "glorot_uniform" if dtype.is_floating else "zeros"
        extents = _extents(given["shape"] if given["shape"] is not None else (), self)
        _room.left -= math.prod(extents)
        if _room.left < 0:
            raise ShapeError(f"{self.name}.add_weight: a weight of shape {extents} makes the model larger than the "
                             "weights in the file.")
        variable = Variable(
            initializers.get(given["initializer"] or default), bool(given["trainable"]), shape=extents, dtype=dtype,
            name=given["name"] or "variable", constraint=constraints.get(given["constraint"]),
            regularizer=regularizers.get(given["regularizer"]))
        with inside(self):
            variable.path = "/".join([*[layer.name for layer in running.layers], variable.name])
        self._register(variable, variable.name)
        if not self._trainable:
            variable.trainable = False
        return variable

    def _keep(self, role, initializer, regularizer, constraint):
        """Remember how the weight of a role ('kernel', 'bias', ...) is to be made, under Keras' names for that."""
        setattr(self, f"{role}_initializer", initializers.get(initializer))
        setattr(self, f"{role}_regularizer", regularizers.get(regularizer))
        setattr(self, f"{role}_constraint", constraints.get(constraint))

    def _add_kept(self, role, shape, **changes):
        """The weight of a role, made as was remembered but for the changes; it is called as its role."""
        return self.add_weight(**{
            "name": role, "shape": shape, "initializer": getattr(self, f"{role}_initializer"),
            "regularizer": getattr(self, f"{role}_regularizer"), "constraint": getattr(self, f"{role}_constraint"),
            **changes})

    def _held(self, kind):
        """Instances of `kind` in attributes, or in lists, tuples and dicts there."""
        return list(_search(self._record.holders.values(), kind)) if self._record.holders else []

    def _flatten_layers(self):
        """This layer and all inside it, depth first, each once."""
        found, stack = {}, [self]
        while stack:
            layer = stack.pop()
            if id(layer) not in found:
                found[id(layer)] = layer
                stack += layer._held(Holder)[::-1]
        return list(found.values())

    def _held_inside(self, kind):
        """Instances of `kind` held by this layer and those inside it. Searched again only where something changed."""
        known = self._record.searched.get(kind)
        if known is None or known[0] != state.changes or not all(itertools.starmap(_holds, known[1])):
            changes, layers = state.changes, self._flatten_layers()
            containers = [(c, _items(c)) for layer in layers for c in _containers(layer._record.holders.values())]
            found = [held for layer in layers for held in layer._held(kind)]
            known = self._record.searched[kind] = changes, containers, found
        return known[2]

    def _own_variables(self):
        own, fixed = self._record.variables, set(map(id, self._record.fixed))
        if self._record.holders:
            own = _unique([*own, *self._held(Variable)])
        return [v for v in own if id(v) not in fixed] + [v for v in own if id(v) in fixed] if fixed else own

    @property
    def variables(self):
        """All Variables: own trainable ones, own others, then each sublayer's."""
        return _unique([v for layer in self._flatten_layers() for v in layer._own_variables()])

    weights = variables

    @property
    def trainable_variables(self):
        """The Variables that training changes; none if the layer is frozen."""
        return [v for v in self.variables if v.trainable] if self._trainable else []

    trainable_weights = trainable_variables

    @property
    def non_trainable_variables(self):
        """The Variables that training leaves alone."""
        return [v for v in self.variables if not (self._trainable and v.trainable)]

    non_trainable_weights = non_trainable_variables

    @property
    def trainable(self):
        """Whether training changes the weights. Assigning reaches all sublayers and their weights."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        for layer in self._flatten_layers():
            layer._trainable, fixed = bool(value), set(map(id, layer._record.fixed))
            for variable in layer._own_variables():
                if id(variable) not in fixed:
                    variable.trainable = bool(value)

    def get_weights(self):
        """Copies of the weights as NumPy arrays, in the order of `weights`."""
        return [np.array(v._array) for v in self.weights]

    def set_weights(self, weights):
        """Assign arrays in the order of `weights`. Raises ShapeError naming the first that does not fit."""
        own = self.weights
        if len(weights) != len(own):
            raise ShapeError(f"{self.name}.set_weights: got {len(weights)} arrays for {len(own)} weights "
                             f"({', '.join(v.path for v in own) or 'none: build the layer first'}).")
        for variable, value in zip(own, weights, strict=True):
            if np.shape(value) != variable.shape:
                raise ShapeError(f"{self.name}.set_weights: {variable.path} has shape {variable.shape}, "
                                 f"got {np.shape(value)}.")
        for variable, value in zip(own, weights, strict=True):
            variable.assign(value)

    def _stored(self):
        """The own weights, without those of the layers inside, by their names in files: numbers."""
        return {str(i): v for i, v in enumerate(self._own_variables())}

    def save_own_variables(self, store):
        """Put the own weights, without those of the layers inside, into a mapping of names to arrays."""
        for name, variable in self._stored().items():
            store[name] = variable.numpy()

    def load_own_variables(self, store):
        """Take the own weights from a mapping as `save_own_variables` fills it. Raises ShapeError if it has others."""
        own = self._stored()
        if set(store.keys()) != set(own):
            raise ShapeError(f"{self.name}.load_own_variables: there are {len(own)} weights "
                             f"({', '.join(v.name for v in own.values()) or 'the layer is not built'}), but "
                             f"{len(store.keys())} arrays.")
        for name, variable in own.items():
            variable.assign(store[name])

    def count_params(self):
        """The number of elements in all weights. Raises ValueError before the layer is built."""
        if not self.built:
            raise ValueError(f"{self.name} has no weights yet: it is built at its first call. Call it on data, or "
                             "build(input_shape) it, or start the model with Input(shape).")
        return sum(v.size for v in self.weights)


HELD_KINDS = ("layers", "models", "metrics")
CONTAINERS = (list, tuple, dict)


_WEIGHT_ARGUMENTS = {"shape": None, "initializer": None, "dtype": None, "trainable": True, "regularizer": None,
                     "constraint": None, "name": None}


def _extents(shape, layer):
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    if any(n is None for n in shape):
        raise ShapeError(f"{layer.name}.add_weight: the shape {shape} has an axis that is not known. The input needs "
                         "that extent; give it in Input(shape=...).")
    if not all(hasattr(n, "__index__") and operator.index(n) >= 0 for n in shape):
        raise ShapeError(f"{layer.name}.add_weight: the extents of a shape must be integers from 0 on, got {shape}.")
    return tuple(operator.index(n) for n in shape)


def _search(values, kind):
    """Instances of `kind` among values, and in lists, tuples and dicts among them."""
    for value in values:
        if isinstance(value, kind):
            yield value
        elif isinstance(value, CONTAINERS):
            yield from _search(value.values() if isinstance(value, dict) else value, kind)


def _containers(values):
    """The lists and dicts among values, and those inside them, which may be given other items."""
    for value in values:
        if isinstance(value, CONTAINERS):
            if not isinstance(value, tuple):
                yield value
            yield from _containers(_items(value))


def _items(container):
    return list(container.values() if isinstance(container, dict) else container)


def _holds(container, before):
    """Whether a container has the very items that it had."""
    items = container.values() if isinstance(container, dict) else container
    return len(items) == len(before) and all(map(operator.is_, items, before))


def _unique(items):
    return list({id(item): item for item in items}.values())
