"""506 quarters of Boston in the 1970s and the price of their houses: Harrison and Rubinfeld 1978.

One of the 13 features (B) is made from the share of black inhabitants, by a formula that supposes segregation to
have a price. Use it to talk about that, and `california_housing` to try out regression.
"""

from .downloads import fetch_arrays, shuffled_split

__all__ = ["load_data"]


def load_data(path="boston_housing.npz", test_split=0.2, seed=113):
    """(x_train, y_train), (x_test, y_test), downloaded at first use.

    x   float64, (n, 13)
    y   float64, (n,): the median price of a house, in 1,000 dollars
    path         name in the cache
    test_split   the share of the test set;  seed   of the order
    Raises DownloadError where there is no network; it says where to put a copy.
    """
    arrays = fetch_arrays("boston_housing.npz", path)
    return shuffled_split(arrays["x"], arrays["y"], test_split, seed)
