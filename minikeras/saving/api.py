"""Saving and loading models and weights.

A `.keras` file is Keras' own: a zip archive of config.json, metadata.json, model.weights.h5 and, where layers have a
vocabulary, assets. Without h5py the weights are model.weights.npz, plain arrays, which Keras itself does not read.
Loading such a file only ever makes objects of classes that are registered or named in `custom_objects`.
"""

import json
import logging
import os
import sys
import warnings
from pathlib import Path

from .. import registry
from ..errors import FileFormatError, ShapeError
from ..layers.holder import weights_limited_to
from . import state
from .archive import read_zip, zip_bytes
from .arrays import h5_bytes, h5py_or_none, npz_bytes, read_h5, read_npz
from .atomic import write_atomically

KERAS_VERSION = "3.15.1"                    # whose archive layout and config form are written
DATE = "1980-01-01@00:00:00"                # fixed: equal models give equal files
CONFIG, METADATA = "config.json", "metadata.json"
WEIGHTS_H5, WEIGHTS_NPZ = "model.weights.h5", "model.weights.npz"

_log = logging.getLogger("minikeras")
_said = set()


def save_model(model, filepath, overwrite=True):
    """Write a model's config, weights, and the state of its optimizer and random generators to a `.keras` file.

    Without h5py the file can be read by minikeras only. That is said once, through the logger 'minikeras',
    so that it shows on stderr unless logging is set up otherwise.
    Raises ValueError for another extension, FileExistsError if there is a file and `overwrite` is false.
    """
    path = _path(filepath, (".keras",), "save_model")
    if not model.built:
        warnings.warn(f"{model.name} is not built yet, so it is saved without weights. Call it on data, or start it "
                      "with Input(shape), before saving.", stacklevel=3)
    arrays, names = state.collect(model, with_optimizer=True)
    metadata = {"keras_version": KERAS_VERSION, "date_saved": DATE, "written_by": _writer(),
                "randomness": state.randomness(model)}
    has_h5py = h5py_or_none() is not None
    members = {METADATA: _json(metadata), CONFIG: _json(registry.serialize_object(model))}
    members[WEIGHTS_H5 if has_h5py else WEIGHTS_NPZ] = (h5_bytes if has_h5py else npz_bytes)(arrays, names)
    members |= state.assets(model)
    write_atomically(path, zip_bytes(members), overwrite)
    if not has_h5py:
        _say_once(f"{path} holds its weights as npz, which minikeras reads and Keras does not. For files that Keras "
                  "reads too: pip install 'minikeras[h5]'")


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """The model of a `.keras` file, written by minikeras or by Keras.

    custom_objects   your classes and functions by the names that the file uses, where they are not registered
                     with @keras.saving.register_keras_serializable()
    compile          whether to compile it as it was, with the state of its optimizer
    safe_mode        only True: minikeras never runs code from a file, so there is nothing to allow
    Raises FileNotFoundError, or FileFormatError that names the file, the part, and what to do.
    """
    _check_safe(safe_mode, "load_model")
    path = _path(filepath, (".keras",), "load_model")
    members = read_zip(_read(path), str(path))
    config, metadata, weights = _parts(members, path)
    if not compile:
        config["compile_config"] = None
    where = f"{path}: {weights}"
    arrays = (read_h5 if weights == WEIGHTS_H5 else read_npz)(members[weights], where)
    with weights_limited_to(sum(array.size for array in arrays.values())):
        model = _model_of(config, custom_objects, f"{path}: {CONFIG}")
    state.load_assets(model, members, path)
    pairs = state.plan_weights(model, arrays, where)
    if model.compiled:
        pairs += state.plan_optimizer(model, arrays, where)
    randomness = metadata.get("randomness") if "written_by" in metadata else None
    if randomness is not None:
        state.plan_randomness(model, randomness, f"{path}: {METADATA}")()
    state.assign_all(pairs)
    return model


def serialize_keras_object(obj):
    """Keras' form of an object: module, class name, config and registered name; numbers, text and lists as they are.

    Raises TypeError for what has no config, such as a function that has no name to find it by.
    """
    return registry.serialize(obj)


def deserialize_keras_object(config, custom_objects=None, safe_mode=True):
    """The object of a config in Keras' form; data that is no such config as it is. Arguments as for `load_model`."""
    _check_safe(safe_mode, "deserialize_keras_object")
    return registry.deserialize(config, None, custom_objects)


