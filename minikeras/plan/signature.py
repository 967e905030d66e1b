"""Arguments of a function: in one order, told apart by kind, and as `TensorSpec`s describe them."""

import copy
import inspect
import weakref

import numpy as np

from ..autograd.dtypes import as_dtype
from ..autograd.indexed_slices import IndexedSlices
from ..autograd.state import Watcher
from ..autograd.tensor import ArrayOperand, Operand, Tensor, new_array
from ..autograd.variable import Variable
from ..errors import DTypeError, ShapeError

BARE = (np.ndarray, np.generic)
NUMBERS = (int, float, complex)


class TensorSpec:
    """What a tensor may be: its shape, with None for an extent that is open, or None for any; and its dtype."""

    __slots__ = ("_dtype", "_name", "_shape")

    def __init__(self, shape, dtype="float32", name=None):
        self._shape = None if shape is None else tuple([None if n is None else int(n) for n in shape])
        self._dtype, self._name = as_dtype(dtype), name

    @classmethod
    def from_tensor(cls, tensor, name=None):
        """The specification that just fits a tensor."""
        return cls(tensor.shape, tensor.dtype, name)

    @property
    def shape(self):
        """Extents, a tuple with None where open; None for any shape."""
        return self._shape

    @property
    def dtype(self):
        """The element type."""
        return self._dtype

    @property
    def name(self):
        """A name to show, or None."""
        return self._name

    def is_compatible_with(self, tensor):
        """Whether a tensor, or another specification's every tensor, fits."""
        shape = tensor.shape
        return as_dtype(tensor.dtype) == self._dtype and (self._shape is None or (
            shape is not None and len(shape) == len(self._shape)
            and all(a is None or a == b for a, b in zip(self._shape, shape))))

    def __eq__(self, other):
        return type(other) is TensorSpec and self._all() == other._all()

    def __hash__(self):
        return hash(self._all())

    def _all(self):
        return self._shape, self._dtype, self._name

    def __repr__(self):
        name = "" if self._name is None else f", name={self._name!r}"
        return f"TensorSpec(shape={self._shape}, dtype={self._dtype.name}{name})"


STRINGS = "it is given strings, which are no numbers in memory. Look them up before."


class Eagerly(Exception):  # noqa: N818 (says what to do)
    """These arguments make no plan: the reason, if there is something to say about it."""


class Parameters:
    """The parameters of a function: what is given by name, or left out, finds its place."""

    def __init__(self, function):
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):     # of a function written in C
            parameters = [inspect.Parameter(name, kind) for name, kind in (
                ("args", inspect.Parameter.VAR_POSITIONAL), ("kwargs", inspect.Parameter.VAR_KEYWORD))]
        self.positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.named = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
        self.rest = next((p for p in parameters if p.kind is p.VAR_POSITIONAL), None)
        # As many arguments, and none by name, need no arranging.
        self.least = len(self.positional) if not self.named else float("inf")

    def arranged(self, args, kwargs):
        """The same call with all that can be by position, and the defaults filled in.

        A call that does not fit stays as it is: the function itself says what is wrong.
        """
        args, kwargs = list(args), dict(kwargs)
        for p in self.positional[len(args):]:
            if p.kind is p.POSITIONAL_OR_KEYWORD and p.name in kwargs:
                args.append(kwargs.pop(p.name))
            elif p.default is not p.empty:
                args.append(p.default)
            else:
                break
        for p in self.named:
            if p.default is not p.empty:
                kwargs.setdefault(p.name, p.default)
        return tuple(args), {name: kwargs[name] for name in sorted(kwargs)}

    def names(self, args, kwargs, parts=()):
        """A name for each array among the arguments; `parts` name those of a tuple that is the only argument."""
        found, given = [], [p.name for p in self.positional]
        if parts and len(args) == 1:
            args, given = args[0] if type(args[0]) is tuple else args, parts
        for i, x in enumerate(args):
            found += _numbered(given[i] if i < len(given) else f"{self.rest.name if self.rest else 'x'}{i}", x)
        for name, x in kwargs.items():
            found += _numbered(name, x)
        return found


