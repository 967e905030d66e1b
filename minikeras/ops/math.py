"""Keras' `ops.math`: transforms, segments, distances and special functions."""

from .complex_numbers import view_as_complex, view_as_real
from .decompositions import logdet
from .error_function import erf, erfc, erfinv
from .fourier import extract_sequences, fft, fft2, ifft2, irfft, istft, rfft, stft
from .norms import cdist
from .placing import segment_max, segment_min, segment_prod, segment_sum
from .reduce import logsumexp
from .shapes import rearrange
from .sorting import in_top_k, top_k
from .unary import rsqrt

__all__ = sorted(name for name, value in globals().items() if not name.startswith("_") and callable(value))
