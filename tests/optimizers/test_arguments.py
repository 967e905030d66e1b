"""The constructor arguments of optimizers: places, names, defaults and what cannot be."""

import inspect

import pytest

import minikeras as mk
from minikeras import kinds, optimizers, registry

SHARED = ["weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "ema_momentum",
          "ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps", "name"]
# The own arguments of each class, in Keras' order; the shared ones follow them unless said otherwise.
OWN = {
    "SGD": ["learning_rate", "momentum", "nesterov"],
    "RMSprop": ["learning_rate", "rho", "momentum", "epsilon", "centered"],
    "Adagrad": ["learning_rate", "initial_accumulator_value", "epsilon"],
    "Adadelta": ["learning_rate", "rho", "epsilon"],
    "Adam": ["learning_rate", "beta_1", "beta_2", "epsilon", "amsgrad"],
    "AdamW": ["learning_rate", "weight_decay", "beta_1", "beta_2", "epsilon", "amsgrad"],
    "Adamax": ["learning_rate", "beta_1", "beta_2", "epsilon"],
    "Nadam": ["learning_rate", "beta_1", "beta_2", "epsilon"],
    "Lamb": ["learning_rate", "beta_1", "beta_2", "epsilon"],
    "Lion": ["learning_rate", "beta_1", "beta_2"],
    "Ftrl": ["learning_rate", "learning_rate_power", "initial_accumulator_value", "l1_regularization_strength",
             "l2_regularization_strength", "l2_shrinkage_regularization_strength", "beta"],
    "Adafactor": ["learning_rate", "beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step"],
    "ScheduleFreeAdamW": ["learning_rate", "beta_1", "beta_2", "epsilon", "warmup_steps"],
    "Muon": ["learning_rate", "adam_beta_1", "adam_beta_2", "adam_weight_decay", "epsilon", "weight_decay"],
}
LAST = {"Muon": ["exclude_layers", "exclude_embeddings", "muon_a", "muon_b", "muon_c", "adam_lr_ratio", "momentum",
                 "ns_steps", "nesterov", "rms_rate"]}


@pytest.mark.parametrize("name", OWN)
def test_arguments_stand_in_the_order_of_keras(name):
    found = list(inspect.signature(getattr(optimizers, name)).parameters)
    assert found == [*OWN[name], *(p for p in SHARED if p not in OWN[name]), *LAST.get(name, [])]


def test_every_class_with_a_rate_is_looked_at_here():
    assert set(OWN) == {cls.__name__ for cls in kinds.of_kind("optimizers").values()
                        if "learning_rate" in registry.parameters(cls)}


def test_shared_arguments_are_taken_by_place():
    optimizer = optimizers.SGD(0.5, 0.25, True, 0.125, None, 2.0, None, True, 0.75, 3, 8.0, 4, "mine")
    config = optimizer.get_config()
    assert config == {"learning_rate": 0.5, "momentum": 0.25, "nesterov": True, "weight_decay": 0.125, "clipnorm": None,
                      "clipvalue": 2.0, "global_clipnorm": None, "use_ema": True, "ema_momentum": 0.75,
                      "ema_overwrite_frequency": 3, "loss_scale_factor": 8.0, "gradient_accumulation_steps": 4,
                      "name": "mine"}


def test_shared_defaults_may_differ():
    assert optimizers.AdamW().weight_decay == optimizers.Muon().weight_decay == 0.004
    assert optimizers.Adam().weight_decay is None


@pytest.mark.parametrize(("make", "message"), [
    (lambda: optimizers.Adam(decay=0.1), "Adam: got an unexpected keyword argument 'decay'. It takes learning_rate, b"),
    (lambda: optimizers.Adam(0.1, learning_rate=0.1), "Adam: multiple values for argument 'learning_rate'"),
    (lambda: optimizers.Lion(*range(20)), "Lion: too many positional arguments")])
def test_arguments_that_are_not_there_are_refused(make, message):
    with pytest.raises(TypeError, match=message):
        make()


@pytest.mark.parametrize(("make", "message"), [
    (lambda: optimizers.AdamW(weight_decay=None), "AdamW: weight_decay must be a number, got None"),
    (lambda: optimizers.Adagrad(initial_accumulator_value=-1.0), "from 0 on, got -1.0"),
    (lambda: optimizers.Ftrl(learning_rate_power=0.5), "Ftrl: learning_rate_power must be a number up to 0, got 0.5"),
    (lambda: optimizers.Ftrl(l1_regularization_strength=-0.5), "l1_regularization_strength must be .*got -0.5"),
    (lambda: optimizers.Lion(beta_1=0.0), "Lion: beta_1 must be above 0"),
    (lambda: optimizers.ScheduleFreeAdamW(beta_1=0.0), "ScheduleFreeAdamW: beta_1 must be above 0"),
    (lambda: optimizers.ScheduleFreeAdamW(warmup_steps=-3), "warmup_steps must be an integer from 1 on, got -3"),
    (lambda: optimizers.Muon(ns_steps=0), "Muon: ns_steps must be an integer from 1 on, got 0"),
    (lambda: optimizers.Adam(amsgrad="yes"), "Adam: amsgrad must be True or False, got 'yes'"),
    (lambda: optimizers.Adam(loss_scale_factor=0.0), "loss_scale_factor must be above 0, got 0.0"),
    (lambda: optimizers.Adam(use_ema=True, ema_overwrite_frequency=1.5), "ema_overwrite_frequency must be an integer"),
    (lambda: optimizers.Adam(gradient_accumulation_steps=2.5), "accumulation_steps must be an integer")])
def test_settings_that_cannot_be_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(("name", "cls"), [
    ("adamw", optimizers.AdamW), ("AdamW", optimizers.AdamW), ("RMSPROP", optimizers.RMSprop),
    ("schedulefreeadamw", optimizers.ScheduleFreeAdamW), ("sgd", optimizers.SGD), ("Lamb", optimizers.Lamb)])
def test_names_are_known_in_any_case_of_letters(name, cls):
    assert type(optimizers.get(name)) is cls


def test_none_means_none():
    assert optimizers.get(None) is None


def test_the_optimizers_of_keras_2_are_refused():
    with pytest.raises(ImportError, match=r"legacy.Adam belongs to Keras 2. Use keras.optimizers.Adam"):
        mk.optimizers.legacy.Adam(0.1)


def test_a_config_tells_what_was_changed_since():
    optimizer = optimizers.Adam(0.5, weight_decay=0.1)
    optimizer.weight_decay, optimizer.learning_rate = None, 0.25
    config = optimizer.get_config()
    assert (config["weight_decay"], config["learning_rate"]) == (None, 0.25)
