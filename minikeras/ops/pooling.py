"""Pooling: the largest or the mean of each window; windows laid out in rows, and pixels in channels."""

import numpy as np

from ..autograd import dims
from ..autograd.batching import shifted
from ..autograd.dtypes import floatx
from ..autograd.linear import broadcast_to, getitem, reshape
from ..autograd.op import primitive
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .correlation import correlate
from .creation import cast
from .indexing import gather, pad_with
from .products import tensordot
from .shapes import moveaxis, transpose
from .windows import (
    channels_back,
    channels_last,
    from_patches,
    is_channels_first,
    meetings,
    padded,
    padding_widths,
    patches,
    per_axis,
    positions,
    spatial_axes,
    spatial_extents,
)


def pad_lowest(x, *, pad_width):
    """The lowest number of the dtype around the array: `pad_width` is (before, after) for each axis."""
    return pad_with(x, -np.inf if x.dtype.is_floating else x.dtype.min, pad_width)


# --- the largest of each window ------------------------------------------------------------------

def _largest_shape(x, size, strides, padding):
    count = len(size)
    found = positions(x[-1 - count:-1], size, strides, (1,) * count, padding, "largest")
    return (*x[:-1 - count], *found, x[-1])


@primitive(lambda d, y, x, **geometry: put_at_largest(d, x, y, **geometry), shape=_largest_shape, batch=shifted)
def largest(x, *, size, strides, padding, out=None):
    """The largest element of each window of (..., *spatial, channels); the first of equal ones gets the gradient.

    padding   (before, after) for each axis, of elements that are never the largest
    """
    count = len(size)
    found = positions(x.shape[-1 - count:-1], size, strides, (1,) * count, padding, "largest")
    y = np.empty((*x.shape[:-1 - count], *found, x.shape[-1]), x.dtype) if out is None else out
    y[...] = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    flat, images = x.reshape(-1, *x.shape[-1 - count:]), y.reshape(-1, *y.shape[-1 - count:])
    for at, place in _elements(flat, images, size, strides, padding):
        np.maximum(images[at], flat[place], out=images[at])
    return y


def _elements(x, y, size, strides, padding):
    """For each element of a window: the index of the windows `y` that have it inside `x`, and that of it there."""
    for offset in np.ndindex(*size):
        at, place = meetings(x.shape[1:-1], y.shape[1:-1], offset, strides, (1,) * len(size), padding)
        yield (slice(None), *at), (slice(None), *place)


def _hits(x, y, size, strides, padding):
    """`_elements`, and for each whether it is the first that is equal to the largest."""
    taken = np.zeros(y.shape, bool)
    for at, place in _elements(x, y, size, strides, padding):
        same = x[place] == y[at]
        yield at, place, same > taken[at]
        taken[at] |= same


@primitive(lambda g, z, d, x, y, **geometry: take_at_largest(g, x, y, **geometry), None, None,
           shape=lambda d, x, y, **geometry: x, batch=shifted)
def put_at_largest(d, x, y, *, size, strides, padding):
    """Zeros like `x` with `d` added where the windows of `x` have their largest elements `y`."""
    count = len(size)
    z, once = np.zeros(x.shape, d.dtype), all(k <= stride for k, stride in zip(size, strides))
    d, x, y, images = (a.reshape(-1, *a.shape[-1 - count:]) for a in (d, x, y, z))
    for at, place, hit in _hits(x, y, size, strides, padding):
        if once:
            np.multiply(d[at], hit, out=images[place])
        else:
            images[place] += d[at] * hit
    return z


@primitive(lambda d, z, g, x, y, **geometry: put_at_largest(d, x, y, **geometry), None, None,
           shape=lambda g, x, y, **geometry: y, batch=shifted)
def take_at_largest(g, x, y, *, size, strides, padding):
    """The elements of `g` where the windows of `x` have their largest elements `y`: the transpose of the above."""
    count = len(size)
    z = np.zeros(y.shape, g.dtype)
    g, x, y, images = (a.reshape(-1, *a.shape[-1 - count:]) for a in (g, x, y, z))
    for at, place, hit in _hits(x, y, size, strides, padding):
        images[at] += g[place] * hit
    return z


# --- pooling -------------------------------------------------------------------------------------

