"""Iterators over data sets."""

import contextlib
import itertools

import numpy as np

from ..autograd import tree
from ..autograd.custom import paused
from ..autograd.operands import as_tensor
from ..autograd.state import thread
from ..errors import OutOfRangeError
from .elements import Nested


class Iterator:
    """One pass over a data set: `next` gives its elements, nests of tensors. No tape hears what happens in it."""

    def __init__(self, dataset):
        self._dataset = dataset
        self._begin()

    def _begin(self):
        self._before, self._taken = self._dataset.get_state(), 0        # of the pass; the elements that it gave
        self._elements = self._dataset._stage.elements()

    def get_state(self):
        """Where it stands, as plain data: the state of the data set before this pass, and how many elements came."""
        return {"dataset": self._before, "taken": self._taken}

    def set_state(self, state):
        """Go on where `get_state` was asked, with an iterator over the same pipeline: what came before is skipped."""
        self._dataset.set_state(state["dataset"])
        self._begin()
        for _ in itertools.islice(self, state["taken"]):
            pass

    def __iter__(self):
        return self

    def __next__(self):
        if thread.recorder is not None:
            thread.recorder.feeding("an iterator of a Dataset")
        with np.errstate(all="ignore"), paused() if thread.watchers else contextlib.nullcontext():
            element = next(self._elements)
        self._taken += 1
        return element

    @property
    def element_spec(self):
        """A nest of TensorSpecs, as the data set's."""
        return self._dataset.element_spec

    def get_next(self):
        """The next element. Raises OutOfRangeError at the end."""
        try:
            return next(self)
        except StopIteration:
            raise OutOfRangeError("Iterator.get_next: the data set has no more elements.") from None

    def get_next_as_optional(self):
        """An Optional of the next element."""
        try:
            return Optional((next(self),))
        except StopIteration:
            return Optional(())


class Optional:
    """An element, or nothing at the end of a data set."""

    def __init__(self, held):
        self._held = held

    def has_value(self, name=None):
        """Whether there is an element, a boolean tensor."""
        return as_tensor(bool(self._held))

    def get_value(self, name=None):
        """The element. Raises OutOfRangeError if there is none."""
        if not self._held:
            raise OutOfRangeError("Optional.get_value: there is no element; the data set had ended.")
        return self._held[0]


class NumpyIterator:
    """One pass over a data set as NumPy arrays that cannot be written to, scalars as NumPy's."""

    def __init__(self, dataset):
        self._iterator = Iterator(dataset)

    def __iter__(self):
        return self

    def __next__(self):
        return tree.map_structure(_as_numpy, next(self._iterator))


def _as_numpy(leaf):
    if leaf is None:
        return None
    if isinstance(leaf, Nested):
        raise TypeError("Dataset.as_numpy_iterator: the elements hold data sets, as those of `window` do. Batch these "
                        "first, or iterate over them.")
    return np.asarray(leaf) if leaf.ndim else leaf.numpy()
