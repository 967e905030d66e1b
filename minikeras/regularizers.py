"""Penalties on weights or outputs: called with a tensor, they give a scalar to add to the loss."""


from . import registry
from .arguments import one_of
from .errors import ShapeError
from .ops import reduce
from .ops.arithmetic import absolute, square
from .ops.creation import eye
from .ops.norms import normalize
from .ops.products import matmul
from .ops.shapes import transpose


class Regularizer(registry.Configurable, kind="regularizers"):
    """Base: subclasses define `__call__(x)`."""

    def __call__(self, x):
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, x).")


class L1L2(Regularizer, aliases=("l1_l2",)):
    """l1 * sum |x| + l2 * sum x**2."""

    def __init__(self, l1=0.0, l2=0.0):
        self.l1, self.l2 = _coefficient("l1", l1, 0.0), _coefficient("l2", l2, 0.0)

    def __call__(self, x):
        terms = []
        if self.l1:
            terms.append(self.l1 * reduce.sum(absolute(x)))
        if self.l2:
            terms.append(self.l2 * reduce.sum(square(x)))
        return sum(terms[1:], terms[0]) if terms else 0.0 * reduce.sum(x)


class L1(Regularizer, aliases=("l1",)):
    """l1 * sum |x|."""

    def __init__(self, l1=0.01):
        self.l1 = _coefficient("l1", l1)

    def __call__(self, x):
        return self.l1 * reduce.sum(absolute(x))


class L2(Regularizer, aliases=("l2",)):
    """l2 * sum x**2."""

    def __init__(self, l2=0.01):
        self.l2 = _coefficient("l2", l2)

    def __call__(self, x):
        return self.l2 * reduce.sum(square(x))


class OrthogonalRegularizer(Regularizer):
    """factor times the mean size of the cosine between two different rows, or columns, of a matrix.

    mode   'rows' or 'columns'
    Of a single one it is 0.
    """

    def __init__(self, factor=0.01, mode="rows"):
        self.factor = _coefficient("factor", factor)
        self.mode = one_of("OrthogonalRegularizer: mode", mode, ("rows", "columns"))

    def __call__(self, x):
        if len(x.shape) != 2:
            raise ShapeError(f"OrthogonalRegularizer takes matrices, got shape {x.shape}.")
        rows = normalize(x if self.mode == "rows" else transpose(x), axis=1)
        count = rows.shape[0]
        cosines = matmul(rows, transpose(rows)) * (1.0 - eye(count, dtype=rows.dtype))
        return self.factor / max(count * (count - 1), 1) * reduce.sum(absolute(cosines))


# Keras' older names.
l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer


def _coefficient(name, value, default=0.01):
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise ValueError(f"a regularizer's {name} must be a number from 0 on, got {value!r}.")
    return float(value)


def get(identifier):
    """The regularizer meant by a name, a config, a function, an object or None."""
    return registry.get("regularizers", identifier)


def serialize(regularizer):
    """A regularizer as plain data that `deserialize` reads: class name and config."""
    return registry.serialize(regularizer)


deserialize = registry.deserializer("regularizers")
