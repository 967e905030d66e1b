"""What a plan costs beside the steps it runs: to record and make it, in memory, and around each batch of `fit`.

    python benchmarks/plan_cost.py

CPU time of one thread of BLAS. Exit status 1 if a limit is not held.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import statistics  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from functools import partial  # noqa: E402

import numpy as np  # noqa: E402

import minikeras as mk  # noqa: E402
from minikeras import layers  # noqa: E402

RECORDING, ARENA, OVERHEAD = 30, 0.6, 0.5       # limits


def network(inputs, hidden, outputs=10, **compiling):
    model = mk.Sequential([mk.Input((inputs,)), *[layers.Dense(n, activation="relu") for n in hidden],
                           layers.Dense(outputs)])
    model.compile("adam", mk.losses.SparseCategoricalCrossentropy(from_logits=True), **compiling)
    return model


def data(samples, inputs, outputs=10):
    rng = np.random.default_rng(0)
    return rng.normal(size=(samples, inputs)).astype("float32"), rng.integers(0, outputs, samples)


def seconds(call):
    started = time.process_time()
    call()
    return time.process_time() - started


def recording(rounds=7):
    """First compiled step of the 784-512-512-10 network, batch 128, over an eager step of it."""
    x, y = data(128, 784)
    ratios = []
    for _ in range(rounds):
        eager, compiled = network(784, (512, 512), run_eagerly=True), network(784, (512, 512))
        for _ in range(3):
            eager.train_on_batch(x, y)
        step = statistics.median(seconds(partial(eager.train_on_batch, x, y)) for _ in range(7))
        ratios.append(seconds(partial(compiled.train_on_batch, x, y)) / step)
    return statistics.median(ratios)


def arena():
    """The arena over the sum of intermediate results: six layers of 512, batch 512, plain gradient descent."""
    model = network(512, (512,) * 5, 512)
    model.compile("sgd", "mse")
    x, _ = data(512, 512)
    model.train_on_batch(x, x)
    plan = model.step_plan()
    return plan.places.arena.size / plan.intermediates


def overhead(rounds=15, batches=200):
    """What `fit` adds to each batch, over the step itself: 64-32-10, batch 32, Adam."""
    model = network(64, (32,))
    x, y = data(32 * batches, 64)
    for _ in range(3):
        model.fit(x, y, batch_size=32, verbose=0)
    plan, ratios = model.step_plan(), []
    arrays = [x[:32], y[:32]]
    with np.errstate(all="ignore"):
        for _ in range(rounds):
            fit = seconds(lambda: model.fit(x, y, batch_size=32, verbose=0)) / batches
            step = seconds(lambda: [plan.run(arrays) for _ in range(batches)]) / batches
            ratios.append(fit / step - 1.0)
    return statistics.median(ratios)


def main():
    rows = [("record and plan 784-512-512-10, in its eager steps", recording(), RECORDING),
            ("arena over intermediate results, 6 x 512, batch 512", arena(), ARENA),
            ("fit around a batch, over the 64-32-10 step", overhead(), OVERHEAD)]
    print(f"| {'':<52} | measured | limit |      |\n|{'-' * 54}|---------:|------:|------|")
    for what, value, limit in rows:
        print(f"| {what:<52} | {value:8.2f} | {limit:5.1f} | {'held' if value <= limit else 'NOT HELD'} |")
    return int(any(value > limit for _, value, limit in rows))


if __name__ == "__main__":
    sys.exit(main())
