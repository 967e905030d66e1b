"""Handwritten digits, 8x8, in the wheel: no download. Licence and citation in DIGITS.md beside this file."""

import numpy as np

from .tables import read_table

_NUM_EXAMPLES, _NUM_PIXELS, _NUM_TRAIN = 1797, 64, 1437

__all__ = ["load_all", "load_data"]


def load_data():
    """(x_train, y_train), (x_test, y_test): the first 1,437 images in source order, and the last 360.

    x   uint8, (n, 8, 8): how many of a 4x4 cell's pixels were inked, 0 to 16
    y   uint8, (n,): the digit, 0 to 9
    The source lists its writers one after the other, so most of the test images are by other hands than
    the training images: a harder and more honest test than a shuffled split.
    """
    x, y = load_all()
    return (x[:_NUM_TRAIN].copy(), y[:_NUM_TRAIN].copy()), (x[_NUM_TRAIN:].copy(), y[_NUM_TRAIN:].copy())


def load_all():
    """All 1,797 images and labels in source order: uint8 (1797, 8, 8) and uint8 (1797,)."""
    table = read_table("digits.csv.gz", np.uint8).reshape(_NUM_EXAMPLES, _NUM_PIXELS + 1)
    return table[:, :_NUM_PIXELS].reshape(-1, 8, 8).copy(), table[:, _NUM_PIXELS].copy()
