"""The linear ops that the core itself needs: casting, broadcasting and its sum, joining and picking."""

import functools
import math

import numpy as np

from ..errors import DTypeError, ShapeError
from . import dims
from .batching import repeated
from .op import declare, elementwise, kept, linear, looped, primitive, shifted
from .operands import core


@linear(lambda d, x, dtype: cast(d, dtype=x.dtype), shape=lambda x, **_: x, policy=kept,
        result=lambda inputs, attrs: np.dtype(attrs["dtype"]))
def cast(x, *, dtype, out=None):
    """Each element in another dtype; the gradient comes back in the input's. As a real number a complex one is
    its real part."""
    dtype = np.dtype(dtype)
    if (dtype.kind == "O") != (x.dtype.kind == "O"):
        raise DTypeError(f"cast: {'numbers to strings' if dtype.kind == 'O' else 'strings to numbers'} is not a matter "
                         "of types. Use tf.strings.as_string or tf.strings.to_number.")
    x = x.real if x.dtype.kind == "c" and dtype.kind in "iuf" else x
    if out is None:
        return x.astype(dtype)
    np.copyto(out, x, "unsafe")
    return out


@elementwise(lambda d, y, x: conj(d))
def conj(x, *, out=None):
    """The complex conjugate; real numbers as they are."""
    return np.conjugate(x, out=out)


@linear(lambda d, x: d, shape=lambda x: x, policy=kept)
def copy(x):
    """The same values as a tensor of its own: a gradient with respect to it counts what was computed from it alone."""
    return x


@functools.lru_cache(32)
def ones_row(count, dtype):
    """A vector of ones that nobody may write to."""
    row = np.ones(count, dtype)
    row.flags.writeable = False
    return row


def _sum_to_shape(x, shape):
    return tuple(shape)


def _sum_to_batch(op, inputs, flags, attrs, size):
    x, shape = inputs[0], attrs["shape"]
    aligned = (size, *(1,) * (x.ndim - 1 - len(shape)), *shape)
    return reshape(sum_to(x, shape=aligned), shape=(size, *shape))


@linear(lambda d, x, shape: broadcast_to(d, shape=x.shape), shape=_sum_to_shape, batch=_sum_to_batch)
def sum_to(x, *, shape, out=None):
    """Sum over the axes along which an array of `shape` would be broadcast to the shape of `x`."""
    extra = x.ndim - len(shape)
    if extra and shape and x.dtype.kind == "f" and tuple(shape) == x.shape[extra:] and x.flags.c_contiguous:
        # The usual bias gradient. A product with ones is three times as fast as the sum along the first axes.
        if extra == 1 and x.ndim == 2:
            return np.matmul(ones_row(len(x), x.dtype), x, out=out)
        rows = math.prod(x.shape[:extra])
        total = np.matmul(ones_row(rows, x.dtype), x.reshape(rows, math.prod(shape)),
                          out=None if out is None else out.reshape(-1))
        return total.reshape(shape)
    axes = tuple([axis for axis in range(x.ndim) if axis < extra or shape[axis - extra] == 1])
    if not axes:
        return x
    return np.add.reduce(x, axes, None, None if out is None else out.reshape(_kept(x.shape, axes)), True).reshape(shape)


def _kept(shape, axes):
    return tuple([1 if axis in axes else n for axis, n in enumerate(shape)])


def _broadcast_shape(x, shape):
    try:
        return dims.broadcast(x, tuple(shape)) if len(x) <= len(shape) else dims.broadcast(None)
    except (ShapeError, TypeError):
        raise ShapeError(f"broadcast_to: shape {dims.public_shape(x)} does not broadcast to "
                         f"{dims.public_shape(shape)}.") from None


def _broadcast_batch(op, inputs, flags, attrs, size):
    x, shape = inputs[0], attrs["shape"]
    aligned = (size, *(1,) * (len(shape) - (x.ndim - 1)), *x.shape[1:])
    return broadcast_to(reshape(x, shape=aligned), shape=(size, *shape))


@linear(lambda d, x, shape: sum_to(d, shape=x.shape), shape=_broadcast_shape, batch=_broadcast_batch)
def broadcast_to(x, *, shape, out=None):
    """The array repeated along new axes and axes of extent 1 to fill `shape`."""
    # Filling is several times cheaper than np.broadcast_to on small arrays, and gives an array of its own.
    y = np.empty(shape, x.dtype) if out is None else out
    y[...] = x
    return y


@linear(lambda d, *xs: (d,) * len(xs), shape=lambda *shapes: dims.broadcast(*shapes))
def add_n(*xs):
    """The sum of arrays of one shape."""
    total = xs[0] + xs[1] if len(xs) > 1 else xs[0]
    for x in xs[2:]:
        total = total + x
    return total


