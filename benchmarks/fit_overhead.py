"""What `fit` adds to each batch beside the compiled step, for each kind of data: 64-32-10, batch 32, Adam.

    python benchmarks/fit_overhead.py

CPU time of one thread of BLAS; the step is the plan alone, on one batch, run in turns with `fit`. Exit status 1 if
arrays cost more than half of the step.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import statistics  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402

import minikeras as mk  # noqa: E402
from minikeras import layers  # noqa: E402

BATCHES, ROUNDS, LIMIT = 300, 15, 0.5


class Counting(mk.callbacks.Callback):
    """Hears of every batch."""

    def __init__(self):
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])


class Batches(mk.utils.PyDataset):
    """Slices of the arrays by number."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return BATCHES

    def __getitem__(self, index):
        part = slice(32 * index, 32 * (index + 1))
        return self.x[part], self.y[part]


def runs(x, y):
    """What is measured: by name, the arguments of `fit`, made anew for each run."""
    batches = Batches(x, y)
    return {
        "arrays, shuffled": lambda: {"x": x, "y": y},
        "arrays in order": lambda: {"x": x, "y": y, "shuffle": False},
        "arrays, steps_per_epoch": lambda: {"x": x, "y": y, "batch_size": 32, "steps_per_epoch": BATCHES},
        "arrays, a callback for each batch": lambda: {"x": x, "y": y, "callbacks": [Counting()]},
        "generator": lambda: {"x": (batches[index] for index in range(BATCHES))},
        "PyDataset": lambda: {"x": batches},
    }


def seconds(call):
    started = time.process_time()
    call()
    return time.process_time() - started


def main():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32 * BATCHES, 64)).astype("float32"), rng.integers(0, 10, 32 * BATCHES)
    model = mk.Sequential([mk.Input((64,)), layers.Dense(32, activation="relu"), layers.Dense(10)])
    model.compile("adam", mk.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    for _ in range(3):
        model.fit(x, y, verbose=0)
    plan, one = model.step_plan(), [x[:32], y[:32]]

    def steps():
        with np.errstate(all="ignore"):
            for _ in range(BATCHES):
                plan.run(one)
    print("| data | step, µs | fit, µs a batch | beside the step, µs | of the step |\n|---|---:|---:|---:|---:|")
    held = True
    for name, arguments in runs(x, y).items():
        rounds = []
        for _ in range(ROUNDS):
            given = arguments()
            rounds.append((seconds(steps), seconds(lambda: model.fit(**given, verbose=0))))   # noqa: B023 (run at once)
        step, fit = (1e6 * statistics.median(column) / BATCHES for column in zip(*rounds))
        ratio = statistics.median(fit / step - 1 for step, fit in rounds)
        print(f"| {name} | {step:.1f} | {fit:.1f} | {fit - step:.1f} | {ratio:.2f} |")
        held = held and (ratio <= LIMIT or name != "arrays, shuffled")
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
