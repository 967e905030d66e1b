"""Helpers that Keras' users import from `keras.utils`."""

import numpy as np

from .autograd.random import set_random_seed
from .layers.base import reset_names
from .saving import register_keras_serializable

__all__ = ["clear_session", "register_keras_serializable", "set_random_seed", "to_categorical"]


def clear_session():
    """Count the automatic names of layers from the start again."""
    reset_names()


def to_categorical(x, num_classes=None):
    """One-hot rows, float32, for integer labels 0..num_classes-1 (up to the largest if not given).

    Raises ValueError for labels out of range.
    """
    labels = np.asarray(x)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    labels = labels.astype(np.int64)
    num_classes = int(labels.max(initial=-1)) + 1 if num_classes is None else int(num_classes)
    if labels.size and (labels.min() < 0 or labels.max() >= num_classes):
        bad = labels[(labels < 0) | (labels >= num_classes)].flat[0]
        raise ValueError(f"to_categorical: label {bad} is outside 0..{num_classes - 1}.")
    return (labels[..., None] == np.arange(num_classes)).astype(np.float32)
