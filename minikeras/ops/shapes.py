"""Rearranging: the same elements in another shape, order or number."""

import re

import numpy as np

from ..autograd import dims
from ..autograd.linear import broadcast_to, concatenate, getitem, permute, reshape, stack
from ..autograd.op import linear, looped_if_flat
from ..autograd.operands import as_tensor, shape_of
from ..autograd.tensor import Tensor
from ..errors import ShapeError
from .arithmetic import power
from .reduce import axes_of

__all__ = ["broadcast_to", "concatenate", "reshape", "stack", "transpose"]


def shape(x):
    """Extents as a tuple: integers, and symbolic dimensions where not known."""
    return shape_of(as_tensor(x))


def size(x):
    """The number of elements as an integer tensor; symbolic where it is not known."""
    count = dims.product(shape(x))
    return Tensor(np.asarray(count, np.int32)) if type(count) is int else count


def transpose(x, axes=None):
    """The axes in the order `axes`, reversed by default."""
    x = as_tensor(x)
    ndim = len(x.shape)
    axes = reversed(range(ndim)) if axes is None else axes
    axes = tuple(dims.normalize_axis(int(a), ndim, "transpose") for a in axes)
    if sorted(axes) != list(range(ndim)):
        raise ShapeError(f"transpose: axes {axes} are not an order of the {ndim} axes of shape {x.shape}.")
    return permute(x, axes=axes)


def swapaxes(x, axis1, axis2):
    """The same elements with two axes exchanged."""
    order = list(range(len(as_tensor(x).shape)))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(x, order)


def moveaxis(x, source, destination):
    """Axes (one or several) moved to other places, the others in order."""
    ndim = len(as_tensor(x).shape)
    source, destination = ([axis] if isinstance(axis, int) else axis for axis in (source, destination))
    source = [dims.normalize_axis(axis, ndim, "moveaxis") for axis in source]
    order = [axis for axis in range(ndim) if axis not in source]
    for to, axis in sorted(zip((dims.normalize_axis(a, ndim, "moveaxis") for a in destination), source, strict=True)):
        order.insert(to, axis)
    return transpose(x, order)


def expand_dims(x, axis):
    """New axes of extent 1 where `axis` (an integer or several) says, counted in the result."""
    x = as_tensor(x)
    axes = [axis] if not isinstance(axis, (list, tuple)) else axis
    ndim = len(x.shape) + len(axes)
    axes = {dims.normalize_axis(int(a), ndim, "expand_dims") for a in axes}
    return getitem(x, index=tuple([None if i in axes else slice(None) for i in range(ndim)]))


def squeeze(x, axis=None):
    """Axes of extent 1 dropped: those of `axis`, or all. Raises ShapeError if one is longer."""
    x = as_tensor(x)
    extents = shape_of(x)
    axes = [i for i, n in enumerate(extents) if n == 1] if axis is None else axes_of(axis, len(extents), "squeeze")
    for i in axes:
        if extents[i] != 1:
            raise ShapeError(f"squeeze: axis {i} of shape {x.shape} is not 1.")
    return reshape(x, shape=tuple([n for i, n in enumerate(extents) if i not in axes]))


def ravel(x):
    """All elements in one axis."""
    return reshape(as_tensor(x), shape=(-1,))


def unstack(x, num=None, axis=0):
    """The entries along `axis`, a list of tensors without that axis."""
    x = as_tensor(x)
    extents = shape_of(x)
    axis = dims.normalize_axis(axis, len(extents), "unstack")
    if num is not None and type(extents[axis]) is int and num != extents[axis]:
        raise ShapeError(f"unstack: axis {axis} of shape {x.shape} has {extents[axis]} entries, not {num}.")
    num = extents[axis] if num is None else num
    return [getitem(x, index=(slice(None),) * axis + (i,)) for i in range(num)]


def part(x, axis, start, stop=None, step=None):
    """The entries from `start` to `stop` along `axis`, counted from the front."""
    return getitem(x, index=(slice(None),) * axis + (slice(start, stop, step),))


