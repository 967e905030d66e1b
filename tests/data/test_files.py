"""Files: lines, tables and memory-mapped arrays, read as they are needed."""

import gzip
import tracemalloc

import numpy as np
import pytest

import minikeras as tf
from minikeras.data import Dataset, TextLineDataset
from minikeras.data.experimental import CsvDataset, make_csv_dataset
from minikeras.errors import DataError

from .test_pipelines import values


def peak_of(function):
    """The most memory in bytes that a call took."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_memory_mapped_array_is_read_a_batch_at_a_time(tmp_path):
    size = 2000, 1000       # 8 MB
    np.save(tmp_path / "x.npy", np.zeros(size, np.float32))
    written = np.memmap(tmp_path / "y", np.float32, "w+", shape=size)
    written[:] = np.arange(size[0])[:, None]
    written.flush()
    del written

    def run():
        for mapped in np.load(tmp_path / "x.npy", mmap_mode="r"), np.memmap(tmp_path / "y", np.float32, "r", 0, size):
            dataset = Dataset.from_tensor_slices((mapped, np.arange(len(mapped)))).shuffle(2000, seed=1).batch(20)
            batches = dataset.repeat(2)
            assert all(type(x._array) is np.ndarray and x.shape == (20, 1000) for x, _ in batches)
        x, numbers = next(iter(batches))
        assert x[:, 0].tolist() == numbers.tolist()
    run()       # whatever is loaded at first use
    assert peak_of(run) < 1_000_000


def test_lines_come_without_their_ends(tmp_path):
    (tmp_path / "a").write_bytes(b"one\r\ntwo\n\nthree")
    with gzip.open(tmp_path / "b.gz", "wb") as file:
        file.write("vier: äö\n".encode())
    lines = TextLineDataset(tmp_path / "a")
    assert values(lines) == [b"one", b"two", b"", b"three"]
    assert values(lines.batch(3)) == [[b"one", b"two", b""], [b"three"]]
    assert values(TextLineDataset([str(tmp_path / "b.gz")], compression_type="GZIP")) == ["vier: äö".encode()]
    both = Dataset.from_tensor_slices([str(tmp_path / "a")] * 2).interleave(TextLineDataset, cycle_length=2)
    assert values(both)[:4] == [b"one", b"one", b"two", b"two"]


def test_a_large_file_streams(tmp_path):
    with open(tmp_path / "big.csv", "w") as file:
        file.write("a,b,label\n")
        for i in range(1500):
            file.write(f"{i},{i / 2},{'x' * 400}\n")
    dataset = CsvDataset(tmp_path / "big.csv", [tf.int32, tf.float32, tf.string], header=True).shuffle(20).batch(20)
    assert peak_of(lambda: [None for _ in dataset]) < 200_000


CSV = 'name,age,"note",y\nann,1,"a, b",0.5\nbob,,,1\n"c ""c""",3,x,2.5\n'


@pytest.fixture
def csv_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(CSV)
    return str(path)


def test_rows_of_a_table_are_tuples(csv_file):
    dataset = CsvDataset(csv_file, [tf.string, tf.constant([-1]), tf.constant([""]), tf.float64], header=True)
    rows = [(b"ann", 1, b"a, b", 0.5), (b"bob", -1, b"", 1.0), (b'c "c"', 3, b"x", 2.5)]
    assert values(dataset) == rows
    assert dataset.element_spec == tuple(tf.TensorSpec((), kind) for kind in ("string", "int32", "string", "float64"))
    assert values(dataset.batch(3)) == [tuple(map(list, zip(*rows)))]


def test_columns_can_be_selected_and_others_left_out(csv_file):
    assert values(CsvDataset(csv_file, [tf.float32], header=True, select_cols=[3])) == [(0.5,), (1.0,), (2.5,)]
    dataset = CsvDataset(csv_file, [tf.string, tf.float32], header=True, exclude_cols=[1, 2])
    assert values(dataset)[0] == (b"ann", 0.5)
    assert values(CsvDataset(csv_file, [tf.constant([7])], header=True, select_cols=[1], na_value="3")) == [
        (1,), (7,), (7,)]


@pytest.mark.parametrize("defaults, words", [
    ([tf.string, tf.int32, tf.string, tf.float32], "nothing in column 1 of the row.*bob"),
    ([tf.int32, tf.string, tf.string, tf.float32], "'ann' in column 0 is no int32"),
    ([tf.string] * 5, "4 columns, 5 are needed"),
])
def test_rows_that_cannot_be_read_are_told(csv_file, defaults, words):
    with pytest.raises(DataError, match=words):
        list(CsvDataset(csv_file, defaults, header=True))


@pytest.mark.parametrize("line, words", [
    (b"bob", r"table.csv, line 3: the row has 1 columns, 2 are needed"),
    (b"\xff,1", r"table.csv, near line \d: .*utf-8"),
    (b"x" * 200_000, r"table.csv, near line 3: .*field larger than"),
], ids=["short", "encoding", "long"])
def test_the_place_of_a_row_that_cannot_be_read_is_told(tmp_path, line, words):
    path = tmp_path / "table.csv"
    path.write_bytes(b"name,age\nann,1\n" + line + b"\n")
    with pytest.raises(DataError, match=words):
        list(CsvDataset(str(path), [tf.string, tf.int32], header=True))
    with pytest.raises(DataError, match=words):
        make_csv_dataset(str(path), 1)


def test_batches_of_a_table_by_name(csv_file):
    dataset = make_csv_dataset(csv_file, batch_size=2, label_name="y", num_epochs=1, shuffle=False)
    (first, labels), _ = dataset
    assert {name: x.tolist() for name, x in first.items()} == {
        "name": [b"ann", b"bob"], "age": [1, 0], "note": [b"a, b", b""]}
    assert labels.tolist() == [0.5, 1.0]
    assert (first["age"].dtype, labels.dtype) == ("int32", "float32")
    assert dataset.element_spec[1] == tf.TensorSpec((None,), "float32")


def test_a_table_repeats_full_batches_in_random_order_by_default(csv_file):
    dataset = make_csv_dataset(csv_file, 2, select_columns=["age", "name"], shuffle_seed=1)
    batches = values(dataset.take(6))
    assert all(len(batch["name"]) == 2 and list(batch) == ["name", "age"] for batch in batches)
    assert sorted(name for batch in batches for name in batch["name"]) == sorted([b"ann", b"bob", b'c "c"'] * 4)
    assert int(dataset.cardinality()) == tf.data.INFINITE_CARDINALITY


def test_files_are_listed_by_pattern(tmp_path):
    for name in "bca":
        (tmp_path / f"{name}.txt").touch()
    paths = [str(tmp_path / f"{name}.txt").encode() for name in "abc"]
    assert values(Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)) == paths
    assert sorted(values(Dataset.list_files(str(tmp_path / "*.txt")))) == paths
    with pytest.raises(DataError, match="no file"):
        Dataset.list_files(str(tmp_path / "*.png"))
