"""fit, evaluate, predict and the single-batch methods, against training loops written out in NumPy."""

import numpy as np
import pytest

import minikeras as mk
from minikeras.layers import Dense, Dropout

RNG = np.random.default_rng(11)
X = RNG.normal(size=(10, 3)).astype("float32")
Y = RNG.normal(size=(10, 2)).astype("float32")
LABELS = RNG.integers(0, 2, 10)
W = RNG.random(10).astype("float32")


def linear(**compiling):
    """x @ kernel, from a kernel of ones, with SGD of rate 0.1 on the mean squared error."""
    model = mk.Sequential([mk.Input((3,)), Dense(2, use_bias=False, kernel_initializer="ones")])
    model.compile(**{"optimizer": mk.optimizers.SGD(0.1), "loss": "mse", **compiling})
    return model


def classifier(seed=0):
    mk.random.set_random_seed(seed)
    model = mk.Sequential([mk.Input((3,)), Dense(8, "relu"), Dropout(0.2), Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def descend(batches, kernel=None, weights=None):
    """Losses and the kernel after gradient descent over batches of indices."""
    kernel, losses = np.ones((3, 2)) if kernel is None else kernel, []
    for index in batches:
        w = np.ones(len(index)) if weights is None else weights[index]
        error = X[index] @ kernel - Y[index]
        losses.append((w * (error**2).mean(-1)).mean())
        kernel = kernel - 0.1 * X[index].T @ (w[:, None] * error) / len(index)
    return np.array(losses), kernel


def close(value, expected):
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)


def chunks(size, start=0, stop=10):
    return [np.arange(i, min(i + size, stop)) for i in range(start, stop, size)]


# --- fit -----------------------------------------------------------------------------------------

def test_fit_descends_batch_by_batch_and_reports_the_mean_loss():
    model = linear()
    history = model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    losses, kernel = descend(chunks(4) * 2)
    close(model.get_weights()[0], kernel)
    close(history.history["loss"], (losses.reshape(2, 3) @ [4, 4, 2]) / 10)
    assert history.epoch == [0, 1]


def test_sample_weights_weigh_the_loss():
    model = linear()
    model.fit(X, Y, batch_size=4, shuffle=False, sample_weight=W, verbose=0)
    close(model.get_weights()[0], descend(chunks(4), weights=W)[1])


@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None], LABELS.astype("float64")], ids=["flat", "column", "float"])
def test_class_weights_are_sample_weights(labels):
    by_class, by_sample = linear(loss="sparse_categorical_crossentropy"), linear(loss="sparse_categorical_crossentropy")
    by_class.fit(X, labels, class_weight={1: 3.0}, shuffle=False, verbose=0)
    by_sample.fit(X, labels, sample_weight=np.where(LABELS == 1, 3.0, 1.0), shuffle=False, verbose=0)
    np.testing.assert_array_equal(by_class.get_weights()[0], by_sample.get_weights()[0])


def test_class_weights_spare_the_validation_data():
    model = linear(loss="sparse_categorical_crossentropy", optimizer=mk.optimizers.SGD(0.0))
    history = model.fit(X, LABELS, class_weight={0: 5.0, 1: 5.0}, validation_data=(X, LABELS), verbose=0)
    close(history.history["loss"][0], 5 * history.history["val_loss"][0])


def test_validation_split_takes_the_last_samples_before_shuffling():
    model = linear()
    history = model.fit(X, Y, batch_size=7, validation_split=0.3, verbose=0)
    losses, kernel = descend([np.arange(7)])
    close(history.history["loss"], losses)
    close(history.history["val_loss"], ((X[7:] @ kernel - Y[7:]) ** 2).mean())


def test_validation_data_may_bring_weights():
    model = linear(optimizer=mk.optimizers.SGD(0.0))
    history = model.fit(X, Y, validation_data=(X[:4], Y[:4], W[:4]), verbose=0)
    close(history.history["val_loss"], (((X[:4] @ np.ones((3, 2)) - Y[:4]) ** 2).mean(-1) * W[:4]).mean())


@pytest.mark.parametrize(("frequency", "times"), [(1, 4), (2, 2), (3, 1), ([1, 4], 2)])
def test_validation_may_be_rare(frequency, times):
    history = linear().fit(X, Y, epochs=4, validation_data=(X, Y), validation_freq=frequency, verbose=0)
    assert len(history.history["val_loss"]) == times


