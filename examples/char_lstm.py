"""An LSTM that learns to write like Shakespeare, one character after another.

    python examples/char_lstm.py [--data tinyshakespeare.txt] [--plot curves.svg]

The text is cut into windows of 64 characters; at each of them the network says what comes next. The first 90 % of the
text train, the rest validates. It is downloaded, 1.1 MB, unless a file is given: any text will do. With `import keras`
the program is the same. It takes about three minutes.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from minikeras import keras
from minikeras.keras import layers

TEXT = "tinyshakespeare.txt"
ORIGIN = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
TRAINING = 0.9
WINDOW, BATCH_SIZE, EPOCHS = 64, 64, 10
PROMPT = "ROMEO:\n"


def load(path=None):
    """The characters that occur, and (windows, next characters) to train on and to validate on, as numbers."""
    path = path or keras.utils.get_file(TEXT, ORIGIN, file_hash=SHA256)
    characters, text = np.unique(list(Path(path).read_text(encoding="utf-8")), return_inverse=True)
    start = int(TRAINING * len(text))
    return characters, windows(text[:start]), windows(text[start:])


def windows(text):
    """Each character of a text and the one after it, both of shape (windows, WINDOW)."""
    end = (len(text) - 1) // WINDOW * WINDOW
    return text[:end].reshape(-1, WINDOW).astype("int32"), text[1:end + 1].reshape(-1, WINDOW).astype("int32")


def make_model(num_characters):
    """(batch, time) of characters to (batch, time, num_characters) of scores for what comes next."""
    model = keras.Sequential([
        keras.Input((None,), dtype="int32"),
        layers.Embedding(num_characters, 64),
        layers.LSTM(128, return_sequences=True),
        layers.Dense(num_characters),
    ])
    model.compile(optimizer=keras.optimizers.Adam(3e-3),
                  loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def write(model, characters, length, temperature):
    """A text that begins with PROMPT; the lower the temperature, the likelier each character."""
    text = list(np.searchsorted(characters, list(PROMPT)))
    for _ in range(length):
        scores = model(np.array([text[-WINDOW:]]))[:, -1] / temperature
        text.append(int(keras.random.categorical(scores, 1)[0, 0]))
    return "".join(characters[text])


def draw(history, path):
    """The curves of training and validation, as a picture in a file. Needs matplotlib."""
    import matplotlib.pyplot as plt

    figure, panel = plt.subplots(figsize=(5, 3.2), layout="constrained")
    for key, label in [("loss", "training"), ("val_loss", "validation")]:
        panel.plot(np.arange(len(history[key])) + 1, history[key], marker="o", label=label)
    panel.set(xlabel="epoch", ylabel="nats a character")
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.legend()
    figure.savefig(path)


def run(make_model, description, arguments=None):
    """The whole program, for any model that `make_model(num_characters)` gives."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", metavar="FILE", help="a text; else Shakespeare's is downloaded")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0, help="of the first weights and the order of the windows")
    parser.add_argument("--temperature", type=float, default=0.8, help="of the text written at the end")
    parser.add_argument("--length", type=int, default=300, help="of that text, in characters")
    parser.add_argument("--plot", metavar="FILE", help="draw the curves, to a .png or .svg (needs matplotlib)")
    options = parser.parse_args(arguments)

    try:
        characters, (x, y), validation = load(options.data)
    except (OSError, RuntimeError) as error:
        sys.exit(str(error))
    keras.utils.set_random_seed(options.seed)
    model = make_model(len(characters))
    print(f"{model.count_params():,} parameters, {x.size:,} characters to train on, {validation[0].size:,} to validate")
    history = model.fit(x, y, batch_size=BATCH_SIZE, epochs=options.epochs, validation_data=validation, verbose=2)
    print(write(model, characters, options.length, options.temperature))
    if options.plot:
        draw(history.history, options.plot)


if __name__ == "__main__":
    run(make_model, __doc__.splitlines()[0])
