"""One peer of `steps.py` in a process of its own, `step_worker.py MODULE`: prepares a workload, and runs it for a
while whenever it is asked to."""

import functools
import gc
import importlib
import math
import statistics
import sys
import time
from collections.abc import Mapping

import numpy as np
from processes import serve

SAMPLE = 5e-4       # seconds between two readings of the clock, at least
WARM_UP = 0.3       # seconds of each way, and at least 3 steps


def start(module):
    peer = importlib.import_module(f"step_peers.{module}")
    prepared = None

    def answer(function=None, arguments=None, seconds=None):
        nonlocal prepared
        if seconds:
            return measure(*prepared, seconds)
        prepared = None             # frees what the last workload held
        gc.collect()
        if not hasattr(peer, function):
            return {"missing": f"no {function}"}
        way, values, *prepared = fastest(getattr(peer, function)(**arguments))
        return {"way": way, "values": values}

    return {"version": peer.VERSION}, answer


def fastest(ways):
    """The name, the first results, the function, and its calls in a sample, of the way that takes least time."""
    found = []
    for way, step in (ways if isinstance(ways, Mapping) else {"": ways}).items():
        run, first = getattr(step, "run", step), getattr(step, "first", None)
        values = [numbers(result) for result in (first() if first else [run() for _ in range(3)])]
        found.append((least_seconds(run), way, values, run))
    seconds, way, values, run = min(found, key=lambda entry: entry[0])
    return way, values, run, max(1, math.ceil(SAMPLE / seconds))


def least_seconds(run):
    """CPU time of one call, the least of a warm-up."""
    least, count, started = math.inf, 0, time.perf_counter()
    while count < 3 or time.perf_counter() - started < WARM_UP:
        before = time.process_time()
        run()
        least, count = min(least, time.process_time() - before), count + 1
    return least


def numbers(result):
    """The parts of a result as lists of floats; of a large array its norm."""
    parts = [np.asarray(part, float).reshape(-1) for part in (result if isinstance(result, tuple) else (result,))]
    return [part.tolist() if part.size <= 4096 else [float(np.linalg.norm(part))] for part in parts]


def measure(run, calls, seconds):
    """CPU and wall seconds of one call, each the median over samples. Python's garbage collector is off."""
    run()       # fetches into the caches what the other peers pushed out
    gc.collect()
    gc.disable()
    cpu, wall, started = [], [], time.perf_counter()
    while not cpu or time.perf_counter() - started < seconds:
        before, cpu_before = time.perf_counter(), time.process_time()
        for _ in range(calls):
            run()
        cpu.append((time.process_time() - cpu_before) / calls)
        wall.append((time.perf_counter() - before) / calls)
    gc.enable()
    return {"cpu": statistics.median(cpu), "wall": statistics.median(wall)}


if __name__ == "__main__":
    serve(functools.partial(start, sys.argv[1]))
