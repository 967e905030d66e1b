"""Attaches Python's operators to tensors, and NumPy's ufuncs to the ops that stand for them: one table."""

import numpy as np

from ..autograd.tensor import Operand
from . import arithmetic, indexing, linalg, reduce, shapes, unary

# Python's name, the op, and whether it has a reflected form.
TABLE = [
    ("add", arithmetic.add, True), ("sub", arithmetic.subtract, True), ("mul", arithmetic.multiply, True),
    ("truediv", arithmetic.divide, True), ("floordiv", arithmetic.floor_divide, True), ("mod", arithmetic.mod, True),
    ("pow", arithmetic.power, True), ("matmul", linalg.matmul, True),
    ("and", arithmetic.bitwise_and, True), ("or", arithmetic.bitwise_or, True), ("xor", arithmetic.bitwise_xor, True),
    ("lt", arithmetic.less, False), ("le", arithmetic.less_equal, False), ("gt", arithmetic.greater, False),
    ("ge", arithmetic.greater_equal, False), ("neg", arithmetic.negative, False), ("abs", arithmetic.absolute, False),
    ("invert", arithmetic.invert, False), ("getitem", indexing.subscript, False),
]


def _forward(op):
    if op.__name__ == "subscript" or op.op.arity == 1:
        return lambda *args: op(*args)
    return lambda a, b: op(a, b) if _is_value(b) else NotImplemented


def _reflected(op):
    return lambda a, b: op(b, a) if _is_value(b) else NotImplemented


def _is_value(x):
    return isinstance(x, (Operand, int, float, complex, np.ndarray, np.generic, list, tuple))


def _equality(op, otherwise):
    def compare(a, b):
        if not _is_value(b):
            return otherwise
        try:
            return op(a, b)
        except ValueError:      # shapes that do not broadcast: not equal, as in TensorFlow
            return otherwise
    return compare


UFUNCS = {}


REDUCTIONS = {np.add: reduce.sum, np.multiply: reduce.prod, np.maximum: reduce.max, np.minimum: reduce.min,
              np.logical_and: reduce.all, np.logical_or: reduce.any}


def _ufunc(self, ufunc, method, *inputs, out=None, **options):
    options = {name: value for name, value in options.items() if value is not None}
    if out is not None and any(isinstance(array, np.ndarray) for array in out):
        # Writing into a NumPy array leaves the tape, as converting to one does.
        inputs = [np.asarray(x) if isinstance(x, Operand) else x for x in inputs]
        return getattr(ufunc, method)(*inputs, out=out, **options)
    op = {"__call__": UFUNCS, "reduce": REDUCTIONS}.get(method, {}).get(ufunc)
    allowed = {"axis", "keepdims"} if method == "reduce" else set()
    if op is None or not allowed.issuperset(options):
        refused = ", ".join(sorted(set(options) - allowed))
        raise TypeError(f"np.{ufunc.__name__}{'' if method == '__call__' else '.' + method} is not known for tensors"
                        f"{' with ' + refused if refused else ''}. Use a function of minikeras.ops, or x.numpy() for "
                        "plain NumPy without gradients.")
    return op(*inputs, **options)


def attach():
    """Give `Operand` its operators. Called once, when the ops are imported."""
    for name, op, reflects in TABLE:
        setattr(Operand, f"__{name}__", _forward(op))
        if reflects:
            setattr(Operand, f"__r{name}__", _reflected(op))
    Operand.__eq__ = _equality(arithmetic.equal, False)
    Operand.__ne__ = _equality(arithmetic.not_equal, True)
    Operand.T = property(shapes.transpose, doc="The axes in reverse order.")
    Operand.__array_ufunc__ = _ufunc
    for module in (arithmetic, unary, linalg):
        for name, function in vars(module).items():
            if hasattr(function, "op") and isinstance(getattr(np, name, None), np.ufunc):
                UFUNCS[getattr(np, name)] = function


attach()
