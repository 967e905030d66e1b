"""The digits that ship with the package."""

import gzip
from pathlib import Path

import numpy as np
import pytest

import minikeras
from minikeras.datasets import digits, tables
from minikeras.errors import FileFormatError


def test_load_data_gives_uint8_images_and_labels_split_as_documented():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert x_train.shape == (1437, 8, 8) and x_test.shape == (360, 8, 8)
    assert y_train.shape == (1437,) and y_test.shape == (360,)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}


def test_pixels_go_from_0_to_16_and_labels_from_0_to_9():
    x, y = digits.load_all()
    assert (x.min(), x.max(), y.min(), y.max()) == (0, 16, 0, 9)


def test_the_classes_count_as_the_source_says():
    _, y = digits.load_all()
    # scikit-learn's datasets/descr/digits.rst and the UCI page's table of the test set.
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_first_image_is_the_source_s_first_line():
    x, y = digits.load_all()
    path = Path(minikeras.__file__).parent / "datasets" / "digits.csv.gz"
    first = gzip.decompress(path.read_bytes()).split(b"\n")[0].split(b",")
    assert x[0].ravel().tolist() + [int(y[0])] == [int(v) for v in first]


def test_load_data_keeps_the_source_order():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    x, y = digits.load_all()
    assert np.array_equal(np.concatenate([x_train, x_test]), x)
    assert np.array_equal(np.concatenate([y_train, y_test]), y)


def test_loaded_arrays_are_the_caller_s_own():
    digits.load_data()[0][0][:] = 99
    assert digits.load_data()[0][0].max() == 16


def test_the_licence_and_citation_ship_beside_the_data():
    text = (Path(minikeras.__file__).parent / "datasets" / "DIGITS.md").read_text()
    assert "CC BY 4.0" in text and "10.24432/C50P49" in text and "Alpaydin" in text


def test_a_damaged_copy_says_to_install_again(tmp_path, monkeypatch):
    broken = tmp_path / "digits.csv.gz"
    broken.write_bytes(b"\x1f\x8bnot gzip")
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    with pytest.raises(FileFormatError, match="Install minikeras again"):
        digits.load_data()
