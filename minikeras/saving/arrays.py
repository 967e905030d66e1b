"""Named arrays as bytes and back, in the two forms of weights files: HDF5 and NumPy's npz.

A name is a path like 'layers/dense/vars/0'. Both readers give an array only where as many bytes are
stored as its declared shape and dtype need, so no file makes them allocate more than it holds.
"""

import importlib
import io
import json
import math
from tokenize import TokenError

import numpy as np

from ..errors import FileFormatError
from .archive import ALWAYS_ALLOWED, MAX_EXPANSION, read_zip, zip_bytes

_MAX_DEPTH, _MAX_OBJECTS, _MAX_NAME = 64, 100_000, 1000
_DAMAGE = (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError, MemoryError, AttributeError)
_FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32"}    # others would load plug-ins from the machine


def h5py_or_none():
    """The h5py module, or None where the `h5` extra is not installed."""
    try:
        return importlib.import_module("h5py")
    except ImportError:
        return None


class Stored(dict):
    """Arrays by path, as a file holds them. `names` has the name of the object that a group of them belongs to."""

    def __init__(self, arrays=(), names=()):
        super().__init__(arrays)
        self.names = dict(names)


def checked_names(names, where):
    """`names` if they are {group: name}. Raises FileFormatError."""
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise FileFormatError(f"{where}: the names of the layers are no mapping of text to text. The file is damaged.")
    return names


def json_object(data, where):
    """The dict that JSON text, given as bytes, stands for. Raises FileFormatError; also where a key is given twice."""
    try:
        value = json.loads(data.decode(), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{where} is not valid JSON ({error}). The file is damaged; restore it from a "
                              "copy.") from None
    if not isinstance(value, dict):
        raise FileFormatError(f"{where} must be a JSON object, got {type(value).__name__}.")
    return value


