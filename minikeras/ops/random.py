"""Random draws as ops. Their attr `seed` says where the numbers come from, and is resolved whenever the op runs: a
SeedGenerator goes on in its stream, an integer gives the same numbers again, None makes a consumer of its own."""

import numpy as np

from ..autograd.dtypes import as_dtype, floatx
from ..autograd.op import kept, primitive
from ..autograd.operands import as_tensor, shape_of
from ..autograd.random import SeedGenerator, generator_of, repeatable, set_random_seed
from .arithmetic import minimum
from .indexing import gather

__all__ = ["SeedGenerator", "normal", "randint", "set_random_seed", "shuffle", "truncated_normal", "uniform"]


@repeatable
@primitive(shape=lambda *, shape, **_: tuple(shape), policy=kept, result=lambda inputs, attrs: np.dtype(attrs["dtype"]))
def draw(*, shape, seed, method, arguments, dtype):
    """What the generator of `seed` gives by `method(*arguments, size=shape)`."""
    return np.asarray(getattr(generator_of(seed), method)(*arguments, size=shape)).astype(dtype, copy=False)


def _draw(shape, seed, method, arguments, dtype):
    return draw(shape=tuple(int(n) for n in shape), seed=seed, method=method, arguments=arguments,
                dtype=as_dtype(dtype or floatx()).name)


def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Numbers from the normal distribution; `seed` is an integer, a SeedGenerator or None."""
    return _draw(shape, seed, "normal", (mean, stddev), dtype)


def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers spread evenly over minval <= x < maxval; integers for an integer dtype."""
    if dtype is not None and as_dtype(dtype).is_integer:
        return randint(shape, minval, maxval, dtype, seed)
    # Drawn in float64 and rounded, a number could become maxval itself.
    dtype = as_dtype(dtype or floatx())
    highest = np.nextafter(dtype.as_numpy_dtype(maxval), dtype.as_numpy_dtype(minval))
    return minimum(_draw(shape, seed, "uniform", (minval, maxval), dtype), highest)


def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Integers from minval to maxval - 1."""
    return _draw(shape, seed, "integers", (minval, maxval), dtype)


@repeatable
@primitive(shape=lambda *, shape, **_: tuple(shape), policy=kept, result=lambda inputs, attrs: np.dtype(attrs["dtype"]))
def draw_truncated(*, shape, seed, mean, stddev, dtype):
    """Normal numbers, drawn again while more than two standard deviations away."""
    generator = generator_of(seed)
    values = generator.standard_normal(shape)
    while (far := np.abs(values) > 2.0).any():
        values[far] = generator.standard_normal(int(far.sum()))
    return (values * stddev + mean).astype(dtype)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normal numbers cut at two standard deviations."""
    return draw_truncated(shape=tuple(int(n) for n in shape), seed=seed, mean=mean, stddev=stddev,
                          dtype=as_dtype(dtype or floatx()).name)


@repeatable
@primitive(shape=lambda x, **_: x, policy=kept)
def keep_mask(x, *, rate, seed, noise_shape=None):
    """0 with probability `rate`, else 1 / (1 - rate), in the shape and dtype of `x`.

    noise_shape   extents to draw, None for that of x; an extent of 1 is shared along its axis
    """
    shape = x.shape
    if noise_shape is not None:
        shape = [m if n is None else n for n, m in zip(noise_shape, shape, strict=True)]
    kept_where = generator_of(seed).random(shape, np.float32) >= rate
    mask = np.multiply(kept_where, x.dtype.type(1.0 / (1.0 - rate)), dtype=x.dtype)
    return mask if noise_shape is None else np.ascontiguousarray(np.broadcast_to(mask, x.shape))


@repeatable
@primitive(shape=lambda x, **_: x, policy=kept)
def normal_like(x, *, mean, stddev, seed):
    """Numbers from the normal distribution in the shape and dtype of `x`."""
    noise = generator_of(seed).standard_normal(x.shape, np.float64 if x.dtype == np.float64 else np.float32)
    return (noise * noise.dtype.type(stddev) + noise.dtype.type(mean)).astype(x.dtype, copy=False)


@repeatable
@primitive(shape=lambda *, count, seed: (count,), policy=kept, result="int64")
def draw_order(*, count, seed):
    """The integers below `count` in random order."""
    return generator_of(seed).permutation(count)


def shuffle(x, axis=0, seed=None):
    """The entries along `axis` in random order."""
    x = as_tensor(x)
    return gather(x, draw_order(count=shape_of(x)[axis], seed=seed), axis=axis)
