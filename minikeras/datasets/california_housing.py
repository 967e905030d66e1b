"""20,640 quarters of California in 1990 and the price of their houses: Pace and Barry 1997, "Sparse spatial
autoregressions"."""

from ..arguments import one_of
from .downloads import fetch_arrays, shuffled_split

__all__ = ["load_data"]


def load_data(version="large", path="california_housing.npz", test_split=0.2, seed=113):
    """(x_train, y_train), (x_test, y_test), downloaded at first use.

    x   (n, 8): what the census says of a quarter: its place, the age and rooms of its houses, who lives there
    y   (n,): the median price of a house, in dollars
    version      'large', or 'small' for the first 600 quarters
    path         name in the cache
    test_split   the share of the test set;  seed   of the order
    Raises DownloadError where there is no network; it says where to put a copy.
    """
    one_of("california_housing.load_data: version", version, ("large", "small"))
    arrays = fetch_arrays("california_housing.npz", path)
    count = 600 if version == "small" else None
    return shuffled_split(arrays["x"][:count], arrays["y"][:count], test_split, seed)
