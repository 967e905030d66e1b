"""Placing elements by index, and reducing those that share one: segments."""

import numpy as np

from ..autograd import dims
from ..autograd.batching import repeated
from ..autograd.dispatch import apply
from ..autograd.linear import ARRAY, broadcast_to, cast, getitem, reshape, scatter_sum, zeros_like
from ..autograd.op import declare, kept, linear, primitive, shifted
from ..autograd.operands import as_tensor, shape_of
from ..autograd.tensor import Tensor
from ..errors import ShapeError
from .arithmetic import divide_no_nan, maximum, select
from .creation import full_like
from .indexing import gather, index_arrays, known_values
from .unary import sqrt


def _scatter_batch(op, inputs, flags, attrs, size):
    """Placing in each entry of a batch: one more index array, which counts the entries, goes first."""
    x, updates, *arrays = inputs
    whole = [v if flag else repeated(v, size) for v, flag in zip((x, updates), flags)]
    ndim = max(a.ndim - flag for a, flag in zip(arrays, flags[2:]))
    return apply(op, [*whole, np.arange(size).reshape((size,) + (1,) * ndim), *arrays], attrs)


def _scatter_update_pull(d, y, xs, attrs, wanted):
    _, updates, *arrays = xs
    to_x = scatter_update(d, zeros_like(updates), *arrays)
    to_updates = getitem(d, *arrays, index=(ARRAY,) * len(arrays))
    return [to_x, to_updates] + [None] * len(arrays)


@declare("primitive", _scatter_update_pull, lambda x, *_: x, kept, batch=_scatter_batch)
def scatter_update(x, updates, *arrays):
    """`x` with `updates` put in place of its entries at the index arrays.

    Of several updates for one place the last stays; each gets that place's gradient, as in TensorFlow.
    """
    y = x.copy()
    y[arrays] = updates
    return y


def _add_at(updates, arrays, shape):
    return scatter_sum(updates, *arrays, indices=(((ARRAY,) * len(arrays), len(arrays)),), shape=shape)


def _pick(x, arrays):
    return getitem(x, *arrays, index=(ARRAY,) * len(arrays))


def _extreme_pull(d, y, x, updates, arrays):
    is_x = cast(x == y, dtype=d.dtype)
    is_update = cast(updates == _pick(y, arrays), dtype=d.dtype)
    share = d / (is_x + _add_at(is_update, arrays, x.shape))
    return share * is_x, _pick(share, arrays) * is_update


def _product_pull(d, y, x, updates, arrays):
    of_updates = scatter_reduce(zeros_like(x) + 1.0, updates, *arrays, reduction="mul")
    # For each update the product of all the others, right also where one of them is 0.
    zero = updates == 0
    without_zeros = scatter_reduce(x, select(zero, 1.0, updates), *arrays, reduction="mul")
    zeros = _add_at(cast(zero, dtype=d.dtype), arrays, x.shape)
    beside_zero = _pick(select(zeros > 1.0, 0.0, without_zeros), arrays)
    others = select(zero, beside_zero, divide_no_nan(_pick(y, arrays), updates))
    return d * of_updates, _pick(d, arrays) * others


def _scatter_reduce_pull(d, y, xs, attrs, wanted):
    x, updates, *arrays = xs
    pull = _product_pull if attrs["reduction"] == "mul" else _extreme_pull
    return [*pull(d, y, x, updates, arrays), *[None] * len(arrays)]


UFUNCS = {"max": np.maximum, "min": np.minimum, "mul": np.multiply}


@declare("primitive", _scatter_reduce_pull, lambda x, *_, reduction: x, kept, batch=_scatter_batch)
def scatter_reduce(x, updates, *arrays, reduction):
    """`x` with its entries at the index arrays reduced together with `updates`: 'max', 'min' or 'mul'.

    Equal extremes share the gradient.
    """
    y = x.copy()
    UFUNCS[reduction].at(y, arrays, updates)
    return y


def scatter_into(x, indices, updates, reduction=None):
    """`x` changed by `updates` at the index vectors along the last axis of `indices`.

    reduction   None replaces, else 'add', 'max', 'min' or 'mul' with what is there
    With repeated indices the last one replaces.
    """
    x = as_tensor(x)
    updates, arrays = as_tensor(updates, x.dtype), index_arrays(indices)
    if reduction is None:
        return scatter_update(x, updates, *arrays)
    if reduction == "add":
        return x + _add_at(updates, arrays, shape_of(x))
    if reduction not in UFUNCS:
        raise ValueError(f"scatter_update: reduction {reduction!r} is not known; use None, 'add', 'max', 'min' or "
                         "'mul'.")
    return scatter_reduce(x, updates, *arrays, reduction=reduction)


def scatter_nd(indices, updates, shape):
    """Zeros of `shape` with `updates` added at the index vectors along the last axis of `indices`."""
    return _add_at(as_tensor(updates), index_arrays(indices), dims.make_dims(shape))


def _put_transpose(d, x, updates, index):
    return put_slices(d, zeros_like(updates), index=index), getitem(d, index=index)


def _put_batch(op, inputs, flags, attrs, size):
    whole = [v if flag else repeated(v, size) for v, flag in zip(inputs, flags)]
    return apply(op, whole, {"index": (slice(None), *attrs["index"])})


@linear(_put_transpose, shape=lambda x, updates, index: x, batch=_put_batch)
def put_slices(x, updates, *, index):
    """`x` with `updates` in place of its part at `index`, a tuple of slices."""
    y = x.copy()
    y[index] = updates
    return y


