"""Optimizers by Keras' names."""


from .. import kinds, registry
from . import legacy, schedules
from .adam import Adam, Adamax, AdamW, Lamb, Nadam, ScheduleFreeAdamW
from .base import Optimizer
from .gradient_descent import SGD, Adadelta, Adafactor, Adagrad, Ftrl, Lion, RMSprop
from .muon import Muon
from .wrappers import LossScaleOptimizer, MultiOptimizer, OptimizerMap


def get(identifier):
    """The optimizer meant by a name in any case of letters, a config or an object; None for None."""
    if isinstance(identifier, str) and identifier.lower() in kinds.of_kind("optimizers"):
        identifier = identifier.lower()
    optimizer = registry.get("optimizers", identifier)
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise ValueError(f"{identifier!r} is not an optimizer: give a name like 'adam', a config or an Optimizer.")
    return optimizer



def serialize(optimizer):
    """An optimizer as plain data that `deserialize` reads: class name and config."""
    return registry.serialize(optimizer)


deserialize = registry.deserializer("optimizers")

__all__ = ["SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion",
           "LossScaleOptimizer", "MultiOptimizer", "Muon", "Nadam", "Optimizer", "OptimizerMap", "RMSprop",
           "ScheduleFreeAdamW", "deserialize", "get", "legacy", "schedules", "serialize"]
