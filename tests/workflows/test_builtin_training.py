"""`compile`, `fit`, `evaluate` and `predict` on every kind of data, with weights, and with losses and metrics of one's
own."""

import numpy as np
import pytest

import minikeras as keras
import minikeras as tf
from minikeras import layers, ops

from .given import agree, labels, table, with_weights

X, Y = table(48, 8), labels(48, 10)


def model(**options):
    made = with_weights(keras.Sequential([
        keras.Input((8,)), layers.Dense(16, activation="relu"), layers.Dense(10, activation="softmax")]))
    made.compile(**({"optimizer": "rmsprop", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
                    | options))
    return made


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return X[16 * index:16 * index + 16], Y[16 * index:16 * index + 16]


def endless():
    while True:
        yield from (Batches()[index] for index in range(3))


@pytest.mark.parametrize("feed", [
    lambda: {"x": tf.constant(X), "y": Y, "batch_size": 16},
    lambda: {"x": tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)},
    lambda: {"x": tf.data.Dataset.from_tensor_slices((X, Y)).batch(16).repeat(), "steps_per_epoch": 3},
    lambda: {"x": endless(), "steps_per_epoch": 3}, Batches, lambda: {"x": Batches(workers=2)}])
def test_the_same_batches_train_the_same_whatever_holds_them(feed):
    given = feed()
    given = given if isinstance(given, dict) else {"x": given}
    agree(model().fit(**given, epochs=2, shuffle=False, verbose=0).history,
          model().fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0).history, 1e-6)


def test_arrays_train_as_in_keras():
    agree(model().fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0).history, {
        "loss": [2.3339, 2.3237], "accuracy": [0.10417, 0.10417]})


def test_the_last_batch_counts_by_its_size():
    history = model().fit(X[:40], Y[:40], batch_size=32, epochs=2, shuffle=False, verbose=0).history
    agree(history, {"loss": [2.3437, 2.332], "accuracy": [0.1, 0.1]})


def test_validation_takes_the_last_samples_or_its_own_data():
    last = model().fit(X, Y, epochs=2, validation_split=0.25, shuffle=False, verbose=0).history
    own = model().fit(X[:36], Y[:36], epochs=2, validation_data=(X[36:], Y[36:]), shuffle=False, verbose=0).history
    agree(last, own, 1e-6)
    agree(last, {
        "loss": [2.337, 2.3247], "accuracy": [0.083333, 0.083333], "val_loss": [2.3206, 2.3216],
        "val_accuracy": [0.16667, 0.16667]})


def test_validation_may_be_rare_and_short():
    val = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
    history = model().fit(X, Y, epochs=4, validation_data=val, validation_steps=2, validation_freq=2, shuffle=False,
                          verbose=0).history
    assert len(history["loss"]) == 4 and len(history["val_loss"]) == 2


def test_class_weights_are_sample_weights_by_label():
    by_class = model(weighted_metrics=["accuracy"]).fit(
        X, Y, batch_size=16, class_weight={label: 2.0 if label == 5 else 1.0 for label in range(10)}, epochs=2,
        shuffle=False, verbose=0).history
    by_sample = model(weighted_metrics=["accuracy"]).fit(
        X, Y, batch_size=16, sample_weight=np.where(Y == 5, 2.0, 1.0), epochs=2, shuffle=False, verbose=0).history
    agree(by_class, by_sample, 1e-6)
    agree(by_sample["loss"], [2.5274, 2.516])


def test_metrics_are_weighted_only_where_asked():
    accuracy, weight = keras.metrics.SparseCategoricalAccuracy, np.linspace(0, 1, 48)
    made = model(metrics=[accuracy(name="plain")], weighted_metrics=[accuracy(name="weighted")])
    right = np.asarray(made(X)).argmax(1) == Y
    found = made.evaluate(X, Y, sample_weight=weight, batch_size=16, verbose=0, return_dict=True)
    agree([found["plain"], found["weighted"]], [right.mean(), np.average(right, weights=weight)], 1e-6)


def test_a_loss_may_be_a_function_or_a_class_of_ones_own():
    def squares(y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred), axis=-1)

    class Centred(keras.losses.Loss):
        def __init__(self, factor=0.1, name="centred"):
            super().__init__(name=name)
            self.factor = factor

        def call(self, y_true, y_pred):
            return squares(y_true, y_pred) + self.factor * squares(0.5, y_pred)

    target = np.eye(10)[Y]
    agree(model(loss=squares, metrics=[]).fit(X, target, shuffle=False, verbose=0).history, {"loss": [0.090627]})
    agree(model(loss=Centred(), metrics=[]).fit(X, target, shuffle=False, verbose=0).history, {"loss": [0.10668]})


def test_a_metric_of_ones_own_is_gathered_over_the_epoch():
    class Hits(keras.metrics.Metric):
        def __init__(self, name="hits", **kwargs):
            super().__init__(name=name, **kwargs)
            self.hits = self.add_variable(shape=(), name="hits", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            right = ops.equal(ops.cast(y_true, "int32"), ops.cast(ops.argmax(y_pred, axis=1), "int32"))
            self.hits.assign_add(ops.sum(ops.cast(right, "float32")))

        def result(self):
            return self.hits.value

        def reset_state(self):
            self.hits.assign(0.0)

    history = model(metrics=[Hits(), "accuracy"]).fit(X, Y, batch_size=16, epochs=3, shuffle=False, verbose=0).history
    agree(history["hits"], 48 * np.array(history["accuracy"]), 1e-5)


@pytest.mark.parametrize(("schedule", "losses"), [
    (lambda s: s.ExponentialDecay(0.5, 3, 0.5, staircase=True), [2.344129, 2.28853]),
    (lambda s: s.CosineDecay(0.5, 6, warmup_target=0.6, warmup_steps=2), [2.345083, 2.297619]),
    (lambda s: s.PiecewiseConstantDecay([2, 4], [0.5, 0.1, 0.01]), [2.344129, 2.282318]),
    (lambda s: s.PolynomialDecay(0.5, 6), [2.34271, 2.293916])])
def test_schedules_of_the_rate_are_followed_within_epochs(schedule, losses):
    made = model(optimizer=keras.optimizers.SGD(schedule(keras.optimizers.schedules)))
    agree(made.fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0).history["loss"], losses)


def test_a_model_trains_and_is_tested_batch_by_batch():
    made = model()
    losses = [made.train_on_batch(X[at:at + 16], Y[at:at + 16])[0] for at in (0, 16, 32)]
    agree(losses, [2.2738, 2.3427, 2.3851])
    agree(made.test_on_batch(X, Y, return_dict=True), {"loss": 2.3231, "accuracy": 0.10417})
    assert made.predict_on_batch(X[:3]).shape == (3, 10)


def test_training_goes_on_where_it_stopped():
    once, twice = model(), model()
    whole = once.fit(X, Y, batch_size=16, epochs=4, shuffle=False, verbose=0).history["loss"]
    halves = [twice.fit(X, Y, batch_size=16, epochs=end, initial_epoch=end - 2, shuffle=False, verbose=0)
              for end in (2, 4)]
    assert halves[0].history["loss"] + halves[1].history["loss"] == whole


def test_several_steps_in_one_execution_are_the_same_steps():
    one, three = model(), model(steps_per_execution=3)
    feed = {"x": X, "y": Y, "batch_size": 16, "epochs": 2, "shuffle": False, "verbose": 0}
    agree(three.fit(**feed).history, one.fit(**feed).history, 1e-6)
