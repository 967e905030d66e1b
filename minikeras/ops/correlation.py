"""Convolution and what its derivatives are, as three ops with the same rules.

The sum over all positions, filters, window elements and channels of input * kernel * cotangent is linear in each of
the three. `correlate` is its derivative with respect to the cotangent, `spread` to the input, `weigh` to the kernel,
so that the derivatives of each of them are the other two, to any order.

Shapes: input (..., *spatial, channels), kernel (*size, channels / groups, filters), cotangent (..., *positions,
filters). `padding` is (before, after) for each axis: zeros that last as long as the op runs; negative where the last
elements meet no window.

Windows are copied into rows, some images at a time, and multiplied with the kernel in one product: the rows stay in
the cache between the copy and the product, and nothing of their size is kept for the way back. That way goes window
element by window element: one product, added up where its windows lie. On 32 x 28 x 28 x 32 with 64 kernels of 3 x 3
this takes 11 ms forward, 12 for the kernel and 14 for the input (one thread), 13, 14 and 18 for all images at once.
"""

import numpy as np

from ..autograd import dims
from ..autograd.batching import looped
from ..autograd.dispatch import apply
from ..autograd.op import multilinear
from .windows import meetings, positions, window_view

BLOCK = 1 << 18     # numbers copied or computed at a time: 1 MB of float32, as much as a usual second cache


def _wrt_input(d, x, kernel, **geometry):
    return spread(d, kernel, extents=tuple(x.shape[1 - kernel.ndim:-1]), **geometry)


def _wrt_kernel(d, x, kernel, **geometry):
    return weigh(x, d, size=tuple(kernel.shape[:-2]), **geometry)


def _correlated_shape(x, kernel, strides, dilations, padding, groups):
    size = kernel[:-2]
    found = positions(x[-1 - len(size):-1], size, strides, dilations, padding, "correlate")
    return (*x[:-1 - len(size)], *found, kernel[-1])


def _one_kernel(op, inputs, flags, attrs, size):
    """With one kernel for all, a batch of images is more images."""
    return apply(op, inputs, attrs) if flags == [True, False] else looped(op, inputs, flags, attrs, size)


