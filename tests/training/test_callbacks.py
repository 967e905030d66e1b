"""Callbacks: who is called when, and what the built-in ones do."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minikeras as mk
from minikeras import callbacks as c
from minikeras.layers import Dense

X = np.arange(6, dtype="float32").reshape(6, 1) / 6
Y = 2 * X


def line(rate=0.1, **compiling):
    model = mk.Sequential([mk.Input((1,)), Dense(1, use_bias=False, kernel_initializer="ones", name="d")])
    model.compile(**{"optimizer": mk.optimizers.SGD(rate), "loss": "mse", **compiling})
    return model


class Recorder(c.Callback):
    """Writes down every event with its number and the names it was told."""

    def __init__(self):
        self.events = []


def recording(event):
    def hear(self, *args):
        *number, logs = args
        self.events.append((event.removeprefix("on_"), *number, *(logs or {})))
    return hear


for name in set(vars(c.Callback)) - {"on_batch_begin", "on_batch_end"}:
    if name.startswith("on_"):
        setattr(Recorder, name, recording(name))


def test_fit_tells_of_every_epoch_batch_and_validation_in_order():
    recorder = Recorder()
    line().fit(X, Y, batch_size=2, validation_split=0.5, callbacks=[recorder], verbose=0)
    assert recorder.events == [
        ("train_begin",), ("epoch_begin", 0),
        ("train_batch_begin", 0), ("train_batch_end", 0, "loss"),
        ("train_batch_begin", 1), ("train_batch_end", 1, "loss"),
        ("test_begin",), ("test_batch_begin", 0), ("test_batch_end", 0, "loss"),
        ("test_batch_begin", 1), ("test_batch_end", 1, "loss"), ("test_end", "loss"),
        ("epoch_end", 0, "loss", "val_loss"), ("train_end", "loss", "val_loss")]


def test_evaluate_and_predict_tell_of_their_batches():
    recorder = Recorder()
    model = line()
    model.evaluate(X, Y, batch_size=6, callbacks=[recorder], verbose=0)
    model.predict(X, batch_size=6, callbacks=[recorder], verbose=0)
    assert recorder.events == [
        ("test_begin",), ("test_batch_begin", 0), ("test_batch_end", 0, "loss"), ("test_end", "loss"),
        ("predict_begin",), ("predict_batch_begin", 0), ("predict_batch_end", 0, "outputs"), ("predict_end",)]


def test_callbacks_run_in_the_order_given_and_history_sees_what_they_add():
    order = []

    class Adds(c.Callback):
        def __init__(self, label):
            self.label = label

        def on_epoch_end(self, epoch, logs=None):
            order.append(self.label)
            logs[self.label] = float(epoch)
    history = line().fit(X, Y, epochs=2, callbacks=[Adds("a"), Adds("b")], verbose=0)
    assert order == ["a", "b", "a", "b"]
    assert history.history["b"] == [0.0, 1.0]


def test_the_older_batch_events_are_heard_too():
    seen = []

    class Older(c.Callback):
        def on_batch_end(self, batch, logs=None):
            seen.append((batch, "loss" in logs))
    line().fit(X, Y, batch_size=3, callbacks=[Older()], verbose=0)
    assert seen == [(0, True), (1, True)]


def test_callbacks_know_model_and_params():
    class Knows(c.Callback):
        def on_train_begin(self, logs=None):
            self.known = self.model.name, self.params["epochs"], self.params["steps"]
    callback, model = Knows(), line()
    model.fit(X, Y, batch_size=4, epochs=3, callbacks=callback, verbose=0)
    assert callback.known == (model.name, 3, 2)


def test_stop_training_ends_the_epoch_and_the_fit():
    class Stops(c.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1
    recorder = Recorder()
    history = line().fit(X, Y, batch_size=1, epochs=5, callbacks=[Stops(), recorder], verbose=0)
    assert len(history.history["loss"]) == 1
    assert recorder.events[-3:] == [("train_batch_end", 1, "loss"), ("epoch_end", 0, "loss"), ("train_end", "loss")]


# --- EarlyStopping -------------------------------------------------------------------------------

class Script(c.Callback):
    """Reports the values given, one an epoch, and sets the weight to the number of the epoch."""

    def __init__(self, values, name="val_loss"):
        self.values, self.name = values, name

    def on_epoch_end(self, epoch, logs=None):
        logs[self.name] = self.values[epoch]
        self.model.set_weights([np.full((1, 1), epoch)])


def epochs_run(values, name="val_loss", **settings):
    model = line(0.0)
    stopping = c.EarlyStopping(**{"monitor": name, **settings})
    history = model.fit(X, Y, epochs=len(values), callbacks=[Script(values, name), stopping], verbose=0)
    return len(history.epoch), int(model.get_weights()[0][0, 0])


@pytest.mark.parametrize(("values", "settings", "epochs"), [
    ([3, 2, 2, 1], {}, 3), ([3, 2, 2, 1], {"patience": 1}, 3), ([3, 2, 2, 1, 1], {"patience": 2}, 5),
    ([3, 2, 2, 2, 1], {"patience": 2}, 4),
    ([3, 2.9, 2, 1], {"min_delta": 0.5}, 2), ([1, 2, 2, 3], {"mode": "max"}, 3),
    ([1, 2, 2, 3], {"name": "val_accuracy"}, 3), ([5, 4, 3, 2], {"baseline": 1.0, "patience": 2}, 4),
    ([5, 6, 7, 8, 9], {"start_from_epoch": 2}, 4), ([5, 5], {"patience": 0}, 2)])
def test_early_stopping_waits_for_improvements(values, settings, epochs):
    assert epochs_run(values, **settings)[0] == epochs


@pytest.mark.parametrize(("values", "kept"), [([3, 1, 2, 2], 1), ([3, 2, 1], 2), ([1, 2, 3], 0)])
def test_early_stopping_restores_the_best_weights(values, kept):
    assert epochs_run(values, patience=2, restore_best_weights=True)[1] == kept


def test_early_stopping_says_what_it_did(capsys):
    epochs_run([1, 2], patience=1, restore_best_weights=True, verbose=1)
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 2: early stopping", "Restoring the weights of the best epoch: 1."]


def test_early_stopping_can_be_used_again():
    stopping = c.EarlyStopping("loss", mode="max")
    for _ in range(2):
        history = line().fit(X, Y, epochs=5, callbacks=[stopping], verbose=0)
        assert len(history.epoch) == 2


def test_monitoring_what_is_not_reported_lists_what_is():
    with pytest.raises(ValueError, match=r"EarlyStopping monitors 'val_loss', .* it reports loss\. For val_"):
        line().fit(X, Y, callbacks=[c.EarlyStopping()], verbose=0)


def test_a_direction_that_is_not_known_must_be_given():
    with pytest.raises(ValueError, match="more or less of 'score' is better: give mode="):
        epochs_run([1, 2, 3], name="score")


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="mode must be 'auto', 'min' or 'max', got 'low'"):
        c.EarlyStopping(mode="low")


# --- the others ----------------------------------------------------------------------------------

@pytest.mark.parametrize("schedule", [lambda epoch, rate: rate / 2, lambda epoch: 0.5 / 2 ** (epoch + 1)])
def test_a_scheduler_sets_the_rate_of_each_epoch(schedule):
    history = line(0.5).fit(X, Y, epochs=3, callbacks=[c.LearningRateScheduler(schedule)], verbose=0)
    assert history.history["learning_rate"] == [0.25, 0.125, 0.0625]


def test_terminate_on_nan_stops_at_the_batch(capsys):
    history = line(1e30).fit(X, Y, batch_size=2, epochs=9, callbacks=[c.TerminateOnNaN()], verbose=0)
    assert len(history.epoch) == 1
    assert "training stops" in capsys.readouterr().out


def test_terminate_on_nan_may_raise_instead():
    with pytest.raises(RuntimeError, match="batch 1: the loss is"):
        line(1e30).fit(X, Y, batch_size=2, callbacks=[c.TerminateOnNaN(raise_error=True)], verbose=0)


# --- progress ------------------------------------------------------------------------------------

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
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=Path(__file__).parents[2])


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
