"""Scopes, devices, printing and functions of arrays, by TensorFlow's names."""

import io

import numpy as np
import pytest

import minikeras as mk
from minikeras import tf
from minikeras.errors import ShapeError
from minikeras.tf import config


def test_tf_has_every_public_name_of_the_package():
    assert [name for name in mk.__all__ if not hasattr(tf, name)] == []
    assert tf.keras is mk


def test_tf_random_is_tensorflows_and_random_is_keras():
    assert tf.random.uniform is not mk.random.uniform


def test_name_scopes_nest():
    with mk.name_scope("a"), mk.name_scope("b") as inner:
        assert inner == "a/b/"


@pytest.mark.parametrize("name", ["/cpu:0", "/CPU:0", "/device:CPU:0", "cpu", None])
def test_the_cpu_is_a_device(name):
    with mk.device(name):
        assert mk.executing_eagerly()


@pytest.mark.parametrize("name", ["/GPU:0", "/cpu:1", "tpu"])
def test_other_devices_are_refused(name):
    with pytest.raises(ValueError, match="CPU:0"), mk.device(name):
        pass


def test_there_is_one_cpu_and_no_gpu():
    (cpu,) = config.list_physical_devices("CPU")
    assert cpu.device_type == "CPU"
    assert mk.config.list_physical_devices("GPU") == config.get_visible_devices("GPU") == []
    config.set_visible_devices([], "GPU")
    config.experimental.set_memory_growth(cpu, True)
    with pytest.raises(ValueError, match="cannot be hidden"):
        config.set_visible_devices([], "CPU")
    with pytest.raises(ValueError, match="not a device"):
        config.set_visible_devices(["gpu"], "GPU")


def test_functions_can_be_made_to_run_eagerly():
    f = mk.function(lambda x: x + 1.0)
    config.run_functions_eagerly(True)
    try:
        for _ in range(3):
            f(mk.constant(1.0))
        assert f.latest is None
        assert config.functions_run_eagerly()
    finally:
        config.run_functions_eagerly(False)


@pytest.mark.parametrize(("inputs", "text"), [
    ((mk.constant([1, 2]), "a", 3), "[1 2] a 3\n"),
    ((mk.range(10),), "[0 1 2 ... 7 8 9]\n"),
    (([mk.constant(1), {"k": mk.constant([1.5, 0.25])}],), "[1, {'k': [1.5 0.25]}]\n"),
    ((mk.constant(2.0),), "2\n"),
    (("text only",), "text only\n"),
])
def test_print_writes_as_tensorflow_does(inputs, text):
    stream = io.StringIO()
    mk.print(*inputs, output_stream=stream)
    assert stream.getvalue() == text


def test_a_plan_prints_at_every_run():
    stream = io.StringIO()

    @mk.function
    def f(x):
        mk.print("x is", x, output_stream=stream)
        return x + 1.0

    for i in range(5):
        f(mk.constant(float(i)))
    assert f.latest is not None
    assert stream.getvalue() == "".join(f"x is {i}\n" for i in range(5))


def test_functions_of_arrays_give_tensors():
    y = mk.numpy_function(lambda x: np.cumsum(x), [mk.constant([1.0, 2.0])], "float32")
    np.testing.assert_array_equal(y, [1.0, 3.0])
    low, high = mk.py_function(lambda x: (x[0], x[1]), [mk.constant([1, 2])], ["int32", "int64"])
    assert (int(low), int(high), high.dtype) == (1, 2, "int64")
    with pytest.raises(TypeError, match="1 results for 2 types"):
        mk.numpy_function(lambda x: x, [1.0], ["float32", "float32"])


def test_what_only_orders_a_graph_does_nothing():
    with mk.control_dependencies([mk.constant(1.0)]), mk.init_scope():
        assert mk.group(mk.constant(1.0)) is mk.no_op() is None
    assert [float(x) for x in mk.tuple([1.0, 2.0])] == [float(x) for x in mk.identity_n([1.0, 2.0])] == [1.0, 2.0]
    assert mk.is_symbolic_tensor(mk.Input((2,)))
    assert not mk.is_symbolic_tensor(mk.constant(1.0))


def test_an_axis_of_none_is_the_one_that_tensorflow_has_by_default():
    x = np.array([[1.0, 5.0], [3.0, 2.0]], "float32")
    assert np.array_equal(tf.argmax(x, axis=None), [1, 0])
    assert np.array_equal(tf.argmin(x, None), [0, 1])
    assert np.array_equal(tf.nn.softmax(x, axis=None), tf.nn.softmax(x, axis=-1))
    assert np.array_equal(tf.nn.log_softmax(x, axis=None), tf.nn.log_softmax(x))


def test_pad_takes_its_mode_in_small_letters_as_well():
    assert np.array_equal(tf.pad(np.array([1, 2, 3]), [[1, 1]], mode="reflect"), [2, 1, 2, 3, 2])


def test_dynamic_partition_refuses_a_number_without_a_part():
    with pytest.raises(ShapeError, match="dynamic_partition: partitions must be in 0"):
        tf.dynamic_partition(np.arange(3), [0, 2, 1], 2)


def test_matvec_takes_adjoints():
    a = np.array([[1.0, 2.0j]])
    assert np.array_equal(tf.linalg.matvec(a, np.array([1.0 + 0j]), adjoint_a=True), [1.0, -2.0j])


def test_matmul_takes_adjoints():
    a = np.array([[1.0, 2.0j], [0.0, 1.0]])
    assert np.array_equal(tf.matmul(a, a, adjoint_a=True), a.conj().T @ a)
    assert np.array_equal(tf.matmul(a, a, adjoint_b=True), a @ a.conj().T)
    with pytest.raises(ValueError, match="not both"):
        tf.matmul(a, a, transpose_a=True, adjoint_a=True)
