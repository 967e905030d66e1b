"""TensorFlow's `tf.image`."""

from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..ops import images as _image
from ..ops import reduce as _reduce
from ..ops.creation import cast as _cast
from . import tf_function_of

rgb_to_hsv = tf_function_of(_image.rgb_to_hsv, "images")
hsv_to_rgb = tf_function_of(_image.hsv_to_rgb, "images")
rgb_to_grayscale = tf_function_of(_image.rgb_to_grayscale, "images")


def resize(images, size, method="bilinear", preserve_aspect_ratio=False, antialias=False, name=None):
    """Images of `size` (height, width), or the largest that fits into it in their own proportions.

    method   'nearest' (keeps the dtype), 'bilinear', 'bicubic', 'lanczos3', 'lanczos5' (give floats)
    """
    images = as_tensor(images)
    size = [int(n) for n in size]
    if preserve_aspect_ratio:
        extents = images.shape[-3:-1]
        if None in extents:
            raise ShapeError(f"resize: the height and width of shape {images.shape} must be known to keep the aspect "
                             "ratio.")
        scale = min(new / old for new, old in zip(size, extents))
        size = [round(scale * old) for old in extents]
    if method != "nearest" and not images.dtype.is_floating:
        images = _cast(images, "float32")
    return _image.resize(images, size, method, antialias)


def psnr(a, b, max_val, name=None):
    """The peak signal-to-noise ratio of each image in decibels, over height, width and channels."""
    a, b = as_tensor(a), as_tensor(b)
    return _image.decibels(max_val, _reduce.mean((a - b) ** 2, axis=(-3, -2, -1)))


def extract_patches(images, sizes, strides, rates, padding, name=None):
    """Windows of (batch, height, width, channels), each in one row; arguments as (1, height, width, 1)."""
    for what, value in (("sizes", sizes), ("strides", strides), ("rates", rates)):
        if len(value) != 4 or value[0] != 1 or value[3] != 1:
            raise ShapeError(f"extract_patches: {what} must be (1, height, width, 1), got {value}.")
    return _image.extract_patches(images, sizes[1:3], strides[1:3], rates[1:3], padding)
