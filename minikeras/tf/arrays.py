"""TensorFlow's names for picking, placing, searching and counting."""

import builtins
import collections

import numpy as np

from ..autograd import dims, dtypes
from ..autograd.linear import reshape, stack
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from ..ops import creation, indexing, joining, placing, shapes, sorting
from ..ops.arithmetic import select, within
from . import tf_function_of


def slice(input_, begin, size, name=None):
    """The block of `input_` that starts at `begin`; a size of -1 is all that is left."""
    return indexing.slice_from(input_, np.asarray(begin).tolist(), np.asarray(size).tolist())


def strided_slice(input_, begin, end, strides=None, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0,
                  shrink_axis_mask=0, name=None):
    """`input_[begin:end:strides, ...]`; bit i of a mask says what item i of the index is instead.

    begin_mask, end_mask   open ends;  ellipsis_mask ...;  new_axis_mask None;  shrink_axis_mask the integer `begin`
    """
    begin, end = (np.asarray(bounds).tolist() for bounds in (begin, end))
    strides = [1] * len(begin) if strides is None else np.asarray(strides).tolist()
    index = []
    for i, (start, stop, step) in enumerate(zip(begin, end, strides, strict=True)):
        bit = 1 << i
        if ellipsis_mask & bit:
            index.append(Ellipsis)
        elif new_axis_mask & bit:
            index.append(None)
        elif shrink_axis_mask & bit:
            index.append(start)
        else:
            index.append(builtins.slice(None if begin_mask & bit else start, None if end_mask & bit else stop, step))
    return indexing.subscript(as_tensor(input_), tuple(index))


def gather(params, indices, validate_indices=None, axis=None, batch_dims=0, name=None):
    """Entries of `params` along `axis`, by default the first after `batch_dims` axes that both have in common.

    The gradient of a Variable along axis 0 is an IndexedSlices. Indices are always validated.
    Raises ShapeError for indices out of range; negative ones are, unlike in NumPy.
    """
    indices = within(as_tensor(indices), low=0, high=np.inf,
                     complaint="gather: index {} is negative; indices run from 0.")
    batch_dims = int(batch_dims)
    batch_dims += (batch_dims < 0) * len(indices.shape)
    return indexing.gather(params, indices, batch_dims if axis is None else int(axis), batch_dims)


def tensor_scatter_nd_update(tensor, indices, updates, name=None):
    """`tensor` with the entries at index vectors replaced, repeated ones by the last."""
    return placing.scatter_into(tensor, indices, updates)


def tensor_scatter_nd_add(tensor, indices, updates, name=None):
    """`tensor` with `updates` added at index vectors."""
    return placing.scatter_into(tensor, indices, updates, "add")


def tensor_scatter_nd_sub(tensor, indices, updates, name=None):
    """`tensor` with `updates` subtracted at index vectors."""
    return placing.scatter_into(tensor, indices, -as_tensor(updates), "add")


def tensor_scatter_nd_max(tensor, indices, updates, name=None):
    """`tensor` with larger `updates` in place of entries at index vectors; equal ones share the gradient."""
    return placing.scatter_into(tensor, indices, updates, "max")


def tensor_scatter_nd_min(tensor, indices, updates, name=None):
    """`tensor` with smaller `updates` in place of entries at index vectors; equal ones share the gradient."""
    return placing.scatter_into(tensor, indices, updates, "min")


def boolean_mask(tensor, mask, axis=None, name="boolean_mask"):
    """The entries where `mask`, over the axes from `axis` (the first) on, is true."""
    return indexing.boolean_mask(tensor, mask, 0 if axis is None else int(axis))


def sequence_mask(lengths, maxlen=None, dtype="bool", name=None):
    """Rows that are true for as many entries as `lengths` says. Shapes: (...) -> (..., maxlen)

    maxlen   the longest of `lengths` by default
    """
    lengths = as_tensor(lengths)
    if maxlen is None:
        maxlen = indexing.known_values(lengths, "sequence_mask without maxlen").max(initial=0)
    mask = np.arange(int(maxlen)).astype(lengths.dtype.dtype) < shapes.expand_dims(lengths, -1)
    return creation.cast(mask, dtype)


