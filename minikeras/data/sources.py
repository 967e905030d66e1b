"""Stages that elements come from: arrays, numbers, generators, what a stage gave before."""

import itertools

import numpy as np

from ..autograd import tree
from ..autograd.dtypes import as_dtype
from ..autograd.tensor import Operand, Tensor, new_array
from ..errors import DataError, DTypeError, ShapeError
from ..plan.signature import TensorSpec
from .elements import as_array, nested, shapes_for, spec_of, with_shapes
from .stages import INFINITE_CARDINALITY, Moving, Passes, Stage


class Single(Stage):
    """One element, which is everything given."""

    length = 1

    def __init__(self, tensors):
        self.all = nested(lambda x: x if x is None else Tensor(as_array(x).copy()), tensors)

    @property
    def spec(self):
        return spec_of(self.all)

    def items(self):
        return iter([self.all])


class Rows(Stage):
    """The rows of arrays along their first axis; items are their numbers."""

    def __init__(self, tensors):
        self.structure = nested(lambda x: x if x is None else as_array(x), tensors)
        self.arrays = tree.flatten(self.structure)
        found = [array for array in self.arrays if array is not None]
        if not found or any(array.ndim == 0 for array in found):
            raise ShapeError("Dataset.from_tensor_slices: there must be arrays with a first axis to slice along, got "
                             f"{'a scalar' if found else 'nothing'}. For one element use from_tensors.")
        lengths = {len(array) for array in found}
        if len(lengths) > 1:
            raise ShapeError("Dataset.from_tensor_slices: all arrays must have the same number of rows, got shapes "
                             f"{', '.join(str(array.shape) for array in found)}.")
        self.length = lengths.pop()

    @property
    def spec(self):
        return nested(lambda x: x if x is None else TensorSpec(x.shape[1:], x.dtype), self.structure)

    def items(self):
        return iter(range(self.length))

    def element(self, item):
        """Copies: the arrays are the user's."""
        return tree.pack(self.structure, [x if x is None else Tensor(x[item, ...].copy()) for x in self.arrays])

    def batch(self, items):
        return tree.pack(self.structure, [x if x is None else Tensor(x.take(items, 0)) for x in self.arrays])


class Numbers(Stage):
    """The integers of a range, or from a number on; items are those."""

    def __init__(self, numbers, dtype, length):
        self.numbers, self.dtype, self.length = numbers, dtype.dtype, length

    @property
    def spec(self):
        return TensorSpec((), self.dtype)

    def items(self):
        numbers = self.numbers      # a slice where there is no last one
        return itertools.count(numbers.start, numbers.step) if isinstance(numbers, slice) else iter(numbers)

    def element(self, item):
        return Tensor(np.array(item, self.dtype))

    def batch(self, items):
        return Tensor(np.array(items, self.dtype))


class Random(Stage):
    """Integers of 32 bits without end."""

    length = INFINITE_CARDINALITY
    spec = TensorSpec((), "int64")

    def __init__(self, seed, same):
        self.passes = Passes(seed, same)
        self.get_state, self.set_state = self.passes.get_state, self.passes.set_state

    def items(self):
        generator = self.passes.generator()
        return (Tensor(np.array(generator.integers(2 ** 32))) for _ in itertools.count())


def generated_spec(types, shapes, signature):
    """The nest of TensorSpecs that `from_generator` is told, in one piece or in two. Raises TypeError."""
    where = "Dataset.from_generator"
    if signature is None:
        if types is None:
            raise TypeError(f"{where}: give output_signature, a TensorSpec or a tuple or dict of them.")
        types = nested(as_dtype, tuple(types) if type(types) is list else types)
        return tree.pack(types, list(map(TensorSpec, shapes_for(where, types, shapes), tree.flatten(types))))
    if types is not None or shapes is not None:
        raise TypeError(f"{where}: give output_signature, or output_types and output_shapes.")
    signature = tuple(signature) if isinstance(signature, list) else signature
    wrong = [leaf for leaf in tree.flatten(signature) if not isinstance(leaf, TensorSpec)]
    if wrong:
        raise TypeError(f"{where}: output_signature is made of TensorSpecs, got {wrong[0]!r} in it.")
    return signature


class Generated(Stage):
    """What the generator of a user's function yields, brought to a nest of TensorSpecs."""

    def __init__(self, function, arguments, spec):
        self.function, self.arguments, self.spec = function, arguments, spec

    def items(self):
        iterator = iter(self.function(*[x.numpy() for x in self.arguments]))
        return (_fitted(value, self.spec) for value in iterator)


def _fitted(value, spec):
    """A value of a generator as the element that its spec describes."""
    if isinstance(spec, dict):
        if not isinstance(value, dict) or value.keys() != spec.keys():
            raise DataError(f"Dataset.from_generator: a dict with the keys {sorted(spec)} was expected by the "
                            f"signature, the generator gave {_brief(value)}.")
        return {key: _fitted(value[key], spec[key]) for key in spec}
    if isinstance(spec, tuple):
        if not isinstance(value, (tuple, list)) or len(value) != len(spec):
            raise DataError(f"Dataset.from_generator: a tuple of {len(spec)} was expected by the signature, the "
                            f"generator gave {_brief(value)}.")
        items = [_fitted(item, each) for item, each in zip(value, spec)]
        return type(spec)(*items) if hasattr(spec, "_fields") else tuple(items)
    try:
        tensor = Tensor(value._array.astype(spec.dtype.dtype) if isinstance(value, Operand)
                        else new_array(value, spec.dtype.dtype))
    except (DTypeError, ShapeError) as error:
        raise type(error)(f"Dataset.from_generator: the signature says {spec}, but {error}") from None
    if not spec.is_compatible_with(tensor):
        raise ShapeError(f"Dataset.from_generator: the signature says {spec}, the generator gave shape {tensor.shape}.")
    return tensor


def _brief(value):
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) < 60 else text[:57] + '...'}"


class Held(Moving):
    """Items of a pass that were kept: a window, or a group."""

    def __init__(self, source, items):
        super().__init__(source)
        self.held = items

    @property
    def length(self):
        return len(self.held)

    def items(self):
        return iter(self.held)


class Component(Stage):
    """One leaf of the elements of a stage."""

    def __init__(self, source, number):
        self.source, self.number = source, number

    @property
    def length(self):
        return self.source.length

    @property
    def spec(self):
        return tree.flatten(self.source.spec)[self.number]

    def items(self):
        return self.source.items()

    def element(self, item):
        return tree.flatten(self.source.element(item))[self.number]

    def batch(self, items):
        return tree.flatten(self.source.batch(items))[self.number]


class Spans(Rows):
    """Runs of rows of an array: of `length` rows, every `step`-th; items are the numbers of their first rows."""

    def __init__(self, array, length, step):
        super().__init__(array)
        self.offsets = np.arange(length) * step

    @property
    def spec(self):
        return with_shapes(lambda shape: (len(self.offsets), *shape), super().spec)

    def items(self):
        return iter(range(self.length - self.offsets[-1]))

    def element(self, item):
        return super().batch(item + self.offsets)

    def batch(self, items):
        return super().batch(np.array(items)[:, None] + self.offsets)
