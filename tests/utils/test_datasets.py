"""Data sets of folders, of series, and in two parts; numbers of files and orders as recorded from Keras 3.15.1."""

import wave

import numpy as np
import pytest

import minikeras as tf
from minikeras import utils
from minikeras.data import Dataset
from minikeras.errors import DataError, FileFormatError

from ..data.test_pipelines import values

# --- folders -------------------------------------------------------------------------------------------------------

KERAS_ORDER = [
    "bee/1", "ape/0", "bee/0", "cat/1", "cat/0", "ore/3",
    "cat/2", "ore/3", "ape/1", "bee/2", "ore/3", "ape/2"]


@pytest.fixture
def folder(tmp_path):
    """Texts and sounds of three classes, some in folders of folders."""
    for label, name in enumerate(("ape", "bee", "cat")):
        (tmp_path / name / "more").mkdir(parents=True)
        for i in range(4):
            path = tmp_path / name / ("more" if i == 3 else "") / f"{i}"
            path.with_suffix(".txt").write_text(f"{name} {i}")
            with wave.open(str(path.with_suffix(".wav")), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes(np.full(i + 1, 8192 * label, "<i2").tobytes())
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "notes.md").touch()
    return tmp_path


def texts(directory, **options):
    return utils.text_dataset_from_directory(directory, **{"shuffle": False, "verbose": False, **options})


def test_folders_are_classes(folder, capsys):
    dataset = texts(folder, batch_size=5, verbose=True)
    assert capsys.readouterr().out == "Found 12 files belonging to 3 classes.\n"
    assert dataset.class_names == ["ape", "bee", "cat"]
    assert dataset.file_paths[3:5] == [str(folder / "ape" / "more" / "3.txt"), str(folder / "bee" / "0.txt")]
    first, labels = values(dataset)[0]
    assert (first, labels) == ([b"ape 0", b"ape 1", b"ape 2", b"ape 3", b"bee 0"], [0, 0, 0, 0, 1])
    assert dataset.element_spec == (tf.TensorSpec((None,), "string"), tf.TensorSpec((None,), "int32"))


