"""Pickled data are read without running anything."""

import collections
import datetime
import os
import pickle
import subprocess

import numpy as np
import pytest

from minikeras.datasets.pickled import read_pickled
from minikeras.errors import FileFormatError

from .files import python2

PLAIN = [
    None, True, 0, 255, 256, 65535, 65536, -1, -2**31, 2**31, 2**70, -2**70, 2**3000, 1.5, "text", "é" * 300, (), (1,),
    (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1, 300, 70000, -5], list(range(3000)), [[1, 2], [3], []], {}, {"a": [1]},
    {i: str(i) for i in range(2000)}, [(1, {"x": None}), False], [1, "a", 2.5, 3, [4]],
]
ARRAYS = [
    np.arange(6, dtype=np.uint8).reshape(2, 3), np.array([1.5, np.nan], np.float32), np.zeros((0, 2)), np.array(3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array([1, 2], ">i4"), np.array([True, False]), np.array([1j]),
]


def lists():
    array = np.empty(3, object)
    array[:] = [[1, 2], [3, 70000], []]
    return array


@pytest.mark.parametrize("protocol", range(5))
@pytest.mark.parametrize("value", PLAIN, ids=lambda value: repr(value)[:20])
def test_plain_data_of_every_protocol(value, protocol):
    assert read_pickled(pickle.dumps(value, protocol), "x") == value


def test_bytes():
    for value in (b"", b"abc", b"\xff" * 300):
        assert read_pickled(pickle.dumps(value, 4), "x") == value
        assert read_pickled(python2(value), "x") == value
    assert read_pickled(b"S'ab'\n.", "x") == b"ab"


@pytest.mark.parametrize("value", ARRAYS, ids=lambda value: f"{value.dtype}{value.shape}")
def test_arrays(value):
    for data in (pickle.dumps(value, 3), pickle.dumps(value, 4), python2(value)):
        array = read_pickled(data, "x")
        np.testing.assert_array_equal(array, value)
        assert array.dtype == value.dtype
        assert array.flags.writeable


def test_arrays_of_lists():
    for data in (pickle.dumps(lists(), 4), python2({b"a": lists(), b"b": [1, 2]})):
        got = read_pickled(data, "x")
        got = got if isinstance(got, np.ndarray) else got[b"a"]
        assert got.tolist() == lists().tolist()


def test_the_same_object_twice_is_the_same():
    one, two = read_pickled(pickle.dumps([ARRAYS[0]] * 2), "x")
    assert one is two


class Runs:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


HOSTILE = {
    "system": pickle.dumps(Runs(os.system, "true")), "eval": pickle.dumps(Runs(eval, "1")),
    "popen": pickle.dumps([1, Runs(subprocess.Popen, ["true"])]),
    "in an array": pickle.dumps(np.array([Runs(eval, "1")])),
    "an object": pickle.dumps(Runs), "a date": pickle.dumps(datetime.date(2020, 1, 1)),
    "ordered": pickle.dumps(collections.OrderedDict(a=1)), "scalar": pickle.dumps(np.float32(1)),
    "old class": b"(i__main__\nRuns\n.", "object": b"(c__main__\nRuns\no.", "extension": b"\x82\x01.",
    "persistent": b"Pname\n.", "new object": b"c__main__\nRuns\n)\x81.", "unknown": b"\x00.",
    "structured": pickle.dumps(np.zeros(2, [("a", "i4")])),
    "text array": pickle.dumps(np.array(["a"])), "set": pickle.dumps({1}),
    "out of band": b"\x97.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_anything_else_is_refused(name):
    with pytest.raises(FileFormatError, match="It is not read"):
        read_pickled(HOSTILE[name], "there")


class Filled:
    """Pickled as an array of these contents."""

    def __init__(self, content):
        self.content = content

    def __reduce__(self):
        function, arguments, state = np.zeros(len(self.content), "u1").__reduce__()
        return function, arguments, (*state[:4], self.content)


def test_contents_that_are_used_again_and_again_do_not_fill_the_memory():
    content = bytes(10_000)
    few, many = (pickle.dumps([Filled(content) for _ in range(n)], 4) for n in (3, 100))
    assert [len(array) for array in read_pickled(few, "x")] == [10_000] * 3
    with pytest.raises(FileFormatError, match="again and again"):
        read_pickled(many, "x")


WHOLE = pickle.dumps([lists(), ARRAYS[0], {"a": (1, 2.5)}], 2)


@pytest.mark.parametrize("data", [
    *(WHOLE[:cut] for cut in range(0, len(WHOLE), 7)), b"", b".", b"K\x01K\x02.", b"e.", b"(e.", b"K\x01(K\x02e.",
    b"a.",     b"K\x01K\x02a.", b"K\x01K\x02K\x03s.", b"h\x05.", b"K\x01)R.", b"cnumpy\ndtype\n)R.", b"K\x01}b.",
    b"cnumpy\nndarray\n)R.", b"cnumpy\ndtype\n(U\x02u1tR.", b"}(]K\x01u.", b"\x8a\xff.", b"X\xff\xff\xff\x7f.",
    b"Iabc\n.",     WHOLE.replace(b"K\x02K\x03\x86", b"K\x02K\x04\x86")])
def test_damaged_data_are_told(data):
    with pytest.raises(FileFormatError, match="there"):
        read_pickled(data, "there")
