"""TensorFlow's names behave as TensorFlow's do where that differs from Keras' `ops`."""

import ast
import inspect
from pathlib import Path

import numpy as np
import pytest

import minikeras as tf

FUNCTIONS = {f"{module.__name__[10:]}.{name}": function
             for module in (tf.bitwise, tf.math, tf.linalg, tf.nn, tf.signal) for name, function in vars(module).items()
             if callable(function) and not name.startswith("_")
             and name not in ("as_tensor", "ShapeError", "tf_function_of", "silu", "swish")}    # silu takes none


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_function_takes_a_name(function):
    assert "name" in inspect.signature(function, follow_wrapped=False).parameters


@pytest.mark.parametrize(("call", "want"), [
    (lambda: tf.add(x=1.0, y=2.0, name="sum"), 3.0),
    (lambda: tf.math.log(x=1.0, name="log"), 0.0),
    (lambda: tf.nn.relu(features=-1.0), 0.0),
    (lambda: tf.reduce_sum(input_tensor=[1.0, 2.0], axis=0), 3.0),
    (lambda: tf.clip_by_value(t=5.0, clip_value_min=0.0, clip_value_max=1.0), 1.0),
    (lambda: tf.matmul([[1.0, 2.0]], [[3.0, 4.0]], transpose_b=True), [[11.0]]),
    (lambda: tf.matmul([[1.0], [2.0]], [[3.0], [4.0]], transpose_a=True), [[11.0]]),
    (lambda: tf.concat(values=[[1.0], [2.0]], axis=0), [1.0, 2.0]),
    (lambda: tf.constant(7, shape=(2,), name="c"), [7, 7]),
    (lambda: tf.fill(dims=[2], value=3.0), [3.0, 3.0]),
    (lambda: tf.range(start=1, limit=4), [1, 2, 3]),
    (lambda: tf.range(2.0), [0.0, 1.0]),
    (lambda: tf.one_hot([1], depth=2, on_value=5, off_value=1, dtype="int32"), [[1, 5]]),
    (lambda: tf.sort([1.0, 3.0, 2.0], direction="DESCENDING"), [3.0, 2.0, 1.0]),
    (lambda: tf.argsort([1, 3, 3, 2], direction="DESCENDING"), [1, 2, 3, 0]),
    (lambda: tf.reduce_mean([1, 2]), 1),
    (lambda: tf.shape(np.ones((2, 3))), [2, 3]),
    (lambda: tf.size(np.ones((2, 3))), 6),
    (lambda: tf.rank(np.ones((2, 3))), 2),
    (lambda: tf.reshape([1.0, 2.0], tf.constant([2, 1])), [[1.0], [2.0]]),
    (lambda: tf.norm([[3.0, 0.0], [0.0, 4.0]]), 5.0),
    (lambda: tf.norm([[3.0, 4.0]], ord=1), 7.0),
    (lambda: tf.atan2(y=1.0, x=0.0), np.float32(np.pi / 2)),
    (lambda: tf.complex(real=1.0, imag=2.0), 1 + 2j),
    (lambda: tf.math.polyval([2.0, 0.0, 1.0], 3.0), 19.0),
    (lambda: tf.math.lbeta([1.0, 1.0]), 0.0),
    (lambda: tf.math.zero_fraction([0, 1, 0, 2]), 0.5),
    (lambda: tf.math.reciprocal_no_nan([0.0, 4.0]), [0.0, 0.25]),
    (lambda: tf.math.is_non_decreasing([1, 1, 2]), True),
    (lambda: tf.math.is_strictly_increasing([1, 1, 2]), False),
    (lambda: tf.math.polygamma(1.0, 1.0), np.float32(np.pi ** 2 / 6)),
    (lambda: tf.bitwise.left_shift(x=[1], y=[3]), [8]),
    (lambda: tf.linalg.matvec([[1.0, 2.0]], [3.0, 4.0]), [11.0]),
    (lambda: tf.nn.softmax_cross_entropy_with_logits(labels=[[1.0, 0.0]], logits=[[0.0, 0.0]]),
     [np.float32(np.log(2))]),
    (lambda: tf.scatter_nd([[1]], [2.0], [3]), [0.0, 2.0, 0.0]),
    (lambda: tf.pad([1.0], [[1, 0]], constant_values=9.0), [9.0, 1.0]),
    (lambda: tf.math.l2_normalize([[3.0], [0.0]], epsilon=36.0), [[0.5], [0.0]]),
    (lambda: tf.math.subtract(y=1.0, x=3.0), 2.0),
])
def test_call_as_in_tensorflow(call, want):
    assert call().numpy().tolist() == want