@pytest.mark.parametrize("options, expected", [
    ({"label_mode": "categorical"}, [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    ({"class_names": ["cat", "ape"], "label_mode": "binary"}, [[0], [1]]),
    ({"class_names": ["cat", "ape", "bee"]}, [0, 1, 2]),
])
def test_labels_are_encoded(folder, options, expected):
    _x, y = texts(folder, batch_size=12, **options).get_single_element()
    assert y.numpy()[::4].tolist() == expected
    assert y.dtype == ("int32" if y.ndim == 1 else "float32")


def test_labels_may_be_given_or_left_out(folder):
    given = list(range(12))
    _x, y = texts(folder, labels=given, batch_size=None).batch(12).get_single_element()
    assert y.tolist() == given
    assert texts(folder, labels=None, max_length=2, batch_size=12).get_single_element().tolist()[::4] == [
        b"ap", b"be", b"ca"]


def test_subsets_are_those_of_keras_for_a_seed(folder):
    options = {"validation_split": 0.25, "seed": 123, "shuffle": True}
    training, validation = [[path[-9:-4] for path in texts(folder, subset=subset, **options).file_paths]
                            for subset in ("training", "validation")]
    assert training + validation == KERAS_ORDER
    assert len(validation) == 3
    both = texts(folder, subset="both", **options)
    assert [[path[-9:-4] for path in dataset.file_paths] for dataset in both] == [training, validation]


def test_shuffled_files_keep_their_labels_and_come_in_another_order_each_time(folder):
    dataset = texts(folder, shuffle=True, seed=1, batch_size=12)
    passes = [dataset.get_single_element() for _ in range(2)]
    assert passes[0][0].tolist() != passes[1][0].tolist()
    for x, y in passes:
        assert [["ape", "bee", "cat"].index(text.decode()[:3]) for text in x.tolist()] == y.tolist()


@pytest.mark.parametrize("options, words", [
    ({"labels": "x"}, "labels must be"), ({"labels": [1, 2]}, "2 labels for 12 files"),
    ({"label_mode": "x"}, "label_mode"), ({"label_mode": "binary"}, "two classes"),
    ({"class_names": ["dog"]}, "names of the folders"), ({"labels": None, "class_names": ["ape"]}, "inferred"),
    ({"validation_split": 2.0, "subset": "both"}, "between 0 and 1"), ({"subset": "training"}, "goes with subset"),
    ({"validation_split": 0.2, "subset": "training", "shuffle": True}, "give a seed"),
    ({"format": "grain"}, "format"), ({"max_length": 0}, "max_length"),
])
def test_arguments_that_do_not_fit_are_refused(folder, options, words):
    with pytest.raises(ValueError, match=words):
        texts(folder, **options)


def test_a_folder_without_files_is_told(tmp_path):
    with pytest.raises(DataError, match=r"no files.*\.txt"):
        texts(tmp_path, labels=None)


def test_sounds_are_padded_to_the_longest_of_a_batch(folder):
    def sounds(**options):
        return utils.audio_dataset_from_directory(folder, shuffle=False, verbose=False, **options)
    x, _y = sounds(batch_size=12).get_single_element()
    assert x.shape == (12, 4, 1)
    assert x.numpy()[9, :, 0].tolist() == [0.5, 0.5, 0.0, 0.0]
    assert sounds(output_sequence_length=2, batch_size=12).get_single_element()[0].shape == (12, 2, 1)
    with pytest.raises(ValueError, match="Resample"):
        sounds(sampling_rate=8000)
    whole = (folder / "ape" / "2.wav").read_bytes()
    for cut in (1, 2):
        (folder / "ape" / "0.wav").write_bytes(whole[:-cut])
        with pytest.raises(FileFormatError, match=r"0\.wav is cut short"):
            list(sounds())
    (folder / "ape" / "0.wav").write_bytes(b"RIFF....")
    with pytest.raises(FileFormatError, match=r"0\.wav is no \.wav file"):
        list(sounds())


@pytest.fixture
def images(tmp_path):
    """Images of two classes, of one value each, in several formats."""
    image = pytest.importorskip("PIL.Image")
    for value, name in ((10, "dark"), (200, "light")):
        (tmp_path / name).mkdir()
        for mode, end in (("RGB", "png"), ("L", "bmp"), ("RGBA", "PNG")):
            image.new(mode, (6, 4), (value,) * len(mode) if len(mode) > 1 else value).save(tmp_path / name / f"i.{end}")
    return tmp_path


@pytest.mark.parametrize("options, shape", [
    ({}, (6, 8, 8, 3)), ({"color_mode": "grayscale"}, (6, 8, 8, 1)), ({"color_mode": "rgba"}, (6, 8, 8, 4)),
    ({"data_format": "channels_first"}, (6, 3, 8, 8)), ({"image_size": 5}, (6, 5, 5, 3)),
    ({"crop_to_aspect_ratio": True}, (6, 8, 8, 3)), ({"pad_to_aspect_ratio": True}, (6, 8, 8, 3)),
    ({"interpolation": "bicubic"}, (6, 8, 8, 3)),
])
def test_images_are_resized_floats(images, options, shape):
    dataset = utils.image_dataset_from_directory(images, **{"image_size": (8, 8), "shuffle": False, "verbose": False,
                                                            **options})
    (x, y), = dataset
    assert x.shape == shape
    assert x.dtype == "float32"
    assert y.tolist() == [0, 0, 0, 1, 1, 1]
    middle = np.moveaxis(x.numpy(), 1, -1)[:, 3, 3] if "data_format" in options else x.numpy()[:, 3, 3]
    np.testing.assert_allclose(middle[..., 0], [10] * 3 + [200] * 3, rtol=1e-6)
    if "pad_to_aspect_ratio" in options:
        assert not x.numpy()[:, 0].any()


@pytest.mark.parametrize("options, words", [
    ({"color_mode": "x"}, "color_mode"), ({"interpolation": "x"}, "interpolation"), ({"image_size": (1, 2, 3)}, "size"),
    ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "not both"), ({"format": "grain"}, "format")])
def test_choices_for_images_are_checked(images, options, words):
    with pytest.raises(ValueError, match=words):
        utils.image_dataset_from_directory(images, verbose=False, **options)


# --- series --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("options", [
    {}, {"sequence_stride": 2}, {"sampling_rate": 3}, {"start_index": 4}, {"end_index": 15}, {"batch_size": None},
    {"start_index": 2, "end_index": 17, "sampling_rate": 2, "sequence_stride": 3, "batch_size": 2}])
