"""Images seen elsewhere than at their pixels: moved, turned, bent. Shapes: (height, width, channels), or with a batch
in front; differentiable in the images and in where they are seen."""

import functools
import itertools
import operator

import numpy as np

from ..autograd.linear import concatenate, getitem, reshape, stack
from ..autograd.op import kept, primitive
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from . import random
from .arithmetic import absolute, clip, floor_divide, logical_and, maximum, mod, select
from .creation import cast, zeros_like
from .filtering import blurred
from .images import checked, one_of, single_as_batch
from .indexing import gather
from .shapes import expand_dims, squeeze, unstack
from .solving import solve
from .unary import floor, rint, trunc
from .windows import channels_back, channels_last, is_channels_first

INTERPOLATIONS = ("nearest", "bilinear")
FILL_MODES = ("constant", "nearest", "wrap", "reflect")


@primitive(shape=lambda x, *, axis: (x[axis],), policy=kept, result="int64")
def places(x, *, axis):
    """0, 1, 2 and so on, one for each entry of `x` along `axis`."""
    return np.arange(x.shape[axis])


def _along(x, axis, ndim, dtype):
    """The place along `axis` of `x`, to be broadcast as `axis` of `ndim` axes."""
    return cast(reshape(places(x, axis=axis), shape=(-1,) + (1,) * (ndim - 1 - axis)), dtype)


# --- reading between pixels ----------------------------------------------------------------------

def interpolated(x, corners, fill_value):
    """What `x` (*extents, channels) is at points, from the corners around them; (*points, channels).

    corners      for each of the extents: (index, whether it is within (None: it is), weight (None: 1)) of each corner
    fill_value   what stands for a corner that is not within
    """
    extents = shape_of(x)
    rows = reshape(x, shape=(-1, extents[-1]))
    strides = [1]
    for extent in extents[-2:0:-1]:
        strides.insert(0, strides[0] * (extent if type(extent) is int else 1))      # unknown: only shapes matter
    total = None
    for corner in itertools.product(*corners):
        index = functools.reduce(operator.add, [i * stride for (i, _, _), stride in zip(corner, strides, strict=True)])
        value = gather(rows, index)
        within = [w for _, w, _ in corner if w is not None]
        if within:
            value = select(expand_dims(functools.reduce(logical_and, within), -1), value, fill_value)
        weights = [weight for _, _, weight in corner if weight is not None]
        if weights:
            value = value * expand_dims(functools.reduce(operator.mul, weights), -1)
        total = value if total is None else total + value
    return total


def _around(x, nearest, rounded, place, extent):
    """The corners along one axis around the coordinates `x`; `place` says of an index where it is found and whether
    it is within."""
    if nearest:
        return [(*place(cast(rounded(x), "int64"), extent), None)]
    low = floor(x)
    above = x - low
    index = cast(low, "int64")
    return [(*place(index, extent), 1.0 - above), (*place(index + 1, extent), above)]


def _within(index, extent):
    """Where an index is found, and whether it is within."""
    found = clip(index, 0, extent - 1)
    return found, index == found


def _clipped(index, extent):
    return clip(index, 0, extent - 1), None


def _half_away(x):
    """The nearest integer, halves away from 0."""
    return trunc(select(x < 0.0, x - 0.5, x + 0.5))


# Where a coordinate outside of 0..n - 1 is found, as ImageProjectiveTransform of TensorFlow has it.

def _reflected(x, n):
    """dcba|abcd|dcba"""
    x = mod(maximum(select(x < 0.0, -1.0 - x, x), 0.0), float(2 * n))
    return clip(select(x < n, x, (2.0 * n - 1.0) - x), 0.0, n - 1.0)


def _wrapped(x, n):
    """abcd|abcd|abcd"""
    if n == 1:
        return zeros_like(x)
    turns = select(x < 0.0, -1.0 - floor_divide(-x, n - 1.0), select(x > n - 1.0, floor_divide(x, n - 1.0), 0.0))
    return clip(x - n * turns, 0.0, n - 1.0)


_FOUND = {
    # Farther out all is outside alike, but would not fit into an integer.
    "constant": lambda x, n: clip(x, -2.0, n + 1.0),
    "nearest": lambda x, n: clip(x, 0.0, n - 1.0),
    "wrap": _wrapped,
    "reflect": _reflected,
}


def seen_at(images, y, x, interpolation, fill_mode, fill_value, batch=None):
    """`images` (n, height, width, channels) at `y` and `x` (n, rows, columns): (n, rows, columns, channels).

    batch   of which image; by default each point is seen in its own one
    """
    extents = [n if type(n) is int else 1 for n in shape_of(images)[1:3]]
    place = _within if fill_mode == "constant" else _clipped
    batch = _along(images, 0, 3, "int64") if batch is None else batch
    return interpolated(images, [[(batch, None, None)], *[
        _around(_FOUND[fill_mode](at, n), interpolation == "nearest", _half_away, place, n)
        for at, n in zip((y, x), extents)]], fill_value)


