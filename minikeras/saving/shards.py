"""Weights in several HDF5 files, as Keras writes them: `x.weights.json` says which of them has what."""

import json

from ..arguments import number
from ..errors import FileFormatError
from .arrays import Stored, h5_bytes, json_object, read_h5
from .atomic import write_atomically

_GIGABYTE = 2**30


def write_shards(stored, path, max_shard_size, overwrite=True):
    """Write arrays to files of at most `max_shard_size` gigabytes beside `path`, and last the list of them to `path`.

    Raises ValueError if one array is larger than that.
    """
    room = number("save_weights: max_shard_size", max_shard_size, 0) * _GIGABYTE
    shards, used = [Stored()], 0
    for key, array in stored.items():
        if array.nbytes > room:
            raise ValueError(f"save_weights: {key} has {array.nbytes} bytes, more than max_shard_size={max_shard_size} "
                             "gigabytes. Allow more.")
        if used + array.nbytes > room:
            shards.append(Stored())
            used = 0
        shards[-1][key] = array
        used += array.nbytes
    groups = {}
    for i, shard in enumerate(shards):
        name = f"{path.name.removesuffix('.weights.json')}_{i:05}.weights.h5"
        held = dict.fromkeys(key.rpartition("/")[0] for key in shard)
        shard.names = {group: stored.names[group] for group in held if group in stored.names}
        write_atomically(path.with_name(name), h5_bytes(shard), overwrite)
        for group in held:
            groups.setdefault(f"/{group}", []).append(name)
    listed = {"metadata": {"total_size": sum(array.nbytes for array in stored.values())}, "weight_map": groups}
    write_atomically(path, json.dumps(listed, indent=4).encode(), overwrite)


def read_shards(data, path, where):
    """The arrays of all files that a list, given as bytes, names; these lie beside `path`."""
    groups = json_object(data, where).get("weight_map")
    if not isinstance(groups, dict):
        raise FileFormatError(f"{where}: it has no weight_map that says which file has which weights.")
    names = dict.fromkeys(name for given in groups.values() for name in (given if isinstance(given, list) else [given]))
    stored = Stored()
    for name in names:
        if not isinstance(name, str) or not name.endswith(".weights.h5") or {"/", "\\", "\0"} & set(name):
            raise FileFormatError(f"{where}: it names {name!r}, which is no .weights.h5 file beside it.")
        file = path.with_name(name)
        if not file.is_file():
            raise FileFormatError(f"{where}: the file {name}, which has a part of the weights, is not beside it.")
        part = read_h5(file.read_bytes(), str(file))
        if stored.keys() & part.keys():
            raise FileFormatError(f"{where}: {next(iter(stored.keys() & part.keys()))} is in two files.")
        stored.update(part)
        stored.names.update(part.names)
    return stored
