"""Callbacks: the hooks in order with their logs, those of one's own, and the built-in ones in a training."""

import csv

import numpy as np
import pytest

import minikeras as keras
from minikeras import layers

from .given import agree, table, with_weights

X, Y = table(40, 4), table(40, 1, 1)


def model(rate=0.1):
    made = with_weights(keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="tanh"), layers.Dense(1)]))
    made.compile(keras.optimizers.SGD(rate), "mse", metrics=["mae"])
    return made


class Notes(keras.callbacks.Callback):
    """Writes down every hook with its number and the keys of its logs."""

    def __init__(self):
        super().__init__()
        self.lines = []


def _hook(name):
    if "epoch" in name or "batch" in name:
        return lambda self, number, logs=None: self.lines.append(" ".join([f"{name} {number}", *sorted(logs or {})]))
    return lambda self, logs=None: self.lines.append(" ".join([name, *sorted(logs or {})]))


for _name in ("train", "test", "predict", "epoch", "train_batch", "test_batch", "predict_batch"):
    for _end in ("begin", "end"):
        setattr(Notes, f"on_{_name}_{_end}", _hook(f"{_name}_{_end}"))


def test_hooks_come_in_order_with_the_logs_of_their_time():
    notes = Notes()
    model().fit(X[:20], Y[:20], batch_size=5, epochs=1, validation_split=0.5, verbose=0, callbacks=[notes])
    val = "val_loss val_mae"
    assert notes.lines == [
        "train_begin", "epoch_begin 0", "train_batch_begin 0", "train_batch_end 0 loss mae", "train_batch_begin 1",
        "train_batch_end 1 loss mae", "test_begin", "test_batch_begin 0", "test_batch_end 0 loss mae",
        "test_batch_begin 1", "test_batch_end 1 loss mae", "test_end loss mae", f"epoch_end 0 loss mae {val}",
        f"train_end loss mae {val}"]


def test_evaluate_and_predict_have_hooks_of_their_own():
    notes = Notes()
    made = model()
    made.evaluate(X[:10], Y[:10], batch_size=10, verbose=0, callbacks=[notes])
    made.predict(X[:10], batch_size=10, verbose=0, callbacks=[notes])
    assert notes.lines == ["test_begin", "test_batch_begin 0", "test_batch_end 0 loss mae", "test_end loss mae",
                           "predict_begin", "predict_batch_begin 0", "predict_batch_end 0 outputs", "predict_end"]


def test_batch_logs_are_means_since_the_epoch_began():
    seen = []

    class Losses(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(logs["loss"])

    history = model().fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=[Losses()]).history
    agree([seen[4], seen[9]], history["loss"], 1e-6)
    agree(seen, [0.1088, 0.15985, 0.16285, 0.16051, 0.15855, 0.065373, 0.073122, 0.079375, 0.093133, 0.096026])


