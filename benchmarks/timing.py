"""Timing two or more ways of doing the same, interleaved, as CPU time."""

import gc
import statistics
import time


def cpu_seconds(functions, rounds=15, seconds=0.02):
    """CPU seconds per call of each function: a list of one figure a round, for each name.

    All are called in turn in every round, so that whatever slows the machine slows them alike.
    Compare medians of per-round ratios, not single figures.
    """
    repeats = {}
    for name, function in functions.items():
        function()
        started, count = time.process_time(), 0
        while time.process_time() - started < seconds:
            function()
            count += 1
        repeats[name] = max(1, count)
    figures = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            gc.collect()
            started = time.process_time()
            for _ in range(repeats[name]):
                function()
            figures[name].append((time.process_time() - started) / repeats[name])
    return figures


def ratio(figures, name, base):
    """Median over rounds of `name` over `base` in the same round."""
    return statistics.median(a / b for a, b in zip(figures[name], figures[base]))


def microseconds(figures, name):
    """Median over rounds."""
    return statistics.median(figures[name]) * 1e6