def _kind(x):
    parts = []
    describe(x, parts, [], [])
    return parts


def _numbered(name, x):
    leaves = []
    describe(x, [], leaves, [])
    return [name] if len(leaves) == 1 else [f"{name}_{i}" for i in range(len(leaves))]


def describe(x, parts, leaves, known):
    """Add to `parts` what tells the kind of an argument, to `leaves` its arrays, to `known` what is told by identity.

    Two arguments with equal parts run the same plan. Raises Eagerly for what no plan takes.
    """
    kind = type(x)
    if kind is Tensor:
        array = x._array
    elif isinstance(x, BARE):
        if x.dtype.kind in "USO":
            raise Eagerly(STRINGS)
        if x.dtype.kind not in "biufc":
            raise DTypeError(f"an array of {x.dtype} is no tensor; tensors hold numbers, booleans and strings.")
        array = np.array(x, order="C")      # the caller may change it
    elif kind is tuple or kind is list:
        parts.append((kind, len(x)))
        for item in x:
            describe(item, parts, leaves, known)
        return
    else:
        _describe_other(x, kind, parts, leaves, known)
        return
    if array.dtype.kind == "O":
        raise Eagerly(STRINGS)
    leaves.append(array)
    parts.append(array.shape)
    parts.append(array.dtype)
    if not array.flags.c_contiguous:        # programs are written for the layout they saw
        parts.append(array.strides)


def _describe_other(x, kind, parts, leaves, known):
    if x is None:
        parts.append(None)
    elif kind is int or kind is bool or kind is str:
        parts.append((kind, x))
    elif kind is float or kind is complex:
        parts.append((kind, repr(x)))       # tells -0.0 from 0.0, and NaN from nothing
    elif isinstance(x, dict):
        parts.append((kind, *x))            # in its order, which a function may follow
        for item in x.values():
            describe(item, parts, leaves, known)
    elif isinstance(x, (tuple, list)):
        parts.append((kind, len(x)))
        for item in x:
            describe(item, parts, leaves, known)
    elif isinstance(x, (set, frozenset)):
        parts.append((kind, frozenset((type(item), item) for item in x)))
    elif isinstance(x, slice):
        parts.append((kind, repr(x)))
    elif isinstance(x, (Operand, IndexedSlices, Watcher)) and not isinstance(x, Variable):
        raise Eagerly
    elif isinstance(x, Variable) or kind.__eq__ is object.__eq__:
        parts.append(id(x))
        known.append(x)
    else:
        parts.append((kind, x))             # a value like any other if it has a hash, and if not, nobody can know it


def watched(objects, forget):
    """Weak references to objects that call `forget` when one of them is gone; the objects where that cannot be."""
    return [weakref.ref(x, forget) if type(x).__weakrefoffset__ else x for x in objects]