@pytest.mark.parametrize(("call", "want"), [
    (lambda: tf.argmax([[1, 2], [3, 0]]), "int64"), (lambda: tf.argmax([1, 2], output_type="int32"), "int32"),
    (lambda: tf.ops.argmax([1, 2]), "int32"), (lambda: tf.shape([1.0]), "int32"), (lambda: tf.where([True]), "int64"),
    (lambda: tf.reduce_mean([1, 2]), "int32"), (lambda: tf.ops.mean([1, 2]), "float32"),
    (lambda: tf.range(4, dtype=tf.float32), "float32"), (lambda: tf.range(3), "int32"),
    (lambda: tf.zeros(2), "float32"),
])
def test_dtype_of_the_result(call, want):
    assert call().dtype == want


def test_split_takes_a_number_or_sizes():
    x = np.arange(6.0)
    assert [len(part) for part in tf.split(x, 3)] == [2, 2, 2]
    assert [len(part) for part in tf.split(x, [1, 2, 3])] == [1, 2, 3]


def test_argmax_goes_along_the_first_axis():
    assert tf.argmax([[1, 5], [3, 0]]).numpy().tolist() == [1, 0]


def test_convert_to_tensor_keeps_a_tensor():
    x = tf.constant([1.0])
    assert tf.convert_to_tensor(x) is x
    assert tf.convert_to_tensor([1, 2], dtype_hint=tf.float32).dtype == "float32"


@pytest.mark.parametrize(("sizes", "want"), [([1, -1, 1], [1, 2, 1]), ([3, 1], [3, 1]), (2, [2, 2]),
                                             (np.int64(2), [2, 2])])
def test_split_gives_the_sizes_asked_for(sizes, want):
    assert [len(part) for part in tf.split(tf.ones(4), sizes)] == want


@pytest.mark.parametrize("sizes", [[1, 1], [3, 3], [5, -1]])
def test_split_refuses_sizes_that_do_not_add_up(sizes):
    with pytest.raises(tf.errors.ShapeError, match="do not make up axis 0"):
        tf.split(tf.ones(4), sizes)


def test_unstack_refuses_another_number_of_entries():
    with pytest.raises(tf.errors.ShapeError, match="has 3 entries, not 2"):
        tf.unstack(tf.ones(3), num=2)


def test_gather_refuses_negative_indices():
    with pytest.raises(tf.errors.ShapeError, match=r"index -1 .*is negative"):
        tf.gather(tf.ones(3), [0, -1])


def test_one_hot_takes_the_type_of_its_values():
    y = tf.one_hot([0, 1], 2, on_value=5, off_value=-1)
    assert y.dtype == "int32" and y.numpy().tolist() == [[5, -1], [-1, 5]]


def test_one_hot_takes_an_axis():
    assert tf.one_hot([0, 1, 1], 2, axis=None).shape == (3, 2) and tf.one_hot([0, 1, 1], 2, axis=0).shape == (2, 3)


def test_one_hot_refuses_fractions():
    with pytest.raises(tf.errors.DTypeError, match="must be integers"):
        tf.one_hot([0.5], 2)