def test_history_has_losses_metrics_and_their_validation():
    model = linear(metrics=["mae"], weighted_metrics=[mk.metrics.MeanSquaredError(name="weighted")])
    history = model.fit(X, Y, sample_weight=W, validation_split=0.2, verbose=0)
    assert list(history.history) == ["loss", "mae", "val_loss", "val_mae", "val_weighted", "weighted"]
    assert model.history is history


@pytest.mark.parametrize(("plain", "weighted", "names"), [
    (["mae", "mse"], ["mae"], ["mae", "mse", "weighted_mae"]), (["mae", "mae"], [], ["mae", "mae_1"]),
    ([], ["mae", "mae"], ["mae", "weighted_mae"]), (["mae"], ["mae", "mse"], ["mae", "weighted_mae", "mse"]),
    (["mae", mk.metrics.MeanAbsoluteError(name="mae")], ["mae", "mae"],
     ["mae", "mae_1", "weighted_mae", "weighted_mae_1"]), (["mae", "MAE"], [], ["mae", "MAE"]),
    (["accuracy"], ["accuracy"], ["accuracy", "weighted_accuracy"])])
def test_metrics_of_one_name_are_told_apart_as_in_keras(plain, weighted, names):
    model = linear(metrics=plain, weighted_metrics=weighted)
    assert list(model.fit(X, Y, verbose=0).history) == sorted(["loss", *names])
    assert list(model.get_metrics_result()) == ["loss", *names]
    assert model.metrics_names == ["loss", "compile_metrics"]


def test_a_metric_called_loss_does_not_hide_the_loss():
    logs = linear(metrics=[mk.metrics.MeanAbsoluteError(name="loss")]).evaluate(X, Y, verbose=0, return_dict=True)
    error = X @ np.ones((3, 2)) - Y
    close([logs["loss"], logs["loss_1"]], [(error**2).mean(), np.abs(error).mean()])


def test_metrics_see_weights_only_where_asked_to():
    model = linear(optimizer=mk.optimizers.SGD(0.0), metrics=["mse"],
                   weighted_metrics=[mk.metrics.MeanSquaredError(name="weighted")])
    logs = model.fit(X, Y, sample_weight=W, verbose=0).history
    each = ((X @ np.ones((3, 2)) - Y) ** 2).mean(-1)
    close([logs["mse"][0], logs["weighted"][0]], [each.mean(), (each * W).sum() / W.sum()])


@pytest.mark.parametrize(("y", "outputs", "activation", "expected"), [
    (LABELS, 2, "softmax", "SparseCategoricalAccuracy"), (np.eye(2)[LABELS], 2, "softmax", "CategoricalAccuracy"),
    (LABELS, 1, "sigmoid", "BinaryAccuracy")])
@pytest.mark.parametrize("name", ["accuracy", "Accuracy", "acc"])
def test_accuracy_and_crossentropy_follow_the_shapes(y, outputs, activation, expected, name):
    model = mk.Sequential([mk.Input((3,)), Dense(outputs, activation)])
    expected_loss = getattr(mk.losses, expected.replace("Accuracy", "Crossentropy"))()(y, model(X))
    model.compile(mk.optimizers.SGD(0.0), "crossentropy", metrics=[name])
    history = model.fit(X, y, verbose=0).history
    close(history["loss"], [expected_loss])
    assert name in history
    assert type(model.metrics[1].metrics[0]).__name__ == expected


def test_a_metric_may_give_several_numbers():
    model = mk.Sequential([mk.Input((3,)), Dense(2, "softmax")])
    model.compile("sgd", "ce", metrics=[mk.metrics.F1Score()])
    logs = model.fit(X, np.eye(2, dtype="float32")[LABELS], verbose=2).history
    assert logs["f1_score"][0].shape == (2,)


def test_steps_per_epoch_goes_on_where_the_last_epoch_stopped():
    model = linear()
    history = model.fit(X, Y, batch_size=2, epochs=3, steps_per_epoch=1, shuffle=False, verbose=0)
    close(history.history["loss"], descend(chunks(2)[:3])[0])


def test_steps_per_epoch_that_leave_a_rest_warn_and_shorten_the_last_epoch():
    model = linear()
    with pytest.warns(UserWarning, match="the data ran out after 1 batches of 2"):
        model.fit(X, Y, batch_size=4, epochs=3, steps_per_epoch=2, shuffle=False, verbose=0)
    close(model.get_weights()[0], descend(chunks(4) + chunks(4)[:2])[1])


