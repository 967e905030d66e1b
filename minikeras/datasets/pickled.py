"""Arrays and plain data in files that others wrote by Python's pickle, read without running anything.

A pickle is a program for a small stack machine; of its instructions those are followed here that make numbers, text,
lists, tuples, dicts and NumPy arrays, and any other is refused. The reader knows three names, and no way to import.
"""

import io
import math
import pickletools
import re

import numpy as np

from ..errors import FileFormatError

_DAMAGE = (ValueError, IndexError, KeyError, TypeError, OverflowError, AttributeError, UnicodeError, MemoryError)
_MAKERS = {("numpy", "dtype"): "dtype", ("numpy", "ndarray"): "class",
           ("numpy.core.multiarray", "_reconstruct"): "array", ("numpy._core.multiarray", "_reconstruct"): "array"}
_LARGEST_ITEM = 8       # bytes that an array takes for each byte of the data: a list of None becomes one of addresses
_ONE_BYTE, _TWO_BYTES, _FOUR_BYTES = b"KMJ"         # the short integers


def read_pickled(data, where):
    """What a pickle, given as bytes, holds; texts of Python 2 are bytes.

    where   how errors name the file
    Raises FileFormatError for one that is damaged, or holds anything but plain data and arrays of numbers or of such.
    """
    try:
        return _Machine(data).run()
    except FileFormatError as error:
        raise FileFormatError(f"{where}: {error} It is not read: only plain data and arrays are.") from None
    except _DAMAGE as error:
        raise FileFormatError(f"{where}: its pickled data are damaged ({error}). Delete the file, so that it is "
                              "fetched again.") from error


class _Maker:
    """One of the three names, on the stack."""

    def __init__(self, name):
        self.name = name


class _Made:
    """A dtype or an array whose contents are still to come, and where it is remembered meanwhile."""

    def __init__(self, kind, dtype=None):
        self.kind, self.dtype, self.keys = kind, dtype, []


class _Machine:
    """Follows the instructions in `data`."""

    def __init__(self, data):
        self.data, self.file = data, io.BytesIO(data)
        self.stack, self.marks, self.memo, self.unfinished = [], [], {}, 0
        self.room = _LARGEST_ITEM * len(data)       # bytes that arrays may take

    def run(self):
        while True:
            code = pickletools.code2op.get(self.file.read(1).decode("latin-1"))
            name = code.name if code else "?"
            if name == "STOP":
                if self.unfinished or len(self.stack) != 1:
                    raise ValueError("they end too early")
                return self.stack.pop()
            argument = code.arg.reader(self.file) if code and code.arg else None
            if name in _CONSTANTS:
                self.stack.append(_CONSTANTS[name]())
            elif name in _STRINGS:
                self.stack.append(argument.encode("latin-1"))
            elif name in _VALUES:
                self.stack.append(argument)
            elif name in _ACTIONS:
                _ACTIONS[name](self, argument)
            else:
                raise FileFormatError(f"the pickled data hold the instruction {name}.")

    def mark(self, _):
        """Note the place, and take the short integers that follow at once: word lists have millions of them."""
        self.marks.append(len(self.stack))
        data, i, push = self.data, self.file.tell(), self.stack.append
        while True:
            code = data[i]
            if code == _ONE_BYTE:
                push(data[i + 1])
                i += 2
            elif code == _TWO_BYTES:
                push(data[i + 1] | data[i + 2] << 8)
                i += 3
            elif code == _FOUR_BYTES:
                push(int.from_bytes(data[i + 1:i + 5], "little", signed=True))
                i += 5
            else:
                self.file.seek(i)
                return

    def since_mark(self):
        """Take everything above the last mark."""
        at = self.marks.pop()
        taken = self.stack[at:]
        del self.stack[at:]
        return taken

    def put(self, key):
        self.memo[len(self.memo) if key is None else key] = self.stack[-1]
        if isinstance(self.stack[-1], _Made):
            self.stack[-1].keys.append(len(self.memo) - 1 if key is None else key)

    def get(self, key):
        self.stack.append(self.memo[key])

    def take(self, count):
        """The uppermost items, in order."""
        if len(self.stack) < count:
            raise ValueError("the stack is empty")
        taken = self.stack[-count:]
        del self.stack[-count:]
        return taken

    def extend(self, items):
        target = self.stack[-1]
        if type(target) is not list:
            raise ValueError("items for what is no list")
        target.extend(items)

    def set_items(self, items):
        target = self.stack[-1]
        if type(target) is not dict:
            raise ValueError("items for what is no dict")
        target.update(_dict(items))

    def name(self, module, name):
        if (module, name) not in _MAKERS:
            raise FileFormatError(f"the pickled data name {module}.{name}.")
        self.stack.append(_Maker(_MAKERS[module, name]))

    def make(self, _):
        maker, arguments = self.take(2)
        if not isinstance(maker, _Maker) or maker.name == "class":
            raise ValueError("a call of what is no function")
        if maker.name == "array":
            made = _Made("array")
        else:
            made = _Made("dtype", _text(arguments[0]))
            if not re.fullmatch("[biufcO][0-9]{1,2}", made.dtype):
                raise FileFormatError(f"the pickled data hold an array of {made.dtype!r}.")
        self.unfinished += 1
        self.stack.append(made)

    def build(self, _):
        made, state = self.take(2)
        if not isinstance(made, _Made):
            raise ValueError("a state for what has none")
        value = _dtype(made.dtype, state) if made.kind == "dtype" else self.array(*state[1:])
        self.unfinished -= 1
        self.stack.append(value)
        self.memo.update(dict.fromkeys(made.keys, value))

    def array(self, shape, dtype, in_columns, content):
        """An array of contents that are part of the data; what is there once cannot be made many times."""
        made = _array(shape, dtype, in_columns, content)
        self.room -= made.nbytes
        if self.room < 0:
            raise ValueError("the same contents are used again and again")
        return made