def split(x, indices_or_sections, axis=0):
    """Parts along `axis`: that many equal ones, or cut before the given indices."""
    x = as_tensor(x)
    axis = dims.normalize_axis(axis, len(x.shape), "split")
    length = shape_of(x)[axis]
    if isinstance(indices_or_sections, int):
        if type(length) is int and length % indices_or_sections:
            raise ShapeError(f"split: axis {axis} of shape {x.shape} does not divide into {indices_or_sections} "
                             "equal parts.")
        cuts = [length // indices_or_sections * i for i in range(1, indices_or_sections)]
    else:
        cuts = [int(i) for i in indices_or_sections]
    return [part(x, axis, start, stop) for start, stop in zip([0, *cuts], [*cuts, None])]


@linear(lambda d, x, axis: flip_op(d, axis=axis), shape=lambda x, axis: x)
def flip_op(x, *, axis):
    """The order of the elements along `axis` reversed."""
    return np.flip(x, axis)


def flip(x, axis=None):
    """The elements in reverse order along `axis`, along all axes by default."""
    x = as_tensor(x)
    return flip_op(x, axis=axes_of(axis, len(x.shape), "flip"))


def _roll_transpose(d, x, shift, axis=None):
    back = tuple(-s for s in shift) if isinstance(shift, (list, tuple)) else -shift
    return roll(d, shift=back, axis=axis)


@linear(_roll_transpose, shape=lambda x, **_: x, batch=looped_if_flat)
def roll(x, *, shift, axis=None):
    """The elements shifted cyclically along `axis`, along the flat order if it is None."""
    return np.roll(x, shift, axis)


def _pad_shape(x, pad_width, **_):
    return tuple(n + before + after for n, (before, after) in zip(x, pad_width, strict=True))


def _unpad(d, x, pad_width, **_):
    index = tuple([slice(before, before + n) for n, (before, _) in zip(x.shape, pad_width, strict=True)])
    return getitem(d, index=index)


@linear(_unpad, shape=_pad_shape)
def pad_zeros(x, *, pad_width):
    """Zeros, or empty strings, around the array: `pad_width` is (before, after) for each axis."""
    y = np.full([n + before + after for n, (before, after) in zip(x.shape, pad_width, strict=True)],
                b"" if x.dtype.kind == "O" else 0, x.dtype)
    y[tuple([slice(before, before + n) for n, (before, _) in zip(x.shape, pad_width, strict=True)])] = x
    return y


def tile(x, repeats):
    """`x` repeated `repeats` times along each axis."""
    x = as_tensor(x)
    repeats = [repeats] if isinstance(repeats, int) else [int(r) for r in repeats]
    extents = shape_of(x)
    ndim = max(len(extents), len(repeats))
    extents = (1,) * (ndim - len(extents)) + tuple(extents)
    repeats = [1] * (ndim - len(repeats)) + repeats
    spaced = reshape(x, shape=tuple(n for e in extents for n in (1, e)))
    full = broadcast_to(spaced, shape=tuple(n for pair in zip(repeats, extents) for n in pair))
    return reshape(full, shape=tuple(r * e for r, e in zip(repeats, extents)))


def _diagonal_length(rows, columns, offset):
    """Entries of the diagonal `offset` columns right of the main one."""
    down, right = rows + min(offset, 0), columns - max(offset, 0)
    if type(down) is int and type(right) is int:
        return max(min(down, right), 0)
    if rows == columns:
        return rows - abs(offset)
    return down if down == right else dims.Dimension.new("diagonal")


def _diagonal_transpose(d, x, offset):
    return from_diagonal(d, offset=offset, rows=x.shape[-2], columns=x.shape[-1])


@linear(_diagonal_transpose, shape=lambda x, offset: (*x[:-2], _diagonal_length(x[-2], x[-1], offset)))
def diagonal_op(x, *, offset):
    """The diagonal `offset` columns right of the main one of matrices in the last two axes."""
    return np.ascontiguousarray(x.diagonal(offset, -2, -1))


@linear(lambda d, x, offset, rows, columns: diagonal_op(d, offset=offset),
        shape=lambda x, offset, rows, columns: (*x[:-1], rows, columns))
def from_diagonal(x, *, offset, rows, columns):
    """Matrices of zeros with the last axis of `x` on the diagonal `offset` columns right of the main one.

    The transpose of `diagonal_op`, so `x` must fill that diagonal.
    """
    y = np.zeros((*x.shape[:-1], rows, columns), x.dtype)
    i = np.arange(x.shape[-1])
    y[..., i + max(-offset, 0), i + max(offset, 0)] = x
    return y


def diagonal(x, offset=0, axis1=0, axis2=1):
    """The diagonal of the matrices along two axes, which it replaces by one at the end.

    offset   columns to the right of the main diagonal, rows below it if negative
    Raises ShapeError for less than two axes.
    """
    x = as_tensor(x)
    if len(x.shape) < 2:
        raise ShapeError(f"diagonal: a tensor of shape {x.shape} has no two axes.")
    return diagonal_op(moveaxis(x, (axis1, axis2), (-2, -1)), offset=int(offset))


def diag(x, k=0):
    """The matrix with the vector `x` on its k-th diagonal, or the k-th diagonal of the matrix `x`."""
    x = as_tensor(x)
    if len(x.shape) == 1:
        n = shape_of(x)[0] + abs(k)
        return from_diagonal(x, offset=int(k), rows=n, columns=n)
    if len(x.shape) != 2:
        raise ShapeError(f"diag: x must be a vector or a matrix, got shape {x.shape}. Use diagonal for more axes.")
    return diagonal(x, k)


def diagflat(x, k=0):
    """The matrix with all elements of `x` on its k-th diagonal."""
    return diag(ravel(x), k)


@linear(lambda d, x, k, lower: triangle(d, k=k, lower=lower), shape=lambda x, **_: x)
def triangle(x, *, k, lower):
    """Matrices with zeros above (`lower`) or below their k-th diagonal."""
    return np.tril(x, k) if lower else np.triu(x, k)


def tril(x, k=0):
    """Matrices in the last two axes with zeros above their k-th diagonal."""
    return triangle(x, k=int(k), lower=True)


def triu(x, k=0):
    """Matrices in the last two axes with zeros below their k-th diagonal."""
    return triangle(x, k=int(k), lower=False)


def fliplr(x):
    """The elements in reverse order along the second axis."""
    return flip(x, 1)


def flipud(x):
    """The elements in reverse order along the first axis."""
    return flip(x, 0)


def rot90(array, k=1, axes=(0, 1)):
    """`array` turned `k` times by 90 degrees, from the first of `axes` towards the second."""
    x = as_tensor(array)
    first, second = (dims.normalize_axis(axis, len(x.shape), "rot90") for axis in axes)
    if first == second:
        raise ShapeError(f"rot90: axes {tuple(axes)} of shape {x.shape} are the same.")
    k %= 4
    if k == 2:
        return flip(x, (first, second))
    if k == 1:
        return swapaxes(flip(x, second), first, second)
    return flip(swapaxes(x, first, second), second) if k else x


def rearrange(tensor, pattern, **axes_lengths):
    """Axes split, reordered and merged as a pattern says: 'b (h p) c -> b h (p c)' with p=2.

    Every name stands on both sides; of the names in a group at most one has no length given.
    Raises ShapeError where pattern and shape do not fit.
    """
    x = as_tensor(tensor)
    try:
        source, target = ([group.strip("()").split() for group in re.findall(r"\([^()]*\)|\w+", side)]
                          for side in pattern.split("->"))
    except ValueError:
        raise ShapeError(f"rearrange: pattern {pattern!r} must have the form 'axes -> axes'.") from None
    names, wanted = ([name for group in side for name in group] for side in (source, target))
    if sorted(names) != sorted(wanted) or len(set(names)) < len(names) or len(source) != len(x.shape):
        raise ShapeError(f"rearrange: pattern {pattern!r} must name the {len(x.shape)} axes of shape {x.shape}, and "
                         "each name once on either side.")
    if not axes_lengths.keys() <= set(names):
        raise ShapeError(f"rearrange: {sorted(axes_lengths.keys() - set(names))} do not occur in {pattern!r}.")
    lengths = dict(axes_lengths)
    for group, extent in zip(source, shape_of(x), strict=True):
        open_names = [name for name in group if name not in lengths]
        known = dims.product([lengths[name] for name in group if name in lengths])
        if len(open_names) > 1 or (type(extent) is int and (extent % known or (not open_names and extent != known))):
            raise ShapeError(f"rearrange: {group} of {pattern!r} with lengths {axes_lengths} does not divide an axis "
                             f"of {extent} in shape {x.shape}.")
        for name in open_names:
            lengths[name] = extent // known
    split_up = reshape(x, shape=tuple(lengths[name] for name in names))
    ordered = transpose(split_up, [names.index(name) for name in wanted])
    return reshape(ordered, shape=tuple(dims.product([lengths[name] for name in group]) for group in target))


def vander(x, N=None, increasing=False):
    """Powers of each element of the vector `x`, N - 1 down to 0, or 0 up to N - 1. Shapes: (n,) -> (n, N)."""
    x = as_tensor(x)
    if len(x.shape) != 1:
        raise ShapeError(f"vander: x must be a vector, got shape {x.shape}.")
    exponents = range(int(shape_of(x)[0] if N is None else N))
    powers = [power(x, n) for n in (exponents if increasing else reversed(exponents))]
    return stack(*powers, axis=1) if powers else reshape(x, shape=(-1, 1))[:, :0]
