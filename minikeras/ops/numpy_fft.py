"""What tensors do in the functions of np.fft: NumPy's signatures, over the transforms of `fourier`.

`norm` says which direction divides by the number of elements: 'backward' (the default), 'ortho' (both, by the root) or
'forward'.
"""

import math

from ..autograd.linear import conj
from ..autograd.operands import as_tensor, shape_of
from . import fourier
from .fourier import fftshift, ifftshift

__all__ = ["fftshift", "ifftshift"]

SCALES = {None: (0.0, 1.0), "backward": (0.0, 1.0), "ortho": (0.5, 0.5), "forward": (1.0, 0.0)}


def _scaled(y, count, norm, inverse):
    """`y`, which is not divided going forward and divided by `count` going back, divided as `norm` says instead."""
    if norm not in SCALES:
        raise ValueError(f"np.fft: norm must be 'backward', 'ortho' or 'forward', got {norm!r}.")
    power = 1.0 - SCALES[norm][1] if inverse else -SCALES[norm][0]
    return y if power == 0.0 else y * float(count) ** power


def _known(x, s, axes):
    """`x` as a tensor, its axes to transform and the length along each; -1 in `s` leaves that of `x`."""
    x = as_tensor(x)
    if axes is None:
        axes = range(-len(s), 0) if s is not None else range(x.ndim)
    axes = tuple(int(axis) for axis in axes)
    return x, axes, [shape_of(x)[axis] if n == -1 else int(n)
                     for n, axis in zip(s or [-1] * len(axes), axes, strict=True)]


def _complex(a, s, axes, norm, inverse):
    a, axes, lengths = _known(a, s, axes)
    for axis, n in zip(axes, lengths):
        a = fourier.resize(a, axis, n)
    y = (fourier.ifftn if inverse else fourier.fftn)(a, axes=axes)
    return _scaled(y, math.prod(lengths), norm, inverse)


def _real(a, s, axes, norm):
    a, axes, lengths = _known(a, s, axes)
    return _scaled(fourier.real_transform(a, lengths, axes), math.prod(lengths), norm, False)


def _inverse_real(a, s, axes, norm):
    a, axes, lengths = _known(a, s, axes)
    if s is None or s[-1] == -1:
        lengths[-1] = 2 * (lengths[-1] - 1)
    return _scaled(fourier.inverse_real_transform(a, lengths, axes), math.prod(lengths), norm, True)


def _one(n):
    return None if n is None else (n,)


def fft(a, n=None, axis=-1, norm=None):
    return _complex(a, _one(n), (axis,), norm, False)


def ifft(a, n=None, axis=-1, norm=None):
    return _complex(a, _one(n), (axis,), norm, True)


def rfft(a, n=None, axis=-1, norm=None):
    return _real(a, _one(n), (axis,), norm)


def irfft(a, n=None, axis=-1, norm=None):
    return _inverse_real(a, _one(n), (axis,), norm)


def fft2(a, s=None, axes=(-2, -1), norm=None):
    return _complex(a, s, axes, norm, False)


def ifft2(a, s=None, axes=(-2, -1), norm=None):
    return _complex(a, s, axes, norm, True)


def rfft2(a, s=None, axes=(-2, -1), norm=None):
    return _real(a, s, axes, norm)


def irfft2(a, s=None, axes=(-2, -1), norm=None):
    return _inverse_real(a, s, axes, norm)


def fftn(a, s=None, axes=None, norm=None):
    return _complex(a, s, axes, norm, False)


def ifftn(a, s=None, axes=None, norm=None):
    return _complex(a, s, axes, norm, True)


def rfftn(a, s=None, axes=None, norm=None):
    return _real(a, s, axes, norm)


def irfftn(a, s=None, axes=None, norm=None):
    return _inverse_real(a, s, axes, norm)


OPPOSITE = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def hfft(a, n=None, axis=-1, norm=None):
    n = 2 * (shape_of(as_tensor(a))[axis] - 1) if n is None else n
    return irfft(conj(a), n, axis, OPPOSITE.get(norm, norm))


def ihfft(a, n=None, axis=-1, norm=None):
    return conj(rfft(a, n, axis, OPPOSITE.get(norm, norm)))
