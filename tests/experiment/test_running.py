"""Runs: the folder they leave, the same bits for the same seed, and how they stop."""

import csv
import json

import numpy as np
import pytest

import minikeras as mk
from minikeras.errors import DataError, ExperimentError, FileFormatError
from minikeras.experiment import evaluate, load_config, open_run, train
from minikeras.experiment.recording import NonFiniteLossError

CHECKPOINT = "train.checkpoint={every: {epochs: 1}, monitor: val_loss, keep: 2}"


@pytest.fixture
def run(tiny, tmp_path):
    """run(*overrides) trains the tiny config in tmp_path/run; the folder."""
    def train_tiny(*overrides, name="run", report=lambda line: None):
        config = load_config(tiny, ["logging.progress=none", *overrides])
        return train(config, tmp_path / name, report).folder
    return train_tiny


def test_a_run_folder_holds_all_that_was_promised(run):
    names = {path.name for path in run(CHECKPOINT).iterdir()}
    assert names == {"config.yaml", "resolved.yaml", "env.json", "metrics.csv", "metrics.jsonl", "train.log",
                     "checkpoints", "model.keras", "result.json"}


def test_config_yaml_is_the_file_as_given(run, tiny):
    assert (run() / "config.yaml").read_bytes() == tiny.read_bytes()


def test_resolved_yaml_trains_the_same_model(run, tmp_path):
    first = run("train.epochs=1", "runtime.seed=5")
    second = train(load_config(first / "resolved.yaml"), tmp_path / "again", lambda line: None).folder
    assert (first / "model.keras").read_bytes() == (second / "model.keras").read_bytes()


def test_two_runs_with_one_seed_are_byte_identical(run):
    first, second = run(CHECKPOINT, name="a"), run(CHECKPOINT, name="b")
    assert (first / "model.keras").read_bytes() == (second / "model.keras").read_bytes()


