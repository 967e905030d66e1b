"""Files of weights: `.weights.h5` in Keras' layout, in one piece or in several, `.weights.npz` and `.safetensors`."""

import os
import warnings
from pathlib import Path

from ..errors import FileFormatError, FileMissingError, ShapeError
from . import state
from .archive import read_zip
from .arrays import Stored, h5_bytes, h5py_needed, npz_bytes, read_h5, read_npz
from .atomic import write_atomically
from .legacy import SUFFIXES, Legacy
from .paths import VARS, objects_by_path
from .safetensors import read_safetensors, safetensors_bytes
from .shards import read_shards, write_shards

H5, NPZ, SAFETENSORS, SHARDED = ".weights.h5", ".weights.npz", ".safetensors", ".weights.json"
WEIGHTS_H5, WEIGHTS_NPZ = "model.weights.h5", "model.weights.npz"       # in a model's archive
_WRITERS = {H5: h5_bytes, NPZ: npz_bytes, SAFETENSORS: safetensors_bytes}
_READERS = {H5: read_h5, NPZ: read_npz, SAFETENSORS: read_safetensors}
WEIGHTS_ENDINGS = tuple(_WRITERS)       # of the files that `save_weights` writes


def save_weights(model, filepath, overwrite=True, max_shard_size=None, objects_to_skip=None):
    """Write the weights of a model and, if it is compiled, the state of its optimizer.

    filepath          ends in .weights.h5 (what Keras reads), .weights.npz or .safetensors
    max_shard_size    in gigabytes: write several .weights.h5 files, and which weights are in which to a file whose
                      name ends in .weights.json
    objects_to_skip   layers to leave out
    Raises ShapeError for a model that is not built, FileExistsError if there is a file and `overwrite` is false.
    """
    path = path_ending(filepath, WEIGHTS_ENDINGS if max_shard_size is None else (SHARDED,), "save_weights")
    check_built(model, "save_weights")
    kind = next((suffix for suffix in _WRITERS if path.name.endswith(suffix)), SHARDED)
    if kind in (H5, SHARDED):
        h5py_needed(path)
    stored = state.collect(model, objects_to_skip or ())
    if kind == SHARDED:
        write_shards(stored, path, max_shard_size, overwrite)
    else:
        write_atomically(path, _WRITERS[kind](stored), overwrite)


def load_weights(model, filepath, skip_mismatch=False, *, by_name=False, objects_to_skip=None):
    """Assign the weights of a file that `save_weights` wrote, here or in Keras, or of a `.keras` file.

    skip_mismatch     warn of layers that do not fit, and load the others; by default all are loaded, or none
    by_name           go by the names of the model's layers instead of their places, and leave alone what only the
                      file or only the model has: for a part of another model
    objects_to_skip   layers to leave as they are
    Raises FileFormatError that lists each path at which file and model differ.
    """
    path = path_ending(filepath, (*_READERS, SHARDED, ".keras", *SUFFIXES), "load_weights")
    check_built(model, "load_weights")
    origin = None
    if path.name.endswith(SUFFIXES) and not path.name.endswith(H5):
        where = str(path)
        stored, origin = Legacy(read_file(path), where).for_model(model, where, by_name)
    else:
        where, stored = stored_weights(path)
    if by_name and origin is None:
        stored, origin = _by_name(model, stored, where)
    state.load(model, stored, where, skip=objects_to_skip or (), skip_mismatch=skip_mismatch, origin=origin)


def check_built(model, function):
    """Raises ShapeError for a model without weights."""
    if not model.built:
        raise ShapeError(f"{model.name}.{function}: the model has no weights yet; build it first, by calling it on "
                         "data or starting it with Input(shape).")


def stored_weights(path):
    """(how errors name the place, arrays) of a file of weights or of a model."""
    data, name, where = read_file(path), path.name, str(path)
    if name.endswith(SHARDED):
        return where, read_shards(data, path, where)
    if name.endswith(".keras"):
        members = read_zip(data, where)
        name = next((member for member in (WEIGHTS_H5, WEIGHTS_NPZ) if member in members), None)
        if name is None:
            raise FileFormatError(f"{where}: the archive lacks {WEIGHTS_H5}; it has {', '.join(members) or 'nothing'}. "
                                  "This is no Keras model file, or not a whole one.")
        data, where = members[name], f"{where}: {name}"
    return where, read_weights(data, name, where)


def read_weights(data, name, where):
    """The arrays of a file of weights, given as bytes with the name it has."""
    return next(read for suffix, read in _READERS.items() if name.endswith(suffix))(data, where)


def path_ending(filepath, extensions, function):
    """`filepath` as a Path. Raises ValueError if it ends in none of the extensions."""
    path = Path(filepath)
    if not path.name.endswith(extensions):
        raise ValueError(f"{function}: the file name must end in {' or '.join(extensions)}, got {str(filepath)!r}.")
    return path


def read_file(path):
    """The bytes of a file. Raises FileMissingError or IsADirectoryError that say so."""
    if not path.exists():
        raise FileMissingError(f"{path}: there is no such file. Check the path; the current folder is {os.getcwd()}.")
    if path.is_dir():
        raise IsADirectoryError(f"{path}: this is a folder, and a file was expected.")
    return path.read_bytes()


def _by_name(model, stored, where):
    """The arrays of the layers that both have, under the model's paths, and those in the file by path in the model."""
    if not stored.names:
        raise FileFormatError(f"{where}: it does not hold the names of the layers, so it can be loaded by their places "
                              "only: leave out by_name.")
    folders = {group.removesuffix(f"/{VARS}") if group != VARS else "": name for group, name in stored.names.items()}
    outermost = {name: path for path, name in folders.items()
                 if path and not any(path.startswith(f"{other}/") for other in folders if other)}
    direct = {id(layer) for layer in model.layers}
    found, origin = Stored(), {}
    objects = objects_by_path(model)
    for path, layer in objects:
        if id(layer) not in direct or layer.name not in outermost:
            continue
        there = outermost[layer.name]
        found.update({path + key.removeprefix(there): array for key, array in stored.items()
                      if key.startswith(f"{there}/")})
        origin.update({inside: there + inside.removeprefix(path) for inside, _ in objects
                       if inside == path or inside.startswith(f"{path}/")})
    if not origin:
        warnings.warn(f"{where}: none of its layers ({', '.join(outermost) or 'it has none'}) has the name of one in "
                      f"the model {model.name!r} ({', '.join(layer.name for layer in model.layers)}): nothing is "
                      "loaded.", stacklevel=4)
    return found, origin
