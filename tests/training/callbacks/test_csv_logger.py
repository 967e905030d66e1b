"""CSVLogger: the bytes of its file are those of Keras."""

import numpy as np
import pytest

import minikeras as mk
from minikeras.callbacks import Callback, CSVLogger

from .trained import X, Y, follow, line


def test_an_epoch_is_a_row(tmp_path):
    path = tmp_path / "log.csv"
    history = line(metrics=["mae"]).fit(X, Y, epochs=2, callbacks=[CSVLogger(path)], verbose=0, validation_data=(X, Y))
    rows = path.read_bytes().decode().split("\r\n")
    assert rows[0] == "epoch,loss,mae,val_loss,val_mae"
    values = [[str(history.history[name][epoch]) for name in history.history] for epoch in range(2)]
    assert [row.split(",") for row in rows[1:]] == [["0", *values[0]], ["1", *values[1]], [""]]


def logged(values, path, *before, name="val_loss", **settings):
    follow(values, *before, CSVLogger(path, **settings), name=name)
    return path.read_bytes().decode()


def test_columns_of_validation_are_there_before_it_is(tmp_path):
    text = logged([None, 3.0], tmp_path / "log.csv", separator=";")
    assert text.startswith("epoch;loss;val_loss\r\n0;") and ";NA\r\n1;" in text and text.endswith(";3.0\r\n")


def test_a_value_of_several_numbers_is_one_cell(tmp_path):
    assert ',"""[1.0, 2.0]""",' in logged([np.array([1.0, 2.0])], tmp_path / "log.csv", name="a")


def test_it_writes_anew_or_appends(tmp_path):
    path = tmp_path / "log.csv"
    first = logged([1.0], path)
    assert logged([1.0], path) == first
    assert logged([1.0], path, append=True) == first + first.split("\r\n")[1] + "\r\n"
    path.unlink()
    assert logged([1.0], path, append=True) == first


def test_a_training_without_epochs_leaves_an_empty_file(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("old")
    line().fit(X, Y, epochs=0 + 1, initial_epoch=1, callbacks=[CSVLogger(path)], verbose=0)
    assert path.read_bytes() == b""


def test_a_missing_folder_is_noticed_before_training(tmp_path):
    with pytest.raises(FileNotFoundError):
        line().fit(X, Y, callbacks=[CSVLogger(tmp_path / "none" / "log.csv")], verbose=0)


class Resumes(Callback):
    def __init__(self, callback, state):
        self.callback, self.state = callback, state

    def on_epoch_begin(self, epoch, logs=None):
        if self.state is not None:
            self.callback.set_state(self.state)
            self.state = None


@pytest.mark.parametrize("append", [False, True])
def test_a_resumed_training_goes_on_after_the_rows_it_knows(append, tmp_path):
    path, straight = tmp_path / "log.csv", tmp_path / "straight.csv"
    line().fit(X, Y, epochs=4, callbacks=[CSVLogger(straight)], verbose=0, shuffle=False)
    model, stopped = line(), CSVLogger(path, append=append)
    states = []
    snapshot = mk.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: states.append(
        (model.get_weights(), stopped.get_state())))
    model.fit(X, Y, epochs=3, callbacks=[stopped, snapshot], verbose=0, shuffle=False)
    weights, state = states[1]
    model.set_weights(weights)
    again = CSVLogger(path, append=append)
    model.fit(X, Y, epochs=4, initial_epoch=2, callbacks=[Resumes(again, state), again], verbose=0, shuffle=False)
    assert path.read_bytes() == straight.read_bytes()


def test_a_resumed_training_whose_file_is_gone_begins_it_anew(tmp_path):
    path = tmp_path / "log.csv"
    first = CSVLogger(path)
    follow([1.0, 2.0], first)
    path.unlink()
    again = CSVLogger(path)
    follow([1.0], Resumes(again, first.get_state()), again)
    assert path.read_bytes().startswith(b"epoch,loss,val_loss\r\n0,")