def test_sequences_of_a_series_come_with_what_stands_at_their_start(options):
    series, targets = np.arange(40.0).reshape(20, 2), np.arange(100, 120)
    dataset = utils.timeseries_dataset_from_array(series, targets, 3, **options)
    start, end = options.get("start_index", 0), options.get("end_index", 20)
    rate = options.get("sampling_rate", 1)
    starts = range(start, end - 2 * rate, options.get("sequence_stride", 1))
    expected = [(series[i:i + 3 * rate:rate].tolist(), 100 + i) for i in starts]
    found = dataset if options.get("batch_size", 1) is None else dataset.unbatch()
    assert values(found) == expected
    size = options.get("batch_size", 128)
    assert len(dataset) == (len(expected) if size is None else -(-len(expected) // size))


def test_sequences_are_shuffled_whole():
    dataset = utils.timeseries_dataset_from_array(np.arange(50), None, 4, shuffle=True, seed=1, batch_size=None)
    found = values(dataset)
    assert sorted(found) == [[i, i + 1, i + 2, i + 3] for i in range(47)]
    assert found != sorted(found)
    assert values(dataset) != found


@pytest.mark.parametrize("options", [
    {"start_index": 20}, {"start_index": -1}, {"end_index": 20}, {"start_index": 5, "end_index": 5},
    {"sampling_rate": 0}, {"sequence_stride": 20}])
def test_numbers_beyond_a_series_are_refused(options):
    with pytest.raises(ValueError, match=next(reversed(options))):
        utils.timeseries_dataset_from_array(np.arange(20), None, 3, **options)


# --- two parts -----------------------------------------------------------------------------------------------------

ROWS, LABELS = np.arange(20.0).reshape(10, 2), np.arange(10)


@pytest.mark.parametrize("sizes, left, right", [
    ({"left_size": 0.8}, 8, 2), ({"right_size": 0.25}, 8, 2), ({"left_size": 3}, 3, 7),
    ({"left_size": 3, "right_size": 2}, 3, 2), ({"left_size": 0.5, "right_size": 1}, 5, 1)])
def test_parts_are_the_first_and_the_last_elements(sizes, left, right):
    for whole, expected in (((ROWS, LABELS), list(zip(ROWS.tolist(), LABELS.tolist()))), (ROWS, ROWS.tolist())):
        for dataset in (whole, Dataset.from_tensor_slices(whole)):
            parts = utils.split_dataset(dataset, **sizes)
            assert list(map(values, parts)) == [expected[:left], expected[-right:]]
            assert list(map(len, parts)) == [left, right]


def test_a_batched_data_set_is_split_by_samples():
    left, right = utils.split_dataset(Dataset.range(10).batch(4), left_size=6)
    assert (values(left), values(right)) == ([[0, 1, 2, 3], [4, 5]], [[6, 7, 8, 9]])


def test_mixed_parts_are_those_of_keras_for_a_seed():
    left, right = utils.split_dataset(LABELS, left_size=4, shuffle=True, seed=7)
    assert values(left) + values(right) == [8, 3, 1, 4, 7, 0, 9, 6, 2, 5]


@pytest.mark.parametrize("dataset, sizes, error", [
    (ROWS, {}, ValueError), (ROWS, {"left_size": 0}, ValueError), (ROWS, {"left_size": 10}, ValueError),
    (ROWS, {"left_size": 1.0}, ValueError), (ROWS, {"left_size": 0.01}, ValueError),
    (ROWS, {"left_size": "a"}, TypeError),
    (ROWS, {"left_size": 6, "right_size": 6}, ValueError), (ROWS, {"left_size": 0.7, "right_size": 0.7}, ValueError),
    (5, {"left_size": 1}, TypeError), ([[1, 2], [3, 4]], {"left_size": 1}, ValueError),
    ([], {"left_size": 1}, TypeError),
    ([ROWS, LABELS[:3]], {"left_size": 1}, ValueError),
    (ROWS, {"left_size": 1, "preferred_backend": "torch"}, ValueError),
    (Dataset.range(0), {"left_size": 1}, DataError)])
def test_what_cannot_be_split_is_told(dataset, sizes, error):
    with pytest.raises(error):
        utils.split_dataset(dataset, **sizes)
