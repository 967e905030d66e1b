"""Sequences of different lengths as one array."""

import numpy as np

from ..arguments import one_of

__all__ = ["pad_sequences"]


def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0):
    """Lists of different lengths as one array. Shapes: n lists of (length, ...) -> (n, maxlen, ...).

    maxlen       the longest by default; longer ones lose entries at the start ('pre') or end ('post') by `truncating`
    padding      where shorter ones are filled up with `value`, 'pre' or 'post'
    Raises ValueError for other places, and for entries that are not of one shape.
    """
    for name, place in (("padding", padding), ("truncating", truncating)):
        one_of(f"pad_sequences: {name}", place, ("pre", "post"))
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
