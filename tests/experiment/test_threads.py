"""The number of BLAS threads, chosen before NumPy is loaded."""

import os
import subprocess
import sys

import pytest

from minikeras.experiment import choose_threads

CODE = """
import os, sys
before = dict(os.environ)
from minikeras.experiment import choose_threads
assert choose_threads({threads!r})
print(sorted(k for k in os.environ if os.environ[k] != before.get(k)), os.environ.get("OPENBLAS_NUM_THREADS"))
"""


def in_a_new_process(threads):
    environment = {key: value for key, value in os.environ.items() if not key.endswith("_THREADS")}
    return subprocess.run([sys.executable, "-c", CODE.format(threads=threads)], env=environment, check=True,
                          capture_output=True, text=True).stdout


def test_auto_leaves_the_environment_alone():
    assert in_a_new_process("auto") == "[] None\n"


def test_a_number_reaches_the_blas_through_the_environment():
    assert "'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'" in in_a_new_process(2) and in_a_new_process(2).endswith(" 2\n")


def test_once_numpy_is_loaded_threadpoolctl_changes_them():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(None):
        assert choose_threads(1)
        assert {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"} == {1}
