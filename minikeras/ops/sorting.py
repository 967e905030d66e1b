"""Sorting, searching and counting."""

import numpy as np

from ..autograd import dtypes
from ..autograd.linear import cast, getitem, reshape
from ..autograd.op import kept, primitive, shifted
from ..autograd.operands import as_tensor, shape_of
from ..autograd.tensor import Tensor
from ..errors import ShapeError
from .arithmetic import clip, floor_divide, isfinite, mod
from .creation import full_like
from .indexing import gather, known_values, pad, take_along_axis
from .placing import scatter_nd, segment_sum
from .reduce import all, sum
from .shapes import expand_dims, ravel
from .unary import floor


@primitive(shape=lambda x, **_: x, policy=kept, result=np.int32, batch=shifted)
def argsort(x, *, axis=-1, descending=False):
    """Indices that sort `x` along `axis`; equal elements keep their order."""
    if descending:      # negating would fail for booleans and wrap small integers around
        order = np.flip(np.argsort(np.flip(x, axis), axis, kind="stable"), axis)
        return (x.shape[axis] - 1 - order).astype(np.int32)
    return np.argsort(x, axis, kind="stable").astype(np.int32)


@primitive(shape=lambda x, **_: x, policy=kept, result=np.int32, batch=shifted)
def argpartition_op(x, *, kth, axis=-1):
    """Indices that part `x` along `axis`: smaller elements before the one at `kth`, larger ones behind it."""
    return np.argpartition(x, kth, axis).astype(np.int32)


def argpartition(x, kth, axis=-1):
    """Indices that part `x` along `axis`: smaller elements before the one at `kth`, larger ones behind it.

    With axis None those of the flat `x`.
    """
    if axis is None:
        return argpartition_op(ravel(x), kth=int(kth), axis=0)
    return argpartition_op(x, kth=int(kth), axis=axis)


def sort(x, axis=-1):
    """The elements in ascending order along `axis`, those of the flat `x` if it is None."""
    x, axis = (ravel(x), 0) if axis is None else (x, axis)
    return take_along_axis(x, argsort(x, axis=axis), axis)


def top_k(x, k, sorted=True):
    """The `k` largest elements along the last axis in descending order (whatever `sorted`), and their indices."""
    x = as_tensor(x)
    extents = shape_of(x)
    if not extents or (type(extents[-1]) is int and not 0 <= k <= extents[-1]):
        raise ShapeError(f"top_k: there are no k={k} elements along the last axis of shape {x.shape}.")
    order = argsort(x, axis=-1, descending=True)
    indices = getitem(order, index=(Ellipsis, slice(0, int(k))))
    return take_along_axis(x, indices, -1), indices


def in_top_k(targets, predictions, k):
    """Whether less than `k` predictions of a row are above that of its target. Shapes: (n,), (n, classes) -> (n,).

    False for a target out of range and a row that is not finite.
    """
    targets, predictions = as_tensor(targets), as_tensor(predictions)
    classes = shape_of(predictions)[-1]
    own = take_along_axis(predictions, expand_dims(clip(targets, 0, classes - 1), -1), -1)
    above = sum(cast(predictions > own, dtype="int32"), axis=-1)
    return (above < k) & all(isfinite(predictions), axis=-1) & (targets >= 0) & (targets < classes)


@primitive(shape=lambda ordered, x, **_: x, result=lambda inputs, attrs: np.dtype(attrs.get("dtype", "int32")))
def search(ordered, x, *, side="left", dtype="int32"):
    """For each element of `x` its place in the last axis of `ordered`, which ascends; other axes go along."""
    if ordered.ndim == 1:
        return np.searchsorted(ordered, x, side).astype(dtype)
    rows, values = (v.reshape(-1, v.shape[-1]) for v in (ordered, x))
    found = [np.searchsorted(row, each, side) for row, each in zip(rows, values, strict=True)]
    return np.asarray(found, dtype).reshape(x.shape)


def searchsorted(sorted_sequence, values, side="left"):
    """For each value the index in the ascending vector where it belongs, before ('left') or after equal ones."""
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side must be 'left' or 'right', got {side!r}.")
    sorted_sequence = as_tensor(sorted_sequence)
    if len(sorted_sequence.shape) != 1:
        raise ShapeError(f"searchsorted: the sorted sequence must be a vector, got shape {sorted_sequence.shape}.")
    return search(sorted_sequence, values, side=side)


def digitize(x, bins):
    """For each element the number of ascending `bins` that are not above it."""
    return searchsorted(bins, x, side="right")


def unique(x, sorted=True, return_index=False, return_inverse=False, return_counts=False, axis=None, size=None,
           fill_value=None):
    """The different elements of `x`, or its different entries along `axis`; the gradient goes to the first of equals.

    sorted           in ascending order, else in that of their first occurrence
    return_index     also where each occurs first
    return_inverse   also, for each element of `x`, the index of its equal
    return_counts    also how often each occurs
    size             so many: cut off, or filled up with `fill_value` (0), index 1 and count 0 as Keras does
    """
    values = known_values(x, "unique")
    _, index, inverse, counts = np.unique(values, True, True, True, axis)
    inverse = inverse.reshape(values.shape if axis is None else -1)
    if not sorted:
        order = np.argsort(index)
        index, counts, inverse = index[order], counts[order], np.argsort(order)[inverse]
    x, along = (ravel(x), 0) if axis is None else (as_tensor(x), axis)
    y = gather(x, index[:size], axis=along)
    if size is not None and size > len(index):
        missing = size - len(index)
        widths = np.zeros((len(x.shape), 2), int)
        widths[along, 1] = missing
        y = pad(y, widths, constant_values=fill_value or 0)
        index, counts = np.pad(index, (0, missing), constant_values=1), np.pad(counts, (0, missing))
    extras = [(return_index, index[:size]), (return_inverse, inverse), (return_counts, counts[:size])]
    asked = [Tensor(extra.astype(np.int32)) for wanted, extra in extras if wanted]
    return (y, *asked) if asked else y