def test_initial_epoch_starts_later_with_the_order_of_that_epoch():
    at_once, resumed = classifier(), classifier()
    for model in (at_once, resumed):
        model.layers[1].rate = 0.0
    at_once.fit(X, LABELS, batch_size=3, epochs=4, verbose=0)
    resumed.fit(X, LABELS, batch_size=3, epochs=2, verbose=0)
    history = resumed.fit(X, LABELS, batch_size=3, initial_epoch=2, epochs=4, verbose=0)
    assert history.epoch == [2, 3]
    for a, b in zip(at_once.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("seeds", "same"), [((1, 1), True), ((1, 2), False)])
def test_two_runs_are_equal_to_the_bit_if_their_seeds_are(seeds, same):
    first, second = (classifier(seed) for seed in seeds)
    logs = [model.fit(X, LABELS, batch_size=3, epochs=3, verbose=0).history for model in (first, second)]
    assert (logs[0] == logs[1]) is same
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights())) is same


def orders(model, **arguments):
    seen = []

    class Spy(mk.Sequential):
        def train_step(self, data):
            seen.append(data[0].numpy()[:, 0].tolist())
            return super().train_step(data)
    spy = Spy(model.layers)
    spy.compile("sgd", "mse", run_eagerly=True)
    x = np.repeat(np.arange(10.0)[:, None], 3, 1)
    spy.fit(x, Y, batch_size=10, verbose=0, **arguments)
    return seen


def test_each_epoch_has_an_order_of_its_own_of_all_samples():
    mk.random.set_random_seed(3)
    first, second = orders(linear(), epochs=2)
    assert first != second
    assert sorted(first) == sorted(second) == list(range(10))


def test_without_shuffling_samples_come_in_order():
    assert orders(linear(), epochs=2, shuffle=False) == [list(range(10))] * 2


def test_averaged_weights_are_in_place_after_fit():
    model = linear(optimizer=mk.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5))
    model.fit(X, Y, batch_size=5, shuffle=False, verbose=0)
    k1, k2 = descend(chunks(5)[:1])[1], descend(chunks(5))[1]
    close(model.get_weights()[0], 0.5 * k1 + 0.5 * k2)


def test_a_frozen_layer_keeps_its_weights():
    model = mk.Sequential([mk.Input((3,)), Dense(4, trainable=False), Dense(2)])
    before = model.layers[0].get_weights()
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.layers[0].get_weights()[0], before[0])


def test_penalties_and_added_losses_count():
    model = mk.Sequential([mk.Input((3,)), Dense(2, use_bias=False, kernel_initializer="ones",
                                                 kernel_regularizer=mk.regularizers.L2(0.5))])
    model.compile(mk.optimizers.SGD(0.1), "mse")
    logs = model.fit(X, Y, verbose=0).history
    losses, kernel = descend([np.arange(10)])
    close(logs["loss"], losses + 0.5 * 6)
    close(model.get_weights()[0], kernel - 0.1 * np.ones((3, 2)))


def test_an_unreduced_loss_descends_along_its_sum():
    model = linear(loss=mk.losses.MeanSquaredError(reduction="none"), optimizer=mk.optimizers.SGD(0.01))
    logs = model.fit(X, Y, batch_size=10, verbose=0).history
    losses, kernel = descend([np.arange(10)])
    close(logs["loss"], losses)
    close(model.get_weights()[0], kernel)


# --- evaluate, predict, single batches -----------------------------------------------------------

def test_evaluate_gives_a_number_a_list_or_a_dict():
    plain, with_metric = linear(), linear(metrics=["mae"])
    error = X @ np.ones((3, 2)) - Y
    close(plain.evaluate(X, Y, verbose=0), (error**2).mean())
    close(with_metric.evaluate(X, Y, batch_size=3, verbose=0), [(error**2).mean(), np.abs(error).mean()])
    assert list(with_metric.evaluate(X, Y, verbose=0, return_dict=True)) == ["loss", "mae"]


def test_evaluate_may_stop_after_some_steps():
    close(linear().evaluate(X, Y, batch_size=3, steps=2, verbose=0), ((X[:6] @ np.ones((3, 2)) - Y[:6]) ** 2).mean())


