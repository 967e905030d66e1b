"""Pooling over one, two and three axes: of windows, of all positions, and to a given number of windows."""

from ..arguments import switch
from ..autograd import dims
from ..autograd.operands import shape_of
from ..errors import ShapeError
from ..ops import pooling
from ..ops.arithmetic import select
from ..ops.creation import cast
from ..ops.reduce import max, mean, sum
from ..ops.shapes import expand_dims
from ..ops.windows import is_same
from .spatial import Spatial


class Pooling(Spatial, kind="layers"):
    """Base of pooling over windows.

    pool_size     window: one integer for all axes, or one for each
    strides       from one window to the next; None: `pool_size`, so that they touch
    padding       'valid', or 'same': as many windows as the stride divides the extent into, rounded up
    data_format   'channels_last' (default): (batch, *spatial, channels), or 'channels_first'
    """

    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(data_format, name=name, **kwargs)
        self.pool_size = self._sizes("pool_size", pool_size)
        self.strides = self.pool_size if strides is None else self._sizes("strides", strides)
        is_same(padding, type(self).__name__)
        self.padding = padding
        self.built = True

    def call(self, inputs):
        return pooling.pool(self.reduce, inputs, self.pool_size, self.strides, self.padding, self.data_format,
                            self._titled)


class MaxPooling(Pooling, kind="layers"):
    """Base of pooling that takes the largest element; of equal ones the first gets the gradient."""

    reduce = staticmethod(pooling.largest_of_windows)

    def __init__(self, pool_size=2, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


class MaxPooling1D(MaxPooling, aliases=("MaxPool1D",)):
    """The largest element of each window. Shapes: (n, steps, c) -> (n, windows, c). As `MaxPooling2D`."""

    rank = 1


class MaxPooling2D(MaxPooling, aliases=("MaxPool2D",)):
    """The largest element of each window and channel; of equal ones the first gets the gradient.

    Shapes: (n, height, width, c) -> (n, rows, columns, c), or channels first.
    pool_size   one integer for both axes, or one for each; `strides` is the same unless given
    padding     'valid', or 'same': rows = height / stride, rounded up; what is added never counts
    """

    rank = 2


class MaxPooling3D(MaxPooling, aliases=("MaxPool3D",)):
    """The largest element of each window. Shapes: (n, *volume, c) -> (n, *windows, c). As `MaxPooling2D`."""

    rank = 3


class AveragePooling(Pooling, kind="layers"):
    """Base of pooling that takes the mean; what padding='same' adds does not count."""

    reduce = staticmethod(pooling.mean_of_windows)


class AveragePooling1D(AveragePooling, aliases=("AvgPool1D",)):
    """The mean of each window. Shapes: (n, steps, c) -> (n, windows, c). As `AveragePooling2D`."""

    rank = 1


class AveragePooling2D(AveragePooling, aliases=("AvgPool2D",)):
    """The mean of each window and channel. Shapes: (n, height, width, c) -> (n, rows, columns, c), or channels first.

    pool_size   one integer for both axes, or one for each; `strides` is the same unless given
    padding     'valid', or 'same': rows = height / stride, rounded up; what is added does not count
    """

    rank = 2


class AveragePooling3D(AveragePooling, aliases=("AvgPool3D",)):
    """The mean of each window. Shapes: (n, *volume, c) -> (n, *windows, c). As `AveragePooling2D`."""

    rank = 3


class GlobalPooling(Spatial, kind="layers"):
    """Base of pooling over all positions.

    data_format   'channels_last' (default): (batch, *spatial, channels), or 'channels_first'
    keepdims      whether the spatial axes stay, with extent 1
    """

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(data_format, **kwargs)
        self.keepdims = switch(self._where("keepdims"), keepdims)
        self.built = True

    def call(self, inputs):
        return self.reduce(inputs, axis=self._spatial_axes, keepdims=self.keepdims)


class GlobalMaxPooling(GlobalPooling, kind="layers"):
    """Base of pooling that takes the largest element of each channel; equal ones share the gradient."""

    reduce = staticmethod(max)


class GlobalMaxPooling1D(GlobalMaxPooling, aliases=("GlobalMaxPool1D",)):
    """The largest element of each channel over time. Shapes: (n, steps, c) -> (n, c)."""

    rank = 1


class GlobalMaxPooling2D(GlobalMaxPooling, aliases=("GlobalMaxPool2D",)):
    """The largest element of each channel of an image. Shapes: (n, height, width, c) -> (n, c), or channels first."""

    rank = 2


class GlobalMaxPooling3D(GlobalMaxPooling, aliases=("GlobalMaxPool3D",)):
    """The largest element of each channel of a volume. Shapes: (n, *volume, c) -> (n, c), or channels first."""

    rank = 3


class GlobalAveragePooling(GlobalPooling, kind="layers"):
    """Base of pooling that takes the mean of each channel."""

    reduce = staticmethod(mean)


class GlobalAveragePooling1D(GlobalAveragePooling, aliases=("GlobalAvgPool1D",)):
    """The mean of each channel over time; over the steps where `mask` is true, if there is one.

    Shapes: (n, steps, c) and a mask (n, steps) -> (n, c). A sample without such a step gives NaN.
    """

    rank = 1

    def call(self, inputs, mask=None):
        if mask is None:
            return super().call(inputs)
        axes = self._spatial_axes
        expected = tuple([shape_of(inputs)[i] for i in (0, *axes)])
        if not dims.may_agree(shape_of(mask), expected):
            raise ShapeError(f"{type(self).__name__} {self.name!r}: the mask of inputs of shape {inputs.shape} must "
                             f"have shape {dims.public_shape(expected)}, got {mask.shape}.")
        mask = expand_dims(cast(mask, "bool"), -1 if self.data_format == "channels_last" else 1)
        total = sum(select(mask, inputs, 0.0), axis=axes, keepdims=self.keepdims)
        return total / sum(cast(mask, inputs.dtype), axis=axes, keepdims=self.keepdims)

    def compute_mask(self, inputs, mask=None):
        """None: the steps are gone."""


class GlobalAveragePooling2D(GlobalAveragePooling, aliases=("GlobalAvgPool2D",)):
    """The mean of each channel of an image. Shapes: (n, height, width, c) -> (n, c), or channels first."""

    rank = 2


class GlobalAveragePooling3D(GlobalAveragePooling, aliases=("GlobalAvgPool3D",)):
    """The mean of each channel of a volume. Shapes: (n, *volume, c) -> (n, c), or channels first."""

    rank = 3


class AdaptivePooling(Spatial, kind="layers"):
    """Base of pooling to a number of windows: window i of n goes from i/n to (i + 1)/n of the extent, rounded outwards.

    output_size   number of windows: one integer for all axes, or one for each
    """

    def __init__(self, output_size, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.output_size = self._sizes("output_size", output_size)
        self.built = True

    def call(self, inputs):
        return self.pool(inputs, self.output_size, self.data_format)


class AdaptiveMaxPooling(AdaptivePooling, kind="layers"):
    """Base of adaptive pooling that takes the largest element."""

    pool = staticmethod(pooling.adaptive_max_pool)


class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """The largest element of each of `output_size` windows. Shapes: (n, steps, c) -> (n, output_size, c)."""

    rank = 1


class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """The largest element of each of `output_size` windows. Shapes: (n, height, width, c) -> (n, *output_size, c)."""

    rank = 2


class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """The largest element of each of `output_size` windows. Shapes: (n, *volume, c) -> (n, *output_size, c)."""

    rank = 3


class AdaptiveAveragePooling(AdaptivePooling, kind="layers"):
    """Base of adaptive pooling that takes the mean."""

    pool = staticmethod(pooling.adaptive_average_pool)


class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """The mean of each of `output_size` windows. Shapes: (n, steps, c) -> (n, output_size, c)."""

    rank = 1


class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """The mean of each of `output_size` windows. Shapes: (n, height, width, c) -> (n, *output_size, c)."""

    rank = 2


class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """The mean of each of `output_size` windows. Shapes: (n, *volume, c) -> (n, *output_size, c)."""

    rank = 3
