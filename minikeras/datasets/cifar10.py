"""60,000 photographs in 10 classes: Krizhevsky 2009, "Learning multiple layers of features from tiny images"."""

import numpy as np

from .cifar import load_batches

__all__ = ["load_data"]


def load_data():
    """(x_train, y_train), (x_test, y_test) with 50,000 and 10,000 images, downloaded at first use.

    x   uint8, (n, 32, 32, 3); (n, 3, 32, 32) where the default image format is channels first
    y   uint8, (n, 1): 0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship, 9 truck
    Raises DownloadError where there is no network; it says where to put a copy.
    """
    parts = ([f"data_batch_{i}" for i in range(1, 6)], ["test_batch"])
    return tuple((x, y.astype(np.uint8)) for x, y in (load_batches("10", each, b"labels") for each in parts))
