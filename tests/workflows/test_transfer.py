"""Transfer learning: freezing, features of a trained network, and fine-tuning."""

import numpy as np

import minikeras as keras
from minikeras import layers

from .given import agree, labels, table, with_weights


def images(count=24):
    return table(count, 8 * 8 * 3).reshape(count, 8, 8, 3)


def base_network():
    return with_weights(keras.Sequential([
        keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="first"), layers.BatchNormalization(name="normal"),
        layers.ReLU(), layers.Conv2D(4, 3, name="second"), layers.GlobalAveragePooling2D()], name="base"))


def topped(base):
    inputs = keras.Input((8, 8, 3))
    x = base(layers.Rescaling(2.0, offset=-1.0)(inputs), training=False)
    x = layers.Dense(4, activation="relu", name="hidden")(x)
    return keras.Model(inputs, layers.Dense(1, name="score")(x))


def fitted(model, rate, epochs):
    model.compile(keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
    return model.fit(images(), labels(24, 2).reshape(-1, 1), epochs=epochs, batch_size=8, shuffle=False,
                     verbose=0).history


def test_weights_move_between_lists_when_a_layer_is_frozen():
    layer = layers.Dense(3)
    layer.build((None, 4))
    assert (len(layer.trainable_weights), len(layer.non_trainable_weights)) == (2, 0)
    layer.trainable = False
    assert (len(layer.trainable_weights), len(layer.non_trainable_weights)) == (0, 2)
    normal = layers.BatchNormalization()
    normal.build((None, 4))
    assert (len(normal.trainable_weights), len(normal.non_trainable_weights)) == (2, 2)


def test_freezing_reaches_all_layers_inside():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(3), layers.Dense(3)])
    model = keras.Sequential([keras.Input((3,)), inner, layers.Dense(2)])
    model.trainable = False
    assert not inner.trainable and not inner.layers[0].trainable and model.trainable_weights == []
    model.trainable = True
    assert inner.layers[1].trainable and len(model.trainable_weights) == 6


def test_a_layer_frozen_before_it_is_built_stays_frozen():
    model = keras.Sequential([layers.Dense(3, trainable=False), layers.Dense(2)])
    model.build((None, 4))
    assert [w.shape[-1] for w in model.trainable_weights] == [2, 2]


def test_a_frozen_layer_keeps_its_weights_in_training():
    model = with_weights(keras.Sequential([keras.Input((3,)), layers.Dense(3, activation="tanh"), layers.Dense(3)]))
    model.layers[0].trainable = False
    before = model.get_weights()
    model.compile("adam", "mse")
    model.fit(table(8, 3), table(8, 3, 1), verbose=0)
    assert [np.array_equal(a, b) for a, b in zip(before, model.get_weights())] == [True, True, False, False]


def test_a_new_top_on_a_frozen_base_trains_as_in_keras():
    base = base_network()
    base.trainable = False
    model = with_weights(topped(base))
    before = base.get_weights()
    agree(fitted(model, 0.01, 3), {"loss": [0.70129, 0.69971, 0.69903], "accuracy": [0.5, 0.5, 0.5]})
    assert all(np.array_equal(a, b) for a, b in zip(before, base.get_weights()))
    assert (len(model.trainable_weights), len(model.non_trainable_weights)) == (4, 8)


def test_fine_tuning_moves_the_base_but_not_the_statistics_of_inference():
    base = base_network()
    base.trainable = False
    model = with_weights(topped(base))
    before = base.get_weights()
    base.trainable = True
    fitted(model, 0.001, 1)
    moved = [not np.array_equal(a, b) for a, b in zip(before, base.get_weights())]
    # It was called with training=False, so that the moving mean and variance stay: what Keras' guide says. Keras 3.15
    # itself lets the `training` of fit win over that of a call inside a functional model, and moves them.
    assert moved == [True, True, True, True, False, False, True, True]


def test_some_layers_may_stay_frozen():
    base = base_network()
    for layer in base.layers[:2]:
        layer.trainable = False
    assert [w.path.split("/")[-2] for w in topped(base).trainable_weights] == [
        "second", "second", "hidden", "hidden", "score", "score"]


def test_frozen_batch_normalization_uses_its_moving_statistics():
    layer = layers.BatchNormalization(epsilon=1e-3)
    layer.trainable = False
    x = table(5, 3)
    agree(layer(x, training=True), x / np.sqrt(1.001), 1e-6)


def test_features_are_taken_from_the_middle():
    base = base_network()
    features = keras.Model(base.inputs, base.get_layer("second").output)
    found = features.predict(images(2), verbose=0)
    assert found.shape == (2, 4, 4, 4)
    agree(found.mean(axis=(1, 2)), np.asarray(base(images(2))), 1e-6)


def test_a_head_can_be_trained_on_features_computed_once():
    base = base_network()
    features = base.predict(images(), verbose=0)
    head = with_weights(keras.Sequential([keras.Input((4,)), layers.Dense(1)]))
    head.compile(keras.optimizers.SGD(0.1), keras.losses.BinaryCrossentropy(from_logits=True))
    history = head.fit(features, labels(24, 2).reshape(-1, 1), epochs=2, batch_size=8, shuffle=False, verbose=0)
    agree(history.history, {"loss": [0.69569, 0.69569]})


def test_weights_go_from_one_model_into_another_of_the_same_form(tmp_path):
    source, target = base_network(), base_network()
    source.save_weights(tmp_path / "base.weights.h5")
    target.set_weights([0 * w for w in target.get_weights()])
    target.load_weights(tmp_path / "base.weights.h5")
    agree(target(images(2)), np.asarray(source(images(2))), 1e-7)
