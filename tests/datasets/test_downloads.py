"""Loaders of data sets that are fetched, from small files of the same formats on a server here."""

import hashlib
import json

import numpy as np
import pytest

from minikeras import config, datasets
from minikeras.datasets import downloads
from minikeras.errors import DownloadError, FileFormatError

from . import files

FILES = files.all_files()


@pytest.fixture
def server(running, tmp_path, monkeypatch):
    """The server with all files, expected with their own hashes, and an empty cache."""
    running.files, running.cut, running.asked = dict(FILES), set(), []
    monkeypatch.setenv("MINIKERAS_HOME", str(tmp_path))
    for name, content in FILES.items():
        monkeypatch.setitem(downloads.SOURCES, name, (running.url, hashlib.sha256(content).hexdigest()))
    return running


def test_every_source_has_a_place_and_a_hash():
    assert set(downloads.SOURCES) == set(FILES)
    for folder, file_hash in downloads.SOURCES.values():
        assert folder.startswith("https://")
        assert folder.endswith("/")
        assert len(file_hash) in (32, 64)


def shapes(data):
    return [(array.shape, array.dtype.name) for part in data for array in part]


@pytest.mark.parametrize(("load", "want"), [
    (lambda: datasets.mnist.load_data(), [((6, 28, 28), "uint8"), ((6,), "uint8"), ((3, 28, 28), "uint8"),
                                          ((3,), "uint8")]),
    (lambda: datasets.fashion_mnist.load_data(), [((6, 28, 28), "uint8"), ((6,), "uint8"), ((3, 28, 28), "uint8"),
                                                  ((3,), "uint8")]),
    (lambda: datasets.cifar10.load_data(), [((20, 32, 32, 3), "uint8"), ((20, 1), "uint8"), ((4, 32, 32, 3), "uint8"),
                                            ((4, 1), "uint8")]),
    (lambda: datasets.cifar100.load_data(), [((4, 32, 32, 3), "uint8"), ((4, 1), "int64"), ((4, 32, 32, 3), "uint8"),
                                             ((4, 1), "int64")]),
    (lambda: datasets.imdb.load_data(), [((30,), "object"), ((30,), "int64"), ((20,), "object"), ((20,), "int64")]),
    (lambda: datasets.reuters.load_data(), [((40,), "object"), ((40,), "int64"), ((10,), "object"), ((10,), "int64")]),
    (lambda: datasets.boston_housing.load_data(), [((18, 13), "float64"), ((18,), "float64"), ((5, 13), "float64"),
                                                   ((5,), "float64")]),
    (lambda: datasets.california_housing.load_data("small"), [((480, 8), "float64"), ((480,), "float64"),
                                                              ((120, 8), "float64"), ((120,), "float64")]),
])
def test_data_come_in_keras_shapes_and_are_fetched_once(server, load, want):
    data = load()
    assert shapes(data) == want
    fetched = list(server.asked)
    again = load()
    assert server.asked == fetched
    assert all(np.array_equal(a, b) for part, other in zip(data, again) for a, b in zip(part, other))


def test_images_are_what_the_files_hold(server):
    (x_train, _), (_, y_test) = datasets.fashion_mnist.load_data()
    assert FILES["t10k-labels-idx1-ubyte.gz"] == files.idx(y_test)
    assert FILES["train-images-idx3-ubyte.gz"] == files.idx(x_train)


def test_channels_come_first_where_that_is_the_default(server):
    (last, fine), _ = datasets.cifar100.load_data()
    config.set_image_data_format("channels_first")
    try:
        (first, coarse), _ = datasets.cifar100.load_data("coarse")
    finally:
        config.set_image_data_format("channels_last")
    np.testing.assert_array_equal(first.transpose(0, 2, 3, 1), last)
    assert coarse.max() < 20
    assert not np.array_equal(fine, coarse)


def test_words_are_marked_shifted_and_limited(server):
    raw, _ = datasets.imdb.load_data(start_char=None, index_from=0, num_words=10**6)
    plain, _ = datasets.imdb.load_data(num_words=10**6)
    assert plain[0].tolist() == [[1, *(w + 3 for w in each)] for each in raw[0]]
    few, _ = datasets.imdb.load_data(num_words=100, skip_top=8, oov_char=2)
    assert few[0].tolist() == [[w if 8 <= w < 100 else 2 for w in each] for each in plain[0]]
    left, _ = datasets.imdb.load_data(num_words=100, skip_top=8, oov_char=None)
    assert left[0].tolist() == [[w for w in each if 8 <= w < 100] for each in plain[0]]
    short, _ = datasets.imdb.load_data(num_words=10**6, maxlen=6)
    assert short[0].tolist() == [each for each in plain[0] if len(each) < 6]
    assert short[1].tolist() == [y for each, y in zip(*plain) if len(each) < 6]


@pytest.mark.parametrize(("loader", "options", "text"), [
    ("imdb", {"maxlen": 1}, "shorter than maxlen=1"), ("reuters", {"maxlen": 1}, "shorter than maxlen=1"),
    ("reuters", {"test_split": 2}, "test_split"), ("boston_housing", {"test_split": 1}, "test_split"),
    ("california_housing", {"version": "x"}, "version"), ("cifar100", {"label_mode": "x"}, "label_mode")])
def test_arguments_out_of_range(server, loader, options, text):
    with pytest.raises(ValueError, match=text):
        getattr(datasets, loader).load_data(**options)


def test_unknown_arguments_are_refused():
    with pytest.raises(TypeError, match="nb_words"):
        datasets.imdb.load_data(nb_words=5)


def test_words_and_topics_have_names(server):
    assert datasets.imdb.get_word_index() == json.loads(FILES["imdb_word_index.json"])
    assert datasets.reuters.get_word_index() == {"mdbl": 10996}
    topics = datasets.reuters.get_label_names()
    assert (len(topics), topics[3], topics[-1]) == (46, "earn", "lead")


def test_another_hash_is_refused(server, tmp_path):
    server.files["mnist.npz"] += b"x"
    with pytest.raises(FileFormatError, match="was expected"):
        datasets.mnist.load_data()
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_without_a_network_the_error_says_where_to_put_a_copy(server, tmp_path):
    del server.files["mnist.npz"]
    with pytest.raises(DownloadError, match=str(tmp_path / "datasets" / "mnist.npz")):
        datasets.mnist.load_data()
    (tmp_path / "datasets" / "mnist.npz").write_bytes(FILES["mnist.npz"])
    datasets.mnist.load_data()


@pytest.mark.parametrize(("name", "content", "load"), [
    ("t10k-labels-idx1-ubyte.gz", b"no gzip", datasets.fashion_mnist.load_data),
    ("train-images-idx3-ubyte.gz", FILES["train-images-idx3-ubyte.gz"][:50], datasets.fashion_mnist.load_data),
    ("cifar-10-python.tar.gz", files.tar({f"cifar-10-batches-py/{name}": files.python2({b"x": 1}) for name in (
        *(f"data_batch_{i}" for i in range(1, 6)), "test_batch")}), datasets.cifar10.load_data),
    ("imdb.npz", b"no zip", datasets.imdb.load_data), ("mnist.npz", b"no zip", datasets.mnist.load_data)])
def test_files_of_another_format_are_told(server, monkeypatch, name, content, load):
    server.files[name] = content
    monkeypatch.setitem(downloads.SOURCES, name, (server.url, hashlib.sha256(content).hexdigest()))
    with pytest.raises(FileFormatError):
        load()
