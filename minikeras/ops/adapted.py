"""Ops under the arguments that Keras gives them, where those are not the op's own."""

from ..autograd import custom, linear, tree
from ..autograd.forward import ForwardAccumulator
from ..autograd.operands import as_tensor, shape_of
from . import arithmetic, indexing, placing, reduce, shapes, sorting, statistics
from .creation import cast

# --- core ----------------------------------------------------------------------------------------

def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """A tensor of `x` (number, array, nested lists or tensor), in `dtype` if it is given.

    Python numbers become int32, the default float or bool; arrays keep their type; a tensor keeps its gradient.
    Raises ValueError for sparse=True and ragged=True, DTypeError for text and ShapeError for lists of unequal length.
    """
    for name, wanted in (("sparse", sparse), ("ragged", ragged)):
        if wanted:
            raise ValueError(f"convert_to_tensor: {name}=True is not supported; there are only dense tensors here. "
                             "Leave it out.")
    return as_tensor(x, dtype)


def dtype(x):
    """The name of the element type of `x`, such as 'float32'."""
    return as_tensor(x).dtype.name


def scatter(indices, values, shape):
    """Zeros of `shape` with `values` added at the index vectors along the last axis of `indices`.

    Shapes: (..., k), (..., *shape[k:]) -> shape. Repeated places add up. Raises ShapeError for indices out of range.
    """
    return placing.scatter_nd(indices, values, shape)


def scatter_update(inputs, indices, updates, reduction=None):
    """`inputs` changed by `updates` at the index vectors along the last axis of `indices`.

    Shapes: s, (..., k), (..., *s[k:]) -> s
    reduction   None replaces, else 'add', 'max', 'min' or 'mul' with what is there; of updates of one place the
                last replaces
    """
    return placing.scatter_into(inputs, indices, updates, reduction)


def slice(inputs, start_indices, shape):
    """The block of extents `shape` that starts at `start_indices`; an extent of -1 is all that is left.

    Raises ShapeError if the block reaches over the end.
    """
    return indexing.slice_from(inputs, start_indices, shape)


def stop_gradient(variable):
    """The same values, treated as a constant by every derivative."""
    return custom.stop_gradient(variable)


# --- linalg --------------------------------------------------------------------------------------

def jvp(fun, primals, tangents, has_aux=False):
    """fun(*primals), and its derivative along `tangents`: the Jacobian times them, in forward mode.

    primals, tangents   sequences of the same tensors or nests of them;  has_aux: `fun` gives a pair of outputs and
                        something else, which comes back as a third item
    An output that does not depend on the primals has a derivative of zeros. Raises ShapeError for a tangent that does
    not have the shape of its primal.
    """
    primals = tree.map_structure(as_tensor, tuple(primals))
    tangents = tree.map_structure(lambda x, t: as_tensor(t, x.dtype), primals, tuple(tangents))
    with ForwardAccumulator(tree.flatten(primals), tree.flatten(tangents)) as accumulator:
        result = fun(*primals)
        outputs, aux = result if has_aux else (result, None)
        along = tree.map_structure(accumulator.jvp, outputs)
    along = tree.map_structure(lambda y, t: linear.zeros_like(y) if t is None else t, outputs, along)
    return (outputs, along, aux) if has_aux else (outputs, along)


# --- numpy ---------------------------------------------------------------------------------------

def array(x, dtype=None):
    """A tensor of `x` (number, nested lists, array or tensor), in `dtype` if it is given."""
    return as_tensor(x, dtype)


def argmax(x, axis=None, keepdims=False):
    """Index of the first largest element along `axis`, of the flat `x` if it is None; int32."""
    return reduce.argmax(x, axis=axis, keepdims=keepdims)


def argmin(x, axis=None, keepdims=False):
    """Index of the first smallest element along `axis`, of the flat `x` if it is None; int32."""
    return reduce.argmin(x, axis=axis, keepdims=keepdims)


