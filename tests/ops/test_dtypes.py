"""Python numbers never widen a result: no op gives float64 unless a tensor or array of float64 went in."""

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops

X = tf.constant([1.0, 2.0])


@pytest.mark.parametrize(("make", "want"), [
    (lambda: tf.where(X > 1, 1.0, 0.0), "float32"), (lambda: tf.where(X > 1, 1, 0), "int32"),
    (lambda: tf.where(X > 1, 1, 0.0), "float32"), (lambda: tf.where(X > 1, X, 0.0), "float32"),
    (lambda: tf.math.divide_no_nan(X, 2.0), "float32"), (lambda: tf.math.divide_no_nan(1.0, X), "float32"),
    (lambda: tf.math.divide_no_nan(X, 0.0), "float32"), (lambda: tf.add(1.0, 2.0), "float32"),
    (lambda: tf.add(1, 2), "int32"), (lambda: tf.divide(1, 2), "float32"), (lambda: ops.clip(X, 0.0, 1), "float32")])
def test_numbers_are_weak(make, want):
    assert make().dtype == want


@pytest.mark.parametrize("function", [
    lambda v: 2.0 ** v, lambda v: v ** 3, lambda v: 1 / v, lambda v: 2 - v, lambda v: tf.maximum(v, 1.5),
    lambda v: tf.where(v > 1.5, v, 0.0), lambda v: tf.math.divide_no_nan(v, 2.0),
    lambda v: tf.math.divide_no_nan(2.0, v)])
def test_gradients_beside_numbers_keep_float32(function):
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = function(v)
        first = inner.gradient(y, v)
    second = outer.gradient(first, v)
    assert first.dtype == "float32" and (second is None or second.dtype == "float32")


def test_the_gradient_of_a_power_of_a_number():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = 2.0 ** v
    np.testing.assert_allclose(tape.gradient(y, v), np.log(2.0) * np.array([2.0, 4.0]), rtol=1e-6)


@pytest.mark.parametrize("function", [tf.nn.relu, tf.abs])
def test_second_derivative_of_straight_pieces_is_zero_and_not_none(function):
    x = tf.Variable([-1.0, 2.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = function(x)
        first = inner.gradient(y, x)
    assert outer.gradient(first, x).numpy().tolist() == [0.0, 0.0]


def test_a_list_changed_after_the_op_does_not_change_its_gradient():
    m, axis = tf.Variable([[0.0, 1.0], [2.0, 3.0]]), [0]
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(m, axis=axis) * tf.constant([1.0, 10.0])
    axis[0] = 1
    assert tape.gradient(y, m).numpy().tolist() == [[1.0, 10.0], [1.0, 10.0]]


@pytest.mark.parametrize(("dtype", "total"), [("bool", "int32"), ("int8", "int32"), ("uint8", "uint32"),
                                              ("int16", "int32"), ("int64", "int64"), ("float16", "float16")])
def test_totals_of_small_integers_have_32_bits(dtype, total):
    x = np.full((2, 200), 1, dtype)
    for function in (ops.sum, ops.prod, ops.nansum, ops.nanprod):
        assert function(x, axis=1).dtype == total
    assert int(ops.sum(x)) == 400
    assert tf.reduce_sum(x).dtype == ("int32" if dtype == "bool" else dtype)


@pytest.mark.parametrize("call", [lambda x: ops.square(x), lambda x: ops.mod(x, x), lambda x: ops.fmod(x, x)])
def test_booleans_count_as_int32(call):
    with np.errstate(all="ignore"):
        assert call(tf.constant([True, True])).dtype == "int32"
    assert call(tf.Input((2,), dtype="bool")).dtype == "int32"