def pool(reduce, inputs, pool_size, strides, padding, data_format, where):
    """`max_pool` or `average_pool`, by what is made of (x, size, strides, widths), for a caller of a name."""
    x = as_tensor(inputs)
    count, first = spatial_axes(x, where), is_channels_first(data_format, where)
    size = per_axis(pool_size, count, f"{where}: pool_size")
    strides = size if strides is None else per_axis(strides, count, f"{where}: strides")
    x = channels_last(x, first, count)
    extents = spatial_extents(x, count)
    widths = padding_widths(padding, extents, size, strides, (1,) * count, where)
    positions(extents, size, strides, (1,) * count, widths, where)
    return channels_back(reduce(x, size, strides, widths), first, count)


def largest_of_windows(x, size, strides, widths):
    """The largest elements, of windows that reach into a border of `widths`."""
    return largest(x, size=size, strides=strides, padding=widths)


def mean_of_windows(x, size, strides, widths):
    """The means, by a kernel of ones for each channel; what lies in the border of `widths` does not count."""
    count = len(size)
    if x.dtype.is_integer:
        x = cast(x, floatx())
    channels = shape_of(x)[-1]
    ones = broadcast_to(as_tensor(1, x.dtype), shape=(*size, 1, channels))
    total = correlate(x, ones, strides=strides, dilations=(1,) * count, padding=widths, groups=channels)
    elements = np.ones((), total.dtype.dtype)
    for n, k, s, (before, after) in zip(spatial_extents(x, count), size, strides, widths):
        starts = np.arange(0, n + before + after - k + 1, s) - before if type(n) is int else np.zeros(1)
        inside = np.minimum(starts + k, n) - np.maximum(starts, 0) if type(n) is int else starts + k
        elements = elements[..., None] * inside.astype(elements.dtype)
    return total / elements[..., None]


def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The largest element of each window and channel of (batch, *spatial, channels).

    strides       pool_size by default
    padding       'valid', or 'same': output positions = ceil(extent / stride)
    data_format   'channels_last' (None) or 'channels_first': (batch, channels, *spatial)
    Of equal elements the first gets the gradient.
    """
    return pool(largest_of_windows, inputs, pool_size, strides, padding, data_format, "max_pool")


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The mean of each window and channel; what padding='same' adds does not count. Arguments as for `max_pool`."""
    return pool(mean_of_windows, inputs, pool_size, strides, padding, data_format, "average_pool")


