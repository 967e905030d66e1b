"""Branches and loops: values, gradients through what ran, structures, no steps at all, and shapes without numbers."""

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.autograd.dispatch import listen
from minikeras.errors import DTypeError, ShapeError, SymbolicError

X = tf.constant([1.0, 2.0, 3.0])


def unknown(*shape, dtype="float32"):
    return tf.SymbolicTensor(shape, dtype)


def gradient(function, *xs):
    with tf.GradientTape() as tape:
        tape.watch(xs)
        y = function(*xs)
    return [g.numpy().tolist() for g in tape.gradient(y, xs)]


# --- branches ------------------------------------------------------------------------------------

def test_cond_runs_one_function_only():
    ran = []
    assert ops.cond(tf.constant(False), lambda: ran.append("a"), lambda: X) is X
    assert ran == []


def test_cond_gives_the_gradient_of_what_ran():
    assert gradient(lambda x: ops.cond(x > 1.0, lambda: x * x, lambda: -x), tf.constant(3.0)) == [6.0]
    assert gradient(lambda x: ops.cond(x > 1.0, lambda: x * x, lambda: -x), tf.constant(0.5)) == [-1.0]


def test_cond_refuses_several_conditions():
    with pytest.raises(ShapeError, match=r"one boolean, got shape \(3,\)"):
        ops.cond(X > 1.0, lambda: X, lambda: X)


def test_cond_without_a_number_runs_both():
    pred = unknown(dtype="bool")
    y = ops.cond(pred, lambda: {"a": X, "b": tf.constant(1)}, lambda: {"a": X[:2], "b": 2})
    assert y["a"].shape == (None,) and y["b"].dtype == "int32"
    assert ops.cond(pred, lambda: None, lambda: None) is None
    with pytest.raises(ValueError, match="structure"):
        ops.cond(pred, lambda: (X, X), lambda: X)
    with pytest.raises(DTypeError, match="float32 one way and int32"):
        ops.cond(pred, lambda: X, lambda: tf.constant([1]))
    with pytest.raises(SymbolicError, match="number of axes"):
        ops.cond(pred, lambda: X, lambda: X[0])


@pytest.mark.parametrize(("index", "want"), [(0, 1.0), (1, -1.0), (9, -1.0), (-5, 1.0), (np.int64(1), -1.0)])
def test_switch_takes_the_nearest_branch(index, want):
    assert ops.switch(index, [lambda x: x, lambda x: -x], tf.constant(1.0)).numpy() == want


def test_switch_without_a_number_is_like_any_branch():
    y = ops.switch(unknown(dtype="int32"), [lambda x: x, lambda x: x[:2], lambda x: x + 1], X)
    assert y.shape == (None,) and y.dtype == "float32"


# --- while and for -------------------------------------------------------------------------------

@pytest.mark.parametrize("limit", [None, 2, 0, 100])
def test_while_loop_runs_as_long_as_the_condition_holds(limit):
    i, x = ops.while_loop(lambda i, x: i < 4, lambda i, x: (i + 1, x * 2.0), (0, X), limit)
    rounds = 4 if limit is None else min(limit, 4)
    assert int(i) == rounds and x.numpy().tolist() == [2.0 ** rounds * v for v in (1, 2, 3)]


def test_while_loop_of_one_variable_and_of_nested_ones():
    assert ops.while_loop(lambda i: i < 3, lambda i: i + 1, 0).numpy() == 3
    (state,) = ops.while_loop(lambda s: s["n"] < 3, lambda s: {"n": s["n"] + 1, "v": (s["v"][0] * 2,)},
                              [{"n": 0, "v": (X,)}])
    assert state["v"][0].numpy().tolist() == [8.0, 16.0, 24.0]


def test_while_loop_gives_gradients_of_its_variables_and_of_what_it_closes_over():
    def three_times(x, w):
        return ops.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * w), (0, x))[1]
    assert gradient(three_times, tf.constant(2.0), tf.constant(5.0)) == [125.0, 150.0]    # w^3 and 3 x w^2


