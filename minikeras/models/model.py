"""Model: a layer that trains. It is what leads from inputs to outputs, or defines its own `call`."""

import json

from .. import kinds, registry
from ..autograd import tree
from ..autograd.operands import as_tensor
from ..autograd.tensor import Operand
from ..custom_objects import CustomObjectScope
from ..errors import ShapeError
from ..layers.base import Layer
from ..layers.calling import holds_tensors, map_shapes, shape_of
from ..masks import carrying, mask_of
from ..ops.shapes import expand_dims, squeeze
from ..saving import api, weights
from ..training.trainer import Trainer
from .graph import Graph
from .graph_config import graph_config, graph_of_config
from .summary import summary_text


class Model(Trainer, Layer, kind="models"):
    """A layer that trains.

    Model(inputs, outputs) is all that leads from one to the other: nests of symbolic tensors, inputs from Input or from
    inside another model. A subclass holds its layers in attributes and defines `call`.
    """

    _graph = None

    def __new__(cls, *args, **kwargs):
        if cls is Model and _is_functional(args, kwargs):
            cls = kinds.find("models", "Functional")
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args, **kwargs):
        if not _is_functional(args, kwargs):
            if args:
                raise TypeError(f"{type(self).__name__} takes inputs and outputs, or nothing without a name, got "
                                f"{len(args)} positional argument{'s' * (len(args) > 1)}.")
            super().__init__(**kwargs)
            return
        given = dict(zip(("inputs", "outputs", "name"), args)) | kwargs
        inputs, outputs, trainable = given.pop("inputs"), given.pop("outputs"), given.pop("trainable", True)
        super().__init__(autocast=False, **given)
        self._graph = Graph(inputs, outputs, self._titled)
        self._layers = self._graph.layers
        self.built = True
        if not trainable:
            self.trainable = False

    def call(self, inputs, training=None, mask=None):
        if self._graph is None:
            raise NotImplementedError(f"{type(self).__name__} must define call(self, inputs), or be made of inputs and "
                                      "outputs: Model(inputs, outputs).")
        flat = self._as_inputs(inputs)
        if mask is not None:
            flat = [x if m is None or mask_of(x) is not None else carrying(x, m)
                    for x, m in zip(flat, tree.flatten(mask))]
        outputs = self._graph.run(flat)
        return outputs[0] if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else outputs

    def _as_inputs(self, inputs):
        """What was given, in the order, the dtypes and with the axes of the inputs."""
        wanted = self._graph.flat_inputs
        if len(wanted) == 1 and isinstance(inputs, Operand):
            return [self._fitted(inputs, wanted[0])]
        return [self._fitted(x, want) for x, want in zip(self._arranged(inputs), wanted)]

    def _arranged(self, inputs):
        own, names = self._graph.inputs, self.input_names
        if isinstance(inputs, dict):
            keys = sorted(own) if isinstance(own, dict) else names
            missing = [key for key in keys if key not in inputs]
            if missing:
                raise ValueError(f"{self._titled} has no value for its input {missing[0]!r}; it takes "
                                 f"{', '.join(keys)}, and got {', '.join(map(str, inputs))}.")
            flat = tree.flatten([inputs[key] for key in keys])
        else:
            flat = tree.flatten(inputs)
        if len(flat) != len(names):
            raise ValueError(f"{self._titled} takes {len(names)} inputs ({', '.join(names)}), got {len(flat)}. Give "
                             "them as a list in this order, or as a dict by these names.")
        return flat

    def _fitted(self, x, want):
        return fitted(as_tensor(x, want.dtype), want.shape,
                      f"{self._titled}: its input {self._graph.name_of(want)!r} must be")

    def _attach_masks(self, args, kwargs, outputs, mask):
        if self._graph is None:     # else the layers inside have masked the outputs
            super()._attach_masks(args, kwargs, outputs, mask)

    # --- what it is made of ------------------------------------------------------------------

    @property
    def layers(self):
        """The layers: on the way from inputs to outputs, the first ones first; else those held directly, in order."""
        held = self._held(Layer) if self._graph is None else self._graph.layers
        return list({id(layer): layer for layer in held}.values())

    def get_layer(self, name=None, index=None):
        """The layer of that name or place. Raises ValueError naming those there are."""
        layers = self.layers
        if name is None and index is None:
            raise ValueError(f"{self.name}.get_layer: give a name or an index.")
        if name is not None and index is not None:
            raise ValueError(f"{self.name}.get_layer: give a name or an index, got both, {name!r} and {index}.")
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"{self.name} has {len(layers)} layers; there is no layer {index}.")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"{self.name} has no layer {name!r}; it has {', '.join(layer.name for layer in layers)}.")

    def _connected(self, what):
        if self._graph is None:
            raise AttributeError(f"{self._titled} has no {what}: it was not made of inputs and outputs, and computes "
                                 "them in its call.")
        return self._graph

    @property
    def inputs(self):
        """The symbolic inputs, a list."""
        return list(self._connected("inputs").flat_inputs)

    @property
    def outputs(self):
        """The symbolic outputs, a list."""
        return list(self._connected("outputs").flat_outputs)

    @property
    def input(self):
        """The symbolic inputs as they were given."""
        return self._connected("input").inputs

    @property
    def output(self):
        """The symbolic outputs as they were given."""
        return self._connected("output").outputs

    @property
    def input_names(self):
        """Names of the inputs, a list."""
        graph = self._connected("input_names")
        return [graph.name_of(x) for x in graph.flat_inputs]

    @property
    def output_names(self):
        """Names of what the outputs come from, a list."""
        graph = self._connected("output_names")
        return [graph.name_of(x) for x in graph.flat_outputs]

    @property
    def input_shape(self):
        """Shape of the input, or a list of them, with None where not known."""
        return _one_or_all([x.shape for x in self.inputs])

    @property
    def output_shape(self):
        """Shape of the output, or a list of them, with None where not known."""
        return _one_or_all([x.shape for x in self.outputs])

    def build(self, input_shape):
        """Make all weights, by running `call` on the shape."""
        if self._graph is None and type(self).call is not Model.call and not self.built:
            self.built = True
            self._record.build_shape = input_shape
            try:
                self.compute_output_shape(input_shape)
            except BaseException:
                self.built = False
                raise

    def _build_for(self, args, kwargs):
        if type(self).build is not Model.build:
            super()._build_for(args, kwargs)
            return
        # The call itself builds the layers inside.
        given = {name: shape_of(value) for name, value in self._record.signature.given(args, kwargs).items()
                 if name != "mask" and holds_tensors(value)}
        self._record.build_shapes = {f"{name}_shape": shape for name, shape in given.items()} if len(given) > 1 else {
            "input_shape": next(iter(given.values()), None)}
        self.built = True

    def build_from_config(self, config):
        """Make all weights as `get_build_config` describes them: by a run of `call` on these shapes."""
        shapes = config.get("shapes_dict")
        if not shapes or type(self).build is not Model.build:
            super().build_from_config(config)
        elif not self.built:
            self.compute_output_shape(**{name: map_shapes(tuple, shape) for name, shape in shapes.items()})

    def get_config(self):
        """The layers and how they are connected; of a subclass with a constructor of its own, its arguments."""
        if self._graph is None or type(self).__init__ is not Model.__init__:
            return super().get_config()
        return {"name": self.name, "trainable": self.trainable, **graph_config(self._graph)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model from what `get_config`, or Keras', gave."""
        if not {"layers", "input_layers", "output_layers"} <= config.keys():
            return super().from_config(config)
        with CustomObjectScope(custom_objects):
            inputs, outputs = graph_of_config(config)
        rest = {key: value for key, value in config.items() if key not in ("layers", "input_layers", "output_layers")}
        return cls(inputs=inputs, outputs=outputs, **rest)

    # --- descriptions and files --------------------------------------------------------------

    def summary(self, line_length=None, positions=None, print_fn=None, expand_nested=False, show_trainable=False,
                layer_range=None):
        """Print a table of the layers with their output shapes and numbers of weights.

        line_length     of the table, as wide as the terminal lets it be by default
        positions       end of each column, as parts of the width, or as places in the line
        print_fn        what the text is given to, as one string
        expand_nested   show the layers inside models, too;  show_trainable   whether they are trained
        layer_range     names, or patterns of names, of the first and the last layer to show
        """
        (print_fn or print)(summary_text(self, line_length, positions, expand_nested, show_trainable, layer_range))

    def to_json(self, **kwargs):
        """The model without its weights as JSON text, which `models.model_from_json` reads. `kwargs` go to
        `json.dumps`."""
        return json.dumps(registry.serialize_object(self), **kwargs)

    def save(self, filepath, overwrite=True, zipped=None, **kwargs):
        """Write config, weights and optimizer state into a `.keras` archive; see `saving.save_model`."""
        api.save_model(self, filepath, overwrite, zipped, **kwargs)

    def save_weights(self, filepath, overwrite=True, max_shard_size=None, **kwargs):
        """Write the weights only; see `saving.save_weights`."""
        weights.save_weights(self, filepath, overwrite, max_shard_size, **kwargs)

    def load_weights(self, filepath, skip_mismatch=False, **kwargs):
        """Assign the weights of a file to this model; see `saving.load_weights`."""
        weights.load_weights(self, filepath, skip_mismatch, **kwargs)

    def export(self, filepath, format="tf_saved_model", verbose=None, input_signature=None, **kwargs):
        """Not supported: raises ValueError that says what is."""
        raise ValueError(f"{self.name}.export: {format!r} is a form of TensorFlow's and others' runtimes, which is not "
                         "written here. model.save('name.keras') gives a file that Keras reads and exports from; "
                         "save_weights('name.safetensors') gives the weights alone.")


class Functional(Model):
    """A model made of inputs and outputs, as `Model(inputs, outputs)` gives it."""

    keras_module = "keras.src.models.functional"


def with_rank_of(x, shape):
    """`x` with as many axes as `shape`, if all that it has too many or too few is a last one of extent 1."""
    if len(x.shape) == len(shape) + 1 and x.shape[-1] == 1:
        return squeeze(x, -1)
    if len(x.shape) == len(shape) - 1 and shape[-1] == 1:
        return expand_dims(x, -1)
    return x


def fitted(x, shape, what):
    """`x` with as many axes as `shape`: a last one of 1 is dropped, or added. Raises ShapeError, which begins with
    `what`, where it does not fit."""
    got = x.shape
    if len(got) != len(shape):
        x = with_rank_of(x, shape)
    # Not the batch, as in Keras: a last batch is smaller than the one that the model was made for.
    if x.shape[1:] != shape[1:] and not x.shape.is_compatible_with((None, *shape[1:])):
        raise ShapeError(f"{what} of shape {tuple(shape)} (batch first), got {tuple(got)}.")
    return x


def _is_functional(args, kwargs):
    return len(args) >= 2 or "outputs" in kwargs or "inputs" in kwargs


def _one_or_all(shapes):
    return shapes[0] if len(shapes) == 1 else shapes
