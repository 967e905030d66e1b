"""What is shown of training: lines and bars."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from minikeras import callbacks as c

from .trained import X, Y, line


@pytest.mark.parametrize("verbose", ["auto", 1, 2])
def test_elsewhere_than_on_a_terminal_an_epoch_is_a_line(verbose, capsys):
    line().fit(X, Y, epochs=2, validation_data=(X, Y), verbose=verbose)
    lines = capsys.readouterr().out.splitlines()
    assert [text.partition(" - ")[0] for text in lines] == ["Epoch 1/2", "Epoch 2/2"]
    assert " - loss: 0." in lines[0] and " - val_loss: 0." in lines[0]


def test_verbose_0_is_silent(capsys):
    model = line()
    model.fit(X, Y, validation_data=(X, Y), verbose=0)
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""


@pytest.mark.parametrize(("run", "pattern"), [
    (lambda model: model.evaluate(X, Y, batch_size=2), r"3 steps - [\d.]+s - loss: [\d.]+\n"),
    (lambda model: model.predict(X, batch_size=2), r"3 steps - [\d.]+s\n")])
def test_evaluate_and_predict_print_one_line(run, pattern, capsys):
    run(line())
    assert re.fullmatch(pattern, capsys.readouterr().out)


@pytest.mark.parametrize("run", [lambda model: model.evaluate(X, Y, batch_size=2),
                                 lambda model: model.predict(X, batch_size=2)])
def test_on_a_terminal_evaluate_and_predict_show_a_bar(run, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    run(line())
    assert "0/3" in capsys.readouterr().out


def test_a_fit_without_a_bar_loads_no_tqdm():
    code = """
import sys
import numpy as np
import minikeras as mk
model = mk.Sequential([mk.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=2)
sys.exit("tqdm" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=Path(__file__).parents[3])


@pytest.mark.parametrize(("verbose", "shown"), [("auto", True), (1, True), (2, False)])
def test_on_a_terminal_a_bar_is_shown_until_the_line(verbose, shown, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    line().fit(X, Y, batch_size=2, epochs=2, verbose=verbose)
    *bars, last = capsys.readouterr().out.replace("\r", "\n").splitlines()
    assert last.startswith("Epoch 2/2 - ") and " - loss: " in last
    assert any("0/3" in text and "step/s" in text for text in bars) is shown


def test_an_interrupted_fit_removes_its_bar(capsys, monkeypatch):
    class Breaks(c.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 2:
                raise KeyboardInterrupt
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with pytest.raises(KeyboardInterrupt):
        line().fit(X, Y, batch_size=2, callbacks=[Breaks()])
    bar, removed = capsys.readouterr().out.rsplit("\r", 2)[-2:]
    assert (bar.strip(), removed) == ("", "")
