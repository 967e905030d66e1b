"""Images moved, turned and bent at random."""

import numpy as np

from ...arguments import number
from ...autograd.linear import reshape, stack
from ...autograd.operands import as_tensor
from ...ops.arithmetic import clip, maximum, select
from ...ops.creation import full_like, zeros_like
from ...ops.images import one_of
from ...ops.shapes import flip
from ...ops.unary import cos, sin
from ...ops.warping import (
    FILL_MODES,
    INDEX_FILL_MODES,
    INTERPOLATIONS,
    affine_transform,
    displaced,
    homography,
    smooth_noise,
)
from .base import ImageLayer, height_and_width, spread, values


class RandomFlip(ImageLayer):
    """Images of which each second one is mirrored.

    mode   'horizontal', 'vertical', or 'horizontal_and_vertical': both at once, if at all
    """

    def __init__(self, mode="horizontal_and_vertical", seed=None, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.seeded(seed)
        one_of("RandomFlip", "mode", mode, ("horizontal", "vertical", "horizontal_and_vertical"))
        self.mode = mode

    def draw(self, images, seed):
        return self.uniform(images, (0, 1), seed, 1, 1, 1) <= 0.5

    def transform_images(self, images, drawn):
        axes = {"horizontal": (2,), "vertical": (1,), "horizontal_and_vertical": (1, 2)}[self.mode]
        return select(drawn, flip(images, axes), images)

    transform_masks = transform_images


class MovingLayer(ImageLayer, kind="layers"):
    """Base of layers that see each image at other points. `draw` gives the eight numbers of `affine_transform` for
    each image, (n, 8)."""

    def __init__(self, fill_mode, interpolation, fill_value, seed, data_format, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        where = type(self).__name__
        one_of(where, "fill_mode", fill_mode, FILL_MODES)
        one_of(where, "interpolation", interpolation, INTERPOLATIONS)
        self.fill_mode, self.interpolation = fill_mode, interpolation
        self.fill_value = number(f"{where}: fill_value", fill_value)
        self.seeded(seed)

    def transform_images(self, images, drawn):
        return self._moved(images, drawn, self.interpolation)

    def transform_masks(self, masks, drawn):
        return self._moved(masks, drawn, "nearest")

    def _moved(self, images, drawn, interpolation):
        return affine_transform(images, drawn, interpolation, self.fill_mode, self.fill_value,
                                "channels_last")


def transform(*numbers):
    """The transforms (n, 8) of tensors (n,) and plain numbers."""
    like = next(x for x in numbers if not isinstance(x, float))
    return stack(*[full_like(like, x) if isinstance(x, float) else x for x in numbers], axis=-1)


class RandomRotation(MovingLayer):
    """Images turned about their middle by random angles.

    factor          in parts of a whole turn, counterclockwise, from -1 to 1: a pair, or a number f for (-f, f)
    fill_mode       what lies outside: 'reflect', 'wrap', 'nearest' (the edge), or 'constant' (`fill_value`)
    interpolation   'nearest' or 'bilinear'; segmentation masks always get the nearest
    """

    def __init__(self, factor, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0,
                 data_format=None, **kwargs):
        super().__init__(fill_mode, interpolation, fill_value, seed, data_format, **kwargs)
        self.factor = spread("RandomRotation: factor", factor, -1, 1)

    def draw(self, images, seed):
        height, width = height_and_width(images)
        angle = self.uniform(images, [360.0 * n for n in self.factor], seed) * (np.pi / 180)
        x, y, c, s = 0.5 * (width - 1), 0.5 * (height - 1), cos(angle), sin(angle)
        return transform(c, -s, x - x * c + y * s, s, c, y - x * s - y * c, 0.0, 0.0)


class RandomZoom(MovingLayer):
    """Images made larger or smaller about their middle.

    height_factor   how much more of the height is seen: 0.2 for 20 % more, which makes the image smaller, -0.2 for
                    less; above -1, to 1. A pair, or a number f for (-f, f)
    width_factor    the same for the width; None: as much as the height
    Further arguments as for `RandomRotation`.
    """

    def __init__(self, height_factor, width_factor=None, fill_mode="reflect", interpolation="bilinear", seed=None,
                 fill_value=0.0, data_format=None, **kwargs):
        super().__init__(fill_mode, interpolation, fill_value, seed, data_format, **kwargs)
        self._height = spread("RandomZoom: height_factor", height_factor, -1, 1, above=True)
        self._width = None if width_factor is None else spread("RandomZoom: width_factor", width_factor, -1, 1,
                                                               above=True)

    def draw(self, images, seed):
        height, width = height_and_width(images)
        y = 1.0 + self.uniform(images, self._height, seed)
        x = y if self._width is None else 1.0 + self.uniform(images, self._width, seed)
        return transform(x, 0.0, 0.5 * (width - 1) * (1.0 - x), 0.0, y, 0.5 * (height - 1) * (1.0 - y), 0.0, 0.0)


class RandomTranslation(MovingLayer):
    """Images shifted.

    height_factor   how far down, in parts of the height, from -1 to 1: a pair, or a number f for (-f, f)
    width_factor    how far to the right, in parts of the width
    Further arguments as for `RandomRotation`.
    """

    def __init__(self, height_factor, width_factor, fill_mode="reflect", interpolation="bilinear", seed=None,
                 fill_value=0.0, data_format=None, **kwargs):
        super().__init__(fill_mode, interpolation, fill_value, seed, data_format, **kwargs)
        self._height = spread("RandomTranslation: height_factor", height_factor, -1, 1)
        self._width = spread("RandomTranslation: width_factor", width_factor, -1, 1)

    def draw(self, images, seed):
        height, width = height_and_width(images)
        down, right = self.uniform(images, self._height, seed) * height, self.uniform(images, self._width, seed) * width
        return transform(1.0, 0.0, -right, 0.0, 1.0, -down, 0.0, 0.0)


class RandomShear(MovingLayer):
    """Images slanted, to one side or the other.

    x_factor   how far a pixel is seen to the side for each one down: a pair, or a number f from 0 to 1 for (-f, f)
    y_factor   how far down for each one to the side
    Further arguments as for `RandomRotation`.
    """

    def __init__(self, x_factor=0.0, y_factor=0.0, interpolation="bilinear", fill_mode="reflect", fill_value=0.0,
                 data_format=None, seed=None, **kwargs):
        super().__init__(fill_mode, interpolation, fill_value, seed, data_format, **kwargs)
        for name, factor in (("x_factor", x_factor), ("y_factor", y_factor)):
            if not isinstance(factor, (tuple, list)):
                number(f"RandomShear: {name}", factor, 0, 1)
            setattr(self, name, spread(f"RandomShear: {name}", factor, -1, 1))

    def draw(self, images, seed):
        sign = self.sign(images, seed)
        y = sign * self.uniform(images, self.y_factor, seed)
        return transform(1.0, sign * self.uniform(images, self.x_factor, seed), 0.0, y, 1.0, 0.0, 0.0, 0.0)


class RandomPerspective(MovingLayer):
    """Images seen from another angle: each corner moves by itself.

    factor   the probability of a change, between 0 and 1: a number, up to which it is drawn for each image, or a pair
    scale    how far corners move, from 0 to 1, where a coordinate changes by up to its half
    """

    def __init__(self, factor=1.0, scale=1.0, interpolation="bilinear", fill_value=0.0, seed=None, data_format=None,
                 **kwargs):
        super().__init__("constant", interpolation, fill_value, seed, data_format, **kwargs)
        self.factor = spread("RandomPerspective: factor", factor, 0, 1)
        self.scale = number("RandomPerspective: scale", scale, 0, 1)

    def draw(self, images, seed):
        height, width = height_and_width(images)
        start = as_tensor([[0.0, 0.0], [width - 1.0, 0.0], [0.0, height - 1.0], [width - 1.0, height - 1.0]],
                          self.dtype)
        chosen = self.chosen(images, self.factor, seed)
        bent = self.uniform(images, (-0.5 * self.scale, 0.5 * self.scale), seed, 4, 2)
        end = start * (1.0 + select(reshape(chosen, shape=(-1, 1, 1)), bent, 0.0))
        return homography(start + zeros_like(end), end)


class RandomElasticTransform(ImageLayer):
    """Images bent by smooth random displacements.

    factor   the probability of a change, between 0 and 1: a number, up to which it is drawn for each image, or a pair
    scale    how strong, from 0 to 1: a pair, or a number f for (0, f); one for the whole batch
    Further arguments as for `RandomRotation`, but fill_mode can also be 'mirror'.
    Source: Simard, Steinkraus and Platt 2003, section 2.
    """

    def __init__(self, factor=1.0, scale=1.0, interpolation="bilinear", fill_mode="reflect", fill_value=0.0,
                 value_range=(0, 255), seed=None, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.factor = spread("RandomElasticTransform: factor", factor, 0, 1)
        self.scale = spread("RandomElasticTransform: scale", scale, 0, 1)
        one_of("RandomElasticTransform", "interpolation", interpolation, INTERPOLATIONS)
        one_of("RandomElasticTransform", "fill_mode", fill_mode, INDEX_FILL_MODES)
        self.interpolation, self.fill_mode = interpolation, fill_mode
        self.fill_value = number("RandomElasticTransform: fill_value", fill_value)
        self.value_range = values("RandomElasticTransform", value_range)
        self.seeded(seed)

    def draw(self, images, seed):
        extents = height_and_width(images)
        scale = self.one(images, self.scale, seed)
        deviation = 0.05 * min(extents)
        # As wide as the largest deviation asks for: what is drawn cannot decide about shapes.
        taps = 6 * int(deviation * self.scale[1]) + 1
        noise = smooth_noise(images, maximum(deviation * scale, 1e-6), taps, seed)
        return self.chosen(images, self.factor, seed), 0.1 * max(extents) * scale * noise

    def transform_images(self, images, drawn):
        return clip(self._bent(images, drawn, self.interpolation), *map(float, self.value_range))

    def transform_masks(self, masks, drawn):
        return self._bent(masks, drawn, "nearest")

    def _bent(self, images, drawn, interpolation):
        chosen, shift = drawn
        return select(chosen, displaced(images, shift, interpolation, self.fill_mode, self.fill_value), images)
