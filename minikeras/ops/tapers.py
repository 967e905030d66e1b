"""Windows that fade a piece of a signal in and out, by SciPy's names."""

import numpy as np

# Weights of 1, cos(t), cos(2 t), ... with t one turn over the window, 0 in the middle. Source: Harris 1978, section V;
# Nuttall 1981, table II; the flat top of D'Antona & Ferrero 2006.
_COSINES = {
    "hann": (0.5, 0.5), "hamming": (0.54, 0.46), "blackman": (0.42, 0.5, 0.08),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368)}

# Functions of a place from -1 to 1, the ends of the window.
_SHAPES = {
    "boxcar": np.ones_like,
    "bartlett": lambda x: 1.0 - np.abs(x),
    "barthann": lambda x: 0.62 - 0.24 * np.abs(x) + 0.38 * np.cos(np.pi * x),
    "bohman": lambda x: (1.0 - np.abs(x)) * np.cos(np.pi * x) + np.sin(np.pi * np.abs(x)) / np.pi,
    "lanczos": np.sinc}

# The same, but the ends are half a step, or a whole one, outside.
_WIDER = {"cosine": (0.5, lambda x: np.cos(0.5 * np.pi * x)), "triang": (None, lambda x: 1.0 - np.abs(x))}

NAMES = sorted((*_COSINES, *_SHAPES, *_WIDER))


def taper(name, length, periodic=False):
    """The window of a name, `length` float64 numbers that rise to 1 and fall again.

    periodic   whether it goes on with its first number: then it is the symmetric one of a number more, without that
    Raises ValueError for a name that is not in NAMES.
    """
    if name not in NAMES:
        raise ValueError(f"window {name!r} is not known; use one of {', '.join(NAMES)}, or an array of its numbers.")
    if length == 1:
        return np.ones(1)
    count = length + bool(periodic)
    places = np.arange(count) - (count - 1) / 2
    if name in _WIDER:
        outside, function = _WIDER[name]
        outside = (1.0 if count % 2 else 0.5) if outside is None else outside
        window = function(places / ((count - 1) / 2 + outside))
    elif name in _SHAPES:
        window = _SHAPES[name](places / ((count - 1) / 2))
    else:
        turn = np.pi * places / ((count - 1) / 2)       # from the middle, where all cosines add up
        window = sum(weight * np.cos(i * turn) for i, weight in enumerate(_COSINES[name]))
    return window[:length]
