"""Predictions from files into files."""

import json

import numpy as np
import pytest

from minikeras.datasets import digits
from minikeras.errors import DataError, ExperimentError
from minikeras.experiment import load_config, open_run, predict, train
from minikeras.experiment.predicting import read_inputs

from .conftest import TINY


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run whose transforms matter."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "c.yaml").write_text(TINY)
    overrides = ["data.transforms=[{type: Rescale, scale: 0.0625}]", "logging.progress=none"]
    return train(load_config(folder / "c.yaml", overrides), folder / "run", lambda line: None).folder


@pytest.fixture
def images(tmp_path):
    x = digits.load_all()[0][:5]
    np.save(tmp_path / "in.npy", x)
    np.savetxt(tmp_path / "in.csv", x.reshape(5, 64), fmt="%d", delimiter=",")
    return x


def expected(run, x):
    logits = open_run(run).model.predict(x.astype(np.float32) / 16, verbose=0).astype(np.float64)
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def test_npy_out_holds_the_probabilities_of_transformed_inputs(run, images, tmp_path):
    assert predict(run, tmp_path / "in.npy", tmp_path / "out.npy") == 5
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected(run, images), rtol=1e-5)


def test_csv_out_holds_the_class_and_its_probabilities(run, images, tmp_path):
    predict(run, tmp_path / "in.csv", tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0].split(",")[:2] == ["predicted", "probability_0"] and len(lines) == 6
    table = np.array([line.split(",") for line in lines[1:]], dtype=float)
    assert np.array_equal(table[:, 0], expected(run, images).argmax(axis=1))
    np.testing.assert_allclose(table[:, 1:], expected(run, images), rtol=1e-5)


def test_jsonl_out_holds_one_object_an_example(run, images, tmp_path):
    predict(run, tmp_path / "in.npy", tmp_path / "out.jsonl")
    objects = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [o["index"] for o in objects] == list(range(5)) and len(objects[0]["probabilities"]) == 10


def test_an_unknown_extension_of_out_is_refused_before_anything_is_read(run, tmp_path):
    with pytest.raises(ExperimentError, match=r"written as \.csv, \.npy, \.jsonl, not as \.txt"):
        predict(run, tmp_path / "none.csv", tmp_path / "out.txt")


def test_out_in_a_missing_folder_is_refused(run, tmp_path):
    with pytest.raises(ExperimentError, match="there is no folder"):
        predict(run, tmp_path / "none.csv", tmp_path / "none" / "out.csv")


def test_a_header_and_blank_lines_are_skipped(tmp_path):
    (tmp_path / "in.csv").write_text("a,b\n\n1,2\n3, 4.5\n")
    assert read_inputs(tmp_path / "in.csv", [2]).tolist() == [[1, 2], [3, 4.5]]


@pytest.mark.parametrize(("text", "message"), [
    ("1,2,3\n", "in.csv:1: 3 values, but the model takes 4 (2 x 2) a line"),
    ("1,2,3,4\n1,x,3,4\n", "in.csv:2: value 2 is 'x', which is not a number"),
    ("1,2,3,4\n1,,3,4\n", "in.csv:2: value 2 is '', which is not a number"),
    ("1,2,3,nan\n", "1 of 1 examples hold NaN or infinity, the first at index 0"),
    ("", "there are no examples in it"), ("a,b,c,d\n", "there are no examples in it"),
])
def test_csv_that_does_not_fit_names_the_line(tmp_path, text, message):
    (tmp_path / "in.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        read_inputs(tmp_path / "in.csv", [2, 2])
    assert message in str(caught.value)


@pytest.mark.parametrize(("array", "message"), [
    (np.zeros((3, 5)), "it holds shape (3, 5) and dtype float64, but the model takes numbers of shape (n, 2, 2)"),
    (np.zeros(()), "it holds shape ()"), (np.zeros((2, 2)), "it holds shape (2, 2)"),
    (np.full((1, 4), np.inf), "hold NaN or infinity"), (np.full((1, 4), "a"), "dtype <U1"),
    (np.zeros((0, 4)), "there are no examples in it"),
])
def test_npy_that_does_not_fit_says_what_is_taken(tmp_path, array, message):
    np.save(tmp_path / "in.npy", array)
    with pytest.raises(DataError) as caught:
        read_inputs(tmp_path / "in.npy", [2, 2])
    assert message in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x93NUMPY\x01\x00", b"PK\x03\x04"])
def test_a_file_that_is_no_npy_is_refused(tmp_path, content):
    (tmp_path / "in.npy").write_bytes(content)
    with pytest.raises(DataError, match=r"it is no \.npy file"):
        read_inputs(tmp_path / "in.npy", [4])


def test_pickled_objects_are_refused(tmp_path):
    np.save(tmp_path / "in.npy", np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"it is no \.npy file of plain numbers"):
        read_inputs(tmp_path / "in.npy", [1])


@pytest.mark.parametrize(("name", "message"), [("in.txt", "inputs are read from .npy or .csv"), ("in.csv", "no such")])
def test_an_unknown_or_missing_input_is_refused(tmp_path, name, message):
    with pytest.raises(ExperimentError) as caught:
        read_inputs(tmp_path / name, [4])
    assert message in str(caught.value)


def test_text_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "in.csv").write_bytes(b"\xff\xfe1,2")
    with pytest.raises(ExperimentError, match="it cannot be read"):
        read_inputs(tmp_path / "in.csv", [2])
