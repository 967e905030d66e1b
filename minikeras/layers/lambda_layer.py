"""Lambda: a function as a layer."""

import inspect

from .. import registry
from ..autograd import tree
from ..autograd.operands import shape_of
from ..autograd.tensor import SymbolicTensor
from .base import Layer
from .calling import map_shapes
from .probe import probe_call


class Lambda(Layer):
    """A function of tensors as a layer. It trains no weights: for that, write a class.

    function       called with the inputs, the `arguments`, and `mask` and `training` if it has parameters so called
    output_shape   of one sample, or a function of the shape of the inputs that gives the whole shape; found by
                   running `function` on shapes if None
    mask           of the output: a tensor, or a function of (inputs, mask)

    A config names the functions as registered by `saving.register_keras_serializable`; get_config raises TypeError
    for a lambda, which has no name to find it by.
    """

    def __init__(self, function, output_shape=None, mask=None, arguments=None, **kwargs):
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(f"Lambda: function must be something to call, got {function!r}.")
        self.function, self.mask, self.arguments = function, mask, arguments or {}
        self._output_shape = tuple(output_shape) if isinstance(output_shape, list) else output_shape
        self.supports_masking = mask is not None
        self.takes = frozenset(_parameters(function)) & {"mask", "training"}
        self.built = True

    def call(self, inputs, mask=None, training=None):
        told = {"mask": mask, "training": training}
        return self.function(inputs, **self.arguments, **{name: told[name] for name in self.takes})

    def compute_mask(self, inputs, mask=None):
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def compute_output_spec(self, inputs, mask=None, training=None):
        if self._output_shape is None:
            return probe_call(self, (inputs,), {"mask": mask, "training": training})
        if callable(self._output_shape):
            shapes = self._output_shape(tree.map_structure(lambda x: x.shape, inputs))
        else:
            batch = shape_of(tree.flatten(inputs)[0])[0]
            shapes = map_shapes(lambda shape: (batch, *shape), self._output_shape)
        return map_shapes(lambda shape: SymbolicTensor(shape, self.dtype), shapes)

    def get_config(self):
        config = super().get_config()
        for name, value in (("function", self.function), ("output_shape", self._output_shape), ("mask", self.mask)):
            if callable(value):
                config[name] = registry.serialize_function(value, by_name=False)
            elif value is None:
                del config[name]
        return {**config, "arguments": registry.serialize(self.arguments)}

    @classmethod
    def from_config(cls, config):
        """A layer from what `get_config` gave. Raises ValueError for functions that are not registered, or lambdas."""
        if any(isinstance(value, dict) and value.get("class_name") == "__lambda__" for value in config.values()):
            raise ValueError("Lambda: the config holds a lambda as Python bytecode, which is never run here. Save the "
                             "model with a function that is registered by saving.register_keras_serializable.")
        return super().from_config({name: registry.deserialize(value) for name, value in config.items()})


def _parameters(function):
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):     # some functions written in C do not say
        return ()
