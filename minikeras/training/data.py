"""Arrays into batches: checks once, converts once, then slices."""

import math

import numpy as np

from ..arguments import count, number
from ..autograd import tree
from ..autograd.dtypes import default_float
from ..autograd.tensor import ArrayOperand, Tensor, new_array
from ..errors import DataError, DTypeError
from .packing import pack_x_y_sample_weight, unpack_x_y_sample_weight


class ArrayData:
    """Samples as arrays: nests `x`, `y` and `sample_weight` whose leaves share their first extent.

    Floats are brought to the default float type; integers and booleans stay.
    nan_allowed   the parts that may hold NaN and infinities
    Raises DataError for no samples, unequal numbers of them, or NaN among them.
    """

    def __init__(self, x, y=None, sample_weight=None, *, nan_allowed=()):
        if x is None:
            raise DataError("there is no input: x is None. Give x as an array with samples along its first axis, or a "
                            "list or dict of arrays.")
        self.parts, self.arrays, sizes = {"x": x, "y": y, "sample_weight": sample_weight}, {}, set()
        for name, part in self.parts.items():
            if part is not None:
                if type(part) is np.ndarray:
                    leaves = [_as_array(name, part)]
                else:
                    self.parts[name] = part = _joined(name, part)
                    leaves = [_as_array(name, leaf) for leaf in tree.flatten(part)]
                for leaf in leaves:
                    sizes.add(len(leaf))
                self.arrays[name] = leaves
        if len(sizes) != 1:
            counts = {name: sorted(set(map(len, leaves))) for name, leaves in self.arrays.items()}
            raise DataError("x, y and sample_weight must have the same number of samples, got "
                            f"{', '.join(f'{name}: {n}' for name, n in counts.items())}.")
        self.size = sizes.pop()
        if self.size == 0:
            raise DataError("the data set is empty: x has 0 samples. Give at least one.")
        for name, leaves in self.arrays.items():
            if name not in nan_allowed:
                for leaf in leaves:
                    if leaf.dtype.kind == "f":
                        _check_finite(name, leaf)

    def take(self, index):
        """The samples at `index` (a slice or integers) as tensors: x, (x, y) or (x, y, sample_weight)."""
        taken = []
        for name, part in self.parts.items():
            if part is None:
                taken.append(None)
            elif isinstance(part, tree.CONTAINERS):
                taken.append(tree.pack(part, [Tensor(_samples(leaf, index)) for leaf in self.arrays[name]]))
            else:
                taken.append(Tensor(_samples(self.arrays[name][0], index)))
        x, y, sample_weight = taken
        # Weights without y are for a loss of the model's own.
        return pack_x_y_sample_weight(x, y) if sample_weight is None else (x, y, sample_weight)

    def batches(self, batch_size, start=0, order=None, draws=None):
        """Batches from the one of number `start` on.

        order   the places of the samples, one after another;  draws   a generator that reorders each batch in itself
        """
        for first in range(0, self.size, batch_size):
            index = slice(first, min(first + batch_size, self.size))
            if order is not None:
                index = order[index]
            elif draws is not None:     # also for batches left out, so that the others are drawn alike
                index = first + draws.permutation(index.stop - first)
            if first >= start * batch_size:
                yield self.take(index)

    def weigh(self, class_weight):
        """Give each sample the weight of its class."""
        if "y" not in self.arrays or len(self.arrays["y"]) != 1:
            raise DataError("class_weight needs y, as one array of labels.")
        weights = class_weights(self.arrays["y"][0], class_weight)
        self.parts["sample_weight"], self.arrays["sample_weight"] = weights, [weights]

    def split(self, fraction):
        """Two data sets: the first part, and the last `fraction` of the samples."""
        at = int(self.size * (1.0 - fraction))
        if at == 0 or at == self.size:
            raise DataError(f"validation_split={fraction} of {self.size} samples leaves one side empty.")
        return tuple(self._part(index) for index in (slice(0, at), slice(at, None)))

    def _part(self, index):
        part = object.__new__(ArrayData)
        part.parts = dict(self.parts)
        part.arrays = {name: [leaf[index] for leaf in leaves] for name, leaves in self.arrays.items()}
        part.size = len(next(iter(part.arrays.values()))[0])
        return part


def _samples(array, index):
    # `take` gathers rows three times faster than an index does; single numbers it does not.
    return array[index] if type(index) is slice or array.ndim == 1 else array.take(index, 0)


def _joined(name, part):
    """A list of numbers or of rows counts as one array; a list of arrays as several inputs, of one array as it."""
    if not isinstance(part, (list, tuple)):
        return part
    if any(isinstance(p, (np.ndarray, ArrayOperand, dict)) for p in part):
        return part[0] if len(part) == 1 and not isinstance(part[0], dict) else part
    try:
        return np.asarray(part)
    except ValueError:
        raise DataError(f"{name} is a list of rows of different lengths. Make them equally long, for example by "
                        "padding.") from None


