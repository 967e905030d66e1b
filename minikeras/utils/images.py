"""Image files and arrays, by Pillow (the `image` extra)."""

import importlib
import os
import warnings
from pathlib import Path

import numpy as np

from .. import ops
from ..arguments import one_of
from ..autograd.dtypes import as_dtype, floatx
from ..ops.windows import is_channels_first

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img", "smart_resize"]

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_GRAYS = ("L", "I;16", "I")
_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def pillow(where):
    """Pillow's module Image. Raises ImportError with the name of the extra where it is not installed."""
    try:
        return importlib.import_module("PIL.Image")
    except ImportError as error:
        raise ImportError(f"{where} needs Pillow. Install it with: pip install 'minikeras[image]'") from error


def load_img(path, color_mode="rgb", target_size=None, interpolation="nearest", keep_aspect_ratio=False):
    """A Pillow image from a file.

    path                a path, or an open binary file such as a BytesIO
    color_mode          'rgb', 'rgba' or 'grayscale' (8 bits, or 16 or 32 where the file has so many)
    target_size         (height, width) to resize to by `interpolation`: 'nearest', 'bilinear', 'bicubic', 'hamming',
                        'box' or 'lanczos';  keep_aspect_ratio   whether to cut off what does not fit, evenly on both
                        sides, rather than to distort
    Raises ValueError for other modes, and OSError for a file that is none, or holds no image.
    """
    image = pillow("load_img")
    one_of("load_img: color_mode", color_mode, _MODES)
    if target_size is not None:
        one_of("load_img: interpolation", interpolation, _INTERPOLATIONS)
    if isinstance(path, (str, bytes, os.PathLike)):
        with open(path, "rb") as file:
            img = image.open(file)
            img.load()
    elif hasattr(path, "read"):
        img = image.open(path)
    else:
        raise TypeError(f"load_img: path must be a path or an open binary file, got {type(path).__name__}.")
    if img.mode != _MODES[color_mode] and not (color_mode == "grayscale" and img.mode in _GRAYS):
        img = img.convert(_MODES[color_mode])
    if target_size is None or img.size == (target_size[1], target_size[0]):
        return img
    height, width = target_size
    box = _middle(*img.size, width, height) if keep_aspect_ratio else None
    return img.resize((width, height), image.Resampling[interpolation.upper()], box=box)


def _middle(width, height, to_width, to_height):
    """Left, upper, right, lower of the largest part in the middle that has the shape of the target."""
    part_width = min(width, height * to_width // to_height)
    part_height = min(height, width * to_height // to_width)
    left, upper = (width - part_width) // 2, (height - part_height) // 2
    return left, upper, left + part_width, upper + part_height


def img_to_array(img, data_format=None, dtype=None):
    """The numbers of a Pillow image, in the default float if not told otherwise. Shape (height, width, channels), or
    channels first."""
    first = is_channels_first(data_format, "img_to_array")
    x = np.asarray(img, as_dtype(dtype or floatx()).dtype)
    if x.ndim == 2:
        return x[None] if first else x[..., None]
    if x.ndim != 3:
        raise ValueError(f"img_to_array: an image has 2 or 3 axes, got shape {x.shape}.")
    return x.transpose(2, 0, 1) if first else x


def array_to_img(x, data_format=None, scale=True, dtype=None):
    """A Pillow image of an array of 1, 3 or 4 channels.

    x       (height, width, channels), or channels first, computed on in `dtype`, the default float
    scale   whether to stretch the values to 0..255; otherwise they are cut to whole numbers as they are
    """
    image = pillow("array_to_img")
    x = np.asarray(x, as_dtype(dtype or floatx()).dtype)
    if x.ndim != 3:
        raise ValueError(f"array_to_img: expected one image of 3 axes, got shape {x.shape}.")
    if is_channels_first(data_format, "array_to_img"):
        x = x.transpose(1, 2, 0)
    if x.shape[-1] not in (1, 3, 4):
        raise ValueError(f"array_to_img: an image has 1, 3 or 4 channels, got {x.shape[-1]} (shape {x.shape}).")
    if scale:
        x = x - x.min()
        x = x / (x.max() or 1) * 255
    if x.shape[-1] > 1:
        return image.fromarray(x.astype(np.uint8))
    # More than 8 bits are kept: Pillow's mode I.
    return image.fromarray(x[..., 0].astype(np.int32 if x.max(initial=0) > 255 else np.uint8))


def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs):
    """Write an array as an image file.

    path          a path, or an open binary file;  x, data_format, scale   as in `array_to_img`
    file_format   if it is not to be that of the path's ending; needed for an open file
    kwargs        for Pillow's Image.save: quality, compress_level ...
    JPEG has no transparency: a fourth channel is dropped with a warning.
    """
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = Path(path).suffix[1:]
    file_format = "jpeg" if file_format and file_format.lower() == "jpg" else file_format
    img = array_to_img(x, data_format=data_format, scale=scale)
    if img.mode == "RGBA" and file_format and file_format.lower() == "jpeg":
        warnings.warn("save_img: JPEG has no transparency; the fourth channel is left out.", stacklevel=2)
        img = img.convert("RGB")
    img.save(path, format=file_format or None, **kwargs)


def smart_resize(x, size, interpolation="bilinear", data_format="channels_last", **kwargs):
    """Images resized to `size`, (height, width), without distortion: what does not fit is cut off around the middle.

    x   one image or a batch of them;  interpolation   'bilinear', 'nearest', 'bicubic', 'lanczos3' or 'lanczos5'
    Of a NumPy array an array, else a tensor.
    """
    if kwargs:
        raise TypeError(f"smart_resize got unexpected arguments: {', '.join(kwargs)}.")
    if len(size) != 2:
        raise ValueError(f"smart_resize: size must be (height, width), got {size}.")
    img = ops.convert_to_tensor(x)
    if img.ndim not in (3, 4):
        raise ValueError(f"smart_resize: expected an image of 3 axes or a batch of 4, got shape {tuple(img.shape)}.")
    at = img.ndim - (2 if is_channels_first(data_format, "smart_resize") else 3)
    (height, width), (to_height, to_width) = img.shape[at:at + 2], size
    rows = max(min(height, int(width * to_height / to_width)), 1)
    columns = max(min(width, int(height * to_width / to_height)), 1)
    top, left = (height - rows) // 2, (width - columns) // 2
    cut = img[(slice(None),) * at + (slice(top, top + rows), slice(left, left + columns))]
    resized = ops.image.resize(cut, tuple(size), interpolation=interpolation, data_format=data_format)
    return np.asarray(resized) if isinstance(x, np.ndarray) else resized
