"""One peer of `real_data.py` in a process of its own, `real_worker.py PEER`: trains a network, an epoch when asked."""

import functools
import importlib
import sys
import time

import numpy as np
from processes import serve


def start(name):
    peer = importlib.import_module(f"real_peers.{name}")
    fit = evaluate = data = size = None

    def answer(network=None, file=None, rate=None, batch_size=None, epoch=None):
        nonlocal fit, evaluate, data, size
        if network:
            with np.load(file) as arrays:
                data, size = dict(arrays), batch_size
            weights = [data[key] for key in sorted(data) if key.startswith("weight")]
            fit, evaluate = getattr(peer, network)(weights, rate)
            return {}
        order = np.random.default_rng(epoch).permutation(len(data["x"]))
        loss, seconds, cpu_seconds = timed(fit, data["x"][order], data["y"][order], size)
        reached = evaluate(data["val_x"], data["val_y"], size)
        return {"loss": loss, **{f"val_{key}": value for key, value in reached.items()},
                "seconds": seconds, "cpu_seconds": cpu_seconds}

    return {"version": peer.VERSION}, answer


def timed(function, *arguments):
    """What a function gives, then its seconds and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = function(*arguments)
    return result, time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    serve(functools.partial(start, sys.argv[1]))
