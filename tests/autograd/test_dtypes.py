"""What a mixture of element types becomes."""

import itertools

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.autograd import dtypes
from minikeras.errors import DTypeError

NAMES = ["bool", "uint8", "uint16", "uint32", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
# What Keras 3's result_type gives: a row for each of NAMES, a column for each of NAMES.
KERAS = """
bool     bool     uint8    uint16   uint32   int8     int16    int32    int64    float16  float32  float64
uint8    uint8    uint8    uint16   uint32   int16    int16    int32    int64    float16  float32  float64
uint16   uint16   uint16   uint16   uint32   int32    int32    int32    int64    float16  float32  float64
uint32   uint32   uint32   uint32   uint32   int64    int64    int64    int64    float16  float32  float64
int8     int8     int16    int32    int64    int8     int16    int32    int64    float16  float32  float64
int16    int16    int16    int32    int64    int16    int16    int32    int64    float16  float32  float64
int32    int32    int32    int32    int64    int32    int32    int32    int64    float16  float32  float64
int64    int64    int64    int64    int64    int64    int64    int64    int64    float16  float32  float64
float16  float16  float16  float16  float16  float16  float16  float16  float16  float16  float32  float64
float32  float32  float32  float32  float32  float32  float32  float32  float32  float32  float32  float64
float64  float64  float64  float64  float64  float64  float64  float64  float64  float64  float64  float64
"""
TABLE = {(line.split()[0], other): result for line in KERAS.strip().splitlines()
         for other, result in zip(NAMES, line.split()[1:], strict=True)}
WITH_INTEGER = {"bool": "int32"}
WITH_FLOAT = {name: "float32" for name in NAMES if not name.startswith("float")}


def ones(dtype):
    return tf.ones(2, dtype)


@pytest.mark.parametrize(("a", "b"), TABLE)
def test_tensors_promote_as_in_keras(a, b):
    assert (ones(a) + ones(b)).dtype == TABLE[a, b]


@pytest.mark.parametrize("other", NAMES)
def test_uint64_with_a_signed_integer_is_the_default_float(other):
    """Keras narrows uint64 with an unsigned integer to uint32; here it stays."""
    want = {"i": "float32", "f": other}.get(np.dtype(other).kind, "uint64")
    assert (ones("uint64") + ones(other)).dtype == (ones(other) + ones("uint64")).dtype == want


@pytest.mark.parametrize("other", [*NAMES, "complex64"])
def test_complex_beats_everything(other):
    want = "complex128" if other == "float64" else "complex64"
    assert (ones("complex64") + ones(other)).dtype == want


@pytest.mark.parametrize(("number", "changes"), [(True, {}), (2, WITH_INTEGER), (2.0, WITH_FLOAT)],
                         ids=["bool", "int", "float"])
@pytest.mark.parametrize("name", NAMES)
def test_python_numbers_change_the_kind_at_most(name, number, changes):
    want = changes.get(name, name)
    x = ones(name)
    assert (x + number).dtype == (number + x).dtype == want


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
@pytest.mark.parametrize("function", [ops.maximum, ops.power, ops.divide, ops.subtract, ops.equal])
def test_python_floats_are_weak_in_every_binary_op(function, name):
    want = "bool" if function is ops.equal else name
    assert function(ones(name), 0.1).dtype == function(0.1, ones(name)).dtype == want


@pytest.mark.parametrize("array", [np.ones(2), np.float64(1.0), np.ones(2, np.int64), np.int64(3), np.ones((), bool)])
@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_numpy_operands_take_the_dtype_of_the_tensor_from_either_side(name, array):
    x = ones(name)
    for y in (x + array, array + x, x * array, array * x, ops.add(x, array), ops.add(array, x)):
        assert type(y) is tf.Tensor and y.dtype == name


@pytest.mark.parametrize(("a", "b"), list(itertools.product(["bool", "uint8", "int32", "int64"], repeat=2)))
def test_integers_divide_to_the_default_float(a, b):
    y = ones(a) / ones(b)
    assert y.dtype == "float32" and y.numpy().tolist() == [1.0, 1.0]


@pytest.mark.parametrize("function", [ops.exp, ops.sqrt, ops.mean, ops.sin, ops.sigmoid, ops.softmax, ops.log])
@pytest.mark.parametrize("name", ["bool", "uint8", "int32", "int64"])
def test_functions_with_fractional_values_make_integers_the_default_float(function, name):
    assert function(ones(name)).dtype == "float32"


@pytest.mark.parametrize("function", [ops.exp, ops.mean, ops.softmax, ops.sum, ops.max, ops.cumsum, ops.norm, ops.relu])
@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_floats_keep_their_width(function, name):
    y = function(ones(name), axis=0) if function is ops.cumsum else function(ones(name))
    assert y.dtype == name


@pytest.mark.parametrize(("name", "total"), [
    ("bool", "int32"), ("int8", "int32"), ("uint8", "uint32"), ("int32", "int32"), ("int64", "int64")])
def test_sum_of_integers_has_32_bits_or_more(name, total):
    assert ops.sum(ones(name)).dtype == total


@pytest.mark.parametrize(("value", "want"), [
    (1, "int32"), (1.0, "float32"), (True, "bool"), (1j, "complex128"), ([1, 2.0], "float32"), ([True, False], "bool"),
    ([], "float32"), (2 ** 40, "int64"), ([[1], [2]], "int32"), (np.float64(1), "float64"), (np.ones(1), "float64"),
    (np.arange(2), "int64"), (np.float16(1), "float16")])
def test_constant_has_the_default_type_of_its_value(value, want):
    assert tf.constant(value).dtype == want


@pytest.mark.parametrize("value", [["text", 1.0], [None], {"a": 1}, [object()]])
def test_constant_refuses_what_is_neither_number_nor_string(value):
    with pytest.raises(TypeError, match="cannot make a tensor"):
        tf.constant(value)


def test_constant_refuses_ragged_lists():
    with pytest.raises(ValueError, match="cannot make a tensor"):
        tf.constant([[1.0, 2.0], [3.0]])


@pytest.mark.parametrize("given", ["float32", np.float32, np.dtype("float32"), tf.float32, float, "float"])
def test_a_dtype_is_known_by_many_names(given):
    assert dtypes.as_dtype(given) is tf.float32
    assert tf.float32 == "float32" and tf.float32 == np.float32 and hash(tf.float32) == hash(np.dtype("float32"))


def test_a_dtype_prints_as_its_name():
    assert (str(tf.int8), repr(tf.int8), tf.int8.name) == ("int8", "minikeras.int8", "int8")


def test_unknown_dtype_is_an_error_that_lists_the_known_ones():
    with pytest.raises(DTypeError, match=r"float31.*float32"):
        dtypes.as_dtype("float31")


def test_numpy_takes_a_dtype():
    assert np.zeros(2, tf.float16.as_numpy_dtype).dtype == np.zeros(2, tf.float16).dtype == np.float16


def test_default_float_can_be_changed():
    dtypes.set_floatx("float64")
    try:
        assert [t.dtype.name for t in (tf.constant(1.0), ones("int32") / 2, ops.zeros(2))] == ["float64"] * 3
    finally:
        dtypes.set_floatx("float32")


@pytest.mark.parametrize("a", NAMES)
def test_symbolic_tensors_promote_as_real_ones_do(a):
    for b in NAMES:
        assert (tf.SymbolicTensor((None,), a) + tf.SymbolicTensor((None,), b)).dtype == TABLE[a, b]
