"""The core: tensors, the one doorway through which ops run, and the tape. Knows NumPy only.

Public here: what PyTorch and MXNet keep under this name, and check_gradients.
"""

import importlib

_PLACES = {"check_gradients": "checking", "is_recording": "styles", "no_grad": "styles", "pause": "styles",
           "record": "styles"}

__all__ = sorted(_PLACES)


def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    importlib.import_module("..ops", __name__)      # attaches the operators of tensors
    return getattr(importlib.import_module(f".{_PLACES[name]}", __name__), name)
