"""Layer: weights and sublayers under one roof, built at the first call."""

import functools
import itertools
import threading
import warnings

import numpy as np

from .. import kinds, registry, regularizers
from ..arguments import switch
from ..autograd import tree
from ..autograd.dtypes import as_dtype
from ..autograd.history import Call, is_remembered, is_symbolic, leaves, without_history
from ..autograd.operands import as_tensor
from ..autograd.quiet import quietly
from ..autograd.state import tick
from ..autograd.tensor import Operand, SymbolicTensor, Tensor
from ..dtype_policies import DTypePolicy, dtype_of_layer
from ..errors import ArgumentError, DTypeError, ShapeError, SymbolicError
from ..masks import mask_of, with_mask
from .calling import Signature, attach_masks, map_shapes, shape_of
from .holder import Holder, inside
from .holder import running as _running
from .input_spec import check_inputs
from .locating import locate
from .probe import probe_call

_names = {}     # prefix -> counter of the names given by themselves


def automatic_name(cls):
    """'dense', 'dense_1', ...: the class name in snake case and how often it was used before."""
    return numbered(kinds.snake_case(cls.__name__))


def numbered(prefix):
    """`prefix` for its first use as a name, then with a number behind: _1, _2 ..."""
    number = next(_names.setdefault(prefix, itertools.count()))
    return f"{prefix}_{number}" if number else prefix


def reset_names():
    """Start counting automatic names anew."""
    _names.clear()


class _CallContext:
    """What an outer call tells the calls inside it: which call it is, and its `training`."""

    __slots__ = ("entry", "training")

    def __init__(self):
        self.entry = self.training = None


class _ThreadContext(threading.local):
    def __init__(self):
        self.call = _CallContext()


_thread = _ThreadContext()


def _completing(build):
    """A `build` after which the layer knows that it is built, and for which shape, whoever called it."""
    @functools.wraps(build)
    def complete(self, *args, **kwargs):
        with inside(self):
            build(self, *args, **kwargs)
        given = {**dict(zip(Signature.of(type(self)).shapes, args)), **kwargs}
        if any(shape is not None for shape in given.values()):
            self._record.build_shapes = given
        self.built = True
        if self._record.awaited is not None:
            self._record.awaited()
    return complete


