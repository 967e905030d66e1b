"""TensorFlow's convolutions, pooling and blocks of pixels: `tf.nn.conv2d`, `tf.nn.max_pool2d` and the like."""

from ..autograd import dims
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..ops import convolution, pooling, shapes

FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}


def _keras_format(data_format, count, where):
    """Keras' word for TensorFlow's `data_format`."""
    last, first = FORMATS[count]
    if data_format not in (None, last, first):
        raise ValueError(f"{where}: data_format {data_format!r} is not known; use {last!r} or {first!r}.")
    return "channels_first" if data_format == first else "channels_last"


def _spatial(value, count, data_format, where):
    """One number for each spatial axis of an argument given as 1, `count` or count + 2 numbers."""
    if value is None:
        return (1,) * count
    values = (value,) * count if isinstance(value, int) else tuple(int(n) for n in value)
    if len(values) == count + 2:
        inner = values[2:] if data_format == "channels_first" else values[1:-1]
        if values[0] != 1 or values[1 if data_format == "channels_first" else -1] != 1:
            raise ShapeError(f"{where}={value} must be 1 for the batch and the channels.")
        return inner
    values = values * count if len(values) == 1 else values
    if len(values) != count:
        raise ShapeError(f"{where}={value} must be one number, one for each of {count} axes, or those between 1s for "
                         "the batch and the channels.")
    return values


def _bordered(x, padding, border):
    """`x` and the padding left to do: explicit widths [[0, 0], [top, bottom], ...] are done here."""
    if isinstance(padding, str):
        return x, padding
    return border(as_tensor(x), pad_width=tuple((int(before), int(after)) for before, after in padding)), "VALID"


def _convolve(function, input, kernels, count, strides, padding, data_format, dilations, where):
    data_format = _keras_format(data_format, count, where)
    strides = _spatial(strides, count, data_format, f"{where}: strides")
    dilations = _spatial(dilations, count, data_format, f"{where}: dilations")
    input, padding = _bordered(input, padding, shapes.pad_zeros)
    return function(input, *kernels, strides, padding, data_format, dilations)


def conv1d(input, filters, stride, padding, data_format="NWC", dilations=None, name=None):
    """Cross-correlation of (batch, width, channels) with (width, channels, filters)."""
    return _convolve(convolution.conv, input, [filters], 1, stride, padding, data_format, dilations, "conv1d")


def conv2d(input, filters, strides, padding, data_format="NHWC", dilations=None, name=None):
    """Cross-correlation of (batch, height, width, channels) with (height, width, channels / groups, filters).

    padding   'VALID', 'SAME' or the widths [[0, 0], [top, bottom], [left, right], [0, 0]]
    """
    return _convolve(convolution.conv, input, [filters], 2, strides, padding, data_format, dilations, "conv2d")


def conv3d(input, filters, strides, padding, data_format="NDHWC", dilations=None, name=None):
    """Cross-correlation of (batch, depth, height, width, channels) with (depth, height, width, channels, filters)."""
    return _convolve(convolution.conv, input, [filters], 3, strides, padding, data_format, dilations, "conv3d")


def depthwise_conv2d(input, filter, strides, padding, data_format=None, dilations=None, name=None):
    """Each channel with its own filters (height, width, channels, multiplier). Paddings as for `conv2d`."""
    return _convolve(convolution.depthwise_conv, input, [filter], 2, strides, padding, data_format, dilations,
                     "depthwise_conv2d")


def separable_conv2d(input, depthwise_filter, pointwise_filter, strides, padding, data_format=None, dilations=None,
                     name=None):
    """`depthwise_conv2d`, then `conv2d` with the (1, 1, channels * multiplier, filters) of `pointwise_filter`."""
    return _convolve(convolution.separable_conv, input, [depthwise_filter, pointwise_filter], 2, strides, padding,
                     data_format, dilations, "separable_conv2d")