def _check_safe(safe_mode, function):
    if safe_mode is not True:
        raise ValueError(f"{function}: safe_mode={safe_mode!r} would let a file bring its own code, and minikeras "
                         "never runs code from a file. Leave it True; pass your own classes in custom_objects.")


def save_weights(model, filepath, overwrite=True):
    """Write the weights of a model, without its optimizer, to a `.weights.h5` or `.weights.npz` file."""
    path = _path(filepath, (".weights.h5", ".weights.npz"), "save_weights")
    if not model.built:
        raise ShapeError(f"{model.name}.save_weights: the model has no weights yet; build it first, by calling it on "
                         "data or starting it with Input(shape).")
    arrays, names = state.collect(model, with_optimizer=False)
    if path.name.endswith(".npz"):
        write_atomically(path, npz_bytes(arrays), overwrite)
        return
    if h5py_or_none() is None:
        raise ImportError(f"{path}: writing HDF5 weights needs h5py. Install it with: pip install 'minikeras[h5]', or "
                          "save to a name that ends in .weights.npz.")
    write_atomically(path, h5_bytes(arrays, names), overwrite)


def load_weights(model, filepath):
    """Assign the weights of a `.weights.h5`, `.weights.npz` or `.keras` file; all of them or, if one does not
    fit, none. Raises FileFormatError naming the layer and both shapes."""
    path = _path(filepath, (".weights.h5", ".weights.npz", ".keras"), "load_weights")
    data, where = _read(path), str(path)
    is_h5 = path.name.endswith(".h5")
    if path.name.endswith(".keras"):
        members = read_zip(data, where)
        _, _, weights = _parts(members, path)
        data, where, is_h5 = members[weights], f"{path}: {weights}", weights == WEIGHTS_H5
    state.assign_all(state.plan_weights(model, (read_h5 if is_h5 else read_npz)(data, where), where))


def _path(filepath, extensions, function):
    path = Path(filepath)
    if not path.name.endswith(extensions):
        raise ValueError(f"{function}: the file name must end in {' or '.join(extensions)}, got {str(filepath)!r}.")
    return path


def _read(path):
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file. Check the path; the current folder is {os.getcwd()}.")
    if path.is_dir():
        raise IsADirectoryError(f"{path}: this is a folder, and a file was expected.")
    return path.read_bytes()


def _json(value):
    return json.dumps(value).encode()


def _parts(members, path):
    """The config, the metadata, and the name of the weights member of an archive."""
    found = [name for name in (WEIGHTS_H5, WEIGHTS_NPZ) if name in members]
    missing = [name for name in (CONFIG, METADATA) if name not in members] + ([] if found else [WEIGHTS_H5])
    if missing:
        raise FileFormatError(f"{path}: the archive lacks {' and '.join(missing)}; it has "
                              f"{', '.join(members) or 'nothing'}. This is no Keras model file, or not a whole one.")
    extra = {name for name in members if not name.startswith(state.ASSETS)} - {CONFIG, METADATA, found[0]}
    if extra:
        raise FileFormatError(f"{path}: the archive holds {', '.join(sorted(extra))}, which minikeras cannot read. A "
                              f"model file has {CONFIG}, {METADATA} and one weights file.")
    return _parsed(members, CONFIG, path), _parsed(members, METADATA, path), found[0]


def _parsed(members, name, path):
    try:
        value = json.loads(members[name].decode(), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: {name} is not valid JSON ({error}). The file is damaged; restore it from a "
                              "copy.") from None
    if not isinstance(value, dict):
        raise FileFormatError(f"{path}: {name} must be a JSON object, got {type(value).__name__}.")
    return value


def _without_repeats(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is given twice")
    return result


def _model_of(config, custom_objects, where):
    try:
        model = registry.deserialize(config, "models", custom_objects)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, OverflowError,
            MemoryError) as error:
        raise FileFormatError(f"{where}: the model cannot be made from it: {error}") from error
    if getattr(model, "_kind", None) != "models":
        raise FileFormatError(f"{where}: it describes {type(model).__name__}, which is no model.")
    return model


def _writer():
    package = __name__.partition(".")[0]
    return f"{package} {sys.modules[package].__version__}"


def _say_once(text):
    if "npz" not in _said:
        _said.add("npz")
        _log.warning(text)
