"""Images mixed with each other, and images with holes."""

import numpy as np

from ...arguments import number
from ...autograd.linear import reshape
from ...autograd.operands import as_tensor
from ...ops import random
from ...ops.arithmetic import logical_and, select
from ...ops.creation import cast
from ...ops.indexing import gather
from ...ops.sorting import argsort
from ...ops.unary import sqrt
from .base import ImageLayer, height_and_width, spread
from .colours import ColourLayer


def rectangles(layer, images, height, width, seed):
    """Which pixels lie in a rectangle somewhere in each image, (n, height, width, 1), and the part that it takes.

    height, width   in parts of the image's, (n, 1, 1, 1)
    """
    inside, part = [], 1.0
    for axis, (n, length) in enumerate(zip(height_and_width(images), (height, width)), 1):
        place = as_tensor(np.arange(n).reshape([-1 if i == axis else 1 for i in range(4)]), layer.dtype)
        start = layer.uniform(images, (0, 1), seed, 1, 1, 1) * (n - n * length)
        stop = start + n * length
        inside.append(logical_and(place >= start, place < stop))
        part = part * ((stop - start) / n)
    return logical_and(*inside), part


class MixingLayer(ImageLayer, kind="layers"):
    """Base of layers that pair each image with another one of the batch, and mix their labels by the weight drawn."""

    def __init__(self, seed, data_format, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.seeded(seed)

    def order(self, images, seed):
        """For each image the index of its partner."""
        return argsort(self.uniform(images, (0, 1), seed))

    def mixed(self, x, order, weight):
        """weight * x + (1 - weight) * that of the partner, as floats."""
        x = x if x.dtype.is_floating else cast(x, self.dtype)
        weight = reshape(weight, shape=(-1,) + (1,) * (x.ndim - 1))
        return weight * x + (1.0 - weight) * gather(x, order)


class MixUp(MixingLayer):
    """Weighted means of pairs of images, of their labels and of their masks; the weight is drawn from the Beta
    distribution with both parameters `alpha`. Source: Zhang et al. 2018, eq. 1."""

    def __init__(self, alpha=0.2, data_format=None, seed=None, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        if not number("MixUp: alpha", alpha, 0):
            raise ValueError(f"MixUp: alpha must be above 0, got {alpha!r}.")
        self.alpha = alpha

    def draw(self, images, seed):
        weight = random.draw_for(images, self.alpha, self.alpha, shape=(None,), seed=seed, method="beta",
                                 dtype=self.dtype)
        return self.order(images, seed), weight

    def transform_images(self, images, drawn):
        return self.mixed(images, *drawn)

    transform_labels = transform_masks = transform_images


class CutMix(MixingLayer):
    """Images with a rectangle of another one of the batch in place of theirs; labels are mixed by its area.

    factor   parameter of the Beta distribution of the area, drawn from 0 to 1: a pair, or a number f for (0, f)
    Source: Yun et al. 2019, eq. 1 and 2.
    """

    def __init__(self, factor=1.0, seed=None, data_format=None, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.factor = spread("CutMix: factor", factor, 0, 1)

    def draw(self, images, seed):
        alpha = self.one(images, self.factor, seed) + 1e-6
        kept = random.draw_for(images, alpha, alpha, shape=(None, 1, 1, 1), seed=seed, method="beta", dtype=self.dtype)
        side = sqrt(1.0 - kept)
        inside, part = rectangles(self, images, side, side, seed)
        return self.order(images, seed), inside, 1.0 - part

    def transform_images(self, images, drawn):
        order, inside, _ = drawn
        return select(inside, gather(images, order), images)

    transform_masks = transform_images

    def transform_labels(self, labels, drawn):
        return self.mixed(labels, drawn[0], drawn[2])


class RandomErasing(ColourLayer):
    """Images of which some lose a rectangle.

    factor        the probability, between 0 and 1: a number, up to which it is drawn for each image, or a pair
    scale         squares of the sides in parts of the image's, from 0 to 1: a pair, or a number f for (0, f)
    fill_value    what stands there: a number, three (one for each channel), or None for random colours
    value_range   lowest and highest value of a pixel, to which what stands there is limited
    """

    def __init__(self, factor=1.0, scale=(0.02, 0.33), fill_value=None, value_range=(0, 255), seed=None,
                 data_format=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = spread("RandomErasing: factor", factor, 0, 1)
        self.scale = spread("RandomErasing: scale", scale, 0, 1)
        colours = fill_value if isinstance(fill_value, (tuple, list)) else (fill_value,) * 3
        if len(colours) != 3:
            raise ValueError(f"RandomErasing: fill_value must be a number, three of them or None, got {fill_value!r}.")
        for colour in colours:
            number("RandomErasing: fill_value", colour, optional=True)
        self.fill_value = fill_value

    def draw(self, images, seed):
        height, width = (sqrt(self.uniform(images, self.scale, seed, 1, 1, 1)) for _ in range(2))
        if self.fill_value is None:
            fill = random.draw_for(images, 0.0, float(self.value_range[1]), shape=(None,) * 4, seed=seed,
                                   method="normal", dtype=self.dtype)
        else:
            fill = as_tensor(self.fill_value, self.dtype)
        inside, _ = rectangles(self, images, height, width, seed)
        return logical_and(self.chosen(images, self.factor, seed), inside), self.clipped(fill)

    def transform_images(self, images, drawn):
        return select(drawn[0], drawn[1], images)
