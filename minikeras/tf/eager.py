"""How TensorFlow programs speak of graphs, devices and names. Here everything runs at once, in order, on the CPU, and
what is recorded by `function` keeps the order of what has effects."""

import builtins
import contextlib
import logging
import re
import sys

import numpy as np

from ..autograd import tree
from ..autograd.op import kept, primitive
from ..autograd.operands import as_tensor
from ..autograd.state import thread
from ..autograd.tensor import Operand
from ..ops.creation import cast
from ..ops.creation import is_tensor as _is_tensor

_SEVERAL = (builtins.list, builtins.tuple)
_scopes = []        # names of the blocks that the program is in


class name_scope:  # noqa: N801 (TensorFlow's name)
    """A block with a name, which changes nothing: names of layers and Variables are their own. Gives 'name/'."""

    def __init__(self, name):
        if not isinstance(name, str):
            raise TypeError(f"name_scope: the name must be a text, got {name!r}.")
        self.name = name

    def __enter__(self):
        _scopes.append(self.name.rstrip("/"))
        return "/".join(_scopes) + "/"

    def __exit__(self, *_):
        _scopes.pop()


@contextlib.contextmanager
def device(device_name):
    """A block that runs on a device: the CPU. Raises ValueError for others; None is whatever there is."""
    if device_name is not None and not re.fullmatch(r".*\bcpu(:[0*])?", str(device_name), re.IGNORECASE):
        raise ValueError(f"device: there is no {device_name!r} here, only '/CPU:0'. config.list_physical_devices "
                         "tells what there is.")
    yield


@contextlib.contextmanager
def init_scope():
    """A block that TensorFlow takes out of graphs. Nothing has to be taken out here."""
    yield


@contextlib.contextmanager
def control_dependencies(control_inputs):
    """A block that comes after `control_inputs`, as everything does that is written after them."""
    yield


def executing_eagerly():
    """True: ops run when they are called, also those that `function` records."""
    return True


def get_logger():
    """The logger of the package, Python's own."""
    return logging.getLogger("minikeras")


def group(*inputs, name=None):
    """None: its inputs have run already."""


def no_op(name=None):
    """None, and nothing done."""


def tuple(tensors, control_inputs=None, name=None):
    """The tensors as a list; they have run already."""
    return [x if x is None else as_tensor(x) for x in tensors]


def identity_n(input, name=None):
    """Each of a list of tensors as it is."""
    return [as_tensor(x) for x in input]


def is_symbolic_tensor(tensor):
    """Whether it is a tensor that has a shape, but no numbers."""
    return _is_tensor(tensor) and not hasattr(tensor, "_array")


# --- printing --------------------------------------------------------------------------------------------------------

class _Printer:
    """What is printed around the tensors, and where; called with their arrays."""

    def __init__(self, structure, stream, sep, end, summarize):
        self.parts = structure, stream, sep, end, summarize

    def __eq__(self, other):
        return isinstance(other, _Printer) and self.parts == other.parts

    def __hash__(self):
        return hash(self.parts[1:])

    def __call__(self, *arrays):
        structure, stream, sep, end, summarize = self.parts
        arrays = iter(arrays)
        texts = [str(tree.map_structure(lambda x: _Shown(_text(next(arrays), summarize)) if x is _TENSOR else x, item))
                 for item in structure]
        stream.write(sep.join(texts) + end)


class _Shown(str):
    """A text that a list shows without quotation marks."""

    __slots__ = ()
    __repr__ = str.__str__


_TENSOR = object()


def _text(array, summarize):
    if summarize < 0:
        summarize = array.size
    return np.array2string(array, separator=" ", threshold=2 * summarize, edgeitems=max(summarize, 1),
                           formatter={"float": lambda n: str(n).removesuffix(".0")})


@primitive(shape=lambda *xs, **_: (), policy=kept, result=bool)
def show(*xs, writer):
    """Nothing to speak of; `writer` is called with the arrays."""
    if thread.recorder is None:
        writer(*xs)
    else:       # a recorded run is undone, and the replay prints
        thread.recorder.later(lambda: writer(*xs))
    return np.zeros((), bool)


def print(*inputs, output_stream=None, summarize=3, sep=" ", end="\n", name=None):
    """Writes tensors, nests of them and other objects, whenever the step runs, compiled or not.

    output_stream   an open text file, or print (sys.stdout); sys.stderr by default, as in TensorFlow
    summarize       so many entries from the start and the end of each axis; -1 for all
    """
    stream = output_stream or sys.stderr
    if not hasattr(stream, "write"):
        stream = {"<print>": sys.stdout}.get(f"<{getattr(stream, '__name__', stream)}>")
        if stream is None:
            raise ValueError(f"print: output_stream must be an open file such as sys.stdout, got {output_stream!r}.")
    leaves = [x for item in inputs for x in tree.flatten(item) if isinstance(x, Operand)]
    structure = [tree.map_structure(lambda x: _TENSOR if isinstance(x, Operand) else x, item) for item in inputs]
    show(*leaves, writer=_Printer(structure, stream, sep, end, summarize))


# --- functions of arrays ---------------------------------------------------------------------------------------------

def numpy_function(func=None, inp=None, Tout=None, stateful=True, name=None):
    """func(*inp) on NumPy arrays, as tensors of the types `Tout` (one, or a list for several results).

    It has no derivative, and a step with it is not compiled. Raises TypeError if the number of results differs.
    """
    return _typed(func(*[np.array(as_tensor(x)) for x in inp]), Tout, "numpy_function")


def py_function(func=None, inp=None, Tout=None, name=None):
    """func(*inp) on tensors, as tensors of the types `Tout` (one, or a list for several results)."""
    return _typed(func(*map(as_tensor, inp)), Tout, "py_function")


def _typed(result, types, where):
    if not isinstance(types, _SEVERAL):
        return cast(result, types)
    results = result if isinstance(result, _SEVERAL) else [result]
    if len(results) != len(types):
        raise TypeError(f"{where}: the function gave {len(results)} results for {len(types)} types.")
    return [cast(x, dtype) for x, dtype in zip(results, types)]
