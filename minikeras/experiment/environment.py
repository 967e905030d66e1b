"""What a run ran on, for env.json."""

import os
import platform
import subprocess

import numpy as np
import tqdm
import yaml

import minikeras as mk

from .threads import blas_threads


def describe_environment(folder):
    """Plain data: versions, platform, BLAS and its threads, and the git commit that `folder` is in."""
    blas = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    return {
        "versions": {"minikeras": mk.__version__, "python": platform.python_version(), "numpy": np.__version__,
                     "pyyaml": yaml.__version__, "tqdm": tqdm.__version__},
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu_count": os.cpu_count(),
        "blas": {"name": blas.get("name"), "version": blas.get("version"), "threads": blas_threads()},
        "git_commit": _git_commit(folder),
    }


def _git_commit(folder):
    try:
        done = subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True,
                              timeout=5)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
