"""ModelCheckpoint: which files are written, when, and of what."""

import subprocess
import sys

import numpy as np
import pytest

import minikeras as mk
from minikeras.callbacks import ModelCheckpoint

from .trained import X, Y, follow, line, weight


def saved(folder):
    """The files below a folder and the weight that each holds."""
    found = {}
    for path in sorted(folder.rglob("*.*")):
        model = line()
        model.load_weights(path)
        found[path.relative_to(folder).as_posix()] = weight(model)
    return found


@pytest.mark.parametrize(("name", "files"), [
    ("m.keras", {"m.keras": 2}),
    ("{epoch:02d}-{val_loss:.2f}.keras", {"01-3.00.keras": 0, "02-1.00.keras": 1, "03-2.00.keras": 2}),
    ("new/{epoch}/m.keras", {"new/1/m.keras": 0, "new/2/m.keras": 1, "new/3/m.keras": 2})])
def test_each_epoch_is_saved_under_the_name_it_gives(name, files, tmp_path):
    follow([3.0, 1.0, 2.0], ModelCheckpoint(tmp_path / name))
    assert saved(tmp_path) == files


@pytest.mark.parametrize(("values", "settings", "last"), [
    ([3, 1, 2], {}, 1), ([3, 1, 2], {"mode": "max"}, 0), ([3, 1, 2], {"initial_value_threshold": 1}, None),
    ([float("nan"), 2, 3], {}, 1), ([float("nan")], {}, None), ([1, 2, 3], {"monitor": "val_accuracy"}, 2)])
def test_only_the_best_is_saved(values, settings, last, tmp_path):
    name = settings.get("monitor", "val_loss")
    follow(values, ModelCheckpoint(tmp_path / "m.keras", save_best_only=True, **settings), name=name)
    assert saved(tmp_path) == ({} if last is None else {"m.keras": last})


@pytest.mark.parametrize("ending", ["weights.h5", "weights.npz", "safetensors"])
def test_weights_only(ending, tmp_path):
    if ending == "weights.h5":
        pytest.importorskip("h5py")
    follow([1.0], ModelCheckpoint(str(tmp_path / f"m.{ending}"), save_weights_only=True))
    assert saved(tmp_path) == {f"m.{ending}": 0}


def test_a_model_may_be_saved_in_the_form_of_keras_2(tmp_path):
    pytest.importorskip("h5py")
    model = line()
    model.fit(X, Y, callbacks=[ModelCheckpoint(tmp_path / "m.h5")], verbose=0)
    np.testing.assert_array_equal(mk.saving.load_model(tmp_path / "m.h5").predict(X, verbose=0), model(X))


def test_a_model_is_saved_with_its_optimizer(tmp_path):
    model = line()
    model.fit(X, Y, batch_size=2, callbacks=[ModelCheckpoint(tmp_path / "m.keras")], verbose=0)
    assert int(mk.saving.load_model(tmp_path / "m.keras").optimizer.iterations) == 3


# The batches are those at which Keras saves.
@pytest.mark.parametrize(("every", "at_once", "names"), [
    (2, 1, ["1-2", "1-4", "1-6", "2-2", "2-4", "2-6"]), (4, 1, ["1-4", "2-2", "2-6"]), (9, 1, ["2-3"]),
    (4, 3, ["1-6", "2-6"]), (1, 6, ["1-6", "2-6"])])
def test_batches_are_counted_across_epochs(every, at_once, names, tmp_path):
    line(steps_per_execution=at_once).fit(
        X, Y, batch_size=1, epochs=2, callbacks=[ModelCheckpoint(tmp_path / "{epoch}-{batch}.keras", save_freq=every)],
        verbose=0)
    assert list(saved(tmp_path)) == [f"{name}.keras" for name in names]


def test_the_best_of_batches_is_saved(tmp_path):
    model = line()
    model.fit(X, Y, batch_size=1, shuffle=False, verbose=0, callbacks=[ModelCheckpoint(
        tmp_path / "{batch}.keras", "loss", save_best_only=True, save_freq=1)])
    assert list(saved(tmp_path)) == ["1.keras"]       # the losses grow with x


def test_it_says_what_it_does(tmp_path, capsys):
    follow([3.0, 3.0], ModelCheckpoint(tmp_path / "m.keras", save_best_only=True, verbose=1))
    path = tmp_path / "m.keras"
    assert capsys.readouterr().out == (
        f"\nEpoch 1: val_loss improved from None to 3.00000\n\nEpoch 1: saved to {path}\n"
        "\nEpoch 2: val_loss did not improve from 3.00000\n")


def test_where_the_number_is_not_reported_it_warns_and_saves(tmp_path):
    with pytest.warns(UserWarning, match="ModelCheckpoint monitors 'val_loss', which .* the model is saved whatever"):
        line().fit(X, Y, callbacks=[ModelCheckpoint(tmp_path / "m.keras", save_best_only=True)], verbose=0)
    assert list(saved(tmp_path)) == ["m.keras"]


@pytest.mark.parametrize(("settings", "message"), [
    ({"filepath": "m.txt"}, r"filepath must end in \.keras or \.h5 or \.hdf5, got 'm.txt'"),
    ({"filepath": "m.keras", "save_weights_only": True}, r"must end in \.weights\.h5 or \.weights\.npz or \.safeten"),
    ({"filepath": "m.keras", "save_freq": "batch"}, "save_freq"),
    ({"filepath": "m.keras", "mode": "low"}, "mode must")])
def test_settings_that_cannot_work_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ModelCheckpoint(**settings)


def test_a_name_that_is_not_reported_is_named(tmp_path):
    with pytest.raises(KeyError, match=r"m-\{mae\}.keras' names mae, and there are epoch, loss"):
        line().fit(X, Y, callbacks=[ModelCheckpoint(str(tmp_path / "m-{mae}.keras"))], verbose=0)


def test_a_folder_is_not_written_over(tmp_path):
    (tmp_path / "m.keras").mkdir()
    with pytest.raises(OSError, match="this is a folder"):
        follow([1.0], ModelCheckpoint(tmp_path / "m.keras"))


def test_the_best_is_remembered_across_trainings_and_in_the_state(tmp_path):
    first = ModelCheckpoint(tmp_path / "m.keras", save_best_only=True)
    follow([2.0], first)
    follow([3.0, 3.0], first)
    again = ModelCheckpoint(tmp_path / "m.keras", save_best_only=True)
    again.set_state(first.get_state())
    follow([3.0, 2.5], again)
    assert again.best == 2.0
    assert saved(tmp_path) == {"m.keras": 0}


def test_the_count_of_batches_is_in_the_state(tmp_path):
    first, again = (ModelCheckpoint(tmp_path / "{batch}.keras", save_freq=4) for _ in range(2))
    line().fit(X, Y, batch_size=2, callbacks=[first], verbose=0)
    again.set_state(first.get_state())
    line().fit(X, Y, batch_size=2, callbacks=[again], verbose=0)
    assert list(saved(tmp_path)) == ["1.keras"]


def test_what_a_killed_process_left_is_removed(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    (tmp_path / f".m.keras.{process.pid}-1.tmp").write_text("a part")
    line().fit(X, Y, verbose=0, callbacks=[ModelCheckpoint(tmp_path / "m.keras")])
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]
