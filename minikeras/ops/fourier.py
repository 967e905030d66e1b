"""Fourier transforms over any axes, and those of short overlapping pieces of a signal.

np.fft does them all; single precision stays single. The matrix of the transform is symmetric, so that the
transpose of a transform is a transform.
"""

import math

import numpy as np

from ..autograd import dims
from ..autograd.linear import cast, getitem, reshape
from ..autograd.op import linear
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .complex_numbers import complex, complex_dtype, complexed, imag, real, real_dtype, reals
from .indexing import pad
from .shapes import pad_zeros, part, roll
from .windows import from_patches, patches


def _same(x, axes):
    return x


@linear(lambda d, x, axes: fftn(d, axes=axes), shape=_same, policy=complexed)
def fftn(x, *, axes):
    """The Fourier transform over `axes`: sums of x times exp(-2 pi i jk / n)."""
    return np.fft.fftn(x, axes=axes)


@linear(lambda d, x, axes: ifftn(d, axes=axes), shape=_same, policy=complexed)
def ifftn(x, *, axes):
    """The inverse of `fftn`: means of x times exp(2 pi i jk / n)."""
    return np.fft.ifftn(x, axes=axes)


def _half(x, axes):
    at = axes[-1] % len(x)
    return (*x[:at], x[at] // 2 + 1, *x[at + 1:])


def _rfftn_transpose(d, x, axes):
    # The transpose of leaving out frequencies is putting zeros there.
    at = axes[-1] % len(x.shape)
    missing = x.shape[at] - d.shape[at]
    return real(fftn(pad_zeros(d, pad_width=((0, 0),) * at + ((0, missing),) + ((0, 0),) * (len(x.shape) - at - 1)),
                     axes=axes))


@linear(_rfftn_transpose, shape=_half, policy=reals, result=lambda inputs, attrs: complex_dtype(inputs[0].dtype.dtype))
def rfftn(x, *, axes):
    """The Fourier transform of real numbers over `axes`, of the last of them only frequencies 0 ... n // 2.

    The others are the conjugates of these.
    """
    return np.fft.rfftn(x, axes=axes)


def _irfftn_transpose(d, x, n, axes):
    # A frequency stands also for the one opposite, but for 0 and, of an even number, the last.
    at = axes[-1] % len(x.shape)
    times = np.full(x.shape[at], 2)
    times[0] = 1
    if n % 2 == 0:
        times[-1] = 1
    times = times.reshape([-1 if axis == at else 1 for axis in range(len(x.shape))])
    count = math.prod([n if axis % len(x.shape) == at else x.shape[axis] for axis in axes])
    return rfftn(d, axes=axes) * (cast(times, dtype=d.dtype) / float(count))


@linear(_irfftn_transpose, shape=lambda x, n, axes: (*x[:axes[-1] % len(x)], n, *x[axes[-1] % len(x) + 1:]),
        policy=complexed, result=lambda inputs, attrs: real_dtype(inputs[0].dtype.dtype))
def irfftn(x, *, n, axes):
    """The inverse of `rfftn` over `axes`: real numbers, `n` of them along the last of the axes."""
    return np.fft.irfftn(x, [n if axis == axes[-1] else x.shape[axis] for axis in axes], axes)


def resize(x, axis, length):
    """`x` cut off or filled up with zeros to `length` along `axis`."""
    extents = shape_of(x)
    at = dims.normalize_axis(axis, len(extents), "a Fourier transform")
    if extents[at] == length:
        return x
    x = part(x, at, 0, length)
    missing = length - shape_of(x)[at]
    return pad_zeros(x, pad_width=tuple((0, missing if i == at else 0) for i in range(len(extents)))) if missing else x


def real_transform(x, lengths=None, axes=(-1,)):
    """The Fourier transform of real numbers over `axes`, cut or filled up with zeros to `lengths` first."""
    x = as_tensor(x)
    for axis, length in zip(axes, lengths or ()):
        x = resize(x, axis, length)
    return rfftn(x, axes=tuple(axes))


def inverse_real_transform(x, lengths=None, axes=(-1,)):
    """The real numbers whose transform over `axes` is `x`: `lengths` of them, 2 (n - 1) along the last by default."""
    x = as_tensor(x)
    last = lengths[-1] if lengths else 2 * (shape_of(x)[axes[-1]] - 1)
    for axis, length in zip(axes[:-1], lengths or ()):
        x = resize(x, axis, length)
    return irfftn(resize(x, axes[-1], last // 2 + 1), n=last, axes=tuple(axes))


def _shifted(x, axes, sign):
    x = as_tensor(x)
    axes = tuple(range(x.ndim)) if axes is None else tuple(np.atleast_1d(axes).tolist())
    return roll(x, shift=tuple([sign * (shape_of(x)[axis] // 2) for axis in axes]), axis=axes)


def fftshift(x, axes=None):
    """The frequency 0 moved from the front to the middle of each of `axes`, of all by default."""
    return _shifted(x, axes, 1)


def ifftshift(x, axes=None):
    """The frequency 0 moved from the middle back to the front of each of `axes`, of all by default."""
    return _shifted(x, axes, -1)


# --- pieces of a signal ----------------------------------------------------------------------------

def frame(x, length, step):
    """Pieces of `length` every `step` elements of the last axis: (..., n) to (..., pieces, length).

    What is left over at the end is dropped.
    """
    x = as_tensor(x)
    *outer, extent = shape_of(x)
    if type(extent) is int and extent < length:
        return reshape(getitem(x, index=(Ellipsis, slice(0, 0))), shape=(*outer, 0, length))
    rows = reshape(x, shape=(dims.product(outer), extent, 1))
    cut = patches(rows, size=(length,), strides=(step,), dilations=(1,))
    return reshape(cut, shape=(*outer, (extent - length) // step + 1, length))


def overlap_and_add(x, step):
    """The sum of pieces that begin `step` apart: (..., pieces, length) to (..., (pieces - 1) * step + length)."""
    x = as_tensor(x)
    if x.ndim < 2:
        raise ShapeError(f"overlap_and_add: the input needs axes (..., pieces, length), got shape {x.shape}.")
    *outer, count, length = shape_of(x)
    extent, rows = (count - 1) * step + length, dims.product(outer)
    whole = from_patches(reshape(x, shape=(rows, count, length, 1)), shape=(rows, extent, 1), strides=(step,),
                         dilations=(1,))
    return reshape(whole, shape=(*outer, extent))


def raised_cosine(length, middle, periodic=True, dtype="float32"):
    """The window middle - (1 - middle) cos: Hann's for 1/2, Hamming's for 0.54. As in TensorFlow, one of odd
    length is symmetric even if periodic."""
    count = length - 1 + (periodic and length % 2 == 0)
    angles = 2.0 * math.pi * np.arange(length) / max(count, 1)
    return (middle - (1.0 - middle) * np.cos(angles) if length > 1 else np.ones(length)).astype(dtype)


def inverse_window(window, step):
    """The window for `overlap_and_add` that undoes a cut with `window`; 0 where nothing of the signal was left."""
    length = len(window)
    squares = np.zeros(-(-length // step) * step, window.dtype)
    squares[:length] = window * window
    total = np.resize(squares.reshape(-1, step).sum(0), length)
    return np.divide(window, total, out=np.zeros_like(window), where=total != 0)


# --- as Keras has them: complex numbers as pairs of real ones -----------------------------------------

def _joined(x, where):
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(f"{where}: x must be a tuple of two tensors, the real and the imaginary part, got "
                         f"{type(x).__name__}{f' of {len(x)}' if isinstance(x, (tuple, list)) else ''}.")
    parts = [as_tensor(part) for part in x]
    if parts[0].shape != parts[1].shape:
        raise ShapeError(f"{where}: the real and the imaginary part have shapes {parts[0].shape} and "
                         f"{parts[1].shape}; they must be equal.")
    return complex(*parts)


def _parts(x):
    return real(x), imag(x)


def fft(x):
    """The Fourier transform along the last axis, of (real, imaginary) to (real, imaginary)."""
    return _parts(fftn(_joined(x, "fft"), axes=(-1,)))


def fft2(x):
    """The Fourier transform along the last two axes, of (real, imaginary) to (real, imaginary)."""
    return _parts(fftn(_joined(x, "fft2"), axes=(-2, -1)))


def ifft2(x):
    """The inverse Fourier transform along the last two axes, of (real, imaginary) to (real, imaginary)."""
    return _parts(ifftn(_joined(x, "ifft2"), axes=(-2, -1)))


def rfft(x, fft_length=None):
    """The Fourier transform of real numbers along the last axis, as (real, imaginary) of frequencies 0 ... n // 2.

    fft_length   n; x is cut or filled up with zeros to it
    """
    return _parts(real_transform(x, fft_length and (fft_length,)))


def irfft(x, fft_length=None):
    """The inverse of `rfft`, of (real, imaginary): `fft_length` real numbers, 2 (n - 1) by default."""
    return inverse_real_transform(_joined(x, "irfft"), fft_length and (fft_length,))


def extract_sequences(x, sequence_length, sequence_stride):
    """Pieces of the last axis that begin `sequence_stride` apart: (..., n) to (..., pieces, sequence_length)."""
    return frame(x, sequence_length, sequence_stride)


def _window(window, length, fft_length, dtype, where):
    """The window given or named, in the middle of `fft_length`; None if there is none."""
    if fft_length < length:
        raise ValueError(f"{where}: fft_length is {fft_length}, but it must be at least sequence_length, {length}.")
    if window is None:
        return None
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise ValueError(f"{where}: window {window!r} is not known; use 'hann', 'hamming', None or an array.")
        window = raised_cosine(length, 0.5 if window == "hann" else 0.54, dtype=dtype)
    window = np.asarray(window, dtype)
    if window.shape != (length,):
        raise ShapeError(f"{where}: the window has shape {window.shape}, but sequence_length is {length}.")
    before = (fft_length - length) // 2
    return np.pad(window, (before, fft_length - length - before))


def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    """The Fourier transforms of overlapping pieces of the last axis, as (real, imaginary) of shape
    (..., pieces, fft_length // 2 + 1).

    window   'hann', 'hamming', an array of sequence_length, or None; each piece is multiplied by it
    center   piece t is centred on element t * sequence_stride, the ends reflected; otherwise it begins there
    """
    x = as_tensor(x)
    window = _window(window, sequence_length, fft_length, real_dtype(complex_dtype(x.dtype.dtype)), "stft")
    if center:
        x = pad(x, [(0, 0)] * (x.ndim - 1) + [(fft_length // 2, fft_length // 2)], "reflect")
    pieces = frame(x, fft_length, sequence_stride)
    return _parts(rfftn(pieces if window is None else pieces * window, axes=(-1,)))


def istft(x, sequence_length, sequence_stride, fft_length, length=None, window="hann", center=True):
    """The signal whose `stft` with the same arguments is `x`, of (real, imaginary); the first `length` elements.

    With no window the pieces are added up as they are.
    """
    x = _joined(x, "istft")
    window = _window(window, sequence_length, fft_length, real_dtype(x.dtype.dtype), "istft")
    pieces = inverse_real_transform(x, (fft_length,))
    if window is not None:
        pieces = pieces * inverse_window(window, sequence_stride)
    signal = overlap_and_add(pieces, sequence_stride)
    start = fft_length // 2 if center else 0
    stop = start + length if length is not None else -(fft_length // 2) if center else None
    return getitem(signal, index=(Ellipsis, slice(start, stop or None)))
