"""The safetensors format: written for, and read from, its own package; and what it forbids."""

import numpy as np
import pytest
from safetensors.numpy import load as their_load
from safetensors.numpy import save as their_save

from minikeras.errors import FileFormatError
from minikeras.saving import safetensors
from minikeras.saving.arrays import Stored

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "bool", "complex64"]


def some_arrays():
    rng = np.random.default_rng(0)
    arrays = {f"{dtype}/{n}": rng.integers(0, 2, shape).astype(dtype)
              for dtype in DTYPES for n, shape in enumerate([(), (3,), (2, 0), (2, 3, 1)])}
    return {key: array for key, array in arrays.items() if not key.startswith("complex64")}


def test_the_safetensors_package_reads_what_is_written():
    arrays = some_arrays()
    theirs = their_load(safetensors.safetensors_bytes(Stored(arrays)))
    assert theirs.keys() == arrays.keys()
    for key, array in arrays.items():
        np.testing.assert_array_equal(theirs[key], array, strict=True)


def test_what_the_safetensors_package_writes_is_read():
    arrays = some_arrays()
    ours = safetensors.read_safetensors(their_save(arrays, {"a": "b"}), "f")
    assert ours.keys() == arrays.keys()
    for key, array in arrays.items():
        np.testing.assert_array_equal(ours[key], array, strict=True)
    assert ours.names == {}


def with_header(text, content=b""):
    return len(text).to_bytes(8, "little") + text + content


def test_bfloat16_is_widened():
    data = with_header(b'{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}', b"\x80\x3f\x00\xc0")
    np.testing.assert_array_equal(safetensors.read_safetensors(data, "f")["x"], np.array([1, -2], "float32"))


ONE = b'{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}'


@pytest.mark.parametrize("data, message", [
    (b"", "no whole safetensors file"),
    (b"\xff" * 16, "no whole safetensors file"),
    (with_header(b' {"x":1}'), "must begin with"),
    (with_header(b"{]"), "not valid JSON"),
    (with_header(ONE + b',"x":{}}', b"a"), "a key is given twice"),
    (with_header(ONE + b"}"), "end at byte 1, but 0 bytes"),
    (with_header(ONE + b"}", b"ab"), "end at byte 1, but 2 bytes"),
    (with_header(ONE + b',"y":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"a"), "neither overlap nor leave"),
    (with_header(ONE + b',"y":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}', b"abc"), "neither overlap nor leave"),
    (with_header(b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,1]}}', b"a"), "1 bytes are stored"),
    (with_header(b'{"x":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}}', b"a"), "does not describe an array"),
    (with_header(b'{"x":{"dtype":"U8","shape":[-1],"data_offsets":[0,-1]}}'), "does not describe an array"),
    (with_header(b'{"x":{"dtype":"U8","shape":[true],"data_offsets":[0,1]}}', b"a"), "does not describe an array"),
    (with_header(b'{"x":{"dtype":"U8","shape":[1e9],"data_offsets":[0,1]}}', b"a"), "does not describe an array"),
    (with_header(b'{"x":{"dtype":"U8","shape":[9999999999],"data_offsets":[0,1]}}', b"a"), "1 bytes are stored"),
    (with_header(b'{"x":[]}'), "does not describe an array"),
    (with_header(b'{"__metadata__":{"a":1}}'), "must be a mapping of text to text"),
    (with_header(b'{"__metadata__":{"layer_names":"[]"}}'), "must be a JSON object"),
])
def test_safetensors_that_the_format_forbids_are_refused(data, message):
    with pytest.raises(FileFormatError, match=message):
        safetensors.read_safetensors(data, "f")
