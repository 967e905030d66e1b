"""Element types, the one table of what a mixture of them becomes, and the small number that goes with them.

Tensor with Tensor promotes as in Keras 3 (which follows JAX): among floats the wider wins, a float
beats any integer, `uint64` with a signed integer is the default float. Python numbers are weak.
"""

import functools

import numpy as np

from ..errors import DTypeError


class DType:
    """An element type, equal to its name, to NumPy's type and to itself.

    `name` is NumPy's; `as_numpy_dtype` the scalar class; NumPy accepts the object wherever it takes
    a dtype. Strings are TensorFlow's: bytes, in NumPy arrays of objects.
    """

    __slots__ = ("dtype", "is_bool", "is_complex", "is_floating", "is_integer", "name")

    def __init__(self, dtype):
        self.dtype = np.dtype(dtype)
        kind = self.dtype.kind
        self.name = "string" if kind == "O" else self.dtype.name
        self.is_bool, self.is_integer = kind == "b", kind in "iu"
        self.is_floating, self.is_complex = kind == "f", kind == "c"

    @property
    def as_numpy_dtype(self):
        """NumPy's class of such numbers, such as numpy.float32."""
        return self.dtype.type

    @property
    def size(self):
        """Bytes per element."""
        return self.dtype.itemsize

    @property
    def min(self):
        """The least number there is of this type."""
        return (np.iinfo if self.is_integer else np.finfo)(self.dtype).min

    @property
    def max(self):
        """The largest number there is of this type."""
        return (np.iinfo if self.is_integer else np.finfo)(self.dtype).max

    def __eq__(self, other):
        if isinstance(other, DType):
            return self.dtype == other.dtype
        if isinstance(other, str) and other == self.name:      # NumPy has no "string"
            return True
        try:
            return other is not None and self.dtype == np.dtype(other)
        except TypeError:
            return False

    def __hash__(self):
        return hash(self.dtype)

    def __str__(self):
        return self.name

    def __repr__(self):
        return f"minikeras.{self.name}"

    def __reduce__(self):
        return (as_dtype, (self.name,))


_NAMES = ("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
          "float16", "float32", "float64", "complex64", "complex128")
STRING = np.dtype(object)
DTYPES = {np.dtype(name): DType(name) for name in (*_NAMES, STRING)}
_ALIASES = {"half": "float16", "float": "float32", "double": "float64", "int": "int32",
            float: "float32", int: "int32", bool: "bool"}
# Everything seen to mean one of them: names, NumPy's dtypes and classes. NumPy spells the same type
# several ways on some platforms (intc, longlong).
_MEANT = {**DTYPES, **{name: DTYPES[np.dtype(name)] for name in _NAMES},
          **dict.fromkeys(("string", str, bytes, np.dtype(str), np.dtype(bytes)), DTYPES[STRING])}


def as_dtype(dtype):
    """The `DType` meant by a name, a NumPy dtype or class, a Python type or a `DType`.

    Raises DTypeError naming what is known.
    """
    if type(dtype) is DType:
        return dtype
    try:
        return _MEANT[dtype]
    except (KeyError, TypeError):
        pass
    try:
        found = np.dtype(_ALIASES.get(dtype, dtype))
        return _MEANT.setdefault(dtype, DTYPES[STRING if found.kind in "US" else np.dtype(found.name)])
    except (KeyError, TypeError):
        raise DTypeError(f"{dtype!r} is not an element type of minikeras. "
                         f"Known are: {', '.join(_NAMES)}, string.") from None


_floatx = DTYPES[np.dtype("float32")]


def floatx():
    """Name of the default float type, 'float32' unless `set_floatx` changed it."""
    return _floatx.name


def set_floatx(value):
    """Make `value` ('float16', 'float32' or 'float64') the default float type."""
    global _floatx
    dtype = as_dtype(value)
    if not dtype.is_floating:
        raise DTypeError(f"set_floatx({value!r}): the default float type must be one of "
                         "'float16', 'float32', 'float64'.")
    _floatx = dtype
    promote.cache_clear()


_of_layers = None


def layer_dtype():
    """Name of the type that layers have by themselves: the default float, unless `set_layer_dtype` changed it."""
    return floatx() if _of_layers is None else _of_layers


def set_layer_dtype(name):
    """Make a float type that of layers made from now on; None: the default float."""
    global _of_layers
    _of_layers = name


_epsilon = 1e-7


def epsilon():
    """The small number that keeps quotients and logarithms finite, 1e-7 unless `set_epsilon` changed it."""
    return _epsilon


def set_epsilon(value):
    """Make `value`, a number above 0, what `epsilon` gives. What was recorded before keeps the old one."""
    global _epsilon
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not 0 < value < float("inf"):
        raise ValueError(f"set_epsilon: a number above 0 was expected, got {value!r}.")
    _epsilon = float(value)


def default_float():
    """The default float type as a NumPy dtype."""
    return _floatx.dtype


def is_differentiable(dtype):
    """Whether values of this dtype (NumPy's or ours) can carry a gradient: floats and complex numbers."""
    return getattr(dtype, "dtype", dtype).kind in "fc"


def is_complex(x):
    """Whether a tensor or array, or one of a tuple of them, holds complex numbers."""
    return any(map(is_complex, x)) if type(x) is tuple else as_dtype(x.dtype).is_complex


NO_MIXTURE = ("strings do not mix with numbers. tf.strings.to_number and tf.strings.as_string turn one into the other.")


@functools.cache
def promote(a, b):
    """The NumPy dtype of a mixture of two NumPy dtypes. Symmetric and associative on one kind."""
    if a == b:
        return a
    kinds = a.kind + b.kind
    if "O" in kinds:
        raise DTypeError(NO_MIXTURE)
    inexact = [d for d in (a, b) if d.kind in "fc"]
    if len(inexact) == 1:
        return inexact[0]
    if len(inexact) == 2:
        return np.promote_types(a, b)
    if "b" in kinds:
        return b if a.kind == "b" else a
    mixed = np.promote_types(a, b)
    return mixed if mixed.kind in "iu" else default_float()


def weaken(dtype, scalars):
    """`dtype` after meeting Python numbers: they change its kind at most, never its width."""
    if scalars and dtype.kind == "O":
        raise DTypeError(NO_MIXTURE)
    for scalar in scalars:
        if isinstance(scalar, bool):
            continue
        if isinstance(scalar, complex):
            if dtype.kind != "c":
                dtype = np.dtype("complex128" if dtype == np.float64 else "complex64")
        elif isinstance(scalar, float):
            if dtype.kind not in "fc":
                dtype = default_float()
        elif dtype.kind == "b":
            dtype = np.dtype("int32")
    return dtype


def floating(dtype):
    """`dtype` if it is inexact, else the default float."""
    return dtype if dtype.kind in "fc" else default_float()


def python_dtype(scalar):
    """The dtype a lone Python number becomes: bool, int32 (int64 if it does not fit), default float."""
    if isinstance(scalar, bool):
        return np.dtype(bool)
    if isinstance(scalar, int):
        return np.dtype("int32" if -2**31 <= scalar < 2**31 else "int64")
    return np.dtype("complex128") if isinstance(scalar, complex) else default_float()
