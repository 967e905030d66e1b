"""Whole trainings in float32 and float64, however that is asked for; mixed precision is refused by what there is."""

import warnings

import numpy as np
import pytest

from minikeras import config, layers, mixed_precision, models, optimizers

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(24, 6, 6, 1)), np.arange(24) % 3


@pytest.fixture(autouse=True)
def as_before():
    yield
    config.set_floatx("float32")
    config.set_dtype_policy(None)


def trained(eagerly=True, **asked):
    """A model with most of what training knows, after two epochs; its outputs and history."""
    rate = optimizers.schedules.ExponentialDecay(0.01, 10, 0.9)
    model = models.Sequential([
        models.Input((6, 6, 1)), layers.Conv2D(3, 3, activation="relu", **asked), layers.BatchNormalization(**asked),
        layers.MaxPooling2D(**asked), layers.Reshape((2, 6), **asked), layers.LSTM(4, **asked),
        layers.Dropout(0.3, **asked), layers.Dense(3, "softmax", kernel_regularizer="l2", **asked)])
    model.compile(optimizers.Adam(rate, use_ema=True, clipnorm=1.0, weight_decay=0.01),
                  "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=eagerly)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = model.fit(X, Y, epochs=2, batch_size=8, validation_split=0.25, verbose=0)
    return model, model.predict(X, verbose=0), history.history


def by_argument():
    return {"dtype": "float64"}


def by_policy_argument():
    return {"dtype": mixed_precision.Policy("float64")}


def by_default_float():
    config.set_floatx("float64")


def by_policy():
    config.set_dtype_policy("float64")


def by_global_policy():
    mixed_precision.set_global_policy("float64")


@pytest.mark.parametrize("ask", [by_argument, by_policy_argument, by_default_float, by_policy, by_global_policy])
def test_a_training_in_float64_is_one_throughout(ask):
    model, outputs, history = trained(ask is not by_policy, **(ask() or {}))
    held = [v.dtype.name for v in [*model.weights, *model.optimizer.variables] if v.dtype.is_floating and v.shape]
    assert set(held) == {"float64"} == {outputs.dtype.name}
    assert all(np.isfinite(values).all() for values in history.values())
    assert {layer.dtype_policy.name for layer in model.layers} == {"float64"}


def test_by_default_all_is_float32():
    model, outputs, _ = trained()
    assert {v.dtype.name for v in model.weights} == {"float32"} == {outputs.dtype.name}
    assert model.layers[0].dtype_policy == mixed_precision.Policy("float32") == config.dtype_policy()


@pytest.mark.parametrize("ask", [
    lambda: mixed_precision.set_global_policy("mixed_float16"), lambda: config.set_dtype_policy("mixed_bfloat16"),
    lambda: mixed_precision.Policy("mixed_float16"), lambda: layers.Dense(2, dtype="mixed_float16"),
    lambda: layers.Dense(2, dtype="int8_from_float32"), lambda: layers.Dense(2, dtype="nonsense")])
def test_what_is_not_supported_is_refused_by_what_is(ask):
    with pytest.raises(ValueError, match=r"is not supported\. A policy is one of float16, float32, float64"):
        ask()
    assert config.dtype_policy().name == "float32"
