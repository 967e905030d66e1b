"""Small files in the formats of the data sets that are downloaded."""

import gzip
import io
import json
import pickle
import struct
import tarfile

import numpy as np


class _Python2(pickle._Pickler):
    """Writes bytes as the strings of Python 2, with the instructions that it had for them."""

    def save_bytes(self, obj):
        self.write(b"U" + bytes([len(obj)]) + obj if len(obj) < 256 else b"T" + struct.pack("<i", len(obj)) + obj)
        self.memoize(obj)

    dispatch = {**pickle._Pickler.dispatch, bytes: save_bytes}  # noqa: RUF012


def python2(obj):
    """A pickle as Python 2 and its NumPy wrote them."""
    file = io.BytesIO()
    _Python2(file, 2).dump(obj)
    return file.getvalue().replace(b"cnumpy._core.", b"cnumpy.core.")


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def tar(members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def word_lists(count, random, longest=12):
    """An array of lists of numbers of one and of several bytes."""
    lists = np.empty(count, object)
    for i in range(count):
        lists[i] = random.integers(1, random.choice([9, 300, 70000]), random.integers(1, longest)).tolist()
    return lists


def idx(array):
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + shape + array.tobytes(), mtime=0)


def cifar_batch(count, random, **labels):
    return python2({b"batch_label": b"one of a few", **{k.encode(): v for k, v in labels.items()},
                    b"data": random.integers(0, 256, (count, 3072)).astype(np.uint8),
                    b"filenames": [b"a_%d.png" % i for i in range(count)]})


def all_files(seed=0):
    """{name: bytes} of every file that a loader fetches, a few examples in each."""
    random = np.random.default_rng(seed)
    few = lambda n, high=10: random.integers(0, high, n)
    images = lambda n: random.integers(0, 256, (n, 28, 28)).astype(np.uint8)
    return {
        "mnist.npz": npz(x_train=images(6), y_train=few(6).astype(np.uint8), x_test=images(3),
                         y_test=few(3).astype(np.uint8)),
        "boston_housing.npz": npz(x=random.normal(size=(23, 13)), y=random.normal(size=23)),
        "california_housing.npz": npz(x=random.normal(size=(617, 8)), y=random.normal(size=617)),
        "imdb.npz": npz(x_train=word_lists(30, random), y_train=few(30, 2), x_test=word_lists(20, random),
                        y_test=few(20, 2)),
        "reuters.npz": npz(x=word_lists(50, random), y=few(50, 46)),
        "imdb_word_index.json": json.dumps({"the": 1, "é": 2}).encode(),
        "reuters_word_index.json": json.dumps({"mdbl": 10996}).encode(),
        **{f"{part}-labels-idx1-ubyte.gz": idx(few(n).astype(np.uint8)) for part, n in (("train", 6), ("t10k", 3))},
        **{f"{part}-images-idx3-ubyte.gz": idx(images(n)) for part, n in (("train", 6), ("t10k", 3))},
        "cifar-10-python.tar.gz": tar({
            f"cifar-10-batches-py/{name}": cifar_batch(4, random, labels=few(4).tolist())
            for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")}),
        "cifar-100-python.tar.gz": tar({
            f"cifar-100-python/{name}": cifar_batch(4, random, fine_labels=few(4, 100).tolist(),
                                                    coarse_labels=few(4, 20).tolist()) for name in ("train", "test")}),
    }
