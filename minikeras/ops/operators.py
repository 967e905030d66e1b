"""Attaches Python's operators to tensors: one table."""

import numpy as np

from ..autograd import styles  # noqa: F401 (gives tensors backward(), grad and their like)
from ..autograd.operands import as_tensor
from ..autograd.tensor import Operand
from ..errors import ShapeError
from . import arithmetic, indexing, products

# What may stand at the other side of an operator; the usual ones first.
VALUES = (float, Operand, int, complex, np.ndarray, np.generic, list, tuple)

# Python's name, the op, and whether it has a reflected form.
TABLE = [
    ("add", arithmetic.add, True), ("sub", arithmetic.subtract, True), ("mul", arithmetic.multiply, True),
    ("truediv", arithmetic.divide, True), ("floordiv", arithmetic.floor_divide, True), ("mod", arithmetic.mod, True),
    ("pow", arithmetic.power, True), ("matmul", products.matmul, True),
    ("and", arithmetic.bitwise_and, True), ("or", arithmetic.bitwise_or, True), ("xor", arithmetic.bitwise_xor, True),
    ("lshift", arithmetic.left_shift, True), ("rshift", arithmetic.right_shift, True),
    ("lt", arithmetic.less, False), ("le", arithmetic.less_equal, False), ("gt", arithmetic.greater, False),
    ("ge", arithmetic.greater_equal, False), ("neg", arithmetic.negative, False), ("abs", arithmetic.absolute, False),
    ("invert", arithmetic.invert, False), ("getitem", indexing.subscript, False),
]


def _forward(op):
    if op in (indexing.subscript, arithmetic.absolute) or op.op.arity == 1:
        return lambda *args: op(*args)
    return lambda a, b: op(a, b) if isinstance(b, VALUES) else NotImplemented


def _reflected(op):
    return lambda a, b: op(b, a) if isinstance(b, VALUES) else NotImplemented


def _equality(op, otherwise):
    def compare(a, b):
        if not isinstance(b, VALUES) and not (isinstance(b, (str, bytes)) and a.dtype == "string"):
            return otherwise
        try:
            return op(a, b)
        except ShapeError:      # shapes that do not broadcast: not equal, as in TensorFlow
            return otherwise
    return compare


def attach():
    """Give `Operand` its operators. Called once, when the ops are imported."""
    for name, op, reflects in TABLE:
        setattr(Operand, f"__{name}__", _forward(op))
        if reflects:
            setattr(Operand, f"__r{name}__", _reflected(op))
    Operand.__pos__ = lambda a: as_tensor(a)
    Operand.__divmod__ = lambda a, b: (a // b, a % b)
    Operand.__rdivmod__ = lambda a, b: (b // a, b % a)
    Operand.__eq__ = _equality(arithmetic.equal, False)
    Operand.__ne__ = _equality(arithmetic.not_equal, True)


attach()
