"""NumPy's float warnings are off while a tape records, or inside a function declared `quietly`."""

import functools

import numpy as np

from .state import thread


def quietly(function):
    """Decorator: no float warnings from NumPy while `function` runs. An infinity is a result like any other."""
    @functools.wraps(function)
    def call(*args, **kwargs):
        if thread.quiet is not None:
            return function(*args, **kwargs)
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)
    return call


def follow_tapes():
    """Switch the warnings off when this thread's first tape starts, and back on when its last one stops.

    Tapes may stop in any order, so that no single one of them could put back what it found.
    """
    if thread.watchers and thread.quiet is None:
        thread.quiet = np.errstate(all="ignore")
        thread.quiet.__enter__()
    elif not thread.watchers and thread.quiet is not None:
        thread.quiet.__exit__(None, None, None)
        thread.quiet = None