@primitive(shape=lambda x: x, batch=shifted)
def zeros_like(x):
    """Zeros in the shape and dtype of `x`."""
    return np.zeros(x.shape, x.dtype)


@primitive(shape=lambda x: x, batch=shifted)
def ones_like(x):
    """Ones in the shape and dtype of `x`."""
    ones = np.empty(x.shape, x.dtype)
    ones.fill(1)        # np.ones does the same in three times the time
    return ones


def _stack_shape(*shapes, axis):
    for shape in shapes[1:]:
        if len(shape) != len(shapes[0]):
            raise ShapeError(f"stack: shapes {[dims.public_shape(s) for s in shapes]} are not equal.")
    joined = [dims.unify(a, b, "stack") for a, b in zip(shapes[0], shapes[-1], strict=True)]
    at = dims.normalize_axis(axis, len(joined) + 1, "stack")
    return (*joined[:at], len(shapes), *joined[at:])


@linear(lambda d, *xs, axis: [take_index(d, axis, i) for i in range(len(xs))], shape=_stack_shape)
def stack(*xs, axis):
    """Arrays of one shape joined along a new axis."""
    return np.stack(xs, axis)


def _concatenate_shape(*shapes, axis):
    first = shapes[0]
    at = dims.normalize_axis(axis, len(first), "concatenate")
    if any(len(shape) != len(first) for shape in shapes):
        raise ShapeError(f"concatenate: shapes {[dims.public_shape(s) for s in shapes]} differ in the number of axes.")
    joined = list(first)
    for shape in shapes[1:]:
        for i, dim in enumerate(shape):
            joined[i] = joined[i] + dim if i == at else dims.unify(joined[i], dim, f"concatenate: axis {i}")
    return tuple(joined)


def _concatenate_transpose(d, *xs, axis):
    grads, start = [], 0
    before = (slice(None),) * (axis % len(d.shape))
    for x in xs:
        stop = start + x.shape[axis]
        grads.append(getitem(d, index=(*before, slice(start, stop))))
        start = stop
    return grads


@linear(_concatenate_transpose, shape=_concatenate_shape)
def concatenate(*xs, axis):
    """Arrays joined along an axis that they have."""
    return np.concatenate(xs, axis)


