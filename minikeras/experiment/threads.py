"""How many threads the BLAS of this process uses. Imports no NumPy: the choice must come before it."""

import os
import sys

_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
              "VECLIB_MAXIMUM_THREADS")


def choose_threads(threads):
    """Give the BLAS `threads` threads; 'auto' leaves it as it is. Whether that took effect.

    Before NumPy is loaded it always does; afterwards only where threadpoolctl is installed. It sets
    variables of the environment, so only a process of our own should call it.
    """
    if threads == "auto":
        return True
    if "numpy" not in sys.modules:
        os.environ.update(dict.fromkeys(_VARIABLES, str(threads)))
        return True
    control = _threadpoolctl()
    if control:
        control.threadpool_limits(threads, user_api="blas")
    return blas_threads() == threads


def blas_threads():
    """The threads in use: as threadpoolctl sees them, else what the environment says, else one a CPU."""
    control = _threadpoolctl() if "numpy" in sys.modules else None
    pools = [pool["num_threads"] for pool in control.threadpool_info() if pool["user_api"] == "blas"] if control else []
    if pools:
        return max(pools)
    for name in _VARIABLES:
        if os.environ.get(name, "").isdecimal():
            return int(os.environ[name])
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _threadpoolctl():
    try:
        import threadpoolctl
    except ImportError:
        return None
    return threadpoolctl
