"""keras.utils: labels, sequences, batches of data, and objects by name."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import saving, utils
from minikeras.preprocessing.sequence import pad_sequences


def test_labels_become_rows():
    np.testing.assert_array_equal(utils.to_categorical([[0], [2]]), [[1, 0, 0], [0, 0, 1]])
    assert utils.to_categorical([0]).dtype == np.float64
    assert utils.to_categorical(mk.constant([[1]]), 2).dtype == "float32"
    with pytest.raises(ValueError, match="label 3"):
        utils.to_categorical([3], 2)


def test_normalize_leaves_zeros_alone():
    np.testing.assert_allclose(utils.normalize(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0.0, 0.0]])
    np.testing.assert_allclose(utils.normalize([[3.0, 4.0]], order=1), [[3 / 7, 4 / 7]], rtol=1e-6)


@pytest.mark.parametrize(("options", "want"), [
    ({}, [[0, 0, 1], [2, 3, 4]]), ({"padding": "post"}, [[1, 0, 0], [2, 3, 4]]), ({"maxlen": 2}, [[0, 1], [3, 4]]),
    ({"maxlen": 2, "truncating": "post"}, [[0, 1], [2, 3]]), ({"value": 9}, [[9, 9, 1], [2, 3, 4]]),
    ({"maxlen": 0}, [[], []])])
def test_sequences_are_padded(options, want):
    padded = pad_sequences([[1], [2, 3, 4]], **options)
    np.testing.assert_array_equal(padded, want)
    assert padded.dtype == np.int32


def test_sequences_of_vectors_are_padded_with_vectors():
    assert pad_sequences([np.ones((2, 3)), np.ones((1, 3))], dtype="float32").shape == (2, 2, 3)


@pytest.mark.parametrize(("sequences", "options", "text"), [
    ([[1]], {"padding": "left"}, "padding"), ([1], {}, "list of lists"), ([[1], [[2]]], {}, "shape"),
    ([[1]], {"value": "x"}, "text")])
def test_sequences_that_do_not_fit_are_refused(sequences, options, text):
    with pytest.raises(ValueError, match=text):
        pad_sequences(sequences, **options)


@pytest.mark.parametrize(("data", "want"), [
    ((1,), (1, None, None)), ((1, 2), (1, 2, None)), ([1, 2, 3], (1, 2, 3)), (5, (5, None, None))])
def test_a_batch_is_taken_apart(data, want):
    assert utils.unpack_x_y_sample_weight(data) == want


def test_a_batch_is_put_together():
    assert utils.pack_x_y_sample_weight(1) == 1
    assert utils.pack_x_y_sample_weight((1, 2)) == ((1, 2),)
    assert utils.pack_x_y_sample_weight(1, 2, 3) == (1, 2, 3)
    with pytest.raises(ValueError, match="4 items"):
        utils.unpack_x_y_sample_weight((1, 2, 3, 4))


def cube(x):
    return x ** 3


def test_a_scope_makes_names_known_within_it():
    with utils.custom_object_scope({"cube": cube}):
        assert mk.activations.get("cube") is cube
        with utils.CustomObjectScope({"other": abs}):
            assert mk.activations.get("cube") is cube
        assert mk.layers.Dense.from_config({"units": 1, "activation": "cube"}).activation is cube
    with pytest.raises(ValueError, match="cube"):
        mk.activations.get("cube")


def test_custom_objects_can_be_put_into_their_dict():
    saving.get_custom_objects()["cube"] = cube
    try:
        assert mk.activations.get("cube") is cube
        assert saving.get_registered_name(cube) == "cube"
        assert saving.get_registered_object("cube") is cube
    finally:
        del saving.get_custom_objects()["cube"]
    assert saving.get_registered_object("cube") is None
    assert saving.get_registered_object("cube", module_objects={"cube": cube}) is cube


def test_types_have_one_name():
    assert [utils.standardize_dtype(x) for x in (None, float, np.int8)] == ["float32", "float32", "int8"]
    with pytest.raises(TypeError, match="no_type"):
        utils.standardize_dtype("no_type")


def test_keras_tensors_have_no_numbers():
    assert utils.is_keras_tensor(mk.Input((1,)))
    assert not utils.is_keras_tensor(mk.constant(1.0))
