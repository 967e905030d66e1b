"""TensorFlow's `tf.signal`."""

import math

import numpy as np

from .. import ops
from ..autograd import dims, dtypes
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..ops import fourier
from ..ops.complex_numbers import complex_dtype as _complex_dtype
from ..ops.complex_numbers import real_dtype as _real_dtype
from . import tf_function_of

_AXES = {"": (-1,), "2d": (-2, -1), "3d": (-3, -2, -1)}


def _whole(op, suffix, text):
    def transform(input, name=None):
        return op(input, axes=_AXES[suffix])
    transform.__name__ = op.__name__[:-1] + suffix
    transform.__doc__ = f"{text} over the last {'axis' if not suffix else suffix[0] + ' axes'}, of complex numbers."
    return transform


def _half(function, name, suffix, text):
    def transform(input_tensor, fft_length=None, name=None):
        return function(input_tensor, None if fft_length is None else np.asarray(fft_length).tolist(), _AXES[suffix])
    transform.__name__ = name + suffix
    transform.__doc__ = f"{text} over the last {'axis' if not suffix else suffix[0] + ' axes'}; `fft_length` is a list."
    return transform


fft, fft2d, fft3d = [_whole(fourier.fftn, suffix, "The Fourier transform") for suffix in _AXES]
ifft, ifft2d, ifft3d = [_whole(fourier.ifftn, suffix, "The inverse Fourier transform") for suffix in _AXES]
rfft, rfft2d, rfft3d = [_half(fourier.real_transform, "rfft", suffix, "The Fourier transform of real numbers")
                        for suffix in _AXES]
irfft, irfft2d, irfft3d = [_half(fourier.inverse_real_transform, "irfft", suffix, "The inverse of the real transform")
                           for suffix in _AXES]


fftshift = tf_function_of(fourier.fftshift, "x", "axes")
ifftshift = tf_function_of(fourier.ifftshift, "x", "axes")


# --- windows ---------------------------------------------------------------------------------------

def hann_window(window_length, periodic=True, dtype="float32", name=None):
    """Hann's window, half of 1 - cos."""
    return as_tensor(fourier.raised_cosine(int(window_length), 0.5, periodic, dtypes.as_dtype(dtype).dtype))


def hamming_window(window_length, periodic=True, dtype="float32", name=None):
    """Hamming's window, 0.54 - 0.46 cos."""
    return as_tensor(fourier.raised_cosine(int(window_length), 0.54, periodic, dtypes.as_dtype(dtype).dtype))


def kaiser_window(window_length, beta=12.0, dtype="float32", name=None):
    """Kaiser's window, symmetric; a larger `beta` makes it narrower."""
    return as_tensor(np.kaiser(int(window_length), float(beta)), dtype)


def vorbis_window(window_length, dtype="float32", name=None):
    """The window of the Vorbis codec, whose squares add up to 1 at half an overlap."""
    phase = np.sin(math.pi / window_length * (np.arange(int(window_length)) + 0.5))
    return as_tensor(np.sin(math.pi / 2.0 * phase * phase), dtype)


# --- pieces of a signal ----------------------------------------------------------------------------

def frame(signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1, name=None):
    """Pieces of `frame_length` every `frame_step` elements of `axis`, which becomes two axes (pieces, length).

    pad_end   fill the last pieces up with `pad_value` instead of dropping them
    """
    signal = as_tensor(signal)
    axis = dims.normalize_axis(axis, signal.ndim, "frame")
    x = ops.moveaxis(signal, axis, -1)
    if pad_end:
        extent = x.shape[-1]
        missing = max((-(-extent // frame_step) - 1) * frame_step + frame_length - extent, 0)
        x = ops.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)], constant_values=pad_value)
    return ops.moveaxis(fourier.frame(x, int(frame_length), int(frame_step)), (-2, -1), (axis, axis + 1))


overlap_and_add = tf_function_of(fourier.overlap_and_add, "signal", "frame_step")


