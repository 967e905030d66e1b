"""Convolution as the product of patches with a kernel; channels last."""

import numpy as np

from ..autograd import dims
from ..autograd.linear import reshape
from ..autograd.op import folded, linear
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .products import matmul
from .shapes import pad_zeros


def _windows(extent, size, stride, dilation):
    return (extent - (size - 1) * dilation - 1) // stride + 1


def _patches_shape(x, size, strides, dilations):
    batch, *spatial, channels = x
    return (batch, *map(_windows, spatial, size, strides, dilations), *size, channels)


def _patch_index(out, offset, strides, dilations):
    """Where in the input the kernel position `offset` meets each output position."""
    return (slice(None), *[slice(o * d, o * d + (n - 1) * s + 1, s)
                           for n, o, s, d in zip(out, offset, strides, dilations)])


def _patches_transpose(d, x, size, strides, dilations):
    return from_patches(d, shape=tuple(x.shape), strides=strides, dilations=dilations)


@linear(_patches_transpose, shape=_patches_shape, batch=folded)
def patches(x, *, size, strides, dilations):
    """Windows of (batch, *spatial, channels): (batch, *positions, *size, channels)."""
    axes = tuple(range(1, 1 + len(size)))
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilations)]
    windows = np.lib.stride_tricks.sliding_window_view(x, reach, axes)     # (batch, *spatial', channels, *reach)
    pick = (slice(None), *[slice(None, None, s) for s in strides],
            slice(None), *[slice(None, None, d) for d in dilations])
    return np.moveaxis(windows[pick], 1 + len(size), -1)


@linear(lambda d, x, shape, strides, dilations: patches(d, size=tuple(x.shape[len(x.shape) // 2:-1]), strides=strides,
                                                        dilations=dilations),
        shape=lambda x, shape, **_: tuple(shape), batch=folded)
def from_patches(x, *, shape, strides, dilations):
    """The transpose of `patches`: windows added up where they overlap in an array of `shape`."""
    count = (x.ndim - 2) // 2
    out, size = x.shape[1:1 + count], x.shape[1 + count:-1]
    y = np.zeros(shape, x.dtype)
    for offset in np.ndindex(*size):
        y[_patch_index(out, offset, strides, dilations)] += x[(slice(None),) * (1 + count) + offset]
    return y


def _tuple(value, count):
    return (int(value),) * count if np.ndim(value) == 0 else tuple(int(v) for v in value)


def conv(x, kernel, strides=1, padding="valid", dilation_rate=1):
    """Cross-correlation of (batch, *spatial, channels) with (*size, channels, filters), channels last.

    padding  'valid', or 'same': output positions = ceil(extent / stride)
    """
    x, kernel = as_tensor(x), as_tensor(kernel)
    count = x.ndim - 2
    if kernel.ndim != count + 2:
        raise ShapeError(f"conv: an input of shape {x.shape} needs a kernel of {count + 2} axes (*size, channels, "
                         f"filters), got {kernel.shape}.")
    strides, dilations = _tuple(strides, count), _tuple(dilation_rate, count)
    extents, (*size, channels, filters) = shape_of(x), kernel.shape
    dims.unify(extents[-1], channels, f"conv: channels of an input of shape {x.shape} and a kernel of {kernel.shape}")
    if padding.lower() == "same":
        x = pad_zeros(x, pad_width=((0, 0), *map(_same_padding, extents[1:-1], size, strides, dilations), (0, 0)))
    elif padding.lower() != "valid":
        raise ValueError(f"conv: padding {padding!r} is not known; use 'valid' or 'same'.")
    windows = patches(x, size=tuple(size), strides=strides, dilations=dilations)
    positions = shape_of(windows)[:1 + count]
    rows = reshape(windows, shape=(dims.product(positions), int(np.prod(size)) * channels))
    return reshape(matmul(rows, reshape(kernel, shape=(-1, filters))), shape=(*positions, filters))


def _same_padding(extent, size, stride, dilation):
    total = (-(-extent // stride) - 1) * stride + (size - 1) * dilation + 1 - extent
    if type(total) is int:      # an extent that is not known yet only has to give the right number of positions
        total = max(total, 0)
    return total // 2, total - total // 2
