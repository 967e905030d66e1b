"""Images: patches, other sizes, other colours. Shapes: (height, width, channels), or with a batch in front."""

import math

import numpy as np

from .. import arguments
from ..autograd import dims
from ..autograd.linear import reshape, stack
from ..autograd.operands import as_tensor, shape_of
from ..errors import DTypeError, ShapeError
from .arithmetic import absolute, clip, divide_no_nan, log, select, square
from .creation import cast
from .indexing import gather, pad
from .pooling import along_axis
from .products import tensordot
from .reduce import max, mean, min
from .shapes import expand_dims, moveaxis, unstack
from .unary import rint
from .windows import (
    channels_back,
    channels_last,
    is_channels_first,
    padded,
    padding_widths,
    patches,
    per_axis,
    spatial_extents,
)


def extract_patches(images, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """The windows of (..., *spatial, channels), each in one row: (..., *positions, elements * channels).

    size      window, one number for two axes or one for each of two or three
    strides   `size` by default
    """
    x, where = as_tensor(images), "extract_patches"
    count, first = 2 if np.ndim(size) == 0 else len(size), is_channels_first(data_format, where)
    if x.ndim not in (count + 1, count + 2):
        raise ShapeError(f"{where}: windows over {count} axes need an input of {count + 1} axes, or {count + 2} with a "
                         f"batch, got shape {x.shape}.")
    size = per_axis(size, count, f"{where}: size")
    strides = size if strides is None else per_axis(strides, count, f"{where}: strides")
    dilations = per_axis(dilation_rate, count, f"{where}: dilation_rate")
    x = channels_last(x, first, count)
    widths = padding_widths(padding, spatial_extents(x, count), size, strides, dilations, where)
    windows = patches(padded(x, widths), size=size, strides=strides, dilations=dilations)
    shape = shape_of(windows)
    y = reshape(windows, shape=(*shape[:-1 - count], dims.product(shape[-1 - count:])))
    return channels_back(y, first, count)


def extract_patches_3d(volumes, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """`extract_patches` over three axes."""
    size = per_axis(size, 3, "extract_patches_3d: size")
    return extract_patches(volumes, size, strides, dilation_rate, padding, data_format)


def checked(x, where, batch=False):
    """`x` as a tensor. Raises ShapeError unless it is an image or a batch of images; with `batch`, a batch."""
    x = as_tensor(x)
    if x.ndim != 4 and (batch or x.ndim != 3):
        raise ShapeError(f"{where}: a batch of images has four axes{'' if batch else ', an image three'}, got shape "
                         f"{x.shape}.")
    return x


def single_as_batch(x):
    """A batch of images, which a single one becomes, and whether it was single."""
    return (expand_dims(x, 0), True) if x.ndim == 3 else (x, False)


def one_of(where, what, value, known):
    """`value` if it is one of the names `known`. Raises ValueError."""
    return arguments.one_of(f"{where}: {what}", value, known)


# --- other sizes ---------------------------------------------------------------------------------

def _cubic(t):
    near, far = ((1.5 * t - 2.5) * t * t + 1.0), (((-0.5 * t + 2.5) * t - 4.0) * t + 2.0)
    return np.where(t < 1, near, np.where(t < 2, far, 0.0))


def _mitchell(t):
    near = ((21.0 * t - 36.0) * t * t + 16.0) / 18.0
    return np.where(t < 1, near, np.where(t < 2, ((-7.0 * t + 36.0) * t - 60.0) * t / 18.0 + 16.0 / 9.0, 0.0))


# Weight of a pixel at distance t >= 0 from the place of the new one, and the distance from which it is 0.
KERNELS = {
    "bilinear": (lambda t: np.maximum(1.0 - t, 0.0), 1),
    "bicubic": (_cubic, 2),         # Keys 1981, eq. 15
    "lanczos3": (lambda t: np.where(t < 3, np.sinc(t) * np.sinc(t / 3), 0.0), 3),
    "lanczos5": (lambda t: np.where(t < 5, np.sinc(t) * np.sinc(t / 5), 0.0), 5),
    "gaussian": (lambda t: np.exp(-2.0 * t * t), 1.5),
    "mitchellcubic": (_mitchell, 2),        # Mitchell and Netravali 1988, eq. 8, B = C = 1/3
}


INTERPOLATIONS = ("nearest", "area", *KERNELS)


def _weights(old, new, method, antialias, step, start=0.0):
    """The matrix that gives `new` pixels of `old` ones, from `start` on and each `step` old ones wide, which may be
    numbers or tensors; pixel centres lie at one half, and what lies outside is 0."""
    kernel, reach = KERNELS[method]
    width = np.maximum(step, 1.0) if antialias else 1.0
    place = (np.arange(new)[:, None] + 0.5) * step + start
    distance = np.abs(np.arange(old) + 0.5 - place) / width
    weights = np.where(distance < reach, kernel(distance), 0.0)
    total = weights.sum(1, keepdims=True)
    usable = (np.abs(total) > 1e-4) & (place >= 0.0) & (place <= old)
    return np.where(usable, weights / np.where(usable, total, 1.0), 0.0)


def _overlaps(old, new):
    """The matrix of means over the parts of pixels that a new one covers."""
    edges = np.arange(new + 1)[:, None] * (old / new)
    covered = np.minimum(edges[1:], np.arange(1, old + 1)) - np.maximum(edges[:-1], np.arange(old))
    return np.maximum(covered, 0.0) * (new / old)


def resize(images, size, interpolation="bilinear", antialias=False, crop_to_aspect_ratio=False,
           pad_to_aspect_ratio=False, fill_mode="constant", fill_value=0.0, data_format=None):
    """Images of `size` (height, width).

    interpolation          'nearest', 'bilinear', 'bicubic', 'lanczos3', 'lanczos5', 'gaussian', 'mitchellcubic' or
                           'area' (the mean over what a new pixel covers)
    antialias              when making images smaller, average over all the pixels that go into one
    crop_to_aspect_ratio   cut off borders first, so that the image is not distorted
    pad_to_aspect_ratio    or add borders of `fill_value`
    Images of integers are computed as floats and rounded.
    """
    one_of("resize", "interpolation", interpolation, INTERPOLATIONS)
    one_of("resize", "fill_mode", fill_mode, ("constant",))
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("resize: only one of crop_to_aspect_ratio and pad_to_aspect_ratio can be true.")
    x, first = checked(images, "resize"), is_channels_first(data_format, "resize")
    dtype = x.dtype
    size = per_axis(size if isinstance(size, (int, float)) else tuple(size), 2, "resize: size")
    x = channels_last(x, first, 2)
    if crop_to_aspect_ratio:
        x = _cropped(x, size)
    elif pad_to_aspect_ratio:
        x = _bordered(x, size, fill_value)
    if interpolation != "nearest" and not dtype.is_floating:
        x = cast(x, "float32")
    for axis, new in zip((-3, -2), size):
        x = _resized(x, x.ndim + axis, new, interpolation, antialias)
    if x.dtype != dtype:
        x = cast(clip(rint(x), dtype.min, dtype.max), dtype)
    return channels_back(x, first, 2)


def _resized(x, axis, new, interpolation, antialias):
    old = shape_of(x)[axis]
    old = old if type(old) is int else 1        # without numbers only the new extent matters
    if interpolation == "nearest":
        nearest = np.floor((np.arange(new) + 0.5) * (old / new)).astype(np.int64)
        return gather(x, np.minimum(nearest, old - 1), axis=axis)
    return along_axis(x, _overlaps(old, new) if interpolation == "area" else
                      _weights(old, new, interpolation, antialias, old / new), axis)


def _in_proportion(x, size):
    """Extents of the images, and those they would have in the proportions of `size` at the same width or height."""
    height, width = spatial_extents(x, 2)
    if type(height) is not int or type(width) is not int:
        raise ShapeError(f"resize: the height and width of shape {x.shape} must be known to keep the aspect ratio.")
    return height, width, int(width * size[0] / size[1]), int(height * size[1] / size[0])


def _cropped(x, size):
    height, width, fit_height, fit_width = _in_proportion(x, size)
    fit_height, fit_width = (np.clip(n, 1, most) for n, most in ((fit_height, height), (fit_width, width)))
    top, left = (height - fit_height) // 2, (width - fit_width) // 2
    return x[..., top:top + fit_height, left:left + fit_width, :]


def _bordered(x, size, fill_value):
    height, width, fit_height, fit_width = _in_proportion(x, size)
    top, left = (int(np.maximum(n, 0)) // 2 for n in (fit_height - height, fit_width - width))
    return pad(x, ((0, 0),) * (x.ndim - 3) + ((top, top), (left, left), (0, 0)), constant_values=fill_value)


_METHODS = {name: kernel for kernel, names in (("bilinear", ("linear", "bilinear", "trilinear", "triangle")),
                                               ("bicubic", ("cubic", "bicubic", "tricubic")),
                                               ("lanczos3", ("lanczos3",)), ("lanczos5", ("lanczos5",)))
            for name in names}


def scale_and_translate(images, output_shape, scale, translation, spatial_dims, method, antialias=True):
    """`images`, with any axes, stretched `scale` times and then moved by `translation` along each of `spatial_dims`.

    output_shape         all extents of the result; what the images do not reach is 0
    scale, translation   a number for each of `spatial_dims`, with gradients
    method               'linear', 'cubic', 'lanczos3' or 'lanczos5'
    antialias            when making images smaller, average over all the pixels that go into one
    """
    one_of("scale_and_translate", "method", method, tuple(_METHODS))
    x, scale, translation = as_tensor(images), as_tensor(scale), as_tensor(translation)
    if tuple(scale.shape) != (len(spatial_dims),) or tuple(translation.shape) != (len(spatial_dims),):
        raise ShapeError(f"scale_and_translate: spatial_dims {tuple(spatial_dims)} need as many scales and "
                         f"translations, got shapes {scale.shape} and {translation.shape}.")
    y = x if x.dtype.is_floating else cast(x, "float32")
    for i, axis in enumerate(dims.normalize_axis(int(axis), x.ndim, "scale_and_translate") for axis in spatial_dims):
        step, old = 1.0 / scale[i], shape_of(x)[axis]
        matrix = _weights(old if type(old) is int else 1, int(output_shape[axis]), _METHODS[method], antialias, step,
                          -translation[i] * step)
        y = moveaxis(tensordot(y, cast(matrix, y.dtype), ([axis], [1])), -1, axis)
    return y if x.dtype.is_floating else cast(clip(rint(y), cast(min(x), y.dtype), cast(max(x), y.dtype)), x.dtype)


# --- borders -------------------------------------------------------------------------------------

def _two_of_three(where, what, before, after, target):
    """Refuses more or fewer than two numbers, and negative ones."""
    given = [n for n in (before, after, target) if n is not None]
    if len(given) != 2 or any(type(n) is int and n < 0 for n in given):
        raise ValueError(f"{where}: {what} needs two of three numbers from 0 on, before, after and target, got "
                         f"{before}, {after} and {target}.")


def pad_images(images, top_padding=None, left_padding=None, bottom_padding=None, right_padding=None,
               target_height=None, target_width=None, data_format=None):
    """Images with a border of zeros. For the height, and for the width, two of three numbers are given: the padding
    before, after, and the extent in the end."""
    x, first = checked(images, "pad_images"), is_channels_first(data_format, "pad_images")
    x, widths = channels_last(x, first, 2), []
    for what, before, after, target, n in zip(
            ("the height", "the width"), (top_padding, left_padding), (bottom_padding, right_padding),
            (target_height, target_width), spatial_extents(x, 2)):
        _two_of_three("pad_images", what, before, after, target)
        before = target - after - n if before is None else before
        after = target - before - n if after is None else after
        if any(type(width) is int and width < 0 for width in (before, after)):
            raise ShapeError(f"pad_images: {what} {n} with padding {before} and {after} cannot become {target}; "
                             "padding is never negative.")
        widths.append((before, after))
    return channels_back(padded(x, tuple(widths)), first, 2)


def crop_images(images, top_cropping=None, left_cropping=None, bottom_cropping=None, right_cropping=None,
                target_height=None, target_width=None, data_format=None):
    """Images without their borders. For the height, and for the width, two of three numbers are given: what is cut
    off before, after, and the extent in the end."""
    x, first = checked(images, "crop_images"), is_channels_first(data_format, "crop_images")
    x, index = channels_last(x, first, 2), [Ellipsis]
    for what, before, after, target, n in zip(
            ("the height", "the width"), (top_cropping, left_cropping), (bottom_cropping, right_cropping),
            (target_height, target_width), spatial_extents(x, 2)):
        _two_of_three("crop_images", what, before, after, target)
        before = n - target - after if before is None else before
        stop = n - after if target is None else before + target
        if type(stop) is int and type(n) is int and not 0 <= before <= stop <= n:
            raise ShapeError(f"crop_images: {what} {n} has no part from {before} to {stop}; cut off less.")
        index.append(slice(before, stop))
    return channels_back(x[(*index, slice(None))], first, 2)


# --- colours and noise ---------------------------------------------------------------------------

def _of_colours(images, data_format, where, function):
    """`function` of the three colours of float images, which gives three."""
    x, first = checked(images, where), is_channels_first(data_format, where)
    if not x.dtype.is_floating:
        raise DTypeError(f"{where}: images must be floats from 0 to 1, got {x.dtype.name}; divide them by 255.0.")
    x = channels_last(x, first, 2)
    if x.shape[-1] != 3:
        raise ShapeError(f"{where}: images must have 3 channels, got shape {x.shape} (channels last).")
    return channels_back(stack(*function(x), axis=-1), first, 2)


def _hsv(x):
    red, green, blue = unstack(x, axis=-1)
    value = max(x, axis=-1)
    spread = value - min(x, axis=-1)
    sixths = select(red == value, divide_no_nan(green - blue, spread),
                    select(green == value, divide_no_nan(blue - red, spread) + 2.0,
                           divide_no_nan(red - green, spread) + 4.0))
    hue = select(spread > 0.0, sixths / 6.0, 0.0)
    return select(hue < 0.0, hue + 1.0, hue), divide_no_nan(spread, value), value


def _rgb(x):
    hue, saturation, value = unstack(x, axis=-1)
    red = absolute(6.0 * hue - 3.0) - 1.0
    green, blue = (2.0 - absolute(6.0 * hue - place) for place in (2.0, 4.0))
    return [(1.0 - saturation + saturation * clip(colour, 0.0, 1.0)) * value for colour in (red, green, blue)]


def rgb_to_hsv(images, data_format=None):
    """Hue, saturation and value, each from 0 to 1, of red, green and blue from 0 to 1."""
    return _of_colours(images, data_format, "rgb_to_hsv", _hsv)


def hsv_to_rgb(images, data_format=None):
    """Red, green and blue of hue, saturation and value: the inverse of `rgb_to_hsv`."""
    return _of_colours(images, data_format, "hsv_to_rgb", _rgb)


def rgb_to_grayscale(images, data_format=None):
    """One channel: 0.2989 red + 0.587 green + 0.114 blue (ITU-R BT.601), in the dtype of the images."""
    x, first = checked(images, "rgb_to_grayscale"), is_channels_first(data_format, "rgb_to_grayscale")
    x = channels_last(x, first, 2)
    if x.shape[-1] not in (1, 3):
        raise ShapeError(f"rgb_to_grayscale: images must have 3 channels (or 1), got shape {x.shape} (channels last).")
    if x.shape[-1] == 3:
        floats = x if x.dtype.is_floating else cast(x, "float32")
        x = cast(along_axis(floats, [[0.2989, 0.5870, 0.1140]], x.ndim - 1), x.dtype)
    return channels_back(x, first, 2)


def psnr(x1, x2, max_val):
    """The peak signal-to-noise ratio in decibels: 10 log10(max_val**2 / mean((x1 - x2)**2)), over all elements."""
    x1, x2 = as_tensor(x1), as_tensor(x2)
    if not dims.may_agree(x1.shape, x2.shape):
        raise ShapeError(f"psnr: images of shapes {x1.shape} and {x2.shape} cannot be compared; they must be equal.")
    return decibels(max_val, mean(square(x1 - x2)))


def decibels(peak, error):
    """10 log10(peak**2 / error), of mean squared errors."""
    return (20.0 * log(as_tensor(peak, error.dtype)) - 10.0 * log(error)) / math.log(10.0)
