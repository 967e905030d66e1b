"""Each layer's forward and backward pass beside PyTorch's.

    python benchmarks/layers.py [--python PATH] [--threads N] [--only NAME]

Both run eagerly, with the gradients of inputs and weights, each in a process of its own, in turn in every round. The
figure is CPU time a step; the ratio is the median of the ratios of the rounds. `--python` has PyTorch run by another
environment's interpreter. Layers of preprocessing that PyTorch has no counterpart of are not here. Prints Markdown.
"""

import argparse
import os
import statistics
import sys
from pathlib import Path

from layer_peers import INPUTS
from processes import Worker

HERE = Path(__file__).parent
LIMIT = 6.0


def started(python, module, threads):
    """A worker of one of the two."""
    environment = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    path = os.pathsep.join((str(HERE), str(HERE.parent)))
    return Worker([python, str(HERE / "layer_peers" / f"{module}.py")], {**environment, "PYTHONPATH": path})


def compared(workers, name, rounds, seconds):
    """Median CPU seconds of each worker, and the median of the ratios of the first to the second."""
    sizes = [worker.ask(limit=60, layer=name)["size"] for worker in workers]
    if sizes[0] != sizes[1]:
        sys.exit(f"{name}: the outputs have {sizes[0]} and {sizes[1]} elements; the two do not do the same.")
    figures = [[worker.ask(limit=60, seconds=seconds)["seconds"] for worker in workers] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*figures)], statistics.median(a / b for a, b in figures)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", default=sys.executable, help="interpreter that has torch")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.1, help="of each measurement")
    parser.add_argument("--only", default="", help="layers whose name holds this text")
    options = parser.parse_args()
    workers = [started(sys.executable, "in_minikeras", options.threads),
               started(options.python, "in_torch", options.threads)]
    missing = [worker.hello["missing"] for worker in workers if "missing" in worker.hello]
    if missing:
        sys.exit(f"Both are needed: {missing[0]}. --python names an interpreter that has torch.")
    print(f"minikeras {workers[0].hello['version']} and torch {workers[1].hello['version']}, threads: "
          f"{options.threads}\n\n| layer | input | minikeras, ms | torch, ms | ratio |\n|---|---|---|---|---|",
          flush=True)
    ratios = {}
    for name in [name for name in INPUTS if options.only in name]:
        (ours, theirs), ratios[name] = compared(workers, name, options.rounds, options.seconds)
        shapes = " and ".join(str(shape) for shape in INPUTS[name])
        print(f"| {name} | {shapes} | {ours * 1e3:.3f} | {theirs * 1e3:.3f} | {ratios[name]:.2f} |", flush=True)
    for worker in workers:
        worker.close()
    over = [name for name, ratio in ratios.items() if ratio > LIMIT]
    print(f"\n{len(ratios)} layers, median ratio {statistics.median(ratios.values()):.2f}; "
          f"above {LIMIT:g}: {', '.join(over) or 'none'}.")
    sys.exit(bool(over))


if __name__ == "__main__":
    main()