def test_while_loop_whose_rounds_depend_on_a_value_is_differentiated_as_it_ran():
    assert gradient(lambda x: ops.while_loop(lambda y: y < 10.0, lambda y: y * y, x), tf.constant(2.0)) == [32.0]


def test_while_loop_refuses_another_structure():
    with pytest.raises(ValueError, match="the body gave the structure"):
        ops.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1,), (0, X))


def test_while_loop_without_numbers_knows_what_the_body_keeps():
    x, y = ops.while_loop(lambda x, y: ops.max(x) < 9.0, lambda x, y: (x * 2.0, ops.concatenate([y, y])),
                          (unknown(None, 3), X))
    assert x.shape == (None, 3) and y.shape == (None,)
    with pytest.raises(DTypeError, match="before and after the body"):
        ops.while_loop(lambda x: x < 9.0, lambda x: tf.cast(x, "int32"), unknown())
    counted = ops.while_loop(lambda i, x: i < 2, lambda i, x: (i + 1, ops.concatenate([x, x])), (0, unknown(3)))
    assert counted[1].shape == (12,)


def test_fori_loop_counts_and_may_not_run_at_all():
    assert ops.fori_loop(1, 4, lambda i, v: v * tf.cast(i, "float32"), X).numpy().tolist() == [6.0, 12.0, 18.0]
    assert ops.fori_loop(3, 3, lambda i, v: v * 0.0, X) is X
    assert ops.fori_loop(0, 2, lambda i, v: (v[1], v[0]), (X, 2.0))[1].numpy() == 2.0


def test_fori_loop_over_an_unknown_extent_keeps_the_shape():
    x = unknown(None, 2)
    assert ops.fori_loop(0, ops.shape(x)[0], lambda i, v: v + x[0], tf.zeros(2)).shape == (2,)


# --- scan and map --------------------------------------------------------------------------------

@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("unroll", [1, 3, True, False])
def test_scan_carries_and_stacks(reverse, unroll):
    carry, ys = ops.scan(lambda c, x: (c + x, c * x), 1.0, X, reverse=reverse, unroll=unroll)
    want, c = [], 1.0
    for x in [3.0, 2.0, 1.0] if reverse else [1.0, 2.0, 3.0]:
        want.append(c * x)
        c += x
    assert carry.numpy() == c and ys.numpy().tolist() == (want[::-1] if reverse else want)


def test_scan_of_nested_structures_is_differentiable():
    def total(x, w):
        carry, ys = ops.scan(lambda c, e: ({"s": c["s"] * w + e["a"] * e["b"]}, (c["s"], e["a"])), {"s": 0.0},
                             {"a": x, "b": x})
        return carry["s"] + ops.sum(ys[1])
    # s = x0^2 w^2 + x1^2 w + x2^2
    assert gradient(total, X, tf.constant(2.0)) == [[9.0, 9.0, 7.0], 8.0]


def test_scan_without_entries_counts():
    carry, ys = ops.scan(lambda c, _: (c + 1, c), 0, length=3)
    assert carry.numpy() == 3 and ys.numpy().tolist() == [0, 1, 2]
    assert ops.scan(lambda c, x: (c + x, None), tf.zeros(2), tf.ones((3, 2)))[1].numpy().tolist() == [[0.0, 0.0]] * 3


def test_scan_of_no_steps_gives_init_and_nothing_stacked():
    carry, ys = ops.scan(lambda c, x: (c + 1, (x, {"s": ops.sum(x)})), 5.0, tf.ones((0, 2)))
    assert carry.numpy() == 5.0 and ys[0].shape == (0, 2) and ys[1]["s"].shape == (0,)
    assert ops.map(lambda x: tf.cast(x > 0, "int32"), tf.ones((0, 2))).numpy().dtype == np.int32


