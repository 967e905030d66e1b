"""Objects by name and their configs."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import kinds, registry


@pytest.mark.parametrize(("name", "snake"), [
    ("MeanSquaredError", "mean_squared_error"), ("ReLU", "re_lu"), ("Dense", "dense"), ("L1L2", "l1l2"),
    ("SGD", "sgd"), ("Conv2D", "conv2d"), ("SparseTopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy")])
def test_snake_case_spells_names_as_keras_does(name, snake):
    assert kinds.snake_case(name) == snake


class Point(registry.Configurable):
    def __init__(self, x, y=2, *rest, scale=1.0, **others):
        pass


def test_arguments_are_captured_by_name_with_defaults():
    assert Point(1, scale=3.0, extra="e").get_config() == {"x": 1, "y": 2, "scale": 3.0, "extra": "e"}


def test_repr_shows_only_what_was_given():
    assert repr(Point(1, scale=3.0)) == "Point(x=1, scale=3.0)"


@pytest.mark.parametrize("value", [
    None, True, 3, 2.5, "text", [1, [2.0, None]], {"a": [1]}, mk.regularizers.L2(0.5)])
def test_plain_data_and_objects_survive_serializing(value):
    again = registry.deserialize(registry.serialize(value))
    assert repr(again) == repr(value)


def test_an_array_survives_serializing():
    value = np.array([[1.5, 2.0]], "float32")
    again = registry.deserialize(registry.serialize(value))
    np.testing.assert_array_equal(again, value)
    assert again.dtype == value.dtype


def test_a_builtin_function_is_written_by_name():
    assert registry.serialize(mk.activations.relu) == "relu"


def test_what_cannot_be_written_is_refused_with_advice():
    with pytest.raises(TypeError, match="get_config"):
        registry.serialize(object())


def test_a_function_of_ones_own_must_be_registered():
    with pytest.raises(TypeError, match="register_keras_serializable"):
        registry.serialize(lambda x: x)


def test_a_config_of_a_class_outside_the_registry_is_refused():
    with pytest.raises(ValueError, match="'Popen' is not one of the layers"):
        registry.deserialize({"class_name": "Popen", "module": "subprocess", "config": {}}, "layers")


def test_custom_objects_name_classes_of_ones_own():
    found = registry.get("initializers", {"class_name": "Point", "config": {"x": 1}}, {"Point": Point})
    assert repr(found) == "Point(x=1)"


def test_a_class_stands_for_an_object_made_without_arguments():
    assert type(registry.get("initializers", mk.initializers.Zeros)) is mk.initializers.Zeros


@pytest.mark.parametrize("kind", ["layers", "losses", "metrics", "optimizers", "initializers", "activations"])
def test_an_unknown_name_says_what_to_do(kind):
    with pytest.raises(ValueError, match=rf"'nothing_like_it' is not one of the {kind} of .*custom_objects"):
        kinds.find(kind, "nothing_like_it")


def test_parameters_reach_through_kwargs_to_the_base():
    names = registry.parameters(mk.layers.Dense)
    assert {"units", "activation", "name", "trainable", "dtype"} <= set(names)


@pytest.mark.parametrize(("module", "made"), [
    (mk.layers, mk.layers.Dense(3)), (mk.losses, mk.losses.MeanSquaredError()), (mk.metrics, mk.metrics.Mean()),
    (mk.optimizers, mk.optimizers.Adam()), (mk.initializers, mk.initializers.HeNormal(seed=1)),
    (mk.regularizers, mk.regularizers.L2(0.5)), (mk.constraints, mk.constraints.MaxNorm(3.0)),
    (mk.activations, mk.activations.tanh),
    (mk.optimizers.schedules, mk.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5))],
    ids=lambda value: getattr(value, "__name__", ""))
def test_a_kind_s_module_writes_and_reads_its_objects(module, made):
    again = module.deserialize(module.serialize(made))
    assert type(again) is type(made)
    assert module.serialize(again) == module.serialize(made)


@pytest.mark.parametrize(("older", "cls"), [
    (mk.regularizers.l2, mk.regularizers.L2), (mk.constraints.max_norm, mk.constraints.MaxNorm),
    (mk.initializers.glorot_uniform, mk.initializers.GlorotUniform), (mk.initializers.zeros, mk.initializers.Zeros)])
def test_keras_older_names_are_the_classes(older, cls):
    assert older is cls


BASES = [mk.layers.Layer, mk.losses.Loss, mk.metrics.Metric, mk.optimizers.Optimizer, mk.initializers.Initializer,
         mk.regularizers.Regularizer, mk.constraints.Constraint, mk.callbacks.Callback, mk.models.Model]
WRAPPERS = [mk.losses.LossFunctionWrapper, mk.metrics.MeanMetricWrapper, mk.initializers.RandomInitializer]


@pytest.mark.parametrize("cls", BASES + WRAPPERS, ids=lambda cls: cls.__name__)
def test_what_does_nothing_by_itself_has_no_name(cls):
    for name in (cls.__name__, kinds.snake_case(cls.__name__)):
        with pytest.raises(ValueError, match=f"'{name}' is not one of the {cls._kind}"):
            kinds.find(cls._kind, name)


@pytest.mark.parametrize(("module", "wrapper"), [
    (mk.losses, mk.losses.LossFunctionWrapper), (mk.metrics, mk.metrics.MeanMetricWrapper)])
def test_a_wrapper_comes_back_from_its_config(module, wrapper):
    made = module.deserialize(module.serialize(wrapper(mk.losses.mean_squared_error)))
    assert type(made) is wrapper and made.fn is mk.losses.mean_squared_error


def test_the_known_names_have_each_class_once():
    assert kinds.known("constraints") == ["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"]


def test_the_nearest_names_have_each_class_once():
    with pytest.raises(ValueError, match=r"Did you mean 'adam' or 'nadam' or 'adamw'\? A class"):
        kinds.find("optimizers", "adamm")


def test_code_without_a_module_is_the_users():
    space = {"Layer": mk.layers.Layer}
    exec("class Twice(Layer):\n    def __init__(self, k):\n        super().__init__()\n        self.k = k", space)
    assert space["Twice"](3).get_config()["k"] == 3