def argsort(x, axis=-1):
    """Indices that sort `x` along `axis`, the flat `x` if it is None; equal elements keep their order. int32."""
    return sorting.argsort(shapes.ravel(x), axis=0) if axis is None else sorting.argsort(x, axis=axis)


def bitwise_and(x, y):
    """The bits that both integers or booleans have, `x & y`."""
    return arithmetic.bitwise_and(x, y)


def bitwise_or(x, y):
    """The bits that one of two integers or booleans has, `x | y`."""
    return arithmetic.bitwise_or(x, y)


def bitwise_xor(x, y):
    """The bits that exactly one of two integers or booleans has, `x ^ y`."""
    return arithmetic.bitwise_xor(x, y)


def left_shift(x, y):
    """The bits of integers moved up by `y` places: x * 2**y as long as it fits."""
    return arithmetic.left_shift(x, y)


def right_shift(x, y):
    """The bits of integers moved down by `y` places: x // 2**y."""
    return arithmetic.right_shift(x, y)


def broadcast_to(x, shape):
    """The elements repeated along new axes and axes of extent 1 to fill `shape`."""
    return linear.broadcast_to(x, shape=tuple(shape))


def clip(x, x_min, x_max):
    """`x` limited to x_min..x_max; the gradient passes on the bounds themselves. The bounds get no gradient."""
    return arithmetic.clip(x, x_min, x_max)


def concatenate(xs, axis=0):
    """Tensors joined along an axis that they have."""
    return linear.concatenate(*xs, axis=axis)


def count_nonzero(x, axis=None):
    """How many elements along `axis` are not 0, as int32."""
    return statistics.count_nonzero(x, axis)


def get_item(x, key):
    """x[key]: integers, slices, `...`, None (a new axis), and tensors of integers or booleans."""
    return indexing.subscript(x, key)


def max(x, axis=None, keepdims=False, initial=None):
    """The largest element along `axis`, and not less than `initial`; equal ones share the gradient."""
    return _with_initial(reduce.max, arithmetic.maximum, x, axis, keepdims, initial)


def min(x, axis=None, keepdims=False, initial=None):
    """The smallest element along `axis`, and not more than `initial`; equal ones share the gradient."""
    return _with_initial(reduce.min, arithmetic.minimum, x, axis, keepdims, initial)


def _with_initial(extreme, merge, x, axis, keepdims, initial):
    if initial is None:
        return extreme(x, axis=axis, keepdims=keepdims)
    # As one more element, so that an empty `x` has an extreme, too.
    x = as_tensor(x)
    if 0 in shape_of(x):
        empty_reduced = reduce.sum(x, axis=axis, keepdims=keepdims)
        return cast(empty_reduced * 0 + initial, x.dtype)
    return merge(extreme(x, axis=axis, keepdims=keepdims), initial)


def amax(x, axis=None, keepdims=False):
    """The largest element along `axis`; equal ones share the gradient."""
    return reduce.max(x, axis=axis, keepdims=keepdims)


def amin(x, axis=None, keepdims=False):
    """The smallest element along `axis`; equal ones share the gradient."""
    return reduce.min(x, axis=axis, keepdims=keepdims)


def ndim(x):
    """The number of axes, an integer."""
    return len(as_tensor(x).shape)


def prod(x, axis=None, keepdims=False, dtype=None):
    """The product along `axis`, in `dtype`."""
    return reduce.prod(as_tensor(x, dtype), axis=axis, keepdims=keepdims)


def reshape(x, newshape):
    """The elements in row-major order in another shape; one extent may be -1."""
    newshape = (newshape,) if isinstance(newshape, int) else tuple(newshape)
    return linear.reshape(x, shape=tuple(n if hasattr(n, "terms") else int(n) for n in newshape))


def stack(x, axis=0):
    """Tensors of one shape joined along a new axis."""
    return linear.stack(*x, axis=axis)
