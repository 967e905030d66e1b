"""A training that is cut short at any step and gone on with equals, to the byte, one that was not."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import minikeras as mk
from minikeras import callbacks, data, layers, losses, models, optimizers
from minikeras.callbacks import BackupAndRestore, Callback
from minikeras.errors import FileFormatError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(22, 4, 3)).astype("float32"), RNG.integers(0, 3, 22)
IMAGES = RNG.normal(size=(12, 4, 4, 1)).astype("float32")
VALIDATION = RNG.normal(size=(9, 4, 3)).astype("float32"), RNG.integers(0, 3, 9)


def network():
    """What draws and what keeps statistics, through and through."""
    mk.random.set_random_seed(5)
    return models.Sequential([
        models.Input((4, 3)), layers.GaussianNoise(0.1), layers.Conv1D(4, 2, activation="relu"),
        layers.BatchNormalization(), layers.Flatten(), layers.Dense(6, kernel_regularizer="l2"), layers.Dropout(0.4),
        layers.Dense(3)])


def schedule():
    return optimizers.schedules.CosineDecay(0.05, 20, warmup_target=0.1, warmup_steps=3)


OPTIMIZERS = {
    "adam": lambda: optimizers.Adam(schedule(), use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3),
    "accumulating": lambda: optimizers.SGD(0.05, momentum=0.9, gradient_accumulation_steps=3, use_ema=True,
                                           clipnorm=1.0),
    "rmsprop": lambda: optimizers.RMSprop(0.01, centered=True, weight_decay=0.01),
    "scaled": lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.01), dynamic_growth_steps=2),
}


def compiled(optimizer="adam", **options):
    model = network()
    model.compile(OPTIMIZERS[optimizer](), losses.SparseCategoricalCrossentropy(from_logits=True),
                  metrics=["accuracy", "sparse_top_k_categorical_accuracy"], **options)
    return model


def pipeline():
    return data.Dataset.from_tensor_slices((X, Y)).shuffle(8).batch(5).prefetch(1)


def generated():
    rng = np.random.default_rng(3)
    while True:
        rows = rng.integers(0, len(X), 5)
        yield X[rows], Y[rows]


DATA = {
    "arrays": lambda: {"x": X, "y": Y, "batch_size": 5, "validation_data": VALIDATION},
    "parts": lambda: {"x": X, "y": Y, "batch_size": 3, "steps_per_epoch": 3, "validation_split": 0.2},
    "dataset": lambda: {"x": pipeline(),
                        "validation_data": data.Dataset.from_tensor_slices(VALIDATION).shuffle(9).batch(4)},
    "endless": lambda: {"x": pipeline().repeat(), "steps_per_epoch": 3},
    "generator": lambda: {"x": generated(), "steps_per_epoch": 5, "validation_data": generated(),
                          "validation_steps": 2},
}


class Killed(BaseException):
    """Like the end of the process, it passes all handlers."""


class Kill(Callback):
    """Ends the run at the n-th of the given events."""

    def __init__(self, event, after):
        self.left = after
        setattr(self, event, self._count)

    def hears(self, event):
        return True

    def _count(self, *_, **__):
        self.left -= 1
        if not self.left:
            raise Killed


def run(folder, frequency, kind, kill=None, epochs=3, more=(), **options):
    """All that a training leaves behind; None if it was killed. Everything is made anew, as in a new process."""
    model, csv = compiled(**{"run_eagerly": True, **options}), folder / "log.csv"
    told = [BackupAndRestore(folder / "backup", frequency), callbacks.CSVLogger(csv),
            callbacks.EarlyStopping("loss", patience=1, min_delta=0.05, restore_best_weights=True),
            *[make() for make in more]]
    try:
        history = model.fit(**DATA[kind](), epochs=epochs, verbose=0, callbacks=told + ([kill] if kill else []))
    except Killed:
        return None
    held = [v.numpy().tobytes() for v in (*model.variables, *model.optimizer.variables)]
    draws = [layer.seed_generator.generator.bit_generator.state for layer in model.layers
             if hasattr(layer, "seed_generator")]
    return held, history.history, history.epoch, csv.read_bytes(), draws, model._order.get_state()


def resumed(folder, frequency, kind, event, after, **options):
    """As `run`, of a training that is killed once."""
    if run(folder, frequency, kind, Kill(event, after), **options) is not None:
        raise AssertionError("it was to be killed")
    return run(folder, frequency, kind, **options)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """The straight run of each kind, once."""
    known = {}

    def get(kind, **options):
        key = kind, *sorted(options.items())
        if key not in known:
            known[key] = run(tmp_path_factory.mktemp("straight"), "epoch", kind, **options)
        return known[key]
    return get


@pytest.mark.parametrize("kind, after", [
    *[(kind, after) for kind, last in (("arrays", 15), ("parts", 9), ("dataset", 15), ("endless", 9), ("generator", 15))
      for after in range(1, last + 1)]])
@pytest.mark.long
def test_killed_at_any_step(tmp_path, straight, kind, after):
    assert resumed(tmp_path, 1, kind, "on_train_batch_end", after) == straight(kind)
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("kind, after", [("arrays", 4), ("parts", 5), ("dataset", 8), ("endless", 5), ("generator", 7)])
def test_killed_in_mid_epoch(tmp_path, straight, kind, after):
    assert resumed(tmp_path, 1, kind, "on_train_batch_end", after) == straight(kind)


@pytest.mark.long
@pytest.mark.parametrize("event, after", [
    ("on_epoch_begin", 2), ("on_epoch_end", 1), ("on_epoch_end", 2), ("on_test_batch_end", 3), ("on_test_end", 2),
    ("on_train_batch_begin", 7), ("on_train_batch_end", 8)])
@pytest.mark.parametrize("frequency", ["epoch", 2, 3])
def test_killed_between_what_is_written(tmp_path, straight, frequency, event, after):
    assert resumed(tmp_path, frequency, "arrays", event, after) == straight("arrays")


@pytest.mark.parametrize("optimizer, after", [("adam", 6), ("accumulating", 7), ("rmsprop", 9), ("scaled", 8)])
def test_every_optimizer(tmp_path, straight, optimizer, after):
    options = {"optimizer": optimizer}
    assert resumed(tmp_path, 1, "arrays", "on_train_batch_end", after, **options) == straight("arrays", **options)


@pytest.mark.parametrize("options, after", [
    ({"run_eagerly": False}, 7), ({"run_eagerly": False, "steps_per_execution": 2}, 3), ({"steps_per_execution": 2}, 4),
    ({"steps_per_execution": 3}, 4)])
def test_however_steps_run(tmp_path, straight, options, after):
    assert resumed(tmp_path, 1, "arrays", "on_train_batch_end", after, **options) == straight("arrays")


def test_killed_again_and_again(tmp_path, straight):
    for after in (3, 4, 2, 1):
        run(tmp_path, 1, "dataset", Kill("on_train_batch_end", after))
    assert run(tmp_path, 1, "dataset") == straight("dataset")


def test_with_callbacks_that_change_the_training(tmp_path):
    more = [lambda: callbacks.LearningRateScheduler(lambda epoch, rate: 0.9 * rate),
            lambda: callbacks.SwapEMAWeights(swap_on_epoch=True),
            lambda: callbacks.ModelCheckpoint(str(tmp_path / "best.weights.npz"), save_weights_only=True)]
    options = {"more": more, "optimizer": "accumulating", "epochs": 4}
    expected = run(tmp_path, 1, "arrays", **options)
    for i, (event, after) in enumerate([("on_train_batch_end", 7), ("on_epoch_end", 2), ("on_epoch_begin", 2)]):
        (tmp_path / str(i)).mkdir()
        assert resumed(tmp_path / str(i), 2, "arrays", event, after, **options) == expected


def test_the_same_model_and_callback_may_go_on(tmp_path, straight):
    model, backup = compiled(run_eagerly=True), BackupAndRestore(tmp_path / "backup", 2)
    with pytest.raises(Killed):
        model.fit(**DATA["arrays"](), epochs=3, verbose=0, callbacks=[backup, Kill("on_train_batch_end", 9)])
    history = model.fit(**DATA["arrays"](), epochs=3, verbose=0, callbacks=[backup])
    assert history.history == straight("arrays")[1]
    assert history.epoch == [0, 1, 2]


def test_a_run_that_stopped_early_stays_stopped(tmp_path, straight):
    assert len(straight("arrays", epochs=8)[2]) < 8
    assert resumed(tmp_path, "epoch", "arrays", "on_train_end", 1, epochs=8) == straight("arrays", epochs=8)


# --- models that are not built, and steps of one's own ------------------------------------------


class Adversaries(models.Model):
    """Two networks with an optimizer each, and no call."""

    def __init__(self):
        super().__init__()
        self.maker = models.Sequential([layers.Dense(4), layers.Dropout(0.3), layers.Dense(12)])
        self.judge = models.Sequential([layers.Dense(4), layers.Dropout(0.3), layers.Dense(1)])
        self.tracker, self.noise = mk.metrics.Mean(name="judged"), mk.random.SeedGenerator()

    def compile(self, eager):
        super().compile(run_eagerly=eager)
        self.first, self.second = optimizers.Adam(0.01), optimizers.RMSprop(0.01)

    @property
    def metrics(self):
        return [self.tracker]

    def train_step(self, batch):
        x, _ = batch
        x = mk.reshape(x, (-1, 12))
        with mk.GradientTape(persistent=True) as tape:
            made = self.maker(mk.random.normal((4, 3), seed=self.noise), training=True)
            loss = mk.reduce_mean(self.judge(made, training=True) ** 2) - mk.reduce_mean(self.judge(x, training=True))
            other = mk.reduce_mean((1.0 - self.judge(made, training=True)) ** 2)
        for network, optimizer, its in ((self.judge, self.first, loss), (self.maker, self.second, other)):
            optimizer.apply_gradients(zip(tape.gradient(its, network.trainable_weights), network.trainable_weights))
        self.tracker.update_state(loss)
        return {"judged": self.tracker.result()}


@pytest.mark.parametrize("after, eager", [(1, True), (5, True), (6, True), (8, False)])
def test_steps_of_ones_own(tmp_path, after, eager):
    def training(kill=None):
        mk.random.set_random_seed(1)
        model = Adversaries()
        model.compile(eager)
        try:
            history = model.fit(X, Y, batch_size=5, epochs=2, verbose=0,
                                callbacks=[BackupAndRestore(tmp_path, 1), *([kill] if kill else [])])
        except Killed:
            return None
        held = (*model.variables, *model.first.variables, *model.second.variables)
        return [v.numpy().tobytes() for v in held], history.history
    expected = training()
    assert training(Kill("on_train_batch_end", after)) is None
    assert training() == expected


def test_a_model_that_is_built_by_its_first_step(tmp_path):
    def training(kill=None):
        mk.random.set_random_seed(1)
        model = models.Sequential([layers.Flatten(), layers.Dense(4), layers.BatchNormalization(), layers.Dense(3)])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        try:
            return model.fit(X, Y, verbose=0, epochs=2, batch_size=5, callbacks=[
                BackupAndRestore(tmp_path, 2), *([kill] if kill else [])]).history, model.get_weights()
        except Killed:
            return None
    expected = training()
    training(Kill("on_train_batch_end", 8))
    history, weights = training()
    assert history == expected[0]
    for a, b in zip(weights, expected[1], strict=True):
        np.testing.assert_array_equal(a, b)


def augmented():
    flip = models.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
    return data.Dataset.from_tensor_slices((IMAGES, Y[:12])).batch(3).map(
        lambda x, y: (flip(x, training=True), y)).prefetch(2)


@pytest.mark.parametrize("after", [2, 3, 6])
def test_layers_that_draw_in_the_data_and_metrics_made_late(tmp_path, after):
    def training(kill=None):
        mk.random.set_random_seed(1)
        model = models.Sequential([models.Input(batch_shape=(3, 4, 4, 1)), layers.Reshape((4, 4)),
                                   layers.LSTM(3, stateful=True), layers.Dense(1)])
        model.compile("adam", "mse", metrics=[mk.metrics.R2Score(), "mae"], run_eagerly=True)
        try:
            history = model.fit(augmented(), epochs=2, verbose=0, callbacks=[
                BackupAndRestore(tmp_path, 1), *([kill] if kill else [])])
        except Killed:
            return None
        return history.history, [v.numpy().tobytes() for v in [*model.variables, *model.layers[1].states]]
    expected = training()
    assert training(Kill("on_train_batch_end", after)) is None
    assert training() == expected


# --- the files -----------------------------------------------------------------------------------


def files(folder):
    return sorted(os.listdir(folder / "backup"))


def test_the_state_before_is_kept_and_taken_where_the_latest_is_damaged(tmp_path, straight):
    def training(kill=None):
        model = compiled(run_eagerly=True)
        try:
            return model.fit(**DATA["arrays"](), epochs=3, verbose=0, callbacks=[
                BackupAndRestore(tmp_path / "backup", 2, double_checkpoint=True, delete_checkpoint=False),
                *([kill] if kill else [])]).history
        except Killed:
            return None
    training(Kill("on_train_batch_end", 9))
    assert files(tmp_path) == ["training-3.ckpt", "training-4.ckpt"]
    path = tmp_path / "backup" / "training-4.ckpt"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.warns(UserWarning, match=r"training-4\.ckpt: .*checksum"):
        history = training()
    assert history == straight("arrays")[1]
    assert len(files(tmp_path)) == 2
    assert training() == history        # nothing is left to do, and nothing is done twice


def test_the_state_of_another_training_is_refused(tmp_path):
    run(tmp_path, 1, "arrays", Kill("on_train_batch_end", 2))
    for layer, message in ((layers.Flatten(), "Make the objects as they were"), (layers.Conv1D(5, 2), "has shape")):
        model = models.Sequential([models.Input((4, 3)), layers.GaussianNoise(0.1), layer, layers.Flatten()])
        model.compile(OPTIMIZERS["adam"](), losses.SparseCategoricalCrossentropy(from_logits=True))
        with pytest.raises(FileFormatError, match=rf"training-1\.ckpt.*{message}"):
            model.fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path / "backup")])
    with pytest.raises(ValueError, match=r"CSVLogger, EarlyStopping.*Resume with the callbacks"):
        compiled().fit(**DATA["arrays"](), verbose=0, callbacks=[BackupAndRestore(tmp_path / "backup")])


def test_other_versions_are_warned_of(tmp_path, monkeypatch):
    run(tmp_path, 1, "arrays", Kill("on_train_batch_end", 2))
    monkeypatch.setattr("minikeras.training.callbacks.backup.versions", lambda: {"numpy": "9.9"})
    with pytest.warns(UserWarning, match=r"numpy 2.* goes on with numpy 9\.9"):
        run(tmp_path, 1, "arrays")


def test_a_nan_leaves_the_last_good_state(tmp_path):
    model = models.Sequential([models.Input((3,)), layers.Dense(1)])
    model.compile(optimizers.SGD(1e30), "mse")
    model.fit(X[:, 0], Y.astype("float32"), batch_size=2, verbose=0, callbacks=[
        BackupAndRestore(tmp_path / "backup", 1), callbacks.TerminateOnNaN()])
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("arguments, message", [
    ({"backup_dir": ""}, "backup_dir is empty"), ({"backup_dir": "x", "save_freq": False}, "save_freq"),
    ({"backup_dir": "x", "save_freq": "batch"}, "save_freq"), ({"backup_dir": "x", "save_freq": 0}, "save_freq"),
    ({"backup_dir": "x", "double_checkpoint": 3}, "double_checkpoint")])
def test_arguments_that_mean_nothing_are_refused(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        BackupAndRestore(**arguments)


# --- a real process --------------------------------------------------------------------------------

PROGRAM = """
import json, os, sys
from pathlib import Path
from tests.training import test_resuming as t