def _dict(items):
    return dict(zip(items[::2], items[1::2]))


def _text(value):
    return value.decode("ascii") if isinstance(value, bytes) else value


def _dtype(name, state):
    order = _text(state[1])
    if order not in ("<", ">", "=", "|"):
        raise ValueError(f"{order!r} is no order of bytes")
    return np.dtype(object if name[0] == "O" else name if order == "|" else order + name)


def _array(shape, dtype, in_columns, content):
    if not isinstance(dtype, np.dtype) or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError("an array without a shape and dtype")
    size = math.prod(shape)
    if dtype.kind == "O":
        if type(content) is not list or len(content) != size:
            raise ValueError(f"an array of shape {shape} without as many items")
        flat = np.empty(size, object)
        for i, item in enumerate(content):      # one by one: NumPy would make an array of lists of one length
            flat[i] = item
    else:
        if type(content) is not bytes or len(content) != size * dtype.itemsize:
            raise ValueError(f"an array of shape {shape} and dtype {dtype} without as many bytes")
        flat = np.frombuffer(content, dtype).copy()
    return flat.reshape(shape, order="F" if in_columns else "C")


_CONSTANTS = {"NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False, "EMPTY_LIST": list,
              "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple}
_STRINGS = ("STRING", "BINSTRING", "SHORT_BINSTRING")
_VALUES = ("INT", "LONG", "BININT", "BININT1", "BININT2", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "UNICODE",
           "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8")
_ACTIONS = {
    "PROTO": lambda self, _: None, "FRAME": lambda self, _: None, "MARK": _Machine.mark,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.get),
    "LIST": lambda self, _: self.stack.append(self.since_mark()),
    "DICT": lambda self, _: self.stack.append(_dict(self.since_mark())),
    "APPEND": lambda self, _: self.extend(self.take(1)), "APPENDS": lambda self, _: self.extend(self.since_mark()),
    "SETITEM": lambda self, _: self.set_items(self.take(2)),
    "SETITEMS": lambda self, _: self.set_items(self.since_mark()),
    "TUPLE": lambda self, _: self.stack.append(tuple(self.since_mark())),
    **{f"TUPLE{n}": lambda self, _, n=n: self.stack.append(tuple(self.take(n))) for n in (1, 2, 3)},
    "GLOBAL": lambda self, names: self.name(*names.split(" ", 1)),
    "STACK_GLOBAL": lambda self, _: self.name(*self.take(2)), "REDUCE": _Machine.make, "BUILD": _Machine.build,
}
