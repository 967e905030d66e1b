"""Clones, and models from JSON."""

import json

import numpy as np
import pytest

import minikeras as mk
from minikeras import layers, models

DATA = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


def shared():
    x, dense = mk.Input((4,)), layers.Dense(4, name="twice")
    return mk.Model(x, {"y": dense(dense(x))[:, :2] * 2.0}, name="shared")


def test_a_clone_has_the_same_form_and_weights_of_its_own():
    model = shared()
    clone = models.clone_model(model)
    assert clone.get_layer("twice") is not model.get_layer("twice") and clone.name == "shared"
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone(DATA)["y"], model(DATA)["y"])


@pytest.mark.parametrize("of", [lambda x, y: mk.Sequential([x, y]), lambda x, y: mk.Model(x, y(x))],
                         ids=["sequential", "functional"])
def test_a_clone_of_a_compiled_model_is_compiled_with_parts_of_its_own(of):
    model = of(mk.Input((2,)), layers.Dense(1))
    model.compile(mk.optimizers.Adam(0.5), lambda y, p: mk.ops.abs(y - p), metrics=[mk.metrics.Poisson(name="p")])
    clone = models.clone_model(model)
    assert float(clone.optimizer.learning_rate) == 0.5
    assert clone.optimizer is not model.optimizer and clone.loss is model.loss
    history = clone.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0).history
    assert (list(history), int(model.optimizer.iterations)) == (["loss", "p"], 0)


def test_a_clone_may_begin_with_other_inputs():
    x = mk.Input((2,))
    grown = layers.Dense(4)(x)
    clone = models.clone_model(shared(), input_tensors=[grown])
    assert mk.Model(x, clone.output)(DATA[:, :2])["y"].shape == (6, 2)


def test_layers_may_be_replaced_in_a_clone():
    chain = mk.Sequential([mk.Input((4,)), layers.Dense(3)])
    clone = models.clone_model(chain, clone_function=lambda layer: layers.Dense(7))
    assert clone.output_shape == (None, 7)


def test_recursive_cloning_reaches_layers_inside_models():
    x = mk.Input((4,))
    model = mk.Model(x, mk.Sequential([layers.Dense(4)], name="inner")(x))
    seen = []
    models.clone_model(model, clone_function=lambda layer: seen.append(layer.name) or layers.Dense(4), recursive=True)
    assert seen == [model.layers[1].layers[0].name]


def test_calls_may_be_replaced_in_a_clone():
    clone = models.clone_model(shared(), call_function=lambda layer, x: layer(x) * 0.0)
    assert not np.asarray(clone(DATA)["y"]).any()


def test_json_gives_the_same_model():
    model = shared()
    again = models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again(DATA)["y"], model(DATA)["y"])


def test_json_takes_the_options_of_json():
    assert json.loads(shared().to_json(indent=2))["class_name"] == "Functional"


@pytest.mark.parametrize("text", ["{", None, '{"class_name": "ReLU", "module": "keras.layers", "config": {}}'])
def test_other_text_is_refused(text):
    with pytest.raises(ValueError, match="model_from_json"):
        models.model_from_json(text)


def test_a_clone_computes_with_the_extents_of_its_own_inputs():
    x = mk.Input((4,))
    model = mk.Model(x, mk.ops.reshape(x, (mk.ops.shape(x)[0] * 2, 2)))
    assert models.clone_model(model)(DATA).shape == (12, 2)
