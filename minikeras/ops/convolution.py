"""Convolutions: plain, depthwise, separable and transposed, in Keras' terms."""

from ..autograd import dims
from ..autograd.linear import getitem, reshape
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .correlation import correlate, spread
from .indexing import repeat
from .products import matmul
from .windows import (
    channels_back,
    channels_last,
    is_channels_first,
    is_same,
    padding_widths,
    per_axis,
    positions,
    spatial_axes,
    spatial_extents,
)


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Cross-correlation of (batch, *spatial, channels) with (*size, channels / groups, filters).

    strides, dilation_rate   one integer, or one per spatial axis
    padding       'valid', or 'same': output positions = ceil(extent / stride)
    data_format   'channels_last' (None) or 'channels_first': (batch, channels, *spatial)
    The number of groups follows from the channels: each group of filters sees its own channels only.
    Raises ShapeError for shapes that do not fit.
    """
    return convolution(inputs, kernel, strides, padding, data_format, dilation_rate, "conv")


def convolution(inputs, kernel, strides, padding, data_format, dilation_rate, where):
    """`conv`, for a caller whose name is to stand in error messages."""
    x, kernel = as_tensor(inputs), as_tensor(kernel)
    x, first, geometry = _geometry(x, kernel, strides, padding, data_format, dilation_rate, where)
    *size, channels, filters = kernel.shape
    groups = _groups(shape_of(x)[-1], channels, filters, f"{where} of an input of shape {x.shape} (channels last) and "
                     f"a kernel of {kernel.shape}")
    if channels == 1 < groups < filters:    # so that each channel has one kernel, which is the fast case
        x, groups = repeat(x, filters // groups, axis=-1), filters
    if groups == 1 == max(size):            # a window of one element needs no windows
        x = getitem(x, index=(slice(None), *[slice(None, None, s) for s in geometry["strides"]]))
        y = matmul(x, reshape(kernel, shape=(channels, filters)))
    else:
        y = correlate(x, kernel, groups=groups, **geometry)
    return channels_back(y, first, len(size))


def _geometry(x, kernel, strides, padding, data_format, dilation_rate, where):
    """The input with channels last, whether they came first, and the attributes that ops of windows share."""
    count, first = spatial_axes(x, where), is_channels_first(data_format, where)
    if kernel.ndim != x.ndim:
        raise ShapeError(f"{where}: an input of shape {x.shape} needs a kernel of {x.ndim} axes, got {kernel.shape}.")
    strides = per_axis(strides, count, f"{where}: strides")
    dilations = per_axis(dilation_rate, count, f"{where}: dilation_rate")
    x = channels_last(x, first, count)
    size, extents = kernel.shape[:count], spatial_extents(x, count)
    widths = padding_widths(padding, extents, size, strides, dilations, where)
    positions(extents, size, strides, dilations, widths, where)
    return x, first, {"strides": strides, "dilations": dilations, "padding": widths}


def _groups(channels, of_kernel, filters, where):
    if type(channels) is not int:
        return 1
    if channels % of_kernel or filters % (channels // of_kernel):
        raise ShapeError(f"{where}: {channels} channels do not divide into groups of {of_kernel} that share the "
                         f"{filters} filters.")
    return channels // of_kernel


def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Each channel with filters of its own: a kernel (*size, channels, multiplier) gives channels * multiplier
    channels, those of the first channel first. Otherwise as `conv`."""
    return depthwise_convolution(inputs, kernel, strides, padding, data_format, dilation_rate, "depthwise_conv")


def depthwise_convolution(inputs, kernel, strides, padding, data_format, dilation_rate, where):
    """`depthwise_conv`, for a caller whose name is to stand in error messages."""
    x, kernel = as_tensor(inputs), as_tensor(kernel)
    first = is_channels_first(data_format, where)
    if kernel.ndim == x.ndim:
        *size, channels, multiplier = kernel.shape
        dims.unify(shape_of(x)[1 if first else -1], channels,
                   f"{where}: channels of an input of shape {x.shape} and a kernel of {kernel.shape}")
        kernel = reshape(kernel, shape=(*size, 1, channels * multiplier))
    return convolution(x, kernel, strides, padding, data_format, dilation_rate, where)


def separable_conv(inputs, depthwise_kernel, pointwise_kernel, strides=1, padding="valid", data_format=None,
                   dilation_rate=1):
    """`depthwise_conv`, then `conv` with a pointwise kernel (1, ..., 1, channels * multiplier, filters)."""
    return separable_convolution(inputs, depthwise_kernel, pointwise_kernel, strides, padding, data_format,
                                 dilation_rate, "separable_conv")


def separable_convolution(inputs, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate,
                          where):
    """`separable_conv`, for a caller whose name is to stand in error messages."""
    x = depthwise_convolution(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate, where)
    return convolution(x, pointwise_kernel, 1, "valid", data_format, 1, where)


def conv_transpose(inputs, kernel, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1):
    """The transpose of `conv` in its input, with a kernel (*size, filters, channels) of the same layout as there.

    output_padding   what is added to the smallest output; None gives extent * stride if `padding` is 'same', else
                     (extent - 1) * stride + the larger of window and stride
    """
    return transposed_convolution(inputs, kernel, strides, padding, output_padding, data_format, dilation_rate,
                                  "conv_transpose")


def transposed_convolution(inputs, kernel, strides, padding, output_padding, data_format, dilation_rate, where):
    """`conv_transpose`, for a caller whose name is to stand in error messages."""
    x, kernel = as_tensor(inputs), as_tensor(kernel)
    count = spatial_axes(x, where)
    strides = per_axis(strides, count, f"{where}: strides")
    dilations = per_axis(dilation_rate, count, f"{where}: dilation_rate")
    extra = [None] * count
    if output_padding is not None:
        extra = per_axis(output_padding, count, f"{where}: output_padding", least=0)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel.shape, dilations)]
    extents = shape_of(x)[2:] if is_channels_first(data_format, where) else shape_of(x)[1:-1]
    out = [_transposed_extent(*sizes, is_same(padding, where)) for sizes in zip(extents, strides, reach, extra)]
    return conv_transpose_to(x, kernel, out, strides, padding, data_format, dilations, where)


def _transposed_extent(extent, stride, reach, extra, same):
    if same:
        return extent * stride if extra is None else (extent - 1) * stride + reach % 2 + extra
    return (extent - 1) * stride + (max(reach, stride) if extra is None else reach + extra)


def conv_transpose_to(x, kernel, out, strides, padding, data_format, dilations, where="conv_transpose"):
    """`conv_transpose` to the spatial extents `out`; strides and dilations one per axis."""
    count, first = spatial_axes(x, where), is_channels_first(data_format, where)
    if kernel.ndim != x.ndim:
        raise ShapeError(f"{where}: an input of shape {x.shape} needs a kernel of {x.ndim} axes, got {kernel.shape}.")
    x = channels_last(x, first, count)
    extents = spatial_extents(x, count)
    dims.unify(shape_of(x)[-1], kernel.shape[-1], f"{where}: channels of an input of shape {x.shape} (channels last) "
               f"and a kernel of {kernel.shape}")
    whole = [(n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(extents, strides, kernel.shape, dilations)]
    # What `conv` would have padded is cut off; where the output is larger than all windows, zeros follow.
    cuts = [max(full - n, 0) // 2 if is_same(padding, where) else 0 for full, n in zip(whole, out)]
    widths = tuple([(cut, full - cut - n) for cut, full, n in zip(cuts, whole, out)])
    y = spread(x, kernel, extents=tuple(out), strides=strides, dilations=dilations, padding=widths, groups=1)
    return channels_back(y, first, count)
