"""TensorFlow's `tf.random`, with its seeds.

A `seed` here fixes a stream: each call with it goes on, and `set_seed` starts all streams again. The functions named
stateless_ give the same numbers for the same seed, a pair of integers. (`minikeras.random` has Keras' functions, where
an integer seed gives the same numbers at every call.) The numbers themselves are not TensorFlow's.
"""

import numpy as np

from ..autograd.dtypes import as_dtype
from ..autograd.operands import as_tensor
from ..autograd.random import derived_generator
from ..ops import random as _random
from ..ops import shapes as _shapes
from ..ops.creation import cast as _cast

__all__ = ["Generator", "categorical", "fold_in", "gamma", "get_global_generator", "normal", "poisson",
           "set_global_generator", "set_seed", "shuffle", "split", "stateless_binomial", "stateless_categorical",
           "stateless_gamma", "stateless_normal", "stateless_poisson", "stateless_truncated_normal",
           "stateless_uniform", "truncated_normal", "uniform"]

_streams = {}       # seed of an op -> the stream of all ops with it


def set_seed(seed):
    """Make everything random that is drawn or created from here on follow from `seed`, an integer."""
    _streams.clear()
    _random.set_random_seed(int(seed) % 2**64)


def _stream(seed):
    if seed is None:
        return None
    seed = int(seed)
    if seed not in _streams:
        _streams[seed] = _random.SeedGenerator(seed % 2**64)
    return _streams[seed]


def _fixed(seed):
    """One integer for the pair that the stateless functions take."""
    high, low = (int(n) % 2**64 for n in np.asarray(seed).reshape(2))
    return high << 64 | low


def _extents(shape):
    return tuple(int(n) for n in np.asarray(shape).reshape(-1))


def _leading(shape, *parameters):
    """`shape` followed by the shape of the parameters, broadcast: TensorFlow draws so many for each of them."""
    return (*_extents(shape), *np.broadcast_shapes(*[tuple(as_tensor(p).shape) for p in parameters]))


def _bounded(shape, minval, maxval, dtype, seed):
    dtype = as_dtype(dtype)
    if maxval is None:
        if dtype.is_integer:
            raise ValueError("uniform: integers need maxval.")
        maxval = 1.0
    if dtype.is_integer:
        minval, maxval = (int(n) if np.ndim(n) == 0 else n for n in (minval, maxval))
    return _random.uniform(_extents(shape), minval, maxval, dtype, seed)


def normal(shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name=None):
    """Numbers from the normal distribution; mean and stddev may be tensors that broadcast to `shape`."""
    return _random.normal(_extents(shape), mean, stddev, dtype, _stream(seed))


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name=None):
    """Normal numbers, drawn again while more than two standard deviations from the mean."""
    return _random.truncated_normal(_extents(shape), mean, stddev, dtype, _stream(seed))


def uniform(shape, minval=0, maxval=None, dtype="float32", seed=None, name=None):
    """Numbers spread evenly over minval <= x < maxval, 0..1 by default; integers for an integer `dtype`.

    Raises ValueError for integers without `maxval`.
    """
    return _bounded(shape, minval, maxval, dtype, _stream(seed))


def gamma(shape, alpha, beta=None, dtype="float32", seed=None, name=None):
    """Numbers from gamma distributions of shape `alpha` and rate `beta` (1): `shape` of them for each parameter."""
    return _gamma(shape, alpha, beta, dtype, _stream(seed))


def _gamma(shape, alpha, beta, dtype, seed):
    full = _leading(shape, alpha, 1.0 if beta is None else beta)
    y = _random.gamma(full, alpha, dtype, seed)
    return y if beta is None else y / as_tensor(beta, y.dtype)


def poisson(shape, lam, dtype="float32", seed=None, name=None):
    """Counts of events where `lam` are expected: `shape` of them for each entry of `lam`."""
    return _random.poisson(_leading(shape, lam), lam, dtype, _stream(seed))


def categorical(logits, num_samples, dtype="int64", seed=None, name=None):
    """Class numbers with the probabilities softmax(logits). Shapes: (batch, classes) -> (batch, num_samples)."""
    return _random.categorical(logits, int(num_samples), dtype or "int64", _stream(seed))


def shuffle(value, seed=None, name=None):
    """The entries along the first axis in random order."""
    return _random.shuffle(value, 0, _stream(seed))


# --- the same numbers for the same seed ------------------------------------------------------------------------------

def stateless_normal(shape, seed, mean=0.0, stddev=1.0, dtype="float32", name=None, alg="auto_select"):
    """Normal numbers that follow from `seed`, a pair of integers. `alg` can only be 'auto_select'."""
    return _random.normal(_extents(shape), mean, stddev, dtype, _own_algorithm(alg, seed))


def stateless_truncated_normal(shape, seed, mean=0.0, stddev=1.0, dtype="float32", name=None, alg="auto_select"):
    """Normal numbers within two standard deviations that follow from `seed`, a pair of integers."""
    return _random.truncated_normal(_extents(shape), mean, stddev, dtype, _own_algorithm(alg, seed))


def stateless_uniform(shape, seed, minval=0, maxval=None, dtype="float32", name=None, alg="auto_select"):
    """Numbers spread evenly over minval <= x < maxval that follow from `seed`, a pair of integers."""
    return _bounded(shape, minval, maxval, dtype, _own_algorithm(alg, seed))


