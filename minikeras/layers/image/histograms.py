"""Images whose values are spread by how often they occur."""

import numpy as np

from ...arguments import count, number
from ...autograd.linear import concatenate, reshape
from ...ops.arithmetic import clip, divide_no_nan, minimum, select
from ...ops.creation import cast, full_like
from ...ops.indexing import gather, pad
from ...ops.placing import segment_sum
from ...ops.reduce import max, min, sum
from ...ops.running import cumsum
from ...ops.shapes import shape, transpose
from ...ops.unary import rint
from .base import ImageLayer, height_and_width, rescaled, values


class AutoContrast(ImageLayer):
    """Images stretched so that each channel goes from the lowest value of `value_range` to the highest; channels of one
    value stay. Also outside training."""

    always = True

    def __init__(self, value_range=(0, 255), data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = values("AutoContrast", value_range)

    def transform_images(self, images, drawn):
        pixels = rescaled(images, self.value_range, (0, 255))
        low, high = (extreme(pixels, axis=(1, 2), keepdims=True) for extreme in (min, max))
        scale = divide_no_nan(255.0, high - low)
        stretched = rescaled(clip(pixels * scale - low * scale, 0.0, 255.0), (0, 255), self.value_range)
        return select(high > low, stretched, images)


def histograms(groups, numbers, num_groups, bins):
    """How often each number below `bins` occurs in each group, (num_groups, bins). All are integers."""
    where = reshape(groups * bins + numbers, shape=(-1,))
    return reshape(segment_sum(full_like(where, 1), where, num_groups * bins), shape=(num_groups, bins))


class Equalization(ImageLayer):
    """Images whose values occur about equally often in each channel, over the whole batch together, as in Keras.

    value_range   lowest and highest value of a pixel
    bins          how many values are told apart, from 1 on
    """

    def __init__(self, value_range=(0, 255), bins=256, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.value_range, self.bins = values("Equalization", value_range), count("Equalization: bins", bins)

    def transform_images(self, images, drawn):
        channels = int(shape(images)[-1])
        pixels = rescaled(images, self.value_range, (0, 255))
        index = cast(clip(pixels / 255.0 * (self.bins - 1), 0.0, self.bins - 1.0), "int64")
        counts = histograms(np.arange(channels), index, channels, self.bins)
        # In float64, as counts times 255 have to be exact.
        upto = cast(cumsum(counts, axis=1), "float64")
        total = upto[:, -1:]
        first = min(select(upto > 0.0, upto, total), axis=1, keepdims=True)
        table = clip(rint(divide_no_nan((upto - first) * 255.0, total - first)), 0.0, 255.0)
        equal = gather(reshape(cast(table, images.dtype), shape=(-1,)), index + np.arange(channels) * self.bins)
        told_apart = sum(cast(counts > 0, "int64"), axis=1) > 1
        return rescaled(select(told_apart, equal, pixels), (0, 255), self.value_range)


class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Images equalized within tiles, with limited contrast, and between the middles of tiles by mixing what these would
    give. Also outside training; integers stay integers.

    value_range      lowest and highest value of a pixel
    clip_limit       how many times the mean count a value may occur before the rest is spread over all; 0: no limit
    tile_grid_size   how many tiles along the height and the width
    Source: Zuiderveld 1994.
    """

    always = keeps_integers = True

    def __init__(self, value_range=(0, 255), clip_limit=4.0, tile_grid_size=(8, 8), data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        where = type(self).__name__
        self.value_range = values(where, value_range)
        self.clip_limit = number(f"{where}: clip_limit", clip_limit)
        if not isinstance(tile_grid_size, (tuple, list)) or len(tile_grid_size) != 2:
            raise ValueError(f"{where}: tile_grid_size must be two integers from 1 on, got {tile_grid_size!r}.")
        self.tile_grid_size = tuple(count(f"{where}: tile_grid_size", n) for n in tile_grid_size)

    def transform_images(self, images, drawn):
        extents = height_and_width(images)
        sides = [-(-n // tiles) for n, tiles in zip(extents, self.tile_grid_size)]
        pixels = rescaled(images if images.dtype.is_floating else cast(images, self.dtype), self.value_range, (0, 255))
        missing = [(0, side * tiles - n) for n, side, tiles in zip(extents, sides, self.tile_grid_size)]
        pixels = cast(clip(pad(pixels, ((0, 0), *missing, (0, 0)), mode="symmetric"), 0.0, 255.0), "int64")
        equal = rescaled(self._looked_up(self._tables(pixels, sides), pixels, sides), (0, 255), self.value_range)
        return cast(equal[:, :extents[0], :extents[1]], images.dtype)

    def _tables(self, pixels, sides):
        """What becomes of each value in each tile and channel: (n, rows + 2, columns + 2, channels, 256), the outer
        tiles repeated."""
        rows, columns = self.tile_grid_size
        n, channels = int(shape(pixels)[0]), int(shape(pixels)[-1])
        tiles = transpose(reshape(pixels, shape=(n, rows, sides[0], columns, sides[1], channels)), (0, 1, 3, 5, 2, 4))
        groups = np.arange(n * rows * columns * channels).reshape(n, rows, columns, channels, 1, 1)
        counts = cast(histograms(groups, tiles, groups.size, 256), self.dtype)
        size = sides[0] * sides[1]
        if self.clip_limit > 0:
            limited = minimum(counts, self.clip_limit * size / 256.0)
            counts = limited + sum(counts - limited, axis=1, keepdims=True) / 256.0
        upto = cumsum(counts, axis=1)
        least = upto[:, :1]
        room = float(size) - least
        table = clip((upto - least) * 255.0 / select(room == 0.0, 1.0, room), 0.0, 255.0)
        table = reshape(table, shape=(n, rows, columns, channels, 256))
        table = concatenate(table[:, :1], table, table[:, -1:], axis=1)
        return concatenate(table[:, :, :1], table, table[:, :, -1:], axis=2)

    def _looked_up(self, tables, pixels, sides):
        """Each pixel as the four tiles around it have it, mixed by their nearness."""
        n, height, width, channels = pixels.shape
        rows, columns = tables.shape[1:3]
        flat = reshape(tables, shape=(-1,))
        image, channel = np.arange(n).reshape(-1, 1, 1, 1), np.arange(channels)

        def around(extent, side, shape):
            place = ((np.arange(extent) - side / 2) / side + 1.0).reshape(shape)
            low = np.floor(place)
            return low.astype(np.int64), (place - low).astype(self.dtype)
        (y, down), (x, right) = around(height, sides[0], (-1, 1, 1)), around(width, sides[1], (-1, 1))

        def seen(y, x):
            return gather(flat, (((image * rows + y) * columns + x) * channels + channel) * 256 + pixels)
        top = seen(y, x) * (1.0 - right) + seen(y, x + 1) * right
        bottom = seen(y + 1, x) * (1.0 - right) + seen(y + 1, x + 1) * right
        return top * (1.0 - down) + bottom * down