def _transposed(input, filters, output_shape, count, strides, padding, data_format, dilations, where):
    data_format = _keras_format(data_format, count, where)
    strides = _spatial(strides, count, data_format, f"{where}: strides")
    dilations = _spatial(dilations, count, data_format, f"{where}: dilations")
    x, filters = as_tensor(input), as_tensor(filters)
    output_shape = tuple(int(n) for n in output_shape)
    out = output_shape[2:] if data_format == "channels_first" else output_shape[1:-1]
    extents = shapes.shape(x)[2:] if data_format == "channels_first" else shapes.shape(x)[1:-1]
    for n, extent, k, s, d in zip(out, extents, filters.shape, strides, dilations):
        reach = 1 if padding == "SAME" else (k - 1) * d + 1
        if type(extent) is int and -(-(n - reach + 1) // s) != extent:
            raise ShapeError(f"{where}: a convolution of output_shape {output_shape} would not give the shape "
                             f"{x.shape} of the input: {-(-(n - reach + 1) // s)} against {extent} positions.")
    y = convolution.conv_transpose_to(x, filters, out, strides, padding, data_format, dilations)
    if not dims.may_agree(y.shape, output_shape):
        raise ShapeError(f"{where}: the result has shape {y.shape}, but output_shape is {output_shape}.")
    return y


def conv1d_transpose(input, filters, output_shape, strides, padding="SAME", data_format="NWC", dilations=None,
                     name=None):
    """The transpose of `conv1d` in its input, with filters (width, out channels, in channels), to `output_shape`."""
    return _transposed(input, filters, output_shape, 1, strides, padding, data_format, dilations, "conv1d_transpose")


def conv2d_transpose(input, filters, output_shape, strides, padding="SAME", data_format="NHWC", dilations=None,
                     name=None):
    """The transpose of `conv2d` in its input, with filters (height, width, out channels, in channels)."""
    return _transposed(input, filters, output_shape, 2, strides, padding, data_format, dilations, "conv2d_transpose")


def conv3d_transpose(input, filters, output_shape, strides, padding="SAME", data_format="NDHWC", dilations=None,
                     name=None):
    """The transpose of `conv3d` in its input, with filters (depth, height, width, out channels, in channels)."""
    return _transposed(input, filters, output_shape, 3, strides, padding, data_format, dilations, "conv3d_transpose")


def _pooling(kind, count):
    where = f"{kind}_pool{count}d" if count else f"{kind}_pool"
    function = {"max": pooling.max_pool, "avg": pooling.average_pool}[kind]
    border = pooling.pad_lowest if kind == "max" else None

    def pool(input, ksize, strides, padding, data_format=None, name=None):
        x = as_tensor(input)
        axes = count or x.ndim - 2
        if x.ndim != axes + 2 or axes not in FORMATS:
            raise ShapeError(f"{where}: an input of shape {x.shape} has no {count or '1 to 3'} spatial axes between "
                             "batch and channels.")
        layout = _keras_format(data_format, axes, where)
        if border is None and not isinstance(padding, str):
            raise ValueError(f"{where}: padding must be 'VALID' or 'SAME', got {padding}.")
        x, padding = _bordered(x, padding, border)
        return function(x, _spatial(ksize, axes, layout, f"{where}: ksize"),
                        _spatial(strides, axes, layout, f"{where}: strides"), padding, layout)
    pool.__name__ = pool.__qualname__ = where
    pool.__doc__ = {
        "max": "The largest element of each window and channel. `padding` as for `conv2d`.",
        "avg": "The mean of each window and channel; what padding='SAME' adds does not count."}[kind]
    return pool


max_pool, max_pool1d, max_pool2d, max_pool3d = (_pooling("max", count) for count in (None, 1, 2, 3))
avg_pool, avg_pool1d, avg_pool2d, avg_pool3d = (_pooling("avg", count) for count in (None, 1, 2, 3))


def space_to_depth(input, block_size, data_format="NHWC", name=None):
    """Blocks of pixels moved into the channels."""
    return pooling.space_to_depth(input, block_size, _keras_format(data_format, 2, "space_to_depth"))


def depth_to_space(input, block_size, data_format="NHWC", name=None):
    """Channels moved into blocks of pixels."""
    return pooling.depth_to_space(input, block_size, _keras_format(data_format, 2, "depth_to_space"))
