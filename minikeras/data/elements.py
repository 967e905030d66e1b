"""Elements of data sets: nests of tensors. Tuples and dicts nest; a list is one tensor, as in TensorFlow."""

import numpy as np

from ..autograd import tree
from ..autograd.dtypes import DTYPES
from ..autograd.operands import as_tensor
from ..autograd.tensor import Operand, SymbolicTensor, Tensor
from ..errors import DataError, DTypeError, ShapeError
from ..plan.signature import TensorSpec


class Nested:
    """What may stand in an element beside tensors: a data set of its own, such as a window."""

    __slots__ = ()


class DatasetSpec:
    """What a data set within an element holds: its `element_spec`."""

    def __init__(self, element_spec, dataset_shape=()):
        self.element_spec, self.dataset_shape = element_spec, tuple(dataset_shape)

    def __eq__(self, other):
        return type(other) is DatasetSpec and vars(self) == vars(other)

    def __hash__(self):
        return hash(repr(self))

    def __repr__(self):
        return f"DatasetSpec({self.element_spec!r}, TensorShape({list(self.dataset_shape)}))"


def nested(function, x):
    """`x` with `function` of what is neither a tuple nor a dict."""
    if isinstance(x, tuple):
        items = [nested(function, item) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else tuple(items)
    if isinstance(x, dict):
        return {key: nested(function, value) for key, value in x.items()}
    return function(x)


def as_element(x):
    """What a function of the user's gave, as an element: numbers, arrays and lists as tensors.

    A list of results counts as a tuple, as in TensorFlow.
    """
    return x if type(x) is Tensor else nested(_as_leaf, tuple(x) if type(x) is list else x)


def _as_leaf(x):
    return x if x is None or isinstance(x, (Tensor, SymbolicTensor, Nested)) else as_tensor(x)


def as_array(x):
    """Data to look up rows in. An array is not copied, wherever it lies: a memory-mapped one stays on disk."""
    if not isinstance(x, (list, tuple, Operand)) and hasattr(x, "__array__"):
        array = np.asarray(x)
        if array.dtype in DTYPES and array.dtype.kind != "O":
            return array.view(np.ndarray)
        x = array
    return as_tensor(x)._array


def stack(elements):
    """The batch of a list of elements: along a new first axis. Raises ShapeError, DTypeError if they differ."""
    first = elements[0]
    if type(first) is Tensor:
        return _stack_leaf(elements)
    return tree.pack(first, [_stack_leaf(leaves) for leaves in zip(*map(tree.flatten, elements))])


def _stack_leaf(leaves):
    first = leaves[0]
    if first is None:
        return None
    if isinstance(first, Nested):
        raise DataError("Dataset.batch: an element holds a data set, such as `window` makes. Batch what is in it: "
                        "dataset.flat_map(lambda window: window.batch(size)).")
    arrays = [leaf._array for leaf in leaves]
    shape, dtype = first._array.shape, first._array.dtype
    for i, array in enumerate(arrays):
        if array.shape != shape:
            raise ShapeError(f"Dataset.batch: elements of one batch must have one shape, but the first has {shape} and "
                             f"number {i} has {array.shape}. Use padded_batch, or make them alike before.")
        if array.dtype != dtype:
            raise DTypeError(f"Dataset.batch: elements of one batch must have one dtype, but the first has {dtype} and "
                             f"number {i} has {array.dtype}.")
    # Without an axis, arrays are laid end to end, scalars as well; three times faster than np.stack.
    return Tensor(np.concatenate(arrays, None).reshape(len(arrays), *shape))


def spec_of(element):
    """The nest of TensorSpecs that just fits an element."""
    return nested(_leaf_spec, element)


def _leaf_spec(x):
    return DatasetSpec(x.element_spec) if isinstance(x, Nested) else x if x is None else TensorSpec.from_tensor(x)


def with_shapes(function, spec):
    """The nest of TensorSpecs with `function` of each shape that is known."""
    return nested(lambda leaf: TensorSpec(None if leaf.shape is None else function(leaf.shape), leaf.dtype)
                  if isinstance(leaf, TensorSpec) else leaf, spec)


def common_spec(a, b):
    """TensorSpecs that fit what fits either of two. Raises TypeError if they are nested otherwise or of other types."""
    leaves = list(zip(tree.flatten(a), tree.flatten(b)))
    if nested(lambda _: None, a) != nested(lambda _: None, b) or any(
            isinstance(m, TensorSpec) and m.dtype != n.dtype for m, n in leaves):
        raise TypeError(f"the elements of two data sets that are joined must be alike, got {a} and {b}.")
    return tree.pack(a, [m if not isinstance(m, TensorSpec) else TensorSpec(_common(m.shape, n.shape), m.dtype)
                         for m, n in leaves])


def _common(a, b):
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple([m if m == n else None for m, n in zip(a, b)])


def for_leaves(where, structure, given, one_for_all=False):
    """What of `given`, a nest like `structure`, belongs to each leaf of that; None for all if it is None.

    where         begins error messages;  one_for_all   whether a single thing may stand for all
    Raises ValueError if it is nested otherwise.
    """
    if given is None or (one_for_all and not isinstance(given, (tuple, list, dict))):
        return [given] * len(tree.flatten(structure))
    if isinstance(structure, dict):
        if not isinstance(given, dict) or given.keys() != structure.keys():
            raise ValueError(f"{where}: elements are dicts with the keys {sorted(structure)}, but {given!r} is given "
                             "for them.")
        parts = [(structure[key], given[key]) for key in sorted(structure)]
    elif isinstance(structure, tuple):
        if not isinstance(given, (tuple, list)) or len(given) != len(structure):
            raise ValueError(f"{where}: elements are tuples of {len(structure)}, but {given!r} is given for them.")
        parts = zip(structure, given)
    else:
        return [given]
    return [leaf for part, each in parts for leaf in for_leaves(where, part, each, one_for_all)]


def shapes_for(where, structure, given):
    """As `for_leaves`, of shapes: tuples with None where an extent is open."""
    return [None if each is None else _as_shape(where, each) for each in for_leaves(where, structure, given)]


def _as_shape(where, given):
    extents = given.tolist() if hasattr(given, "tolist") else given
    try:
        return tuple([None if n is None or int(n) == -1 else int(n) for n in extents])
    except (TypeError, ValueError):
        raise ValueError(f"{where}: a shape is a list of integers and None, got {given!r}.") from None
