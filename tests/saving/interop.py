"""One side of scripts/check_interop: `python interop.py write|read PACKAGE FOLDER [NAME ...]`.

`write` makes each model, trains it where there are targets, saves it and its weights, and notes what it predicts and
how its training goes on. `read` loads what the other side wrote, and prints as JSON by how much it differs.
"""

import importlib
import json
import os
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))      # it is run by itself where minikeras is not
from interop_models import MODELS

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def flat(outputs):
    """The arrays of a nest of outputs."""
    if isinstance(outputs, dict):
        return [x for key in sorted(outputs) for x in flat(outputs[key])]
    if isinstance(outputs, (list, tuple)):
        return [x for item in outputs for x in flat(item)]
    return [np.asarray(outputs)]


def tensors(keras, x):
    """Inputs as the model takes them; TensorFlow has no tensor of NumPy's strings."""
    if isinstance(x, dict):
        return {key: tensors(keras, value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        return [tensors(keras, value) for value in x]
    return keras.ops.convert_to_tensor(x)


def observed(keras, model, x, y):
    """What a model predicts, the losses of two more epochs, and what it predicts after them."""
    seen = {f"output_{i}": array for i, array in enumerate(flat(model(tensors(keras, x), training=False)))}
    if y is not None:
        seen["losses"] = np.asarray(model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0).history["loss"])
        seen |= {f"later_{i}": array for i, array in enumerate(flat(model(tensors(keras, x), training=False)))}
    return seen


def made(keras, name):
    """A model with weights that are no initial values, and its data."""
    keras.utils.set_random_seed(1)
    model, x, y = MODELS[name](keras)
    model(tensors(keras, x))
    rng = np.random.default_rng(7)
    for weight in model.weights:
        value = np.asarray(weight)
        if weight.trainable or "moving" in weight.path:
            weight.assign(value + 0.05 * np.abs(rng.normal(size=value.shape)).astype(value.dtype))
    if y is not None:
        model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
    return model, x, y


def write(keras, folder, name):
    model, x, y = made(keras, name)
    model.save(folder / f"{name}.keras")
    model.save_weights(folder / f"{name}.weights.h5")
    np.savez(folder / f"{name}.npz", **observed(keras, model, x, y))
    return {}


def read(keras, folder, name):
    keras.utils.set_random_seed(2)
    fresh, x, y = MODELS[name](keras)       # also registers its classes
    expected = dict(np.load(folder / f"{name}.npz"))
    seen = observed(keras, keras.models.load_model(folder / f"{name}.keras"), x, y)
    if expected.keys() != seen.keys():
        raise ValueError(f"there are {', '.join(seen)} where {', '.join(expected)} were expected")
    fresh(tensors(keras, x))
    if y is not None:
        fresh.optimizer.build(fresh.trainable_variables)
    fresh.load_weights(folder / f"{name}.weights.h5")
    by_weights = observed(keras, fresh, x, y)
    parts = {"predicts": "output"} if y is None else {"predicts": "output", "trains": ("losses", "later")}
    return {part: max(difference(expected[key], values[key]) for values in (seen, by_weights) for key in expected
                      if key.startswith(keys)) for part, keys in parts.items()}


def difference(want, got):
    """The largest difference, in relation to the larger numbers where these exceed 1."""
    if want.shape != got.shape:
        raise ValueError(f"an output has shape {got.shape} where {want.shape} was expected")
    return float(np.max(np.abs(want - got) / np.maximum(1, np.abs(want)), initial=0))


def main(action, package, folder, *names):
    warnings.simplefilter("ignore")
    keras = importlib.import_module(package)
    act = {"write": write, "read": read}[action]
    for name in names or MODELS:
        try:
            result = act(keras, Path(folder), name)
        except Exception as error:
            if os.environ.get("TRACEBACK"):
                traceback.print_exc()
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"name": name, "version": keras.__version__, **result}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