class Told(t.Callback):
    def on_train_batch_end(self, batch, logs=None):
        print(batch, flush=True)

folder = Path(sys.argv[1])
result = t.run(folder, 1, "dataset", Told() if len(sys.argv) > 2 else None, epochs=3)
print(json.dumps([[x.hex() for x in result[0]], result[1], result[3].decode()]))
"""


@pytest.mark.long
def test_a_process_that_is_killed(tmp_path, straight):
    folder = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))

    def start(*arguments):
        return subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path), *arguments], stdout=subprocess.PIPE,
                                text=True, cwd=folder)
    for lines in (2, 4):
        with start("told") as process:
            for _ in range(lines):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert process.returncode == -signal.SIGKILL
        assert files(tmp_path)
    with start() as process:
        held, history, log = json.loads(process.stdout.read())
    expected = straight("dataset")
    assert held == [x.hex() for x in expected[0]]
    assert history == expected[1]
    assert log == expected[3].decode()


class Judged(models.Model):
    """A step of one's own in a model whose call cannot be asked for what the step makes."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, inputs):
        return self.dense(inputs["x"])

    def train_step(self, batch):
        x, y = batch
        with mk.GradientTape() as tape:
            y_pred = self({"x": mk.reshape(x, (-1, 12))}, training=True)
            loss = self.compute_loss(x, y, y_pred)
        self.optimizer.apply(tape.gradient(loss, self.trainable_weights), self.trainable_weights)
        return self.compute_metrics(x, y, y_pred)


@pytest.mark.parametrize("after", [3, 7])
def test_metrics_that_only_the_first_step_makes(tmp_path, after):
    def training(kill=None):
        mk.random.set_random_seed(1)
        model = Judged()
        model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True), run_eagerly=True,
                      metrics=["accuracy", mk.metrics.SparseCategoricalCrossentropy(from_logits=True)])
        try:
            history = model.fit(X, Y, batch_size=5, epochs=2, verbose=0, callbacks=[
                BackupAndRestore(tmp_path, 1), *([kill] if kill else [])])
        except Killed:
            return None
        return history.history, [v.numpy().tobytes() for v in [*model.variables, *model.optimizer.variables]]
    expected = training()
    assert training(Kill("on_train_batch_end", after)) is None
    assert training() == expected
