"""Whole models: saved, loaded, trained on."""

import json
import logging
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from minikeras import layers, losses, models, optimizers, saving
from minikeras.errors import FileFormatError
from minikeras.layers.base import reset_names
from minikeras.random import set_random_seed
from minikeras.saving import api, archive
from tests.saving.objects import small_model

h5py = None
try:
    import h5py
except ImportError:
    pass
needs_h5py = pytest.mark.skipif(h5py is None, reason="needs h5py: pip install 'minikeras[h5]'")


@pytest.fixture(params=["h5", "npz"])
def form(request, monkeypatch):
    """Runs a test with HDF5 weights and as if h5py were missing."""
    if request.param == "npz":
        monkeypatch.setattr(api, "h5py_or_none", lambda: None)
    elif h5py is None:
        pytest.skip("needs h5py: pip install 'minikeras[h5]'")
    return request.param


def assert_equal_weights(a, b):
    for mine, theirs in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_loaded_model_predicts_the_same(tmp_path, form):
    model, x, _ = small_model()
    model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(models.load_model(tmp_path / "m.keras").predict(x), model.predict(x))


OPTIMIZERS = {
    "adam": lambda: "adam",
    "momentum": lambda: optimizers.SGD(0.1, momentum=0.9),
    "amsgrad with averages": lambda: optimizers.Adam(amsgrad=True, use_ema=True),
    "schedule": lambda: optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)),
    "accumulated": lambda: optimizers.SGD(0.1, gradient_accumulation_steps=2),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_resumed_fit_continues_bit_for_bit(tmp_path, form, name):
    model, x, y = small_model(optimizer=OPTIMIZERS[name]())
    model.fit(x, y, epochs=2, initial_epoch=1, batch_size=16, verbose=0)
    model.save(tmp_path / "m.keras")
    resumed = models.load_model(tmp_path / "m.keras")
    straight = model.fit(x, y, epochs=4, initial_epoch=2, batch_size=16, verbose=0).history
    assert resumed.fit(x, y, epochs=4, initial_epoch=2, batch_size=16, verbose=0).history == straight
    assert_equal_weights(model, resumed)


def test_the_state_of_the_optimizer_comes_back(tmp_path, form):
    model, _, _ = small_model()
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    for mine, theirs in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
    assert int(loaded.optimizer.iterations) == 3


def test_compile_false_leaves_the_model_uncompiled(tmp_path):
    model, _, _ = small_model()
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras", compile=False)
    assert not loaded.compiled
    assert_equal_weights(model, loaded)


def test_a_compiled_model_that_was_never_trained_loads(tmp_path, form):
    model = models.Sequential([models.Input((3,)), layers.Dense(2)])
    model.compile("adam", "mse", metrics=["mae"])
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    loaded.fit(np.ones((4, 3), "float32"), np.ones((4, 2), "float32"), verbose=0)
    assert_equal_weights(model, models.load_model(tmp_path / "m.keras"))


def test_a_model_that_is_not_built_warns_and_loads_unbuilt(tmp_path):
    with pytest.warns(UserWarning, match="not built"):
        models.Sequential([layers.Dense(2)]).save(tmp_path / "m.keras")
    assert not models.load_model(tmp_path / "m.keras").built


def test_frozen_layers_stay_frozen(tmp_path):
    model = models.Sequential([models.Input((3,)), layers.Dense(2, trainable=False), layers.Dense(1)])
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    assert [layer.trainable for layer in loaded.layers] == [False, True]
    assert len(loaded.trainable_weights) == 2


# --- models of the user ----------------------------------------------------------------------


@saving.register_keras_serializable("tests")
class Branches(models.Model):
    """Layers in attributes, private ones, lists and dicts."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.zlast = layers.Dense(units)
        self.alpha = layers.Dense(5)
        self._hidden = layers.Dense(7)
        self.blocks = [layers.Dense(4), {"a": layers.Dense(6)}]
        self.drop = layers.Dropout(0.5)

    def call(self, x):
        x = self.blocks[1]["a"](self.blocks[0](self.alpha(x)))
        return self.zlast(self.drop(self._hidden(x)))


class Unregistered(Branches):
    pass


def trained(cls):
    model = cls(2)
    x, y = np.ones((8, 3), "float32"), np.ones((8, 2), "float32")
    model.compile("sgd", "mse")
    model.fit(x, y, verbose=0)
    return model, x


def test_a_registered_model_class_comes_back(tmp_path, form):
    model, x = trained(Branches)
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    assert type(loaded) is Branches
    np.testing.assert_array_equal(loaded.predict(x), model.predict(x))


@needs_h5py
def test_a_model_class_has_the_paths_that_keras_gives_it(tmp_path):
    model, _ = trained(Branches)
    model.save_weights(tmp_path / "m.weights.h5", objects_to_skip=[model.optimizer])
    found = set()
    with h5py.File(tmp_path / "m.weights.h5") as file:
        file.visititems(lambda name, item: found.add(name) if isinstance(item, h5py.Dataset) else None)
    # What Keras 3.15.1 writes for the same class.
    assert found == {f"{place}/vars/{i}" for i in (0, 1) for place in (
        "alpha", "blocks/container/dense", "blocks/dense", "layers/dense", "layers/dense_2")}


class Bare(layers.Layer):
    """A layer whose constructor takes nothing of Keras' own."""

    def __init__(self):
        super().__init__()

    def build(self, input_shape):
        self.offset = self.add_weight(shape=input_shape[-1:], name="offset")

    def call(self, x):
        return x + self.offset


