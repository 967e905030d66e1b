"""What a pipeline is made of, and how its random order is told and put back."""

from ..autograd.random import derived_generator, fresh_seed
from .elements import stack

INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2


class Stage:
    """One stage of a pipeline.

    An element is a nest of tensors. What runs through the stages are *items*, by which an element can be looked up: a
    row number, a line of a file, a list of other items for a batch. A stage that only selects and orders hands on the
    items of its source (`Moving`). So shuffling rows is shuffling their numbers, and a batch of rows is one gather,
    wherever the two stand. A stage that says nothing else has the elements themselves as items.

    sources   the stages that it reads
    length    how many elements it has, INFINITE_CARDINALITY or UNKNOWN_CARDINALITY
    spec      a nest of TensorSpecs
    keeps_sources   whether its state holds that of its sources
    """

    sources = ()
    keeps_sources = False
    length = UNKNOWN_CARDINALITY

    def items(self):
        """An iterator of the items of a new pass."""
        raise NotImplementedError

    def element(self, item):
        """The element that an item stands for."""
        return item

    def batch(self, items):
        """The elements of a list of items, stacked."""
        return stack([self.element(item) for item in items])

    def elements(self):
        """An iterator of the elements of a new pass."""
        return map(self.element, self.items())

    def get_state(self):
        """What the order of the next pass depends on, as plain data; None if it is always the same."""

    def set_state(self, state):
        """Put back what `get_state` gave."""


class Following(Stage):
    """A stage with elements like those of its source, and as many."""

    def __init__(self, source):
        self.source, self.sources = source, (source,)

    @property
    def spec(self):
        return self.source.spec

    @property
    def length(self):
        return self.source.length


class Moving(Following):
    """A stage whose items are those of its source, or some of them."""

    def __init__(self, source):
        super().__init__(source)
        self.element, self.batch = source.element, source.batch


class Passes:
    """Counts passes over data: what is drawn in a pass follows from the seed and how many were before."""

    def __init__(self, seed=None, same=False):
        # TensorFlow takes any 64 bits.
        self.seed = fresh_seed() if seed is None else (int(seed) % 2 ** 64,)
        self.same = same        # whether every pass gets the numbers of the first
        self.count = 0

    def begin(self):
        """The key of a new pass, a tuple of integers."""
        key = (*self.seed, 0 if self.same else self.count)
        self.count += 1
        return key

    def generator(self):
        """The generator of a new pass."""
        return derived_generator(*self.begin())

    def get_state(self):
        """Seed and count, as plain data."""
        return {"seed": [int(n) for n in self.seed], "passes": self.count}

    def set_state(self, state):
        """Put back what `get_state` gave."""
        self.seed, self.count = tuple(map(int, state["seed"])), int(state["passes"])


def _stateful(stage, seen):
    if id(stage) in seen:
        return
    seen.add(id(stage))
    if stage.get_state() is not None:
        yield stage
    if not stage.keeps_sources:
        for source in stage.sources:
            yield from _stateful(source, seen)


def get_states(stage):
    """The states of all stages of a pipeline that have one, a list."""
    return [each.get_state() for each in _stateful(stage, set())]


def set_states(stage, states):
    """Put back what `get_states` gave. Raises ValueError if it is of another pipeline."""
    stages = list(_stateful(stage, set()))
    fits = isinstance(states, list) and len(states) == len(stages) and all(
        isinstance(state, dict) and state.keys() == each.get_state().keys() for each, state in zip(stages, states))
    if not fits:
        raise ValueError(f"Dataset.set_state: this pipeline has {len(stages)} stages with a state, "
                         f"{[type(each).__name__ for each in stages]}; the state given fits another pipeline: "
                         f"{str(states)[:80]}.")
    for each, state in zip(stages, states):
        each.set_state(state)
