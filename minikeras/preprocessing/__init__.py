"""Keras' `preprocessing`: `image` and `sequence`."""

from . import image, sequence

__all__ = ["image", "sequence"]