def test_a_layer_without_keyword_arguments_keeps_name_dtype_and_trainable(tmp_path):
    form = saving.serialize_keras_object(Bare())
    form["config"].update(name="mine", dtype="float64", trainable=False)
    layer = saving.deserialize_keras_object(form, {"Bare": Bare})
    layer.build((None, 3))
    assert (layer.name, layer.dtype, layer.trainable) == ("mine", "float64", False)
    assert layer.weights[0].dtype.name == "float64"


def test_an_unregistered_model_class_is_named_and_custom_objects_bring_it(tmp_path):
    model, x = trained(Unregistered)
    model.save(tmp_path / "m.keras")
    with pytest.raises(FileFormatError, match=r"m\.keras: config\.json: .*custom_objects=\{'Unregistered'"):
        models.load_model(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras", custom_objects={"Unregistered": Unregistered})
    np.testing.assert_array_equal(loaded.predict(x), model.predict(x))


@pytest.mark.parametrize("safe_mode", [False, None, 0])
def test_switching_safe_mode_off_is_refused(tmp_path, safe_mode):
    with pytest.raises(ValueError, match="never runs code"):
        models.load_model(tmp_path / "m.keras", safe_mode=safe_mode)


# --- files -----------------------------------------------------------------------------------


ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from minikeras.random import set_random_seed
set_random_seed(11)
from tests.saving.objects import small_model
model, _, _ = small_model()
model.save(sys.argv[1])
model.save_weights(sys.argv[1][:-6] + ".weights.npz")
"""


def test_two_processes_with_one_seed_write_the_same_bytes(tmp_path):
    runs = [subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path / f"{name}.keras")], cwd=ROOT)
            for name in "ab"]
    assert [run.wait() for run in runs] == [0, 0]
    for suffix in (".keras", ".weights.npz"):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_a_fresh_process_loads_with_no_other_import(tmp_path):
    model, _, _ = small_model()
    model.save(tmp_path / "m.keras")
    program = "import sys; from minikeras.saving import load_model; print(len(load_model(sys.argv[1]).layers))"
    run = subprocess.run([sys.executable, "-c", program, str(tmp_path / "m.keras")], cwd=ROOT, capture_output=True,
                         text=True)
    assert (run.stdout, run.stderr) == ("4\n", "")


def test_saving_what_was_loaded_writes_the_same_bytes(tmp_path, form):
    model, _, _ = small_model()
    model.save(tmp_path / "a.keras")
    models.load_model(tmp_path / "a.keras").save(tmp_path / "b.keras")
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()


def test_the_archive_has_the_parts_of_keras_unpacked_and_undated(tmp_path, form):
    model, _, _ = small_model()
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert archive.namelist() == ["metadata.json", "config.json", f"model.weights.{form}"]
        assert {(i.date_time[0], i.compress_type) for i in archive.infolist()} == {(1980, zipfile.ZIP_STORED)}
        metadata = json.loads(archive.read("metadata.json"))
    assert metadata["keras_version"] == "3.15.1"
    assert metadata["written_by"].startswith("minikeras ")


def test_saving_without_h5py_is_said_once(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(api, "h5py_or_none", lambda: None)
    monkeypatch.setattr(api, "_said", set())
    model, _, _ = small_model()
    with caplog.at_level(logging.WARNING, "minikeras"):
        model.save(tmp_path / "a.keras")
        model.save(tmp_path / "b.keras")
    assert len(caplog.records) == 1
    assert "minikeras[h5]" in caplog.text


@pytest.mark.parametrize("name", ["m.hdf", "m", "m.keras.zip"])
def test_another_extension_is_refused(tmp_path, name):
    model, _, _ = small_model()
    for act in (model.save, model.save_weights, model.load_weights, models.load_model):
        with pytest.raises(ValueError, match="must end in"):
            act(tmp_path / name)


def test_overwrite_false_keeps_an_existing_file(tmp_path):
    model, _, _ = small_model()
    (tmp_path / "m.keras").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        model.save(tmp_path / "m.keras", overwrite=False)
    assert (tmp_path / "m.keras").read_bytes() == b"old"


def test_a_missing_file_is_reported_as_such(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        models.load_model(tmp_path / "m.keras")


def dense_model(*units):
    return models.Sequential([models.Input((3,)), *(layers.Dense(n) for n in units)])


def test_losses_given_as_functions_come_back(tmp_path):
    model = dense_model(1)
    model.compile("sgd", losses.mean_squared_error, metrics=[losses.mean_absolute_error])
    model.save(tmp_path / "m.keras")
    x, y = np.ones((4, 3), "float32"), np.zeros((4, 1), "float32")
    assert models.load_model(tmp_path / "m.keras").evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)


def test_names_do_not_depend_on_what_was_made_before_in_the_process():
    set_random_seed(0)
    reset_names()
    assert [layer.name for layer in dense_model(2, 2).layers] == ["dense", "dense_1"]


def test_a_model_inside_another_with_keras_empty_compile_config_is_not_compiled(tmp_path):
    path = tmp_path / "m.keras"
    inner = models.Sequential([layers.Dense(2)], name="inner")
    model = models.Sequential([models.Input((3,)), inner])
    model.save(path)
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    config = json.loads(members["config.json"])
    config["config"]["layers"][1]["compile_config"] = {}
    path.write_bytes(archive.zip_bytes(members | {"config.json": json.dumps(config).encode()}))
    loaded = models.load_model(path)
    assert not loaded.get_layer("inner").compiled
    assert_equal_weights(loaded, model)


def test_export_says_what_is_supported(tmp_path):
    with pytest.raises(ValueError, match=r"export: 'onnx' .*\.keras"):
        dense_model(2).export(tmp_path / "m", format="onnx")
