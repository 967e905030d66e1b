"""Borders added and cut off, and positions repeated, along one, two and three axes."""

from ..arguments import count, one_of
from ..autograd.linear import getitem
from ..errors import ShapeError
from ..ops.images import INTERPOLATIONS, resize
from ..ops.indexing import repeat
from ..ops.shapes import pad_zeros, shape
from ..ops.windows import per_axis
from .spatial import Spatial


class Bordered(Spatial, kind="layers"):
    """Base of layers with (before, after) for each axis."""

    def _borders(self, argument, value):
        """(before, after) for each axis, from one integer for all, or for each axis one or a pair of them; along one
        axis the pair itself."""
        where = self._where(argument)
        if self.rank == 1:
            return per_axis(value, 2, where, 0)
        values = (value,) * self.rank if not isinstance(value, (tuple, list)) else tuple(value)
        if len(values) != self.rank:
            raise ValueError(f"{where} must be an integer, or {self.rank} integers or pairs of them, got {value!r}.")
        return tuple(per_axis(item, 2, where, 0) for item in values)

    def _by_axis(self, borders):
        return dict(zip(self._spatial_axes, (borders,) if self.rank == 1 else borders))


class ZeroPadding(Bordered, kind="layers"):
    """Base of layers that put zeros around their inputs."""

    def __init__(self, padding=1, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.padding = self._borders("padding", padding)
        self.built = True

    def call(self, inputs):
        widths = self._by_axis(self.padding)
        return pad_zeros(inputs, pad_width=tuple(widths.get(axis, (0, 0)) for axis in range(inputs.ndim)))


class ZeroPadding1D(ZeroPadding):
    """Zeros before and after the steps: `padding` of them on both sides, or (before, after)."""

    rank = 1


class ZeroPadding2D(ZeroPadding):
    """Zeros around images.

    padding   an integer, one for height and one for width, or ((top, bottom), (left, right))
    """

    rank = 2


class ZeroPadding3D(ZeroPadding):
    """Zeros around volumes: `padding` is an integer, one for each axis, or (before, after) for each."""

    rank = 3


class Cropping(Bordered, kind="layers"):
    """Base of layers that cut borders off."""

    def __init__(self, cropping, data_format, **kwargs):
        super().__init__(data_format, **kwargs)
        self.cropping = self._borders("cropping", cropping)
        self.built = True

    def call(self, inputs):
        extents, index = shape(inputs), [slice(None)] * inputs.ndim
        for axis, (before, after) in self._by_axis(self.cropping).items():
            if type(extents[axis]) is int and extents[axis] <= before + after:
                raise ShapeError(f"{self._titled}: of axis {axis} of an input of shape "
                                 f"{inputs.shape}, {before} + {after} cannot be cut off, for nothing would be left.")
            index[axis] = slice(before, extents[axis] - after)
        return getitem(inputs, index=tuple(index))


class Cropping1D(Cropping):
    """Inputs (n, steps, c) without the first and last steps: `cropping` on both sides, or (first, last)."""

    rank = 1

    def __init__(self, cropping=(1, 1), **kwargs):
        super().__init__(cropping, "channels_last", **kwargs)


class Cropping2D(Cropping):
    """Images without their borders.

    cropping   an integer, one for height and one for width, or ((top, bottom), (left, right))
    """

    rank = 2

    def __init__(self, cropping=((0, 0), (0, 0)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(Cropping):
    """Volumes without their borders: `cropping` is an integer, one for each axis, or (before, after) for each."""

    rank = 3

    def __init__(self, cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)


class UpSampling(Spatial, kind="layers"):
    """Base of layers that repeat each position."""

    def call(self, inputs):
        sizes = (self.size,) if self.rank == 1 else self.size
        for axis, size in zip(self._spatial_axes, sizes):
            inputs = repeat(inputs, size, axis=axis)
        return inputs


class UpSampling1D(UpSampling):
    """Each step `size` times. Shapes: (n, steps, c) -> (n, steps * size, c)."""

    rank = 1

    def __init__(self, size=2, **kwargs):
        super().__init__("channels_last", **kwargs)
        self.size = count(self._where("size"), size)
        self.built = True


class UpSampling2D(UpSampling):
    """Larger images. Shapes: (n, height, width, c) -> (n, height * size[0], width * size[1], c), or channels first.

    size            one integer for both axes, or one for each
    interpolation   'nearest', which repeats pixels, or another of `ops.image.resize`
    """

    rank = 2

    def __init__(self, size=(2, 2), data_format=None, interpolation="nearest", **kwargs):
        super().__init__(data_format, **kwargs)
        self.size = self._sizes("size", size)
        self.interpolation = one_of(self._where("interpolation"), str(interpolation).lower(), INTERPOLATIONS)
        self.built = True

    def call(self, inputs):
        if self.interpolation == "nearest":
            return super().call(inputs)
        extents = shape(inputs)
        new = [extents[axis] * size for axis, size in zip(self._spatial_axes, self.size)]
        return resize(inputs, new, self.interpolation, data_format=self.data_format)


class UpSampling3D(UpSampling):
    """Each position repeated. Shapes: (n, *volume, c) -> (n, *larger, c), or channels first.

    size   one integer for all axes, or one for each
    """

    rank = 3

    def __init__(self, size=(2, 2, 2), data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.size = self._sizes("size", size)
        self.built = True
