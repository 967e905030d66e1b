"""Layer: weights and sublayers under one roof, built at the first call."""

import inspect
import itertools
import threading

import numpy as np

from .. import constraints, initializers, regularizers, registry
from ..autograd import tree
from ..autograd.dispatch import as_tensor
from ..autograd.dtypes import as_dtype, floatx
from ..autograd.tensor import Operand, SymbolicTensor, Tensor
from ..autograd.variable import Variable
from ..errors import ShapeError
from .probe import probe_call

_names = {}     # prefix -> counter of the names given by themselves


def automatic_name(cls):
    """'dense', 'dense_1', ...: the class name in snake case and how often it was used before."""
    prefix = registry.snake_case(cls.__name__)
    number = next(_names.setdefault(prefix, itertools.count()))
    return f"{prefix}_{number}" if number else prefix


def reset_names():
    """Start counting automatic names anew."""
    _names.clear()


class _CallContext:
    """What an outer call tells the calls inside it: `training`, and who collects added losses."""

    __slots__ = ("added", "training")

    def __init__(self):
        self.training = self.added = None


class _ThreadContext(threading.local):
    def __init__(self):
        self.call = _CallContext()


_thread = _ThreadContext()


class _Record:
    """What a layer keeps for itself, in a class of its own so that no search for sublayers looks inside."""

    __slots__ = ("activity_regularizer", "added", "build_shape", "fixed", "holders", "losses", "trainable",
                 "variables")

    def __init__(self):
        self.holders = {}       # attributes that are, or may hold, layers and Variables
        self.variables = []     # in the order of registration
        self.fixed = set()      # ids of those that were not trainable to begin with
        self.losses = []        # added by add_loss during the last call
        self.added = []         # layers inside that added losses during the last call
        self.trainable = True
        self.build_shape = None
        self.activity_regularizer = None


