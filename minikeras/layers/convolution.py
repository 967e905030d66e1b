"""Convolutions over one, two and three axes: plain, transposed, depthwise and separable."""

from .. import activations
from ..arguments import count, one_of, switch
from ..autograd.linear import reshape
from ..errors import ShapeError
from ..ops.convolution import convolution, depthwise_convolution, separable_convolution, transposed_convolution
from ..ops.shapes import pad_zeros
from .low_rank import LowRank
from .spatial import Spatial


class Convolution(Spatial, kind="layers"):
    """Base of all convolutions: what they do with windows, bias and activation.

    kernel_size, strides, dilation_rate   integers from 1 on, one for all axes or one for each; of strides and
                  dilations only one kind may be above 1 in `Conv` and its transpose
    padding       'valid', or 'same': as many positions as the stride divides the extent into, rounded up
    data_format   'channels_last' (default): (batch, *spatial, channels), or 'channels_first'
    activation    what is made of the result; `use_bias`: whether a number is added to each filter first
    """

    paddings = ("valid", "same")

    def __init__(self, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, **kwargs):
        super().__init__(data_format, **kwargs)
        self.kernel_size = self._sizes("kernel_size", kernel_size)
        self.strides = self._sizes("strides", strides)
        self.dilation_rate = self._sizes("dilation_rate", dilation_rate)
        self.padding = one_of(self._where("padding"), padding.lower() if isinstance(padding, str) else padding,
                              self.paddings)
        self.activation = activations.get(activation)
        self.use_bias = switch(self._where("use_bias"), use_bias)
        self.bias = None

    def _refuse_strides_with_dilations(self):
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(f"{self._where('strides')}={self.strides} and dilation_rate={self.dilation_rate} cannot "
                             "both be above 1; set one of them to 1.")

    def _add_bias(self, filters):
        if self.use_bias:
            self.bias = self._add_kept("bias", (filters,))

    def convolve(self, inputs):
        """The convolution without bias and activation."""
        raise NotImplementedError

    def call(self, inputs):
        x = self.convolve(inputs)
        if self.use_bias:
            last = self.data_format == "channels_last"
            x = x + (self.bias if last else reshape(self.bias, shape=(-1, *(1,) * self.rank)))
        return x if self.activation in (None, activations.linear) else self.activation(x)

    @property
    def _windows(self):
        """The last arguments of the functions in ops."""
        padding = "same" if self.padding == "same" else "valid"
        return self.strides, padding, self.data_format, self.dilation_rate, self._titled


