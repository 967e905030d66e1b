"""Model: a layer that trains."""

from ..errors import ShapeError
from ..layers.base import Layer
from ..saving import api
from ..training.trainer import Trainer
from .summary import summary_text


class Model(Trainer, Layer, kind="models"):
    """Base of models. Subclasses define `call`, and hold their layers in attributes."""

    def __init__(self, *args, **kwargs):
        if args or "inputs" in kwargs or "outputs" in kwargs:
            raise TypeError("Model(inputs, outputs) is not supported yet: subclass Model and define call, or use "
                            "Sequential([...]).")
        super().__init__(**kwargs)

    @property
    def layers(self):
        """The layers held directly, in order."""
        return list({id(layer): layer for layer in self._held(Layer)}.values())

    def get_layer(self, name=None, index=None):
        """The layer of that name or place. Raises ValueError naming those there are."""
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"{self.name} has {len(layers)} layers; there is no layer {index}.")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"{self.name} has no layer {name!r}; it has {', '.join(layer.name for layer in layers)}.")

    def build(self, input_shape):
        """Make all weights, by running `call` on the shape."""
        if type(self).call is not Layer.call and not self.built:
            self.built = True
            self._record.build_shape = input_shape
            try:
                self.compute_output_shape(input_shape)
            except BaseException:
                self.built = False
                raise

    def _build_at_call(self, shapes):
        if type(self).build is not Model.build:
            super()._build_at_call(shapes)
        else:
            # The call itself builds the layers inside.
            self._record.build_shapes, self.built = shapes, True

    def summary(self, line_length=None, print_fn=print, expand_nested=False, show_trainable=False):
        """Print the layers with their output shapes and numbers of weights."""
        print_fn(summary_text(self, line_length, expand_nested, show_trainable))

    def save(self, filepath, overwrite=True):
        """Write config, weights and optimizer state into a `.keras` archive, whole or not at all."""
        api.save_model(self, filepath, overwrite)

    def save_weights(self, filepath, overwrite=True):
        """Write the weights only, into `.weights.h5` or `.weights.npz`."""
        api.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath):
        """Assign the weights of a file to this model. Raises FileFormatError if they do not fit."""
        if not self.built:
            raise ShapeError(f"{self.name}.load_weights: the model has no weights yet; build it first, by calling it "
                             "on data or starting it with Input(shape).")
        api.load_weights(self, filepath)
