"""Keras' `ops.image`."""

from .images import extract_patches, extract_patches_3d, hsv_to_rgb, resize, rgb_to_grayscale, rgb_to_hsv

__all__ = ["extract_patches", "extract_patches_3d", "hsv_to_rgb", "resize", "rgb_to_grayscale", "rgb_to_hsv"]
