"""Stages that join several."""

import functools
import itertools

import numpy as np

from ..autograd import tree
from .elements import common_spec
from .stages import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY, Passes, Stage


class Concatenate(Stage):
    """The elements of one stage, then those of another."""

    def __init__(self, first, second):
        self.sources = first, second

    @property
    def spec(self):
        return common_spec(*[source.spec for source in self.sources])

    @property
    def length(self):
        lengths = [source.length for source in self.sources]
        return lengths[0] + lengths[1] if min(lengths) >= 0 else \
            INFINITE_CARDINALITY if INFINITE_CARDINALITY in lengths else UNKNOWN_CARDINALITY

    def items(self):
        for source in self.sources:
            yield from source.elements()


class Zip(Stage):
    """Nests of what several stages give at the same place; items are tuples of theirs."""

    def __init__(self, structure):
        self.structure, self.sources = structure, tuple(tree.flatten(structure))

    @property
    def spec(self):
        return tree.pack(self.structure, [source.spec for source in self.sources])

    @property
    def length(self):
        lengths = [source.length for source in self.sources]
        if UNKNOWN_CARDINALITY in lengths:
            return UNKNOWN_CARDINALITY
        return min([n for n in lengths if n >= 0], default=INFINITE_CARDINALITY)

    def items(self):
        return zip(*[source.items() for source in self.sources])

    def element(self, item):
        return tree.pack(self.structure, [source.element(x) for source, x in zip(self.sources, item)])

    def batch(self, items):
        return tree.pack(self.structure, [source.batch(list(x)) for source, x in zip(self.sources, zip(*items))])


class Choose(Stage):
    """At each step the next element of one of several stages: of that whose number `choices` gives.

    stops   whether it ends where a stage is chosen that has no more; otherwise that is passed over
    """

    def __init__(self, stages, choices, stops):
        self.stages, self.choices, self.stops = stages, choices, stops
        self.sources = (*stages, choices)

    @property
    def spec(self):
        return functools.reduce(common_spec, [stage.spec for stage in self.stages])

    def items(self):
        return self._chosen(map(int, self.choices.elements()), range(len(self.stages)))

    def _chosen(self, choices, left):
        passes, left = [stage.elements() for stage in self.stages], set(left)
        for choice in choices:
            if not 0 <= choice < len(passes):
                raise ValueError(f"Dataset.choose_from_datasets: there are {len(passes)} data sets, and number "
                                 f"{choice} was chosen.")
            element = next(passes[choice], left)
            if element is not left:
                yield element
                continue
            left.discard(choice)
            if self.stops or not left:
                return


class Sample(Choose):
    """At each step the next element of a stage that is drawn by its weight."""

    def __init__(self, stages, weights, seed, stops, same):
        self.stages, self.weights, self.stops, self.sources = stages, weights, stops, tuple(stages)
        self.passes = Passes(seed, same)
        self.get_state, self.set_state = self.passes.get_state, self.passes.set_state

    def items(self):
        generator = self.passes.generator()
        choices = itertools.chain.from_iterable(
            generator.choice(len(self.weights), 256, p=self.weights).tolist() for _ in itertools.count())
        return self._chosen(choices, np.flatnonzero(self.weights).tolist())
