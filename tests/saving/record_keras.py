"""Writes tests/saving/keras_files.zip with real Keras: `python tests/saving/record_keras.py` where that is.

The models are some of those of scripts/check_interop. The tests read their files, so that reading what Keras writes is
tried without Keras.
"""

import sys
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))      # it is run by itself where minikeras is not
import interop

RECORDED = ["multilayer_perceptron", "nested_models_partly_frozen", "subclassed_with_layers_of_its_own",
            "bidirectional_and_time_distributed", "text_to_numbers", "operators_and_ops_on_tensors"]


def legacy(folder):
    """A model in the form of Keras 2, and its weights in several files."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="relu", name="first"),
                              keras.layers.BatchNormalization(name="norm"), keras.layers.Dense(2, name="second")])
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
    model.fit(x, x[:, :2], epochs=2, verbose=0)
    model.save(folder / "legacy.h5")
    model.save_weights(folder / "pieces.weights.json", max_shard_size=150 / 2**30)
    np.savez(folder / "legacy.npz", x=x, y=np.asarray(model(x)))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for name in RECORDED:
            interop.write(keras, Path(folder), name)
        legacy(Path(folder))
        target = Path(__file__).with_name("keras_files.zip")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for file in sorted(Path(folder).iterdir()):
                archive.write(file, file.name)
