"""Files that real Keras wrote (record_keras.py), read here."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

import minikeras
from minikeras import layers, models
from minikeras.errors import FileFormatError
from minikeras.saving.arrays import h5py_or_none
from tests.saving import interop

FILES = Path(__file__).parent / "keras_files.zip"
pytestmark = pytest.mark.skipif(h5py_or_none() is None, reason="needs h5py: pip install 'minikeras[h5]'")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files, unpacked."""
    path = tmp_path_factory.mktemp("keras")
    with zipfile.ZipFile(FILES) as archive:
        for name in archive.namelist():
            (path / name).write_bytes(archive.read(name))
    return path


with zipfile.ZipFile(FILES) as archive:
    TRAINED = ("multilayer_perceptron", "nested_models_partly_frozen")       # the others would take long
NAMES = sorted(name[:-6] for name in archive.namelist() if name.endswith(".keras"))


@pytest.mark.parametrize("name", NAMES)
def test_a_model_of_keras_predicts_and_trains_on_as_there(folder, name):
    _, x, y = interop.MODELS[name](minikeras)       # also registers its classes
    expected = dict(np.load(folder / f"{name}.npz"))
    model = models.load_model(folder / f"{name}.keras")
    seen = interop.observed(minikeras, model, x, y if name in TRAINED else None)
    for key in seen:
        assert interop.difference(expected[key], seen[key]) < 1e-5, key


def fresh(*units):
    return models.Sequential([models.Input((4,)), layers.Dense(units[0], activation="relu", name="first"),
                              layers.BatchNormalization(name="norm"), layers.Dense(units[1], name="second")])


def test_a_model_in_the_form_of_keras_2_is_read(folder):
    seen = np.load(folder / "legacy.npz")
    model = models.load_model(folder / "legacy.h5")
    np.testing.assert_allclose(model(seen["x"]), seen["y"], atol=1e-6)
    assert int(model.optimizer.iterations) == 2
    assert not models.load_model(folder / "legacy.h5", compile=False).compiled


@pytest.mark.parametrize("file", ["legacy.h5", "pieces.weights.json"])
def test_weights_are_read_by_their_places(folder, file):
    seen, model = np.load(folder / "legacy.npz"), fresh(3, 2)
    model.load_weights(folder / file)
    np.testing.assert_allclose(model(seen["x"]), seen["y"], atol=1e-6)


@pytest.mark.parametrize("file", ["legacy.h5", "multilayer_perceptron.weights.h5"])
def test_weights_are_read_by_the_names_of_layers(folder, file):
    whole = models.load_model(folder / file.replace(".weights.h5", ".keras"))
    first = next(layer for layer in whole.layers if layer.weights)
    model = models.Sequential([models.Input(whole.input_shape[1:]), layers.Dense(5, name="new"),
                               layers.Dense(whole.input_shape[-1], name="other"),
                               layers.Dense(first.units, name=first.name)])
    before = model.get_weights()
    model.load_weights(folder / file, by_name=True)
    for mine, want in zip(model.get_weights(), before[:4] + first.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, want)


def test_what_does_not_fit_in_the_form_of_keras_2_is_listed(folder):
    model = fresh(3, 5)
    with pytest.raises(FileFormatError, match=r"second/vars/0 \(in the model layers/dense_1\): 'kernel'"):
        model.load_weights(folder / "legacy.h5")
    with pytest.warns(UserWarning, match="2 places"):
        model.load_weights(folder / "legacy.h5", skip_mismatch=True)
    with pytest.raises(FileFormatError, match=r"3 layers with weights \(first, norm, second\), the model .* 1 \(dense"):
        models.Sequential([models.Input((4,)), layers.Dense(2)]).load_weights(folder / "legacy.h5")


def test_a_part_that_is_missing_is_named(folder, tmp_path):
    (tmp_path / "pieces.weights.json").write_bytes((folder / "pieces.weights.json").read_bytes())
    with pytest.raises(FileFormatError, match=r"pieces_00000\.weights\.h5, which has a part"):
        fresh(3, 2).load_weights(tmp_path / "pieces.weights.json")


def test_a_layer_of_several_nested_models_comes_back_as_one(tmp_path):
    shared = layers.Dense(4, name="shared")
    one = models.Sequential([models.Input((4,)), shared, layers.Dense(2)])
    two = models.Sequential([models.Input((4,)), layers.Dense(4), shared])
    inputs = models.Input((4,))
    model = models.Model(inputs, [one(inputs), two(inputs)])
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    assert loaded.layers[1].layers[0] is loaded.layers[2].layers[1]
    assert len(loaded.weights) == len(model.weights) == 6
    x = np.ones((2, 4), "float32")
    for mine, theirs in zip(model.predict(x, verbose=0), loaded.predict(x, verbose=0)):
        np.testing.assert_array_equal(mine, theirs)
