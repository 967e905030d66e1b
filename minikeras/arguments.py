"""Checks of arguments, each with a message that says what came and what was expected."""

import math
import operator

import numpy as np

from .errors import ArgumentError, MinikerasError, ShapeError


def number(name, value, low=-math.inf, high=math.inf, *, below=False, optional=False):
    """`value` if it is a finite number from `low` to `high`, without `high` itself if `below`.

    name       how the message begins: 'SGD: momentum'
    optional   whether None will do too
    Raises ArgumentError.
    """
    if value is None and optional:
        return value
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool) \
            and low <= value <= high and not math.isinf(value) and not (below and value == high):
        return value
    bounds = ("" if high == math.inf else f" up to {high}") if low == -math.inf else \
        f" from {low} on" if high == math.inf else f" in {low}..{high}"
    raise ArgumentError(f"{name} must be a number{bounds}{f', below {high}' if below else ''}, got {value!r}.")


def switch(name, value):
    """`value` if it is True or False. Raises ArgumentError."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise ArgumentError(f"{name} must be True or False, got {value!r}.")


def extents(name, shape):
    """`shape`, an integer or several, as a tuple of integers from 0 on. Raises ShapeError."""
    several = shape if isinstance(shape, (tuple, list)) or np.ndim(shape) else (shape,)
    try:
        found = tuple(map(operator.index, several))
    except MinikerasError:
        raise
    except TypeError:
        raise ShapeError(f"{name}: a shape must be made of integers, got {shape!r}.") from None
    if min(found, default=0) < 0:
        raise ShapeError(f"{name}: a shape must be made of integers from 0 on, got {shape!r}.")
    return found


def count(name, value, *, optional=False):
    """`value` as an int if it is an integer from 1 on. Raises ArgumentError."""
    if value is None and optional:
        return value
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ArgumentError(f"{name} must be an integer from 1 on, got {value!r}.")
    return int(value)


def one_of(name, value, known):
    """`value` if it is one of the names `known`. Raises ValueError."""
    if value in tuple(known):
        return value
    raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}, got {value!r}.")
