"""Seeds: one generator per consumer, numbered in the order of their creation since `set_random_seed`."""

import os
import threading

import numpy as np

_lock = threading.Lock()
_root = None        # the seed given to set_random_seed; None draws one from the system
_created = 0        # consumers made since then


def set_random_seed(seed):
    """Make everything random that is created from here on follow from `seed`, an integer from 0 on.

    Unlike Keras', it leaves Python's `random` and NumPy's global generator alone.
    """
    global _root, _created
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"set_random_seed takes an integer from 0 on, got {seed!r}.")
    with _lock:
        _root, _created = int(seed), 0


def fresh_seed():
    """A pair of integers that seeds the next consumer."""
    global _root, _created
    with _lock:
        if _root is None:
            _root = int.from_bytes(os.urandom(8), "little")
        _created += 1
        return (_root, _created)


class SeedGenerator:
    """The random numbers of one consumer. `seed` fixes them; without it they follow from the global seed."""

    def __init__(self, seed=None, name=None):
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0):
            raise ValueError(f"SeedGenerator: seed must be an integer from 0 on or None, got {seed!r}.")
        self.name = name
        self.seed = seed
        self.generator = np.random.Generator(np.random.PCG64(fresh_seed() if seed is None else int(seed)))

    def get_config(self):
        return {"seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def generator_of(seed):
    """The NumPy generator meant by a SeedGenerator, an integer or None."""
    if isinstance(seed, SeedGenerator):
        return seed.generator
    return SeedGenerator(seed).generator


def derived_generator(*key):
    """A generator that depends on nothing but the integers of `key`."""
    return np.random.Generator(np.random.PCG64([int(k) for k in key]))