class Layer(registry.Configurable, kind="layers"):
    """Base of all layers. Subclasses make weights in `build(input_shape)` and compute in `call(inputs)`.

    name        unique by itself: the class name in snake case, with a number from the second on
    trainable   whether its weights are changed by training
    dtype       of weights and of the computation; floating inputs are cast to it
    activity_regularizer   penalty on the output, added to `losses` at each call
    input_shape, input_dim, batch_size   shape of one sample, where a Sequential starts with this layer
    """

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls, *args, **kwargs)
        object.__setattr__(self, "_record", _Record())
        return self

    def __init__(self, *, name=None, trainable=True, dtype=None, activity_regularizer=None, input_shape=None,
                 input_dim=None, batch_size=None):
        if name is not None and not isinstance(name, str):
            raise TypeError(f"{type(self).__name__}: name must be a string, got {name!r}.")
        self.name = name or automatic_name(type(self))
        self.built = False
        self._dtype = as_dtype(dtype or floatx()).name
        self._record.activity_regularizer = regularizers.get(activity_regularizer)
        self._record.trainable = bool(trainable)
        if input_dim is not None:
            input_shape = (input_dim,)
        # Keras' older way to give a Sequential its input: an Input layer is made of it.
        self.given_input_shape = None if input_shape is None else (batch_size, *input_shape)

    def __setattr__(self, name, value):
        if isinstance(value, Variable):
            self._register(value, name)
        if isinstance(value, HOLDERS):
            self._record.holders[name] = value
        else:
            self._record.holders.pop(name, None)
        object.__setattr__(self, name, value)

    def __delattr__(self, name):
        self._record.holders.pop(name, None)
        object.__delattr__(self, name)

    def _register(self, variable, name):
        if not any(v is variable for v in self._record.variables):
            self._record.variables.append(variable)
            if not variable.trainable:
                self._record.fixed.add(id(variable))
            if variable.name == "Variable":
                variable.name = variable.path = name

    # --- weights -----------------------------------------------------------------------------

    def add_weight(self, *args, shape=None, initializer=None, dtype=None, trainable=True, regularizer=None,
                   constraint=None, name=None):
        """Make a Variable that belongs to this layer and return it.

        Positional arguments are Keras 3's (shape, initializer, dtype, trainable) or, if the first is a
        string, the older (name, shape, dtype, initializer, regularizer, trainable, constraint).
        """
        order = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint") \
            if args and isinstance(args[0], str) else ("shape", "initializer", "dtype", "trainable")
        if len(args) > len(order):
            raise TypeError(f"add_weight takes at most {len(order)} positional arguments ({', '.join(order)}).")
        given = dict(shape=shape, initializer=initializer, dtype=dtype, trainable=trainable, regularizer=regularizer,
                     constraint=constraint, name=name)
        given.update(zip(order, args))
        dtype = as_dtype(given["dtype"] or self._dtype)
        default = "glorot_uniform" if dtype.is_floating else "zeros"
        variable = Variable(
            initializers.get(given["initializer"] or default), bool(given["trainable"]),
            shape=_extents(given["shape"] if given["shape"] is not None else (), self), dtype=dtype,
            name=given["name"] or "variable", constraint=constraints.get(given["constraint"]),
            regularizer=regularizers.get(given["regularizer"]))
        variable.path = f"{self.name}/{variable.name}"
        self._register(variable, variable.name)
        if not self._record.trainable:
            variable.trainable = False
        return variable

    def _children(self):
        """Layers held directly in attributes, or in lists, tuples and dicts there, in order, each once."""
        return _unique(_search(self._record.holders.values(), Layer))

    def _flatten_layers(self):
        """This layer and all inside it, depth first, each once."""
        found, stack, seen = [], [self], set()
        while stack:
            layer = stack.pop()
            if id(layer) not in seen:
                seen.add(id(layer))
                found.append(layer)
                stack += layer._children()[::-1]
        return found

    def _own_variables(self):
        own = _unique([*self._record.variables, *_search(self._record.holders.values(), Variable)])
        fixed = self._record.fixed
        return [v for v in own if id(v) not in fixed] + [v for v in own if id(v) in fixed]

    @property
    def variables(self):
        """All Variables: own trainable ones, own others, then each sublayer's."""
        return _unique([v for layer in self._flatten_layers() for v in layer._own_variables()])

    weights = variables

    @property
    def trainable_variables(self):
        """The Variables that training changes; none if the layer is frozen."""
        return [v for v in self.variables if v.trainable] if self._record.trainable else []

    trainable_weights = trainable_variables

    @property
    def non_trainable_variables(self):
        """The Variables that training leaves alone."""
        return [v for v in self.variables if not (self._record.trainable and v.trainable)]

    non_trainable_weights = non_trainable_variables

    @property
    def trainable(self):
        """Whether training changes the weights. Assigning reaches all sublayers and their weights."""
        return self._record.trainable

    @trainable.setter
    def trainable(self, value):
        for layer in self._flatten_layers():
            layer._record.trainable = bool(value)
            for variable in layer._own_variables():
                if id(variable) not in layer._record.fixed:
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

    def count_params(self):
        """The number of elements in all weights. Raises ValueError before the layer is built."""
        if not self.built:
            raise ValueError(f"{self.name} has no weights yet: it is built at its first call. Call it on data, or "
                             f"build({self.name}.build(input_shape)) it, or start the model with Input(shape).")
        return sum(v.size for v in self.weights)

    # --- calling -----------------------------------------------------------------------------

    def __call__(self, *args, **kwargs):
        if "name" not in self.__dict__:
            raise RuntimeError(f"{type(self).__name__}.__init__ must call super().__init__() before anything else.")
        args = self._converted(args)
        if kwargs:
            kwargs = self._converted(kwargs)
        if not self.built:
            self._build_for(args, kwargs)
        context = _thread.call
        outer = context.training
        training = kwargs.pop("training", None)
        training = outer if training is None else training
        if _takes_training(type(self)):
            kwargs["training"] = training
        is_entry = context.added is None
        if is_entry:
            self._forget_losses()
            context.added = []
        context.training = training
        try:
            outputs = self._run(args, kwargs)
        finally:
            context.training = outer
            if is_entry:
                self._record.added, context.added = context.added, None
        return outputs

    def _run(self, args, kwargs):
        if (not args or type(args[0]) is not Tensor) and any(
                isinstance(x, SymbolicTensor) for x in tree.flatten([args, kwargs])):
            outputs = probe_call(self, args, kwargs)
        else:
            outputs = self.call(*args, **kwargs)
        if self._record.activity_regularizer is not None:
            for output in tree.flatten(outputs):
                self.add_loss(self._record.activity_regularizer(output))
        return outputs

    def call(self, *args, **kwargs):
        """The computation: tensors to tensors. May take `training`, a bool."""
        raise NotImplementedError(f"{type(self).__name__} must define call(self, inputs).")

    def build(self, input_shape):
        """Make the weights for inputs of this shape (None where not known). Nothing to do by default."""
        self.built = True

    def _converted(self, args):
        """Arguments with arrays as tensors, and floating ones in this layer's dtype."""
        if type(args) is Tensor:
            dtype = args.dtype
            return args if dtype.name == self._dtype or not dtype.is_floating else as_tensor(args, self._dtype)
        if type(args) is dict:
            return {key: self._converted(value) for key, value in args.items()} if args else args
        if type(args) in (tuple, list):
            return type(args)([self._converted(value) for value in args])
        if isinstance(args, (np.ndarray, Operand)):
            args = as_tensor(args)
            if args.dtype.is_floating and args.dtype.name != self._dtype:
                args = as_tensor(args, self._dtype)
        return args

    def _build_for(self, args, kwargs):
        first = args[0] if args else next(iter(kwargs.values()), None)
        shape = tree.map_structure(lambda x: getattr(x, "shape", None), first)
        if type(self).build is not Layer.build and shape is None:
            raise ValueError(f"{type(self).__name__} {self.name!r} cannot be built: its first argument is "
                             f"{type(first).__name__}, which has no shape. Call it on a tensor or an array.")
        self._built_with(shape)

    def _built_with(self, shape):
        self._record.build_shape = shape
        try:
            self.build(shape)
        except (ShapeError, TypeError, IndexError) as error:
            # Most often a dimension that is not known, or an axis that is not there.
            raise type(error)(f"{type(self).__name__} {self.name!r} cannot be built for input shape {shape}: "
                              f"{error}") from error
        self.built = True

    def get_build_config(self):
        """The input shape that the weights were made for; None before."""
        shape = self._record.build_shape
        return None if shape is None else {"input_shape": registry.serialize(shape)}

    def build_from_config(self, config):
        """Make the weights as `get_build_config` describes them."""
        if config.get("input_shape") is not None:
            self._built_with(_map_shapes(tuple, config["input_shape"]))

    def compute_output_shape(self, input_shape):
        """The shape of the output for an input shape, with None where not known."""
        spec = self.compute_output_spec(_map_shapes(lambda shape: SymbolicTensor(shape, self._dtype), input_shape))
        return tree.map_structure(lambda x: x.shape, spec)

    def compute_output_spec(self, *args, **kwargs):
        """Symbolic outputs for symbolic inputs: what `call` gives when run on shapes."""
        return self(*args, **kwargs)

    # --- losses ------------------------------------------------------------------------------

    def add_loss(self, loss):
        """Add a scalar to what training minimizes, from inside `call`."""
        self._record.losses.append(loss)
        if _thread.call.added is not None:
            _thread.call.added.append(self)

    def _forget_losses(self):
        for layer in self._record.added:
            layer._record.losses = []
        self._record.added = []

    @property
    def losses(self):
        """Scalars added during the last call, then the penalties of the regularized weights."""
        layers = self._flatten_layers()
        found = [loss for layer in layers for loss in layer._record.losses]
        return found + [v.regularizer(v) for layer in layers for v in layer._own_variables()
                        if v.regularizer is not None and v.trainable]

    # --- descriptions ------------------------------------------------------------------------

    @property
    def dtype(self):
        """Name of the dtype of weights and computation."""
        return self._dtype

    compute_dtype = variable_dtype = dtype

    @property
    def activity_regularizer(self):
        """The penalty on outputs, or None."""
        return self._record.activity_regularizer

    @property
    def path(self):
        """The layer's name, as it begins the paths of its weights."""
        return self.name

    def get_config(self):
        """The constructor arguments as plain data, with name, trainable and dtype."""
        own = {name: value for name, value in super().get_config().items() if name not in _BASE_ARGUMENTS}
        config = {"name": self.name, "trainable": self.trainable, "dtype": self._dtype, **own}
        if self._record.activity_regularizer is not None:
            config["activity_regularizer"] = registry.serialize(self._record.activity_regularizer)
        return config

    @classmethod
    def from_config(cls, config):
        """A layer from what `get_config` gave; it has no weights yet."""
        accepted = registry.parameters(cls)
        rest = {key: value for key, value in config.items() if key not in accepted and key in _BASE_ARGUMENTS}
        layer = cls(**{key: value for key, value in config.items() if key not in rest})
        if "name" in rest:
            layer.name = rest["name"]
        if "trainable" in rest:
            layer.trainable = rest["trainable"]
        return layer


