"""Data sets with Keras' loaders: `load_data()` gives (x_train, y_train), (x_test, y_test).

In the package: `digits`, `iris`, `wine`, `breast_cancer`, `diabetes`. Fetched at first use: `mnist`, `fashion_mnist`,
`cifar10`, `cifar100`, `imdb`, `reuters`, `california_housing`, `boston_housing`.
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
    wine,
)

__all__ = ["boston_housing", "breast_cancer", "california_housing", "cifar10", "cifar100", "diabetes", "digits",
           "fashion_mnist", "imdb", "iris", "mnist", "reuters", "wine"]
