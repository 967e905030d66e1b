"""Samples of elementwise and complex functions and Fourier transforms; see samples.py for what the tables mean."""

import numpy as np

from minikeras import ops
from minikeras.ops import fourier

from .sampling import BOOLEANS, INTEGERS, POSITIVE, Sample

DOMAINS = {
    "arccosh": [(1.13, 2.6)], "arctanh": [(-0.83, 0.87)], "cbrt": [POSITIVE], "erfcinv": [(0.11, 1.87)],
    "erfinv": [(-0.83, 0.87)], "fmod": [(-3.4, -2.6), (1.8, 2.4)], "lgamma": [POSITIVE], "log2": [POSITIVE],
    "log10": [POSITIVE], "xdivy": [POSITIVE, POSITIVE], "xlog1py": [POSITIVE, (-0.61, 2.3)],
    "xlogy": [POSITIVE, POSITIVE],
}
PREPARED = {}

_TWO = [Sample((INTEGERS, INTEGERS[::-1].copy())), Sample((INTEGERS, INTEGERS[0]))]
SAMPLES = {
    "bessel_i": [Sample(((2, 3),), {"order": order, "scaled": scaled})
                 for order in (0, 1, 2) for scaled in (False, True)],
    "gcd": _TWO,
    "isclose": [Sample(((2, 3), (3,)), {"atol": 1.0}), Sample((INTEGERS, 3))],
    "join": [Sample(((2, 3), (2, 3))), Sample(((), ())), Sample(((0, 2), (0, 2)))],
    "lcm": _TWO,
    "ldexp": [Sample(((2, 3), INTEGERS)), Sample(((3,), -2)), Sample(((0, 3), INTEGERS[0]))],
    "left_shift": _TWO,
    "logical_not": [Sample((BOOLEANS,))],
    "nan_to_num": [Sample(((2, 3),)), Sample(((3,),), {"nan": 1.0, "posinf": 2.0, "neginf": -2.0})],
    "polygamma": [Sample((n, (2, 3)), domains=[POSITIVE]) for n in (0, 1, 2)]
                 + [Sample((np.array([0, 3]), (3, 1)), domains=[POSITIVE, (-0.93, -0.11)])],
    "right_shift": _TWO,
    "sinc_derivative": [Sample(((2, 3),), {"order": order}) for order in (0, 1)] + [Sample((np.zeros(2),))],
    "zeta": [Sample((s, (2, 3)), domains=[POSITIVE]) for s in (1.5, 2.0, 3.7)],
}
_TRANSFORMS = [Sample(((2, 4),), {"axes": (-1,)}), Sample(((2, 3),), {"axes": (1,)}),
               Sample(((2, 3, 2),), {"axes": (0, 2)}), Sample(((0, 2),), {"axes": (-1,)})]
SAMPLES.update(dict.fromkeys(("fftn", "ifftn", "rfftn"), _TRANSFORMS))
SAMPLES["irfftn"] = [Sample(((2, 3),), {"n": n, "axes": (-1,)}) for n in (4, 5)] + [
    Sample(((3, 3, 2),), {"n": 4, "axes": (2, 0)}, known=(0,)), Sample(((2, 1),), {"n": 1, "axes": (-1,)})]
SAMPLES.update({name: [Sample(((2, 3),)), Sample((np.array([1 + 2j, -0.5j]),)), Sample(((0, 2),))]
                for name in ("real", "imag", "conj")})

COMPOSED = [
    (fourier.real_transform, [Sample(((2, 5),), {"lengths": (n,)}) for n in (3, 8)]),
    (fourier.overlap_and_add, [Sample(((2, 3, 4),), {"step": step}) for step in (2, 5)]),
    (ops.extract_sequences, [Sample(((2, 7),), {"sequence_length": 3, "sequence_stride": step}) for step in (2, 4)]),
    (lambda x: ops.fft((x, x * x)), [Sample(((2, 4),))]),
    (lambda x: ops.ifft2((x, x * x)), [Sample(((2, 3, 4),))]),
    (lambda x: ops.irfft((x, x * x), 4), [Sample(((2, 3),))]),
    (lambda x: ops.stft(x, 4, 2, 6), [Sample(((2, 9),))]),
    (lambda x: ops.istft((x, x * x), 4, 2, 4), [Sample(((2, 5, 3),))]),
    (lambda x: ops.view_as_real(ops.polar(x, x)), [Sample(((2, 3),))]),
    (lambda x: ops.angle(ops.view_as_complex(x)), [Sample(((3, 2),))]),
    (lambda x: ops.absolute(ops.view_as_complex(x)), [Sample(((3, 2),))]),
    (ops.sinc, [Sample(((2, 3),))]),
    (ops.deg2rad, [Sample(((2, 3),))]),
    (ops.rad2deg, [Sample(((2, 3),))]),
    (ops.i0, [Sample(((2, 3),))]),
]