def stateless_gamma(shape, seed, alpha, beta=None, dtype="float32", name=None):
    """Gamma numbers that follow from `seed`; `shape` ends with the shape of the parameters."""
    y = _random.gamma(_extents(shape), alpha, dtype, _fixed(seed))
    return y if beta is None else y / as_tensor(beta, y.dtype)


def stateless_poisson(shape, seed, lam, dtype="int32", name=None):
    """Counts of events that follow from `seed`; `shape` ends with the shape of `lam`."""
    return _random.poisson(_extents(shape), lam, dtype, _fixed(seed))


def stateless_binomial(shape, seed, counts, probs, output_dtype="int32", name=None):
    """Counts of successes that follow from `seed`; `shape` ends with the shape of the parameters."""
    return _random.binomial(_extents(shape), counts, probs, output_dtype, _fixed(seed))


def stateless_categorical(logits, num_samples, seed, dtype="int64", name=None):
    """Class numbers with the probabilities softmax(logits) that follow from `seed`, a pair of integers."""
    return _random.categorical(logits, int(num_samples), dtype, _fixed(seed))


def split(seed, num=2, alg="auto_select"):
    """`num` seeds that follow from one, rows of (num, 2)."""
    return as_tensor(derived_generator(_own_algorithm(alg, seed)).integers(0, 2**31, (num, 2), np.int32))


def fold_in(seed, data, alg="auto_select"):
    """A seed that follows from a seed and an integer."""
    return as_tensor(derived_generator(_own_algorithm(alg, seed), int(data) % 2**64).integers(0, 2**31, 2, np.int32))


def _own_algorithm(alg, seed):
    if alg != "auto_select":
        raise ValueError(f"random: alg={alg!r} is not supported, for the numbers are not TensorFlow's; leave it out.")
    return _fixed(seed)


class Generator:
    """A stream of random numbers of its own. Made by `from_seed` or `from_non_deterministic_state`."""

    def __init__(self, copy_from=None, state=None, alg=None):
        if state is not None or alg is not None:
            raise ValueError("Generator: state and alg are TensorFlow's own; use Generator.from_seed(seed).")
        self._stream = _random.SeedGenerator(None)
        if copy_from is not None:
            self._stream.generator.bit_generator.state = copy_from._stream.generator.bit_generator.state

    @classmethod
    def from_seed(cls, seed, alg=None):
        """The generator that follows from an integer."""
        made = cls(alg=alg)
        made.reset_from_seed(seed)
        return made

    @classmethod
    def from_non_deterministic_state(cls, alg=None):
        """A generator whose numbers follow from the global seed, or from nothing if that was not set."""
        return cls(alg=alg)

    def reset_from_seed(self, seed):
        """Start again from an integer."""
        self._stream = _random.SeedGenerator(int(seed) % 2**64)

    def normal(self, shape, mean=0.0, stddev=1.0, dtype="float32", name=None):
        """Numbers from the normal distribution."""
        return _random.normal(_extents(shape), mean, stddev, dtype, self._stream)

    def truncated_normal(self, shape, mean=0.0, stddev=1.0, dtype="float32", name=None):
        """Normal numbers within two standard deviations."""
        return _random.truncated_normal(_extents(shape), mean, stddev, dtype, self._stream)

    def uniform(self, shape, minval=0, maxval=None, dtype="float32", name=None):
        """Numbers spread evenly over minval <= x < maxval, 0..1 by default; integers for an integer `dtype`."""
        return _bounded(shape, minval, maxval, dtype, self._stream)

    def uniform_full_int(self, shape, dtype="uint64", name=None):
        """Integers spread evenly over all that `dtype` has."""
        dtype = as_dtype(dtype)
        low, high = int(dtype.min), int(dtype.max)
        if high - low < 2**63:
            return _random.randint(_extents(shape), low, high + 1, dtype, self._stream)
        halves = [_cast(_random.randint(_extents(shape), 0, 2**32, "int64", self._stream), "uint64") for _ in range(2)]
        return _cast(halves[0] * np.uint64(2**32) + halves[1], dtype)

    def binomial(self, shape, counts, probs, dtype="int32", name=None):
        """Counts of successes in `counts` trials of probability `probs`."""
        return _random.binomial(_extents(shape), counts, probs, dtype, self._stream)

    def make_seeds(self, count=1):
        """Seeds for stateless functions, an int64 tensor of shape (2, count)."""
        return _random.randint((2, int(count)), 0, 2**31, "int64", self._stream)

    def split(self, count=1):
        """`count` generators that follow from this one."""
        return [Generator.from_seed(_fixed(seed)) for seed in np.asarray(_shapes.transpose(self.make_seeds(count)))]


_global = [None]


def get_global_generator():
    """The Generator that the program shares, made at first use."""
    if _global[0] is None:
        _global[0] = Generator()
    return _global[0]


def set_global_generator(generator):
    """Let `get_global_generator` give this one. Raises TypeError for what is no Generator."""
    if not isinstance(generator, Generator):
        raise TypeError(f"set_global_generator: expected a Generator, got {type(generator).__name__}.")
    _global[0] = generator