def mapped(function, x):
    """A nest of arguments with `function` of each leaf."""
    if isinstance(x, dict):
        made = copy.copy(x)
        for key, value in x.items():
            made[key] = mapped(function, value)
        return made
    if isinstance(x, (tuple, list)):
        items = [mapped(function, item) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    return function(x)


def is_array(x):
    """Whether an argument is one that a plan takes the numbers of."""
    return type(x) is Tensor or isinstance(x, BARE)


def as_input(x):
    """An argument as the function gets it: arrays as Tensors, and Tensors without their masks."""
    if isinstance(x, BARE):
        return Tensor(new_array(x) if x.dtype.kind in "USO" else np.array(x, order="C"))
    return unmasked(x)


def unmasked(x):
    """A Tensor without the mask that a layer hung on it: as in TensorFlow, none goes into a function or comes out."""
    return Tensor(x._array, x._node) if type(x) is Tensor and hasattr(x, "_keras_mask") else x


def number_as_input(x):
    """As `as_input`, and Python's numbers as scalar Tensors too."""
    return Tensor(new_array(x)) if type(x) in NUMBERS else as_input(x)


class InputSignature:
    """The specifications of a function's arguments, in their order."""

    def __init__(self, specs, parameters, name):
        if not isinstance(specs, (tuple, list)):
            raise TypeError(f"input_signature must be a tuple or list of TensorSpec, got {type(specs).__name__}.")
        self.name, self.specs = name, tuple(specs)
        for spec in self.specs:
            mapped(self._check, spec)
        named = parameters.positional
        # Of a method as it stands in its class, the object is the first argument.
        self.skipped = 1 if named and named[0].name in ("self", "cls") and len(specs) < len(named) else 0
        named = named[self.skipped:]
        self.names, self.defaults = [p.name for p in named], [p.default for p in named]
        if len(self.specs) > len(self.names) and not parameters.rest:
            raise TypeError(f"input_signature has {len(self.specs)} entries, but {name} takes {len(self.names)} "
                            f"arguments by position: {', '.join(self.names) or 'none'}.")
        for p in [*named[len(self.specs):], *parameters.named]:
            if p.default is p.empty:
                raise TypeError(f"input_signature says nothing of {p.name!r} of {name}, which has no default. Add a "
                                "TensorSpec for it.")

    def _check(self, spec):
        if not isinstance(spec, TensorSpec):
            raise TypeError(f"input_signature takes TensorSpec, in tuples, lists and dicts, got {spec!r}. Write "
                            "TensorSpec(shape, dtype).")

    def fitted(self, args):
        """The arguments as tensors of these dtypes. Raises TypeError where one does not fit."""
        made, args = list(args[:self.skipped]), args[self.skipped:]
        if len(args) < len(self.specs):
            raise TypeError(f"{self.name} takes {len(self.specs)} arguments by its input_signature, got {len(args)}.")
        for i, x in enumerate(args):
            name = self.names[i] if i < len(self.names) else str(i)
            if i < len(self.specs):
                made.append(self._fitted(self.specs[i], x, f"argument {name!r} of {self.name}"))
            elif i < len(self.defaults) and _kind(x) == _kind(self.defaults[i]):
                made.append(x)
            else:
                raise TypeError(f"{self.name}: its input_signature has no entry for argument {name!r}, which "
                                f"therefore stays at its default; got {x!r}.")
        return tuple(made)

    def _fitted(self, spec, x, where):
        if isinstance(spec, TensorSpec):
            return _tensor_of(spec, x, where)
        if isinstance(spec, dict):
            if not isinstance(x, dict) or spec.keys() != x.keys():
                got = f"a dict of {list(x)}" if isinstance(x, dict) else type(x).__name__
                raise TypeError(f"{where} must be a dict of {list(spec)} by its input_signature, got {got}.")
            return {key: self._fitted(spec[key], x[key], f"{where}, {key!r}") for key in spec}
        if not isinstance(x, (tuple, list)) or len(x) != len(spec):
            got = f"one of {len(x)}" if isinstance(x, (tuple, list)) else type(x).__name__
            raise TypeError(f"{where} must be a {type(spec).__name__} of {len(spec)} by its input_signature, "
                            f"got {got}.")
        items = [self._fitted(s, item, f"{where}, item {i}") for i, (s, item) in enumerate(zip(spec, x))]
        return type(spec)(*items) if hasattr(spec, "_fields") else type(spec)(items)


def _tensor_of(spec, x, where):
    """A Tensor of what is given for a specification. Tensors keep their dtype, and so must have the right one."""
    if isinstance(x, ArrayOperand):
        x = x._read() if isinstance(x, Variable) else x
    elif x is None or isinstance(x, Operand):
        raise TypeError(f"{where} must be a tensor, {spec}, got {'None' if x is None else type(x).__name__}.")
    else:
        try:
            x = Tensor(new_array(x, spec.dtype.dtype))
        except (DTypeError, ShapeError) as error:
            raise TypeError(f"{where} must be a tensor, {spec}: {error}") from None
    if not spec.is_compatible_with(x):
        raise TypeError(f"{where} must be {spec} by its input_signature, got shape {x.shape} of {x.dtype.name}.")
    return x