class Conv(LowRank, Convolution, kind="layers"):
    """Base of the convolutions of all channels with `filters` kernels.

    groups      parts of the channels, each with filters of its own; must divide channels and filters
    lora_rank   as for Dense
    Others as for `Convolution`.
    """

    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1, groups=1,
                 activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
                 kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
                 bias_constraint=None, *, lora_rank=None, lora_alpha=None, **kwargs):
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
                         activity_regularizer=activity_regularizer, **kwargs)
        self._keep("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._keep("bias", bias_initializer, bias_regularizer, bias_constraint)
        self._refuse_strides_with_dilations()
        self.filters = count(self._where("filters"), filters)
        self.groups = count(self._where("groups"), groups)
        if self.filters % self.groups:
            raise ValueError(f"{self._where('filters')}={filters} must be a multiple of groups={groups}.")
        self._set_low_rank(lora_rank, lora_alpha)

    def build(self, input_shape):
        channels = self._demand_channels(input_shape)
        if channels % self.groups:
            raise ShapeError(f"{channels} channels do not divide into {self.groups} groups.")
        self.kernel = self._add_kept("kernel", (*self.kernel_size, channels // self.groups, self.filters))
        self._add_bias(self.filters)
        if self.lora_rank:
            self._add_low_rank()

    def convolve(self, inputs):
        return convolution(inputs, self._adapted_weight(), *self._windows)


class Conv1D(Conv, aliases=("Convolution1D",)):
    """A convolution over time. Shapes: (n, steps, channels) -> (n, positions, filters).

    padding   also 'causal': what comes out at a step depends on that step and those before only
    Others as for `Conv2D`.
    """

    rank = 1
    paddings = ("valid", "same", "causal")

    def call(self, inputs):
        if self.padding == "causal":
            before = [(0, 0)] * 3
            before[self._spatial_axes[0]] = ((self.kernel_size[0] - 1) * self.dilation_rate[0], 0)
            inputs = pad_zeros(inputs, pad_width=tuple(before))
        return super().call(inputs)


class Conv2D(Conv, aliases=("Convolution2D",)):
    """A convolution over images: of each window the products with `filters` kernels, plus bias, activated.

    Shapes: (n, height, width, channels) -> (n, rows, columns, filters); with data_format='channels_first'
    the channels and filters stand before height and width.
    kernel_size, strides, dilation_rate   one integer, or one for each axis; strides or dilations must be 1
    padding     'valid', or 'same': rows = height / stride, rounded up
    groups      parts of the channels, each with filters of its own
    lora_rank   extent of the trainable product added to the kernel, which is frozen (Hu et al. 2021)
    Raises ValueError for arguments and ShapeError for inputs that do not fit.
    """

    rank = 2


class Conv3D(Conv, aliases=("Convolution3D",)):
    """A convolution over volumes. Shapes: (n, *volume, channels) -> (n, *positions, filters). As `Conv2D`."""

    rank = 3


class ConvTranspose(Convolution, kind="layers"):
    """Base of the transposes of `Conv` in its input: they spread each position over a window.

    output_padding   what is added to the smallest output that a convolution would make this input of; below the
                     strides. None: extent * stride if `padding` is 'same', else (extent - 1) * stride + the larger
                     of window and stride
    Others as for `Convolution`.
    """

    def __init__(self, filters, kernel_size, strides=1, padding="valid", output_padding=None, data_format=None,
                 dilation_rate=1, activation=None, use_bias=True, kernel_initializer="glorot_uniform",
                 bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
                         activity_regularizer=activity_regularizer, **kwargs)
        self._keep("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._keep("bias", bias_initializer, bias_regularizer, bias_constraint)
        self._refuse_strides_with_dilations()
        self.filters = count(self._where("filters"), filters)
        self.output_padding = None if output_padding is None else self._sizes("output_padding", output_padding, 0)
        if output_padding is not None and any(n >= s for n, s in zip(self.output_padding, self.strides)):
            raise ValueError(f"{self._where('output_padding')}={self.output_padding} must be below the strides, which "
                             f"are {self.strides}, along each axis.")

    def build(self, input_shape):
        self.kernel = self._add_kept("kernel", (*self.kernel_size, self.filters, self._demand_channels(input_shape)))
        self._add_bias(self.filters)

    def convolve(self, inputs):
        strides, padding, *others = self._windows
        return transposed_convolution(inputs, self.kernel, strides, padding, self.output_padding, *others)


class Conv1DTranspose(ConvTranspose, aliases=("Convolution1DTranspose",)):
    """The transpose of `Conv1D`. Shapes: (n, positions, channels) -> (n, steps, filters). As `Conv2DTranspose`."""

    rank = 1


class Conv2DTranspose(ConvTranspose, aliases=("Convolution2DTranspose",)):
    """The transpose of `Conv2D` in its input, for images made larger: each pixel is spread over a window.

    Shapes: (n, rows, columns, channels) -> (n, height, width, filters), or channels first.
    padding          'valid': height = (rows - 1) * stride + the larger of window and stride; 'same': rows * stride
    output_padding   instead: height = (rows - 1) * stride + this + window if 'valid', + window % 2 if 'same'
    Raises ValueError for arguments and ShapeError for inputs that do not fit.
    """

    rank = 2


class Conv3DTranspose(ConvTranspose, aliases=("Convolution3DTranspose",)):
    """The transpose of `Conv3D`. Shapes: (n, *positions, channels) -> (n, *volume, filters). As `Conv2DTranspose`."""

    rank = 3

    # Keras has data_format before output_padding here, and here only.
    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, output_padding=None,
                 dilation_rate=1, activation=None, use_bias=True, kernel_initializer="glorot_uniform",
                 bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(filters, kernel_size, strides, padding, output_padding, data_format, dilation_rate,
                         activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
                         bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs)


class DepthwiseConv(Convolution, kind="layers"):
    """Base of the convolutions of each channel by itself, with `depth_multiplier` filters for each."""

    def __init__(self, kernel_size, strides=1, padding="valid", depth_multiplier=1, data_format=None, dilation_rate=1,
                 activation=None, use_bias=True, depthwise_initializer="glorot_uniform", bias_initializer="zeros",
                 depthwise_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 depthwise_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
                         activity_regularizer=activity_regularizer, **kwargs)
        self._keep("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self._keep("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.depth_multiplier = count(self._where("depth_multiplier"), depth_multiplier)

    def build(self, input_shape):
        channels = self._demand_channels(input_shape)
        self.kernel = self._add_kept("depthwise", (*self.kernel_size, channels, self.depth_multiplier), name="kernel")
        self._add_bias(channels * self.depth_multiplier)

    def convolve(self, inputs):
        return depthwise_convolution(inputs, self.kernel, *self._windows)


class DepthwiseConv1D(DepthwiseConv):
    """Each channel with filters of its own. Shapes: (n, steps, channels) -> (n, positions, channels * multiplier)."""

    rank = 1


class DepthwiseConv2D(DepthwiseConv):
    """Each channel with filters of its own: those of the first channel come first.

    Shapes: (n, height, width, channels) -> (n, rows, columns, channels * depth_multiplier), or channels first.
    Arguments as for `Conv2D`; strides and dilations may both be above 1.
    """

    rank = 2


class SeparableConv(Convolution, kind="layers"):
    """Base of the depthwise convolutions followed by one that mixes the channels of each position."""

    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
                 depth_multiplier=1, activation=None, use_bias=True, depthwise_initializer="glorot_uniform",
                 pointwise_initializer="glorot_uniform", bias_initializer="zeros", depthwise_regularizer=None,
                 pointwise_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 depthwise_constraint=None, pointwise_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
                         activity_regularizer=activity_regularizer, **kwargs)
        self._keep("depthwise", depthwise_initializer, depthwise_regularizer, depthwise_constraint)
        self._keep("pointwise", pointwise_initializer, pointwise_regularizer, pointwise_constraint)
        self._keep("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.filters = count(self._where("filters"), filters)
        self.depth_multiplier = count(self._where("depth_multiplier"), depth_multiplier)

    def build(self, input_shape):
        channels, multiplier = self._demand_channels(input_shape), self.depth_multiplier
        self.depthwise_kernel = self._add_kept("depthwise", (*self.kernel_size, channels, multiplier),
                                               name="depthwise_kernel")
        self.pointwise_kernel = self._add_kept(
            "pointwise", (*(1,) * self.rank, channels * multiplier, self.filters), name="pointwise_kernel")
        self._add_bias(self.filters)

    def convolve(self, inputs):
        return separable_convolution(inputs, self.depthwise_kernel, self.pointwise_kernel, *self._windows)


class SeparableConv1D(SeparableConv, aliases=("SeparableConvolution1D",)):
    """`DepthwiseConv1D`, then a convolution of window 1. Shapes: (n, steps, channels) -> (n, positions, filters)."""

    rank = 1


class SeparableConv2D(SeparableConv, aliases=("SeparableConvolution2D",)):
    """`DepthwiseConv2D`, then a convolution of window 1 (Chollet 2017).

    Shapes: (n, height, width, channels) -> (n, rows, columns, filters), or channels first.
    Arguments as for `Conv2D`; strides and dilations may both be above 1.
    """

    rank = 2