@pytest.mark.parametrize(("call", "shape"), [
    (lambda x: tf.nn.conv2d(x, tf.ones((3, 2, 4, 5)), [1, 2, 1, 1], [[0, 0], [1, 2], [0, 1], [0, 0]]), (2, 4, 8, 5)),
    (lambda x: tf.nn.conv2d(x, tf.ones((3, 3, 7, 5)), 1, "SAME", data_format="NCHW"), None),
    (lambda x: tf.nn.conv2d_transpose(x, tf.ones((3, 3, 5, 4)), (2, 13, 15, 5), 2), (2, 13, 15, 5)),
    (lambda x: tf.nn.depthwise_conv2d(x, tf.ones((3, 3, 4, 2)), [1, 2, 2, 1], "SAME"), (2, 4, 4, 8)),
    (lambda x: tf.nn.max_pool2d(x, [1, 3, 3, 1], 2, [[0, 0], [1, 1], [2, 1], [0, 0]]), (2, 4, 5, 4)),
    (lambda x: tf.nn.avg_pool(x, 2, 2, "VALID"), (2, 3, 4, 4)),
    (lambda x: tf.nn.bias_add(x, tf.ones(7), data_format="NCHW"), (2, 7, 8, 4)),
    (lambda x: tf.nn.moments(x, [0, 1, 2])[1], (4,)),
    (lambda x: tf.nn.batch_normalization(x, 0.0, 1.0, None, 2.0, 1e-3), (2, 7, 8, 4)),
    (lambda x: tf.image.extract_patches(x, [1, 2, 3, 1], [1, 1, 2, 1], [1, 1, 1, 1], "SAME"), (2, 7, 4, 24)),
])
def test_windows_take_the_arguments_of_tensorflow(call, shape):
    x = tf.ones((2, 7, 8, 4))
    if shape is None:
        shape = (2, 5, 8, 4)
    assert call(x).shape == shape


@pytest.mark.parametrize(("call", "match"), [
    (lambda x: tf.nn.conv2d(x, tf.ones((3, 3, 4, 5)), [2, 1, 1, 1], "SAME"), "must be 1 for the batch"),
    (lambda x: tf.nn.conv2d(x, tf.ones((3, 3, 4, 5)), [1, 1, 1], "SAME"), "one for each of 2 axes"),
    (lambda x: tf.nn.conv2d(x, tf.ones((3, 3, 4, 5)), 1, "SAME", data_format="NWC"), "use 'NHWC' or 'NCHW'"),
    (lambda x: tf.nn.conv2d_transpose(x, tf.ones((3, 3, 5, 4)), (2, 20, 16, 5), 2), "10 against 7 positions"),
    (lambda x: tf.nn.conv2d_transpose(x, tf.ones((3, 3, 5, 4)), (2, 14, 16, 3), 2), "but output_shape is"),
    (lambda x: tf.nn.max_pool1d(x, 2, 2, "SAME"), "no 1 spatial axes"),
    (lambda x: tf.nn.avg_pool2d(x, 2, 2, [[0, 0], [1, 1], [1, 1], [0, 0]]), "must be 'VALID' or 'SAME'"),
    (lambda x: tf.nn.bias_add(x, tf.ones(4), data_format="HWC"), "use 'N...C' or"),
    (lambda x: tf.image.extract_patches(x, [2, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], "SAME"), "sizes must be"),
])
def test_windows_refuse_what_does_not_fit(call, match):
    with pytest.raises(ValueError, match=match):
        call(tf.ones((2, 7, 8, 4)))


def test_no_module_of_tf_shadows_a_name_in_it():
    modules = {path.stem for path in Path(tf.tf.__file__).parent.glob("*.py")}
    assigned = {node.id for node in ast.walk(ast.parse(Path(tf.tf.__file__).read_text(encoding="utf-8")))
                if isinstance(node, ast.Name)}
    assert modules & assigned == set()
