"""Seeds: one generator per consumer, numbered in the order of their creation since `set_random_seed`."""

import contextlib
import functools
import itertools
import os
import threading

import numpy as np

from .state import thread

_lock = threading.Lock()
_root = None        # the seed given to set_random_seed; None draws one from the system
_created = 0        # consumers made since then


class _ThreadDraws(threading.local):
    """Who notes what is drawn in this thread, the seeds that new consumers are to get again, and the results that
    draws are to give again (None: they are to be drawn)."""

    noting = ()
    seeds = iter(())
    results = None


_thread = _ThreadDraws()


class Draws:
    """The random numbers of a block, remembered by the state of their generators: to be drawn again."""

    def __init__(self):
        self._states = {}       # id of a generator -> it, and its state before its first draw
        self._seeds = []        # of the consumers made in the block
        self._results = []      # of the draws that were heard

    @contextlib.contextmanager
    def noted(self):
        """The block whose numbers are meant."""
        before = _thread.noting
        _thread.noting = (*before, self)
        try:
            yield
        finally:
            _thread.noting = before

    def note(self, generator):
        """Called before `generator` draws."""
        if id(generator) not in self._states:
            self._states[id(generator)] = generator, generator.bit_generator.state

    def note_result(self, result):
        """Called with what was drawn, if somebody heard it."""
        self._results.append(result)

    def note_seed(self, seed):
        """Called when a consumer is made with `seed`."""
        self._seeds.append(seed)

    def forget_results(self):
        """Let go of what was drawn, when it will not be repeated."""
        self._results.clear()

    def rewind(self):
        """Put the generators back to where they stood before the block."""
        for generator, state in self._states.values():
            generator.bit_generator.state = state

    @contextlib.contextmanager
    def paused(self):
        """A block inside `noted` whose draws are not noted."""
        before = _thread.noting
        _thread.noting = tuple([draws for draws in before if draws is not self])
        try:
            yield
        finally:
            _thread.noting = before

    def undo(self, seeds=True):
        """Put the generators back to before the block, as if nothing had been drawn; and, with `seeds`, the numbering
        of consumers."""
        global _created
        self.rewind()
        with _lock:
            if seeds and self._seeds and self._seeds[-1] == (_root, _created):
                _created -= len(self._seeds)

    @contextlib.contextmanager
    def repeated(self):
        """A block in which the same numbers come again; afterwards all generators go on as if it had not been."""
        present = [(generator, generator.bit_generator.state) for generator, _ in self._states.values()]
        self.rewind()
        before = _thread.seeds, _thread.results
        _thread.seeds, _thread.results = iter(self._seeds), iter(self._results) if self._results else None
        try:
            yield
        finally:
            _thread.seeds, _thread.results = before
            for generator, state in present:
                generator.bit_generator.state = state


def repeatable(draw):
    """Decorator for an op that draws: where draws that were heard are repeated, it gives what it gave then. Whoever
    runs a record of the ops again does not turn generators back."""
    @functools.wraps(draw)
    def call(*inputs, **attrs):
        result = None if _thread.results is None else next(_thread.results, None)
        if result is None:
            result = draw(*inputs, **attrs)
        if _thread.noting and thread.is_heard():
            for draws in _thread.noting:
                draws.note_result(result)
        return result
    return call


def set_random_seed(seed):
    """Make everything random that is created from here on follow from `seed`, an integer from 0 on.

    Unlike Keras', it leaves Python's `random` and NumPy's global generator alone.
    """
    global _root, _created
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"set_random_seed takes an integer from 0 on, got {seed!r}.")
    with _lock:
        _root, _created = int(seed), 0


def numbering():
    """The seed from which consumers without one get theirs, and how many did, as plain data."""
    with _lock:
        return {"seed": _root, "consumers": _created}


def set_numbering(state):
    """Go on from what `numbering` gave."""
    global _root, _created
    with _lock:
        _root, _created = state["seed"], int(state["consumers"])


def fresh_seed():
    """A pair of integers that seeds the next consumer."""
    global _root, _created
    seed = next(_thread.seeds, None)
    if seed is None:
        with _lock:
            if _root is None:
                _root = int.from_bytes(os.urandom(8), "little")
            _created += 1
            seed = (_root, _created)
    for draws in _thread.noting:
        draws.note_seed(seed)
    return seed


@contextlib.contextmanager
def seeded(key, draws):
    """A block whose unseeded consumers get (*key, 1), (*key, 2), ... as seeds, in whichever thread it runs; `draws`, a
    Draws, is told of what is drawn in it."""
    before = _thread.seeds, _thread.noting
    _thread.seeds, _thread.noting = ((*key, number) for number in itertools.count(1)), (*before[1], draws)
    try:
        yield
    finally:
        _thread.seeds, _thread.noting = before


class SeedGenerator:
    """The random numbers of one consumer. `seed` fixes them; without it they follow from the global seed."""

    def __init__(self, seed=None, name=None):
        self.name = name
        self.seed = seed
        self._generator = _seeded(seed)
        if thread.recorder is not None:
            thread.recorder.making(self)

    @property
    def generator(self):
        """The NumPy generator to draw from now."""
        for draws in _thread.noting:
            draws.note(self._generator)
        return self._generator

    def get_config(self):
        """Seed and name, from which `from_config` makes a generator at the start of the same stream."""
        return {"seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config):
        """A generator from what `get_config` gave."""
        return cls(**config)


def generator_of(seed):
    """The NumPy generator meant by a SeedGenerator, an integer or None."""
    if isinstance(seed, SeedGenerator):
        return seed.generator
    return _seeded(seed)


def _seeded(seed):
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0):
        raise ValueError(f"SeedGenerator: seed must be an integer from 0 on or None, got {seed!r}.")
    return np.random.Generator(np.random.PCG64(fresh_seed() if seed is None else int(seed)))


def derived_generator(*key):
    """A generator that depends on nothing but the integers of `key`."""
    return np.random.Generator(np.random.PCG64([int(k) for k in key]))
