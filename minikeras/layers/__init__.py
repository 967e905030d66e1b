"""Layers by Keras' names."""

import functools

from .. import registry
from .base import Layer
from .core import Activation, Dense, Dropout, Flatten, Identity, Input, InputLayer, ReLU, Rescaling, Softmax
from .embedding import Embedding
from .input_spec import InputSpec
from .normalization import LayerNormalization

serialize = registry.serialize
deserialize = functools.partial(registry.get, "layers")

__all__ = sorted(name for name, value in globals().items() if not name.startswith("_") and callable(value))
