"""Labels and features as numbers that networks take."""

import numpy as np

from ..autograd.tensor import Operand
from ..ops import nn

__all__ = ["normalize", "to_categorical"]


def normalize(x, axis=-1, order=2):
    """`x` divided by its norm of `order` along `axis`, zeros where the norm is 0. Of a NumPy array an array.

    order   an integer from 1, or inf
    """
    if isinstance(x, np.ndarray):
        size = np.atleast_1d(np.linalg.norm(x, order, axis))
        size[size == 0] = 1
        return x / np.expand_dims(size, axis)
    return nn.normalize(x, axis=axis, order=order)


def to_categorical(x, num_classes=None):
    """One-hot rows for integer labels 0..num_classes-1 (up to the largest if not given).

    Shapes: (...) -> (..., num_classes). A last axis of 1 is dropped. Of a tensor a float32 tensor, of
    anything else a float64 array. Raises ValueError for labels out of range.
    """
    labels = np.asarray(x)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    labels = labels.astype(np.int64)
    num_classes = int(labels.max(initial=-1)) + 1 if num_classes is None else int(num_classes)
    if labels.size and (labels.min() < 0 or labels.max() >= num_classes):
        bad = labels[(labels < 0) | (labels >= num_classes)].flat[0]
        raise ValueError(f"to_categorical: label {bad} is outside 0..{num_classes - 1}.")
    if isinstance(x, Operand):
        return nn.one_hot(labels, num_classes)
    return (labels[..., None] == np.arange(num_classes)).astype(np.float64)
