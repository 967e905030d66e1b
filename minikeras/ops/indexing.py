"""Picking elements by index."""

import operator

import numpy as np

from ..autograd import dims, dtypes
from ..autograd.linear import ARRAY, broadcast_to, getitem, reshape
from ..autograd.op import declare, kept, primitive, shifted
from ..autograd.operands import as_tensor, shape_of
from ..autograd.tensor import Operand, SymbolicTensor, Tensor, ndarray
from ..errors import DTypeError, ShapeError, SymbolicError
from .arithmetic import where
from .creation import full_like
from .reduce import max
from .running import cumsum
from .shapes import moveaxis, pad_zeros, ravel


def subscript(x, index):
    """`x[index]`: integers, slices, None, Ellipsis, boolean masks and integer arrays, as in NumPy."""
    if isinstance(index, (Operand, ndarray)) and index.dtype == bool and index.shape:
        return boolean_mask(x, index)
    template, arrays = [], []
    for item in index if isinstance(index, tuple) else (index,):
        if isinstance(item, (list, ndarray, Operand)) and not _is_integer(item):
            array = as_tensor(item)
            if isinstance(array, SymbolicTensor) and array.dtype == "bool":
                raise SymbolicError("x[mask]: how many entries a mask picks depends on its values, which are not known "
                                    "yet. Use ops.where(mask, x, ...), which keeps the shape.")
            if type(array) is Tensor and array._array.dtype.kind == "b":
                parts = np.nonzero(known_values(array, "a mask in an index"))
            else:
                parts = [array]
            template += [ARRAY] * len(parts)
            arrays += parts
        elif isinstance(item, slice):
            template.append(slice(*[_number(n) for n in (item.start, item.stop, item.step)]))
        else:
            template.append(item if item is None or item is Ellipsis else _number(item))
    return getitem(x, *arrays, index=tuple(template))


def _is_integer(item):
    return isinstance(item, (Tensor, ndarray)) and not item.shape and np.dtype(item.dtype).kind in "iu"


def _number(item):
    if item is None or isinstance(item, (int, dims.Dimension)):
        return item
    try:
        return operator.index(item)
    except TypeError:
        raise DTypeError(f"an index must be made of integers, slices, ..., None, or tensors of integers or booleans, "
                         f"got {type(item).__name__} {str(item)[:40]!r}.") from None


def gather(x, indices, axis=0, batch_dims=0):
    """Entries of `x` along `axis` at integer `indices`, whose axes take the place of that one.

    batch_dims   leading axes that `x` and `indices` have in common and go along together
    The gradient of a Variable along axis 0 is an IndexedSlices. Raises ShapeError for indices out of range.
    """
    indices = as_tensor(indices)
    if np.dtype(indices.dtype).kind not in "iu":
        raise DTypeError(f"gather: indices must be integers, got {np.dtype(indices.dtype).name}. Cast them: "
                         "tf.cast(indices, 'int32').")
    axis = dims.normalize_axis(axis, len(shape_of(x)), "gather")
    if not batch_dims:
        return getitem(x, indices, index=(slice(None),) * axis + (ARRAY,))
    ndim = len(indices.shape)
    batch_dims, between = batch_dims % (ndim + 1), axis - batch_dims
    if between < 0:
        raise ShapeError(f"gather: axis {axis} is one of the batch_dims={batch_dims} leading axes.")
    y = getitem(x, *_counters(indices, batch_dims, ndim), indices,
                index=(ARRAY,) * batch_dims + (slice(None),) * between + (ARRAY,))
    # With axes between them the gathered ones come first.
    own = range(batch_dims, ndim)
    return moveaxis(y, own, [i + between for i in own]) if between and own else y


def _counters(x, count, ndim):
    """The index along each of the first `count` axes of `x`, to be broadcast over `ndim` axes."""
    vectors = []
    for axis in range(count):
        along = getitem(x, index=tuple([slice(None) if i == axis else slice(0, 1) for i in range(len(x.shape))]))
        numbers = cumsum(full_like(ravel(along), 1, "int32"), axis=0, exclusive=True)
        vectors.append(reshape(numbers, shape=(-1,) + (1,) * (ndim - 1 - axis)))
    return vectors


def take(x, indices, axis=None):
    """Entries of `x` at integer `indices` along `axis`, of the flat tensor if it is None."""
    return gather(ravel(x), indices) if axis is None else gather(x, indices, axis=axis)


