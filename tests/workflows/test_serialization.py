"""Saving and loading: whole models, weights, configs, and classes of one's own with all their hooks."""

import os

import numpy as np
import pytest

import minikeras as keras
from minikeras import layers

from .given import agree, table, with_weights

X, Y = table(16, 4), table(16, 1, 1)


def built(*parts):
    return with_weights(keras.Sequential([keras.Input((4,)), *parts]))


def same_predictions(a, b, x=X):
    return np.array_equal(a.predict(x, verbose=0), b.predict(x, verbose=0))


def saved_and_loaded(model, tmp_path, **options):
    model.save(tmp_path / "model.keras")
    return keras.models.load_model(tmp_path / "model.keras", **options)


def test_a_loaded_model_predicts_and_goes_on_training_as_the_saved_one(tmp_path):
    model = built(layers.Dense(3, activation="tanh"), layers.Dense(1))
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    again = saved_and_loaded(model, tmp_path)
    assert same_predictions(model, again) and int(again.optimizer.iterations) == 2
    histories = [each.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0).history for each in (model, again)]
    assert histories[0] == histories[1]
    agree(histories[1], {"loss": [0.13852, 0.11037], "mae": [0.29359, 0.26088]})


def test_a_model_can_be_loaded_without_being_compiled(tmp_path):
    model = built(layers.Dense(1))
    model.compile("sgd", "mse")
    again = saved_and_loaded(model, tmp_path, compile=False)
    assert same_predictions(model, again)
    with pytest.raises((ValueError, RuntimeError), match="compile"):
        again.fit(X, Y, verbose=0)


class Scaled(layers.Layer):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        return inputs * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def square(x):
    return x ** 2


def test_own_classes_are_named_when_loading(tmp_path):
    model = built(Scaled(0.5), layers.Dense(2, activation=square))
    own = {"Scaled": Scaled, "square": square}
    assert same_predictions(model, saved_and_loaded(model, tmp_path, custom_objects=own))
    with keras.saving.custom_object_scope(own):
        assert same_predictions(model, saved_and_loaded(model, tmp_path))
    with pytest.raises((TypeError, ValueError), match="Scaled"):
        saved_and_loaded(model, tmp_path)


@keras.saving.register_keras_serializable(package="Workflow")
class Registered(Scaled):
    pass


@keras.saving.register_keras_serializable(package="Workflow", name="plus_one")
def plus_one(x):
    return x + 1


def test_registered_classes_and_functions_are_found_by_their_package(tmp_path):
    assert keras.saving.get_registered_name(Registered) == "Workflow>Registered"
    assert keras.saving.get_registered_object("Workflow>plus_one") is plus_one
    model = built(Registered(3.0), layers.Dense(2, activation=plus_one))
    again = saved_and_loaded(model, tmp_path)
    assert same_predictions(model, again) and again.layers[0].factor == 3.0


@keras.saving.register_keras_serializable(package="Workflow")
class Both(keras.Model):
    """Its config holds layers as they are, as in Keras' guide."""

    def __init__(self, first, second=None):
        super().__init__()
        self.first, self.second = first, second if second is not None else layers.Dense(3)

    def call(self, inputs):
        return self.first(self.second(inputs))

    def get_config(self):
        return {"first": self.first, "second": self.second}

    @classmethod
    def from_config(cls, config):
        return cls(**{name: keras.saving.deserialize_keras_object(part) for name, part in config.items()})


def test_a_config_may_hold_layers(tmp_path):
    model = Both(Registered(2.0))
    model(X)
    again = saved_and_loaded(model, tmp_path)
    assert same_predictions(model, again) and again.first.factor == 2.0


