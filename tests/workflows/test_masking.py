"""Masking and padding: where masks come from, how far they go, and what they do to outputs, losses and metrics."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import layers, ops

from .given import agree, table, with_weights

RAW = [[7, 6, 1], [3, 8, 2, 5, 9], [4, 4, 1, 6, 2, 7]]
PADDED = np.array([[7, 6, 1, 0, 0, 0], [3, 8, 2, 5, 9, 0], [4, 4, 1, 6, 2, 7]], dtype="int32")


def embedding(size=4):
    layer = layers.Embedding(10, size, mask_zero=True)
    layer.build((None, None))
    return with_weights(layer)


def test_sequences_are_padded_and_cut_at_either_end():
    pad = keras.utils.pad_sequences
    assert np.array_equal(pad(RAW, padding="post"), PADDED)
    assert pad(RAW, maxlen=4).tolist() == [[0, 7, 6, 1], [8, 2, 5, 9], [1, 6, 2, 7]]
    assert pad(RAW, maxlen=4, truncating="post", padding="post", value=-1).tolist() == [
        [7, 6, 1, -1], [3, 8, 2, 5], [4, 4, 1, 6]]


def test_an_embedding_and_a_masking_layer_make_masks():
    assert np.array_equal(embedding()(PADDED)._keras_mask, PADDED != 0)
    steps = np.repeat(PADDED[:, :, None].astype("float32"), 3, axis=-1)
    assert np.array_equal(layers.Masking()(steps)._keras_mask, PADDED != 0)


def test_padding_does_not_change_what_a_recurrent_layer_gives():
    embed, lstm = embedding(), layers.LSTM(3)
    outputs = np.asarray(lstm(embed(PADDED)))
    for row, ids in zip(outputs, RAW):
        agree(row, np.asarray(lstm(embed(np.array([ids]))))[0], 1e-6)


@pytest.mark.parametrize("kind", ["sequential", "functional", "subclassed", "mask by hand"])
def test_masks_flow_through_models_of_every_kind(kind):
    embed, lstm = embedding(), with_weights(keras.Sequential([keras.Input((None, 4)), layers.LSTM(3)])).layers[0]
    inputs = keras.Input((None,), dtype="int32")

    class Own(layers.Layer):
        def __init__(self):
            super().__init__()
            self.embed, self.lstm = embed, lstm

        def call(self, inputs):
            x = self.embed(inputs)
            return self.lstm(x, mask=self.embed.compute_mask(inputs)) if kind == "mask by hand" else self.lstm(x)

    model = {"sequential": lambda: keras.Sequential([embed, lstm]),
             "functional": lambda: keras.Model(inputs, lstm(embed(inputs)))}.get(kind, Own)()
    agree(model(PADDED), [
        [-0.019356, 0.012034, -0.083188], [-0.03991, 0.063466, -0.066324], [-0.032309, 0.033522, -0.092956]])


def test_a_layer_hands_a_mask_on_if_it_says_so():
    class Relu(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.supports_masking = True

        def call(self, inputs):
            return ops.relu(inputs)

    class Forgets(layers.Layer):
        def call(self, inputs):
            return ops.relu(inputs)

    assert np.array_equal(Relu()(embedding()(PADDED))._keras_mask, PADDED != 0)
    with pytest.warns(UserWarning, match="mask"):
        assert getattr(Forgets()(embedding()(PADDED)), "_keras_mask", None) is None


def test_a_layer_computes_the_masks_of_its_outputs():
    class Halves(layers.Layer):
        def call(self, inputs):
            return ops.split(inputs, 2, axis=1)

        def compute_mask(self, inputs, mask=None):
            return None if mask is None else ops.split(mask, 2, axis=1)

    first, second = Halves()(embedding()(PADDED))
    assert np.array_equal(first._keras_mask, PADDED[:, :3] != 0)
    assert np.array_equal(second._keras_mask, PADDED[:, 3:] != 0)


def test_a_layer_gets_the_mask_that_its_call_takes():
    class MaskedSoftmax(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.supports_masking = True

        def call(self, inputs, mask=None):
            kept = ops.exp(inputs) * ops.expand_dims(ops.cast(mask, "float32"), -1)
            return kept / ops.sum(kept, axis=1, keepdims=True)

    inputs = keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, MaskedSoftmax()(layers.Dense(1)(embedding()(inputs))))
    found = np.asarray(model(PADDED))[..., 0]
    agree(found.sum(1), np.ones(3), 1e-6)
    assert np.array_equal(found == 0, PADDED == 0)


def test_masked_steps_count_neither_in_loss_nor_in_weighted_metrics():
    model = keras.Sequential([embedding(), layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mae"])
    target = table(3, 6)[..., None]
    errors = (np.asarray(model(PADDED)) - target)[..., 0]
    found = model.evaluate(PADDED, target, verbose=0)
    kept = PADDED != 0
    agree(found[0], (errors[kept] ** 2).mean(), 1e-5)
    agree(found[2], np.abs(errors[kept]).mean(), 1e-5)


def test_training_on_padded_sequences_follows_keras():
    model = keras.Sequential([
        layers.Embedding(10, 4, mask_zero=True), layers.Bidirectional(layers.GRU(3, return_sequences=True)),
        layers.TimeDistributed(layers.Dense(2)), layers.Dense(1)])
    model.build((None, 6))
    with_weights(model)
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"], weighted_metrics=["mse"])
    history = model.fit(PADDED, table(3, 6)[..., None], epochs=3, shuffle=False, verbose=0).history
    agree(history, {
        "loss": [0.32431, 0.23135, 0.17586], "mae": [0.48757, 0.42452, 0.37542],
        "mse": [0.32431, 0.23135, 0.17586]})


def test_pooling_over_time_is_over_the_steps_that_count():
    steps = table(2, 8).reshape(2, 4, 2)
    steps[0, 2:] = -1
    pooled = layers.GlobalAveragePooling1D()(layers.Masking(mask_value=-1.0)(steps))
    agree(pooled, [steps[0, :2].mean(0), steps[1].mean(0)], 1e-6)


@pytest.mark.parametrize("attend", [
    lambda x: layers.Attention()([x, x]),
    lambda x: layers.MultiHeadAttention(2, 3, kernel_initializer="ones")(x, x)])
def test_attention_looks_at_no_padding(attend):
    embed, inputs = embedding(), keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, attend(embed(inputs)))
    agree(np.asarray(model(PADDED))[0, :3], np.asarray(model(PADDED[:1, :3]))[0], 1e-6)
