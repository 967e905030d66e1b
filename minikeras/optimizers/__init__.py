"""Optimizers by Keras' names."""

import functools

from .. import registry
from . import schedules
from .base import Optimizer
from .gradient_descent import SGD, Adam, RMSprop


def get(identifier):
    """The optimizer meant by a name, a config or an object."""
    optimizer = registry.get("optimizers", identifier)
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"{identifier!r} is not an optimizer: give a name like 'adam', a config or an Optimizer.")
    return optimizer


serialize = registry.serialize
deserialize = functools.partial(registry.get, "optimizers")

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "deserialize", "get", "schedules", "serialize"]
