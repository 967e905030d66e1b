"""70,000 handwritten digits: LeCun, Cortes and Burges, the MNIST database."""

from .downloads import fetch_arrays

__all__ = ["load_data"]


def load_data(path="mnist.npz"):
    """(x_train, y_train), (x_test, y_test) with 60,000 and 10,000 images, downloaded at first use.

    x   uint8, (n, 28, 28): 0 for paper to 255 for ink
    y   uint8, (n,): the digit, 0 to 9
    path   name in the cache
    Raises DownloadError where there is no network; it says where to put a copy.
    """
    arrays = fetch_arrays("mnist.npz", path)
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
