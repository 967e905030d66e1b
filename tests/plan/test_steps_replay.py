"""Whole training, test and prediction steps of models, recorded once and replayed on other batches."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import layers
from minikeras.layers import Dense
from minikeras.optimizers import SGD, Adam

from .naive import assert_replays


def numbers(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng((seed, *shape)).normal(size=shape).astype(dtype)


def labels(*shape, below, seed=0):
    return np.random.default_rng((seed, *shape)).integers(0, below, shape)


class ModelStep:
    """A step of a compiled model as a function of x, y and perhaps weights of samples."""

    def __init__(self, make, which, first):
        mk.utils.set_random_seed(5)
        self.model = make()
        self.step = getattr(self.model, which)
        self(*first)        # makes what is made at the first sight of data: slots, metrics that go by shapes

    def __call__(self, *data):
        return self.step(tuple(mk.convert_to_tensor(part) for part in data))

    def variables(self):
        held = [*self.model.variables, *self.model.optimizer.variables,
                *[v for metric in self.model.metrics for v in metric.variables]]
        return list({id(v): v for v in held}.values())


def regression():
    model = mk.Sequential([
        mk.Input((4,)), Dense(5, "relu", kernel_regularizer="l2", kernel_constraint="max_norm"),
        layers.Dropout(0.3), layers.LayerNormalization(), layers.Dropout(0.5, noise_shape=(None, 1)),
        Dense(3, "gelu", activity_regularizer="l1"), Dense(2)])
    model.compile(Adam(0.05, clipnorm=1.0, use_ema=True, ema_overwrite_frequency=2), "mse", metrics=["mae"],
                  weighted_metrics=["mse"])
    return model


def classification():
    model = mk.Sequential([
        mk.Input((3,), dtype="int32"), layers.Embedding(6, 4), layers.Flatten(), Dense(4, "softmax")])
    model.compile(SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def binary():
    model = mk.Sequential([mk.Input((4,)), Dense(3, "tanh", lora_rank=1), Dense(1, "sigmoid")])
    model.compile(Adam(0.1, gradient_accumulation_steps=2), "binary_crossentropy", metrics=["accuracy"])
    return model


class Own(mk.Model):
    """A model with a step of its own: a penalty on the slope by the inputs, and a metric it updates itself."""

    def __init__(self):
        super().__init__()
        self.dense, self.dropout = Dense(2), layers.Dropout(0.5)
        self.tracker = mk.metrics.Mean(name="slope")

    def call(self, x, training=False):
        self.add_loss(0.1 * mk.ops.mean(x * x))
        return self.dropout(self.dense(x), training=training)

    def train_step(self, data):
        x, y = data
        with mk.GradientTape() as tape:
            with mk.GradientTape() as inner:
                inner.watch(x)
                y_pred = self(x, training=True)
            slope = mk.ops.mean(mk.ops.abs(inner.gradient(y_pred, x)))
            loss = self.compute_loss(x, y, y_pred) + slope
        self.optimizer.apply(tape.gradient(loss, self.trainable_weights), self.trainable_weights)
        self.tracker.update_state(slope)
        return {metric.name: metric.result() for metric in self.metrics}


def own():
    model = Own()
    model.compile("rmsprop", "mae")
    return model


BATCHES = {
    regression: [(numbers(6, 4, seed=i), numbers(6, 2, seed=i), np.abs(numbers(6, seed=i))) for i in range(4)],
    classification: [(labels(6, 3, below=6, seed=i), labels(6, below=4, seed=i)) for i in range(4)],
    binary: [(numbers(6, 4, seed=i), labels(6, 1, below=2, seed=i)) for i in range(5)],
    own: [(numbers(6, 4, seed=i), numbers(6, 2, seed=i)) for i in range(4)],
}


@pytest.mark.parametrize("which", ["train_step", "test_step", "predict_step"])
@pytest.mark.parametrize("make", BATCHES, ids=lambda make: make.__name__)
def test_steps_replay(make, which):
    assert_replays(lambda: ModelStep(make, which, BATCHES[make][0]), BATCHES[make], ModelStep.variables)