def test_a_callback_of_ones_own_stops_training_and_restores_weights():
    class StopAtLeast(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.best, self.weights = np.inf, None

        def on_epoch_end(self, epoch, logs=None):
            if logs["loss"] < 0.95 * self.best:
                self.best, self.weights = logs["loss"], self.model.get_weights()
            else:
                self.model.stop_training = True
                self.model.set_weights(self.weights)

    made, stop = model(), StopAtLeast()
    history = made.fit(X, Y, batch_size=40, epochs=50, shuffle=False, verbose=0, callbacks=[stop])
    assert 1 < len(history.epoch) < 50
    assert all(np.array_equal(a, b) for a, b in zip(made.get_weights(), stop.weights))


def test_a_callback_of_ones_own_sets_the_rate():
    class Halve(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch:
                self.model.optimizer.learning_rate = float(self.model.optimizer.learning_rate) / 2

    made = model()
    history = made.fit(X, Y, batch_size=8, epochs=4, shuffle=False, verbose=0, callbacks=[Halve()]).history
    assert float(made.optimizer.learning_rate) == pytest.approx(0.0125)
    agree(history, {"loss": [0.15855, 0.095954, 0.094269, 0.09375], "mae": [0.33186, 0.26716, 0.26716, 0.2676]})


def test_early_stopping_restores_the_best_epoch():
    stop = keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=0.002, restore_best_weights=True)
    made = model()
    history = made.fit(X, Y, batch_size=8, epochs=12, validation_split=0.25, shuffle=False, verbose=0,
                       callbacks=[stop]).history
    agree(history["val_loss"], [0.12131, 0.0986, 0.094783, 0.093901])
    assert [stop.stopped_epoch, stop.best_epoch] == [3, 2]       # the last gain was below min_delta
    agree(made.evaluate(X[30:], Y[30:], verbose=0)[0], history["val_loss"][2], 1e-6)


def test_the_rate_is_reduced_on_a_plateau_as_in_keras():
    plateau = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=0.05)
    history = model().fit(X, Y, epochs=6, shuffle=False, verbose=0, callbacks=[plateau]).history
    agree(history, {
        "loss": [0.25779, 0.12078, 0.096392, 0.093838, 0.09402, 0.094132],
        "mae": [0.41897, 0.28716, 0.26652, 0.26907, 0.27032, 0.27064],
        "learning_rate": [0.1, 0.1, 0.1, 0.05, 0.025, 0.0125]})


def test_a_schedule_of_epochs_is_followed_and_logged():
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.5 * rate if epoch else rate)
    history = model().fit(X, Y, epochs=4, shuffle=False, verbose=0, callbacks=[schedule]).history
    agree(history["learning_rate"], [0.1, 0.05, 0.025, 0.0125], 1e-6)
    agree(history["loss"], [0.25779, 0.12319, 0.10631, 0.10177])


def test_checkpoints_are_named_by_epoch_and_loss(tmp_path):
    best = keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor="loss", save_best_only=True)
    every = keras.callbacks.ModelCheckpoint(tmp_path / "w_{epoch:02d}_{loss:.3f}.weights.h5", save_weights_only=True)
    made = model()
    history = made.fit(X, Y, epochs=3, shuffle=False, verbose=0, callbacks=[best, every]).history
    assert sorted(file.name for file in tmp_path.iterdir()) == ["best.keras"] + [
        f"w_{epoch:02d}_{loss:.3f}.weights.h5" for epoch, loss in enumerate(history["loss"], 1)]
    agree(keras.models.load_model(tmp_path / "best.keras").predict(X, verbose=0), made.predict(X, verbose=0), 1e-6)


def test_a_table_of_the_epochs_is_written(tmp_path):
    history = model().fit(X, Y, epochs=3, shuffle=False, verbose=0,
                          callbacks=[keras.callbacks.CSVLogger(tmp_path / "log.csv")]).history
    with open(tmp_path / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "loss", "mae", "val_loss", "val_mae"] and rows[0]["val_mae"] == "NA"
    agree([float(row["loss"]) for row in rows], history["loss"], 1e-6)


def test_training_ends_where_the_loss_is_no_number():
    history = model(1e20).fit(1e10 * X, Y, epochs=4, batch_size=8, verbose=0,
                              callbacks=[keras.callbacks.TerminateOnNaN()])
    assert len(history.epoch) == 1


def test_functions_serve_as_hooks():
    seen = []
    hooks = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append((epoch, sorted(logs))),
                                           on_train_end=lambda logs: seen.append("end"))
    model().fit(X, Y, epochs=2, verbose=0, callbacks=[hooks])
    assert seen == [(0, ["loss", "mae"]), (1, ["loss", "mae"]), "end"]


def test_history_begins_anew_with_each_training():
    made = model()
    first = made.fit(X, Y, epochs=2, verbose=0)
    second = made.fit(X, Y, epochs=5, initial_epoch=2, verbose=0)
    assert made.history is second and first.epoch == [0, 1] and second.epoch == [2, 3, 4]
    assert len(first.history["loss"]) == 2 and len(second.history["loss"]) == 3
