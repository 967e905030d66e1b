"""Hashes of strings to 64 bits, those that TensorFlow puts strings into buckets by.

Strings of one length are hashed together, their bytes as rows of a matrix: all arithmetic is NumPy's on uint64, which
wraps around as both algorithms want.
"""

import numpy as np

U64 = np.uint64

# FarmHash's constants, primes between 2**63 and 2**64, and the factor of its CityHash ancestor for joining two hashes.
K0, K1, K2 = U64(0xC3A5C85C97CB3127), U64(0xB492B66FBE98F273), U64(0x9AE16A3B2F90404F)
JOIN = U64(0xC6A4A7935BD1E995)


def by_length(function, strings):
    """`function` of a matrix of bytes, a row a string, for the strings of each length; uint64 in their order."""
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    result = np.empty(len(strings), U64)
    with np.errstate(over="ignore"):
        for length in np.unique(lengths):
            places = np.flatnonzero(lengths == length)
            rows = np.frombuffer(b"".join([strings[i] for i in places]), np.uint8).reshape(len(places), length)
            result[places] = function(rows)
    return result


def _rotated(x, bits):
    """The bits of `x` moved right, those that fall out coming in at the left."""
    return (x >> U64(bits)) | (x << U64(64 - bits))


def _mixed(x):
    return x ^ (x >> U64(47))


def _word(rows, at, size=8):
    """The little-endian word of `size` bytes at place `at` of each row, negative from the end."""
    at = at % rows.shape[1]
    return np.ascontiguousarray(rows[:, at:at + size]).view(f"<u{size}")[:, 0].astype(U64, copy=False)


def _folded(a, b, factor):
    """Two words as one."""
    x = _mixed((a ^ b) * factor)
    return _mixed((b ^ x) * factor) * factor


def fingerprint64(strings):
    """FarmHash Fingerprint64 of a list of bytes, as uint64.

    Source: Geoff Pike, FarmHash (2014), the variant "farmhashna"; below 65 bytes as in CityHash 1.1.
    """
    return by_length(_fingerprints, strings)


def _fingerprints(rows):
    length = rows.shape[1]
    if length > 64:
        return _long(rows)
    factor = K2 + U64(2 * length)
    if length > 32:
        return _up_to_64(rows, factor)
    if length > 16:
        a, b = _word(rows, 0) * K1, _word(rows, 8)
        c, d = _word(rows, -8) * factor, _word(rows, -16) * K2
        return _folded(_rotated(a + b, 43) + _rotated(c, 30) + d, a + _rotated(b + K2, 18) + c, factor)
    if length >= 8:
        a, b = _word(rows, 0) + K2, _word(rows, -8)
        return _folded(_rotated(b, 37) * factor + a, (_rotated(a, 25) + b) * factor, factor)
    if length >= 4:
        return _folded(U64(length) + (_word(rows, 0, 4) << U64(3)), _word(rows, -4, 4), factor)
    if length:
        first, middle, last = (rows[:, i].astype(U64) for i in (0, length // 2, length - 1))
        return _mixed((first + (middle << U64(8))) * K2 ^ (U64(length) + (last << U64(2))) * K0) * K2
    return np.full(len(rows), K2)


def _up_to_64(rows, factor):
    a, b = _word(rows, 0) * K2, _word(rows, 8)
    c, d = _word(rows, -8) * factor, _word(rows, -16) * K2
    y = _rotated(a + b, 43) + _rotated(c, 30) + d
    z = _folded(y, a + _rotated(b + K2, 18) + c, factor)
    e, f = _word(rows, 16) * factor, _word(rows, 24)
    g, h = (y + _word(rows, -32)) * factor, (z + _word(rows, -24)) * factor
    return _folded(_rotated(e + f, 43) + _rotated(g, 30) + h, e + _rotated(f + a, 18) + g, factor)


def _weak(rows, at, a, b):
    """Two words from the 32 bytes at `at` and two seeds."""
    w, x, y, z = (_word(rows, at + 8 * i) for i in range(4))
    a = a + w
    b = _rotated(b + a + z, 21)
    total = a + x + y
    return total + z, b + _rotated(total, 44) + a


def _round(rows, at, state, factor, weight):
    """The state after the 64 bytes at `at`: words x, y, z and pairs v, w."""
    x, y, z, v, w = state
    x = _rotated(x + y + v[0] + _word(rows, at + 8), 37) * factor
    y = _rotated(y + v[1] + _word(rows, at + 48), 42) * factor
    x = x ^ w[1] * weight
    y = y + v[0] * weight + _word(rows, at + 40)
    z = _rotated(z + w[0], 33) * factor
    v = _weak(rows, at, v[1] * factor, x + w[0])
    w = _weak(rows, at + 32, z + w[1], y + _word(rows, at + 16))
    return z, y, x, v, w


def _long(rows):
    count, length = rows.shape
    seed, zero = U64(81), np.zeros(count, U64)
    y = seed * K1 + U64(113)
    state = (seed * K2 + _word(rows, 0), zero + y, zero + _mixed(y * K2 + U64(113)) * K2, (zero, zero), (zero, zero))
    for at in range(0, (length - 1) // 64 * 64, 64):
        state = _round(rows, at, state, K1, U64(1))
    x, y, z, v, w = state
    factor = K1 + ((z & U64(0xFF)) << U64(1))
    w0 = w[0] + U64((length - 1) % 64)
    v0 = v[0] + w0
    state = x, y, z, (v0, v[1]), (w0 + v0, w[1])
    x, y, z, v, w = _round(rows, length - 64, state, factor, U64(9))
    return _folded(_folded(v[0], w[0], factor) + _mixed(y) * K0 + z, _folded(v[1], w[1], factor) + x, factor)


def siphash64(strings, key):
    """SipHash-2-4 of a list of bytes under a key of two integers, as uint64.

    Source: Aumasson & Bernstein 2012, section 2.
    """
    key = [U64(part % 2**64) for part in key]
    return by_length(lambda rows: _siphashes(rows, key), strings)


def _siphashes(rows, key):
    count, length = rows.shape
    # The last word has what is left of the string in front, and the string's length in its last byte.
    padded = np.zeros((count, length // 8 * 8 + 8), np.uint8)
    padded[:, :length], padded[:, -1] = rows, length % 256
    zero = np.zeros(count, U64)
    v = [zero + (key[i % 2] ^ U64(word)) for i, word in enumerate((
        0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573))]
    for at in range(0, padded.shape[1], 8):
        word = _word(padded, at)
        v[3] = v[3] ^ word
        v = _sip_round(_sip_round(v))
        v[0] = v[0] ^ word
    v[2] = v[2] ^ U64(0xFF)
    for _ in range(4):
        v = _sip_round(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _turned(x, bits):
    """The bits of `x` moved left, those that fall out coming in at the right."""
    return _rotated(x, 64 - bits)


def _sip_round(v):
    a, b, c, d = v
    a, c = a + b, c + d
    b, d = _turned(b, 13) ^ a, _turned(d, 16) ^ c
    a, c = _turned(a, 32) + d, c + b
    b, d = _turned(b, 17) ^ c, _turned(d, 21) ^ a
    return [a, b, _turned(c, 32), d]


def joined64(a, b):
    """One hash of two, both uint64, as TensorFlow crosses features. Source: MurmurHash64A's mixing step."""
    with np.errstate(over="ignore"):
        x = ((a ^ JOIN) ^ _mixed(b * JOIN) * JOIN) * JOIN
        return _mixed(_mixed(x) * JOIN)
