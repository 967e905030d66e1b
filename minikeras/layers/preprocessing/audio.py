"""Sound as pictures of its frequencies."""

import functools
import math
import warnings

import numpy as np

from ...arguments import count, number, one_of, switch
from ...autograd.linear import concatenate, reshape
from ...autograd.operands import as_tensor, shape_of
from ...config import epsilon
from ...errors import DTypeError
from ...initializers import STFT
from ...ops.arithmetic import log, maximum, power, square
from ...ops.binary import arctan2
from ...ops.convolution import conv
from ...ops.creation import cast
from ...ops.fourier import stft
from ...ops.indexing import pad
from ...ops.products import tensordot
from ...ops.reduce import max
from ...ops.shapes import swapaxes, transpose
from ...ops.unary import log10, sqrt
from ...ops.windows import known_format
from ..base import Layer
from ..input_spec import InputSpec

MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


class STFTSpectrogram(Layer):
    """The short-time Fourier transform of each channel, by kernels that can be trained.

    mode          'log' or 'magnitude' of the transform; 'psd', its power, of both sides; its 'real' or 'imag' part, or
                  both ('stft'); its 'angle' in radians
    frame_length, frame_step   of the pieces, in samples; they overlap by half by default
    fft_length    at least frame_length; a power of 2 by default
    window        of each piece: a name, frame_length numbers, or None;  periodic   whether it goes on periodically
    scaling       'density', 'spectrum' or None: see initializers.STFT;  padding   'valid' or 'same'
    expand_dims   keep frequencies and channels apart
    Shapes: (batch, time, channels) -> (batch, pieces, channels * frequencies) or, with expand_dims, (batch, pieces,
    frequencies, channels); channels first, (batch, channels, time) -> (batch, channels * frequencies, pieces), or
    (batch, channels, pieces, frequencies). There are fft_length // 2 + 1 frequencies.
    """

    def __init__(self, mode="log", frame_length=256, frame_step=None, fft_length=None, window="hann", periodic=False,
                 scaling="density", padding="valid", expand_dims=False, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.mode = one_of("STFTSpectrogram: mode", mode, MODES)
        self.frame_length = count("STFTSpectrogram: frame_length", frame_length)
        self.frame_step = count("STFTSpectrogram: frame_step", frame_step, optional=True)
        self.fft_length = count("STFTSpectrogram: fft_length", fft_length, optional=True)
        if frame_step is not None and frame_step > frame_length:
            raise ValueError(f"STFTSpectrogram: frame_step must be from 1 to frame_length={frame_length}, got "
                             f"{frame_step}.")
        if fft_length is not None and fft_length < frame_length:
            raise ValueError(f"STFTSpectrogram: fft_length must be at least frame_length={frame_length}, got "
                             f"{fft_length}.")
        if fft_length is not None and fft_length & (fft_length - 1):
            warnings.warn(f"STFTSpectrogram: fft_length={fft_length} is no power of 2, as is recommended.",
                          stacklevel=2)
        self.scaling = one_of("STFTSpectrogram: scaling", scaling, ("density", "spectrum", None))
        self.padding = one_of("STFTSpectrogram: padding", padding, ("valid", "same"))
        self.window, self.periodic = window, switch("STFTSpectrogram: periodic", periodic)
        STFT("real", window, scaling, periodic)     # refuses what is no window
        self.expand_dims = switch("STFTSpectrogram: expand_dims", expand_dims)
        self.data_format = known_format(data_format, "STFTSpectrogram")
        self.input_spec = InputSpec(ndim=3)

    def build(self, input_shape):
        length = self.fft_length or 2 ** math.ceil(math.log2(self.frame_length))
        kernel = functools.partial(self.add_weight, shape=(self.frame_length, 1, length // 2 + 1))
        if self.mode != "imag":
            self.real_kernel = kernel(name="real_kernel", initializer=self._initializer("real"))
        if self.mode != "real":
            self.imag_kernel = kernel(name="imag_kernel", initializer=self._initializer("imag"))

    def _initializer(self, side):
        return STFT(side, self.window, self.scaling, self.periodic)

    def call(self, inputs):
        if not inputs.dtype.is_floating:
            raise DTypeError(f"{self._titled} takes floats, got {inputs.dtype.name}.")
        x = transpose(inputs, (0, 2, 1)) if self.data_format == "channels_last" else inputs
        real = self._part(x, self.real_kernel) if self.mode != "imag" else None
        imag = self._part(x, self.imag_kernel) if self.mode != "real" else None
        return self._arranged(self._shown(real, imag))

    def _part(self, x, kernel):
        """One part of the transform of x (batch, channels, time): (batch, channels, pieces, frequencies)."""
        batch, channels, time = shape_of(x)
        y = conv(reshape(x, shape=(batch * channels, time, 1)), kernel, self.frame_step or self.frame_length // 2,
                 self.padding, "channels_last")
        return reshape(y, shape=(batch, channels, *shape_of(y)[1:]))

    def _shown(self, real, imag):
        if self.mode == "stft":
            return concatenate(real, imag, axis=-1)
        if self.mode in ("real", "imag"):
            return real if imag is None else imag
        if self.mode == "angle":
            return arctan2(imag, real)
        strength = square(real) + square(imag)
        if self.mode == "psd":      # all but the ends have a twin at the other side
            return strength + pad(strength[..., 1:-1], [(0, 0)] * 3 + [(1, 1)])
        magnitude = sqrt(maximum(strength, epsilon()))
        return magnitude if self.mode == "magnitude" else log(maximum(magnitude, epsilon()))

    def _arranged(self, y):
        """(batch, channels, pieces, frequencies) as the data format says."""
        batch, channels, pieces, frequencies = shape_of(y)
        if self.data_format == "channels_first":
            return y if self.expand_dims else reshape(
                transpose(y, (0, 1, 3, 2)), shape=(batch, channels * frequencies, pieces))
        return transpose(y, (0, 2, 3, 1)) if self.expand_dims else reshape(
            transpose(y, (0, 2, 1, 3)), shape=(batch, pieces, channels * frequencies))


class MelSpectrogram(Layer):
    """How strong sounds are in bands of equal width on the mel scale, piece by piece, in decibels.

    fft_length, sequence_stride, sequence_length   of the pieces, in samples; the latter is fft_length by default
    window          'hann', 'hamming', sequence_length numbers, or None;  sampling_rate   samples a second
    num_mel_bins    how many bands, between min_freq and max_freq, in Hz; half the sampling rate by default
    mag_exp         the power of the magnitude that is summed in a band
    power_to_db     whether to give decibels over ref_power, no less than min_power, and none lower than top_db below
                    the highest of all inputs
    Shapes: (time,) or (batch, time) -> (..., num_mel_bins, pieces). Source: the HTK book, eq. 5.13, for the scale.
    """

    def __init__(self, fft_length=2048, sequence_stride=512, sequence_length=None, window="hann", sampling_rate=16000,
                 num_mel_bins=128, min_freq=20.0, max_freq=None, power_to_db=True, top_db=80.0, mag_exp=2.0,
                 min_power=1e-10, ref_power=1.0, **kwargs):
        super().__init__(**kwargs)
        self.fft_length = count("MelSpectrogram: fft_length", fft_length)
        self.sequence_stride = count("MelSpectrogram: sequence_stride", sequence_stride)
        self.sequence_length = count("MelSpectrogram: sequence_length", sequence_length or fft_length)
        if self.sequence_length > fft_length:
            raise ValueError(f"MelSpectrogram: fft_length must be at least sequence_length={sequence_length}, got "
                             f"{fft_length}.")
        self.window, self.sampling_rate = window, number("MelSpectrogram: sampling_rate", sampling_rate, 0)
        self.num_mel_bins = count("MelSpectrogram: num_mel_bins", num_mel_bins)
        self.min_freq = number("MelSpectrogram: min_freq", min_freq, 0)
        self.max_freq = number("MelSpectrogram: max_freq", max_freq or int(sampling_rate / 2), 0)
        self.power_to_db = switch("MelSpectrogram: power_to_db", power_to_db)
        self.top_db, self.mag_exp = number("MelSpectrogram: top_db", top_db), number("MelSpectrogram: mag_exp", mag_exp)
        self.min_power = number("MelSpectrogram: min_power", min_power, 0)
        self.ref_power = number("MelSpectrogram: ref_power", ref_power)
        self.built = True

    def call(self, inputs):
        x = as_tensor(inputs, "float64" if self.dtype == "float64" else "float32")
        real, imag = stft(x, self.sequence_length, self.sequence_stride, self.fft_length, self.window)
        magnitude = sqrt(square(real) + square(imag))
        bands = mel_bands(self.num_mel_bins, self.fft_length // 2 + 1, self.sampling_rate, self.min_freq, self.max_freq)
        y = tensordot(power(magnitude, self.mag_exp), as_tensor(bands, x.dtype), axes=1)
        if self.power_to_db:
            reference = np.maximum(abs(self.ref_power), self.min_power)
            y = 10.0 * log10(maximum(y, self.min_power)) - float(10.0 * np.log10(reference))
            y = maximum(y, max(y) - self.top_db)
        return cast(swapaxes(y, -1, -2), self.dtype)


@functools.lru_cache(8)
def mel_bands(num_bands, num_bins, sampling_rate, low, high):
    """The share of each of `num_bins` frequencies, from 0 to half the sampling rate, in each band, as a matrix.

    Bands are triangles with a peak of 1 on the mel scale, and begin and end at the peaks of their neighbours.
    """
    def mel(frequency):
        return 1127.0 * np.log1p(np.asarray(frequency) / 700.0)
    bins = mel(np.linspace(0.0, sampling_rate / 2.0, num_bins))[:, None]
    edges = np.linspace(mel(low), mel(high), num_bands + 2)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    bands = np.maximum(0.0, np.minimum(rising, falling))
    bands[0] = 0.0      # HTK leaves the mean of the signal out
    return bands
