"""The tables that ship with the package."""

from pathlib import Path

import numpy as np
import pytest

import minikeras
from minikeras import datasets
from minikeras.datasets.tables import read_table
from minikeras.errors import FileFormatError

# Name: examples, features, counts of the classes. From the descriptions in TABLES.md's sources.
TABLES = {"iris": (150, 4, [50, 50, 50]), "wine": (178, 13, [59, 71, 48]), "breast_cancer": (569, 30, [212, 357]),
          "diabetes": (442, 10, None)}


@pytest.mark.parametrize("name", TABLES)
def test_data_have_the_documented_shapes(name):
    count, width, classes = TABLES[name]
    module = getattr(datasets, name)
    (x_train, y_train), (x_test, y_test) = module.load_data()
    assert x_train.dtype == x_test.dtype == np.float32
    assert len(x_train) == len(y_train) == int(count * 0.8)
    assert len(x_test) == len(y_test) == count - len(x_train)
    assert x_train.shape[1] == x_test.shape[1] == len(module.get_feature_names()) == width
    assert f"{len(x_train)} and {len(x_test)}" in module.load_data.__doc__
    if classes is None:
        assert y_train.dtype == np.float32
        assert (min(y_train.min(), y_test.min()), max(y_train.max(), y_test.max())) == (25, 346)
    else:
        assert y_train.dtype == np.int32
        assert np.bincount(np.concatenate([y_train, y_test])).tolist() == classes
        assert len(module.get_label_names()) == len(classes)
        assert len(set(y_train)) == len(set(y_test)) == len(classes)


@pytest.mark.parametrize(("name", "first"), [
    ("iris", [5.1, 3.5, 1.4, 0.2, 0]), ("diabetes", [59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.8598, 87, 151])])
def test_the_values_are_the_source_s(name, first):
    assert read_table(f"{name}.csv.gz", np.float64)[0].tolist() == first


def test_the_split_is_fixed_and_can_be_chosen():
    (x, _), (_, y_test) = datasets.iris.load_data()
    assert y_test[:12].tolist() == datasets.iris.load_data()[1][1][:12].tolist()
    order = np.arange(150)
    np.random.RandomState(113).shuffle(order)
    assert x[0].tolist() == read_table("iris.csv.gz", np.float32)[order[0], :4].tolist()
    assert len(datasets.iris.load_data(test_split=0.5)[0][0]) == 75
    assert not np.array_equal(datasets.iris.load_data(seed=1)[0][0], x)


def test_licences_and_citations_ship_beside_the_data():
    text = (Path(minikeras.__file__).parent / "datasets" / "TABLES.md").read_text()
    for needed in ("CC BY 4.0", "10.24432/C56C76", "10.24432/C5PC7J", "10.24432/C5DW2B", "Efron", "BSD 3-Clause"):
        assert needed in text


def test_damaged_data_say_to_install_again(tmp_path, monkeypatch):
    (tmp_path / "iris.csv.gz").write_bytes(b"\x1f\x8bnot gzip")
    monkeypatch.setattr(datasets.tables, "FOLDER", tmp_path)
    with pytest.raises(FileFormatError, match="Install minikeras again"):
        datasets.iris.load_data()