@multilinear(_wrt_input, _wrt_kernel, shape=_correlated_shape, batch=_one_kernel)
def correlate(x, kernel, *, strides, dilations, padding, groups, out=None):
    """Of each window and group the products with the kernels, added up."""
    count, (*size, channels, filters) = kernel.ndim - 2, kernel.shape
    found = positions(x.shape[-1 - count:-1], size, strides, dilations, padding, "correlate")
    y = np.empty((*x.shape[:-1 - count], *found, filters), x.dtype) if out is None else out
    x, images = _bordered(x, padding), y.reshape(-1, *found, filters)
    if _is_depthwise(channels, filters, groups):
        _correlate_depthwise(x, kernel, images, strides, dilations)
        return y
    windows = window_view(x, size, strides, dilations)
    weights = kernel.reshape(-1, groups, filters // groups).swapaxes(0, 1)
    for tile, rows in _rows(windows, count, groups):
        np.matmul(rows, weights, out=_by_group(images[tile], groups))
    return y


def _spread_shape(d, kernel, extents, strides, dilations, padding, groups):
    return (*d[:-1 - len(extents)], *extents, kernel[-2] * groups)


@multilinear(lambda g, d, kernel, extents, **geometry: correlate(g, kernel, **geometry),
             lambda g, d, kernel, extents, **geometry: weigh(g, d, size=tuple(kernel.shape[:-2]), **geometry),
             shape=_spread_shape, batch=_one_kernel)
def spread(d, kernel, *, extents, strides, dilations, padding, groups):
    """Each position times the kernel, added up where its window lies in an input with the spatial `extents`."""
    count, (*size, channels, filters) = kernel.ndim - 2, kernel.shape
    x = np.zeros((*d.shape[:-1 - count], *extents, channels * groups), d.dtype)
    d, images = d.reshape(-1, *d.shape[-1 - count:]), x.reshape(-1, *extents, channels * groups)
    if _is_depthwise(channels, filters, groups):
        _spread_depthwise(d, kernel, images, strides, dilations, padding)
        return x
    weights = np.ascontiguousarray(np.moveaxis(kernel.reshape(*size, channels, groups, -1), -3, -1))
    for tile in _tiles(d.shape[:-1], channels * groups):
        part, inside = d[tile], images[tile[0]]
        around = [(padding[0][0] - tile[1].start * strides[0], 0), *padding[1:]]
        product = np.empty((*part.shape[:-1], channels * groups), d.dtype)
        for offset in np.ndindex(*size):
            np.matmul(_by_group(part, groups), weights[offset], out=_by_group(product, groups))
            at, place = meetings(extents, part.shape[1:-1], offset, strides, dilations, around)
            inside[(slice(None), *place)] += product[(slice(None), *at)]
    return x


def _weighed_shape(x, d, size, strides, dilations, padding, groups):
    return (*size, x[-1] // groups, d[-1])


@multilinear(lambda g, x, d, size, **geometry: _wrt_input(d, x, g, **geometry),
             lambda g, x, d, size, **geometry: correlate(x, g, **geometry), shape=_weighed_shape)
def weigh(x, d, *, size, strides, dilations, padding, groups):
    """The sum over all positions of their windows times what is there in `d`: the shape of a kernel."""
    count, channels, filters = len(size), x.shape[-1] // groups, d.shape[-1]
    x, d = _bordered(x, padding), d.reshape(-1, *d.shape[-1 - count:])
    if _is_depthwise(channels, filters, groups):
        return _weigh_depthwise(x, d, size, strides, dilations)
    total = np.zeros((groups, dims.product(size) * channels, filters // groups), x.dtype)
    for tile, rows in _rows(window_view(x, size, strides, dilations), count, groups):
        total += np.matmul(rows.swapaxes(1, 2), _by_group(d[tile], groups))
    return total.swapaxes(0, 1).reshape(*size, channels, filters)


# --- rows of windows -----------------------------------------------------------------------------

def _bordered(x, padding):
    """`x` as (images, *spatial, channels) with zeros around the images, or cut off where there are less than none."""
    x = x.reshape(-1, *x.shape[-1 - len(padding):])
    if any(min(width) < 0 for width in padding):
        x = x[(slice(None), *[slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in zip(x.shape[1:], padding)])]
    if all(max(width) <= 0 for width in padding):
        return x
    widths = [(max(before, 0), max(after, 0)) for before, after in padding]
    whole = np.zeros((len(x), *[n + b + a for n, (b, a) in zip(x.shape[1:], widths)], x.shape[-1]), x.dtype)
    whole[(slice(None), *[slice(b, b + n) for n, (b, _) in zip(x.shape[1:], widths)])] = x
    return whole


def _tiles(shape, width):
    """Slices of images and, of large ones, of rows that cover all positions (images, *positions), with about BLOCK
    numbers if each position has `width` of them."""
    images, rows = shape[:2]
    row = dims.product(shape[2:]) * width
    if rows * row <= BLOCK:
        step = BLOCK // max(rows * row, 1)
        return [(slice(i, min(i + step, images)), slice(0, rows)) for i in range(0, images, step)]
    step = max(BLOCK // row, 1)
    return [(slice(i, i + 1), slice(r, min(r + step, rows))) for i in range(images) for r in range(0, rows, step)]


def _rows(windows, count, groups):
    """(tile, its windows as rows: (groups, positions, elements)), tile by tile, in the same memory."""
    windows = np.moveaxis(windows.reshape(*windows.shape[:-1], groups, windows.shape[-1] // groups), -2, 0)
    elements = dims.product(windows.shape[2 + count:])
    memory = None
    for tile in _tiles(windows.shape[1:2 + count], elements * groups):
        part = windows[(slice(None), *tile)]
        if memory is None:
            memory = np.empty(part.size, windows.dtype)
        rows = memory[:part.size].reshape(part.shape)
        rows[...] = part
        yield tile, rows.reshape(groups, -1, elements)


def _by_group(y, groups):
    """(positions..., filters) as (groups, positions, filters / groups)."""
    return y.reshape(-1, groups, y.shape[-1] // groups).swapaxes(0, 1)


# --- each channel by itself ----------------------------------------------------------------------

def _is_depthwise(channels, filters, groups):
    return channels == 1 < groups == filters


def _correlate_depthwise(x, kernel, y, strides, dilations):
    """Sums of products of whole rows: einsum makes no array of the products."""
    size = kernel.shape[:-2]
    kernel = np.repeat(kernel, y.shape[-2], axis=-2)        # so that a row of it meets a row of x
    windows, y = _row_windows(x, size, strides, dilations), _as_rows(y, strides)
    *places, column, last = range(y.ndim)
    elements = [*range(y.ndim, y.ndim + len(size))]
    np.einsum(windows, [*places, column, *elements, last], kernel.reshape(*size, *y.shape[-2:]),
              [*elements, column, last], [*places, column, last], out=y)


def _weigh_depthwise(x, d, size, strides, dilations):
    windows, rows = _row_windows(x, size, strides, dilations), _as_rows(d, strides)
    axes = [*range(d.ndim)]
    sums = [np.einsum(windows[(..., *offset, slice(None))], axes, rows, axes, axes[-2:])
            for offset in np.ndindex(*size)]
    return np.stack(sums).reshape(*size, *d.shape[-2:]).sum(-2, keepdims=True)


def _spread_depthwise(d, kernel, x, strides, dilations, padding):
    """With strides of 1 that is a correlation, with the kernel the other way round; others leave gaps of zeros."""
    size, once = kernel.shape[:-2], (1,) * len(strides)
    if max(strides) > 1:
        gaps = np.zeros((len(d), *[(n - 1) * s + 1 for n, s in zip(d.shape[1:], strides)], d.shape[-1]), d.dtype)
        gaps[(slice(None), *[slice(None, None, s) for s in strides])] = d
        d = gaps
    reach = [(k - 1) * dilation for k, dilation in zip(size, dilations)]
    around = [(r - before, n - m + before) for r, (before, _), n, m in zip(reach, padding, x.shape[1:], d.shape[1:])]
    _correlate_depthwise(_bordered(d, around), np.flip(kernel, range(len(size))), x, once, dilations)


def _as_rows(x, strides):
    """Columns and channels as one axis, and one of extent 1, if neighbours in it are neighbours in all windows."""
    return x.reshape(*x.shape[:-2], x.shape[-2] * x.shape[-1], 1) if strides[-1] == 1 else x


def _row_windows(x, size, strides, dilations):
    """`window_view` of the rows of `x`."""
    step = x.shape[-1] if strides[-1] == 1 else 1
    return window_view(_as_rows(x, strides), size, strides, (*dilations[:-1], dilations[-1] * step))
