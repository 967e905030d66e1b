"""minikeras train"""

import subprocess
import sys
from pathlib import Path

import pytest

from minikeras.cli import main


def test_a_line_an_epoch_then_the_test_metrics_and_the_folder(config, capsys):
    assert main(["train", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" - ")[0] for line in lines[:2]] == ["Epoch 1/2", "Epoch 2/2"]
    assert lines[2].startswith("test: loss ") and lines[3].startswith("run folder: runs/tiny/")
    assert Path(lines[3].removeprefix("run folder: ")).is_dir()


@pytest.mark.parametrize("order", [
    ["train", "{c}", "--run-dir", "out", "train.epochs=1"], ["train", "--run-dir", "out", "{c}", "train.epochs=1"],
    ["train", "{c}", "train.epochs=1", "--run-dir=out"],
    ["train", "{c}", "train.epochs=1", "--run-dir", "out", "data.batch_size=64"],
])
def test_flags_and_overrides_come_in_any_order(config, capsys, order):
    assert main([text.format(c=config) for text in order]) == 0
    assert capsys.readouterr().out.count("Epoch") == 1 and (config.parent / "out" / "model.keras").is_file()


def test_progress_none_prints_the_end_only(config, capsys):
    assert main(["train", str(config), "logging.progress=none"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_every_problem_of_a_config_is_a_line_and_the_code_is_2(config, capsys):
    config.write_text(config.read_text().replace("epochs", "epoch").replace("Flatten", "Flaten"))
    assert main(["train", str(config), "train.los=mse"]) == 2
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [
        f"{config}:9:7: model.layers.0: Flaten is not one of the layers of minikeras; did you mean Flatten?",
        f"{config}:12:3: train.epoch is not a known key; did you mean train.epochs?",
        "command line: train.los is not a known key; did you mean train.loss?"]
    assert captured.out == "" and not (config.parent / "runs").exists()


@pytest.mark.parametrize(("content", "message"), [
    (None, "there is no such file"), (b"", "is empty"), (b"- a\n", "a config is a map of keys"),
    (b"a: [1\n", "not valid YAML"), (b"\x00\x01", "not valid YAML"), (b"\xff", "is not a text file"),
    (b"name: x\n", "version is missing"), (b"version: 9\n", "version: only 1 is supported so far"),
])
def test_a_bad_file_is_a_message_and_code_2(config, capsys, content, message):
    config.unlink()
    if content is not None:
        config.write_bytes(content)
    assert main(["train", str(config)]) == 2
    error = capsys.readouterr().err
    assert message in error and str(config) in error and "Traceback" not in error


def test_an_unwritable_run_folder_is_a_message_and_code_2(config, capsys):
    assert main(["train", str(config), "--run-dir", str(config / "run")]) == 2
    assert "it cannot be written" in capsys.readouterr().err


def test_labels_out_of_range_are_a_message_and_code_2(config, capsys):
    assert main(["train", str(config), "model.layers.out.units=3"]) == 2
    assert "must lie between 0 and 2" in capsys.readouterr().err


def test_layers_that_do_not_fit_name_their_place(config, capsys):
    assert main(["train", str(config), "model.layers.0=ReLU", "model.layers.out.name=first"]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("reaction", ["stop", "raise"])
def test_a_loss_that_is_not_finite_is_code_3(config, capsys, reaction):
    assert main(["train", str(config), "train.optimizer.learning_rate=1e38", f"train.on_nonfinite={reaction}"]) == 3
    captured = capsys.readouterr()
    assert "the loss became" in captured.err and "the loss became" not in captured.out
    assert "Traceback" not in captured.err


def test_a_process_of_its_own_trains(config):
    done = subprocess.run([sys.executable, "-W", "error", "-m", "minikeras", "train", str(config), "--run-dir", "out",
                           "runtime.threads=1"], capture_output=True, text=True, cwd=config.parent)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "run folder: out"
    assert "Traceback" not in done.stderr and "Warning" not in done.stderr
    assert '"threads": 1' in (config.parent / "out" / "env.json").read_text()


def test_two_processes_with_one_seed_give_byte_identical_models(config):
    for name in ("a", "b"):
        subprocess.run([sys.executable, "-m", "minikeras", "train", str(config), "--run-dir", name], check=True,
                       capture_output=True, cwd=config.parent)
    assert (config.parent / "a" / "model.keras").read_bytes() == (config.parent / "b" / "model.keras").read_bytes()
