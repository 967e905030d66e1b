"""Shapes, and dimensions that are not known yet: integers with arithmetic, as polynomials in symbols."""

import math

import numpy as np

from ..errors import ShapeError, SymbolicError
from .state import tick


class Dimension:
    """An unknown extent. `+ - * // %` with integers and other dimensions stay exact.

    `terms` maps a monomial (a sorted tuple of symbols) to its integer coefficient. A quotient that
    does not come out even is a symbol of its own, known by what it divides.
    """

    __slots__ = ("_key", "terms")

    def __init__(self, terms):
        self.terms = terms
        self._key = frozenset(terms.items())

    @classmethod
    def new(cls, name="dimension"):
        """A dimension equal to no other."""
        return cls({((tick(), name),): 1})

    @property
    def symbol(self):
        """The symbol that it is; None for what was computed from some."""
        (monomial, count), *others = self.terms.items()
        return monomial[0] if not others and count == 1 and len(monomial) == 1 else None

    def __add__(self, other):
        return _combine(self, other, 1)

    __radd__ = __add__

    def __sub__(self, other):
        return _combine(self, other, -1)

    def __rsub__(self, other):
        return _combine(-1 * self, other, 1)

    def __neg__(self):
        return -1 * self

    def __mul__(self, other):
        if not isinstance(other, _OPERANDS):
            self._number()
        product = {}
        for a, ca in self.terms.items():
            for b, cb in _terms(other).items():
                monomial = tuple(sorted(a + b, key=repr))
                product[monomial] = product.get(monomial, 0) + ca * cb
        return _simplify(product)

    __rmul__ = __mul__

    def __floordiv__(self, other):
        if not isinstance(other, _OPERANDS):
            self._number()
        exact = _divide(self, other)
        return Dimension({(("//", self, other),): 1}) if exact is None else exact

    def __rfloordiv__(self, other):
        return Dimension({(("//", other, self),): 1})

    def __mod__(self, other):
        return self - (self // other) * other

    def __eq__(self, other):
        return isinstance(other, Dimension) and self._key == other._key

    def __hash__(self):
        return hash(self._key)

    def _number(self, *_):
        raise SymbolicError(
            "this dimension is not known yet (it is None in the shape), so it has no integer value. Compute "
            "with it as it is, or give the size in Input(shape=..., batch_size=...).")

    # A layer whose call asks for one of these is run on zeros instead.
    __index__ = __int__ = __float__ = __truediv__ = __rtruediv__ = __pow__ = __rpow__ = _number
    __lt__ = __le__ = __gt__ = __ge__ = _number

    def __repr__(self):
        return "None"


_OPERANDS = (int, np.integer, Dimension)


def _terms(value):
    return value.terms if isinstance(value, Dimension) else {(): int(value)}


def _simplify(terms):
    terms = {monomial: count for monomial, count in terms.items() if count}
    if not terms:
        return 0
    return terms[()] if list(terms) == [()] else Dimension(terms)


def _combine(a, b, sign):
    if not isinstance(b, _OPERANDS):
        a._number()
    total = dict(_terms(a))
    for monomial, count in _terms(b).items():
        total[monomial] = total.get(monomial, 0) + sign * count
    return _simplify(total)


def _divide(a, b):
    """a / b where it comes out even, else None. `b` is an integer or a single monomial."""
    divisor = _terms(b)
    if len(divisor) != 1:
        return 1 if a == b else None
    (symbols, number), = divisor.items()
    quotient = {}
    for monomial, count in _terms(a).items():
        rest = list(monomial)
        for symbol in symbols:
            if symbol not in rest:
                return None
            rest.remove(symbol)
        if count % number:
            return None
        quotient[tuple(rest)] = count // number
    return _simplify(quotient)


def product(dims):
    """Number of elements of a shape, an integer or a Dimension."""
    total = 1
    for dim in dims:
        total = dim * total
    return total


def substitute(dim, known):
    """A dimension with extents in place of the symbols in it, which `known` maps to them. Raises ShapeError for one
    that is not known."""
    total = 0
    for monomial, count in dim.terms.items():
        for symbol in monomial:
            count = _extent_of(symbol, known) * count
        total = count + total
    return total


def _extent_of(symbol, known):
    if symbol in known:
        return known[symbol]
    if symbol[0] != "//":
        raise ShapeError(f"an extent ({symbol[1]}) does not follow from the shapes of the inputs.")
    above, below = (substitute(part, known) if isinstance(part, Dimension) else part for part in symbol[1:])
    return above // below


def solve(dim, extent, known):
    """Add to `known` the symbol of a dimension that is one symbol, or a multiple of one, and turned out as `extent`."""
    if len(dim.terms) == 1:
        (symbols, count), = dim.terms.items()
        if len(symbols) == 1:
            known.setdefault(symbols[0], extent if count == 1 else extent // count)


class TensorShape(tuple):
    """A shape: a tuple of integers, with None where an extent is not known, that also has TensorFlow's methods.

    dims   the extents, or another shape. Raises ValueError for None: the number of axes is always known here
    It is equal to tuples, and slices and sums of it are plain tuples.
    """

    __slots__ = ()

    def __new__(cls, dims):
        if dims is None:
            raise ValueError("TensorShape(None), with no known number of axes, is not supported: give a None for each "
                             "axis, as in TensorShape([None, None]).")
        return super().__new__(cls, dims)

    @property
    def rank(self):
        """The number of axes."""
        return len(self)

    ndims = rank

    @property
    def dims(self):
        """The extents as a list."""
        return list(self)

    def as_list(self):
        """The extents as a list."""
        return list(self)

    def num_elements(self):
        """The product of the extents; None if one is not known."""
        return None if None in self else math.prod(self)

    def is_fully_defined(self):
        """Whether every extent is known."""
        return None not in self

    def is_compatible_with(self, other):
        """Whether a tensor can have both shapes: as many axes, and equal extents where both are known."""
        return len(self) == len(other) and all(m is None or n is None or m == n for m, n in zip(self, other))

    def assert_is_compatible_with(self, other):
        """Raises ShapeError unless a tensor can have both shapes."""
        if not self.is_compatible_with(other):
            raise ShapeError(f"shapes {self} and {tuple(other)} are not compatible.")

    def concatenate(self, other):
        """The extents of this shape and behind them those of another."""
        return TensorShape((*self, *other))

    def merge_with(self, other):
        """What is known from both of two shapes of one tensor. Raises ShapeError if they contradict each other."""
        self.assert_is_compatible_with(other)
        return TensorShape(n if m is None else m for m, n in zip(self, other))

    def with_rank(self, rank):
        """This shape. Raises ShapeError if it does not have `rank` axes."""
        if len(self) != rank:
            raise ShapeError(f"shape {self} must have {rank} axes.")
        return self


class _KnownShapes(dict):
    """The TensorShape of each tuple that was asked for: looking one up takes a third of the time of making it."""

    def __missing__(self, shape):
        if len(self) >= 10_000:
            self.clear()
        known = self[shape] = TensorShape(shape)
        return known


known_shapes = _KnownShapes()


def public_shape(dims):
    """The shape as users see it: None where a dimension is unknown."""
    return TensorShape([dim if type(dim) is int else None for dim in dims])


def make_dims(shape, name="dimension"):
    """Dims for a shape as users write it: each None becomes a Dimension of its own."""
    return tuple(Dimension.new(name) if dim is None else dim if isinstance(dim, Dimension) else int(dim)
                 for dim in shape)


def broadcast(*shapes):
    """The shape NumPy would broadcast these to. An unknown dimension gives way to a known one above 1.

    Raises ShapeError if they do not fit.
    """
    ndim = max(map(len, shapes), default=0)
    result = [1] * ndim
    for shape in shapes:
        for axis, dim in enumerate(shape, ndim - len(shape)):
            have = result[axis]
            if dim == 1 or dim == have:
                continue
            if have == 1 or isinstance(have, Dimension):
                result[axis] = dim
            elif not isinstance(dim, Dimension):
                raise ShapeError(f"shapes {' and '.join(str(public_shape(s)) for s in shapes)} cannot be broadcast "
                                 f"together: {have} against {dim}. Axes are aligned from the right and must be "
                                 "equal or 1.")
    return tuple(result)


def unify(a, b, where):
    """The one dimension that two must be; a known one wins. Raises ShapeError if both are known and differ."""
    if isinstance(a, Dimension):
        return b
    if isinstance(b, Dimension) or a == b:
        return a
    raise ShapeError(f"{where}: {a} against {b}; they must be equal.")


def may_agree(a, b):
    """Whether two shapes could be the same one: what is not known yet (a Dimension, or None) agrees with anything."""
    return len(a) == len(b) and all(m == n for m, n in zip(a, b) if type(m) is type(n) is int)


def normalize_axis(axis, ndim, where=None):
    """`axis` counted from the front. Raises ShapeError outside -ndim..ndim-1."""
    if not -ndim <= axis < ndim:
        raise ShapeError(f"{f'{where}: ' if where else ''}axis {axis} does not exist in a tensor of {ndim} dimensions; "
                         f"use {-ndim} to {ndim - 1}.")
    return axis % ndim
