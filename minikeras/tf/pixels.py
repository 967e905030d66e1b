"""What TensorFlow's `tf.image` does with the values of pixels: dtypes, light and colours, likeness."""

import functools
import math

from ..autograd import dtypes
from ..autograd.linear import stack
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from ..ops import filtering, random
from ..ops import images as _image
from ..ops.arithmetic import absolute, clip, floor_divide, maximum, mod, square
from ..ops.creation import cast, saturate_cast
from ..ops.reduce import mean, std, sum
from ..ops.shapes import pad_zeros, squeeze, tile, unstack
from . import tf_function_of


def _of_channels_last(function, parameter):
    """`function` of images that have their channels last, whatever is the default."""
    bound = functools.partial(function, data_format="channels_last")
    return tf_function_of(functools.wraps(function)(bound), parameter)


rgb_to_hsv = _of_channels_last(_image.rgb_to_hsv, "images")
hsv_to_rgb = _of_channels_last(_image.hsv_to_rgb, "images")
sobel_edges = _of_channels_last(filtering.sobel_edges, "image")


def convert_image_dtype(image, dtype, saturate=False, name=None):
    """Images in another dtype: floats go from 0 to 1, integers to the largest of their dtype.

    saturate   whether what does not fit is limited to the range of the dtype
    """
    x, dtype = as_tensor(image), dtypes.as_dtype(dtype)
    if x.dtype == dtype or (x.dtype.is_floating and dtype.is_floating):
        return cast(x, dtype)
    change = saturate_cast if saturate else cast
    if x.dtype.is_integer and dtype.is_integer:
        have, want = int(x.dtype.max) + 1, int(dtype.max) + 1
        return change(floor_divide(x, have // want), dtype) if have > want else change(x, dtype) * (want // have)
    if x.dtype.is_integer:
        return cast(x, dtype) * (1.0 / int(x.dtype.max))
    # The half makes up for what the cast cuts off.
    return change(x * (int(dtype.max) + 0.5), dtype)


def _as_floats(image, function):
    """`function` of an image in floats, in the dtype of the image."""
    x = as_tensor(image)
    floats = x if x.dtype.is_floating else convert_image_dtype(x, "float32")
    return convert_image_dtype(function(floats), x.dtype, saturate=True)


def rgb_to_grayscale(images, name=None):
    """One channel: 0.2989 red + 0.587 green + 0.114 blue; integers are rounded, unlike those of `ops.image`."""
    return _as_floats(images, lambda x: _image.rgb_to_grayscale(x, "channels_last"))


def adjust_brightness(image, delta):
    """Images with `delta` added, which is counted in floats from 0 to 1."""
    return _as_floats(image, lambda x: x + as_tensor(delta, x.dtype))


def adjust_contrast(images, contrast_factor):
    """Images whose distances to the mean of their channel are multiplied by `contrast_factor`."""
    def adjusted(x):
        middle = mean(x, axis=(-3, -2), keepdims=True)
        return (x - middle) * as_tensor(contrast_factor, x.dtype) + middle
    return _as_floats(images, adjusted)


def adjust_gamma(image, gamma=1, gain=1):
    """gain * image ** gamma, of floats from 0 to 1. Raises ValueError for a negative gamma."""
    if isinstance(gamma, (int, float)) and gamma < 0:
        raise ValueError(f"adjust_gamma: gamma must be a number from 0 on, got {gamma!r}.")
    return _as_floats(image, lambda x: gain * x ** as_tensor(gamma, x.dtype))


def adjust_hue(image, delta, name=None):
    """Images whose hue is turned by `delta` circles, from -1 to 1."""
    def adjusted(x):
        hue, saturation, value = unstack(_image.rgb_to_hsv(x, "channels_last"), 3, axis=-1)
        hue = mod(hue + as_tensor(delta, x.dtype), 1.0)
        return _image.hsv_to_rgb(stack(hue, saturation, value, axis=-1), "channels_last")
    return _as_floats(image, adjusted)


def adjust_saturation(image, saturation_factor, name=None):
    """Images whose saturation is multiplied by `saturation_factor`, and limited to 1."""
    def adjusted(x):
        hue, saturation, value = unstack(_image.rgb_to_hsv(x, "channels_last"), 3, axis=-1)
        saturation = clip(saturation * as_tensor(saturation_factor, x.dtype), 0.0, 1.0)
        return _image.hsv_to_rgb(stack(hue, saturation, value, axis=-1), "channels_last")
    return _as_floats(image, adjusted)


def _drawn(image, low, high, seed, where):
    if not low < high:
        raise ValueError(f"{where}: the upper bound {high!r} must be above the lower one, {low!r}.")
    return random.draw_for(as_tensor(image), float(low), float(high), shape=(), seed=seed, method="uniform",
                           dtype="float32")


def random_brightness(image, max_delta, seed=None):
    """`adjust_brightness` by a random number from -max_delta to max_delta."""
    return adjust_brightness(image, _drawn(image, -max_delta, max_delta, seed, "random_brightness"))


def random_contrast(image, lower, upper, seed=None):
    """`adjust_contrast` by a random factor from `lower` to `upper`."""
    return adjust_contrast(image, _drawn(image, lower, upper, seed, "random_contrast"))


def random_hue(image, max_delta, seed=None):
    """`adjust_hue` by a random number from -max_delta to max_delta."""
    return adjust_hue(image, _drawn(image, -max_delta, max_delta, seed, "random_hue"))


def random_saturation(image, lower, upper, seed=None):
    """`adjust_saturation` by a random factor from `lower` to `upper`."""
    return adjust_saturation(image, _drawn(image, lower, upper, seed, "random_saturation"))


def grayscale_to_rgb(images, name=None):
    """The one channel three times. Raises ShapeError for images of several."""
    x = as_tensor(images)
    if x.shape[-1] != 1:
        raise ShapeError(f"grayscale_to_rgb: images must have 1 channel, got shape {x.shape}.")
    return tile(x, (1,) * (x.ndim - 1) + (3,))


def per_image_standardization(image):
    """Each image with mean 0 and standard deviation 1; the deviation counts as 1 / sqrt(elements) at least."""
    x = as_tensor(image)
    x = x if x.dtype.is_floating else convert_image_dtype(x, "float32")
    axes = (-3, -2, -1)
    least = 1.0 / math.sqrt(math.prod(int(n) for n in shape_of(x)[-3:]))
    return (x - mean(x, axis=axes, keepdims=True)) / maximum(std(x, axis=axes, keepdims=True), least)


def _slope(x, axis):
    ends = [slice(None)] * x.ndim
    ends[axis], starts = slice(1, None), [*ends]
    starts[axis] = slice(None, -1)
    return x[tuple(ends)] - x[tuple(starts)]


def image_gradients(image):
    """The differences to the pixel below and to that on the right of a batch of images; 0 at the border."""
    x = as_tensor(image)
    if x.ndim != 4:
        raise ShapeError(f"image_gradients: a batch of images has four axes, got shape {x.shape}.")
    return tuple(pad_zeros(_slope(x, axis), pad_width=tuple((0, int(i == axis)) for i in range(4))) for axis in (1, 2))


def total_variation(images, name=None):
    """The sum of the distances between neighbours in each image."""
    x = as_tensor(images)
    if x.ndim not in (3, 4):
        raise ShapeError(f"total_variation: an image has three axes, a batch of images four, got shape {x.shape}.")
    down, right = (sum(absolute(_slope(x, axis)), axis=(-3, -2, -1)) for axis in (-3, -2))
    return down + right


def _in_floats(max_val, *images):
    images = [as_tensor(x) for x in images]
    max_val = convert_image_dtype(as_tensor(max_val, images[0].dtype), "float32")
    return max_val, *[x if x.dtype.is_floating else convert_image_dtype(x, "float32") for x in images]


def psnr(a, b, max_val, name=None):
    """The peak signal-to-noise ratio of each image in decibels, over height, width and channels."""
    max_val, a, b = _in_floats(max_val, a, b)
    return _image.decibels(max_val, mean(square(a - b), axis=(-3, -2, -1)))


def ssim(img1, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, return_index_map=False):
    """The structural similarity of each pair of images; with `return_index_map` at each place, (..., height, width).

    Arguments as for `ops.image.ssim`.
    """
    max_val, a, b = _in_floats(max_val, img1, img2)
    (a, single), (b, _) = (_image.single_as_batch(_image.checked(x, "ssim")) for x in (a, b))
    likeness = mean(filtering.similarity(a, b, max_val, filter_size, filter_sigma, k1, k2)[0], axis=-1)
    likeness = likeness if return_index_map else mean(likeness, axis=(1, 2))
    return squeeze(likeness, 0) if single else likeness
