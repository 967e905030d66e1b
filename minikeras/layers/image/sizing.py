"""Images of other sizes."""

import numpy as np

from ...arguments import count, switch
from ...ops import random
from ...ops.images import INTERPOLATIONS, one_of, resize
from ...ops.indexing import gather
from .base import ImageLayer, height_and_width


class Resizing(ImageLayer):
    """Images of another height and width; integers stay integers, rounded. Also outside training.

    height, width          in pixels
    interpolation          as for `ops.image.resize`: 'bilinear', 'nearest', 'bicubic', 'lanczos3', 'lanczos5', ...
    crop_to_aspect_ratio   cut off borders first, so that nothing is distorted
    pad_to_aspect_ratio    or add borders of `fill_value`
    antialias              when making images smaller, average over all the pixels that go into one
    """

    always = keeps_integers = True

    def __init__(self, height, width, interpolation="bilinear", crop_to_aspect_ratio=False, pad_to_aspect_ratio=False,
                 fill_mode="constant", fill_value=0.0, antialias=False, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width = count("Resizing: height", height), count("Resizing: width", width)
        one_of("Resizing", "interpolation", interpolation, INTERPOLATIONS)
        one_of("Resizing", "fill_mode", fill_mode, ("constant",))
        self.interpolation, self.fill_mode, self.fill_value = interpolation, fill_mode, fill_value
        self.crop_to_aspect_ratio = switch("Resizing: crop_to_aspect_ratio", crop_to_aspect_ratio)
        self.pad_to_aspect_ratio = switch("Resizing: pad_to_aspect_ratio", pad_to_aspect_ratio)
        self.antialias = switch("Resizing: antialias", antialias)
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError("Resizing: only one of crop_to_aspect_ratio and pad_to_aspect_ratio can be true.")

    def transform_images(self, images, drawn):
        return self._resized(images, self.interpolation)

    def transform_masks(self, masks, drawn):
        return self._resized(masks, "nearest")

    def _resized(self, images, interpolation):
        return resize(images, (self.height, self.width), interpolation, self.antialias, self.crop_to_aspect_ratio,
                      self.pad_to_aspect_ratio, self.fill_mode, self.fill_value, "channels_last")


class CenterCrop(ImageLayer):
    """The middle of each image. An image that is smaller is resized: the largest part of the wanted proportions.
    Also outside training."""

    always = True

    def __init__(self, height, width, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.height, self.width = count("CenterCrop: height", height), count("CenterCrop: width", width)

    def transform_images(self, images, drawn, interpolation="bilinear"):
        height, width = height_and_width(images)
        top, left = (height - self.height) // 2, (width - self.width) // 2
        if top < 0 or left < 0:
            return resize(images, (self.height, self.width), interpolation, crop_to_aspect_ratio=True,
                          data_format="channels_last")
        return images[:, top:top + self.height, left:left + self.width]

    def transform_masks(self, masks, drawn):
        return self.transform_images(masks, drawn, "nearest")


class RandomCrop(ImageLayer):
    """A part of the images, in training one at a random place, the same for the whole batch. Outside training they are
    resized instead: the largest part of the wanted proportions. So are, in training, images that are not larger than
    the part along both axes, of which as much is left as fits behind the place where that part begins, as in Keras."""

    always = True

    def __init__(self, height, width, seed=None, data_format=None, name=None, **kwargs):
        super().__init__(data_format=data_format, name=name, **kwargs)
        self.height, self.width = count("RandomCrop: height", height), count("RandomCrop: width", width)
        self.seeded(seed)

    def draw(self, images, seed):
        height, width = height_and_width(images)
        if height > self.height and width > self.width:
            return [random.draw_for(images, 0, n - size + 1, shape=(), seed=seed, method="integers", dtype="int64")
                    for n, size in ((height, self.height), (width, self.width))]
        fitting = width * self.height // self.width, height * self.width // self.height
        return [(n - min(max(fit, 1), n)) // 2 for n, fit in zip((height, width), fitting)]

    def transform_images(self, images, drawn, interpolation="bilinear"):
        size = self.height, self.width
        if drawn is None:
            return resize(images, size, interpolation, crop_to_aspect_ratio=True, data_format="channels_last")
        for axis, start, wanted, n in zip((1, 2), drawn, size, height_and_width(images)):
            left = wanted if not isinstance(start, int) else min(wanted, n - start)
            images = gather(images, start + np.arange(left), axis=axis)
        fits = height_and_width(images) == size
        return images if fits else resize(images, size, interpolation, data_format="channels_last")

    def transform_masks(self, masks, drawn):
        return self.transform_images(masks, drawn, "nearest")
