"""TensorFlow's branches and loops; expected values are TensorFlow's."""

import numpy as np
import pytest

import minikeras as tf
from minikeras.errors import DTypeError, ShapeError, SymbolicError

N = tf.range(4)


def lists(structure):
    return [x.numpy().tolist() for x in tf.autograd.tree.flatten(structure)] if isinstance(
        structure, (tuple, list, dict)) else structure.numpy().tolist()


@pytest.mark.parametrize(("call", "want"), [
    (lambda: tf.cond(tf.constant(True), lambda: [tf.constant(1)], lambda: [2]), 1),
    (lambda: tf.cond(pred=tf.constant([False]), true_fn=lambda: 1, false_fn=lambda: 2, name="branch"), 2),
    (lambda: tf.case([(tf.constant(False), lambda: 1), (tf.constant(True), lambda: 2)]), 2),
    (lambda: tf.case([(tf.constant(False), lambda: 1)], default=lambda: 5), 5),
    (lambda: tf.case([(tf.constant(True), lambda: [1]), (tf.constant(True), lambda: [2])], strict=True), [1]),
    (lambda: tf.switch_case(tf.constant(1), [lambda: 1, lambda: 2]), 2),
    (lambda: tf.switch_case(tf.constant(7), [lambda: 1, lambda: 2]), 2),
    (lambda: tf.switch_case(tf.constant(-1), [lambda: 1, lambda: 2]), 2),
    (lambda: tf.switch_case(tf.constant(1), {0: lambda: 1, 3: lambda: 2}, default=lambda: 9), 9),
    (lambda: tf.switch_case(tf.constant(3), [(0, lambda: 1), (3, lambda: 2)]), 2),
    (lambda: tf.while_loop(lambda i, x: i < 3, lambda i, x: [i + 1, x * 2], [0, 1], name="loop"), [3, 8]),
    (lambda: tf.while_loop(lambda i: i < 3, lambda i: i + 1, (0,), maximum_iterations=tf.constant(2)), [2]),
    (lambda: tf.map_fn(lambda x: x * x, N), [0, 1, 4, 9]),
    (lambda: tf.map_fn(lambda x: (x[0] + x[1], x[0]), (N, N)), [[0, 2, 4, 6], [0, 1, 2, 3]]),
    (lambda: tf.map_fn(lambda x: x[0] + x[1], (N, N), fn_output_signature=tf.int32), [0, 2, 4, 6]),
    (lambda: tf.map_fn(lambda x: x * 0.5, tf.zeros((0, 3))), []),
    (lambda: tf.scan(lambda a, x: a + x, N), [0, 1, 3, 6]),
    (lambda: tf.scan(lambda a, x: a + x, N, reverse=True), [6, 6, 5, 3]),
    (lambda: tf.scan(lambda a, x: a * 2 + x, N, initializer=1), [2, 5, 12, 27]),
    (lambda: tf.scan(lambda a, x: (a[0] + x, a[1] * x), tf.range(1, 4), initializer=(0, 1)), [[1, 3, 6], [1, 2, 6]]),
    (lambda: tf.scan(lambda a, x: {"s": a["s"] + x["s"]}, {"s": N}), [[0, 1, 3, 6]]),
    (lambda: tf.foldl(lambda a, x: a - x, N), -6),
    (lambda: tf.foldr(lambda a, x: a - x, N), 0),
    (lambda: tf.foldr(lambda a, x: a - x[0] * x[1], (N, N), initializer=1), -13),
    (lambda: tf.foldl(lambda a, x: (a[0] + x, x), N, initializer=(0, 0)), [6, 3]),
])
def test_results_are_those_of_tensorflow(call, want):
    assert lists(call()) == want


def test_scan_of_no_entries_needs_an_initializer():
    assert tf.scan(lambda a, x: a + x, tf.zeros((0, 2)), initializer=tf.zeros(2)).shape == (0, 2)
    for function in (tf.scan, tf.foldl, tf.foldr):
        with pytest.raises(ShapeError, match="give an initializer"):
            function(lambda a, x: a + x, tf.zeros((0, 2)))


@pytest.mark.parametrize(("call", "error", "match"), [
    (lambda: tf.cond(True, 1, lambda: 2), TypeError, "true_fn must be a function"),
    (lambda: tf.case([(False, lambda: 1)]), ValueError, "no condition holds"),
    (lambda: tf.case([(True, lambda: 1), (True, lambda: 2)], exclusive=True), ValueError, r"\[0, 1\] hold at once"),
    (lambda: tf.map_fn(lambda x: x, N, fn_output_signature=tf.float32), DTypeError, "gave int32 where"),
    (lambda: tf.map_fn(lambda x: x, N, fn_output_signature=(tf.int32, tf.int32)), ValueError, "another structure"),
    (lambda: tf.while_loop(lambda i, j: i < 3, lambda i, j: [i + 1], [0, 1]), ValueError, "structure"),
])
def test_refusals(call, error, match):
    with pytest.raises(error, match=match):
        call()


@pytest.mark.parametrize("call", [
    lambda x: tf.map_fn(lambda r: r * r, x), lambda x: tf.scan(lambda a, r: a * r, x),
    lambda x: tf.foldl(lambda a, r: a * r, x), lambda x: tf.while_loop(lambda y: False, lambda y: y, [x])[0]])
def test_gradients_flow_unless_back_prop_is_off(call):
    x = tf.constant([2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = call(x)
    assert np.isfinite(tape.gradient(y, x).numpy()).all()


def test_back_prop_off_stops_the_gradient():
    x = tf.constant([2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.foldl(lambda a, r: a * r, x, back_prop=False)
    assert tape.gradient(y, x) is None


def test_an_unknown_condition_runs_what_is_possible():
    pred, index = tf.SymbolicTensor((), "bool"), tf.SymbolicTensor((), "int32")
    assert tf.case([(False, lambda: 1 / 0), (pred, lambda: N), (True, lambda: N[:2]), (pred, lambda: 1 / 0)]).shape == (
        None,)
    assert tf.switch_case(index, [lambda: N, lambda: N * 2]).shape == (4,)
    assert tf.cond(pred, lambda: N, lambda: N).dtype == "int32"


def test_vectorized_map_runs_once_where_it_can_and_entry_by_entry_where_it_must():
    calls = []

    def square(x):
        calls.append(x)
        return x * x

    assert tf.vectorized_map(square, tf.constant([1.0, 2.0, 3.0])).numpy().tolist() == [1.0, 4.0, 9.0]
    assert len(calls) == 1
    with pytest.warns(UserWarning, match=r"tf\.where"):
        y = tf.vectorized_map(lambda x: x if x > 0 else -x, tf.constant([1.0, -2.0]))
    assert y.numpy().tolist() == [1.0, 2.0]
    with pytest.raises(SymbolicError, match="no numbers"):
        tf.vectorized_map(lambda x: x if x > 0 else -x, tf.constant([1.0, -2.0]), fallback_to_while_loop=False)
