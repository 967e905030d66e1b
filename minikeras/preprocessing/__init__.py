"""Keras' `preprocessing`: `sequence`."""

from . import sequence

__all__ = ["sequence"]
