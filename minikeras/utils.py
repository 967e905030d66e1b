"""Helpers that Keras' users import from `keras.utils`."""

import numpy as np

from .autograd.dtypes import as_dtype, floatx
from .autograd.random import set_random_seed
from .autograd.tensor import Operand, SymbolicTensor
from .layers.base import reset_names
from .ops import nn as _nn
from .saving import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)

__all__ = ["CustomObjectScope", "clear_session", "custom_object_scope", "deserialize_keras_object",
           "get_custom_objects", "get_registered_name", "get_registered_object", "is_keras_tensor", "normalize",
           "pack_x_y_sample_weight", "pad_sequences", "register_keras_serializable", "serialize_keras_object",
           "set_random_seed", "standardize_dtype", "to_categorical", "unpack_x_y_sample_weight"]


def clear_session(free_memory=True):
    """Count the automatic names of layers from the start again.

    free_memory   Keras collects garbage here; nothing is kept that would have to be freed
    """
    reset_names()


def is_keras_tensor(x):
    """Whether `x` is a tensor without numbers, such as `Input` gives."""
    return isinstance(x, SymbolicTensor)


def standardize_dtype(dtype):
    """The name of an element type, of the default float for None. Raises DTypeError (a TypeError) for others."""
    return floatx() if dtype is None else as_dtype(dtype).name


def normalize(x, axis=-1, order=2):
    """`x` divided by its norm of `order` along `axis`, zeros where the norm is 0. Of a NumPy array an array.

    order   an integer from 1, or inf
    """
    if isinstance(x, np.ndarray):
        size = np.atleast_1d(np.linalg.norm(x, order, axis))
        size[size == 0] = 1
        return x / np.expand_dims(size, axis)
    return _nn.normalize(x, axis=axis, order=order)


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
        return _nn.one_hot(labels, num_classes)
    return (labels[..., None] == np.arange(num_classes)).astype(np.float64)


def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0):
    """Lists of different lengths as one array. Shapes: n lists of (length, ...) -> (n, maxlen, ...).

    maxlen       the longest by default; longer ones lose entries at the start ('pre') or end ('post') by `truncating`
    padding      where shorter ones are filled up with `value`, 'pre' or 'post'
    Raises ValueError for other places, and for entries that are not of one shape.
    """
    for name, place in (("padding", padding), ("truncating", truncating)):
        if place not in ("pre", "post"):
            raise ValueError(f"pad_sequences: {name} must be 'pre' or 'post', got {place!r}.")
    if not hasattr(sequences, "__len__") or not all(hasattr(each, "__len__") for each in sequences):
        raise ValueError("pad_sequences: sequences must be a list of lists or arrays.")
    maxlen = max(map(len, sequences), default=0) if maxlen is None else int(maxlen)
    dtype = np.dtype(object) if dtype is object else np.dtype(getattr(dtype, "name", dtype))
    if isinstance(value, str) and dtype.kind not in "OUS":
        raise ValueError(f"pad_sequences: the value {value!r} is a text, but dtype is {dtype}. Give dtype=object.")
    entry = next((np.asarray(each).shape[1:] for each in sequences if len(each)), ())
    padded = np.full((len(sequences), maxlen, *entry), value, dtype)
    for row, each in zip(padded, sequences):
        if not len(each) or not maxlen:
            continue
        each = np.asarray(each[-maxlen:] if truncating == "pre" else each[:maxlen], dtype)
        if each.shape[1:] != entry:
            raise ValueError(f"pad_sequences: entries of shape {each.shape[1:]} among those of shape {entry}.")
        row[slice(None, len(each)) if padding == "post" else slice(-len(each), None)] = each
    return padded


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    """x, (x, y) or (x, y, sample_weight): as many as are there. An x that is a tuple comes in a tuple of its own."""
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data):
    """(x, y, sample_weight) of what `pack_x_y_sample_weight` gave, with None for what is missing.

    Raises ValueError for more than three.
    """
    data = tuple(data) if isinstance(data, list) else data
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(f"unpack_x_y_sample_weight: expected x, (x,), (x, y) or (x, y, sample_weight), got "
                         f"{len(data)} items.")
    return (*data, *(None,) * (3 - len(data)))
