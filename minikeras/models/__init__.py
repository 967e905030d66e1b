"""Models by Keras' names."""

from ..layers.core import Input
from ..saving.api import load_model
from .model import Functional, Model
from .sequential import Sequential

__all__ = ["Functional", "Input", "Model", "Sequential", "load_model"]