def _power_of_two(length):
    return 1 << (length - 1).bit_length()


def stft(signals, frame_length, frame_step, fft_length=None, window_fn=hann_window, pad_end=False, name=None):
    """The Fourier transforms of overlapping pieces of the last axis: (..., pieces, fft_length // 2 + 1).

    fft_length   the power of two from `frame_length` by default
    window_fn    from a length and dtype= to a window that each piece is multiplied by; None for none
    """
    pieces = frame(signals, frame_length, frame_step, pad_end)
    if window_fn is not None:
        pieces = pieces * window_fn(frame_length, dtype=_real_dtype(_complex_dtype(pieces.dtype.dtype)))
    return fourier.real_transform(pieces, [fft_length or _power_of_two(frame_length)])


def inverse_stft(stfts, frame_length, frame_step, fft_length=None, window_fn=hann_window, name=None):
    """The pieces that have these Fourier transforms, times a window, added up where they overlap.

    That is the signal again if `window_fn` is that of `inverse_stft_window_fn`.
    """
    pieces = fourier.inverse_real_transform(stfts, [fft_length or _power_of_two(frame_length)])
    pieces = fourier.resize(pieces, -1, frame_length)
    if window_fn is not None:
        pieces = pieces * window_fn(frame_length, dtype=pieces.dtype)
    return fourier.overlap_and_add(pieces, frame_step)


def inverse_stft_window_fn(frame_step, forward_window_fn=hann_window, name=None):
    """The `window_fn` with which `inverse_stft` undoes an `stft` with `forward_window_fn`."""
    def window_fn(frame_length, dtype):
        return as_tensor(fourier.inverse_window(np.asarray(forward_window_fn(frame_length, dtype=dtype)), frame_step))
    return window_fn


# --- cosine transforms -------------------------------------------------------------------------------

def dct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The discrete cosine transform of type 1, 2, 3 or 4 along the last axis, cut or filled up with zeros to `n`.

    norm   None: twice the sums over cosines; "ortho": an orthogonal matrix (not for type 1)
    """
    x = as_tensor(input)
    if axis not in (-1, x.ndim - 1):
        raise ValueError(f"dct: axis must be -1, got {axis}; move the axis to the end first.")
    if type not in (1, 2, 3, 4) or norm not in (None, "ortho") or (type == 1 and norm):
        raise ValueError(f"dct: type must be 1, 2, 3 or 4 and norm None or 'ortho' (None for type 1), got "
                         f"{type!r} and {norm!r}.")
    x = x if n is None else fourier.resize(x, -1, n)
    n = x.shape[-1]
    if n is None or n < (2 if type == 1 else 1):
        raise ShapeError(f"dct: the last axis must be known and hold {2 if type == 1 else 1} element(s) or more, got "
                         f"shape {x.shape}.")
    scales = np.full(n, math.sqrt(0.5 / n) if norm else 1.0)
    if type == 1:
        return ops.real(fourier.real_transform(ops.concatenate([x, ops.flip(x[..., 1:-1], -1)], -1)))
    if type == 4:
        return dct(x, 2, 2 * n)[..., 1::2] * scales
    if norm:
        scales[0] = math.sqrt(0.25 / n) if type == 2 else math.sqrt(1.0 / n)
    turn = np.exp(0.5j * math.pi / n * np.arange(n))
    if type == 2:
        return ops.real(fourier.real_transform(x, [2 * n])[..., :n] * (2.0 * turn.conj())) * scales
    return fourier.inverse_real_transform(x * scales * (2.0 * n * turn), [2 * n])[..., :n]


def idct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The inverse of `dct` of that type, up to the factor 2 n (2 (n - 1) for type 1) unless `norm` is "ortho"."""
    if n is not None:
        raise ValueError(f"idct: n must be None, got {n}.")
    return dct(input, {2: 3, 3: 2}.get(type, type), None, axis, norm)