@keras.saving.register_keras_serializable(package="Workflow")
class WithVocabulary(layers.Layer):
    def __init__(self, vocabulary=None, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary = vocabulary

    def call(self, inputs):
        return inputs

    def save_assets(self, inner_path):
        with open(os.path.join(inner_path, "vocabulary.txt"), "w") as file:
            file.write(self.vocabulary)

    def load_assets(self, inner_path):
        with open(os.path.join(inner_path, "vocabulary.txt")) as file:
            self.vocabulary = file.read().replace("<unk>", "little")


def test_files_of_a_layer_are_kept_with_the_model(tmp_path):
    again = saved_and_loaded(built(WithVocabulary("Mary had a <unk> lamb.")), tmp_path)
    assert again.layers[0].vocabulary == "Mary had a little lamb."


@keras.saving.register_keras_serializable(package="Workflow")
class WithState(layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 2), name="kernel")
        self.counts = np.zeros(3)

    def call(self, inputs):
        return inputs @ self.kernel

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["counts"] = self.counts

    def load_own_variables(self, store):
        self.counts = np.array(store["counts"])
        self.kernel.assign(store["0"])


def test_arrays_that_are_no_weights_are_kept_with_them(tmp_path):
    model = built(WithState())
    model.layers[0].counts += [1.0, 2.0, 3.0]
    again = saved_and_loaded(model, tmp_path)
    assert again.layers[0].counts.tolist() == [1.0, 2.0, 3.0] and same_predictions(model, again)


@keras.saving.register_keras_serializable(package="Workflow")
class OwnCompile(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(1)

    def call(self, inputs):
        return self.dense(inputs)

    def compile(self, optimizer, distance="mse"):
        super().compile(optimizer=optimizer, loss=distance)
        self.distance = distance

    def get_compile_config(self):
        return {"optimizer": keras.saving.serialize_keras_object(self.optimizer), "distance": self.distance}

    def compile_from_config(self, config):
        self.compile(keras.saving.deserialize_keras_object(config["optimizer"]), config["distance"])
        self.optimizer.build(self.trainable_variables)


def test_a_compile_of_ones_own_comes_back(tmp_path):
    model = OwnCompile()
    model(X)
    model.compile(keras.optimizers.RMSprop(0.125), "mae")
    again = saved_and_loaded(model, tmp_path)
    assert (again.distance, type(again.optimizer).__name__) == ("mae", "RMSprop")
    assert float(again.optimizer.learning_rate) == 0.125
    assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)


def test_configs_make_the_same_layers_and_models_without_weights():
    layer = layers.Dense.from_config(layers.Dense(3, activation="relu", name="mine").get_config())
    assert (layer.units, layer.activation.__name__, layer.name) == (3, "relu", "mine")
    model = built(layers.Dense(3), layers.Dense(1))
    for again in (keras.Sequential.from_config(model.get_config()), keras.models.model_from_json(model.to_json())):
        assert [w.shape for w in again.weights] == [w.shape for w in model.weights]
        assert not same_predictions(model, again)
        again.set_weights(model.get_weights())
        assert same_predictions(model, again)


def test_weights_alone_go_to_a_file_and_back(tmp_path):
    a, b = built(layers.Dense(3), layers.Dense(1)), built(layers.Dense(3), layers.Dense(1))
    b.set_weights([0 * w for w in b.get_weights()])
    a.save_weights(tmp_path / "a.weights.h5")
    b.load_weights(tmp_path / "a.weights.h5")
    assert same_predictions(a, b)
    with pytest.raises(ValueError):
        built(layers.Dense(5)).load_weights(tmp_path / "a.weights.h5")


def test_a_name_that_says_no_format_is_refused(tmp_path):
    model = built(layers.Dense(1))
    with pytest.raises(ValueError, match=r"\.keras"):
        model.save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"weights\.h5"):
        model.save_weights(tmp_path / "model.h5")


def test_a_clone_has_new_weights_and_may_have_other_layers():
    model = built(layers.Dense(3, activation="relu"), layers.Dense(1))

    def wider(layer):
        config = layer.get_config()
        if config.get("units") == 3:
            config["units"] = 5
        return type(layer).from_config(config)

    clone = keras.models.clone_model(model, clone_function=wider)
    assert [tuple(w.shape) for w in clone.weights] == [(4, 5), (5,), (5, 1), (1,)]
