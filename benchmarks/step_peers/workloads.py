"""What all peers compute: sizes, initial weights, data. float32 throughout.

A dense network's weights are a flat list w1, b1, w2, b2 ...; a kernel is (inputs, outputs). Hidden layers are relu,
the loss is the softmax cross-entropy of logits with integer labels, the optimizer is Adam as Keras defines it.
"""

import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

F = np.float32
ADAM = {"rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
FIT_SAMPLES, FIT_EPOCHS = 1797, 10
CHAIN_OPS = 20_000
ELEMENTS, ELEMENTWISE_REPEATS = 1_000_000, 4        # of five ops each
VECTOR = 50


class Workload(NamedTuple):
    title: str
    function: str           # of a peer's module
    arguments: dict


SMALL = {"sizes": (64, 32, 10), "batch": 32}
LARGE = {"sizes": (784, 512, 512, 10), "batch": 128}
WORKLOADS = {
    "W1": Workload("gradient of sum(sin(x W)^2), 3x3 by 3x2", "gradient", {}),
    "W2": Workload("MLP 64-32-10, batch 32, Adam: a step", "train", SMALL),
    "W2fit": Workload(f"MLP 64-32-10: fit, {FIT_SAMPLES} samples, {FIT_EPOCHS} epochs, shuffled", "fit", SMALL),
    "W3": Workload("MLP 784-512-512-10, batch 128, Adam: a step", "train", LARGE),
    "W8": Workload("20 elementwise ops on 1e6 floats, value and gradient", "elementwise", {}),
    "W9h": Workload("Hessian-vector product, 50 inputs", "hessian_product", {}),
    "W9j": Workload("Jacobian 50x50", "jacobian", {}),
    "W10": Workload(f"chain of {CHAIN_OPS:,} ops on 10 floats, gradient", "chain", {}),
    "W13": Workload("predict one sample, MLP 784-512-512-10", "predict", {"sizes": LARGE["sizes"]}),
}


class Step(NamedTuple):
    """A step whose results cannot be compared as they come; `first` gives results that can, a list."""

    run: Callable
    first: Callable


def _weights_rng():
    return np.random.default_rng(100)


def _data_rng():
    return np.random.default_rng(200)


def gradient_arrays():
    """x and W of sum(sin(x W) ** 2)."""
    return _data_rng().standard_normal((3, 3)).astype(F), _weights_rng().standard_normal((3, 2)).astype(F)


def weights(sizes):
    """Glorot-uniform kernels, zero biases."""
    rng, arrays = _weights_rng(), []
    for n, m in itertools.pairwise(sizes):
        limit = np.sqrt(6 / (n + m))
        arrays += [rng.uniform(-limit, limit, (n, m)).astype(F), np.zeros(m, F)]
    return arrays


def samples(sizes, count):
    """`count` inputs and labels."""
    rng = _data_rng()
    x = rng.standard_normal((count, sizes[0])).astype(F)
    return x, rng.integers(0, sizes[-1], count).astype(np.int32)


def epoch(batch, shuffle):
    """Index arrays of the batches of one epoch of a fit; the last is smaller."""
    order = np.random.permutation(FIT_SAMPLES) if shuffle else np.arange(FIT_SAMPLES)
    return [order[start:start + batch] for start in range(0, FIT_SAMPLES, batch)]


def fit_step(train, sizes, batch):
    """A whole fit from `train(x, y)`, which gives the loss of a batch; the result is the last epoch's mean loss."""
    x, y = samples(sizes, FIT_SAMPLES)

    def fit(shuffle=True):
        for _ in range(FIT_EPOCHS):
            losses = [(train(x[rows], y[rows]), len(rows)) for rows in epoch(batch, shuffle)]
        return sum(float(loss) * count for loss, count in losses) / FIT_SAMPLES

    return Step(fit, lambda: [fit(shuffle=False)])


def elementwise_array():
    """x of: y = x; four times y = y * .5; y = y + .1; y = tanh(y); y = y * x; y = exp(y); then mean(y)."""
    return _data_rng().uniform(-1, 1, ELEMENTS).astype(F)


def vector_arrays():
    """A, B, x, v. g(x) = tanh(A x) * x + sin(B x) has the Jacobian; f(x) = sum(g(x) ** 2) the Hessian, times v."""
    rng = _weights_rng()
    A, B = ((rng.standard_normal((VECTOR, VECTOR)) / 7).astype(F) for _ in range(2))
    rng = _data_rng()
    x, v = (rng.standard_normal(VECTOR).astype(F) for _ in range(2))
    return A, B, x, v


def chain_array():
    """x of: y = x; 10,000 times y = y * .9999; y = y + .0001; then sum(y)."""
    return _data_rng().standard_normal(10).astype(F)