def _precise(x):
    """`x` in a dtype that tells pixels of large images apart."""
    return x if x.dtype.is_floating and x.dtype.size > 2 else cast(x, "float32")


def _of_images(images, data_format, where, function):
    """`function` of a batch of images with their channels last, as floats; integers are cut off, as in TensorFlow."""
    x, first = checked(images, where), is_channels_first(data_format, where)
    batch, single = single_as_batch(channels_last(x, first, 2))
    y = cast(function(_precise(batch)), x.dtype)
    return channels_back(squeeze(y, 0) if single else y, first, 2)


# --- affine and perspective ----------------------------------------------------------------------

def _projected(images, transform, interpolation, fill_mode, fill_value):
    """Images at the points to which the eight numbers of each `transform` lead; those at infinity are filled."""
    a0, a1, a2, b0, b1, b2, c0, c1 = unstack(reshape(transform, shape=(-1, 1, 1, 8)), 8, axis=-1)
    y, x = (_along(images, axis, 3, transform.dtype) for axis in (1, 2))
    depth = c0 * x + c1 * y + 1.0
    finite = depth != 0.0
    depth = select(finite, depth, 1.0)
    seen = seen_at(images, (b0 * x + b1 * y + b2) / depth, (a0 * x + a1 * y + a2) / depth, interpolation, fill_mode,
                   fill_value)
    return select(expand_dims(finite, -1), seen, fill_value)


def affine_transform(images, transform, interpolation="bilinear", fill_mode="constant", fill_value=0,
                     data_format=None):
    """Images whose pixel (x, y) is what stood at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k) before, with
    k = c0 x + c1 y + 1.

    transform       (a0, a1, a2, b0, b1, b2, c0, c1), one for all or one for each image
    interpolation   'nearest' or 'bilinear'
    fill_mode       what lies outside: 'constant' (`fill_value`), 'nearest' (the edge), 'wrap' or 'reflect'
    """
    where = "affine_transform"
    one_of(where, "interpolation", interpolation, INTERPOLATIONS)
    one_of(where, "fill_mode", fill_mode, FILL_MODES)
    transform = as_tensor(transform)
    if transform.ndim not in (1, 2) or transform.shape[-1] != 8:
        raise ShapeError(f"{where}: a transform has 8 numbers, shape (8,) or (batch, 8), got shape {transform.shape}.")
    transform = _precise(transform)
    return _of_images(images, data_format, where, lambda x: _projected(
        x, transform, interpolation, fill_mode, float(fill_value)))


def _corner_points(points, what):
    points = as_tensor(points)
    if points.ndim not in (2, 3) or tuple(points.shape[-2:]) != (4, 2):
        raise ShapeError(f"perspective_transform: {what} must be the four corners (x, y), shape (4, 2) or "
                         f"(batch, 4, 2), got shape {points.shape}.")
    return reshape(points, shape=(-1, 4, 2))


def homography(start_points, end_points):
    """The eight numbers, (n, 8), of the transform that leads from each of four `end_points` to its `start_points`,
    both (n, 4, 2): what `affine_transform` needs to bring an image's corners from start to end.

    They solve the eight equations a0 x + a1 y + a2 - u (c0 x + c1 y) = u, and so for v, for (x, y) -> (u, v).
    """
    start_points, xy = _precise(start_points), _precise(end_points)
    zeros = zeros_like(xy)
    ones, zero = zeros[..., :1] + 1.0, zeros[..., :1]
    u, v = start_points[..., :1], start_points[..., 1:]
    equations = concatenate(concatenate(xy, ones, zeros, zero, -u * xy, axis=-1),
                            concatenate(zeros, zero, xy, ones, -v * xy, axis=-1), axis=1)
    return squeeze(solve(equations, concatenate(u, v, axis=1)), -1)


def perspective_transform(images, start_points, end_points, interpolation="bilinear", fill_value=0, data_format=None):
    """Images bent so that what stood at each of four `start_points` (x, y) stands at its `end_points`.

    start_points, end_points   (4, 2), or (batch, 4, 2); top left, top right, bottom left, bottom right
    interpolation              'nearest' or 'bilinear'; outside there is `fill_value`
    """
    one_of("perspective_transform", "interpolation", interpolation, INTERPOLATIONS)
    start, end = _corner_points(start_points, "start_points"), _corner_points(end_points, "end_points")
    if start.shape != end.shape:
        raise ShapeError(f"perspective_transform: start_points of shape {start.shape} and end_points of shape "
                         f"{end.shape} must be alike.")
    return _of_images(images, data_format, "perspective_transform", lambda x: _projected(
        x, homography(start, end), interpolation, "constant", float(fill_value)))


