"""Callbacks in general: who is told what, and when."""

import pickle

import numpy as np
import pytest

import minikeras as mk
from minikeras.callbacks import (
    BackupAndRestore,
    Callback,
    CallbackList,
    History,
    LambdaCallback,
    ModelCheckpoint,
    ProgbarLogger,
)
from minikeras.training.callbacks.base import EVENTS

from .trained import X, Y, line


class Recorder(Callback):
    """Writes down every event with its number and the names it was told."""

    def __init__(self):
        self.events = []


def recording(event):
    def hear(self, *number, logs=None):
        if "batch" not in event:
            *number, logs = number      # as Keras gives them
        self.events.append((event.removeprefix("on_"), *number, *logs))
    return hear


for name in EVENTS:
    if name not in ("on_batch_begin", "on_batch_end"):
        setattr(Recorder, name, recording(name))


# Each list is what Keras 3.15 tells of the same.
def test_fit_tells_of_every_epoch_batch_and_validation_in_order():
    recorder = Recorder()
    line(metrics=["mae", "accuracy"]).fit(X, Y, batch_size=2, validation_split=0.5, callbacks=[recorder], verbose=0)
    names = ("accuracy", "loss", "mae")
    all_names = (*names, "val_accuracy", "val_loss", "val_mae")
    assert recorder.events == [
        ("train_begin",), ("epoch_begin", 0),
        ("train_batch_begin", 0), ("train_batch_end", 0, *names),
        ("train_batch_begin", 1), ("train_batch_end", 1, *names),
        ("test_begin",), ("test_batch_begin", 0), ("test_batch_end", 0, *names),
        ("test_batch_begin", 1), ("test_batch_end", 1, *names), ("test_end", *names),
        ("epoch_end", 0, *all_names), ("train_end", *all_names)]


@pytest.mark.parametrize("base, path", [(ModelCheckpoint, "m.keras"), (BackupAndRestore, "backup")])
def test_a_class_made_of_one_that_leaves_batches_alone_hears_of_them(base, path, tmp_path):
    class Own(base):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            told.append(batch)
    told = []
    line().fit(X, Y, batch_size=2, callbacks=[Own(tmp_path / path)], verbose=0)
    assert told == [0, 1, 2]


def test_evaluate_and_predict_tell_of_their_batches():
    recorder = Recorder()
    model = line()
    model.evaluate(X, Y, batch_size=4, callbacks=[recorder], verbose=0)
    model.predict(X, batch_size=4, callbacks=[recorder], verbose=0)
    assert recorder.events == [
        ("test_begin",), ("test_batch_begin", 0), ("test_batch_end", 0, "loss"), ("test_batch_begin", 1),
        ("test_batch_end", 1, "loss"), ("test_end", "loss"),
        ("predict_begin",), ("predict_batch_begin", 0), ("predict_batch_end", 0, "outputs"), ("predict_batch_begin", 1),
        ("predict_batch_end", 1, "outputs"), ("predict_end",)]


def test_a_fit_without_epochs_tells_of_its_begin_and_end():
    recorder = Recorder()
    history = line().fit(X, Y, initial_epoch=2, epochs=2, callbacks=[recorder], verbose=0)
    assert recorder.events == [("train_begin",), ("train_end",)]
    assert (history.history, history.epoch) == ({}, [])


def test_params_are_those_of_keras():
    recorder, model = Recorder(), line()
    model.fit(X, Y, batch_size=4, epochs=3, callbacks=recorder, verbose=0)
    assert recorder.params == {"verbose": 0, "epochs": 3, "steps": 2}
    model.predict(X, batch_size=2, callbacks=[recorder], verbose=0)
    assert recorder.params == {"verbose": 0, "epochs": 1, "steps": 3}
    assert recorder.model is model


def test_they_run_in_the_order_given_and_later_ones_see_what_earlier_ones_add():
    order = []

    class Adds(Callback):
        def __init__(self, label):
            self.label = label

        def on_epoch_end(self, epoch, logs=None):
            order.append((self.label, list(logs)))
            logs[self.label] = float(epoch)

        def on_train_end(self, logs=None):
            order.append(list(logs))
    history = line().fit(X, Y, callbacks=[Adds("b"), [Adds("a")]], verbose=0)
    assert order == [("b", ["loss"]), ("a", ["loss", "b"]), ["loss"], ["loss"]]
    assert list(history.history) == ["loss", "b", "a"]


def test_the_older_batch_events_are_heard_unless_the_newer_one_is_redefined():
    class Older(Callback):
        def on_batch_end(self, batch, logs=None):
            seen.append((batch, "loss" in logs))

    class Newer(Older):
        def on_train_batch_end(self, batch, logs=None):
            pass

    class Both(Older):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
    for cls, times in ((Older, 1), (Newer, 0), (Both, 1)):
        seen = []
        line().fit(X, Y, batch_size=3, callbacks=[cls()], verbose=0)
        assert seen == [(0, True), (1, True)] * times


