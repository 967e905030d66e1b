"""569 lumps of the breast, by measures of their cells' nuclei: Wolberg, Mangasarian and Street 1995."""

import numpy as np

from .tables import load_table

__all__ = ["get_feature_names", "get_label_names", "load_data"]


def load_data(test_split=0.2, seed=113):
    """(x_train, y_train), (x_test, y_test) with 455 and 114 lumps; no download.

    x   float32, (n, 30): `get_feature_names` says what
    y   int32, (n,): 0 malignant, 1 benign
    test_split   the share of the test set
    seed         of the order, which is NumPy's RandomState(seed).shuffle, as Keras' loaders have it
    Licence and citation stand in TABLES.md beside this file.
    """
    return load_table("breast_cancer.csv.gz", np.int32, test_split, seed)


def get_feature_names():
    """What the 30 columns are."""
    return tuple(f"{statistic} {measure}" for statistic in ("mean", "error of", "worst") for measure in (
        "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points",
        "symmetry", "fractal dimension"))


def get_label_names():
    """The names of the classes, in the order of their numbers."""
    return ("malignant", "benign")
