"""Experiments from YAML: a config checked to the last argument, a run folder, and what can be done with it.

`read_config` and `choose_threads` work before NumPy is loaded; the rest is loaded at first use.
"""

import importlib

from .loading import read_config
from .threads import choose_threads

_PLACES = {"check_objects": "objects", "evaluate": "running", "load_config": "objects", "open_run": "running",
           "predict": "predicting", "show_metrics": "running", "summary": "running", "train": "running"}

__all__ = ["check_objects", "choose_threads", "evaluate", "load_config", "open_run", "predict", "read_config",
           "show_metrics", "summary", "train"]


def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("." + _PLACES[name], __name__), name)
