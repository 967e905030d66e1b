"""Images and windows that slide over them: blur, edges, likeness. Shapes: (height, width, channels), or with a batch in
front."""

import numpy as np

from ..autograd.linear import broadcast_to, getitem, reshape, stack
from ..autograd.operands import as_tensor, shape_of
from ..errors import DTypeError, ShapeError
from .arithmetic import square
from .convolution import depthwise_conv
from .creation import as_float, cast
from .images import checked, single_as_batch
from .indexing import pad
from .reduce import mean, sum
from .shapes import squeeze
from .unary import exp
from .windows import channels_back, channels_last, is_channels_first, per_axis


def gaussian(size, sigma, dtype):
    """The Gaussian window of `size` numbers that sum to 1."""
    window = exp(-0.5 * square(as_tensor(np.arange(size) - (size - 1) / 2, dtype) / sigma))
    return window / sum(window)


def filtered(x, window, axis, padding):
    """A batch of images with channels last, with `window` slid along `axis` (1 or 2) of all channels."""
    size, channels = window.shape[0], shape_of(x)[-1]
    kernel = reshape(window, shape=(size, 1, 1, 1) if axis == 1 else (1, size, 1, 1))
    return depthwise_conv(x, broadcast_to(kernel, shape=(*kernel.shape[:2], channels, 1)), padding=padding,
                          data_format="channels_last")


def blurred(x, size, sigma):
    """A batch of images with channels last, blurred over `size` pixels with deviations `sigma`, both (x, y)."""
    for axis, n, i in ((2, size[0], 0), (1, size[1], 1)):
        x = filtered(x, gaussian(n, getitem(sigma, index=(i,)), x.dtype), axis, "same")
    return x


def gaussian_blur(images, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None):
    """Images blurred by a Gaussian window; beyond the border there are zeros.

    kernel_size, sigma   width and standard deviation of the window in pixels, along x and y
    """
    where = "gaussian_blur"
    x, first = checked(images, where), is_channels_first(data_format, where)
    if not x.dtype.is_floating:
        raise DTypeError(f"{where}: images must be floats, got {x.dtype.name}; cast them.")
    size, sigma = per_axis(kernel_size, 2, f"{where}: kernel_size"), as_tensor(sigma, x.dtype)
    if tuple(sigma.shape) != (2,):
        raise ShapeError(f"{where}: sigma must be two numbers, along x and y, got shape {sigma.shape}.")
    batch, single = single_as_batch(channels_last(x, first, 2))
    y = blurred(batch, size, sigma)
    return channels_back(squeeze(y, 0) if single else y, first, 2)


def sobel_edges(images, data_format=None):
    """How steeply each pixel of a batch of images rises along y and along x: (..., 2).

    The border is reflected. Source: Sobel's 3 x 3 operator.
    """
    x, first = checked(images, "sobel_edges", batch=True), is_channels_first(data_format, "sobel_edges")
    x = pad(channels_last(x, first, 2), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    slope, smooth = (as_tensor(window, x.dtype) for window in ([-1.0, 0.0, 1.0], [1.0, 2.0, 1.0]))
    edges = [channels_back(filtered(filtered(x, slope, axis, "valid"), smooth, 3 - axis, "valid"), first, 2)
             for axis in (1, 2)]
    return stack(*edges, axis=-1)


def similarity(image1, image2, max_val, filter_size, filter_sigma, k1, k2):
    """Two maps over batches of float images with channels last: structural similarity, and its part that tells of
    contrast and structure. Source: Wang et al. 2004, eq. 13, over a Gaussian window."""
    window = gaussian(filter_size, filter_sigma, image1.dtype)

    def local(x):
        return filtered(filtered(x, window, 1, "valid"), window, 2, "valid")
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean1, mean2 = local(image1), local(image2)
    product, squares = mean1 * mean2, square(mean1) + square(mean2)
    covariance = local(image1 * image2) - product
    variances = local(square(image1)) + local(square(image2)) - squares
    structure = (2.0 * covariance + c2) / (variances + c2)
    return (2.0 * product + c1) / (squares + c1) * structure, structure


def ssim(image1, image2, max_val=1.0, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, data_format=None):
    """The structural similarity of two images, at most 1: a number for each pair.

    max_val        the largest value that a pixel can have
    filter_size    width of the Gaussian window in pixels, and `filter_sigma` its deviation
    Source: Wang et al. 2004, with their k1 and k2. Raises ShapeError for images smaller than the window.
    """
    a, b = checked(image1, "ssim"), checked(image2, "ssim")
    if a.ndim != b.ndim:
        raise ShapeError(f"ssim: images of shapes {a.shape} and {b.shape} cannot be compared; they must be alike.")
    first, dtype = is_channels_first(data_format, "ssim"), a.dtype
    (a, single), (b, _) = (single_as_batch(channels_last(as_float(x), first, 2)) for x in (a, b))
    likeness = mean(similarity(a, b, max_val, filter_size, filter_sigma, k1, k2)[0], axis=(1, 2, 3))
    return cast(squeeze(likeness, 0) if single else likeness, dtype)