def slice_update(inputs, start_indices, updates):
    """`inputs` with `updates` in place of the block that starts at `start_indices`.

    A block that would reach over the end is moved back to fit. Raises ShapeError if it is larger than `inputs`.
    """
    x = as_tensor(inputs)
    updates = as_tensor(updates, x.dtype)
    index, extents = [], shape_of(updates)
    if len(extents) != len(x.shape):
        raise ShapeError(f"slice_update: updates of shape {updates.shape} have another number of axes than inputs of "
                         f"shape {x.shape}.")
    for start, extent, length in zip(start_indices, extents, shape_of(x), strict=True):
        start, room = max(int(start), 0), length - extent
        if type(room) is int:
            if room < 0:
                raise ShapeError(f"slice_update: updates of shape {updates.shape} are larger than inputs of shape "
                                 f"{x.shape}.")
            start = min(start, room)
        elif extent == length:
            start = 0
        index.append(slice(start, start + extent))
    return put_slices(x, updates, index=tuple(index))


# --- segments --------------------------------------------------------------------------------------

@primitive(shape=lambda ids: ids, policy=kept, batch=shifted)
def ascending(ids):
    """`ids` as they are. Raises ShapeError unless they ascend along the last axis."""
    if (np.diff(ids) < 0).any():
        raise ShapeError("segment reduction: the segment ids are not in ascending order. Leave out sorted=True, or use "
                         "the unsorted form.")
    return ids


def _reduce_segments(data, segment_ids, num_segments, ordered, start, reduction=None):
    """Rows of `data` reduced by id into rows of `start`, a number. Negative ids are left out, as in TensorFlow."""
    data, ids = as_tensor(data), as_tensor(segment_ids)
    if num_segments is None:
        num_segments = int(known_values(ids, "segment reduction without num_segments").max(initial=-1)) + 1
    ids = maximum((ascending(ids) if ordered else ids) + 1, 0)      # negative ones go to a row before the first
    shape = (int(num_segments) + 1, *shape_of(data)[len(ids.shape):])
    if reduction is None:
        total = _add_at(data, [ids], shape)
    else:
        total = scatter_reduce(broadcast_to(Tensor(np.array(start, data.dtype.dtype)), shape=shape), data, ids,
                               reduction=reduction)
    return getitem(total, index=(slice(1, None),))


def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """Sums of the rows of `data` that share an id.

    segment_ids    integers from 0 for the leading axes of `data`; rows with a negative one are left out
    num_segments   rows of the result, by default the largest id and 1
    sorted         says that the ids ascend; raises ValueError where they do not
    """
    return _reduce_segments(data, segment_ids, num_segments, sorted, 0)


def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """Products of the rows of `data` that share an id, 1 where there are none. See `segment_sum`."""
    return _reduce_segments(data, segment_ids, num_segments, sorted, 1, "mul")


def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """Largest entries of the rows of `data` that share an id, the lowest number where there are none."""
    return _reduce_segments(data, segment_ids, num_segments, sorted, as_tensor(data).dtype.min, "max")


def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """Smallest entries of the rows of `data` that share an id, the highest number where there are none."""
    return _reduce_segments(data, segment_ids, num_segments, sorted, as_tensor(data).dtype.max, "min")


def segment_count(data, segment_ids, num_segments=None, sorted=False):
    """The number of rows with each id, in the dtype of `data` and shaped to go with its reductions."""
    data, ids = as_tensor(data), as_tensor(segment_ids)
    counts = segment_sum(full_like(ids, 1, data.dtype), ids, num_segments, sorted)
    return reshape(counts, shape=(*shape_of(counts), *(1,) * (len(data.shape) - len(ids.shape))))


def segment_mean(data, segment_ids, num_segments=None, sorted=False):
    """Means of the rows of `data` that share an id, 0 where there are none. See `segment_sum`."""
    total = segment_sum(data, segment_ids, num_segments, sorted)
    return divide_no_nan(total, segment_count(data, segment_ids, num_segments))


def segment_sqrt_n(data, segment_ids, num_segments=None, sorted=False):
    """Sums of the rows of `data` that share an id over the square root of their number, 0 where there are none."""
    total = segment_sum(data, segment_ids, num_segments, sorted)
    return divide_no_nan(total, sqrt(segment_count(data, segment_ids, num_segments)))


def dynamic_partition(data, partitions, num_partitions):
    """The rows of `data` in `num_partitions` tensors: tensor i has those where `partitions` is i, in order."""
    data, partitions = as_tensor(data), known_values(partitions, "dynamic_partition")
    outside = partitions[(partitions < 0) | (partitions >= num_partitions)]
    if outside.size:
        raise ShapeError(f"dynamic_partition: partitions must be in 0..{num_partitions - 1}, got {outside[0]}.")
    rows = reshape(data, shape=(partitions.size, *shape_of(data)[partitions.ndim:]))
    return [gather(rows, np.flatnonzero(partitions == i)) for i in range(num_partitions)]


def dynamic_stitch(indices, data):
    """One tensor that has each row of `data` (a list of tensors) at the place its index says.

    The opposite of `dynamic_partition`. Of several rows for one place the last stays; places without one are 0.
    """
    indices = [known_values(i, "dynamic_stitch") for i in indices]
    data = [as_tensor(x) for x in data]
    rest = shape_of(data[0])[indices[0].ndim:]
    total = Tensor(np.zeros((max(int(i.max(initial=-1)) for i in indices) + 1, *rest), data[0].dtype.dtype))
    for i, x in zip(indices, data, strict=True):
        total = scatter_update(total, x, i)
    return total
