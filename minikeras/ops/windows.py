"""Windows of arrays with their channels last, and what convolution and pooling share about them."""

import numpy as np

from ..autograd.op import linear
from ..autograd.operands import shape_of
from ..errors import ShapeError
from .shapes import moveaxis, pad_zeros


def positions(extents, size, strides, dilations, padding, where):
    """How many windows there are along each axis, with (before, after) added to it.

    Raises ShapeError if a window is larger than an extent.
    """
    found = []
    for extent, k, stride, dilation, (before, after) in zip(extents, size, strides, dilations, padding, strict=True):
        extent, reach = extent + before + after, (k - 1) * dilation + 1
        if type(extent) is int and extent < reach:
            raise ShapeError(f"{where}: a window that reaches over {reach} does not fit into an extent of {extent}. "
                             "Give larger inputs, a smaller window, or padding='same'.")
        found.append((extent - reach) // stride + 1)
    return tuple(found)


def window_view(x, size, strides, dilations):
    """A view of windows of the array (..., *spatial, channels): (..., *positions, *size, channels)."""
    count = len(size)
    axes = tuple(range(x.ndim - 1 - count, x.ndim - 1))
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilations)]
    windows = np.lib.stride_tricks.sliding_window_view(x, reach, axes)     # (..., *spatial', channels, *reach)
    pick = (..., *[slice(None, None, s) for s in strides], slice(None), *[slice(None, None, d) for d in dilations])
    return np.moveaxis(windows[pick], -1 - count, -1)


def meetings(extents, counts, offset, strides, dilations, padding):
    """Which windows have their element number `offset` inside the array, and where: slices of the positions, and of
    the elements that they meet there."""
    pairs = [_meeting(*sizes) for sizes in zip(
        extents, counts, strides, [o * d - before for o, d, (before, _) in zip(offset, dilations, padding)])]
    return tuple([at for at, _ in pairs]), tuple([place for _, place in pairs])


def _meeting(extent, count, stride, shift):
    first, last = max(-(shift // stride), 0), min((extent - 1 - shift) // stride, count - 1)
    if last < first:
        return slice(0, 0), slice(0, 0)
    return slice(first, last + 1), slice(first * stride + shift, last * stride + shift + 1, stride)


def _patches_shape(x, size, strides, dilations):
    count = len(size)
    return (*x[:-1 - count], *positions(x[-1 - count:-1], size, strides, dilations, [(0, 0)] * count, "patches"), *size,
            x[-1])


def _patches_transpose(d, x, size, strides, dilations):
    return from_patches(d, shape=tuple(x.shape), strides=strides, dilations=dilations)


@linear(_patches_transpose, shape=_patches_shape)
def patches(x, *, size, strides, dilations):
    """Windows of (..., *spatial, channels): (..., *positions, *size, channels)."""
    return window_view(x, size, strides, dilations)


def _from_patches_transpose(d, x, shape, strides, dilations):
    return patches(d, size=tuple(x.shape[-1 - len(strides):-1]), strides=strides, dilations=dilations)


@linear(_from_patches_transpose, shape=lambda x, shape, **_: tuple(shape))
def from_patches(x, *, shape, strides, dilations):
    """The transpose of `patches`: windows added up where they overlap in an array of `shape`."""
    count = len(strides)
    out, size = x.shape[-1 - 2 * count:-1 - count], x.shape[-1 - count:-1]
    y = np.zeros(shape, x.dtype)
    for offset in np.ndindex(*size):
        # Where in the output each position has its element number `offset`.
        place = [slice(o * d, o * d + (n - 1) * s + 1, s) for n, o, s, d in zip(out, offset, strides, dilations)]
        y[(..., *place, slice(None))] += x[(..., *offset, slice(None))]
    return y


def per_axis(value, count, where, least=1):
    """One integer, not below `least`, for each of `count` axes, from one for all or a sequence of them."""
    values = (value,) * count if np.ndim(value) == 0 else tuple(value)
    if len(values) != count or any(isinstance(n, (bool, np.bool_)) or not isinstance(n, (int, np.integer)) or n < least
                                   for n in values):
        raise ShapeError(f"{where} must be an integer from {least} on, or {count} of them, got {value!r}.")
    return tuple(map(int, values))


def padding_widths(padding, extents, size, strides, dilations, where):
    """(before, after) for each axis: none if `padding` is 'valid', and as many as give ceil(extent / stride)
    positions, the odd one after, if it is 'same'."""
    if is_same(padding, where):
        return tuple(map(_same_padding, extents, size, strides, dilations))
    return ((0, 0),) * len(size)


def padded(x, widths, pad=pad_zeros):
    """`x` with borders of `widths` along the axes before the channels, filled by `pad`."""
    if all(width == (0, 0) for width in widths):
        return x
    return pad(x, pad_width=(*[(0, 0)] * (x.ndim - 1 - len(widths)), *widths, (0, 0)))


def is_same(padding, where):
    """Whether `padding` is 'same'; it can only be 'valid' otherwise."""
    kind = str(padding).lower()
    if kind not in ("valid", "same"):
        raise ValueError(f"{where}: padding {padding!r} is not known; use 'valid' or 'same'.")
    return kind == "same"


def _same_padding(extent, size, stride, dilation):
    total = (-(-extent // stride) - 1) * stride + (size - 1) * dilation + 1 - extent
    if type(total) is int:      # an extent that is not known yet only has to give the right number of positions
        total = max(total, 0)
    return total // 2, total - total // 2


DATA_FORMATS = ("channels_last", "channels_first")
_default_format = "channels_last"


def image_data_format():
    """Where images have their channels unless a layer or an op is told otherwise: 'channels_last', or what
    `set_image_data_format` made of it."""
    return _default_format


def set_image_data_format(data_format):
    """Make 'channels_last' or 'channels_first' what `data_format=None` stands for in all that is made from now on."""
    global _default_format
    _default_format = known_format(data_format, "set_image_data_format")


def known_format(data_format, where):
    """`data_format`, or the default one for None. Raises ValueError for another."""
    if data_format is None:
        return _default_format
    if data_format not in DATA_FORMATS:
        raise ValueError(f"{where}: data_format {data_format!r} is not known; use 'channels_last' or "
                         "'channels_first'.")
    return data_format


def is_channels_first(data_format, where):
    """Whether `data_format`, or the default one for None, says so."""
    return known_format(data_format, where) == "channels_first"


def spatial_axes(x, where):
    """The number of axes between batch and channels. Raises ShapeError if there is none."""
    if x.ndim < 3:
        raise ShapeError(f"{where}: the input must have a batch axis, one or more spatial axes and a channel axis, got "
                         f"shape {x.shape}.")
    return x.ndim - 2


def channels_last(x, channels_first, count):
    """`x` with its channels moved from before the last `count` axes to the end, if they are there."""
    return moveaxis(x, -1 - count, -1) if channels_first else x


def channels_back(x, channels_first, count):
    """The inverse of `channels_last`."""
    return moveaxis(x, -1, -1 - count) if channels_first else x


def spatial_extents(x, count):
    """Extents of the `count` axes before the channels."""
    return tuple(shape_of(x)[-1 - count:-1])
