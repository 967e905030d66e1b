"""Keras' `config`: the default float type and the small number that keeps logarithms finite."""

from .autograd.dtypes import floatx, set_floatx
from .ops.crossentropy import EPSILON

__all__ = ["epsilon", "floatx", "set_floatx"]


def epsilon():
    """The distance that cross-entropies keep probabilities from 0 and 1."""
    return EPSILON
