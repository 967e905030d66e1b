"""TensorFlow's `tf.image`."""

import math

import numpy as np

from ..autograd.linear import reshape
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from ..ops import images as _image
from ..ops import random, warping
from ..ops.arithmetic import logical_and, select, within
from ..ops.creation import cast, zeros_like
from ..ops.indexing import gather, known_values
from ..ops.shapes import expand_dims, flip, swapaxes, unstack
from ..ops.shapes import rot90 as _rot90
from .pixels import (
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
    convert_image_dtype,
    grayscale_to_rgb,
    hsv_to_rgb,
    image_gradients,
    per_image_standardization,
    psnr,
    random_brightness,
    random_contrast,
    random_hue,
    random_saturation,
    rgb_to_grayscale,
    rgb_to_hsv,
    sobel_edges,
    ssim,
    total_variation,
)


def resize(images, size, method="bilinear", preserve_aspect_ratio=False, antialias=False, name=None):
    """Images of `size` (height, width), or the largest that fits into it in their own proportions.

    method   'nearest' (keeps the dtype), 'bilinear', 'bicubic', 'lanczos3', 'lanczos5', 'gaussian', 'mitchellcubic'
             or 'area' (give floats)
    """
    images = as_tensor(images)
    size = [int(n) for n in size]
    if preserve_aspect_ratio:
        extents = _known_extents(images, "resize")
        scale = min(new / old for new, old in zip(size, extents))
        size = [round(scale * old) for old in extents]
    if method != "nearest" and not images.dtype.is_floating:
        images = cast(images, "float32")
    return _image.resize(images, size, method, antialias, data_format="channels_last")


def _known_extents(images, where):
    """Height and width. Raises ShapeError where they are not known."""
    extents = _image.checked(images, where).shape[-3:-1]
    if None in extents:
        raise ShapeError(f"{where}: the height and width of shape {images.shape} must be known.")
    return extents


def extract_patches(images, sizes, strides, rates, padding, name=None):
    """Windows of (batch, height, width, channels), each in one row; arguments as (1, height, width, 1)."""
    for what, value in (("sizes", sizes), ("strides", strides), ("rates", rates)):
        if len(value) != 4 or value[0] != 1 or value[3] != 1:
            raise ShapeError(f"extract_patches: {what} must be (1, height, width, 1), got {value}.")
    return _image.extract_patches(images, sizes[1:3], strides[1:3], rates[1:3], padding, "channels_last")


# --- borders -------------------------------------------------------------------------------------

def crop_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """The part of images that begins at the offsets and has the target extents."""
    return _image.crop_images(image, top_cropping=offset_height, left_cropping=offset_width,
                              target_height=target_height, target_width=target_width, data_format="channels_last")


def pad_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """Images with zeros around, which begin at the offsets in the target extents."""
    return _image.pad_images(image, top_padding=offset_height, left_padding=offset_width,
                             target_height=target_height, target_width=target_width, data_format="channels_last")


def central_crop(image, central_fraction):
    """The middle of images: `central_fraction`, above 0 to 1, of the height and of the width."""
    if not 0.0 < central_fraction <= 1.0:
        raise ValueError(f"central_crop: central_fraction must be above 0, to 1, got {central_fraction!r}.")
    image = as_tensor(image)
    height, width = _known_extents(image, "central_crop")
    top, left = (int((n - n * central_fraction) / 2) for n in (height, width))
    return crop_to_bounding_box(image, top, left, height - 2 * top, width - 2 * left)


