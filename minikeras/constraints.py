"""Limits on weights: called with a value after an update, they give the value allowed."""


from . import registry
from .arguments import number
from .autograd.dtypes import epsilon
from .ops.arithmetic import clip, maximum
from .ops.reduce import euclidean_norm


class Constraint(registry.Configurable, kind="constraints"):
    """Base: subclasses define `__call__(w)`."""

    def __call__(self, w):
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, w).")


class NonNeg(Constraint, aliases=("nonneg", "non_neg")):
    """Negative weights become 0."""

    def __call__(self, w):
        return maximum(w, 0.0)


class UnitNorm(Constraint):
    """Vectors along `axis` are scaled to norm 1."""

    def __init__(self, axis=0):
        self.axis = axis

    def __call__(self, w):
        return w / (euclidean_norm(w, axis=self.axis, keepdims=True) + epsilon())


class MaxNorm(Constraint):
    """Vectors along `axis` longer than `max_value` are shortened to it."""

    def __init__(self, max_value=2, axis=0):
        self.max_value, self.axis = number("MaxNorm: max_value", max_value, 0), axis

    def __call__(self, w):
        length = euclidean_norm(w, axis=self.axis, keepdims=True)
        return w * (clip(length, 0.0, float(self.max_value)) / (length + epsilon()))


class MinMaxNorm(Constraint):
    """Norms along `axis` are moved towards min_value..max_value, by the part `rate` of the way."""

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value, self.max_value = (number("MinMaxNorm: min_value", min_value, 0),
                                          number("MinMaxNorm: max_value", max_value, min_value))
        self.rate, self.axis = number("MinMaxNorm: rate", rate, 0, 1), axis

    def __call__(self, w):
        length = euclidean_norm(w, axis=self.axis, keepdims=True)
        wanted = self.rate * clip(length, float(self.min_value), float(self.max_value)) + (1 - self.rate) * length
        return w * (wanted / (length + epsilon()))


# Keras' older names.
max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm


def get(identifier):
    """The constraint meant by a name, a config, a function, an object or None."""
    return registry.get("constraints", identifier)


def serialize(constraint):
    """A constraint as plain data that `deserialize` reads: class name and config."""
    return registry.serialize(constraint)


deserialize = registry.deserializer("constraints")
