"""Random draws as ops. Their attr `seed` says where the numbers come from, and is resolved whenever the op runs: a
SeedGenerator goes on in its stream, an integer gives the same numbers again, None makes a consumer of its own."""

import numpy as np

from ..arguments import extents, number
from ..autograd import dims
from ..autograd.dtypes import as_dtype, floatx
from ..autograd.linear import cast, zeros_like
from ..autograd.op import kept, primitive
from ..autograd.operands import as_tensor, shape_of
from ..autograd.random import SeedGenerator, generator_of, repeatable, set_random_seed
from ..errors import DTypeError, ShapeError
from .arithmetic import minimum
from .creation import as_float
from .indexing import gather

__all__ = ["SeedGenerator", "beta", "binomial", "categorical", "dropout", "gamma", "normal", "poisson",
           "randint", "set_random_seed", "shuffle", "truncated_normal", "uniform"]


@repeatable
@primitive(shape=lambda *, shape, **_: tuple(shape), policy=kept, result=lambda inputs, attrs: np.dtype(attrs["dtype"]))
def draw(*, shape, seed, method, arguments, dtype):
    """What the generator of `seed` gives by `method(*arguments, size=shape)`."""
    return np.asarray(getattr(generator_of(seed), method)(*arguments, size=shape)).astype(dtype, copy=False)


def _draw(shape, seed, method, arguments, dtype):
    return draw(shape=extents("random", shape), seed=seed, method=method, arguments=arguments,
                dtype=as_dtype(dtype or floatx()).name)


@repeatable
@primitive(shape=lambda x, *_, shape, **__: tuple(x[i] if n is None else n for i, n in enumerate(shape)), policy=kept,
           result=lambda inputs, attrs: np.dtype(attrs["dtype"]))
def draw_for(x, *arguments, shape, seed, method, dtype):
    """What the generator of `seed` gives by `method`, for arguments that are broadcast to `shape`, in which None stands
    for the extent of `x` along the same axis."""
    size = [m if n is None else n for n, m in zip(shape, x.shape + (None,) * len(shape))]
    return np.asarray(getattr(generator_of(seed), method)(*arguments, size=size)).astype(dtype, copy=False)


def _draw_by(parameters, shape, seed, method, dtype):
    parameters, shape = [as_tensor(x) for x in parameters], extents("random", shape)
    try:
        dims.broadcast(shape, *map(shape_of, parameters))
    except ShapeError as error:
        raise ShapeError(f"random: the parameters do not broadcast to shape {shape}: {error}") from None
    # The first stands for `x` as well, of which a shape that is known asks nothing.
    return draw_for(parameters[0], *parameters, shape=shape, seed=seed, method=method,
                    dtype=as_dtype(dtype or floatx()).name)


def gamma(shape, alpha, dtype=None, seed=None):
    """Numbers from the gamma distribution of shape parameter `alpha`, above 0, and scale 1: both mean and variance are
    alpha. A tensor of parameters is broadcast to `shape`. No gradient reaches it."""
    return _draw_by((alpha,), shape, seed, "standard_gamma", dtype)


def beta(shape, alpha, beta, dtype=None, seed=None):
    """Numbers from the beta distribution on 0..1 of mean alpha / (alpha + beta), both above 0; tensors of them are
    broadcast to `shape`. No gradient reaches them."""
    return _draw_by((alpha, beta), shape, seed, "beta", dtype)


def binomial(shape, counts, probabilities, dtype=None, seed=None):
    """How many of `counts` trials succeed that each do so with a probability; tensors of both are broadcast to
    `shape`. The result is floating by default, as in Keras."""
    return _draw_by((cast(as_tensor(counts), dtype="int64"), probabilities), shape, seed, "binomial", dtype)


def poisson(shape, lam, dtype=None, seed=None):
    """How many events happen where `lam` are expected; a tensor of them is broadcast to `shape`."""
    return _draw_by((lam,), shape, seed, "poisson", dtype)


