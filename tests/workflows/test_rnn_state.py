"""State of recurrent layers: returned, given, kept between batches, and models cut around it."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import layers, ops

from .given import agree, labels, table, with_weights


def steps(batch=4, time=5, features=3, seed=0):
    return table(batch, time * features, seed).reshape(batch, time, features)


def built(layer, features=3):
    layer.build((4, None, features))
    return with_weights(layer)


@pytest.mark.parametrize(("make", "states"), [(layers.SimpleRNN, 1), (layers.GRU, 1), (layers.LSTM, 2)])
def test_the_last_output_is_the_first_state(make, states):
    outputs, *state = built(make(4, return_sequences=True, return_state=True))(steps())
    assert outputs.shape == (4, 5, 4) and len(state) == states
    assert np.array_equal(np.asarray(outputs)[:, -1], state[0])


@pytest.mark.parametrize("make", [layers.SimpleRNN, layers.GRU, layers.LSTM])
def test_a_sequence_in_two_parts_ends_as_the_whole_one(make):
    layer = built(make(4, return_state=True))
    whole = layer(steps())
    _, *state = layer(steps()[:, :2])
    for a, b in zip(layer(steps()[:, 2:], initial_state=state), whole):
        agree(a, np.asarray(b), 1e-6)


def test_a_stateful_layer_goes_on_where_it_stopped():
    layer, x = built(layers.LSTM(4, stateful=True)), steps()
    plain = layers.LSTM(4)
    plain.build((None, None, 3))
    plain.set_weights(layer.get_weights())
    layer(x[:, :3])
    agree(layer(x[:, 3:]), np.asarray(plain(x)), 1e-6)
    layer.reset_state()
    agree(layer(x), np.asarray(plain(x)), 1e-6)
    assert [tuple(state.shape) for state in layer.states] == [(4, 4), (4, 4)]


def test_a_stateful_model_trains_as_in_keras():
    model = keras.Sequential([keras.Input(batch_shape=(2, 5, 3)), layers.LSTM(4, stateful=True), layers.Dense(1)])
    with_weights(model.layers[0])
    with_weights(model.layers[1])
    model.layers[0].reset_state()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x, y = steps(6), table(6, 1)
    losses = []
    for _ in range(3):
        losses += model.fit(x, y, batch_size=2, epochs=1, shuffle=False, verbose=0).history["loss"]
        model.layers[0].reset_state()
    agree(losses, [0.26519, 0.073894, 0.025648])
    agree(model.predict(x, batch_size=2, verbose=0), [[0.49985], [0.49979], [0.50145], [0.49909], [0.50035], [0.49632]])


def test_an_encoder_gives_a_decoder_its_state():
    source, target = keras.Input((None,)), keras.Input((None,))
    _, *state = layers.LSTM(6, return_state=True)(layers.Embedding(20, 4)(source))
    decoded = layers.LSTM(6)(layers.Embedding(30, 4)(target), initial_state=state)
    model = with_weights(keras.Model([source, target], layers.Dense(3)(decoded)))
    agree(model.predict([labels(15, 20).reshape(3, 5), labels(12, 30).reshape(3, 4)], verbose=0), [
        [0.19786, 0.13264, 0.23064], [0.19648, 0.14274, 0.23053], [0.19447, 0.13744, 0.2269]])


def translator():
    """Characters to characters, trained with the right answer given one step late."""
    source, target = keras.Input((None, 6)), keras.Input((None, 7))
    _, *state = layers.LSTM(8, return_state=True)(source)
    outputs, _, _ = layers.LSTM(8, return_sequences=True, return_state=True)(target, initial_state=state)
    return with_weights(keras.Model([source, target], layers.Dense(7, activation="softmax")(outputs)))


SOURCE = np.eye(6, dtype="float32")[labels(80, 6)].reshape(16, 5, 6)
TARGET = np.eye(7, dtype="float32")[labels(64, 7)].reshape(16, 4, 7)


def test_a_translator_trains_as_in_keras():
    model = translator()
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    history = model.fit([SOURCE, TARGET], np.roll(TARGET, -1, 1), batch_size=4, epochs=2, validation_split=0.25,
                        shuffle=False, verbose=0).history
    agree(history, {
        "accuracy": [0.20833, 0.20833], "loss": [1.9314, 1.929], "val_accuracy": [0.25, 0.25],
        "val_loss": [1.9363, 1.9362]})


def test_models_for_inference_are_cut_from_the_trained_one(tmp_path):
    translator().save(tmp_path / "translator.keras")
    model = keras.models.load_model(tmp_path / "translator.keras")
    encoder = keras.Model(model.input[0], model.layers[2].output[1:])
    given = [keras.Input((8,)), keras.Input((8,))]
    outputs, *state = model.layers[3](model.input[1], initial_state=given)
    decoder = keras.Model([model.input[1], *given], [model.layers[4](outputs), *state])

    states = encoder.predict(SOURCE[:1], verbose=0)
    found = []
    for step in range(4):       # a step at a time, fed with the same targets, is the whole model
        chances, *states = decoder.predict([TARGET[:1, step:step + 1], *states], verbose=0)
        found.append(chances[:, 0])
    agree(np.stack(found, 1), model.predict([SOURCE[:1], TARGET[:1]], verbose=0), 1e-5)


def test_a_cell_of_ones_own_runs_in_a_layer_and_in_a_stack():
    class Cell(layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = self.state_size = units

        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
            self.recurrent = self.add_weight(shape=(self.units, self.units), name="recurrent")

        def call(self, inputs, states):
            output = ops.matmul(inputs, self.kernel) + ops.matmul(states[0], self.recurrent)
            return output, [output]

    layer = built(layers.RNN([Cell(4), Cell(2)], return_state=True))
    agree(layer(steps())[0], [[-0.12744, 0.065048], [-0.097625, 0.050484], [-0.048956, 0.029392], [-0.066831, 0.02799]])
    kernels = [np.asarray(w) for w in layer.weights]
    a, b = np.zeros((4, 4)), np.zeros((4, 2))
    for t in range(5):
        a = steps()[:, t] @ kernels[0] + a @ kernels[1]
        b = a @ kernels[2] + b @ kernels[3]
    agree(layer(steps())[0], b, 1e-5)


def test_both_directions_are_joined_as_in_keras():
    model = keras.Sequential([
        keras.Input((5, 3)), layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
        layers.Bidirectional(layers.GRU(2), merge_mode="sum"), layers.Dense(2)])
    agree(with_weights(model)(steps()), [
        [0.24109, -0.11457], [0.24256, -0.11976], [0.24675, -0.12678], [0.24432, -0.12203]])


def test_a_network_is_repeated_over_time():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dense(2)])
    outputs = layers.TimeDistributed(inner)(steps())
    agree(np.asarray(outputs)[:, 2], np.asarray(inner(steps()[:, 2])), 1e-6)
