"""Pooling: the largest or the mean of each window; windows laid out in rows, and pixels in channels."""

import numpy as np

from ..autograd import dims
from ..autograd.linear import getitem, reshape
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .indexing import gather, pad_with, pick_along_axis
from .products import tensordot
from .reduce import argmax, sum
from .shapes import expand_dims, moveaxis, pad_zeros, squeeze, transpose
from .windows import (
    channels_back,
    channels_last,
    from_patches,
    is_channels_first,
    padded,
    padding_widths,
    patches,
    per_axis,
    spatial_axes,
    spatial_extents,
)


def first_max(x, axis):
    """The largest element along `axis`; the first of equal ones gets the gradient."""
    axis = dims.normalize_axis(axis, x.ndim, "max")
    return squeeze(pick_along_axis(x, expand_dims(argmax(x, axis=axis), axis), axis=axis), axis)


def pad_lowest(x, *, pad_width):
    """The lowest number of the dtype around the array: `pad_width` is (before, after) for each axis."""
    return pad_with(x, -np.inf if x.dtype.is_floating else x.dtype.min, pad_width)


def _pool(inputs, pool_size, strides, padding, data_format, where, reduce):
    x = as_tensor(inputs)
    count, first = spatial_axes(x, where), is_channels_first(data_format, where)
    size = per_axis(pool_size, count, f"{where}: pool_size")
    strides = size if strides is None else per_axis(strides, count, f"{where}: strides")
    x = channels_last(x, first, count)
    widths = padding_widths(padding, spatial_extents(x, count), size, strides, (1,) * count, where)
    return channels_back(reduce(x, size, strides, widths), first, count)


def _windows(x, size, strides, widths, pad):
    return patches(padded(x, widths, pad), size=size, strides=strides, dilations=(1,) * len(size))


def _in_rows(windows, count):
    """Windows (batch, *positions, *size, channels) as (batch, *positions, elements, channels)."""
    shape = shape_of(windows)
    return reshape(windows, shape=(*shape[:1 + count], dims.product(shape[1 + count:-1]), shape[-1]))


def _max_of_windows(x, size, strides, widths):
    return first_max(_in_rows(_windows(x, size, strides, widths, pad_lowest), len(size)), axis=-2)


def _mean_of_windows(x, size, strides, widths):
    count = len(size)
    total = sum(_windows(x, size, strides, widths, pad_zeros), axis=tuple(range(1 + count, 1 + 2 * count)))
    elements = np.ones((), total.dtype.dtype)
    for n, k, s, (before, after) in zip(spatial_extents(x, count), size, strides, widths):
        # What lies in the border does not count.
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
    return _pool(inputs, pool_size, strides, padding, data_format, "max_pool", _max_of_windows)


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The mean of each window and channel; what padding='same' adds does not count. Arguments as for `max_pool`."""
    return _pool(inputs, pool_size, strides, padding, data_format, "average_pool", _mean_of_windows)


def _adaptive(inputs, output_size, data_format, where, along):
    x = as_tensor(inputs)
    count, first = spatial_axes(x, where), is_channels_first(data_format, where)
    size = per_axis(output_size, count, f"{where}: output_size")
    for axis, n in enumerate(size, 2 if first else 1):
        extent = shape_of(x)[axis]
        if type(extent) is not int:
            raise ShapeError(f"{where}: axis {axis} of shape {x.shape} must be known to be divided into {n} windows.")
        starts = np.arange(n) * extent // n
        x = along(x, axis, starts, -(-np.arange(1, n + 1) * extent // n), extent)
    return x


def _mean_between(x, axis, starts, stops, extent):
    place = np.arange(extent)
    inside = (place >= starts[:, None]) & (place < stops[:, None])
    return along_axis(x, inside / (stops - starts)[:, None], axis)


def _max_between(x, axis, starts, stops, extent):
    reach = (stops - starts).max()
    within = np.minimum(starts[:, None] + np.arange(reach), stops[:, None] - 1)
    return first_max(gather(x, within, axis=axis), axis + 1)


def along_axis(x, matrix, axis):
    """`matrix` times the vectors of `x` along `axis`."""
    matrix = np.asarray(matrix, x.dtype.dtype)
    return moveaxis(tensordot(x, matrix, ([axis], [1])), -1, axis)


def adaptive_max_pool(inputs, output_size, data_format=None):
    """The largest element of each of `output_size` windows: window i of n goes from i/n to (i+1)/n of the extent,
    rounded outwards. Data formats as for `max_pool`; raises ShapeError for extents that are not known."""
    return _adaptive(inputs, output_size, data_format, "adaptive_max_pool", _max_between)


def adaptive_average_pool(inputs, output_size, data_format=None):
    """The mean of each of `output_size` windows, which are those of `adaptive_max_pool`."""
    return _adaptive(inputs, output_size, data_format, "adaptive_average_pool", _mean_between)


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
