"""150 flowers of three kinds of iris: Fisher 1936, "The use of multiple measurements in taxonomic problems"."""

import numpy as np

from .tables import load_table

__all__ = ["get_feature_names", "get_label_names", "load_data"]


def load_data(test_split=0.2, seed=113):
    """(x_train, y_train), (x_test, y_test) with 120 and 30 flowers; no download.

    x   float32, (n, 4): `get_feature_names` says what
    y   int32, (n,): 0 setosa, 1 versicolor, 2 virginica
    test_split   the share of the test set
    seed         of the order, which is NumPy's RandomState(seed).shuffle, as Keras' loaders have it
    Licence and citation stand in TABLES.md beside this file.
    """
    return load_table("iris.csv.gz", np.int32, test_split, seed)


def get_feature_names():
    """What the 4 columns are."""
    return ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")


def get_label_names():
    """The names of the classes, in the order of their numbers."""
    return ("setosa", "versicolor", "virginica")
