"""Nested plain data and NumPy arrays as one file, with a checksum of all of it.

The file is a zip archive: state.json, and each array as npy under its path, so that `np.load` shows them, too. The
comment at its end is the SHA-256 of every byte before.
"""

import hashlib
import json
from urllib.parse import quote

import numpy as np

from ..errors import FileFormatError
from .archive import read_zip, zip_bytes
from .arrays import npy_array, npy_bytes

STATE = "state.json"
_COMMENT = b"sha256:"
_COMMENT_SIZE = len(_COMMENT) + 64
_LENGTH_SIZE = 2                        # of the comment, the last field before it
_PLAIN = (bool, int, float, str, type(None))


def packed(state):
    """`state` as the bytes of a file: None, numbers, text, bytes and arrays in dicts, lists and tuples of any depth.

    Raises TypeError for anything else, naming its place.
    """
    arrays = {}
    members = {STATE: json.dumps(_encoded(state, (), arrays)).encode()}
    data = zip_bytes(members | {f"{path}.npy": npy_bytes(array) for path, array in arrays.items()})
    data = data[:-_LENGTH_SIZE] + _COMMENT_SIZE.to_bytes(_LENGTH_SIZE, "little")
    return data + _COMMENT + hashlib.sha256(data).hexdigest().encode()


def unpacked(data, where):
    """What `packed` was given.

    where   how errors name the file
    Raises FileFormatError where the checksum does not fit, and for what is not in the form that `packed` writes. No
    file makes it allocate much more than the file holds.
    """
    body, comment = data[:-_COMMENT_SIZE], data[-_COMMENT_SIZE:]
    if not comment.startswith(_COMMENT):
        raise FileFormatError(f"{where}: it does not end in a checksum. It was cut short, or is no checkpoint.")
    if comment != _COMMENT + hashlib.sha256(body).hexdigest().encode():
        raise FileFormatError(f"{where}: its checksum does not fit. The file is damaged; use another checkpoint.")
    members = read_zip(data, where)
    try:
        tree = json.loads(members.pop(STATE).decode())
        state = _decoded(tree, members, where)
    except (KeyError, ValueError, TypeError, RecursionError, AttributeError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{where}: its {STATE} cannot be read ({error!r}). It is no checkpoint.") from None
    if members:
        raise FileFormatError(f"{where}: it holds {', '.join(sorted(members)[:3])}, to which nothing refers.")
    return state


# What JSON has no form for is {_KIND: its kind, _VALUE: ...}. A dict whose keys could be taken for that is written as
# a list of pairs.
_KIND, _VALUE = "__kind__", "value"


def _encoded(value, keys, arrays):
    if type(value) in _PLAIN:
        return value
    if isinstance(value, dict):
        if all(type(key) is str for key in value) and _KIND not in value:
            return {key: _encoded(item, (*keys, key), arrays) for key, item in value.items()}
        return {_KIND: "dict", _VALUE: _encoded(list(value.items()), keys, arrays)}
    if isinstance(value, (list, tuple)):
        items = [_encoded(item, (*keys, i), arrays) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {_KIND: "tuple", _VALUE: items}
    kind, array = next(((kind, as_array(value)) for kind, cls, as_array, _ in _FORMS if isinstance(value, cls)),
                       (None, None))
    if kind is None or array.dtype.kind not in "biufc":
        place = "/".join(map(str, keys)) or "the top"
        raise TypeError(f"a checkpoint holds None, numbers, text, bytes and arrays of numbers, in dicts, lists and "
                        f"tuples; at {place} there is {type(value).__name__} {value!r}.")
    path = _path(keys) or "value"
    while path in arrays:       # a key with a slash in it can look like a path
        path += "%"
    arrays[path] = array
    return {_KIND: kind, _VALUE: path}


# (kind, class, to an array, from an array)
_FORMS = (
    ("array", np.ndarray, np.asarray, lambda array: array),
    ("number", np.generic, np.asarray, lambda array: array[()]),
    ("bytes", bytes, lambda value: np.frombuffer(value, np.uint8), lambda array: array.tobytes()),
)


def _path(keys):
    # A slash in a key is kept, so that the names of a checkpoint's arrays can be read.
    return "/".join([quote(part, safe=" ").replace(".", "%2E") or "%" for key in keys for part in str(key).split("/")])


def _decoded(tree, members, where):
    if isinstance(tree, list):
        return [_decoded(item, members, where) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if _KIND not in tree:
        return {key: _decoded(item, members, where) for key, item in tree.items()}
    kind, value = tree[_KIND], tree[_VALUE]
    if kind in ("dict", "tuple"):
        return {"dict": dict, "tuple": tuple}[kind](_decoded(value, members, where))
    restored = {name: from_array for name, _, _, from_array in _FORMS}[kind]
    return restored(npy_array(members.pop(f"{value}.npy"), f"{where}: {value}"))
