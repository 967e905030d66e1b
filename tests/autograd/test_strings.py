"""Tensors of strings: bytes, as in TensorFlow."""

import numpy as np
import pytest

import minikeras as tf
from minikeras.errors import DTypeError

T = tf.constant([["a", "bc"], ["é", ""]])


def listed(x):
    return x.numpy().tolist()


@pytest.mark.parametrize("value", ["é", "é".encode(), np.str_("é"), np.array("é"), np.array("é", object)])
def test_text_becomes_bytes_in_utf8(value):
    x = tf.constant(value)
    assert x.dtype == tf.string and x.dtype == "string" and x.shape == ()
    assert x.numpy() == b"\xc3\xa9"


def test_zeros_at_the_end_of_bytes_stay():
    assert listed(tf.constant([b"a\0", b"\0"])) == [b"a\0", b"\0"]


def test_strings_are_compared_one_by_one():
    assert listed(T == "a") == [[True, False], [False, False]]
    assert listed(tf.constant(["a", "bc"]) != T) == [[False, False], [True, True]]


def test_a_string_is_no_number_and_so_not_equal_to_one():
    assert (tf.constant(1.0) == "a") is False


@pytest.mark.parametrize(("move", "want"), [
    (lambda x: x[1], ["é", ""]), (lambda x: x[:, 0], ["a", "é"]), (lambda x: tf.reshape(x, [4]), ["a", "bc", "é", ""]),
    (lambda x: tf.gather(x, [1, 1])[:, 0], ["é", "é"]), (lambda x: tf.concat([x[0], x[1]], 0), ["a", "bc", "é", ""]),
    (lambda x: tf.stack([x[0], x[1]], 1)[0], ["a", "é"]), (lambda x: tf.where(x == "a", "x", x)[0], ["x", "bc"]),
    (lambda x: tf.transpose(x)[0], ["a", "é"]), (lambda x: tf.tile(x[0], [2]), ["a", "bc"] * 2),
    (lambda x: tf.boolean_mask(x, x != ""), ["a", "bc", "é"]), (lambda x: tf.pad(x[0], [[1, 0]]), ["", "a", "bc"]),
    (lambda x: tf.zeros([2], tf.string), ["", ""]), (lambda x: tf.fill([2], "a"), ["a", "a"])])
def test_strings_are_moved_like_numbers(move, want):
    assert listed(move(T)) == [s.encode() for s in want]


@pytest.mark.parametrize("compute", [
    lambda: T * T, lambda: -T, lambda: T + 1, lambda: tf.exp(T), lambda: tf.matmul(T, T), lambda: tf.cast(T, "float32"),
    lambda: tf.cast(1.0, tf.string), lambda: tf.constant(["a", 1.5]), lambda: tf.constant(1, tf.string),
    lambda: tf.Variable("a"), lambda: T == 1])
def test_strings_are_not_computed_with(compute):
    with pytest.raises(DTypeError, match="string"):
        compute()


def test_strings_carry_no_gradient_and_stand_in_no_ones_way():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.where(T == "a", 3.0 * x, x))
    assert float(tape.gradient(y, x)) == 6.0


@pytest.mark.parametrize("arg", [T, np.array(["a", "b"])])
def test_a_function_of_strings_stays_eager_and_says_so(arg):
    function = tf.function(lambda x: x == "a")
    with pytest.warns(UserWarning, match="it is given strings"):
        assert listed(function(arg)) == listed(tf.constant(arg) == "a")


def test_a_function_with_strings_inside_stays_eager_and_says_so():
    function = tf.function(lambda x: tf.where(tf.constant(["a", "b"]) == "a", x, 0.0))
    x = tf.constant([1.0, 2.0])
    function(x)
    with pytest.warns(UserWarning, match="equal works on strings"):
        assert listed(function(x)) == [1.0, 0.0]
