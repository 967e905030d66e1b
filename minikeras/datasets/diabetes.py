"""442 people with diabetes and how far it went in a year: Efron, Hastie, Johnstone and Tibshirani 2004."""

import numpy as np

from .tables import load_table

__all__ = ["get_feature_names", "load_data"]


def load_data(test_split=0.2, seed=113):
    """(x_train, y_train), (x_test, y_test) with 353 and 89 people; no download.

    x   float32, (n, 10): `get_feature_names` says what
    y   float32, (n,): a measure of the disease a year later, 25 to 346
    test_split   the share of the test set
    seed         of the order, which is NumPy's RandomState(seed).shuffle, as Keras' loaders have it
    Licence and citation stand in TABLES.md beside this file.
    """
    return load_table("diabetes.csv.gz", np.float32, test_split, seed)


def get_feature_names():
    """What the 10 columns are."""
    return ("age", "sex", "body mass index", "blood pressure", "total cholesterol", "low-density lipoproteins",
            "high-density lipoproteins", "total cholesterol by high-density", "log of triglycerides", "blood sugar")