# --- any coordinates -----------------------------------------------------------------------------

def _mirrored(index, n):
    """dcb|abcd|cba"""
    if n == 1:
        return zeros_like(index)
    return absolute(mod(index + (n - 1), 2 * (n - 1)) - (n - 1))


def _mirrored_half(index, n):
    """dcba|abcd|dcba"""
    index = mod(index, 2 * n)
    return select(index < n, index, (2 * n - 1) - index)


_INDEX_FOUND = {
    "constant": _within,
    "nearest": _clipped,
    "wrap": lambda index, n: (mod(index, n), None),
    "mirror": lambda index, n: (_mirrored(index, n), None),
    "reflect": lambda index, n: (_mirrored_half(index, n), None),
}


INDEX_FILL_MODES = tuple(_INDEX_FOUND)


def map_coordinates(inputs, coordinates, order, fill_mode="constant", fill_value=0):
    """`inputs`, with any number of axes, at `coordinates` (axes, ...): the shape of one coordinate.

    order       0: the nearest element, 1: linear between them
    fill_mode   what lies outside: 'constant' (`fill_value`), 'nearest' (aaaa|abcd|dddd), 'wrap' (abcd|abcd|abcd),
                'mirror' (dcb|abcd|cba) or 'reflect' (dcba|abcd|dcba)
    Integers are rounded.
    """
    where = "map_coordinates"
    x, coordinates = as_tensor(inputs), as_tensor(coordinates)
    one_of(where, "fill_mode", fill_mode, INDEX_FILL_MODES)
    if order not in (0, 1):
        raise ValueError(f"{where}: order must be 0 (nearest) or 1 (linear), got {order!r}.")
    if coordinates.ndim < 2 or coordinates.shape[0] != x.ndim:
        raise ShapeError(f"{where}: inputs with {x.ndim} axes need coordinates of shape ({x.ndim}, ...), got shape "
                         f"{coordinates.shape}.")
    coordinates = _precise(coordinates)
    floats = x if x.dtype.is_floating else cast(x, "float32")
    corners = [_around(at, order == 0, rint, _INDEX_FOUND[fill_mode], n if type(n) is int else 2)
               for at, n in zip(unstack(coordinates, x.ndim), shape_of(x))]
    y = squeeze(interpolated(expand_dims(floats, -1), corners, float(fill_value)), -1)
    return y if x.dtype.is_floating else cast(rint(y), x.dtype)


def displaced(images, shift, interpolation, fill_mode, fill_value):
    """Images (n, height, width, channels) whose pixels are seen elsewhere by `shift` (n, height, width, 2): y, x."""
    found, shift = _INDEX_FOUND[fill_mode], _precise(shift)
    corners = [_around(getitem(shift, index=(Ellipsis, i)) + _along(images, 1 + i, 3, shift.dtype),
                       interpolation == "nearest", rint, found, n if type(n) is int else 2)
               for i, n in enumerate(shape_of(images)[1:3])]
    seen = interpolated(images, [[(_along(images, 0, 3, "int64"), None, None)], *corners], fill_value)
    return cast(seen, images.dtype)


def smooth_noise(images, sigma, taps, seed):
    """(n, height, width, 2): normal noise of deviation `sigma`, blurred as much over `taps` pixels each way."""
    shape = (*shape_of(images)[:3], 2)
    noise = random.draw_for(images, 0.0, 1.0, shape=(*[n if type(n) is int else None for n in shape],), seed=seed,
                            method="normal", dtype=images.dtype.name)
    return blurred(noise * sigma, (taps, taps), stack(sigma, sigma, axis=0))


def elastic_transform(images, alpha=20.0, sigma=5.0, interpolation="bilinear", fill_mode="reflect", fill_value=0.0,
                      seed=None, data_format=None):
    """Images whose pixels are moved by random distances that differ little between neighbours.

    alpha           how far: factor of the smoothed noise
    sigma           deviation of the noise, and of the Gaussian window that smooths it, in pixels
    fill_mode       as for `map_coordinates`
    Source: Simard, Steinkraus and Platt 2003, section 2.
    """
    where = "elastic_transform"
    one_of(where, "interpolation", interpolation, INTERPOLATIONS)
    one_of(where, "fill_mode", fill_mode, INDEX_FILL_MODES)
    if not sigma > 0:
        raise ValueError(f"{where}: sigma must be above 0, got {sigma!r}.")
    return _of_images(images, data_format, where, lambda x: displaced(
        x, alpha * smooth_noise(x, as_tensor(sigma, x.dtype), 6 * int(sigma) + 1 if sigma >= 1 else 1, seed),
        interpolation, fill_mode, float(fill_value)))