HOLDERS = (Layer, Variable, list, tuple, dict)
_BASE_ARGUMENTS = ("name", "trainable", "dtype", "activity_regularizer", "input_shape", "input_dim", "batch_size")
_TAKES_TRAINING = {}


def _takes_training(cls):
    if cls not in _TAKES_TRAINING:
        _TAKES_TRAINING[cls] = "training" in inspect.signature(cls.call).parameters
    return _TAKES_TRAINING[cls]


def _extents(shape, layer):
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    if any(n is None for n in shape):
        raise ShapeError(f"{layer.name}.add_weight: the shape {shape} has an axis that is not known. The input needs "
                         "that extent; give it in Input(shape=...).")
    return tuple(int(n) for n in shape)


def _search(values, kind):
    """Instances of `kind` among values, and in lists, tuples and dicts among them."""
    for value in values:
        if isinstance(value, kind):
            yield value
        elif isinstance(value, dict):
            yield from _search(value.values(), kind)
        elif isinstance(value, (list, tuple)):
            yield from _search(value, kind)


def _unique(items):
    return list({id(item): item for item in items}.values())


def _map_shapes(function, shapes):
    """`function` of a shape, or of each of a nest of shapes."""
    if isinstance(shapes, dict):
        return {key: _map_shapes(function, value) for key, value in shapes.items()}
    if shapes and isinstance(shapes[0], (list, tuple, dict)):
        return [_map_shapes(function, value) for value in shapes]
    return function(shapes)
