"""Stages that select and order elements without looking at them."""

import itertools

from ..errors import DataError
from .stages import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY, Moving, Passes, get_states, set_states


class Counted(Moving):
    """A stage that goes by a number."""

    def __init__(self, source, count):
        super().__init__(source)
        self.count = count


class Take(Counted):
    """The first elements, all if `count` is negative."""

    @property
    def length(self):
        length = self.source.length
        if self.count < 0 or length == UNKNOWN_CARDINALITY:
            return length
        return self.count if length == INFINITE_CARDINALITY else min(length, self.count)

    def items(self):
        items = self.source.items()
        return items if self.count < 0 else itertools.islice(items, self.count)


class Skip(Counted):
    """All but the first elements; none if `count` is negative."""

    @property
    def length(self):
        length = self.source.length
        if length == UNKNOWN_CARDINALITY or (length < 0 <= self.count):
            return length
        return 0 if self.count < 0 else max(length - self.count, 0)

    def items(self):
        return iter(()) if self.count < 0 else itertools.islice(self.source.items(), self.count, None)


class Shard(Moving):
    """Every so many-th element, from one on."""

    def __init__(self, source, num_shards, index):
        super().__init__(source)
        self.num_shards, self.index = num_shards, index

    @property
    def length(self):
        length = self.source.length
        return length if length < 0 else len(range(self.index, length, self.num_shards))

    def items(self):
        return itertools.islice(self.source.items(), self.index, None, self.num_shards)


class Repeat(Counted):
    """Passes one after the other, without end if `count` is negative."""

    @property
    def length(self):
        length = self.source.length
        if self.count < 0:
            return INFINITE_CARDINALITY if length else 0
        return length * self.count if length >= 0 else length if self.count else 0

    def items(self):
        for _ in itertools.count() if self.count < 0 else range(self.count):
            items = self.source.items()
            first = next(items, items)
            if first is items:      # it is empty and will be
                return
            yield first
            yield from items


class Shuffle(Moving):
    """The order that a buffer gives: each element is drawn from as many as it holds, the next one takes its place."""

    def __init__(self, source, buffer_size, seed, reshuffles):
        super().__init__(source)
        self.buffer_size = buffer_size
        self.passes = Passes(seed, same=not reshuffles)
        self.get_state, self.set_state = self.passes.get_state, self.passes.set_state

    def items(self):
        return self._shuffled(self.source.items(), self.passes.generator())

    def _shuffled(self, items, generator):
        size = self.buffer_size
        buffer = list(items if size == UNKNOWN_CARDINALITY else itertools.islice(items, size))
        if len(buffer) == size:
            places = itertools.chain.from_iterable(
                generator.integers(size, size=1024).tolist() for _ in itertools.count())
            for item, place in zip(items, places):
                yield buffer[place]
                buffer[place] = item
        for place in generator.permutation(len(buffer)).tolist():
            yield buffer[place]


class Cache(Moving):
    """The items of the first whole pass, kept for all later ones.

    Its state is that of its source when the kept pass began: from there the same is kept again.
    """

    keeps_sources = True

    def __init__(self, source):
        super().__init__(source)
        self.kept = self.began = None

    def items(self):
        if self.kept is not None:
            return iter(self.kept)
        began = get_states(self.source)
        return self._keeping(began, self.source.items())

    def _keeping(self, began, items):
        kept = []
        for item in items:
            kept.append(item)
            yield item
        self.kept, self.began = kept, began

    def get_state(self):
        return {"cached": get_states(self.source) if self.kept is None else self.began}

    def set_state(self, state):
        if self.kept is None or state["cached"] != self.began:
            set_states(self.source, state["cached"])
            self.kept = self.began = None


class Asserted(Moving):
    """The same, of a length that somebody knows. Raises DataError in a pass of another one."""

    length = None

    def __init__(self, source, length):
        super().__init__(source)
        self.length = length

    def items(self):
        found = 0
        for item in self.source.items():
            found += 1
            if found > self.length >= 0:
                break
            yield item
        if found != self.length:
            raise DataError(f"data.experimental.assert_cardinality: {self.length} elements were expected, but there "
                            f"are {'more' if found > self.length >= 0 else found}.")
