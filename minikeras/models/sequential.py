"""Sequential: layers one after another."""

from .. import registry
from ..autograd.tensor import SymbolicTensor
from ..errors import ArgumentError, ShapeError, SymbolicError
from ..layers.base import Layer
from ..layers.core import Input, InputLayer
from ..masks import carrying, mask_of
from .graph import Graph
from .model import Model, fitted


class Sequential(Model):
    """A stack of layers, each fed with the output of the one before.

    layers   Layer objects; an Input first (or `input_shape` in the first layer) builds the weights at once
    """

    def __init__(self, layers=None, trainable=True, name=None):
        super().__init__(trainable=trainable, name=name)
        self._input_layer = None
        self._stack = []
        self._traced = ()       # the symbolic input, and what each layer makes of it
        for layer in layers or ():
            self.add(layer, rebuild=False)
        self._build_if_possible()

    def add(self, layer, rebuild=True):
        """Append a layer. Raises ArgumentError for anything else, ValueError if its name is taken."""
        if isinstance(layer, SymbolicTensor) and layer._history is not None:
            layer = layer._history[0].function
        if isinstance(layer, type) and issubclass(layer, Layer):
            raise ArgumentError(f"Sequential takes layer objects, got the class {layer.__name__}; write "
                                f"{layer.__name__}(...).")
        if not isinstance(layer, Layer):
            raise ArgumentError(f"Sequential takes layers, got {layer!r} ({type(layer).__name__}).")
        if isinstance(layer, InputLayer):
            if self._stack or self._input_layer:
                raise ValueError(f"{self.name}: Input must come first, and only once.")
            self._input_layer = layer
            return
        if any(other.name == layer.name for other in self._stack):
            raise ValueError(f"{self.name}: layer names must be unique, {layer.name!r} is taken. Pass another name=...")
        if not self._stack and self._input_layer is None and layer.given_input_shape is not None:
            self._input_layer = InputLayer(batch_shape=layer.given_input_shape)
        self._stack = [*self._stack, layer]     # assigned anew, so that the change is seen
        if rebuild:
            self.built = False
            self._build_if_possible()

    def pop(self, rebuild=True):
        """Remove the last layer and return it."""
        if not self._stack:
            raise ValueError(f"{self.name} has no layers to pop.")
        *self._stack, layer = self._stack
        self._traced = self._traced[:len(self._stack) + 1]
        self.built = False
        if rebuild:
            self._build_if_possible()
        return layer

    def _build_if_possible(self):
        if self._input_layer is not None and self._stack:
            try:
                self.build(self._input_layer.batch_shape)
            except SymbolicError:
                pass      # a layer that needs numbers to be built waits for the first call

    def _build_at_call(self, shapes):
        # The call itself builds the layers inside.
        self._record.build_shapes, self.built = shapes, True

    def build(self, input_shape=None):
        """Make all weights for inputs of this shape (batch first; None where not known)."""
        if input_shape is None:
            raise ShapeError(f"{self.name}.build needs an input shape, batch first: build((None, 8)).")
        known = self._traced[0] if self._traced else self._input_layer.output if self._input_layer is not None else None
        if known is None or known.shape != tuple(input_shape):
            known = Input(batch_shape=input_shape, dtype=self.input_dtype)
        if not self._traced or self._traced[0] is not known:
            self._traced = (known,)
        self._trace()

    def _trace(self):
        while len(self._traced) <= len(self._stack):
            x, number = self._traced[-1], len(self._traced) - 1
            before = f"the output of layer {self._stack[number - 1].name!r}" if number else "the input"
            self._traced = (*self._traced, self._fed(self._stack[number], x, before))

    def _fed(self, layer, x, before):
        try:
            return layer(x)
        except ShapeError as error:
            raise ShapeError(f"{self.name}: layer {layer.name!r} cannot take {before}, of shape {x.shape}: "
                             f"{error}") from None

    @property
    def layers(self):
        """The layers in order, without the input."""
        return list(self._stack)

    @property
    def input_dtype(self):
        """Name of the dtype of the input: that of the Input, or what the first layer takes."""
        first = self._input_layer or (self._stack[0] if self._stack else None)
        return super().input_dtype if first is None else first.input_dtype

    @property
    def input(self):
        """The symbolic input: what it was first called on in another model, as of any layer; else its own."""
        return Layer.input.fget(self) if self._record.calls else super().input

    @property
    def output(self):
        """The symbolic output: what it first gave in another model, as of any layer; else its own."""
        return Layer.output.fget(self) if self._record.calls else super().output

    @property
    def input_shape(self):
        """Shape of the input with None where not known. Raises ValueError before it is known."""
        shape = self._input_layer.batch_shape if self._input_layer is not None else self._record.build_shape
        if shape is None:
            raise ValueError(f"{self.name} has not been built yet, so its input shape is not known.")
        return tuple(shape)

    @property
    def output_shape(self):
        """Shape of the output with None where not known."""
        return self.compute_output_shape(self.input_shape)

    def _connected(self, what):
        if len(self._traced) <= len(self._stack):
            try:
                self.build(self.input_shape)
            except ValueError as error:
                raise AttributeError(f"{self._titled} has no {what} yet: {error} Start it with Input(shape).") from None
        return Graph(self._traced[0], self._traced[-1], self._titled)

    def call(self, inputs, training=None, mask=None):
        if not self._stack:
            raise ValueError(f"{self.name} has no layers; add some before calling it.")
        if self._input_layer is not None:
            inputs = _fitted(self, inputs)
        if mask is not None and mask_of(inputs) is None:
            inputs = carrying(inputs, mask)
        for layer in self._stack:
            inputs = layer(inputs)
        return inputs

    def _attach_masks(self, args, kwargs, outputs, mask):
        """Nothing: the layers inside have masked the output, where it has a mask."""

    def get_config(self):
        """Name, dtype and layers in Keras' form."""
        layers = ([self._input_layer] if self._input_layer is not None else []) + self._stack
        config = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype,
                  "layers": [registry.serialize_object(layer) for layer in layers]}
        if self._record.build_shape is not None:
            config["build_input_shape"] = list(self._record.build_shape)
        return config

    @classmethod
    def from_config(cls, config):
        """A model from what `get_config` gave, built if the config knows the input shape."""
        unknown = set(config) - {"name", "trainable", "dtype", "layers", "build_input_shape"}
        if unknown:
            raise ValueError(f"Sequential: the config has the unknown field {', '.join(sorted(unknown))}.")
        layers = [registry.deserialize(layer, "layers") for layer in config.get("layers", ())]
        model = cls(layers, name=config.get("name"))
        if not model.built and config.get("build_input_shape"):
            model.build(tuple(config["build_input_shape"]))
        if not config.get("trainable", True):
            model.trainable = False
        return model


def _fitted(model, inputs):
    want = model._input_layer.batch_shape
    if not hasattr(inputs, "shape"):
        raise ArgumentError(f"{model.name} has one input, of shape {want} (batch first), got a "
                            f"{type(inputs).__name__}. Give one array or tensor; a list of numbers as tf.constant(...) "
                            "or np.array(...).")
    return fitted(inputs, want, f"{model.name} expects inputs")
