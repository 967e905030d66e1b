"""Where the data sets come from that are downloaded, and what all their loaders share."""

from pathlib import Path

import numpy as np

from ..arguments import number
from ..saving.arrays import read_npz
from ..utils.files import get_file

_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_TORONTO = "https://www.cs.toronto.edu/~kriz/"

# Name of a file: the folder it is in, and its SHA-256 or MD5. All are Keras' own, but for those of Fashion-MNIST, which
# Keras does not check: they are those of the files that Zalando Research publishes, which have the same sizes.
SOURCES = {
    "boston_housing.npz": (_KERAS, "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"),
    "california_housing.npz": (_KERAS, "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"),
    "cifar-10-python.tar.gz": (_TORONTO, "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"),
    "cifar-100-python.tar.gz": (_TORONTO, "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"),
    "imdb.npz": (_KERAS, "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"),
    "imdb_word_index.json": (_KERAS, "bfafd718b763782e994055a2d397834f"),
    "mnist.npz": (_KERAS, "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"),
    "reuters.npz": (_KERAS, "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"),
    "reuters_word_index.json": (_KERAS, "4d44cc38712099c9e383dc6e5f11a921"),
    "t10k-images-idx3-ubyte.gz": (_KERAS, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
    "t10k-labels-idx1-ubyte.gz": (_KERAS, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    "train-images-idx3-ubyte.gz": (_KERAS, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
    "train-labels-idx1-ubyte.gz": (_KERAS, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
}


def fetch(name, fname=None, **options):
    """The path of a file of SOURCES, downloaded unless it is in the cache under `fname`, its own name by default."""
    folder, file_hash = SOURCES[name]
    return Path(get_file(fname or name, folder + name, file_hash=file_hash, **options))


def fetch_arrays(name, fname=None):
    """The arrays of an npz file of SOURCES, by name."""
    path = fetch(name, fname)
    return read_npz(path.read_bytes(), path)


def shuffled_split(x, y, test_split, seed):
    """(x_train, y_train), (x_test, y_test): shuffled by NumPy's RandomState(seed), as Keras does, and cut."""
    number("load_data: test_split", test_split, 0, 1, below=True)
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    x, y, cut = x[order], y[order], int(len(x) * (1 - test_split))
    return (x[:cut].copy(), y[:cut].copy()), (x[cut:].copy(), y[cut:].copy())
