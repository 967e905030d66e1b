"""Joining tensors and cutting them up, by NumPy's names for it."""

from ..autograd import dims
from ..autograd.linear import broadcast_to, concatenate, reshape
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .shapes import expand_dims, ravel, split


def at_least(x, ndim):
    """`x` with axes of extent 1 up to `ndim` of them (3 at most), where NumPy's vstack and dstack put them."""
    x = as_tensor(x)
    for axis in {1: (0,), 2: (0, 0), 3: (0, 0, 2)}[ndim][x.ndim:]:
        x = expand_dims(x, axis)
    return x


def hstack(xs):
    """Tensors joined along the second axis, vectors along their only one."""
    xs = [at_least(x, 1) for x in xs]
    return concatenate(*xs, axis=0 if len(xs[0].shape) == 1 else 1)


def vstack(xs):
    """Tensors joined along the first axis; vectors count as rows."""
    return concatenate(*[at_least(x, 2) for x in xs], axis=0)


def dstack(xs):
    """Tensors joined along the third axis; matrices and vectors get one."""
    return concatenate(*[at_least(x, 3) for x in xs], axis=2)


def append(x1, x2, axis=None):
    """`x2` behind `x1` along `axis`, both as vectors if it is None."""
    if axis is None:
        return concatenate(ravel(x1), ravel(x2), axis=0)
    return concatenate(x1, x2, axis=axis)


def array_split(x, indices_or_sections, axis=0):
    """Parts along `axis`: that many, the first ones longer by 1 if they cannot be equal; or cut before indices."""
    x = as_tensor(x)
    if not isinstance(indices_or_sections, int):
        return split(x, indices_or_sections, axis)
    axis = dims.normalize_axis(axis, len(x.shape), "array_split")
    if indices_or_sections < 1:
        raise ShapeError(f"array_split: there must be at least 1 part, got {indices_or_sections}.")
    length, longer = divmod(int(shape_of(x)[axis]), indices_or_sections)
    return split(x, [length * i + min(i, longer) for i in range(1, indices_or_sections)], axis)


def hsplit(x, indices_or_sections):
    """Parts along the second axis, of a vector along its only one."""
    x = as_tensor(x)
    return split(x, indices_or_sections, 0 if len(x.shape) == 1 else 1)


def vsplit(x, indices_or_sections):
    """Parts along the first axis of a tensor with at least two."""
    return _split_of("vsplit", x, indices_or_sections, 0, 2)


def dsplit(x, indices_or_sections):
    """Parts along the third axis."""
    return _split_of("dsplit", x, indices_or_sections, 2, 3)


def _split_of(where, x, indices_or_sections, axis, ndim):
    x = as_tensor(x)
    if len(x.shape) < ndim:
        raise ShapeError(f"{where}: x must have at least {ndim} axes, got shape {x.shape}.")
    return split(x, indices_or_sections, axis)


def meshgrid(*x, indexing="xy"):
    """The coordinates of a grid from those along its axes: one tensor per vector, of the shape of the grid.

    indexing   'xy': the first vector runs along columns; 'ij': along the first axis
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij', got {indexing!r}.")
    vectors = [ravel(v) for v in x]
    order = list(range(len(vectors)))
    if indexing == "xy":
        order[:2] = order[:2][::-1]
    extents = tuple(shape_of(vectors[i])[0] for i in order)
    return [broadcast_to(reshape(v, shape=tuple(-1 if j == i else 1 for j in order)), shape=extents)
            for i, v in enumerate(vectors)]
