"""Transformers built of layers of one's own: text classification, a causal language model, patches of images."""

import numpy as np

import minikeras as keras
from minikeras import layers, ops

from .given import agree, labels, table, with_weights


class Block(layers.Layer):
    def __init__(self, size, heads, hidden, causal=False):
        super().__init__()
        self.attention = layers.MultiHeadAttention(num_heads=heads, key_dim=size)
        self.network = keras.Sequential([layers.Dense(hidden, activation="relu"), layers.Dense(size)])
        self.norms = [layers.LayerNormalization(epsilon=1e-6) for _ in range(2)]
        self.causal = causal

    def call(self, inputs):
        mask = self.causal_mask(inputs) if self.causal else None
        x = self.norms[0](inputs + self.attention(inputs, inputs, attention_mask=mask))
        return self.norms[1](x + self.network(x))

    def causal_mask(self, inputs):
        """Made from the sizes of a batch, as in Keras' small GPT."""
        batch, length = ops.shape(inputs)[0], ops.shape(inputs)[1]
        i, j = ops.arange(length)[:, None], ops.arange(length)
        mask = ops.reshape(ops.cast(i >= j, "bool"), (1, length, length))
        return ops.tile(mask, ops.concatenate([ops.expand_dims(batch, -1), ops.convert_to_tensor([1, 1])], 0))


class Tokens(layers.Layer):
    def __init__(self, length, words, size):
        super().__init__()
        self.tokens, self.positions = layers.Embedding(words, size), layers.Embedding(length, size)

    def call(self, inputs):
        return self.tokens(inputs) + self.positions(ops.arange(0, ops.shape(inputs)[-1]))


class Positions(layers.Layer):
    def __init__(self, length, size):
        super().__init__()
        self.length, self.positions = length, layers.Embedding(length, size)

    def call(self, inputs):
        return inputs + self.positions(ops.expand_dims(ops.arange(self.length), 0))


class Patches(layers.Layer):
    def __init__(self, size):
        super().__init__()
        self.size = size

    def call(self, images):
        batch, height, width, channels = ops.shape(images)
        patches = ops.image.extract_patches(images, size=self.size)
        count = (height // self.size) * (width // self.size)
        return ops.reshape(patches, (batch, count, self.size * self.size * channels))


TEXTS = labels(24 * 12, 50).reshape(24, 12)


def test_a_text_classifier_trains_as_in_keras():
    inputs = keras.Input((12,))
    x = layers.GlobalAveragePooling1D()(Block(8, 2, 8)(Tokens(12, 50, 8)(inputs)))
    model = with_weights(keras.Model(inputs, layers.Dense(2, activation="softmax")(x)))
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(TEXTS, labels(24, 2, 3), batch_size=8, epochs=3, shuffle=False, verbose=0).history
    agree(history, {"loss": [0.71303, 0.70697, 0.70424], "accuracy": [0.5, 0.5, 0.5]})


def test_weights_are_those_of_the_layers_inside_the_layers():
    inputs = keras.Input((12,))
    model = keras.Model(inputs, Block(4, 2, 3)(Tokens(12, 50, 4)(inputs)))
    attention = 3 * (4 * 8 + 8) + 8 * 4 + 4
    assert model.count_params() == (50 + 12) * 4 + attention + (4 * 3 + 3 + 3 * 4 + 4) + 2 * (4 + 4)


def test_a_causal_model_sees_nothing_that_comes_later():
    inputs = keras.Input((12,), dtype="int32")
    model = with_weights(keras.Model(inputs, layers.Dense(50)(Block(8, 2, 8, causal=True)(Tokens(12, 50, 8)(inputs)))))
    changed = TEXTS.copy()
    changed[:, 7:] = 49 - changed[:, 7:]
    a, b = np.asarray(model(TEXTS)), np.asarray(model(changed))
    agree(a[:, :7], b[:, :7], 1e-6)
    assert np.abs(a[:, 7:] - b[:, 7:]).max() > 1e-3
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(TEXTS, np.roll(TEXTS, -1, 1), batch_size=8, epochs=2, verbose=0).history
    assert history["loss"][1] < history["loss"][0]


def test_a_vision_transformer_gives_what_keras_gives():
    images = keras.Input((12, 12, 3))
    x = Positions(9, 8)(layers.Dense(8)(Patches(4)(images)))
    model = with_weights(keras.Model(images, layers.Dense(3)(layers.Flatten()(Block(8, 2, 16)(x)))))
    agree(model.predict(table(2, 432).reshape(2, 12, 12, 3), verbose=0), [
        [0.33829, 0.64531, -0.064898], [0.33156, 0.63244, -0.094361]])