def _as_array(name, leaf):
    if type(leaf) is not np.ndarray:
        leaf = leaf._array if isinstance(leaf, ArrayOperand) else leaf
        if not hasattr(leaf, "__array__"):
            raise DataError(f"{name} must be an array, or a list or dict of arrays, got {type(leaf).__name__}. "
                            "Other data, such as generators, are given as x alone.")
        leaf = np.asarray(leaf)
    if leaf.ndim == 0:
        raise DataError(f"{name} must have samples along its first axis, got a single number.")
    kind = leaf.dtype.kind
    if kind in "USO":
        try:
            return new_array(leaf)
        except DTypeError as error:
            raise DataError(f"{name}: {error}") from None
    if kind not in "biuf":
        raise DataError(f"{name} holds {leaf.dtype} values; training takes numbers and strings.")
    # In C's order, so that batches are, however the data set was made.
    return np.ascontiguousarray(leaf, default_float() if kind == "f" else None)


def _check_finite(name, leaf):
    # One sum of squares first: if it is finite so is every element, and BLAS needs no array of booleans.
    if not math.isfinite(np.vdot(leaf, leaf)):
        bad = ~np.isfinite(leaf)
        if bad.any():
            sample = int(np.argwhere(bad)[0][0])
            raise DataError(f"{name} has {int(bad.sum())} values that are NaN or infinite, the first in sample "
                            f"{sample}. Remove or replace them, for example with np.nan_to_num.")


def as_batch(item):
    """A batch x, (x,), (x, y) or (x, y, sample_weight) of whatever arrays, as tensors that training computes with."""
    if not isinstance(item, (tuple, list)):
        return _as_tensors("x", item)
    parts = unpack_x_y_sample_weight(item)[:len(item)]
    return tuple([None if part is None else _as_tensors(name, part)
                  for name, part in zip(("x", "y", "sample_weight"), parts)])


def _as_tensors(name, part):
    part = _joined(name, part)
    if isinstance(part, tree.CONTAINERS):
        return tree.pack(part, [_as_tensor(name, leaf) for leaf in tree.flatten(part)])
    return _as_tensor(name, part)


def _as_tensor(name, leaf):
    array = _as_array(name, leaf)
    return leaf if type(leaf) is Tensor and array is leaf._array else Tensor(array)


def class_weights(y, class_weight):
    """A weight for each sample from its class: integer labels, or one-hot rows."""
    check_class_weight(class_weight)
    labels = np.asarray(y)
    if labels.ndim > 2:
        raise DataError(f"class_weight needs one class for each sample, got labels of shape {labels.shape}. Give "
                        "sample_weight instead.")
    labels = labels.argmax(-1) if labels.ndim > 1 and labels.shape[-1] > 1 else labels.reshape(len(labels)).round()
    weights = np.ones(len(labels), default_float())
    for label, weight in class_weight.items():
        weights[labels == label] = weight
    return weights


def check_class_weight(class_weight, sample_weight=None):
    """Raises ValueError unless it is None, or a dict of class number to weight, and no sample weights besides."""
    if class_weight is None:
        return
    if sample_weight is not None:
        raise ValueError("give class_weight or sample_weight, not both.")
    fits = isinstance(class_weight, dict) and all(
        isinstance(label, (int, np.integer)) and not isinstance(label, bool) and label >= 0 for label in class_weight)
    if not fits:
        raise ValueError("class_weight must be a dict from class numbers, integers from 0 on, to weights, such as "
                         f"{{0: 1.0, 1: 2.5}}, got {class_weight!r}.")
    for label, weight in class_weight.items():
        number(f"class_weight[{label}]", weight, 0)


def check_fit_settings(shuffle, verbose, **settings):
    """Raises ValueError for settings of `fit` that mean nothing. `settings` are counts; None leaves one open."""
    for name, value in settings.items():
        if name != "epochs" or value != 0:      # to train for none is to train not at all, as in Keras
            count(f"fit: {name}", value, optional=True)
    if not isinstance(shuffle, (bool, np.bool_)) and shuffle != "batch":
        raise ValueError(f"fit: shuffle must be True, False or 'batch', got {shuffle!r}.")
    check_verbose("fit", verbose)


def check_verbose(method, verbose):
    """Raises ValueError unless it is 0, 1, 2 or 'auto'."""
    if verbose not in ("auto", 0, 1, 2):
        raise ValueError(f"{method}: verbose must be 0, 1, 2 or 'auto', got {verbose!r}.")


def check_frequency(frequency):
    """Raises ValueError unless it is an integer from 1 on, or a list of epochs."""
    if not isinstance(frequency, (list, tuple, set)):
        count("fit: validation_freq", frequency)
