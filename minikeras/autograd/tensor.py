"""Tensor: an array that is a value and may remember how it was made. SymbolicTensor: only a shape."""

import operator
import types

import numpy as np

from ..errors import DTypeError, ShapeError, SymbolicError
from . import state
from .dims import Dimension, TensorShape, known_shapes, make_dims, public_shape
from .dtypes import DTYPES, as_dtype, python_dtype
from .state import KEPT, NEVER, thread, tick

ndarray = np.ndarray
core = types.SimpleNamespace()      # linear ops that are needed before they can be declared


class Node:
    """The record of one op, or of a source (then `op` is None). It hangs on the op's output.

    serial   when it was made: a node is younger than everything it was computed from
    stamp    as `serial`, but raised by `watch`: ops record it while it is not below the floor. KEPT is inherited.
    parents  node of each input, None where nothing asks for that input's gradient
    inputs   array (or Python number) of each input;  output: the resulting array or tuple of arrays
    A node never refers to a Tensor: Tensors refer to nodes, so there are no cycles to collect.
    """

    __slots__ = ("__weakref__", "attrs", "inputs", "op", "output", "parents", "serial", "stamp")

    def __init__(self, op, parents, inputs, attrs, output):
        self.serial = self.stamp = tick()
        self.op = op
        self.parents = parents
        self.inputs = inputs
        self.attrs = attrs
        self.output = output
        if state.kept:
            for parent in parents:
                if parent is not None and parent.stamp == KEPT:
                    self.stamp = KEPT
                    break


def source_node():
    """A node that nothing was computed into. Nothing records it until it is watched."""
    node = Node(None, (), (), None, None)
    node.stamp = -NEVER
    return node


class Reference:
    """A hashable stand-in for a tensor, equal only to references to the same object."""

    __slots__ = ("_tensor",)

    def __init__(self, tensor):
        self._tensor = tensor

    def deref(self):
        """The tensor referred to."""
        return self._tensor

    def __eq__(self, other):
        return isinstance(other, Reference) and self._tensor is other._tensor

    def __hash__(self):
        return id(self._tensor)


class Operand:
    """What Tensor, Variable and SymbolicTensor share. `ops.operators` attaches the operators here."""

    __slots__ = ()

    def ref(self):
        """A hashable reference, for use as a dict key; `.deref()` gives the tensor back."""
        return Reference(self)

    def get_shape(self):
        """The shape, as TensorFlow also spells it."""
        return TensorShape(self.shape)

    def set_shape(self, shape):
        """Checks that the shape is this one as far as both are known. Raises ShapeError.

        TensorFlow lets a function that lost it state it again; here it is never lost.
        """
        own = self.shape
        if len(own) != len(shape) or any(None not in (m, n) and m != n for m, n in zip(own, shape)):
            raise ShapeError(f"set_shape: a tensor of shape {own} has not the shape {tuple(shape)}.")

    @property
    def ndim(self):
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self):
        """Number of elements, None if a dimension is unknown."""
        total = 1
        for dim in self.shape:
            if dim is None:
                return None
            total *= dim
        return total

    def __len__(self):
        if not self.shape:
            raise TypeError("a scalar tensor has no len(); its shape is ().")
        if self.shape[0] is None:
            raise SymbolicError("len() of a tensor whose first dimension is not known; use ops.shape(x)[0].")
        return self.shape[0]

    def __iter__(self):
        if not self.shape:
            raise TypeError("cannot iterate over a scalar tensor; its shape is ().")
        return (self[i] for i in range(len(self)))

    def __hash__(self):
        raise TypeError(f"{type(self).__name__} is unhashable because == compares element by element. "
                        "Use x.ref() as the key instead, or id(x).")

    def __setitem__(self, index, value):
        raise TypeError(f"{type(self).__name__} is a value and does not support item assignment. Build a new one, "
                        "for example ops.where(mask, value, x), or change a copy, x.numpy(), and convert that back.")

    def __delitem__(self, index):
        raise TypeError(f"{type(self).__name__} is a value and does not support item deletion. Select what stays, for "
                        "example x[1:].")