def _reshape_shape(x, shape):
    known = dims.product([n for n in shape if n != -1])
    total = dims.product(x)
    if -1 in shape:
        if type(total) is int and type(known) is int and (known == 0 or total % known):
            raise ShapeError(f"reshape: {total} elements of shape {dims.public_shape(x)} do not fill {tuple(shape)}.")
        return tuple(total // known if n == -1 else n for n in shape)
    if type(total) is int and type(known) is int and total != known:
        raise ShapeError(f"reshape: shape {dims.public_shape(x)} has {total} elements, "
                         f"{tuple(shape)} needs {known}.")
    return tuple(shape)


@linear(lambda d, x, shape: reshape(d, shape=x.shape), shape=_reshape_shape)
def reshape(x, *, shape):
    """The elements in row-major order in another shape; one extent may be -1."""
    return x.reshape(shape)


def _permute_batch(op, inputs, flags, attrs, size):
    return permute(inputs[0], axes=(0, *[axis + 1 for axis in attrs["axes"]]))


@linear(lambda d, x, axes: permute(d, axes=tuple([axes.index(i) for i in range(len(axes))])),
        shape=lambda x, axes: tuple([x[i] for i in axes]), batch=_permute_batch)
def permute(x, *, axes):
    """The axes in the order `axes`, all counted from the front."""
    return x.transpose(axes)


def take_index(x, axis, i):
    """Entry `i` along `axis`, which is dropped."""
    axis = axis % len(x.shape)
    return getitem(x, index=(slice(None),) * axis + (i,))


ARRAY = "array"     # stands in an index for the next of the index arrays


def fill_index(index, arrays):
    """The index to give to NumPy: the placeholders in `index` replaced by `arrays` in order."""
    if not arrays:
        return index
    arrays = iter(arrays)
    return tuple([next(arrays) if item is ARRAY else item for item in index])


class Slices:
    """A cotangent that is `values` at an index and zero elsewhere in `shape`.

    Backward adds all of one array's into a single buffer, so a loop over `x[:, t]` stays linear.
    """

    __slots__ = ("arrays", "index", "shape", "values")

    def __init__(self, values, index, arrays, shape):
        self.values = values
        self.index = index
        self.arrays = arrays
        self.shape = shape

    @property
    def is_rows(self):
        """Whether whole rows are taken along the first axis by one integer array, as `gather` does."""
        return self.index == (ARRAY,) and np.dtype(self.arrays[0].dtype).kind in "iu"


def _getitem_pull(d, y, xs, attrs, wanted):
    x, *arrays = xs
    return [Slices(d, attrs["index"], arrays, x.shape)] + [None] * len(arrays)


def _getitem_shape(x, *arrays, index):
    """Dims of `x[index]`. Steps over a dimension that is not known must be whole or count from its ends."""
    items = list(index)
    named = sum(item is not None and item is not Ellipsis for item in items)
    if named > len(x):
        raise ShapeError(f"too many indices: {named} for a tensor of shape {dims.public_shape(x)}.")
    if not any(item is Ellipsis for item in items):
        items.append(Ellipsis)
    shape, axis, picking = [], 0, []
    for position, item in enumerate(items):
        if item is None:
            shape.append(1)
        elif item is Ellipsis:
            count = len(x) - named
            shape += x[axis:axis + count]
            axis += count
        elif isinstance(item, slice):
            shape.append(_slice_extent(x[axis], item))
            axis += 1
        else:
            if item is not ARRAY and type(x[axis]) is int and not -x[axis] <= item < x[axis]:
                raise ShapeError(f"index {item} is out of range for axis {axis} of a tensor of shape "
                                 f"{dims.public_shape(x)}.")
            picking.append((position, len(shape)))
            axis += 1
    if arrays:
        # Beside an array integers are arrays, too. The gathered axes stand where these are, or first if
        # something stands between them.
        first, at = picking[0]
        at = at if picking[-1][0] - first == len(picking) - 1 else 0
        shape[at:at] = dims.broadcast(*arrays)
    return tuple(shape)


def _slice_extent(dim, item):
    if type(dim) is int:
        return len(range(*item.indices(dim)))
    start, stop, step = item.start or 0, item.stop, item.step or 1
    if step != 1:
        if (start, stop) == (0, None):
            return dim if step == -1 else (dim + (abs(step) - 1)) // abs(step)
        raise ShapeError("a slice with a step over a dimension that is not known yet must be whole, like x[::2].")
    return (dim if stop is None else _from_front(stop, dim)) - _from_front(start, dim)


def _from_front(n, dim):
    return n if isinstance(n, dims.Dimension) or n >= 0 else dim + n


def _is_apart(index):
    """Whether index arrays (and integers among them) do not stand side by side: NumPy then puts their axes first."""
    picks = [i for i, item in enumerate(index) if item is ARRAY or isinstance(item, int)]
    return ARRAY in index and picks != list(range(picks[0], picks[-1] + 1))


def _getitem_batch(op, inputs, flags, attrs, size):
    if any(flags[1:]) or _is_apart(attrs["index"]):
        return looped(op, inputs, flags, attrs, size)
    return getitem(*inputs, index=(slice(None), *attrs["index"]))


@declare("linear", _getitem_pull, _getitem_shape, kept, batch=_getitem_batch)
def getitem(x, *arrays, index):
    """Part of `x`, as NumPy's `x[index]`; the placeholder ARRAY in `index` takes the next of `arrays`."""
    return x[fill_index(index, arrays)]


def _scatter_pull(d, y, xs, attrs, wanted):
    grads, at = [], 0
    for index, count in attrs["indices"]:
        arrays = xs[at + 1:at + 1 + count]
        grads += [getitem(d, *arrays, index=index)] + [None] * count
        at += 1 + count
    return grads


def _scatter_batch(op, inputs, flags, attrs, size):
    full, at = [], 0
    for index, count in attrs["indices"]:
        if any(flags[at + 1:at + 1 + count]) or _is_apart(index):
            return looped(op, inputs, flags, attrs, size)
        full += [inputs[at] if flags[at] else repeated(inputs[at], size), *inputs[at + 1:at + 1 + count]]
        at += 1 + count
    indices = tuple([((slice(None), *index), count) for index, count in attrs["indices"]])
    return scatter_sum(*full, indices=indices, shape=(size, *attrs["shape"]))


@declare("linear", _scatter_pull, lambda *shapes, indices, shape: tuple(shape), kept, batch=_scatter_batch)
def scatter_sum(*inputs, indices, shape):
    """Zeros of `shape` with values added at indices: `inputs` are, for each (index, count) of
    `indices`, the values and then `count` index arrays."""
    total, at = np.zeros(shape, inputs[0].dtype), 0
    for index, count in indices:
        if count:
            np.add.at(total, fill_index(index, inputs[at + 1:at + 1 + count]), inputs[at])
        else:
            total[index] += inputs[at]
        at += 1 + count
    return total


def add_slices(slices):
    """The sum of `Slices` of one shape, in one buffer."""
    inputs = [item for s in slices for item in (s.values, *s.arrays)]
    return scatter_sum(*inputs, indices=tuple((s.index, len(s.arrays)) for s in slices), shape=slices[0].shape)


# Converting operands, summing what was broadcast, batching and Variables run through these.
for _op in (add_n, broadcast_to, cast, getitem, reshape, stack, sum_to):
    setattr(core, _op.__name__, _op)
