"""Stages that gather elements into batches and windows, and take them apart."""

import bisect
import collections
import itertools

import numpy as np

from ..autograd import tree
from ..autograd.tensor import Tensor, new_array
from ..errors import DTypeError, ShapeError
from ..plan.signature import TensorSpec
from .elements import DatasetSpec, for_leaves, nested, shapes_for, with_shapes
from .sources import Component, Held
from .stages import UNKNOWN_CARDINALITY, Stage

PADDED = "Dataset.padded_batch"


class Batch(Stage):
    """So many elements at a time, stacked; items are lists of items."""

    def __init__(self, source, size, drops):
        self.source, self.sources, self.size, self.drops = source, (source,), size, drops

    @property
    def length(self):
        length = self.source.length
        return length if length < 0 else length // self.size if self.drops else -(-length // self.size)

    @property
    def spec(self):
        return self._stacked(self.source.spec)

    def _stacked(self, spec):
        size = self.size if self.drops else None
        return with_shapes(lambda shape: (size, *shape), spec)

    def items(self):
        return self._gathered(self.source.items())

    def _gathered(self, items):
        least = self.size if self.drops else 1
        while len(gathered := list(itertools.islice(items, self.size))) >= least:
            yield gathered

    def element(self, item):
        return self.source.batch(item)


class PaddedBatch(Batch):
    """So many elements at a time, each filled up to a common shape.

    shapes   a nest of shapes with None where the longest element decides; None for the shapes of the spec
    values   what to fill up with, a nest of scalars or None
    """

    def __init__(self, source, size, shapes, values, drops):
        super().__init__(source, size, drops)
        self.shapes, self.values = shapes, values

    @property
    def spec(self):
        spec = self.source.spec
        shapes = shapes_for(PADDED, spec, self.shapes)
        return self._stacked(tree.pack(spec, [TensorSpec(leaf.shape if shape is None else shape, leaf.dtype)
                                              for leaf, shape in zip(tree.flatten(spec), shapes)]))

    def element(self, item):
        elements = [self.source.element(each) for each in item]
        first = elements[0]
        shapes = shapes_for(PADDED, first, self.shapes)
        values = for_leaves(PADDED, first, self.values, one_for_all=True)
        columns = zip(*map(tree.flatten, elements))
        return tree.pack(first, [Tensor(_padded([leaf._array for leaf in column], shape, value))
                                 for column, shape, value in zip(columns, shapes, values)])


def _padded(arrays, shape, value):
    """Arrays stacked, each filled up at the ends of its axes. Raises ShapeError if one is too large."""
    first = arrays[0]
    shape = (None,) * first.ndim if shape is None else shape
    if any(array.ndim != len(shape) for array in arrays):
        raise ShapeError(f"Dataset.padded_batch: elements of shapes {sorted({a.shape for a in arrays})} cannot be "
                         f"padded to {len(shape)} axes.")
    largest = [max(extents) for extents in zip(*[array.shape for array in arrays])]
    full = tuple([m if n is None else n for m, n in zip(largest, shape)])
    if any(m > n for m, n in zip(largest, full)):
        raise ShapeError(f"Dataset.padded_batch: an element of a batch that needs shape {tuple(largest)} does not fit "
                         f"into the padded shape {shape}.")
    default = b"" if first.dtype.kind == "O" else 0
    try:
        value = new_array(default if value is None else value, first.dtype)
    except DTypeError as error:
        raise DTypeError(f"Dataset.padded_batch: padding value {value!r} for {first.dtype} elements: {error}") from None
    made = np.full((len(arrays), *full), value[()], first.dtype)
    for i, array in enumerate(arrays):
        made[(i, *map(slice, array.shape))] = array
    return made


