"""The gradient of every op, to second order, against finite differences."""

import numpy as np
import pytest

from minikeras.autograd.tape import GradientTape
from minikeras.autograd.tensor import Tensor

from .. import finite_difference
from .samples import all_ops, composed_cases, op_cases, samples_of, scattered

CASES = [case for case in op_cases() if case.op.pull] + composed_cases()
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
TOLERANCE = {"rtol": 1e-6, "atol": 1e-8}


def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype == np.float64


def cotangents(y):
    """One array per output that is a float, none of them constant."""
    ys = y if isinstance(y, (list, tuple)) else [y]
    return [np.cos(np.arange(t.size) + i).reshape(t.shape) for i, t in enumerate(ys)]


def first_order(case, floats, weights):
    """Gradient of the weighted outputs with respect to every float input: Tensors."""
    values = iter(floats)
    inputs = [next(values) if is_float(x) else x for x in case.inputs]
    with GradientTape() as tape:
        tape.watch(list(floats))
        y = case.call(*inputs)
    weights = list(weights) if isinstance(y, (list, tuple)) else weights[0]
    return tape.gradient(y, list(floats), output_gradients=weights, unconnected_gradients="zero")


def weighted_sum(case, arrays, weights):
    values = iter(arrays)
    y = case.call(*[Tensor(next(values)) if is_float(x) else x for x in case.inputs])
    ys = y if isinstance(y, (list, tuple)) else [y]
    return sum(np.sum(np.asarray(t) * w) for t, w in zip(ys, weights, strict=True))


@pytest.mark.parametrize("name", all_ops())
def test_every_op_has_samples(name):
    assert samples_of(all_ops()[name].op), f"{name} has no samples: add an entry to SAMPLES in tests/ops/samples.py"


@pytest.mark.parametrize("layout", [np.array, scattered], ids=["contiguous", "negative strides"])
@each_case
def test_gradient_is_the_finite_difference(case, layout):
    floats = [x for x in case.inputs if is_float(x)]
    weights = cotangents(case.call(*case.inputs))
    got = first_order(case, [Tensor(layout(x)) for x in floats], [Tensor(w) for w in weights])
    want = finite_difference.gradients(lambda *arrays: weighted_sum(case, arrays, weights), floats)
    for g, w in zip(got, want, strict=True):
        assert g.dtype == np.float64
        np.testing.assert_allclose(g.numpy(), w, **TOLERANCE)


@each_case
def test_second_gradient_is_the_finite_difference_of_the_first(case):
    """Also with respect to the cotangent, which is the forward derivative in disguise."""
    floats = [x for x in case.inputs if is_float(x)]
    weights = cotangents(case.call(*case.inputs))
    directions = [np.sin(1.0 + np.arange(x.size) * 1.7).reshape(x.shape) for x in floats]

    def slope(*arrays):
        tensors = [Tensor(a) for a in arrays]
        grads = first_order(case, tensors[:len(floats)], tensors[len(floats):])
        return sum(np.sum(g.numpy() * v) for g, v in zip(grads, directions, strict=True))

    sources = [Tensor(a) for a in (*floats, *weights)]
    with GradientTape() as tape:
        tape.watch(sources)
        grads = first_order(case, sources[:len(floats)], sources[len(floats):])
    got = tape.gradient(grads, sources, output_gradients=[Tensor(v) for v in directions], unconnected_gradients="zero")
    want = finite_difference.gradients(slope, [*floats, *weights])
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g.numpy(), w, **TOLERANCE)