def test_stop_training_ends_the_epoch_and_the_fit():
    class Stops(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1
    recorder = Recorder()
    history = line().fit(X, Y, batch_size=1, epochs=5, callbacks=[Stops(), recorder], verbose=0)
    assert len(history.history["loss"]) == 1
    assert recorder.events[-3:] == [("train_batch_end", 1, "loss"), ("epoch_end", 0, "loss"), ("train_end", "loss")]


def test_nobody_is_told_of_batches_that_nobody_listens_to():
    events = CallbackList([Callback(), History(), ProgbarLogger(), mk.callbacks.ModelCheckpoint("x.keras"),
                           mk.callbacks.LambdaCallback(on_test_batch_end=print)], verbose=0)
    assert [event for event in EVENTS if "batch" in event and events.hears(event)] == ["on_test_batch_end"]


def test_a_callback_may_be_given_functions_when_something_begins():
    class Late(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.on_train_batch_end = lambda batch, logs: seen.append(batch)
    seen = []
    line().fit(X, Y, batch_size=3, callbacks=[Late()], verbose=0)
    assert seen == [0, 1]


def test_set_model_and_model_may_be_redefined_as_in_older_programs():
    class Own(Callback):
        def set_model(self, model):
            self.model = model
    own, model = Own(), line()
    model.fit(X, Y, callbacks=[own], verbose=0)
    assert own.model is model


# --- in loops of one's own -----------------------------------------------------------------------------------

def test_a_list_tells_of_a_loop_of_ones_own(capsys):
    recorder, model = Recorder(), line()
    events = CallbackList([recorder], add_history=True, add_progbar=True, model=model, epochs=1, steps=1, verbose=1)
    assert [type(callback) for callback in events.callbacks] == [Recorder, History, ProgbarLogger]
    events.on_train_begin()
    events.on_epoch_begin(0)
    events.on_train_batch_begin(0)
    logs = {"loss": mk.ops.convert_to_tensor(2.0), "each": mk.ops.ones(2), "nested": {"mae": np.float32(1)}}
    events.on_train_batch_end(0, logs)
    events.on_epoch_end(0, logs)
    events.on_train_end(logs)
    assert model.history.history["loss"] == [2.0]
    assert type(model.history.history["loss"][0]) is type(model.history.history["mae"][0]) is float
    assert model.history.history["each"][0].tolist() == [1, 1]
    assert recorder.events[3] == ("train_batch_end", 0, "each", "loss", "mae")
    assert capsys.readouterr().out.startswith("Epoch 1/1 - ")


def test_what_is_appended_is_told_too():
    recorder, model = Recorder(), line()
    events = CallbackList(model=model, steps=3)
    events.append(recorder)
    events.on_test_batch_begin(4)
    assert recorder.events == [("test_batch_begin", 4)]
    assert recorder.model is model and recorder.params == {"steps": 3}


def test_fit_takes_a_list_and_a_history_among_its_callbacks():
    recorder, history = Recorder(), History()
    made = line().fit(X, Y, callbacks=CallbackList([recorder, history]), verbose=0)
    assert recorder.events[-1] == ("train_end", "loss")
    assert made.history == history.history


def test_what_is_no_callback_is_refused():
    with pytest.raises(TypeError, match="callbacks must be Callback objects, got 3"):
        CallbackList([3])


# --- state ---------------------------------------------------------------------------------------------------

def test_a_list_has_the_states_of_its_callbacks():
    class Counts(Callback):
        kept = ("count",)
        count = 0
    one, other = Counts(), Counts()
    one.count = 3
    CallbackList([other]).set_state(CallbackList([Callback(), one]).get_state())      # those without one do not count
    assert other.count == 3
    with pytest.raises(ValueError, match=r"the state of Counts, and there are Counts, Counts\. Resume with"):
        CallbackList([other, Counts()]).set_state(CallbackList([Callback(), one]).get_state())


def test_one_that_comes_last_is_told_after_all_others():
    told = []

    class Last(Callback):
        comes_last = True

        def on_epoch_end(self, epoch, logs=None):
            told.append("last")
    events = CallbackList([Last(), LambdaCallback(on_epoch_end=lambda epoch, logs: told.append("first"))])
    events.append(LambdaCallback(on_epoch_end=lambda epoch, logs: told.append("second")))
    events.on_epoch_end(0)
    assert told == ["first", "second", "last"]


def test_a_state_of_something_else_is_refused():
    with pytest.raises(ValueError, match=r"History.set_state: expected history, epoch, got best\. Resume with"):
        History().set_state({"best": 3})


def test_a_history_goes_on_where_it_was():
    history, again = History(), History()
    line().fit(X, Y, epochs=2, callbacks=[history], verbose=0)

    class Resumes(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            again.set_state(history.get_state())
    line().fit(X, Y, initial_epoch=2, epochs=3, callbacks=[Resumes(), again], verbose=0)
    assert again.epoch == [0, 1, 2]
    assert len(again.history["loss"]) == 3
    assert len(history.history["loss"]) == 2


def test_a_history_of_ones_own_is_gone_on_with():
    history, model = History(), line()
    for _ in range(2):
        assert model.fit(X, Y, epochs=2, callbacks=[history], verbose=0) is history is model.history
    assert (history.epoch, len(history.history["loss"])) == ([0, 1], 4)       # as in Keras


def test_what_fit_returns_can_be_pickled():
    history = line().fit(X, Y, verbose=0)
    again = pickle.loads(pickle.dumps(history))
    assert again.history == history.history
    assert again.model.get_weights() == history.model.get_weights()