def reverse_sequence(input, seq_lengths, seq_axis=None, batch_axis=None, name=None):
    """For each entry along `batch_axis` the first `seq_lengths` entries along `seq_axis` in reverse order."""
    x = as_tensor(input)
    batch_axis = dims.normalize_axis(batch_axis or 0, len(x.shape), "reverse_sequence")
    seq_axis = dims.normalize_axis(seq_axis, len(x.shape), "reverse_sequence")
    extents = [1] * len(x.shape)
    extents[batch_axis] = -1
    lengths = reshape(creation.cast(seq_lengths, "int32"), shape=tuple(extents))
    along = [-1 if i == seq_axis else 1 for i in range(len(x.shape))]
    places = np.arange(x.shape[seq_axis], dtype=np.int32).reshape(along)
    return indexing.take_along_axis(x, select(places < lengths, lengths - 1 - places, places), seq_axis)


def ensure_shape(x, shape, name=None):
    """`x`, after a check that its shape is `shape`, where None stands for any extent."""
    x = as_tensor(x)
    if len(shape) != len(x.shape):
        raise ShapeError(f"ensure_shape: shape {x.shape} does not have the {len(shape)} axes of {tuple(shape)}.")
    for have, want in zip(shape_of(x), shape):
        if want is not None:
            dims.unify(have, int(want), f"ensure_shape: {x.shape} against {tuple(shape)}")
    return x


def broadcast_static_shape(shape_x, shape_y):
    """The shape that tensors of two shapes are broadcast to, a tuple."""
    return dims.public_shape(dims.broadcast(dims.make_dims(shape_x), dims.make_dims(shape_y)))


def broadcast_dynamic_shape(shape_x, shape_y):
    """The shape that tensors of two shapes are broadcast to, a tensor of integers."""
    return creation.constant(list(np.broadcast_shapes(*[tuple(np.asarray(s).tolist()) for s in (shape_x, shape_y)])),
                             dtypes.as_dtype("int32"))


def searchsorted(sorted_sequence, values, side="left", out_type="int32", name=None):
    """For each value its place in the last axis of the ascending `sorted_sequence`; other axes go along."""
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side must be 'left' or 'right', got {side!r}.")
    return sorting.search(sorted_sequence, values, side=side, dtype=dtypes.as_dtype(out_type).name)


Unique = collections.namedtuple("Unique", "y idx")
UniqueWithCounts = collections.namedtuple("UniqueWithCounts", "y idx count")


def unique(x, out_idx="int32", name=None):
    """The different elements of a vector in the order of their first occurrence, and for each element its equal."""
    return Unique(*unique_with_counts(x, out_idx)[:2])


def unique_with_counts(x, out_idx="int32", name=None):
    """As `unique`, and how often each occurs."""
    x = as_tensor(x)
    if len(x.shape) != 1:
        raise ShapeError(f"unique: x must be a vector, got shape {x.shape}.")
    y, index, counts = sorting.unique(x, sorted=False, return_inverse=True, return_counts=True)
    return UniqueWithCounts(y, creation.cast(index, out_idx), creation.cast(counts, out_idx))


def unravel_index(indices, dims, name=None):
    """The index vectors of indices into the flat tensor of shape `dims`. Shapes: (n,) -> (len(dims), n)"""
    return stack(*sorting.unravel_index(indices, np.asarray(dims).tolist()), axis=0)


def histogram_fixed_width(values, value_range, nbins=100, dtype="int32", name=None):
    """How many values lie in each of `nbins` equal parts of `value_range`; values outside count for the last ones."""
    bins = shapes.ravel(sorting.histogram_fixed_width_bins(values, value_range, int(nbins)))
    return creation.cast(placing.segment_sum(creation.full_like(bins, 1), bins, int(nbins)), dtype)


def histogram_fixed_width_bins(values, value_range, nbins=100, dtype="int32", name=None):
    """For each value its part among `nbins` equal ones of `value_range`; values outside count for the last ones."""
    return creation.cast(sorting.histogram_fixed_width_bins(values, value_range, int(nbins)), dtype)


dynamic_partition = tf_function_of(placing.dynamic_partition, "data", "partitions", "num_partitions")
dynamic_stitch = tf_function_of(placing.dynamic_stitch, "indices", "data")
gather_nd = tf_function_of(indexing.gather_nd, "params", "indices", "batch_dims")
meshgrid = tf_function_of(joining.meshgrid)
saturate_cast = tf_function_of(creation.saturate_cast, "value", "dtype")
scatter_nd = tf_function_of(placing.scatter_nd, "indices", "updates", "shape")
