"""The methods and attributes of arrays, for tensors: x.sum(), x.T, x.astype(...)."""

import numpy as np

from .. import ops
from ..autograd.tensor import Operand
from . import numpy_rules
from .numpy_protocol import array_function, array_ufunc

METHODS = ("all", "any", "argmax", "argmin", "argpartition", "argsort", "conj", "conjugate", "cumprod",
           "cumsum", "diagonal", "dot", "max", "mean", "min", "nonzero", "prod", "ravel", "repeat", "round",
           "searchsorted", "squeeze", "std", "sum", "swapaxes", "take", "trace", "var")
CHANGING = {"fill": "ops.full", "partition": "ops.sort", "put": "ops.where", "resize": "ops.reshape",
            "sort": "ops.sort"}


def _method(name):
    function = getattr(np, name)

    def method(self, *args, **kwargs):
        return function(self, *args, **kwargs)
    return _described(method, name, f"np.{name} of this.")


def _refusing(name, instead):
    def method(self, *args, **kwargs):
        raise TypeError(f"{type(self).__name__}.{name} would change a value in place. Use {instead}, which gives a new "
                        "tensor, or change a copy, x.numpy().")
    return _described(method, name, "Refused: a tensor is a value.")


def _described(method, name, text):
    method.__name__, method.__qualname__, method.__doc__ = name, f"Operand.{name}", text
    return method


def _several(values):
    """What reshape and transpose are given: several arguments, or one that holds them."""
    return values[0] if len(values) == 1 and (values[0] is None or np.ndim(values[0])) else values


class ArrayMethods:
    """The methods of arrays whose arguments differ from those of NumPy's function."""

    def astype(self, dtype):
        """The elements in another dtype."""
        return ops.cast(self, dtype)

    def clip(self, min=None, max=None):
        """np.clip of this."""
        return numpy_rules.clip(self, min, max)

    def compress(self, condition, axis=None):
        """np.compress of this."""
        return numpy_rules.compress(condition, self, axis)

    def copy(self):
        """The same values as a tensor of its own."""
        return ops.copy(self)

    def flatten(self, order="C"):
        """The elements in one axis."""
        return numpy_rules.ravel(self, order)

    def reshape(self, *shape, order="C"):
        """The elements in another shape, given as one tuple or as several integers."""
        return numpy_rules.reshape(self, _several(shape), order)

    def transpose(self, *axes):
        """The axes in another order, given as one tuple or as several integers; reversed by default."""
        return ops.transpose(self, _several(axes) if axes else None)

    @property
    def real(self):
        """The real part."""
        return ops.real(self)

    @property
    def imag(self):
        """The imaginary part."""
        return ops.imag(self)

    @property
    def T(self):  # noqa: N802
        """The axes in reverse order."""
        return ops.transpose(self)

    @property
    def mT(self):  # noqa: N802
        """The last two axes exchanged."""
        return numpy_rules.matrix_transpose(self)


def attach():
    """Give `Operand` both protocols and the methods. Called once, when the ops are imported."""
    Operand.__array_ufunc__ = array_ufunc
    Operand.__array_function__ = array_function
    methods = {name: _method(name) for name in METHODS}
    methods |= {name: _refusing(name, instead) for name, instead in CHANGING.items()}
    methods |= {name: value for name, value in vars(ArrayMethods).items() if not name.startswith("__")}
    for name, method in methods.items():
        setattr(Operand, name, method)


attach()
