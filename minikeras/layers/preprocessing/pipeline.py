"""Layers one after the other."""

from ..base import Layer


class Pipeline(Layer):
    """Layers one after the other, as one: a chain of preparations. In training mode unless told otherwise."""

    def __init__(self, layers, name=None):
        super().__init__(name=name, autocast=False)
        if not isinstance(layers, (list, tuple)):
            raise TypeError(f"Pipeline: layers must be a list of layers, got {layers!r}.")
        self._pipeline_layers = list(layers)
        wrong = [layer for layer in self._pipeline_layers if not isinstance(layer, Layer)]
        if wrong:
            raise TypeError(f"Pipeline: layers must be layers, got {wrong[0]!r}.")
        self.supports_masking = True

    @property
    def layers(self):
        """The layers in their order."""
        return self._pipeline_layers

    def call(self, inputs, training=True):
        for layer in self._pipeline_layers:
            inputs = layer(inputs, training=training)
        return inputs

    def compute_mask(self, inputs, previous_mask):
        return previous_mask

    def get_config(self):
        config = super().get_config()
        return {"layers": config["layers"], "name": self.name}