def repeat(x, repeats, axis=None):
    """Each element repeated `repeats` times (an integer or one per element) along `axis`."""
    x = ravel(x) if axis is None else as_tensor(x)
    extents = shape_of(x)
    axis = dims.normalize_axis(axis or 0, len(extents), "repeat")
    repeats = np.asarray(repeats)
    if repeats.size == 1:
        count, before, after = int(repeats.item()), extents[:axis + 1], extents[axis + 1:]
        spread = broadcast_to(reshape(x, shape=(*before, 1, *after)), shape=(*before, count, *after))
        return reshape(spread, shape=(*extents[:axis], extents[axis] * count, *after))
    dims.unify(extents[axis], repeats.size, f"repeat: the number of repeats for axis {axis} of shape {x.shape}")
    return gather(x, np.repeat(np.arange(repeats.size), repeats), axis=axis)


def pad(x, pad_width, mode="constant", constant_values=None):
    """`x` with a border: 'constant' (0 unless `constant_values` says otherwise), 'reflect' or 'symmetric'.

    pad_width   (before, after) for each axis, or one pair or number for all
    Raises ValueError for another mode, and for `constant_values` where no constant is filled in.
    """
    x = as_tensor(x)
    if mode != "constant" and constant_values is not None:
        raise ValueError(f"pad: constant_values={constant_values!r} goes with mode='constant', not with {mode!r}.")
    constant_values = constant_values or 0
    widths = np.broadcast_to(np.asarray(pad_width), (len(x.shape), 2))
    widths = tuple((int(before), int(after)) for before, after in widths)
    if mode == "constant":
        return pad_with(x, constant_values, widths) if constant_values else pad_zeros(x, pad_width=widths)
    if mode not in ("reflect", "symmetric"):
        raise ValueError(f"pad: mode {mode!r} is not known; use 'constant', 'reflect' or 'symmetric'.")
    for axis, width in enumerate(widths):
        if width != (0, 0):
            x = gather(x, np.pad(np.arange(x.shape[axis]), width, mode), axis=axis)
    return x


def pad_with(x, value, pad_width):
    """`value` around the array, also an infinite one: `pad_width` is (before, after) for each axis."""
    inside = np.ones((), bool)
    for n, (before, after) in zip(shape_of(x), pad_width):
        if type(n) is not int or before == after == 0:      # one entry stands for all
            before, n, after = 0, 1, 0
        inside = inside[..., None] & np.repeat([False, True, False], [before, n, after])
    return where(inside, pad_zeros(x, pad_width=pad_width), value)


def index_arrays(indices):
    """The index arrays for the index vectors along the last axis of `indices`."""
    indices = as_tensor(indices)
    return [getitem(indices, index=(Ellipsis, i)) for i in range(shape_of(indices)[-1])]


def gather_nd(x, indices, batch_dims=0):
    """Entries of `x` at the index vectors along the last axis of `indices`.

    batch_dims   leading axes that `x` and `indices` have in common and go along together
    """
    indices = as_tensor(indices)
    arrays = _counters(indices, batch_dims, len(indices.shape) - 1) + index_arrays(indices)
    return getitem(x, *arrays, index=(ARRAY,) * len(arrays))


def _along(indices, extents, axis):
    """The index that pairs each entry of `indices` with its place along the other axes."""
    return tuple([indices if i == axis else np.arange(n).reshape([-1 if j == i else 1 for j in range(len(extents))])
                  for i, n in enumerate(extents)])


def _take_along_pull(d, y, xs, attrs, wanted):
    x, indices = xs
    return [add_along_axis(d, indices, axis=attrs["axis"], shape=tuple(x.shape)), None]


def _take_along_shape(x, indices, axis):
    return dims.broadcast((*x[:axis], 1, *x[axis + 1:]), indices)


@declare("linear", _take_along_pull, _take_along_shape, kept, batch=shifted)
def pick_along_axis(x, indices, *, axis):
    """Entries of `x` along `axis`, at `indices` of the same number of axes; other axes broadcast."""
    return x[_along(indices, x.shape, axis)]


@declare("linear", lambda d, y, xs, attrs, wanted: [pick_along_axis(d, xs[1], axis=attrs["axis"]), None],
         lambda x, indices, axis, shape: shape, kept, batch=shifted)
def add_along_axis(x, indices, *, axis, shape):
    """The transpose of `pick_along_axis`: zeros of `shape` with `x` added at `indices` along `axis`."""
    total = np.zeros(shape, x.dtype)
    np.add.at(total, _along(indices, shape, axis), x)
    return total


def take_along_axis(x, indices, axis=None):
    """Entries of `x` along `axis` (of the flat `x` if it is None), at `indices` of the same number of axes."""
    x, indices = as_tensor(x), as_tensor(indices)
    if axis is None:
        return pick_along_axis(ravel(x), ravel(indices), axis=0)
    return pick_along_axis(x, indices, axis=dims.normalize_axis(axis, len(x.shape), "take_along_axis"))


