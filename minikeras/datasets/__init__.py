"""Data sets with Keras' loaders: `load_data()` gives (x_train, y_train), (x_test, y_test).

In the package: `digits`, `iris`, `wine`, `breast_cancer`, `diabetes`. Fetched at first use: `mnist`, `fashion_mnist`,
`cifar10`, `cifar100`, `imdb`, `reuters`, `california_housing`, `boston_housing`. Made up: `make_moons` and others of
`synthetic`.
"""

from . import (
    boston_housing,
    breast_cancer,
    california_housing,
    cifar10,
    cifar100,
    diabetes,
    digits,
    fashion_mnist,
    imdb,
    iris,
    mnist,
    reuters,
    synthetic,
    wine,
)
from .synthetic import (
    make_blobs,
    make_circles,
    make_classification,
    make_moons,
    make_regression,
    make_series,
    make_spirals,
)

__all__ = ["boston_housing", "breast_cancer", "california_housing", "cifar10", "cifar100", "diabetes", "digits",
           "fashion_mnist", "imdb", "iris", "make_blobs", "make_circles", "make_classification", "make_moons",
           "make_regression", "make_series", "make_spirals", "mnist", "reuters", "synthetic", "wine"]
