"""Layers and models of one's own: nested, with losses, weights made at the first call, and state."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import layers, ops

from .given import agree, labels, table, with_weights


class Linear(layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", name="w")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Block(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.steps = [Linear(8), Linear(4)]
        self.heads = {"out": Linear(1)}

    def call(self, inputs):
        for step in self.steps:
            inputs = keras.activations.relu(step(inputs))
        return self.heads["out"](inputs)


class ActivityPenalty(layers.Layer):
    def __init__(self, rate=1e-2):
        super().__init__()
        self.rate = rate

    def call(self, inputs):
        self.add_loss(self.rate * ops.mean(inputs))
        return inputs


class RunningSum(layers.Layer):
    def __init__(self, size):
        super().__init__()
        self.total = self.add_weight(shape=(size,), initializer="zeros", trainable=False)

    def call(self, inputs):
        self.total.assign_add(ops.sum(inputs, axis=0))
        return self.total


def test_a_layer_has_the_weights_of_layers_in_its_lists_and_dicts():
    block = Block()
    block(ops.ones((3, 6)))
    assert [tuple(w.shape) for w in block.weights] == [(6, 8), (8,), (8, 4), (4,), (4, 1), (1,)]
    assert len(block.trainable_weights) == 6 and not block.non_trainable_weights


def test_weights_are_made_at_the_first_call_and_kept_at_the_second():
    layer = Linear(4)
    assert not layer.built and layer.weights == []
    first = layer(ops.ones((2, 3)))
    assert layer.built and np.array_equal(first, layer(ops.ones((2, 3))))


def test_state_that_is_not_trained_moves_with_each_call():
    total = RunningSum(2)
    total(ops.ones((2, 2)))
    assert np.array_equal(total(ops.ones((2, 2))), [4.0, 4.0])
    assert len(total.non_trainable_weights) == 1 and total.trainable_weights == []


def test_a_config_gives_back_the_layer():
    config = Linear(64, name="mine").get_config()
    assert {key: config[key] for key in ("name", "trainable", "units")} == {
        "name": "mine", "trainable": True, "units": 64}
    assert Linear.from_config(config).units == 64


def test_losses_of_nested_layers_are_those_of_the_last_call():
    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.penalty = ActivityPenalty(0.5)
            self.dense = layers.Dense(2, kernel_regularizer=keras.regularizers.L2(0.1), kernel_initializer="ones")

        def call(self, inputs):
            return self.dense(self.penalty(inputs))

    outer = Outer()
    assert outer.losses == []
    for scale in (1.0, 3.0):
        outer(scale * ops.ones((1, 4)))
        agree([float(loss) for loss in outer.losses], [0.5 * scale, 0.1 * 8])


def test_losses_of_layers_are_added_to_the_compiled_one():
    x = table(12, 4)
    inputs = keras.Input((4,))
    model = keras.Model(inputs, ActivityPenalty(1.0)(inputs))
    model.compile("sgd", "mse")
    assert model.evaluate(x, x, verbose=0) == pytest.approx(x.mean(), abs=1e-6)     # the error itself is 0
    only_the_layers = keras.Model(inputs, ActivityPenalty(1.0)(inputs))
    only_the_layers.compile("sgd")
    assert only_the_layers.evaluate(x, verbose=0) == pytest.approx(x.mean(), abs=1e-6)


def test_training_of_nested_layers_reports_what_keras_does():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.block, self.penalty = Block(), ActivityPenalty(0.1)

        def call(self, inputs):
            return self.penalty(self.block(inputs))

    model = Net()
    model(table(1, 6))
    with_weights(model, 0.5)
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    x = table(32, 6)
    history = model.fit(x, x.sum(1, keepdims=True), batch_size=8, epochs=3, shuffle=False, verbose=0).history
    agree(history, {"loss": [9.6346, 8.5737, 7.9659], "mae": [3.004, 2.8213, 2.7083]})


def test_call_is_told_whether_it_trains_through_all_levels():
    seen = []

    class Leaf(layers.Layer):
        def call(self, inputs, training=None):
            seen.append(training)
            return inputs

    class Middle(layers.Layer):
        def __init__(self):
            super().__init__()
            self.leaf = Leaf()

        def call(self, inputs):
            return self.leaf(inputs)

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.middle, self.dense = Middle(), layers.Dense(1)

        def call(self, inputs, training=False):
            return self.dense(self.middle(inputs))

    model = Net()
    model(table(2, 3))
    seen.clear()
    model(table(2, 3), training=True)
    model(table(2, 3), training=False)
    model(table(2, 3))
    assert seen == [True, False, False]
    model.compile("sgd", "mse", run_eagerly=True)
    seen.clear()
    model.fit(table(2, 3), table(2, 1), verbose=0)
    assert seen[-1] is True
    model.predict(table(2, 3), verbose=0)
    assert seen[-1] is False


def test_a_layer_may_train_on_targets_that_are_an_input():
    class Endpoint(layers.Layer):
        def __init__(self, name=None):
            super().__init__(name=name)
            self.loss = keras.losses.BinaryCrossentropy(from_logits=True)
            self.accuracy = keras.metrics.BinaryAccuracy(name="accuracy")

        def call(self, targets, logits, sample_weight=None):
            self.add_loss(self.loss(targets, logits, sample_weight))
            self.accuracy.update_state(targets, logits, sample_weight)
            return ops.softmax(logits)

    inputs, targets = keras.Input((3,), name="inputs"), keras.Input((10,), name="targets")
    outputs = Endpoint(name="predictions")(targets, layers.Dense(10)(inputs))
    model = with_weights(keras.Model([inputs, targets], outputs))
    model.compile("adam")
    data = {"inputs": table(8, 3), "targets": np.eye(10)[labels(8, 10)]}
    agree(model.fit(data, epochs=2, shuffle=False, verbose=0).history,
        {"loss": [0.74703, 0.74581], "accuracy": [0.8, 0.8125]})


def test_metrics_held_by_a_model_are_reset_in_every_epoch():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1, kernel_initializer="ones")
            self.mean_output = keras.metrics.Mean(name="mean_output")

        def call(self, inputs):
            outputs = self.dense(inputs)
            self.mean_output.update_state(outputs)
            return outputs

    model = Net()
    model.compile(keras.optimizers.SGD(0.0), "mse")
    x = table(8, 3)
    history = model.fit(x, table(8, 1), batch_size=4, epochs=2, verbose=0).history
    agree(history["mean_output"], [x.sum(1).mean()] * 2, 1e-5)