def _adaptive(reduce, inputs, output_size, data_format, where):
    """`reduce` of the input with channels last and, for each spatial axis, of where windows start and stop."""
    x = as_tensor(inputs)
    count, first = spatial_axes(x, where), is_channels_first(data_format, where)
    x, bounds = channels_last(x, first, count), []
    for axis, n in enumerate(per_axis(output_size, count, f"{where}: output_size"), 1):
        extent = shape_of(x)[axis]
        if type(extent) is not int:
            raise ShapeError(f"{where}: axis {axis} of shape {x.shape} (channels last) must be known to be divided "
                             f"into {n} windows.")
        bounds.append((np.arange(n) * extent // n, -(-np.arange(1, n + 1) * extent // n)))
    return channels_back(reduce(x, bounds), first, count)


def _means_between(x, bounds):
    for axis, (starts, stops) in enumerate(bounds, 1):
        place = np.arange(shape_of(x)[axis])
        inside = (place >= starts[:, None]) & (place < stops[:, None])
        x = along_axis(x, inside / (stops - starts)[:, None], axis)
    return x


def _largest_between(x, bounds):
    """Axis by axis, with windows laid side by side where they overlap or differ; a smaller one ends in repeats."""
    count = len(bounds)
    for axis, (starts, stops) in enumerate(bounds, 1):
        k = int((stops - starts).max())
        if len(starts) * k != shape_of(x)[axis]:
            x = gather(x, np.minimum(starts[:, None] + np.arange(k), stops[:, None] - 1).ravel(), axis=axis)
        size = (1,) * (axis - 1) + (k,) + (1,) * (count - axis)
        x = largest(x, size=size, strides=size, padding=((0, 0),) * count)
    return x


def along_axis(x, matrix, axis):
    """`matrix` times the vectors of `x` along `axis`."""
    matrix = np.asarray(matrix, x.dtype.dtype)
    return moveaxis(tensordot(x, matrix, ([axis], [1])), -1, axis)


def adaptive_max_pool(inputs, output_size, data_format=None):
    """The largest element of each of `output_size` windows: window i of n goes from i/n to (i+1)/n of the extent,
    rounded outwards. Data formats as for `max_pool`; raises ShapeError for extents that are not known."""
    return _adaptive(_largest_between, inputs, output_size, data_format, "adaptive_max_pool")


def adaptive_average_pool(inputs, output_size, data_format=None):
    """The mean of each of `output_size` windows, which are those of `adaptive_max_pool`."""
    return _adaptive(_means_between, inputs, output_size, data_format, "adaptive_average_pool")


# --- windows in rows -----------------------------------------------------------------------------

def _unfolding(kernel_size, dilation, padding, stride, where):
    size, dilations = per_axis(kernel_size, 2, f"{where}: kernel_size"), per_axis(dilation, 2, f"{where}: dilation")
    widths = tuple((n, n) for n in per_axis(padding, 2, f"{where}: padding", least=0))
    return size, dilations, widths, per_axis(stride, 2, f"{where}: stride")


def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    """The windows of (batch, channels, height, width) as columns: (batch, channels * elements, positions).

    padding   zeros on both sides, one number for both axes or one for each
    """
    size, dilations, widths, strides = _unfolding(kernel_size, dilation, padding, stride, "unfold")
    x = padded(moveaxis(as_tensor(x), 1, -1), widths)
    windows = patches(x, size=size, strides=strides, dilations=dilations)
    batch, rows, columns, *_, channels = shape_of(windows)
    return reshape(transpose(windows, (0, 5, 3, 4, 1, 2)),
                   shape=(batch, channels * size[0] * size[1], rows * columns))


def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """The transpose of `unfold`: columns added up where they overlap in (batch, channels, *output_size)."""
    size, dilations, widths, strides = _unfolding(kernel_size, dilation, padding, stride, "fold")
    whole = [n + before + after for n, (before, after) in zip(per_axis(output_size, 2, "fold: output_size"), widths)]
    positions = [(n - (k - 1) * d - 1) // s + 1 for n, k, d, s in zip(whole, size, dilations, strides)]
    x = as_tensor(x)
    batch, rows, columns = shape_of(x)
    channels = rows // (size[0] * size[1])
    dims.unify(columns, positions[0] * positions[1], "fold: the number of columns and of positions")
    windows = transpose(reshape(x, shape=(batch, channels, *size, *positions)), (0, 4, 5, 2, 3, 1))
    y = from_patches(windows, shape=(batch, *whole, channels), strides=strides, dilations=dilations)
    inner = [slice(before, n - after) for n, (before, after) in zip(whole, widths)]
    return moveaxis(getitem(y, index=(slice(None), *inner)), -1, 1)


# --- pixels in channels --------------------------------------------------------------------------

def space_to_depth(x, block_size, data_format="channels_last"):
    """Blocks of pixels moved into the channels. Shapes: (n, h * b, w * b, c) -> (n, h, w, b * b * c).

    Raises ShapeError unless height and width are multiples of `block_size`.
    """
    x, first, b = *_images(x, data_format, "space_to_depth"), block_size
    n, height, width, channels = shape_of(x)
    for extent in (height, width):
        if type(extent) is int and extent % b:
            raise ShapeError(f"space_to_depth: {extent} pixels in shape {x.shape} (channels last) do not divide into "
                             f"blocks of {b}.")
    blocks = transpose(reshape(x, shape=(n, height // b, b, width // b, b, channels)), (0, 1, 3, 2, 4, 5))
    return channels_back(reshape(blocks, shape=(n, height // b, width // b, b * b * channels)), first, 2)


def depth_to_space(x, block_size, data_format="channels_last"):
    """Channels moved into blocks of pixels. Shapes: (n, h, w, b * b * c) -> (n, h * b, w * b, c).

    The opposite of `space_to_depth`. Raises ShapeError unless the channels are a multiple of `block_size` squared.
    """
    x, first, b = *_images(x, data_format, "depth_to_space"), block_size
    n, height, width, channels = shape_of(x)
    if type(channels) is int and channels % (b * b):
        raise ShapeError(f"depth_to_space: {channels} channels in shape {x.shape} (channels last) do not divide into "
                         f"blocks of {b} x {b}.")
    channels = channels // (b * b)
    blocks = transpose(reshape(x, shape=(n, height, width, b, b, channels)), (0, 1, 3, 2, 4, 5))
    return channels_back(reshape(blocks, shape=(n, height * b, width * b, channels)), first, 2)


def _images(x, data_format, where):
    """A batch of images with channels last, and whether they came with channels first."""
    x, first = as_tensor(x), is_channels_first(data_format, where)
    if x.ndim != 4:
        raise ShapeError(f"{where}: x must have 4 axes, got shape {x.shape}.")
    return channels_last(x, first, 2), first