@repeatable
@primitive(shape=lambda logits, *, count, seed, dtype: (logits[0], count), policy=kept,
           result=lambda inputs, attrs: np.dtype(attrs["dtype"]))
def draw_categories(logits, *, count, seed, dtype):
    """`count` numbers of columns for each row of `logits`, each with the probability softmax gives it."""
    weights = np.exp(logits - logits.max(-1, keepdims=True), dtype=np.float64)
    edges = np.cumsum(weights, -1)
    edges /= edges[:, -1:]
    row = np.arange(len(edges))[:, None]
    # One search in all rows at once: those of row i are moved to i..i + 1.
    places = np.searchsorted((edges + row).ravel(), generator_of(seed).random((len(edges), count)) + row, "right")
    last = edges.shape[1] - 1 - np.argmax(weights[:, ::-1] > 0, -1)     # rounding may lead beyond it
    return np.minimum(places - row * edges.shape[1], last[:, None]).astype(dtype)


def categorical(logits, num_samples, dtype="int32", seed=None):
    """Classes drawn by their unnormalized log-probabilities. Shapes: (batch, classes) -> (batch, num_samples)."""
    logits = as_float(logits)
    if logits.ndim != 2:
        raise ShapeError(f"categorical: logits must have shape (batch, classes), got {logits.shape}.")
    return draw_categories(logits, count=int(num_samples), seed=seed, dtype=as_dtype(dtype).name)


def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Numbers from the normal distribution.

    mean, stddev   numbers, or tensors that broadcast to `shape`, which then get gradients
    seed           an integer gives the same numbers at every call, a SeedGenerator goes on in its stream, None draws
                   what follows from the global seed; so for all functions here
    """
    if isinstance(mean, (int, float)) and isinstance(stddev, (int, float)):
        return _draw(shape, seed, "normal", (mean, stddev), dtype)
    return _moved(_draw(shape, seed, "standard_normal", (), dtype), mean, stddev)


def _moved(noise, mean, scale):
    return as_tensor(mean, noise.dtype) + noise * as_tensor(scale, noise.dtype)


def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers spread evenly over minval <= x < maxval; integers for an integer dtype.

    minval, maxval   numbers, or tensors that broadcast to `shape`
    """
    if dtype is not None and as_dtype(dtype).is_integer:
        return randint(shape, minval, maxval, dtype, seed)
    # Drawn in float64 and rounded, a number could become maxval itself.
    dtype = as_dtype(dtype or floatx())
    if not (isinstance(minval, (int, float)) and isinstance(maxval, (int, float))):
        return _moved(_draw(shape, seed, "random", (), dtype), minval, as_tensor(maxval, dtype) - minval)
    highest = np.nextafter(dtype.as_numpy_dtype(maxval), dtype.as_numpy_dtype(minval))
    return minimum(_draw(shape, seed, "uniform", (minval, maxval), dtype), highest)


def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Integers from minval to maxval - 1. Raises DTypeError for a dtype of other numbers."""
    if not as_dtype(dtype).is_integer:
        raise DTypeError(f"randint draws integers, but dtype is {as_dtype(dtype).name!r}. Use uniform for others.")
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
    return draw_truncated(shape=extents("truncated_normal", shape), seed=seed, mean=mean, stddev=stddev,
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


def dropout(inputs, rate, noise_shape=None, seed=None):
    """The inputs with zeros in random places, of probability `rate`, and the rest over 1 - rate.

    noise_shape   extents to draw, None for that of the inputs; an extent of 1 is shared along its axis
    """
    inputs = as_float(inputs)
    rate = number("dropout: rate", rate, 0, 1)
    if rate in (0, 1):
        return zeros_like(inputs) if rate else inputs
    return inputs * keep_mask(inputs, rate=rate, seed=seed, noise_shape=noise_shape)


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
