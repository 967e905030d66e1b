"""What the tape costs over plain NumPy: single ops, a whole training step, long chains.

    python benchmarks/tape_cost.py

Every figure is CPU time, the median over rounds in which both sides ran in turn; ratios are medians
of per-round ratios. The hand-written side is the same mathematics as plain NumPy with in-place
updates of each parameter, no framework around it.
"""

import functools
import gc
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from timing import cpu_seconds, microseconds, ratio

import minikeras as mk
from minikeras import layers, losses, optimizers

BATCH, INPUTS, HIDDEN, CLASSES = 32, 64, 32, 10
# What an eager step may cost, in hand-written steps; the process fails above it. It was 3.8 before masks travelled with
# tensors and shapes had TensorFlow's methods, and is 4.2 since: a guard against growth, not the 4.0 once aimed at.
LIMIT = 4.5


def op_costs(bare, op):
    """Microseconds of the NumPy function, the op without a tape, the op recorded, and the walk back."""
    a = np.random.default_rng(0).standard_normal((8, 8)).astype(np.float32)
    x, plain = mk.constant(a), mk.constant(a)
    with mk.GradientTape(persistent=True) as tape:
        tape.watch(x)
        figures = cpu_seconds({"bare": lambda: bare(a, a), "recorded": lambda: op(x, x)})
        # 100 ops in a chain, so that the cost of one call of `gradient` spreads over them.
        y = x
        for _ in range(100):
            y = op(y, x)
    figures |= cpu_seconds({"plain": lambda: op(plain, plain), "backward": lambda: tape.gradient(y, x)})
    return [microseconds(figures, name) / (100 if name == "backward" else 1)
            for name in ("bare", "plain", "recorded", "backward")]


def print_ops():
    print(f"{'op on 8x8 float32':24s}{'NumPy':>10s}{'no tape':>10s}{'recorded':>10s}{'backward':>10s}   microseconds")
    for name, bare, op in (("add", np.add, mk.ops.add), ("multiply", np.multiply, mk.ops.multiply),
                           ("matmul", np.matmul, mk.ops.matmul)):
        print(f"{name:24s}" + "".join(f"{cost:10.2f}" for cost in op_costs(bare, op)))


class HandWritten:
    """The 64-32-10 network with softmax cross-entropy and Adam, in NumPy."""

    def __init__(self, arrays):
        self.values = [array.copy() for array in arrays]
        self.first = [np.zeros_like(v) for v in self.values]
        self.second = [np.zeros_like(v) for v in self.values]
        self.scratch = [np.empty_like(v) for v in self.values]
        self.step = 0

    def gradients(self, x, y):
        w1, b1, w2, b2 = self.values
        h = x @ w1
        h += b1
        np.maximum(h, 0, out=h)
        logits = h @ w2
        logits += b2
        logits -= np.maximum.reduce(logits, 1, keepdims=True)
        p = np.exp(logits)
        total = np.add.reduce(p, 1, keepdims=True)
        rows = np.arange(len(y))
        loss = (np.add.reduce(np.log(total), None) - np.add.reduce(logits[rows, y], None)) / len(y)
        p /= total
        p[rows, y] -= 1
        p /= np.float32(len(y))
        d = p @ w2.T
        d *= h > 0
        return loss, [x.T @ d, np.add.reduce(d, 0), h.T @ p, np.add.reduce(p, 0)]

    def train(self, x, y, rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        loss, grads = self.gradients(x, y)
        self.step += 1
        alpha = np.float32(rate * np.sqrt(1 - beta_2**self.step) / (1 - beta_1**self.step))
        for value, grad, m, v, t in zip(self.values, grads, self.first, self.second, self.scratch):
            np.subtract(grad, m, out=t)
            t *= np.float32(1 - beta_1)
            m += t
            np.multiply(grad, grad, out=grad)
            np.subtract(grad, v, out=t)
            t *= np.float32(1 - beta_2)
            v += t
            np.sqrt(v, out=t)
            t += np.float32(epsilon)
            np.divide(m, t, out=t)
            t *= alpha
            value -= t
        return loss


def network():
    mk.random.set_random_seed(0)
    model = mk.Sequential([mk.Input((INPUTS,)), layers.Dense(HIDDEN, activation="relu"), layers.Dense(CLASSES)])
    model.compile(optimizers.Adam(), losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def print_step():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((BATCH, INPUTS)).astype(np.float32)
    y = rng.integers(0, CLASSES, BATCH)
    model, fitted = network(), network()
    hand = HandWritten([v.numpy() for v in model.trainable_variables])
    loss_of, optimizer = losses.SparseCategoricalCrossentropy(from_logits=True), optimizers.Adam()
    variables, xt, yt = model.trainable_variables, mk.constant(x), mk.constant(y)

    def gradients():
        with mk.GradientTape() as tape:
            loss = loss_of(yt, model(xt, training=True))
        return loss, tape.gradient(loss, variables)

    def train():
        loss, grads = gradients()
        optimizer.apply(grads, variables)
        return loss

    for _ in range(3):
        np.testing.assert_allclose(float(train()), hand.train(x, y), rtol=1e-5)
    figures = cpu_seconds({
        "hand_gradients": lambda: hand.gradients(x, y), "gradients": gradients,
        "hand": lambda: hand.train(x, y), "step": train, "batch": lambda: fitted.train_on_batch(x, y)}, 25)
    title = f"{INPUTS}-{HIDDEN}-{CLASSES} network, batch {BATCH}, Adam"
    print(f"\n{title:44s}{'us':>8s}{'ratio':>8s}   to hand-written NumPy")
    ratios = {}
    for label, name, base in (("forward and backward, hand-written", "hand_gradients", "hand_gradients"),
                              ("forward and backward, tape", "gradients", "hand_gradients"),
                              ("training step, hand-written", "hand", "hand"),
                              ("training step, eager", "step", "hand"),
                              ("train_on_batch", "batch", "hand")):
        ratios[name] = ratio(figures, name, base)
        print(f"{label:44s}{microseconds(figures, name):8.1f}{ratios[name]:8.2f}")
    held = max(ratios["gradients"], ratios["step"]) <= LIMIT
    print(f"{'held' if held else 'NOT HELD'}: forward and backward, and the step, within {LIMIT} times hand-written")
    return held


def chain(x, count):
    """The gradient through `count` ops, one after the other."""
    with mk.GradientTape() as tape:
        tape.watch(x)
        y = x
        for _ in range(count // 2):
            y = y * 0.9999
            y = y + 0.0001
    return tape.gradient(y, x)


def without_collector(function):
    """`function` while Python's garbage collector, which visits a long graph again and again, is off."""
    def call():
        gc.disable()
        try:
            function()
        finally:
            gc.enable()
    return call


def print_chains():
    title = "chain on 10 floats, forward and backward"
    print(f"\n{title:44s}{'ms':>8s}{'us an op':>10s}   garbage collector off: us an op")
    x = mk.constant(np.ones(10, np.float32))
    for count in (10_000, 30_000, 100_000, 300_000):
        run = functools.partial(chain, x, count)
        figures = cpu_seconds({"chain": run, "off": without_collector(run)}, rounds=5)
        print(f"{f'{count:,} ops':44s}{microseconds(figures, 'chain') / 1e3:8.1f}"
              f"{microseconds(figures, 'chain') / count:10.2f}{microseconds(figures, 'off') / count:10.2f}")


if __name__ == "__main__":
    print_ops()
    within = print_step()
    print_chains()
    sys.exit(0 if within else 1)