def boolean_mask(x, mask, axis=0):
    """The entries of `x` where `mask`, over the axes from `axis` on, is true, in one axis.

    Raises ShapeError if the extents of the mask are not those of `x`.
    """
    x, mask = as_tensor(x), known_values(mask, "boolean_mask")
    axis = dims.normalize_axis(axis, len(x.shape), "boolean_mask")
    covered = shape_of(x)[axis:axis + mask.ndim]
    if not mask.ndim or len(covered) < mask.ndim:
        raise ShapeError(f"boolean_mask: a mask of {mask.ndim} axes does not fit axes {axis} and following of a tensor "
                         f"of shape {x.shape}.")
    for have, want in zip(mask.shape, covered, strict=True):
        dims.unify(want, have, f"boolean_mask: tensor of shape {x.shape}, mask of shape {mask.shape}")
    return getitem(x, *np.nonzero(mask), index=(slice(None),) * axis + (ARRAY,) * mask.ndim)


def known_values(x, where):
    """The array of a tensor whose values decide the shape of what `where` gives: they leave the graph. Raises
    SymbolicError without one."""
    x = as_tensor(x)
    if isinstance(x, SymbolicTensor):
        raise SymbolicError(f"{where}: the shape of the result depends on values that are not known yet. "
                            "Call it on tensors with numbers, outside the model.")
    return x._leave(where) if isinstance(x, Tensor) else x


def slice_from(x, start, extents):
    """The block of `x` that starts at `start`; an extent of -1 is all that is left.

    Raises ShapeError if the block reaches over the end.
    """
    x, index = as_tensor(x), []
    for at, extent, length in zip(start, extents, shape_of(x), strict=True):
        at = _number(at)
        stop = length if _is_rest(extent) else at + _number(extent)
        if type(length) is int and type(stop) is int and not 0 <= at <= stop <= length:
            raise ShapeError(f"slice: a block of {tuple(extents)} from {tuple(start)} is not within shape {x.shape}.")
        index.append(slice(at, stop))
    return getitem(x, index=tuple(index))


def _is_rest(extent):
    return not isinstance(extent, dims.Dimension) and extent == -1


@primitive(shape=lambda x, *, num_classes, axis=-1, dtype="float32":
           (*x, num_classes) if axis == -1 else (*x[:axis], num_classes, *x[axis:]),
           policy=kept, result=lambda inputs, attrs: np.dtype(attrs.get("dtype", "float32")), batch=shifted)
def one_hot_op(x, *, num_classes, axis=-1, dtype="float32"):
    """Rows of zeros with a one at each integer of `x`; integers out of range give zeros."""
    y = (x[..., None] == np.arange(num_classes)).astype(getattr(dtype, "dtype", dtype))
    return y if axis == -1 else np.moveaxis(y, -1, axis)


def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """A new axis of `num_classes` entries, 1 at the integer of `x` and 0 elsewhere; integers out of range give zeros.

    Raises ValueError for sparse=True: there are no sparse tensors.
    """
    _refuse_sparse("one_hot", sparse)
    x, dtype = as_tensor(x), dtypes.as_dtype(dtype or "float32").name
    axis = dims.normalize_axis(axis, len(x.shape) + 1, "one_hot")
    return one_hot_op(x, num_classes=int(num_classes), axis=-1 if axis == len(x.shape) else axis, dtype=dtype)


def multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False):
    """1 at each of the integers in a row of `inputs` and 0 elsewhere. Shapes: (..., n, ...) -> (..., num_classes).

    The integers of a row run along axis 1, along axis 0 if there is only one. Raises ValueError for sparse=True.
    """
    _refuse_sparse("multi_hot", sparse)
    if num_classes is None:
        raise ValueError("multi_hot: num_classes must be given.")
    inputs = as_tensor(inputs)
    hot = one_hot(inputs, num_classes, axis, dtype)
    return max(hot, axis=1 if len(inputs.shape) > 1 else 0)


def _refuse_sparse(where, sparse):
    if sparse:
        raise ValueError(f"{where}: sparse=True is not supported; there are no sparse tensors here. Leave it out.")


def select(condlist, choicelist, default=0):
    """Element by element the choice whose condition is the first that holds, else `default`."""
    if len(condlist) != len(choicelist) or not condlist:
        raise ShapeError(f"select: {len(condlist)} conditions for {len(choicelist)} choices; each needs one.")
    y = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist)):
        y = where(condition, choice, y)
    return y
