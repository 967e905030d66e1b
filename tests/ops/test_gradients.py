"""The derivatives of every op, forward and reverse, to second order, against finite differences."""

import numpy as np
import pytest

from minikeras.autograd.forward import ForwardAccumulator
from minikeras.autograd.tape import GradientTape
from minikeras.autograd.tensor import Tensor
from minikeras.ops import sqrt

from .. import finite_difference
from .samples import all_ops, composed_cases, op_cases, samples_of, scattered

CASES = [case for case in op_cases() if case.op.pull] + composed_cases()
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
TOLERANCE = {"rtol": 1e-6, "atol": 1e-8}


def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype == np.float64


def directions_of(floats):
    """An array for each input, none of them constant."""
    return [np.sin(1.0 + np.arange(x.size) * 1.7).reshape(x.shape) for x in floats]


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


def test_slope_of_sqrt_at_zero_is_zero_only_for_a_cotangent_of_zero():
    x, d = Tensor(np.array([0.0, 0.0, 4.0])), Tensor(np.array([0.0, 1.0, 0.0]))
    with GradientTape() as outer, np.errstate(all="ignore"):
        outer.watch(d)
        with GradientTape() as tape:
            tape.watch(x)
            y = sqrt(x)
        slope = tape.gradient(y, x, output_gradients=d)
    assert slope.numpy().tolist() == [0.0, np.inf, 0.0]
    assert outer.gradient(slope, d).numpy()[2] == 0.25


def weighted_sum(case, arrays, weights):
    """The real part: for real weights that is the loss whose gradient TensorFlow's convention gives."""
    values = iter(arrays)
    y = case.call(*[Tensor(next(values)) if is_float(x) else x for x in case.inputs])
    ys = y if isinstance(y, (list, tuple)) else [y]
    return sum(np.sum(np.asarray(t) * w).real for t, w in zip(ys, weights, strict=True))


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
def test_forward_derivative_is_the_finite_difference_along_it(case):
    floats = [x for x in case.inputs if is_float(x)]
    weights, directions = cotangents(case.call(*case.inputs)), directions_of(floats)
    got = sum(np.sum(t.numpy() * w).real for t, w in zip(forward(case, floats, directions), weights, strict=True))
    grads = finite_difference.gradients(lambda *arrays: weighted_sum(case, arrays, weights), floats)
    want = sum(np.sum(g * v) for g, v in zip(grads, directions, strict=True))
    np.testing.assert_allclose(got, want, **TOLERANCE)


def forward(case, floats, directions):
    """The derivative of every output along `directions` by one accumulator: Tensors."""
    tensors = [x if isinstance(x, Tensor) else Tensor(x) for x in floats]
    values = iter(tensors)
    with ForwardAccumulator(tensors, [Tensor(v) for v in directions]) as accumulator:
        y = case.call(*[next(values) if is_float(x) else x for x in case.inputs])
    ys = list(y) if isinstance(y, (list, tuple)) else [y]
    return accumulator.jvp(ys, unconnected_gradients="zero")


@each_case
def test_second_derivative_is_the_finite_difference_of_the_first(case):
    """Reverse over reverse, also with respect to the cotangent; forward over reverse; forward over forward."""
    floats = [x for x in case.inputs if is_float(x)]
    weights = cotangents(case.call(*case.inputs))
    directions = directions_of(floats)

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

    tensors, ahead = [Tensor(a) for a in floats], [Tensor(v) for v in directions]
    with ForwardAccumulator(tensors, ahead) as accumulator:
        grads = first_order(case, tensors, [Tensor(w) for w in weights])
    # A Hessian is symmetric: its product with the directions is the same from both sides.
    products = accumulator.jvp(grads, unconnected_gradients="zero")
    for g, w in zip(products, want[:len(floats)], strict=True):
        np.testing.assert_allclose(g.numpy(), w, **TOLERANCE)

    with ForwardAccumulator(tensors, ahead) as outer:
        slopes = forward(case, tensors, directions)
    curvature = sum(np.sum(t.numpy() * w).real for t, w in
                    zip(outer.jvp(slopes, unconnected_gradients="zero"), weights, strict=True))
    wanted = sum(np.sum(w * v) for w, v in zip(want[:len(floats)], directions, strict=True))
    np.testing.assert_allclose(curvature, wanted, **TOLERANCE)
