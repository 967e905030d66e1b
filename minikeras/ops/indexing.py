"""Picking and placing elements by index; sorting, which picks by computed indices."""

import numpy as np

from ..autograd import dims
from ..autograd.linear import ARRAY, broadcast_to, getitem, reshape, scatter_sum, zeros_like
from ..autograd.op import declare, kept, primitive, shifted
from ..autograd.operands import as_tensor, shape_of
from ..autograd.tensor import Operand, SymbolicTensor, Tensor, ndarray
from ..errors import SymbolicError
from .shapes import pad_zeros, ravel


def subscript(x, index):
    """`x[index]`: integers, slices, None, Ellipsis, boolean masks and integer arrays, as in NumPy."""
    template, arrays = [], []
    for item in index if isinstance(index, tuple) else (index,):
        if isinstance(item, (list, ndarray, Operand)) and not _is_integer(item):
            array = as_tensor(item)
            if isinstance(array, SymbolicTensor) and array.dtype == "bool":
                raise SymbolicError("x[mask]: how many entries a mask picks depends on its values, which are not known "
                                    "yet. Use ops.where(mask, x, ...), which keeps the shape.")
            if type(array) is Tensor and array._array.dtype.kind == "b":
                parts = np.nonzero(array._array)
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
    return item if item is None or isinstance(item, (int, dims.Dimension)) else int(item)


def gather(x, indices, axis=0):
    """Entries of `x` along `axis` at integer `indices`, whose axes take the place of that one.

    The gradient of a Variable along axis 0 is an IndexedSlices. Raises ShapeError for indices out of range.
    """
    indices = as_tensor(indices)
    axis = dims.normalize_axis(axis, len(shape_of(x)), "gather")
    return getitem(x, indices, index=(slice(None),) * axis + (ARRAY,))


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


def pad(x, pad_width, mode="constant", constant_values=0):
    """`x` with a border: 'constant', 'reflect' or 'symmetric'; widths as (before, after) per axis."""
    x = as_tensor(x)
    widths = np.broadcast_to(np.asarray(pad_width), (len(x.shape), 2))
    widths = tuple((int(before), int(after)) for before, after in widths)
    if mode == "constant":
        return pad_zeros(x - constant_values, pad_width=widths) + constant_values if constant_values else pad_zeros(
            x, pad_width=widths)
    if mode not in ("reflect", "symmetric"):
        raise ValueError(f"pad: mode {mode!r} is not known; use 'constant', 'reflect' or 'symmetric'.")
    for axis, width in enumerate(widths):
        if width != (0, 0):
            x = gather(x, np.pad(np.arange(x.shape[axis]), width, mode), axis=axis)
    return x


def gather_nd(x, indices):
    """Entries of `x` at the index vectors along the last axis of `indices`."""
    indices = as_tensor(indices)
    parts = [getitem(indices, index=(Ellipsis, i)) for i in range(indices.shape[-1])]
    return getitem(x, *parts, index=(ARRAY,) * len(parts))


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


def take_along_axis(x, indices, axis=-1):
    """Entries of `x` along `axis` (of the flat `x` if it is None), at `indices` of the same number of axes."""
    x, indices = as_tensor(x), as_tensor(indices)
    if axis is None:
        return pick_along_axis(ravel(x), ravel(indices), axis=0)
    return pick_along_axis(x, indices, axis=dims.normalize_axis(axis, len(x.shape), "take_along_axis"))


def boolean_mask(x, mask):
    """The entries of `x` where `mask`, over its leading axes, is true, in one axis."""
    return subscript(as_tensor(x), np.asarray(mask))


@primitive(shape=lambda x, **_: x, policy=kept, result=np.int32, batch=shifted)
def argsort(x, *, axis=-1, descending=False):
    """Indices that sort `x` along `axis`; equal elements keep their order."""
    if descending:      # negating would fail for booleans and wrap small integers around
        order = np.flip(np.argsort(np.flip(x, axis), axis, kind="stable"), axis)
        return (x.shape[axis] - 1 - order).astype(np.int32)
    return np.argsort(x, axis, kind="stable").astype(np.int32)


def sort(x, axis=-1):
    """The elements in ascending order along `axis`."""
    return take_along_axis(x, argsort(x, axis=axis), axis)


def top_k(x, k, sorted=True):
    """The `k` largest elements along the last axis in descending order, and their indices."""
    x = as_tensor(x)
    order = argsort(x, axis=-1, descending=True)
    indices = getitem(order, index=(Ellipsis, slice(0, k)))
    return take_along_axis(x, indices, -1), indices


@primitive(shape=lambda x, *, num_classes, axis=-1, dtype="float32":
           (*x, num_classes) if axis == -1 else (*x[:axis], num_classes, *x[axis:]),
           policy=kept, result=lambda inputs, attrs: np.dtype(attrs.get("dtype", "float32")))
def one_hot_op(x, *, num_classes, axis=-1, dtype="float32"):
    """Rows of zeros with a one at each integer of `x`; integers out of range give zeros."""
    y = (x[..., None] == np.arange(num_classes)).astype(getattr(dtype, "dtype", dtype))
    return y if axis == -1 else np.moveaxis(y, -1, axis)


def one_hot(x, num_classes, axis=-1, dtype="float32"):
    """A new axis of `num_classes` entries, 1 at the integer of `x` and 0 elsewhere."""
    return one_hot_op(as_tensor(x), num_classes=int(num_classes), axis=axis, dtype=np.dtype(dtype).name)


def _scatter_update_pull(d, y, xs, attrs, wanted):
    _, updates, *arrays = xs
    to_x = scatter_update(d, zeros_like(updates), *arrays)
    to_updates = getitem(d, *arrays, index=(ARRAY,) * len(arrays))
    return [to_x, to_updates] + [None] * len(arrays)


@declare("primitive", _scatter_update_pull, lambda x, *_: x, kept)
def scatter_update(x, updates, *arrays):
    """`x` with `updates` put in place of its entries at the index arrays."""
    y = x.copy()
    y[arrays] = updates
    return y


def tensor_scatter_nd_update(x, indices, updates):
    """`x` with the entries at the index vectors along the last axis of `indices` replaced."""
    x, indices = as_tensor(x), as_tensor(indices)
    parts = [getitem(indices, index=(Ellipsis, i)) for i in range(indices.shape[-1])]
    return scatter_update(x, as_tensor(updates, x.dtype), *parts)


def scatter_nd(indices, updates, shape):
    """Zeros of `shape` with `updates` added at the index vectors along the last axis of `indices`."""
    indices, updates = as_tensor(indices), as_tensor(updates)
    parts = [getitem(indices, index=(Ellipsis, i)) for i in range(indices.shape[-1])]
    return scatter_sum(updates, *parts, indices=(((ARRAY,) * len(parts), len(parts)),),
                       shape=tuple(int(n) for n in shape))


def segment_sum(data, segment_ids, num_segments=None):
    """Sums of the rows of `data` that share an id; ids run from 0."""
    data, ids = as_tensor(data), as_tensor(segment_ids)
    num = int(num_segments) if num_segments is not None else int(np.max(ids.numpy(), initial=-1)) + 1
    return scatter_sum(data, ids, indices=(((ARRAY,), 1),), shape=(num, *data.shape[len(ids.shape):]))
