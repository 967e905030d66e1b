"""Arrays in the safetensors format: the size of a JSON header, the header, and the bytes of all arrays, no gap between.

Source: github.com/huggingface/safetensors, README "Format". As strict as it asks for: names only once, every byte
behind the header belongs to exactly one array.
"""

import json
import math

import numpy as np

from ..errors import FileFormatError
from .arrays import Stored, checked_names, json_object

_DTYPES = {"BOOL": "?", "U8": "u1", "I8": "i1", "I16": "<i2", "U16": "<u2", "F16": "<f2", "I32": "<i4", "U32": "<u4",
           "F32": "<f4", "F64": "<f8", "I64": "<i8", "U64": "<u8", "C64": "<c8", "BF16": "<u2"}
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items() if name != "BF16"}
_MAX_HEADER = 100_000_000       # bytes; the format's own limit
_METADATA, _LAYERS = "__metadata__", "layer_names"


def safetensors_bytes(stored):
    """A safetensors file of arrays, with the names of the layers as metadata."""
    # Wide elements first, so that every array is aligned; then by name: equal weights give equal files.
    ordered = sorted(stored.items(), key=lambda item: (-item[1].dtype.itemsize, item[0]))
    header, parts, at = {_METADATA: {"format": "minikeras", _LAYERS: json.dumps(stored.names)}}, [], 0
    for path, array in ordered:
        code = array.dtype.newbyteorder("<")
        if code not in _NAMES:
            raise ValueError(f"{path}: safetensors has no dtype {array.dtype}; it has "
                             f"{', '.join(map(str, _NAMES))}. Save to .weights.npz or .weights.h5.")
        data = np.asarray(array, code, order="C").tobytes()
        header[path] = {"dtype": _NAMES[code], "shape": list(array.shape), "data_offsets": [at, at + len(data)]}
        parts.append(data)
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


def read_safetensors(data, where):
    """The arrays of a safetensors file given as bytes. Raises FileFormatError for whatever the format forbids."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(_MAX_HEADER, len(data) - 8) or data[8:9] != b"{":
        raise FileFormatError(f"{where}: this is no whole safetensors file: it must begin with the size of a JSON "
                              "header and the header. It was cut short, damaged or is of another format.")
    header = json_object(data[8:8 + size], f"{where}: the header")
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise FileFormatError(f"{where}: {_METADATA} must be a mapping of text to text.")
    names = json_object(metadata.get(_LAYERS, "{}").encode(), f"{where}: {_LAYERS}")
    content, at = memoryview(data)[8 + size:], 0
    places = {path: _place(entry, f"{where}: {path}") for path, entry in header.items()}
    for path, (_, _, begin, end) in sorted(places.items(), key=lambda item: item[1][2:]):
        if begin != at:
            raise FileFormatError(f"{where}: {path} begins at byte {begin}, but the array before it ends at {at}. "
                                  "Arrays must neither overlap nor leave a gap.")
        at = end
    if at != len(content):
        raise FileFormatError(f"{where}: the arrays end at byte {at}, but {len(content)} bytes are stored.")
    return Stored({path: _array(content[place[2]:place[3]], header[path]["dtype"], place[0], place[1])
                   for path, place in places.items()}, checked_names(names, where))


def _place(entry, where):
    """(dtype, shape, first byte, last byte + 1) of an array, checked as far as it goes alone."""
    try:
        code, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        dtype = np.dtype(_DTYPES[code])
        numbers = [begin, end, *shape]
        valid = set(entry) == {"dtype", "shape", "data_offsets"} and isinstance(shape, list) and all(
            type(n) is int and 0 <= n < 2**63 for n in numbers)
    except (KeyError, TypeError, ValueError):
        valid = False
    if not valid:
        raise FileFormatError(f"{where}: {str(entry)[:200]} does not describe an array: it takes a dtype "
                              f"({', '.join(_DTYPES)}), a shape and two data_offsets.")
    if end - begin != math.prod(shape) * dtype.itemsize:
        raise FileFormatError(f"{where}: an array of shape {tuple(shape)} and dtype {code} is declared, but "
                              f"{end - begin} bytes are stored.")
    return dtype, tuple(shape), begin, end


def _array(content, code, dtype, shape):
    stored = np.frombuffer(content, dtype).reshape(shape)
    if code == "BF16":      # the upper half of a float32
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return np.array(stored, stored.dtype.newbyteorder("="))
