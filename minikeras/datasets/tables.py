"""Tables that ship with the package: comma-separated numbers, one example a line, its target last."""

import gzip
from pathlib import Path

import numpy as np

from ..errors import FileFormatError
from .downloads import shuffled_split

FOLDER = Path(__file__).parent


def read_table(name, dtype):
    """The numbers in a file of this folder, (examples, features + 1). Raises FileFormatError for a damaged one."""
    path = FOLDER / name
    try:
        with gzip.open(path, "rt", encoding="ascii") as lines:
            return np.loadtxt(lines, delimiter=",", dtype=dtype, ndmin=2)
    except (OSError, EOFError, ValueError) as error:
        raise FileFormatError(f"{path}: the data that ship with minikeras cannot be read ({error}). Install minikeras "
                              "again.") from error


def load_table(name, target_dtype, test_split, seed):
    """(x_train, y_train), (x_test, y_test) of a table, x float32: shuffled and cut as by Keras' loaders."""
    table = read_table(name, np.float64)
    return shuffled_split(table[:, :-1].astype(np.float32), table[:, -1].astype(target_dtype), test_split, seed)
