"""Batches as tuples of inputs, targets and sample weights."""

from ..errors import DataError


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    """x, (x, y) or (x, y, sample_weight): as many as are there. An x that is a tuple comes in a tuple of its own."""
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data):
    """(x, y, sample_weight) of what `pack_x_y_sample_weight` gave, with None for what is missing.

    Raises DataError (a ValueError) for more than three.
    """
    data = tuple(data) if isinstance(data, list) else data
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise DataError(f"data must be x, (x,), (x, y) or (x, y, sample_weight), got a tuple of {len(data)}.")
    return (*data, *(None,) * (3 - len(data)))