def test_predict_joins_the_batches_in_the_form_of_the_outputs():
    class Two(mk.Model):
        def call(self, x):
            return {"sum": mk.ops.sum(x, axis=1), "twice": 2.0 * x}
    outputs = Two().predict(X, batch_size=4, verbose=0)
    close(outputs["sum"], X.sum(1))
    close(outputs["twice"], 2 * X)
    assert type(outputs["sum"]) is np.ndarray


def test_predict_runs_without_dropout_and_takes_nan():
    model = mk.Sequential([mk.Input((3,)), Dropout(0.9)])
    np.testing.assert_array_equal(model.predict(X * np.nan, verbose=0), X * np.nan)


def test_single_batches_report_that_batch_alone():
    model = linear(optimizer=mk.optimizers.SGD(0.1))
    losses, kernel = descend([np.arange(10)] * 2)
    close([model.train_on_batch(X, Y), model.train_on_batch(X, Y)], losses)
    close(model.test_on_batch(X, Y, return_dict=True)["loss"], ((X @ kernel - Y) ** 2).mean())
    close(model.predict_on_batch(X), X @ kernel)


# --- steps of one's own, several inputs and outputs ------------------------------------------------

def test_a_train_step_of_ones_own_is_used_and_its_logs_reported():
    class Own(mk.Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(2, use_bias=False, kernel_initializer="ones")
            self.tracker = mk.metrics.Mean(name="mine")

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            x, y = data
            with mk.GradientTape() as tape:
                loss = mk.ops.mean((self(x, training=True) - y) ** 2)
            self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
            self.tracker.update_state(loss)
            return {"mine": self.tracker.result()}
    model = Own()
    model.compile(mk.optimizers.SGD(0.1))
    history = model.fit(X, Y, batch_size=5, shuffle=False, verbose=0)
    losses, kernel = descend(chunks(5))
    close(model.get_weights()[0], kernel)
    close(history.history["mine"], losses.mean())


def test_a_compute_loss_of_ones_own_is_used():
    class Own(mk.Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return 3.0 * mk.ops.mean(mk.ops.abs(y - y_pred))
    model = Own([mk.Input((3,)), Dense(2, use_bias=False, kernel_initializer="ones")])
    model.compile("sgd")
    close(model.fit(X, Y, verbose=0).history["loss"], 3 * np.abs(X @ np.ones((3, 2)) - Y).mean())


def test_inputs_may_be_a_dict_and_outputs_a_list_with_weights():
    class Both(mk.Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(2, kernel_initializer="ones")

        def call(self, x):
            h = self.dense(x["a"] + x["b"])
            return [h, mk.ops.sum(h, axis=-1)]
    model = Both()
    model.compile(mk.optimizers.SGD(0.0), loss=["mse", "mae"], loss_weights=[1.0, 0.5])
    h = 3 * X @ np.ones((3, 2))
    expected = ((h - Y) ** 2).mean() + 0.5 * np.abs(h.sum(-1) - W).mean()
    close(model.fit({"a": X, "b": 2 * X}, [Y, W], verbose=0).history["loss"], expected)


def test_a_training_loop_by_hand_does_what_fit_does():
    fitted, layer, optimizer = linear(), Dense(2, use_bias=False, kernel_initializer="ones"), mk.optimizers.SGD(0.1)
    loss = mk.losses.MeanSquaredError()
    for index in chunks(4):
        with mk.GradientTape() as tape:
            value = loss(Y[index], layer(X[index]))
        optimizer.apply_gradients(zip(tape.gradient(value, layer.trainable_variables), layer.trainable_variables))
    fitted.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
    np.testing.assert_array_equal(layer.get_weights()[0], fitted.get_weights()[0])


def test_compile_takes_rmsprop_where_no_optimizer_is_given():
    model = mk.Sequential([mk.Input((1,)), mk.layers.Dense(1)])
    model.compile(loss="mse")
    assert type(model.optimizer) is mk.optimizers.RMSprop
    model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0)
    assert model.optimizer.iterations == 1


def test_to_train_for_no_epochs_is_to_train_not_at_all():
    model = mk.Sequential([mk.Input((3,)), mk.layers.Dense(2)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    assert model.fit(np.ones((4, 3)), np.ones((4, 2)), epochs=0, verbose=0).history == {}
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
