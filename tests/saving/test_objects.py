"""Configs of built-in objects, in Keras' form and back."""

import json

import numpy as np
import pytest

from minikeras import activations, layers, metrics, models, optimizers, saving
from tests.saving.objects import classes, made

each_class = pytest.mark.parametrize("kind, cls", classes(), ids=[f"{kind}.{cls.__name__}" for kind, cls in classes()])


@each_class
def test_an_object_comes_back_from_json_as_it_was(kind, cls):
    form = saving.serialize_keras_object(made(cls))
    back = saving.deserialize_keras_object(json.loads(json.dumps(form)))
    assert type(back) is cls
    assert saving.serialize_keras_object(back) == form


@each_class
def test_an_unknown_field_is_refused_by_name(kind, cls):
    form = saving.serialize_keras_object(made(cls))
    form["config"]["surprise"] = 1
    if "Wrapper" in cls.__name__:
        pytest.skip("takes any argument, for the function it wraps")
    with pytest.raises(ValueError, match="surprise"):
        saving.deserialize_keras_object(form)


def test_an_unknown_class_is_refused_with_the_nearest_names():
    with pytest.raises(ValueError, match=r"'Dence'.*Dense.*custom_objects=\{'Dence': Dence\}"):
        saving.deserialize_keras_object({"module": "keras.layers", "class_name": "Dence", "config": {"units": 1}})


@pytest.mark.parametrize("module, name", [
    ("os", "system"), ("builtins", "eval"), ("keras.utils", "get_file"), ("keras.models", "load_model"),
    ("minikeras.saving", "load_model"), ("keras.layers", "__class__"), (None, "Lambda"), ("keras.ops", "save")])
@pytest.mark.parametrize("as_function", [False, True])
def test_a_module_path_leads_nowhere(module, name, as_function):
    form = {"module": module, "class_name": name, "config": {}, "registered_name": name}
    if as_function:
        form = {"module": module, "class_name": "function", "config": name, "registered_name": name}
    with pytest.raises(ValueError, match="not registered"):
        saving.deserialize_keras_object(form)


@pytest.mark.parametrize("name", ["__lambda__", "__typespec__", "__keras_tensor__", "__bytes__"])
def test_code_and_foreign_objects_in_a_config_are_refused(name):
    with pytest.raises(ValueError, match=name):
        saving.deserialize_keras_object({"class_name": name, "config": {"value": "4wAAAA=="}})


def test_a_name_in_the_registry_of_another_kind_is_not_found():
    with pytest.raises(ValueError, match="Adam"):
        saving.deserialize_keras_object({"module": "keras.layers", "class_name": "Adam", "config": {}})


def test_a_function_form_is_no_way_to_a_class():
    with pytest.raises(ValueError, match="Dense"):
        saving.deserialize_keras_object({"module": "keras.layers", "class_name": "function", "config": "Dense"})


class Doubled(layers.Layer):
    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return x * self.factor


def test_a_class_of_the_user_is_refused_without_custom_objects():
    with pytest.raises(ValueError, match=r"custom_objects=\{'Doubled': Doubled\}"):
        saving.deserialize_keras_object(saving.serialize_keras_object(Doubled(3)))


def test_custom_objects_bring_a_class_of_the_user():
    form = saving.serialize_keras_object(Doubled(3))
    assert saving.deserialize_keras_object(form, {"Doubled": Doubled}).factor == 3


def test_custom_objects_hold_for_one_call_only():
    form = saving.serialize_keras_object(Doubled(3))
    saving.deserialize_keras_object(form, {"Doubled": Doubled})
    with pytest.raises(ValueError, match="Doubled"):
        saving.deserialize_keras_object(form)


@saving.register_keras_serializable("tests")
def squeezed(x):
    return activations.tanh(x) * 0.5


def test_a_registered_function_comes_back():
    layer = layers.Dense(2, activation=squeezed)
    form = json.loads(json.dumps(saving.serialize_keras_object(layer)))
    assert form["config"]["activation"]["registered_name"] == "tests>squeezed"
    assert saving.deserialize_keras_object(form).activation is squeezed


def test_a_lambda_is_refused_when_saving():
    with pytest.raises(TypeError, match="register_keras_serializable"):
        saving.serialize_keras_object(layers.Dense(2, activation=lambda x: x))


def test_a_schedule_inside_an_optimizer_comes_back():
    schedule = optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    back = saving.deserialize_keras_object(saving.serialize_keras_object(optimizers.SGD(schedule)))
    np.testing.assert_allclose(back.learning_rate.numpy(), 0.1)
    assert type(back._schedule) is type(schedule)


def test_a_dtype_policy_of_keras_is_its_name():
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float64"}, "registered_name": None}
    form = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2, "dtype": policy}}
    assert saving.deserialize_keras_object(form).dtype == "float64"


def test_an_array_of_objects_in_a_config_is_refused():
    with pytest.raises(ValueError, match="numbers"):
        saving.deserialize_keras_object({"class_name": "__numpy__", "config": {"value": [1], "dtype": "O"}})


def test_the_form_of_a_sequential_is_that_of_keras():
    form = saving.serialize_keras_object(models.Sequential([models.Input((4,)), layers.Dense(2, name="d")], name="m"))
    assert form["module"] == "keras"
    assert form["build_config"] == {"input_shape": [None, 4]}
    assert [layer["class_name"] for layer in form["config"]["layers"]] == ["InputLayer", "Dense"]
    assert form["config"]["layers"][1]["build_config"] == {"input_shape": [None, 4]}


def test_a_metric_refuses_an_argument_that_its_function_lacks():
    with pytest.raises(TypeError, match="surprise"):
        metrics.Accuracy(surprise=1)