class Buckets:
    """Elements by their length: buckets number 0, 1 ... of lengths below each bound, the last one of all others."""

    def __init__(self, length_of, bounds, sizes):
        self.length_of, self.bounds, self.sizes = length_of, list(bounds), list(sizes)
        if sorted(set(self.bounds)) != self.bounds or len(self.sizes) != len(self.bounds) + 1:
            raise ValueError("Dataset.bucket_by_sequence_length: there must be rising bucket_boundaries, and one batch "
                             f"size more than those, got {self.bounds} and {self.sizes}.")

    def key_of(self, *element):
        """The number of the bucket of an element."""
        return bisect.bisect_right(self.bounds, int(self.length_of(*element)))

    def size_of(self, key):
        """How many elements make a batch."""
        return int(self.sizes[int(key)])

    def shapes(self, key, spec, shapes):
        """`shapes`, or those of the spec, where open with the longest that the bucket is for."""
        if int(key) == len(self.bounds):
            raise ShapeError("Dataset.bucket_by_sequence_length: with pad_to_bucket_boundary every element must be "
                             f"shorter than the last bound, {self.bounds[-1]}.")
        found = [leaf.shape if shape is None else shape
                 for leaf, shape in zip(tree.flatten(spec), shapes_for(PADDED, spec, shapes))]
        return tree.pack(spec, [tuple([self.bounds[int(key)] - 1 if n is None else n for n in shape])
                                for shape in found])


class Unbatch(Stage):
    """The rows of each element along its first axis."""

    def __init__(self, source):
        self.source, self.sources = source, (source,)

    @property
    def spec(self):
        return with_shapes(lambda shape: shape[1:], self.source.spec)

    @property
    def length(self):
        length = self.source.length
        if length <= 0:
            return length
        sizes = {leaf.shape[0] for leaf in tree.flatten(self.source.spec)
                 if isinstance(leaf, TensorSpec) and leaf.shape}
        return length * sizes.pop() if len(sizes) == 1 and None not in sizes else UNKNOWN_CARDINALITY

    def items(self):
        return itertools.chain.from_iterable(map(_rows, self.source.elements()))


def _rows(element):
    leaves = tree.flatten(element)
    sizes = {len(leaf) for leaf in leaves if leaf is not None}
    if len(sizes) != 1:
        raise ShapeError("Dataset.unbatch: all tensors of an element must have the same number of rows, got shapes "
                         f"{[leaf.shape for leaf in leaves]}.")
    return (tree.pack(element, [leaf if leaf is None else Tensor(leaf._array[i, ...]) for leaf in leaves])
            for i in range(sizes.pop()))


class Window(Stage):
    """Runs of elements: of `size`, a new one every `shift` elements, of every `stride`-th. Items are lists of items.

    wrap   makes the data set of a stage;  an element has one for each leaf of the source's
    """

    def __init__(self, source, size, shift, stride, drops, wrap):
        self.source, self.sources = source, (source,)
        self.size, self.shift, self.stride, self.drops, self.wrap = size, shift, stride, drops, wrap

    @property
    def length(self):
        length = self.source.length
        if length < 0:
            return length
        reach = (self.size - 1) * self.stride + 1
        return max(0, (length - reach) // self.shift + 1) if self.drops else -(-length // self.shift)

    @property
    def spec(self):
        return nested(DatasetSpec, self.source.spec)

    def items(self):
        return self._windows(self.source.items())

    def _windows(self, items):
        buffer, reach = collections.deque(), (self.size - 1) * self.stride + 1
        while True:
            buffer.extend(itertools.islice(items, max(0, reach - len(buffer))))
            window = list(itertools.islice(buffer, 0, reach, self.stride))
            if not window or (self.drops and len(window) < self.size):
                return
            yield window
            beyond = self.shift - len(buffer)
            for _ in range(min(self.shift, len(buffer))):
                buffer.popleft()
            for _ in itertools.islice(items, max(0, beyond)):
                pass

    def element(self, item):
        window, first = Held(self.source, item), self.source.element(item[0])
        if not isinstance(first, tree.CONTAINERS):
            return self.wrap(window)
        return tree.pack(first, [self.wrap(Component(window, i)) for i in range(len(tree.flatten(first)))])
