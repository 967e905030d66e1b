"""Images whose colours change, each image's in its own way. Masks stay as they are."""

import numpy as np

from ...arguments import number
from ...autograd.linear import broadcast_to, reshape, stack
from ...autograd.operands import as_tensor
from ...config import epsilon
from ...ops import random
from ...ops.arithmetic import clip, select
from ...ops.convolution import depthwise_conv
from ...ops.filtering import blurred
from ...ops.images import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from ...ops.reduce import mean
from ...ops.shapes import shape, unstack
from ...ops.unary import exp2, floor
from .base import ImageLayer, rescaled, spread, values


class ColourLayer(ImageLayer, kind="layers"):
    """Base of random layers on images with values in `value_range`."""

    def __init__(self, value_range, seed, data_format, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = values(type(self).__name__, value_range)
        self.seeded(seed)

    def clipped(self, images):
        """The images, limited to the range of values."""
        return clip(images, *map(float, self.value_range))


class RandomBrightness(ColourLayer):
    """Images to which a number is added.

    factor        in parts of the range of values, from -1 (black) to 1 (white): a pair, or a number f for (-f, f)
    value_range   lowest and highest value of a pixel; results are limited to it
    """

    def __init__(self, factor, value_range=(0, 255), seed=None, data_format=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = spread("RandomBrightness: factor", factor, -1, 1)

    def draw(self, images, seed):
        return self.uniform(images, self.factor, seed, 1, 1, 1) * (self.value_range[1] - self.value_range[0])

    def transform_images(self, images, drawn):
        return self.clipped(images + drawn)


class RandomContrast(ColourLayer):
    """Images whose distances to the mean of their channel are multiplied by a number.

    factor        the number is drawn from 1 - lower to 1 + upper: a pair (lower, upper), lower from 0 to 1, or a
                  number f from 0 to 1 for (0, f)
    value_range   lowest and highest value of a pixel; results are limited to it
    """

    def __init__(self, factor, value_range=(0, 255), seed=None, data_format=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = spread("RandomContrast: factor", factor, 0, 1)

    def draw(self, images, seed):
        return self.uniform(images, (1 - self.factor[0], 1 + self.factor[1]), seed, 1, 1, 1)

    def transform_images(self, images, drawn):
        middle = mean(images, axis=(1, 2), keepdims=True)
        return self.clipped((images - middle) * drawn + middle)


def _hsv(images):
    return unstack(rgb_to_hsv(images, "channels_last"), 3, axis=-1)


def _rgb(hue, saturation, value):
    return hsv_to_rgb(stack(hue, saturation, value, axis=-1), "channels_last")


class RandomSaturation(ColourLayer):
    """Images whose saturation is multiplied by f / (1 - f): 0 makes them grey, 0.5 leaves them, 1 saturates them.

    factor        f, from 0 to 1: a pair, or a number f for (-f, f), where all below 0 is 0
    value_range   limits of the saturation
    """

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = spread("RandomSaturation: factor", factor, -1, 1)

    def draw(self, images, seed):
        factor = self.uniform(images, self.factor, seed, 1, 1)
        return factor / (1.0 - factor + epsilon())

    def transform_images(self, images, drawn):
        hue, saturation, value = _hsv(images)
        return _rgb(hue, self.clipped(saturation * drawn), value)


class RandomHue(ColourLayer):
    """Images whose hue is turned, one way or the other.

    factor        by how many halves of the circle of colours, from 0 to 1: a pair, or a number f for (0, f)
    value_range   lowest and highest value of a pixel
    """

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = spread("RandomHue: factor", factor, 0, 1)

    def draw(self, images, seed):
        return 0.5 * self.sign(images, seed, 1, 1) * self.uniform(images, self.factor, seed, 1, 1)

    def transform_images(self, images, drawn):
        hue, saturation, value = _hsv(rescaled(images, self.value_range, (0, 1)))
        hue = hue + drawn
        hue = select(hue > 1.0, hue - 1.0, hue)
        hue = select(hue < 0.0, hue + 1.0, hue)
        return rescaled(clip(_rgb(hue, saturation, value), 0.0, 1.0), (0, 1), self.value_range)


class RandomColorDegeneration(ColourLayer):
    """Images mixed with their grey ones.

    factor        the part of grey, from 0 to 1: a pair, or a number f for (-f, f)
    value_range   lowest and highest value of a pixel; results are limited to it
    """

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = spread("RandomColorDegeneration: factor", factor, -1, 1)

    def draw(self, images, seed):
        return self.uniform(images, self.factor, seed, 1, 1, 1)

    def transform_images(self, images, drawn):
        return self.clipped(images + drawn * (rgb_to_grayscale(images, "channels_last") - images))


class RandomGrayscale(ImageLayer):
    """Images of which some are grey, in as many channels; `factor` is the probability, from 0 to 1."""

    def __init__(self, factor=0.5, data_format=None, seed=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.factor = number("RandomGrayscale: factor", factor, 0, 1)
        self.seeded(seed)

    def draw(self, images, seed):
        return self.uniform(images, (0, 1), seed, 1, 1, 1) < self.factor

    def transform_images(self, images, drawn):
        return select(drawn, rgb_to_grayscale(images, "channels_last"), images)

    def get_config(self):
        config = super().get_config()
        del config["seed"]      # as in Keras
        return config


class RandomColorJitter(ColourLayer):
    """Images whose brightness, contrast, saturation and hue change, in this order; a factor of None leaves one.

    brightness_factor, contrast_factor, saturation_factor, hue_factor   as for the layers of these names
    value_range   lowest and highest value of a pixel
    """

    def __init__(self, value_range=(0, 255), brightness_factor=None, contrast_factor=None, saturation_factor=None,
                 hue_factor=None, seed=None, data_format=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self._steps = [kind(factor, value_range=value_range, seed=seed, dtype=self.dtype) for kind, factor in (
            (RandomBrightness, brightness_factor), (RandomContrast, contrast_factor),
            (RandomSaturation, saturation_factor), (RandomHue, hue_factor)) if factor is not None]

    def draw(self, images, seed):
        return [step.draw(images, seed) for step in self._steps]

    def transform_images(self, images, drawn):
        for step, of_step in zip(self._steps, drawn, strict=True):
            images = step.transform_images(images, of_step)
        return images


class RandomInvert(ColourLayer):
    """Images of which some are inverted: the highest value minus theirs.

    factor        the probability, between 0 and 1: a number, up to which it is drawn for each image, or a pair
    value_range   lowest and highest value of a pixel
    """

    def __init__(self, factor=1.0, value_range=(0, 255), seed=None, data_format=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = spread("RandomInvert: factor", factor, 0, 1)

    def draw(self, images, seed):
        return self.chosen(images, self.factor, seed)

    def transform_images(self, images, drawn):
        return select(drawn, float(self.value_range[1]) - images, images)


class RandomPosterization(ColourLayer):
    """Images with fewer shades.

    factor        how many bits of eight are kept, from 1 to 8: a pair, the second of them excluded, or a number f for
                  (1, f)
    value_range   lowest and highest value of a pixel
    """

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = spread("RandomPosterization: factor", factor, 1, 8)

    def draw(self, images, seed):
        low, high = map(int, self.factor)
        return random.draw_for(images, low, max(high, low + 1), shape=(None, 1, 1, 1), seed=seed, method="integers",
                               dtype=self.dtype)

    def transform_images(self, images, drawn):
        shades = exp2(8.0 - drawn)
        images = clip(rescaled(images, self.value_range, (0, 255)), 0.0, 255.0)
        return rescaled(floor(images / shades) * shades, (0, 255), self.value_range)


class Solarization(ColourLayer):
    """Images to which a number is added, and whose values above a threshold are then inverted.

    addition_factor    the number in parts of the range of values, from 0 to 1: a pair, or a number f for (0, f)
    threshold_factor   the threshold, likewise
    value_range        lowest and highest value of a pixel
    """

    def __init__(self, addition_factor=0.0, threshold_factor=0.0, value_range=(0, 255), seed=None, data_format=None,
                 **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.addition_factor = spread("Solarization: addition_factor", addition_factor, 0, 1)
        self.threshold_factor = spread("Solarization: threshold_factor", threshold_factor, 0, 1)

    def draw(self, images, seed):
        return [self.uniform(images, [255.0 * n for n in factor], seed, 1, 1, 1)
                for factor in (self.addition_factor, self.threshold_factor)]

    def transform_images(self, images, drawn):
        addition, threshold = drawn
        images = clip(rescaled(images, self.value_range, (0, 255)) + addition, 0.0, 255.0)
        return rescaled(select(images < threshold, images, 255.0 - images), (0, 255), self.value_range)


class RandomSharpness(ColourLayer):
    """Images mixed with smoothed ones, or driven away from them.

    factor        from 0 (smoothed) over 0.5 (as it is) to 1 (sharper): a pair, or a number f for (0, f)
    value_range   lowest and highest value of a pixel; results are limited to it
    """

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = spread("RandomSharpness: factor", factor, 0, 1)

    def draw(self, images, seed):
        return self.uniform(images, self.factor, seed, 1, 1, 1)

    def transform_images(self, images, drawn):
        window = as_tensor(np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13, images.dtype)
        kernel = broadcast_to(reshape(window, shape=(3, 3, 1, 1)), shape=(3, 3, shape(images)[-1], 1))
        smooth = depthwise_conv(images, kernel, padding="same", data_format="channels_last")
        return self.clipped(images + (1.0 - 2.0 * drawn) * (smooth - images))


class RandomGaussianBlur(ColourLayer):
    """Images of which some are blurred.

    factor        the probability, between 0 and 1: a number, up to which it is drawn for each image, or a pair
    kernel_size   width of the window in pixels, odd: a number, or two, along x and y
    sigma         standard deviation of the window in pixels, from 0 to 1: a pair, or a number f for (0, f); two are
                  drawn for the whole batch, along x and y
    value_range   lowest and highest value of a pixel; results are limited to it
    """

    def __init__(self, factor=1.0, kernel_size=3, sigma=1.0, value_range=(0, 255), data_format=None, seed=None,
                 **kwargs):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = spread("RandomGaussianBlur: factor", factor, 0, 1)
        self.kernel_size = tuple(kernel_size) if isinstance(kernel_size, (tuple, list)) else (kernel_size,) * 2
        if len(self.kernel_size) != 2 or any(not isinstance(n, int) or n < 1 or n % 2 == 0 for n in self.kernel_size):
            raise ValueError(f"RandomGaussianBlur: kernel_size must be an odd integer or a pair of them, got "
                             f"{kernel_size!r}.")
        self.sigma = spread("RandomGaussianBlur: sigma", sigma, 0, 1)

    def draw(self, images, seed):
        sigma = stack(*[self.one(images, self.sigma, seed) for _ in range(2)], axis=0)
        return self.chosen(images, self.factor, seed), sigma + 1e-6

    def transform_images(self, images, drawn):
        chosen, sigma = drawn
        return self.clipped(select(chosen, blurred(images, self.kernel_size, sigma), images))
