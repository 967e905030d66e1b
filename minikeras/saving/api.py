"""Saving and loading models and weights.

A `.keras` file is Keras' own: a zip archive of config.json, metadata.json, model.weights.h5 and, where layers have a
vocabulary, assets. Without h5py the weights are model.weights.npz, plain arrays, which Keras itself does not read.
Loading such a file only ever makes objects of classes that are registered or named in `custom_objects`.
"""

import json
import logging
import sys
import warnings
from pathlib import Path

from .. import registry, sharing
from ..custom_objects import CustomObjectScope
from ..errors import FileFormatError
from ..layers.holder import weights_limited_to
from . import legacy, state
from .archive import read_zip, zip_bytes
from .arrays import h5_bytes, h5py_needed, h5py_or_none, json_object, npz_bytes
from .atomic import write_atomically
from .folders import read_folder, write_folder
from .paths import VARS
from .randomness import plan_randomness, randomness
from .weights import WEIGHTS_H5, WEIGHTS_NPZ, path_ending, read_file, read_weights

MODEL_ENDINGS = (".keras", *legacy.SUFFIXES)      # of files that hold a model
KERAS_VERSION = "3.15.1"                    # whose archive layout and config form are written
DATE = "1980-01-01@00:00:00"                # fixed: equal models give equal files
UNSTORED = 1 << 20      # numbers that a model may hold beyond twice those in its file, such as low-rank matrices
CONFIG, METADATA = "config.json", "metadata.json"
# What constructors and calls raise for arguments that make no sense.
_UNFIT = ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError

_log = logging.getLogger("minikeras")
_said = set()


def save_model(model, filepath, overwrite=True, zipped=None, *, include_optimizer=True, save_format=None):
    """Write a model's config, weights, and the state of its optimizer and random generators to a `.keras` file.

    A name that ends in .h5 or .hdf5 gives a file as Keras 2 wrote it, without random generators and vocabularies.

    zipped              False: write a folder of that name instead, with the same files in it
    include_optimizer   False: leave out the state of the optimizer
    save_format         None, or 'keras' or 'h5' as the file name says already
    Without h5py the file can be read by minikeras only. That is said once, through the logger 'minikeras',
    so that it shows on stderr unless logging is set up otherwise.
    Raises ValueError for another extension, FileExistsError if there is a file and `overwrite` is false.
    """
    path = Path(filepath) if zipped is False else path_ending(filepath, MODEL_ENDINGS, "save_model")
    is_legacy = zipped is not False and path.name.endswith(legacy.SUFFIXES)
    if save_format not in (None, "h5" if is_legacy else "keras"):
        raise ValueError(f"save_model: save_format={save_format!r} does not go with {path.name}; leave it out: the end "
                         "of the name, .keras or .h5, says it.")
    if path.name.endswith(".keras") and zipped is False:
        raise ValueError(f"save_model: zipped=False writes a folder, so its name must not end in .keras, got {path}.")
    if not model.built:
        warnings.warn(f"{model.name} is not built yet, so it is saved without weights. Call it on data, or start it "
                      "with Input(shape), before saving.", stacklevel=3)
    if is_legacy:
        h5py_needed(path)
        write_atomically(path, legacy.legacy_bytes(model, include_optimizer, KERAS_VERSION), overwrite)
        return
    members = _members(model, [] if include_optimizer else [model.optimizer])
    if zipped is False:
        write_folder(path, members, overwrite)
    else:
        write_atomically(path, zip_bytes(members), overwrite)
    if WEIGHTS_NPZ in members:
        _say_once(f"{path} holds its weights as npz, which minikeras reads and Keras does not. For files that Keras "
                  "reads too: pip install 'minikeras[h5]'")


def _members(model, skip):
    """The parts of a model's archive: {name: bytes}."""
    metadata = {"keras_version": KERAS_VERSION, "date_saved": DATE, "written_by": _writer(),
                "randomness": randomness(model)}
    form, written = (WEIGHTS_NPZ, npz_bytes) if h5py_or_none() is None else (WEIGHTS_H5, h5_bytes)
    return {METADATA: _json(metadata), CONFIG: _json(sharing.with_numbers(registry.serialize_object, model)),
            form: written(state.collect(model, skip)), **state.assets(model)}


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """The model of a `.keras` file, or of a folder of the same parts, written by minikeras or by Keras.

    custom_objects   your classes and functions by the names that the file uses, where they are not registered
                     with @keras.saving.register_keras_serializable()
    compile          whether to compile it as it was, with the state of its optimizer
    safe_mode        only True: minikeras never runs code from a file, so there is nothing to allow
    Raises FileNotFoundError, or FileFormatError that names the file, the part, and what to do.
    """
    _check_safe(safe_mode, "load_model")
    path = Path(filepath)
    if path.is_dir():
        members = read_folder(path)
    elif path_ending(path, MODEL_ENDINGS, "load_model").name.endswith(legacy.SUFFIXES):
        return _load_legacy(path, custom_objects, compile)
    else:
        members = read_zip(read_file(path), str(path))
    config, metadata, weights = _parts(members, path)
    if not compile:
        config["compile_config"] = None
    where = f"{path}: {weights}"
    stored = read_weights(members[weights], weights, where)
    with weights_limited_to(UNSTORED + 2 * sum(array.size for array in stored.values())):
        model = _model_of(config, custom_objects, f"{path}: {CONFIG}")
    state.load_assets(model, members, path)
    given = metadata.get("randomness") if "written_by" in metadata else None
    restore = None if given is None else plan_randomness(model, given, f"{path}: {METADATA}")
    state.load(model, stored, where, whole=True)
    if restore is not None:
        restore()
    return model


def _load_legacy(path, custom_objects, compile):
    found = legacy.Legacy(read_file(path), str(path))
    if found.config is None:
        raise FileFormatError(f"{path}: this file has weights only. Make the model and use its load_weights.")
    size = sum(array.size for arrays in found.layers.values() for array in arrays)
    with weights_limited_to(UNSTORED + 2 * size):
        model = _model_of(found.config, custom_objects, f"{path}: model_config", legacy.modern)
    where = str(path)
    arrays, origin = found.for_model(model, where)
    state.load(model, arrays, where, origin=origin)
    if compile and found.training is not None:
        settings = dict(found.training)
        settings["optimizer"] = settings.pop("optimizer_config", None)
        try:
            with CustomObjectScope(custom_objects):
                model.compile_from_config(registry.deserialize(settings))
        except _UNFIT as error:
            raise FileFormatError(f"{where}: training_config: the model cannot be compiled from it: {error}. Load with "
                                  "compile=False and compile it anew.") from error
        arrays = {f"optimizer/{VARS}/{i}": array for i, array in enumerate(found.optimizer)}
        state.load(model, arrays, where, whole=True, origin={"optimizer": "optimizer_weights"})
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
    config, metadata = (json_object(members[name], f"{path}: {name}") for name in (CONFIG, METADATA))
    return config, metadata, found[0]


def _model_of(config, custom_objects, where, translate=lambda config: config):
    try:
        with sharing.reading():
            model = registry.deserialize(translate(config), "models", custom_objects)
    except _UNFIT as error:
        raise FileFormatError(f"{where}: the model cannot be made from it: {error}") from error
    if not hasattr(model, "save"):
        raise FileFormatError(f"{where}: it describes {type(model).__name__}, which is no model.")
    return model


def _writer():
    package = __name__.partition(".")[0]
    return f"{package} {sys.modules[package].__version__}"


def _say_once(text):
    if "npz" not in _said:
        _said.add("npz")
        _log.warning(text)
