"""70,000 pictures of clothes in the manner of MNIST: Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747."""

import gzip
import os

import numpy as np

from ..errors import FileFormatError
from .downloads import fetch

__all__ = ["load_data"]


def load_data():
    """(x_train, y_train), (x_test, y_test) with 60,000 and 10,000 images, downloaded at first use.

    x   uint8, (n, 28, 28)
    y   uint8, (n,): 0 T-shirt/top, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag,
        9 ankle boot
    Raises DownloadError where there is no network; it says where to put a copy.
    """
    return tuple((_read(f"{part}-images-idx3-ubyte.gz"), _read(f"{part}-labels-idx1-ubyte.gz"))
                 for part in ("train", "t10k"))


def _read(name):
    """An array of bytes in the idx format: two zeros, the kind of number, how many axes, their extents, the numbers."""
    path = fetch(name, cache_subdir=os.path.join("datasets", "fashion-mnist"))
    try:
        content = gzip.decompress(path.read_bytes())
        shape = np.frombuffer(content, ">u4", content[3], offset=4)
        return np.frombuffer(content, np.uint8, offset=4 + shape.nbytes).reshape(shape).copy()
    except (OSError, EOFError, ValueError, IndexError) as error:
        raise FileFormatError(f"{path}: this is no file of idx bytes ({error}). Delete it, so that it is fetched "
                              "again.") from error
