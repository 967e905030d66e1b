"""What the usual LSTM does at each step beside its products, in one op."""

import functools

import numpy as np

from ..autograd.linear import concatenate
from ..autograd.op import declare, promoted, shifted
from .unary import tanh


@functools.lru_cache(32)
def _halves(units, dtype):
    """1/2 in the columns of the gates, 1 in those of the candidate."""
    row = np.full(4 * units, 0.5, dtype)
    row[2 * units:3 * units] = 1
    row.flags.writeable = False
    return row


def _parts(x, units):
    return [x[..., start:start + units] for start in range(0, 4 * units, units)]


def _update_pull(d, y, xs, attrs, wanted):
    (d_output, d_carry, d_gates), (_, carry, gates), units = d, y, y[1].shape[-1]
    i, f, g, o = _parts(gates, units)
    squashed = tanh(carry)
    if d_output is None:
        d_output = carry * 0.0
    through = d_output * o * (1.0 - squashed * squashed)
    d_carry = through if d_carry is None else d_carry + through
    d_parts = [d_carry * g, d_carry * xs[1], d_carry * i, d_output * squashed]
    if d_gates is not None:
        d_parts = [a + b for a, b in zip(d_parts, _parts(d_gates, units), strict=True)]
    d_i, d_f, d_g, d_o = d_parts
    d_z = concatenate(d_i * i * (1.0 - i), d_f * f * (1.0 - f), d_g * (1.0 - g * g), d_o * o * (1.0 - o), axis=-1)
    return d_z, d_carry * f


@declare("primitive", _update_pull, lambda z, carry: [carry, carry, z], promoted,
         result=lambda inputs, attrs: [inputs[0].dtype.dtype] * 3, batch=shifted)
def lstm_update(z, carry):
    """(output, new carry, gates) of an LSTM with tanh and sigmoid, for `z` with the columns of i, f, g and o.

    gates = sigmoid(z), tanh(z) for g; new carry = f * carry + i * g; output = o * tanh(new carry). A sigmoid is
    computed as a tanh, several times as fast, which differs only in the relative error of gates that are nearly 0.
    """
    half = _halves(carry.shape[-1], z.dtype.name)
    gates = z * half
    np.tanh(gates, out=gates)
    gates *= half
    gates += 1 - half
    i, f, g, o = _parts(gates, carry.shape[-1])
    new = f * carry
    new += i * g
    return o * np.tanh(new), new, gates
