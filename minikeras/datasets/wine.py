"""178 wines of three growers in one region of Italy, by chemical analysis: Aeberhard and Forina 1991."""

import numpy as np

from .tables import load_table

__all__ = ["get_feature_names", "get_label_names", "load_data"]


def load_data(test_split=0.2, seed=113):
    """(x_train, y_train), (x_test, y_test) with 142 and 36 wines; no download.

    x   float32, (n, 13): `get_feature_names` says what
    y   int32, (n,): the grower, 0 to 2
    test_split   the share of the test set
    seed         of the order, which is NumPy's RandomState(seed).shuffle, as Keras' loaders have it
    Licence and citation stand in TABLES.md beside this file.
    """
    return load_table("wine.csv.gz", np.int32, test_split, seed)


def get_feature_names():
    """What the 13 columns are."""
    return ("alcohol", "malic acid", "ash", "alcalinity of ash", "magnesium", "total phenols", "flavanoids",
            "nonflavanoid phenols", "proanthocyanins", "color intensity", "hue", "od280/od315 of diluted wines",
            "proline")


def get_label_names():
    """The names of the classes, in the order of their numbers."""
    return ("class 0", "class 1", "class 2")
