"""Every op on a hidden leading axis gives what it gives entry by entry."""

import numpy as np
import pytest

import minikeras as tf
from minikeras.autograd.batching import Batched
from minikeras.autograd.state import thread
from minikeras.autograd.tensor import Tensor
from minikeras.errors import ShapeError, SymbolicError

from ..ops.samples import composed_cases, op_cases

RANDOM = {"draw", "draw_truncated", "keep_mask", "normal_like"}
CASES = [case for case in [*op_cases(), *composed_cases()]
         if any(isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in case.inputs)
         and not (case.op and case.op.name in RANDOM)]
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def flat(y):
    return list(y) if isinstance(y, (tuple, list)) else [y]


def check(case, which, wrap):
    """`case` with the inputs at the positions `which` batched, by `wrap`ped arrays."""
    entries = [np.stack([x, 0.9 * x, x[::-1] if x.ndim == 1 else 0.95 * x]) if i in which else x
               for i, x in enumerate(case.inputs)]
    given = [Batched(wrap(x), 1) if i in which else wrap(x) if is_float(x) else x for i, x in enumerate(entries)]
    got = flat(case.call(*given))
    want = [flat(case.call(*[x[k] if i in which else x for i, x in enumerate(entries)])) for k in range(3)]
    for i, y in enumerate(got):
        stacked = np.stack([np.asarray(w[i]) for w in want])
        if type(y) is not Batched:      # nothing of it depends on the batched inputs
            y = Batched(np.broadcast_to(np.asarray(y), stacked.shape), 1)
        assert y.shape == stacked.shape[1:]
        assert np.dtype(y.dtype.name) == stacked.dtype
        np.testing.assert_allclose(np.asarray(y.value), stacked, rtol=1e-12, atol=1e-14)


def choices(case):
    positions = [i for i, x in enumerate(case.inputs) if is_float(x)]
    return [[i] for i in positions] + ([positions] if len(positions) > 1 else [])


@each_case
def test_batched_tensors(case):
    for which in choices(case):
        check(case, which, Tensor)


@pytest.mark.parametrize("case", [case for case in CASES if case.op], ids=lambda case: case.name)
def test_batched_arrays_as_rules_see_them(case):
    for which in choices(case):
        thread.raw = True
        try:
            given = [np.stack([x, x]) if i in which else x for i, x in enumerate(case.inputs)]
            got = flat(case.call(*[Batched(x, 1) if i in which else x for i, x in enumerate(given)]))
        finally:
            thread.raw = False
        for y, want in zip(got, flat(case.call(*case.inputs)), strict=True):
            assert type(y.value) is np.ndarray
            np.testing.assert_allclose(y.value[1], np.asarray(want), rtol=1e-12, atol=1e-14)


def test_vectorized_map_runs_the_function_once_and_stacks():
    calls = []

    def f(element):
        calls.append(element)
        x, y = element["x"], element["y"]
        return x @ tf.transpose(x) + y, tf.constant(3.0)

    x, y = np.random.default_rng(0).normal(size=(4, 2, 3)), np.arange(4.0)
    product, constant = tf.ops.vectorized_map(f, {"x": x, "y": y})
    np.testing.assert_allclose(product.numpy(), x @ x.transpose(0, 2, 1) + y[:, None, None], rtol=1e-12)
    assert constant.numpy().tolist() == [3.0] * 4
    assert len(calls) == 1


def test_vectorized_maps_nest():
    x, y = np.arange(3.0), np.arange(4.0)
    table = tf.ops.vectorized_map(lambda a: tf.ops.vectorized_map(lambda b: tf.sin(a) * b, y), x)
    np.testing.assert_allclose(table.numpy(), np.outer(np.sin(x), y), rtol=1e-15)


def test_gradients_flow_through_vectorized_map():
    x, w = tf.constant(np.arange(6.0).reshape(3, 2)), tf.Variable(np.array([0.5, -1.0]))
    with tf.GradientTape() as tape:
        y = tf.ops.vectorized_map(lambda row: tf.reduce_sum(row * w) ** 2, x)
    want = 2 * (x.numpy() @ w.numpy()) @ x.numpy()
    np.testing.assert_allclose(tape.gradient(y, w).numpy(), want, rtol=1e-12)


def test_vectorized_map_has_no_numbers_to_branch_on():
    with pytest.raises(SymbolicError, match="Compute with ops"):
        tf.ops.vectorized_map(lambda x: x if x > 0 else -x, np.arange(3.0))


def test_vectorized_map_refuses_different_extents():
    with pytest.raises(ShapeError, match="first extent"):
        tf.ops.vectorized_map(lambda xy: xy[0], (np.ones(2), np.ones(3)))


def test_recompute_grad_runs_inside_vectorized_map():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.ops.vectorized_map(tf.recompute_grad(lambda row: row * row), x)
    np.testing.assert_array_equal(tape.gradient(y, x), 2 * x.numpy())
