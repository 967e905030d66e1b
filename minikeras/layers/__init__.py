"""Layers by Keras' names."""

import functools

from .. import registry
from .base import Layer
from .core import Activation, Dense, Dropout, Flatten, Identity, Input, InputLayer, ReLU, Rescaling, Softmax
from .embedding import Embedding
from .normalization import LayerNormalization

serialize = registry.serialize
deserialize = functools.partial(registry.get, "layers")

__all__ = ["Activation", "Dense", "Dropout", "Embedding", "Flatten", "Identity", "Input", "InputLayer", "Layer",
           "LayerNormalization", "ReLU", "Rescaling", "Softmax", "deserialize", "serialize"]
