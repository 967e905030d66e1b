"""Examples: read, checked, split, transformed."""

import numpy as np
import pytest

from minikeras.datasets import digits
from minikeras.errors import DataError, ExperimentError
from minikeras.experiment import load_config
from minikeras.experiment.data import check_labels, load_parts, split_rows
from minikeras.experiment.schema import Split


def rows_of(y, seed=0, **fractions):
    return split_rows(np.asarray(y), Split(**fractions), seed)


@pytest.fixture
def npz(tiny, tmp_path):
    """npz(x, y, *overrides) loads the parts of a config on a file with these arrays."""
    def load(x, y, *overrides, **more):
        np.savez(tmp_path / "a.npz", **{"x": x, "y": y} | more)
        shape = f"model.input_shape={list(np.shape(x)[1:]) or [1]}"
        source = f"data.source={{type: npz, path: {tmp_path / 'a.npz'}}}"
        return load_parts(load_config(tiny, [shape, source, *overrides]))
    return load


@pytest.mark.parametrize("stratify", [False, True])
def test_the_parts_are_disjoint_and_cover_all(stratify):
    rows = rows_of(digits.load_all()[1], train=0.7, val=0.15, test=0.15, stratify=stratify)
    assert np.array_equal(np.sort(np.concatenate(list(rows.values()))), np.arange(1797))


def test_the_parts_have_their_share_to_within_one_example():
    rows = rows_of(np.arange(1797) % 10, train=0.7, val=0.15, test=0.15, stratify=True)
    sizes = [len(rows[name]) for name in ("train", "val", "test")]
    assert np.abs(np.array(sizes) - 1797 * np.array([0.7, 0.15, 0.15])).max() <= 1


def test_a_stratified_split_shares_out_each_class_to_within_one_example():
    y = digits.load_all()[1]
    rows = rows_of(y, train=0.7, val=0.15, test=0.15, stratify=True)
    for name, share in (("train", 0.7), ("val", 0.15), ("test", 0.15)):
        assert np.abs(np.bincount(y[rows[name]]) - share * np.bincount(y)).max() <= 2


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    y = digits.load_all()[1]
    first, again, other = (rows_of(y, seed, train=0.5, test=0.5)["train"] for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_split_seed_wins_over_the_run_s():
    split = Split(train=0.5, test=0.5, seed=9)
    first, second = (split_rows(np.arange(100), split, seed)["train"] for seed in (1, 2))
    assert np.array_equal(first, second)


def test_a_share_that_leaves_no_example_is_refused():
    with pytest.raises(DataError, match=r"data\.split\.val is 0\.01, which of 20 examples leaves none"):
        rows_of(np.zeros(20), train=0.99, val=0.01)


def test_transforms_apply_in_order_in_the_run_s_dtype(tiny):
    config = load_config(tiny, ["data.transforms=[{type: Rescale, scale: 0.5}, {type: Rescale, scale: 2, offset: -1}]"])
    rows = split_rows(digits.load_all()[1], config.data.split, 0)["val"]
    part = load_parts(config)["val"]
    assert part.x.dtype == np.float32
    assert np.array_equal(part.x, digits.load_all()[0][rows].astype(np.float32) - 1)


def test_float64_is_a_key_away(tiny):
    assert load_parts(load_config(tiny, ["runtime.dtype=float64"]))["train"].x.dtype == np.float64


def test_an_npz_source_names_its_arrays(npz):
    parts = npz(np.zeros((10, 2)), np.arange(10), "data.source.y=labels", labels=np.arange(10) % 3)
    assert sum(len(part.y) for part in parts.values()) == 10 and max(part.y.max() for part in parts.values()) == 2


@pytest.mark.parametrize(("x", "y", "message"), [
    (np.zeros((0, 2)), np.zeros(0), "there are no examples in it"),
    (np.zeros((4, 2)), np.zeros(3), "x has shape (4, 2) and y (3,)"),
    (np.array([[0.0], [np.nan], [np.inf]]), np.zeros(3), "2 of 3 examples hold NaN or infinity, the first at index 1"),
    (np.zeros((4, 2)), np.array([0, 1, np.nan, 0]), "y: 1 of 4 examples hold NaN"),
    (np.full((4, 2), "a"), np.zeros(4), "x holds <U1 values; numbers are needed"),
])
def test_examples_that_cannot_be_used_are_refused(npz, x, y, message):
    with pytest.raises(DataError) as caught:
        npz(x, y)
    assert message in str(caught.value)


def test_an_input_shape_that_does_not_fit_says_what_to_write(tiny):
    with pytest.raises(ExperimentError, match=r"input_shape is \(64,\).*Write input_shape: \[8, 8\]"):
        load_parts(load_config(tiny, ["model.input_shape=[64]"]))


def test_stratify_needs_class_ids(npz):
    with pytest.raises(ExperimentError, match=r"data\.split\.stratify needs one class id"):
        npz(np.zeros((10, 2)), np.zeros((10, 2)), "data.split.stratify=true")


def test_a_missing_npz_file_says_where_paths_start(tiny):
    with pytest.raises(ExperimentError, match=r"there is no file .*relative to that"):
        load_parts(load_config(tiny, ["data.source={type: npz, path: none.npz}"]))


def test_a_missing_array_names_those_there_are(npz):
    with pytest.raises(ExperimentError, match="holds no array 'z'; it has x, y"):
        npz(np.zeros((4, 2)), np.zeros(4), "data.source.x=z")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\x80\x04 pickle", b"\x93NUMPY"])
def test_a_file_that_is_no_npz_is_refused(tiny, tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ExperimentError, match=r"is not an \.npz file of plain arrays"):
        load_parts(load_config(tiny, [f"data.source={{type: npz, path: {tmp_path / 'a.npz'}}}"]))


def test_an_npz_with_pickled_objects_is_refused(npz):
    with pytest.raises(ExperimentError, match=r"is not an \.npz file of plain arrays"):
        npz(np.array([[print]] * 4, dtype=object), np.zeros(4))


@pytest.mark.parametrize(("y", "message"), [
    (np.array([0, 10]), "must lie between 0 and 9, because the last layer gives 10 values, but they go from 0 to 10"),
    (np.array([-1, 3]), "they go from -1 to 3"), (np.array([0.5, 1]), "must be whole numbers"),
])
def test_labels_beyond_the_last_layer_are_refused(tiny, y, message):
    with pytest.raises(DataError) as caught:
        check_labels(load_config(tiny), y, (None, 10), "train")
    assert message in str(caught.value)