def nonzero(x):
    """The indices of the elements that are not 0: one vector per axis."""
    return tuple([Tensor(i.astype(np.int32)) for i in np.nonzero(known_values(x, "nonzero"))])


@primitive(shape=lambda x, others, **_: x, result=bool)
def is_among(x, others, *, distinct=False, invert=False):
    """Whether each element of `x` occurs among `others`."""
    return np.isin(x, others, assume_unique=distinct, invert=invert)


def isin(x1, x2, assume_unique=False, invert=False):
    """Whether each element of `x1` occurs in `x2`, or with `invert` does not.

    assume_unique   says that neither has equal elements, which is faster
    """
    return is_among(x1, x2, distinct=bool(assume_unique), invert=bool(invert))


def bincount(x, weights=None, minlength=0, sparse=False):
    """How often each integer from 0 occurs, or the sum of its weights; of a matrix in each row.

    minlength   least number of entries in the result
    Raises ValueError for negative integers, and for sparse=True: there are no sparse tensors.
    """
    if sparse:
        raise ValueError("bincount: sparse=True is not supported; there are no sparse tensors here. Leave it out.")
    values = known_values(x, "bincount")
    if values.min(initial=0) < 0:
        raise ValueError(f"bincount: {values.min()} is negative; only integers from 0 are counted.")
    if values.ndim not in (1, 2):
        raise ShapeError(f"bincount: x must be a vector or a matrix, got shape {values.shape}.")
    weights = full_like(values, 1, "int32") if weights is None else as_tensor(weights)
    if tuple(weights.shape) != values.shape:
        raise ShapeError(f"bincount: weights of shape {weights.shape} do not fit x of shape {values.shape}.")
    length = max(int(values.max(initial=-1)) + 1, int(minlength))
    if values.ndim == 1:
        return segment_sum(weights, values, length)
    rows = np.broadcast_to(np.arange(len(values))[:, None], values.shape)
    return scatter_nd(np.stack([rows, values], -1), weights, (len(values), length))


@primitive(shape=lambda x, bins, range=None: [(bins,), (bins + 1,)], policy=kept,
           result=lambda inputs, attrs: [inputs[0].dtype.dtype] * 2)
def histogram_op(x, *, bins, range=None):
    """How many elements lie in each of `bins` equal parts of `range`, and the bounds of the parts."""
    low, high = (x.min(), x.max()) if range is None else range
    edges = np.linspace(low, high, bins + 1).astype(x.dtype)
    places = np.searchsorted(edges[1:-1], x[(x >= low) & (x <= high)], "right")
    return np.bincount(places, minlength=bins).astype(x.dtype), edges


def histogram(x, bins=10, range=None):
    """How many elements lie in each of `bins` equal parts of `range`, and the bounds of the parts.

    range   (low, high), by default the smallest and the largest element; elements outside are left out
    """
    if not isinstance(bins, int) or bins < 1:
        raise ValueError(f"histogram: bins must be an integer above 0, got {bins!r}.")
    if range is not None and not range[0] <= range[1]:
        raise ValueError(f"histogram: range must be (low, high), got {range}.")
    return histogram_op(x, bins=bins, range=None if range is None else tuple(map(float, range)))


def histogram_fixed_width_bins(values, value_range, nbins=100):
    """For each value its part among `nbins` equal ones of `value_range`; values outside count for the last ones."""
    values = as_tensor(values)
    low, high = (float(bound) for bound in value_range)
    if not low < high:
        raise ValueError(f"histogram_fixed_width: value_range must ascend, got ({low}, {high}).")
    place = (cast(values, dtype=dtypes.floating(values.dtype.dtype)) - low) / (high - low) * float(nbins)
    return cast(clip(floor(place), 0.0, nbins - 1.0), dtype="int32")


def unravel_index(indices, shape):
    """The index along each axis of `shape` for indices into the flat tensor, a tuple."""
    rest, found = as_tensor(indices), []
    for extent in reversed(shape):
        found.append(mod(rest, int(extent)))
        rest = floor_divide(rest, int(extent))
    return tuple(found[::-1])


def confusion_matrix(labels, predictions, num_classes=None, weights=None, dtype="int32"):
    """How often each label (row) met each prediction (column), or the sum of its weights.

    num_classes   by default the largest label or prediction and 1
    """
    labels, predictions = ravel(labels), ravel(predictions)
    if num_classes is None:
        largest = [known_values(x, "confusion_matrix without num_classes").max(initial=-1)
                   for x in (labels, predictions)]
        num_classes = int(max(largest)) + 1
    counts = full_like(labels, 1, dtype) if weights is None else as_tensor(weights, dtype)
    return reshape(segment_sum(counts, labels * num_classes + predictions, num_classes * num_classes),
                   shape=(num_classes, num_classes))
