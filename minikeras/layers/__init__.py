"""Layers by Keras' names."""

from .base import Layer
from .core import Activation, Dense, Dropout, Flatten, Identity, Input, InputLayer, ReLU, Rescaling, Softmax

__all__ = ["Activation", "Dense", "Dropout", "Flatten", "Identity", "Input", "InputLayer", "Layer", "ReLU", "Rescaling",
           "Softmax"]