def _without_repeats(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key is given twice")
    return result


# --- npz -------------------------------------------------------------------------------------


NAMES = "names.json"        # beside the arrays of an npz file


def npz_bytes(stored):
    """An npz file of arrays, with the names of the layers as JSON beside them."""
    arrays = {f"{path}.npy": npy_bytes(array) for path, array in stored.items()}
    return zip_bytes({NAMES: json.dumps(stored.names).encode(), **arrays})


def npy_bytes(array):
    """An npy file of an array."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def read_npz(data, where):
    """The arrays of an npz file given as bytes. Raises FileFormatError for anything else in it."""
    arrays = Stored()
    for name, content in read_zip(data, where).items():
        if name == NAMES:
            arrays.names = checked_names(json_object(content, f"{where}: {NAMES}"), where)
            continue
        if not name.endswith(".npy"):
            raise FileFormatError(f"{where}: it holds {name!r}, where only arrays (.npy) are expected.")
        arrays[name[:-4]] = npy_array(content, f"{where}: {name[:-4]}")
    return arrays


def npy_array(content, where):
    """The array of an npy file given as bytes. Raises FileFormatError for anything but plain numbers."""
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, in_columns, dtype = read(file)
    except (ValueError, KeyError, TypeError, SyntaxError, TokenError, RecursionError, MemoryError, EOFError) as error:
        raise FileFormatError(f"{where}: it has no readable array header ({error}). The file is damaged.") from None
    _check_kind(dtype, where)
    stored = len(content) - file.tell()
    if any(n < 0 for n in shape) or math.prod(shape) * dtype.itemsize != stored:
        raise FileFormatError(f"{where}: an array of shape {shape} and dtype {dtype} is declared, but {stored} bytes "
                              "are stored. The file is damaged.")
    flat = np.frombuffer(content, dtype, offset=file.tell())
    return _native(flat.reshape(shape, order="F" if in_columns else "C"))


def _check_kind(dtype, where):
    if dtype.hasobject or dtype.kind not in "biufc":
        raise FileFormatError(f"{where}: the array has dtype {dtype}, and weights are plain numbers. Objects and "
                              "records are not read.")


def _native(array):
    return np.array(array, dtype=array.dtype.newbyteorder("="), order="C")


# --- HDF5 ------------------------------------------------------------------------------------


def h5py_needed(where):
    """The h5py module. Raises ImportError that says how to install it, and what else there is."""
    h5py = h5py_or_none()
    if h5py is None:
        raise ImportError(f"{where}: HDF5 files need h5py. Install it with: pip install 'minikeras[h5]'; or save "
                          "models to .keras, and weights to .weights.npz or .safetensors.")
    return h5py


def h5_bytes(stored):
    """An HDF5 file in Keras' layout, where each group of arrays ('layers/dense/vars') has its layer's name."""
    h5py = h5py_or_none()
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for group, name in stored.names.items():
            file.create_group(group, track_order=False).attrs["name"] = name
        for path, array in stored.items():
            file.create_dataset(path, data=np.asarray(array, order="C"), track_times=False)
    return buffer.getvalue()


def read_h5(data, where):
    """The arrays of an HDF5 file given as bytes. Raises FileFormatError for links, external or virtual data."""
    h5py = h5py_needed(where)
    arrays = Stored()
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            _read_group(h5py, file, "", arrays, set(), where)
    except FileFormatError:
        raise
    except _DAMAGE as error:
        raise FileFormatError(f"{where}: this is no whole HDF5 file ({str(error)[:200]}). It was cut short, damaged or "
                              "is of another format; save it again, or restore it from a copy.") from None
    return arrays


def _read_group(h5py, group, prefix, arrays, seen, where):
    for name in group:
        path = f"{prefix}{name}"
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise FileFormatError(f"{where}: {path} is a link. A model file holds its own data; links are not "
                                  "followed.")
        item = group[name]
        address = h5py.h5o.get_info(item.id).addr
        if address in seen or len(seen) > _MAX_OBJECTS or path.count("/") > _MAX_DEPTH:
            raise FileFormatError(f"{where}: {path} refers to what was read already, or lies too deep. The file is "
                                  "damaged or meant to harm; do not use it.")
        seen.add(address)
        if isinstance(item, h5py.Group):
            _read_name(item, path, arrays.names, where)
            _read_group(h5py, item, f"{path}/", arrays, seen, where)
        elif isinstance(item, h5py.Dataset):
            arrays[path] = _dataset(h5py, item, f"{where}: {path}")
        else:
            raise FileFormatError(f"{where}: {path} is neither a group nor an array. Weights files hold nothing else.")


def _read_name(group, path, names, where):
    if "name" in group.attrs and group.attrs.get_id("name").get_space().get_simple_extent_npoints() == 1:
        name = group.attrs["name"]
        names[path] = name = name.decode() if isinstance(name, bytes) else str(name)
        if len(name) > _MAX_NAME:       # one long text could be the name of every group
            raise FileFormatError(f"{where}: {path} has a name of {len(name)} letters, more than {_MAX_NAME}. It is "
                                  "damaged or meant to fill the memory; do not use this file.")


def _dataset(h5py, dataset, where):
    if dataset.external or dataset.is_virtual:
        raise FileFormatError(f"{where}: its data lie in another file. A model file holds its own data; others are not "
                              "read.")
    if dataset.shape is None:
        raise FileFormatError(f"{where}: there is no array in it.")
    _check_kind(dataset.dtype, where)
    plan = dataset.id.get_create_plist()
    filters = [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]
    if any(number not in _FILTERS for number in filters):
        raise FileFormatError(f"{where}: it is packed by a filter other than {', '.join(_FILTERS.values())}.")
    declared = math.prod(dataset.shape) * dataset.dtype.itemsize
    stored = dataset.id.get_storage_size()
    packed = plan.get_layout() == h5py.h5d.CHUNKED
    if declared > max(MAX_EXPANSION * stored, ALWAYS_ALLOWED) if packed else declared != stored:
        raise FileFormatError(f"{where}: an array of shape {dataset.shape} and dtype {dataset.dtype} is declared, but "
                              f"{stored} bytes are stored. The file is damaged or meant to fill the memory.")
    return _native(dataset[()])