@pytest.mark.parametrize("jit", [True, False])
def test_how_steps_run_is_up_to_the_config_and_changes_no_result(run, jit):
    folders = run(name="a"), run(f"runtime.jit={str(jit).lower()}", "train.steps_per_execution=3", name="b")
    plain, other = (mk.saving.load_model(folder / "model.keras") for folder in folders)
    assert (plain.jit_compile, plain.steps_per_execution) == ("auto", 1)
    assert (other.jit_compile, other.steps_per_execution) == (jit, 3)
    for a, b in zip(plain.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_another_seed_gives_another_model(run):
    first, second = run("runtime.seed=1", name="a"), run("runtime.seed=2", name="b")
    assert (first / "model.keras").read_bytes() != (second / "model.keras").read_bytes()


def test_metrics_have_one_row_an_epoch_in_both_files(run):
    folder = run("train.metrics=[accuracy]")
    with (folder / "metrics.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert list(lines[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"]
    assert [{key: float(value) for key, value in row.items()} for row in rows] == lines and len(lines) == 2


def test_metrics_files_can_be_left_out(run):
    folder = run("logging.csv=false", "logging.jsonl=false")
    assert not (folder / "metrics.csv").exists() and not (folder / "metrics.jsonl").exists()


def test_env_json_tells_what_the_run_ran_on(run):
    environment = json.loads((run("runtime.seed=3") / "env.json").read_text())
    assert environment["versions"]["numpy"] == np.__version__ and environment["blas"]["threads"] >= 1
    assert {"platform", "cpu_count", "git_commit"} <= set(environment)
    assert "runtime.seed=3" in environment["config"]["overrides"]


def test_the_log_has_a_line_an_epoch_and_the_end(run):
    text = (run() / "train.log").read_text()
    assert "epoch 1: loss" in text and "epoch 2: loss" in text and "test: loss" in text and "run folder:" in text


def test_what_is_reported_are_the_test_metrics_and_the_folder(run):
    lines = []
    folder = run("train.metrics=[accuracy]", report=lines.append)
    assert lines[0].startswith("test: loss ") and "accuracy" in lines[0] and lines[1] == f"run folder: {folder}"


def test_result_json_holds_the_metrics_and_how_to_use_the_model(run):
    result = json.loads((run() / "result.json").read_text())
    assert (result["status"], result["epochs"], result["task"], result["num_classes"], result["outputs"]) == (
        "finished", 2, "classes", 10, "logits")
    assert set(result["test"]) == {"loss"} and set(result["val"]) == {"loss"}


def test_evaluate_measures_what_training_measured(run):
    folder = run("train.metrics=[accuracy]")
    assert evaluate(folder, "test") == json.loads((folder / "result.json").read_text())["test"]


def test_the_last_checkpoints_and_the_best_are_kept(run):
    # A rate of zero: no epoch beats the first, which is the best and stays.
    folder = run(CHECKPOINT, "train.epochs=4", "train.optimizer.learning_rate=0")
    assert sorted(path.name for path in (folder / "checkpoints").iterdir()) == [
        "epoch-0001.keras", "epoch-0003.keras", "epoch-0004.keras", "index.json"]
    assert json.loads((folder / "checkpoints" / "index.json").read_text())["best"] == "epoch-0001.keras"


def test_checkpoints_are_made_each_so_many_epochs(run):
    folder = run("train.checkpoint.every.epochs=2", "train.epochs=5")
    assert sorted(path.name for path in (folder / "checkpoints").glob("*.keras")) == [
        "epoch-0002.keras", "epoch-0004.keras"]


def test_a_loss_that_is_not_finite_stops_the_run_without_a_model(run):
    folder = run("train.optimizer.learning_rate=1e38", "train.epochs=5")
    result = json.loads((folder / "result.json").read_text())
    assert result["status"] == "nonfinite" and not (folder / "model.keras").exists()
    assert "the loss became" in result["message"] and "epoch 1" in result["message"]


def test_on_nonfinite_raise_raises(run):
    with pytest.raises(NonFiniteLossError):
        run("train.optimizer.learning_rate=1e38", "train.epochs=5", "train.on_nonfinite=raise")


def test_float64_trains_in_float64(run):
    weights = open_run(run("runtime.dtype=float64")).model.get_weights()
    assert {w.dtype for w in weights} == {np.dtype("float64")}


def test_training_in_float64_leaves_the_default_float_alone(run):
    run("runtime.dtype=float64")
    assert open_run(run(name="after")).model.get_weights()[0].dtype == np.float32


def test_callbacks_of_the_config_act(run):
    # A rate of zero never improves: patience 1 stops after the second epoch.
    folder = run("train.optimizer.learning_rate=0", "train.epochs=9", "callbacks=[{type: EarlyStopping, patience: 1}]")
    assert json.loads((folder / "result.json").read_text())["epochs"] == 2


@pytest.mark.parametrize(("overrides", "message"), [
    (["train.checkpoint.monitor=val_accuracy"], "val_accuracy is not measured; choose one of loss, val_loss"),
    (["callbacks=[{type: EarlyStopping, monitor: acc}]"], "callbacks.0.monitor: acc is not measured"),
    (["model.input_shape=[64]"], "model.input_shape is (64,), but an example of data.source digits has shape (8, 8)"),
    (["model.layers=[{type: Dense, name: a, units: 1}, {type: Dense, name: a, units: 2}]"], "'a' is taken"),
    (["train.loss={type: CategoricalCrossentropy, from_logits: true}"], "command line: train.loss: categorical"),
    (["model.layers.0=ReLU"], "config.yaml:14:16: train.loss: sparse cross-entropy: labels of shape (2,)"),
])
def test_what_does_not_fit_together_is_refused_before_a_folder_is_made(run, tmp_path, overrides, message):
    with pytest.raises(ExperimentError) as caught:
        run(*overrides)
    assert message in str(caught.value) and not (tmp_path / "run").exists()


def test_a_last_layer_too_narrow_for_the_labels_is_refused(run):
    with pytest.raises(DataError, match="the last layer gives 5 values, but they go from 0 to 9"):
        run("model.layers.out.units=5")


def test_a_folder_in_use_is_refused(run):
    run()
    with pytest.raises(ExperimentError, match="it is not empty; choose another --run-dir"):
        run()


def test_a_file_in_the_folder_s_place_is_refused(run, tmp_path):
    (tmp_path / "run").write_text("x")
    with pytest.raises(ExperimentError, match="there is a file of that name"):
        run()


def test_a_folder_that_cannot_be_written_is_refused(run, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExperimentError, match="it cannot be written"):
        run(name="file/run")


def test_the_run_s_folder_is_made_below_the_current_one(tiny, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    config = load_config(tiny, ["logging.progress=none", "train.epochs=1"])
    folders = [train(config, report=lambda line: None).folder for _ in range(2)]
    assert [folder.parts[:2] for folder in folders] == [("runs", "tiny")] * 2 and folders[0] != folders[1]


def test_a_missing_run_folder_says_so(tmp_path):
    with pytest.raises(ExperimentError, match="there is no such run folder"):
        open_run(tmp_path / "none")


def test_a_folder_that_is_no_run_says_so(tmp_path):
    with pytest.raises(ExperimentError, match=r"this is no run folder: it has no resolved\.yaml"):
        open_run(tmp_path)


def test_a_run_without_a_model_says_so(run):
    folder = run()
    (folder / "model.keras").unlink()
    with pytest.raises(ExperimentError, match=r"the run has no model\.keras"):
        open_run(folder)


def test_a_corrupt_model_file_says_so(run):
    folder = run()
    (folder / "model.keras").write_bytes(b"not a model")
    with pytest.raises(FileFormatError, match=r"model\.keras"):
        open_run(folder)


def test_a_part_without_a_share_cannot_be_evaluated(run):
    folder = run("data.split={train: 0.9, val: 0.1, test: 0}")
    with pytest.raises(ExperimentError, match="gives test no share; choose train or val"):
        evaluate(folder)


def test_an_interrupted_run_says_so_in_its_result(run, tmp_path, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt
    monkeypatch.setattr("minikeras.experiment.running._fit", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert json.loads((tmp_path / "run" / "result.json").read_text()) == {"status": "interrupted"}