@pytest.mark.parametrize(("call", "error", "match"), [
    (lambda: ops.scan(lambda c, x: (c, x), 0.0), ValueError, "give `xs` to go over, or `length`"),
    (lambda: ops.scan(lambda c, x: (c, x), 0.0, X, unroll=0), ValueError, "unroll must be"),
    (lambda: ops.scan(lambda c, x: (c, x), 0.0, X, length=2), ShapeError, "2 against 3"),
    (lambda: ops.scan(lambda c, x: (c, x), 0.0, (X, X[:2])), ShapeError, "3 against 2"),
    (lambda: ops.scan(lambda c, x: (c, x), 0.0, tf.constant(1.0)), ShapeError, "entries of a scalar"),
    (lambda: ops.scan(lambda c, x: c, 0.0, X), ValueError, "must give a pair"),
    (lambda: ops.scan(lambda c, x: ((c, c), x), 0.0, X), ValueError, "the carry that f gave the structure"),
    (lambda: ops.map(lambda x: (x,) if x > 1.0 else {"a": x}, X), ValueError, "map: f gave the structure"),
    (lambda: ops.map(lambda x: X[:int(x)], X), ShapeError, "stack"),
    (lambda: ops.associative_scan(lambda a, b: (a, b), X), ValueError, "associative_scan: f gave the structure"),
    (lambda: ops.map(lambda x: float(x), tf.ones((0, 2))), SymbolicError, "no numbers"),
])
def test_refusals(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_scan_and_map_without_numbers():
    carry, ys = ops.scan(lambda c, x: (c + x, ops.sum(x)), tf.zeros(4), unknown(None, 4))
    assert carry.shape == (4,) and ys.shape == (None,)
    assert ops.scan(lambda c, x: (c, {"y": x}), 0.0, unknown(5, 4))[1]["y"].shape == (5, 4)
    assert ops.map(lambda x: (x, x > 0), unknown(None, 4))[1].dtype == "bool"
    assert ops.map(lambda x: x, unknown(None, None)).shape == (None, None)


def test_map_stacks_structures():
    y = ops.map(lambda x: {"sum": x["a"] + x["b"], "a": x["a"]}, {"a": X, "b": X * 10.0})
    assert y["sum"].numpy().tolist() == [11.0, 22.0, 33.0] and list(y) == ["sum", "a"]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 8, 13])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_associative_scan_is_the_running_result(count, reverse, axis):
    """Of affine maps (a, b): x -> a x + b, whose composition does not commute."""
    rng = np.random.default_rng(count)
    shape = (count, 2) if axis == 0 else (2, count)
    a, b = rng.normal(size=shape), rng.normal(size=shape)
    got = ops.associative_scan(lambda p, q: (p[0] * q[0], q[0] * p[1] + q[1]), (tf.constant(a), tf.constant(b)),
                               reverse=reverse, axis=axis)
    want = np.zeros((2, *shape))
    state = np.ones(2), np.zeros(2)
    for i in reversed(range(count)) if reverse else range(count):
        at = (i, slice(None)) if axis == 0 else (slice(None), i)
        state = state[0] * a[at], a[at] * state[1] + b[at]
        want[(0, *at)], want[(1, *at)] = state
    np.testing.assert_allclose(np.stack([x.numpy() for x in got]), want, atol=1e-12)


def test_associative_scan_calls_few_times_and_is_differentiable():
    calls = []

    def add(a, b):
        calls.append(1)
        return a + b
    x = tf.ones(1000)
    assert gradient(lambda x: ops.sum(ops.associative_scan(add, x)), x)[0][:2] == [1000.0, 999.0]
    assert len(calls) < 25
    assert ops.associative_scan(lambda a, b: a + b, unknown(None, 2)).shape == (None, 2)
    assert ops.associative_scan(lambda a, b: a + b, unknown(2, 5), axis=1).shape == (2, 5)


class Work:
    """Adds up the elements of all that is computed."""

    def __init__(self):
        self.elements = 0

    def heard(self, op, inputs, attrs, outputs):
        self.elements += sum(y.size for y in (outputs if isinstance(outputs, (tuple, list)) else [outputs]))


def work(steps):
    x, w = tf.ones((steps, 4)), tf.constant(0.5)
    with listen(Work()) as done:
        gradient(lambda x, w: ops.scan(lambda c, e: (c * w + e, c), tf.zeros(4), x)[1], x, w)
    return done.elements


def test_ten_times_the_steps_are_ten_times_the_work():
    assert work(2_000) < 11 * work(200)       # linear is 10, quadratic 100
