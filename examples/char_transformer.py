"""A transformer of two blocks that learns to write like Shakespeare, one character after another.

    python examples/char_transformer.py [--data tinyshakespeare.txt] [--plot curves.svg]

Each character looks back at those before it in its window, by causal self-attention. The data, what is printed and the
options are those of char_lstm.py. With `import keras` the program is the same. It takes six to nine minutes.
"""

from char_lstm import WINDOW, run

from minikeras import keras
from minikeras.keras import layers

WIDTH, HEADS, BLOCKS = 96, 4, 2


class Positions(layers.Layer):
    """Adds a learned vector to each position of (batch, time, width)."""

    def build(self, input_shape):
        self.table = self.add_weight(name="table", shape=(WINDOW, input_shape[-1]), initializer="uniform")

    def call(self, x):
        return x + self.table[:x.shape[1]]


def block(x):
    """Attention to what came before, then a network for each position; what either gives is added to its input."""
    y = layers.LayerNormalization()(x)
    x = x + layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(y, y, use_causal_mask=True)
    y = layers.LayerNormalization()(x)
    y = layers.Dense(4 * WIDTH, activation="relu")(y)
    return x + layers.Dense(WIDTH)(y)


def make_model(num_characters):
    """(batch, time) of characters to (batch, time, num_characters) of scores for what comes next."""
    inputs = keras.Input((None,), dtype="int32")
    x = Positions()(layers.Embedding(num_characters, WIDTH)(inputs))
    for _ in range(BLOCKS):
        x = block(x)
    outputs = layers.Dense(num_characters)(layers.LayerNormalization()(x))
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(2e-3),
                  loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


if __name__ == "__main__":
    run(make_model, __doc__.splitlines()[0])