class Layer(Holder, kind="layers"):
    """Base of all layers. Subclasses make weights in `build(input_shape)` and compute in `call(inputs)`.

    name        unique by itself: the class name in snake case, with a number from the second on
    trainable   whether its weights are changed by training
    dtype       of weights and of the computation; floating inputs are cast to it, unless `autocast` is False
    activity_regularizer   penalty on the output, added to `losses` at each call
    input_shape, input_dim, batch_size   shape of one sample, where a Sequential starts with this layer
    """

    supports_masking = False    # whether masks of the inputs, or what compute_mask makes of them, go on to the output
    input_spec = None       # an InputSpec, or a nest of them, that the first argument must meet

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = _completing(cls.build)

    def __init__(self, *, name=None, trainable=True, dtype=None, activity_regularizer=None, autocast=True,
                 input_shape=None, input_dim=None, batch_size=None, **unknown):
        if unknown:
            raise ArgumentError(f"{type(self).__name__}: got an unexpected keyword argument {next(iter(unknown))!r}. "
                                f"It takes {', '.join(registry.parameters(type(self)))}.")
        if name is not None and (not isinstance(name, str) or "/" in name):
            raise ArgumentError(f"{type(self).__name__}: name must be a string without '/', which stands between the "
                                f"names in a weight's path, got {name!r}.")
        self.name = name or automatic_name(type(self))
        self.built = False
        self._dtype = dtype_of_layer(registry.deserialize(dtype))       # Keras' configs have a form for it
        self.autocast = switch(f"{type(self).__name__}: autocast", autocast)
        masked = type(self).compute_mask is not Layer.compute_mask
        if masked:
            self.supports_masking = True
        self._record.array_dtype = as_dtype(self._dtype).dtype if autocast else None
        self._record.signature, self._record.masked = Signature.of(type(self)), masked
        self._record.activity_regularizer = regularizers.get(activity_regularizer)
        self._trainable = switch(f"{type(self).__name__}: trainable", trainable)
        if input_dim is not None:
            input_shape = (input_dim,)
        # Keras' older way to give a Sequential its input: an Input layer is made of it.
        self.given_input_shape = None if input_shape is None else (batch_size, *input_shape)

    # --- calling -----------------------------------------------------------------------------

    def __call__(self, *args, **kwargs):
        record, context = self._record, _thread.call
        outer, entry = context.training, context.entry
        training = kwargs.pop("training", None) if kwargs else None
        plain = len(args) == 1 and not kwargs and type(args[0]) is Tensor and args[0]._array.dtype is record.array_dtype
        running = _running.layers
        is_outer = not running or running[-1] is not self     # not called by its own build, or for a graph
        if is_outer:
            running.append(self)
        try:
            if not plain:
                self._check_initialized()
                if is_symbolic(args, kwargs) and is_remembered(args, kwargs):
                    return self._remembered(args, kwargs if training is None else {**kwargs, "training": training})
                args, kwargs = self._converted(args), self._converted(kwargs)
            if self.input_spec is not None and args:
                check_inputs(self, args[0])
            if not self.built:
                self._build_for(args, kwargs)
            signature = record.signature
            if signature.training is not None:
                args, training = signature.with_training(args, kwargs, training, outer)
            elif training is None:
                training = outer
            masked = record.masked or not plain or hasattr(args[0], "_keras_mask")
            if masked:
                args, mask = signature.with_masks(args, kwargs)
            run = self._run
            if entry is None:
                context.entry, run = tick(), self._run_quietly
            record.entry, context.training = context.entry, training
            outputs = run(args, kwargs)
            if masked:
                self._attach_masks(args, kwargs, outputs, mask)
        except Exception as error:
            locate(error, running, args)
            raise
        finally:
            if is_outer:
                running.pop()
            context.entry, context.training = entry, outer
        return outputs

    def _attach_masks(self, args, kwargs, outputs, mask):
        if not self.supports_masking:
            if any(m is not None for m in tree.flatten(mask)):
                warnings.warn(f"{self._titled} got an input with a mask, but does not support "
                              "masks: the layers after it will not see it. Set self.supports_masking = True if the "
                              "mask still holds for its output, or define compute_mask.", stacklevel=3)
        elif not all(mask_of(x) is not None for x in tree.flatten(outputs)):
            first = args[0] if args else next(iter(kwargs.values()), None)
            attach_masks(outputs, self.compute_mask(first, mask))

    def compute_mask(self, inputs, previous_mask):
        """The mask of the output: by default that of the input, if `supports_masking` is set."""
        return previous_mask

    def _remembered(self, args, kwargs):
        """The outputs for symbolic inputs that may become part of a model. What happens inside the layer does not."""
        outputs = self(*without_history(list(args)), **without_history(kwargs))
        call = Call(self, args, kwargs, outputs)
        self._record.calls.append(call)
        return call.outputs

    def _run(self, args, kwargs):
        if is_symbolic(args, kwargs):
            return self._symbolic(args, kwargs)
        outputs = self.call(*args, **kwargs)
        if self._record.activity_regularizer is not None:
            for output in tree.flatten(outputs):
                penalty = self._record.activity_regularizer(output)
                # As in Keras, a mean over the samples: of the same strength for every batch size.
                self.add_loss(penalty / float(max(len(output), 1)) if output.ndim else penalty)
        return outputs

    _run_quietly = quietly(_run)

    def _symbolic(self, args, kwargs):
        cls = type(self)
        if cls.compute_output_spec is not Layer.compute_output_spec:
            return self.compute_output_spec(*args, **kwargs)
        if cls.compute_output_shape is not Layer.compute_output_shape:
            shape = self.compute_output_shape(shape_of(args[0] if args else next(iter(kwargs.values()))))
            return map_shapes(lambda shape: SymbolicTensor(shape, self._dtype), shape)
        return probe_call(self, args, kwargs)

    def call(self, *args, **kwargs):
        """The computation: tensors to tensors. May take `training`, a bool."""
        raise NotImplementedError(f"{type(self).__name__} must define call(self, inputs).")

    @_completing
    def build(self, input_shape):
        """Make the weights for inputs of this shape (None where not known). Nothing to do by default."""

    def _converted(self, args):
        """Arguments with arrays as tensors, and floating ones in this layer's dtype."""
        if isinstance(args, dict):
            return {key: self._converted(value) for key, value in args.items()} if args else args
        if type(args) in (tuple, list):
            return type(args)([self._converted(value) for value in args])
        if not isinstance(args, (np.ndarray, Operand)):
            return args
        given, mask = as_tensor(args), mask_of(args)
        if given.dtype.is_floating and self.autocast and given.dtype.name != self._dtype:
            given = as_tensor(given, self._dtype)
            if mask is not None:
                with_mask(given, mask)
        return given

    def _build_for(self, args, kwargs):
        first = args[0] if args else next(iter(kwargs.values()), None)
        if type(self).build is Layer.build:
            return self._build_at_call({"input_shape": shape_of(first)})
        if not args and not kwargs:
            raise TypeError(f"{self._titled} was called without an input. Call it on a tensor or "
                            "an array.")
        if not any(hasattr(x, "shape") for x in tree.flatten(first)):
            raise ValueError(f"{self._titled} cannot be built: its first argument is "
                             f"{type(first).__name__}, which has no shape. Call it on a tensor or an array.")
        self._build_at_call(self._record.signature.shapes_for_build(
            args, kwargs, f"{type(self).__name__} {self.name!r}"))
        if self.input_spec is not None and args:
            check_inputs(self, first)     # now that it may say more

    def _build_at_call(self, shapes):
        self._record.build_shapes = shapes
        try:
            self.build(*shapes.values()) if len(shapes) == 1 else self.build(**shapes)
        except (ShapeError, TypeError, IndexError) as error:
            if str(error).startswith(self._titled):
                raise
            # Most often a dimension that is not known, or an axis that is not there.
            kind = type(error) if type(error) in (ShapeError, SymbolicError, DTypeError, IndexError) else TypeError
            shown = next(iter(shapes.values())) if len(shapes) == 1 else shapes
            raise kind(f"{self._titled} cannot be built for input shape {shown}: "
                       f"{error}") from error
        self.built = True

    def get_build_config(self):
        """The input shapes that the weights were made for; None before."""
        shapes = {name: registry.serialize(shape) for name, shape in self._record.build_shapes.items()}
        if not shapes or None in shapes.values():
            return None
        return {"input_shape": next(iter(shapes.values()))} if len(shapes) == 1 else {"shapes_dict": shapes}

    def build_from_config(self, config):
        """Make the weights as `get_build_config` describes them."""
        if config.get("input_shape") is not None:
            self.build(map_shapes(tuple, config["input_shape"]))
        elif config.get("shapes_dict"):
            self.build(**{name: map_shapes(tuple, shape) for name, shape in config["shapes_dict"].items()})

    def compute_output_shape(self, input_shape=None, *others, **named):
        """The shape of the output for an input shape, with None where not known.

        A `call` of several tensors takes a shape for each, in order or by name: query_shape for `query`.
        """
        def symbolic(shape):
            return map_shapes(lambda shape: SymbolicTensor(shape, self.input_dtype), shape)
        spec = self.compute_output_spec(
            *[symbolic(shape) for shape in (input_shape, *others) if shape is not None],
            **{name.removesuffix("_shape"): symbolic(shape) for name, shape in named.items() if shape is not None})
        return tree.map_structure(lambda x: x.shape, spec)

    def compute_output_spec(self, *args, **kwargs):
        """Symbolic outputs for symbolic inputs: what `call` gives when run on shapes."""
        return self(*args, **kwargs)

    # --- losses ------------------------------------------------------------------------------

    def add_loss(self, loss):
        """Add a scalar to what training minimizes, from inside `call`."""
        record = self._record
        if isinstance(loss, SymbolicTensor) and not _running.layers:
            raise ValueError(f"{self._titled}: add_loss got {loss!r}, which has no numbers, outside of a call. Add the "
                             "loss in the call of a layer, and put that layer into the model.")
        if not isinstance(loss, SymbolicTensor):
            if record.losses_entry != record.entry:
                record.losses, record.losses_entry = [], record.entry
            record.losses.append(loss)

    def _forget_run(self):
        self._record.losses = []

    @property
    def losses(self):
        """Scalars added during the last call, then the penalties of the regularized weights."""
        layers = self._flatten_layers()
        # A layer inside may have been called by itself since this one was; then its losses count too.
        found = [loss for layer in layers for record in (layer._record,) for loss in record.losses
                 if record.losses_entry == record.entry >= self._record.entry]
        return found + [v.regularizer(v) for layer in layers for v in layer._own_variables()
                        if v.regularizer is not None and v.trainable]

    # --- descriptions ------------------------------------------------------------------------

    @property
    def input(self):
        """The symbolic tensors that the layer was first called on. Raises AttributeError if it was not."""
        args, kwargs = self._first_call("input").args, self._first_call("input").kwargs
        found = [x for x in leaves(args, kwargs) if isinstance(x, SymbolicTensor)]
        return args[0] if args and len(tree.flatten(args[0])) == len(found) else found

    @property
    def output(self):
        """The symbolic tensors that the layer gave when it was first called. Raises AttributeError if it was not."""
        return self._first_call("output").outputs

    def _first_call(self, what):
        if not self._record.calls:
            raise AttributeError(f"{self._titled} has no {what} yet: it was never called on an Input, or on what a "
                                 f"layer made of one. Call it, as in {self.name}(keras.Input(shape)).")
        return self._record.calls[0]

    @property
    def dtype(self):
        """Name of the dtype of weights and computation."""
        return self._dtype

    compute_dtype = variable_dtype = dtype

    @property
    def dtype_policy(self):
        """The dtype as a DTypePolicy."""
        return DTypePolicy.of_layer(self._dtype)

    @property
    def input_dtype(self):
        """Name of the dtype that inputs have of which only the shape is known."""
        return self._dtype

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
        given = super().get_config()
        own = {name: value for name, value in given.items() if name not in _BASE_ARGUMENTS}
        config = {"name": self.name, "trainable": self.trainable, "dtype": self._dtype, **own}
        if self._record.activity_regularizer is not None or "activity_regularizer" in given:
            config["activity_regularizer"] = registry.serialize(self._record.activity_regularizer)
        return config

    @classmethod
    def from_config(cls, config):
        """A layer from what `get_config` gave; it has no weights yet."""
        accepted = registry.parameters(cls)
        rest = {key: value for key, value in config.items() if key not in accepted and key in _BASE_ARGUMENTS}
        layer = cls(**registry.revived({key: value for key, value in config.items() if key not in rest}))
        if "name" in rest:
            layer.name = rest["name"]
        if rest.get("dtype"):
            layer._dtype = as_dtype(rest["dtype"]).name
            layer._record.array_dtype = as_dtype(layer._dtype).dtype
        if "trainable" in rest:
            layer.trainable = rest["trainable"]
        return layer


_BASE_ARGUMENTS = ("name", "trainable", "dtype", "activity_regularizer", "autocast", "input_shape", "input_dim",
                   "batch_size")