class Interpreted(Operand):
    """An operand that says itself what an op makes of it, by `interpret(op, inputs, attrs)`.

    Where several meet, the one of the highest `level` speaks.
    """

    __slots__ = ()
    level = 0


class Numberless(Operand):
    """An operand that has a shape but no numbers; `_instead` says why and what to do without them."""

    __slots__ = ()

    def _no_value(self, *_, **__):
        raise SymbolicError(f"{self!r} {self._instead}")

    numpy = item = tolist = __array__ = __bool__ = __float__ = __int__ = __complex__ = __index__ = _no_value


class ArrayOperand(Operand):
    """An operand that has numbers in `_array`."""

    __slots__ = ()

    @property
    def shape(self):
        """Extents of the axes, a tuple of int."""
        return known_shapes[self._array.shape]

    @property
    def dtype(self):
        """The element type."""
        return DTYPES.get(self._array.dtype) or as_dtype(self._array.dtype)

    @property
    def ndim(self):
        """Number of axes."""
        return self._array.ndim

    @property
    def size(self):
        """Number of elements."""
        return self._array.size

    def _leave(self, how):
        """The numbers, which take no record along; tapes note where."""
        if thread.watchers and self._node is not None:
            thread.lose(self._node, how)
        return self._shown(how)

    def _shown(self, how):
        """The numbers, for somebody to look at."""
        if thread.recorder is not None:
            thread.recorder.leaving(self, how)
        return self._array

    def numpy(self):
        """A writable NumPy copy; a NumPy scalar if the shape is ()."""
        array = self._leave(".numpy()")
        return array.copy() if array.ndim else array[()]

    def __array__(self, dtype=None, copy=None):
        array = self._leave("np.asarray()")
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"a {array.dtype} tensor cannot become {np.dtype(dtype)} without a copy.")
            return array.astype(dtype)
        if copy:
            return array.copy()
        view = array.view()
        view.flags.writeable = False
        return view

    def item(self):
        """The only element as a Python number. Raises ValueError if there are more."""
        return self._leave(".item()").item()

    def tolist(self):
        """The elements as nested Python lists."""
        return self._leave(".tolist()").tolist()

    def __bool__(self):
        return bool(self._leave("bool()"))

    def __float__(self):
        array = self._leave("float()")
        return float(array.item() if array.size == 1 else array)

    def __int__(self):
        array = self._leave("int()")
        return int(array.item() if array.size == 1 else array)

    def __complex__(self):
        return complex(self._leave("complex()").item())

    def __index__(self):
        return self._leave("int()").__index__()

    def __format__(self, spec):
        return format(self._shown("format()")[()], spec) if not self._array.ndim else format(str(self), spec)


def array_text(array):
    """The array as reprs show it: a bare number if it is a scalar."""
    return repr(array) if array.ndim else str(array[()])


class Tensor(ArrayOperand):
    """A NumPy array as an immutable value, with the record of the op that made it, if any.

    Made by `constant`, `convert_to_tensor` and every op. `==` compares element by element. Layers may hang a mask
    on it, `_keras_mask`: it tells the layers after them which elements count.
    """

    __slots__ = ("__weakref__", "_array", "_keras_mask", "_node")

    def __init__(self, array, node=None):
        self._array = array
        self._node = node

    def __repr__(self):
        return f"<Tensor: shape={self.shape}, dtype={self.dtype.name}, numpy={array_text(self._shown('repr()'))}>"

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self     # a value; copying its record would recurse through the whole graph

    def __reduce__(self):       # for Python's pickle, without the record
        return Tensor, (self._array,)