def resize_with_crop_or_pad(image, target_height, target_width):
    """Images cut off or filled up with zeros on both sides to the target extents."""
    image = as_tensor(image)
    extents, target = _known_extents(image, "resize_with_crop_or_pad"), (target_height, target_width)
    crop = [max((n - t) // 2, 0) for n, t in zip(extents, target)]
    pad = [max((t - n) // 2, 0) for n, t in zip(extents, target)]
    return pad_to_bounding_box(crop_to_bounding_box(image, *crop, *map(min, extents, target)), *pad, *target)


def resize_with_pad(image, target_height, target_width, method="bilinear", antialias=False):
    """Images as large as fits into the target extents in their own proportions, with zeros around."""
    image = as_tensor(image)
    extents, target = _known_extents(image, "resize_with_pad"), (target_height, target_width)
    ratio = max(n / t for n, t in zip(extents, target))
    pad = [max(math.floor((t - n / ratio) / 2), 0) for n, t in zip(extents, target)]
    resized = resize(image, [math.floor(n / ratio) for n in extents], method, antialias=antialias)
    return pad_to_bounding_box(resized, *pad, *target)


# --- turns ---------------------------------------------------------------------------------------

def flip_left_right(image):
    """Images mirrored from left to right."""
    return flip(_image.checked(image, "flip_left_right"), -2)


def flip_up_down(image):
    """Images mirrored from top to bottom."""
    return flip(_image.checked(image, "flip_up_down"), -3)


def transpose(image, name=None):
    """Images with height and width exchanged."""
    return swapaxes(_image.checked(image, "transpose"), -3, -2)


def rot90(image, k=1, name=None):
    """Images turned counterclockwise by `k` quarters."""
    x = _image.checked(image, "rot90")
    return _rot90(x, int(k), (x.ndim - 3, x.ndim - 2))


def _randomly(function, image, seed):
    x = as_tensor(image)
    shape = (None, 1, 1, 1) if x.ndim == 4 else ()
    draw = random.draw_for(x, 0.0, 1.0, shape=shape, seed=seed, method="uniform", dtype="float32")
    return select(draw < 0.5, function(x), x)


def random_flip_left_right(image, seed=None):
    """Images of which each second one is mirrored from left to right."""
    return _randomly(flip_left_right, image, seed)


def random_flip_up_down(image, seed=None):
    """Images of which each second one is mirrored from top to bottom."""
    return _randomly(flip_up_down, image, seed)


def random_crop(value, size, seed=None, name=None):
    """A part of `size` of a tensor, at a random place. Raises ShapeError if it does not fit."""
    x = as_tensor(value)
    size = [int(n) for n in size]
    if len(size) != x.ndim or any(type(n) is int and m > n for m, n in zip(size, shape_of(x))):
        raise ShapeError(f"random_crop: a part of {tuple(size)} does not fit into shape {x.shape}.")
    for axis, (part, n) in enumerate(zip(size, shape_of(x))):
        if part != n:
            start = random.draw_for(x, 0, n - part + 1, shape=(), seed=seed, method="integers", dtype="int64")
            x = gather(x, start + np.arange(part), axis=axis)
    return x


# --- boxes ---------------------------------------------------------------------------------------

def crop_and_resize(image, boxes, box_indices, crop_size, method="bilinear", extrapolation_value=0.0, name=None):
    """Parts of images at one size, (boxes, *crop_size, channels), as floats.

    boxes         (n, 4): y1, x1, y2, x2 from 0 to 1, where 1 is the last pixel; y1 > y2 turns the part over
    box_indices   (n,): of which image each box is
    method        'bilinear' or 'nearest'; outside the image stands `extrapolation_value`
    """
    _image.one_of("crop_and_resize", "method", method, warping.INTERPOLATIONS)
    x = _image.checked(image, "crop_and_resize", batch=True)
    x = x if x.dtype.is_floating else cast(x, "float32")
    count, *extents = (n if type(n) is int else 1 for n in shape_of(x)[:3])
    ends = unstack(reshape(as_tensor(boxes, "float32"), shape=(-1, 1, 4)), 4, axis=-1)
    places = []
    for first, last, n, size in zip(ends[:2], ends[2:], extents, crop_size):
        step = (last - first) * ((n - 1) / (size - 1)) if size > 1 else zeros_like(first)
        start = first * float(n - 1) if size > 1 else 0.5 * (first + last) * float(n - 1)
        places.append(start + step * np.arange(int(size), dtype=np.float32))
    y, x_place = expand_dims(places[0], 2), expand_dims(places[1], 1)
    inside = logical_and(logical_and(y >= 0.0, y <= extents[0] - 1.0),
                         logical_and(x_place >= 0.0, x_place <= extents[1] - 1.0))
    index = within(cast(box_indices, "int64"), low=0, high=count - 1,
                   complaint=f"crop_and_resize: box index {{}} is not one of the {count} images.")
    seen = warping.seen_at(x, y, x_place, method, "nearest", 0.0, reshape(index, shape=(-1, 1, 1)))
    return select(expand_dims(inside, -1), seen, extrapolation_value)


def non_max_suppression(boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=-math.inf, name=None):
    """Indices of boxes of high scores, best first: each box is dropped that overlaps a better one too much.

    boxes             (n, 4): two opposite corners y1, x1, y2, x2
    scores            (n,); a box counts above `score_threshold`
    max_output_size   how many are given at most
    iou_threshold     the largest ratio of common to joint area that is kept, from 0 to 1
    """
    if not 0.0 <= iou_threshold <= 1.0:
        raise ValueError(f"non_max_suppression: iou_threshold must be from 0 to 1, got {iou_threshold!r}.")
    boxes, scores = (known_values(as_tensor(x, "float32"), "non_max_suppression") for x in (boxes, scores))
    if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.shape != boxes.shape[:1]:
        raise ShapeError(f"non_max_suppression: boxes must have shape (n, 4) and scores (n,), got {boxes.shape} and "
                         f"{scores.shape}.")
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    areas = (high - low).prod(1)
    order = np.argsort(-scores, kind="stable")
    order, kept = order[scores[order] > score_threshold], []
    while len(order) and len(kept) < int(max_output_size):
        best, order = order[0], order[1:]
        kept.append(best)
        common = np.maximum(np.minimum(high[best], high[order]) - np.maximum(low[best], low[order]), 0).prod(1)
        joint = areas[best] + areas[order] - common
        order = order[~((common > 0) & (common > iou_threshold * joint))]
    return as_tensor(np.array(kept, np.int32))


__all__ = ["adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation", "central_crop",
           "convert_image_dtype", "crop_and_resize", "crop_to_bounding_box", "extract_patches", "flip_left_right",
           "flip_up_down", "grayscale_to_rgb", "hsv_to_rgb", "image_gradients", "non_max_suppression",
           "pad_to_bounding_box", "per_image_standardization", "psnr", "random_brightness", "random_contrast",
           "random_crop", "random_flip_left_right", "random_flip_up_down", "random_hue", "random_saturation", "resize",
           "resize_with_crop_or_pad", "resize_with_pad", "rgb_to_grayscale", "rgb_to_hsv", "rot90", "sobel_edges",
           "ssim", "total_variation", "transpose"]
