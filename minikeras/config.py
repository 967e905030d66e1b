"""Keras' `config`: the default float type, the order of image axes, the number that keeps logarithms finite."""

from .autograd.dtypes import floatx, set_floatx
from .ops.crossentropy import EPSILON
from .ops.windows import image_data_format, set_image_data_format

__all__ = ["epsilon", "floatx", "image_data_format", "set_floatx", "set_image_data_format"]


def epsilon():
    """The distance that cross-entropies keep probabilities from 0 and 1."""
    return EPSILON