class SymbolicTensor(Numberless):
    """A tensor of known dtype and shape, without numbers. Its shape shows None where it is not known."""

    __slots__ = ("__weakref__", "_dims", "_dtype", "_history", "_keras_mask", "name")

    def __init__(self, shape, dtype="float32", name=None):
        self._dims = make_dims(shape)
        self._dtype = as_dtype(dtype)
        self._history = None    # (the Call that made it, which of its outputs it is), see `history`
        self.name = name

    @property
    def shape(self):
        """Extents of the axes; None where not known."""
        return public_shape(self._dims)

    @property
    def dtype(self):
        """The element type."""
        return self._dtype

    _instead = ("has a shape but no numbers: it stands for data that comes later. Compute with ops (ops.where instead "
                "of if, ops.shape(x)[0] instead of int), or call the model on real data.")

    def __repr__(self):
        name = f", name={self.name}" if self.name else ""
        return f"<SymbolicTensor: shape={self.shape}, dtype={self.dtype.name}{name}>"


KerasTensor = SymbolicTensor      # Keras' name


def new_array(value, dtype=None):
    """A fresh array of `value` (number, array or nested lists), in TensorFlow's default types.

    Python numbers become int32, default float or bool; NumPy's keep their type. Text becomes bytes, in UTF-8.
    Raises DTypeError for other objects, and for fractions as integers; ShapeError for ragged lists.
    """
    if isinstance(value, ArrayOperand):
        value = value._leave("being copied")
    if dtype is None:
        dtype = _default_dtype(value)
    try:
        array = np.array(value, dtype=dtype)
    except (ValueError, TypeError, OverflowError) as error:
        kind = ShapeError if "inhomogeneous" in str(error) else DTypeError
        raise kind(f"cannot make a tensor of {_brief(value)}: {error}") from None
    if array.dtype.kind in "USO":
        # As objects from the start: NumPy cuts zeros off the end of bytes, and makes text of numbers beside text.
        return _as_bytes(array if isinstance(value, ndarray) else np.array(value, dtype=object), value)
    if array.dtype.kind in "iu" and not _is_exact(value, array):
        raise DTypeError(f"cannot make {array.dtype} of {_brief(value)}: its fractions would be lost. Give another "
                         f"dtype, or cut them off with tf.cast(x, {array.dtype.name!r}).")
    if array.dtype.kind == "f" and isinstance(value, (list, tuple, ndarray)) and np.isnan(array).any() \
            and np.asarray(value).dtype.kind == "O":     # NumPy makes NaN of None
        raise DTypeError(f"cannot make a tensor of {_brief(value)}: None is no number. Write float('nan') if that is "
                         "meant.")
    if array.dtype.kind not in "biufc":
        raise DTypeError(f"cannot make a tensor of {_brief(value)}: its elements are {array.dtype}; "
                         "tensors hold numbers, booleans and strings.")
    return array


def _as_bytes(array, value):
    """An array of strings as one of bytes. Raises DTypeError for other objects in it."""
    flat = [x.encode() if isinstance(x, str) else x for x in array.ravel().tolist()]
    wrong = [x for x in flat if not isinstance(x, bytes)]
    if wrong:
        if isinstance(wrong[0], Dimension):
            operator.index(wrong[0])        # says that it is not known yet
        raise DTypeError(f"cannot make a tensor of {_brief(value)}: {_brief(wrong[0])} is no string. Tensors hold "
                         "numbers, or booleans, or strings, of one kind.")
    made = np.empty(array.size, object)
    made[:] = flat
    return made.reshape(array.shape)


def _is_exact(value, array):
    given = np.asarray(value)
    return given.dtype.kind not in "fc" or np.array_equal(given, array)


def _default_dtype(value):
    first = value
    while isinstance(first, (list, tuple)) and len(first):
        first = first[0]
    if isinstance(first, (list, tuple)):
        return python_dtype(1.0)
    if not isinstance(first, (bool, int, float, complex)) or isinstance(first, np.generic):
        return None
    if first is not value and isinstance(first, int):
        try:        # a float may hide among integers; NumPy looks at all of them
            kind = np.asarray(value).dtype.kind
        except ValueError:      # ragged: whoever makes the array says so
            return None
        first = {"b": True, "i": 1, "u": 1, "f": 1.0, "c": 1j}.get(kind)
    return None if first is None else python_dtype(first)


def _brief(value):
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


