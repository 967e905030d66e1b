"""The examples on real data: on made-up data that are like it, and on the real ones where these are at hand."""

import gzip
import importlib
import os
import re
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
REAL = os.environ.get("MINIKERAS_REAL_DATA")
needs_real_data = pytest.mark.skipif(not REAL, reason="MINIKERAS_REAL_DATA names no folder with the files of the "
                                                      "examples mnist_cnn and char_lstm")


@pytest.fixture
def example(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module


@pytest.fixture
def digits(tmp_path, example, monkeypatch):
    """A folder with files like MNIST's, of which the first 30 are to train on; their images; their labels."""
    mnist = example("mnist_cnn")
    monkeypatch.setattr(mnist, "TRAINING", 30)
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 40).astype(np.uint8)
    images = rng.integers(0, 256, (40, 28, 28)).astype(np.uint8)
    for name, header, array in [(mnist.IMAGES, 16, images), (mnist.LABELS, 8, labels)]:
        (tmp_path / name).write_bytes(gzip.compress(bytes(header) + array.tobytes()))
    return tmp_path, images, labels


def test_digits_are_read_as_they_were_written(example, digits):
    folder, images, labels = digits
    (x, y), (val_x, val_y) = example("mnist_cnn").load(folder)
    assert x.shape == (30, 28, 28, 1) and val_x.shape == (10, 28, 28, 1) and x.dtype == np.float32
    np.testing.assert_array_equal(np.concatenate([x, val_x])[..., 0], (images / np.float32(255)).astype(np.float32))
    np.testing.assert_array_equal(np.concatenate([y, val_y]), labels)


@pytest.mark.long
def test_the_network_for_digits_trains_and_says_what_it_reached(example, digits, capsys):
    example("mnist_cnn").main(["--data", str(digits[0]), "--epochs", "1"])
    assert re.search(r"Epoch 1/1 .* val_accuracy: .*\n\d+\.\d\d% of 10 digits", capsys.readouterr().out)


def test_windows_of_a_text_ask_for_what_comes_next(example):
    lstm = example("char_lstm")
    text = np.arange(2 * lstm.WINDOW + 9)
    x, y = lstm.windows(text)
    np.testing.assert_array_equal(x, np.arange(2 * lstm.WINDOW).reshape(2, -1))
    np.testing.assert_array_equal(y, x + 1)


@pytest.mark.long
@pytest.mark.parametrize("name", ["char_lstm", "char_transformer"])
def test_a_network_for_characters_trains_and_writes(example, name, tmp_path, monkeypatch, capsys):
    text = tmp_path / "text.txt"
    text.write_text("ROMEO:\nBut soft! What light through yonder window breaks?\n" * 4)
    lstm, network = example("char_lstm"), example(name)
    monkeypatch.setattr(lstm, "WINDOW", 8)
    lstm.run(network.make_model, "", ["--data", str(text), "--epochs", "1", "--length", "5"])
    told = capsys.readouterr().out
    assert "val_loss" in told and re.search(r"ROMEO:\n(.|\n){5}\n$", told)


def test_the_transformer_does_not_look_ahead(example):
    model = example("char_transformer").make_model(7)
    rng = np.random.default_rng(1)
    ids = rng.integers(0, 7, (2, 12))
    later = np.concatenate([ids[:, :6], (ids[:, 6:] + 1) % 7], axis=1)
    before, after = model(ids).numpy(), model(later).numpy()
    np.testing.assert_allclose(before[:, :6], after[:, :6], atol=1e-6)
    assert np.abs(before[:, 6:] - after[:, 6:]).max() > 1e-3


@pytest.mark.parametrize("name", ["mnist_cnn", "char_lstm"])
def test_data_that_are_not_there_end_the_program_with_one_line(example, name, tmp_path, monkeypatch):
    module = example(name)
    monkeypatch.setattr(module, "ORIGIN", (tmp_path / "nowhere").as_uri())
    monkeypatch.setenv("MINIKERAS_HOME", str(tmp_path))
    run = module.main if name == "mnist_cnn" else lambda arguments: module.run(module.make_model, "", arguments)
    with pytest.raises(SystemExit, match=r"could not be fetched.*put it at") as ended:
        run([])
    assert "\n" not in ended.value.code


@needs_real_data
@pytest.mark.long
def test_the_network_for_digits_reads_97_percent_after_five_epochs(example):
    mnist = example("mnist_cnn")
    (x, y), validation = mnist.load(REAL)
    reached = []
    for seed in range(3):
        mnist.keras.utils.set_random_seed(seed)
        history = mnist.make_model().fit(x, y, batch_size=mnist.BATCH_SIZE, epochs=mnist.EPOCHS, verbose=0,
                                         validation_data=validation)
        reached.append(history.history["val_accuracy"][-1])
    assert np.mean(reached) >= 0.97
