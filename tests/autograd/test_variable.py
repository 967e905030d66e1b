"""A Variable is named state; reading it gives a snapshot."""

import copy

import numpy as np
import pytest

import minikeras as tf


def test_initial_value_may_be_a_function():
    assert tf.Variable(lambda: np.ones((2, 3), np.float32)).shape == (2, 3)
    made = tf.Variable(lambda shape, dtype: np.full(shape, 7.0), shape=(2,), dtype="float16")
    assert made.numpy().tolist() == [7.0, 7.0] and made.dtype == "float16"


def test_shape_must_fit_the_initial_value():
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        tf.Variable([1.0, 2.0], shape=(3,), name="w")


def test_assignment_swaps_the_value_and_returns_the_variable():
    v = tf.Variable([1.0, 2.0])
    before = v.value
    assert v.assign([3.0, 4.0]) is v
    assert v.assign_add([1.0, 1.0]) is v
    assert v.assign_sub(tf.constant([0.5, 0.5])) is v
    assert v.numpy().tolist() == [3.5, 4.5]
    assert before.numpy().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("value", [np.ones(2), tf.constant([1, 1]), [1, 1], tf.Variable([1.0, 1.0], dtype="float64")])
def test_assignment_keeps_the_dtype(value):
    v = tf.Variable([0.0, 0.0])
    v.assign(value)
    v.assign_add(value)
    assert v.dtype == "float32" and v.numpy().tolist() == [2.0, 2.0]


def test_assigned_array_is_copied():
    source, v = np.ones(2, np.float32), tf.Variable([0.0, 0.0])
    v.assign(source)
    source[0] = 9.0
    assert v.numpy().tolist() == [1.0, 1.0]


@pytest.mark.parametrize("method", ["assign", "assign_add", "assign_sub"])
def test_shape_cannot_change(method):
    with pytest.raises(ValueError, match=r"'w'.*\(3,\).*\(2,\)"):
        getattr(tf.Variable([1.0, 2.0], name="w"), method)([1.0, 2.0, 3.0])


def test_repr_shows_path_and_value():
    v = tf.Variable([1.0, 2.0], name="w")
    assert repr(v) == "<Variable path=w, shape=(2,), dtype=float32, value=array([1., 2.], dtype=float32)>"


def test_deepcopy_is_another_variable():
    v = tf.Variable([1.0], trainable=False, name="w")
    w = copy.deepcopy(v)
    w.assign([2.0])
    assert (v.numpy()[0], w.trainable, w.name) == (1.0, False, "w")


def test_variable_made_from_a_variable_is_independent():
    v = tf.Variable([1.0])
    w = tf.Variable(v)
    w.assign([2.0])
    assert v.numpy().tolist() == [1.0]


def test_gradient_is_taken_at_the_value_that_was_read():
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = v * v
        v.assign(5.0)
        z = v * v
    assert float(tape.gradient([y, z], v)) == 16.0


def test_item_assignment_is_an_error():
    with pytest.raises(TypeError, match=r"v\.assign"):
        tf.Variable([1.0])[0] = 2.0


def test_a_variable_is_a_tensor_to_is_tensor():
    assert tf.is_tensor(tf.Variable(1.0)) and not tf.is_tensor(np.ones(1))


def test_a_copy_has_a_gradient_of_its_own():
    v = tf.Variable([1.0, 2.0])
    w = copy.copy(v)
    w.assign([5.0, 6.0])
    with tf.GradientTape() as tape:
        y = w * v
    assert [g.numpy().tolist() for g in tape.gradient(y, [v, w])] == [[5.0, 6.0], [1.0, 2.0]]


def test_trainable_none_means_trainable():
    assert tf.Variable(1.0, trainable=None).trainable


@pytest.mark.parametrize("args", [((2, 3),), ((2, 3), "float32"), ([2, 3],)])
def test_the_second_argument_may_be_a_shape_as_in_keras(args):
    v = tf.Variable(lambda shape, dtype=None: tf.ones(shape, dtype or "float32"), *args)
    assert (v.shape, v.trainable, v.dtype) == ((2, 3), True, "float32")


def test_the_second_argument_may_say_whether_it_trains_as_in_tensorflow():
    assert not tf.Variable(1.0, False).trainable
    assert tf.Variable(initializer=[1.0], dtype="float64").dtype == "float64"


def test_a_call_on_shapes_assigns_nothing():
    x = tf.Variable(1.0)
    symbol = tf.Input(batch_shape=())
    assert x.assign(symbol) is x.assign_add(symbol) is x.assign_sub(symbol) is x
    assert x.numpy() == 1.0
