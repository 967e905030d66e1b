"""A data set in two parts."""

import random

import numpy as np

from ..autograd.random import fresh_seed
from ..autograd.tensor import ArrayOperand
from ..data import AUTOTUNE, Dataset
from ..data.batching import Batch
from ..data.sources import Held
from ..errors import DataError

__all__ = ["split_dataset"]


def split_dataset(dataset, left_size=None, right_size=None, shuffle=False, seed=None, preferred_backend=None):
    """Two Datasets: of the first elements, and of the last ones.

    dataset      a Dataset, which is read once and held in memory, an array, or a list or tuple of arrays. A batched one
                 is split by samples, and both parts are batched alike
    left_size, right_size   how many elements, or which fraction of them; one may be left out, for the rest
    shuffle      whether to mix them before, as `seed` determines
    Raises ValueError for sizes that leave one part empty, or need more than there is.
    """
    if preferred_backend not in (None, "tensorflow", "numpy"):
        raise ValueError(f"split_dataset gives minikeras.data.Datasets only, got {preferred_backend=!r}. Leave it out.")
    if left_size is None and right_size is None:
        raise ValueError("split_dataset: give left_size or right_size, a number of elements or a fraction.")
    stage, batch_size = _stage_of(dataset)._stage, None
    if isinstance(stage, Batch):
        stage, batch_size = stage.source, stage.size
    items = list(stage.items())
    if not items:
        raise DataError("split_dataset: the data set is empty.")
    if shuffle:
        random.Random(sum(fresh_seed()) if seed is None else seed).shuffle(items)
    left, right = _sizes(left_size, right_size, len(items))
    parts = [Dataset(Held(stage, part)) for part in (items[:left], items[-right:])]
    return tuple([(part if batch_size is None else part.batch(batch_size)).prefetch(AUTOTUNE) for part in parts])


def _stage_of(dataset):
    if isinstance(dataset, Dataset):
        return dataset
    arrays = [dataset] if isinstance(dataset, (np.ndarray, ArrayOperand)) else dataset
    if not isinstance(arrays, (list, tuple)) or not arrays:
        raise TypeError("split_dataset: dataset must be a Dataset, an array, or a list or tuple of arrays, got "
                        f"{type(dataset).__name__}.")
    wrong = [each for each in arrays if not isinstance(each, (np.ndarray, ArrayOperand))]
    if wrong:
        raise ValueError(f"split_dataset: a list or tuple must hold arrays, got {type(wrong[0]).__name__} in it.")
    return Dataset.from_tensor_slices(tuple(arrays) if arrays is dataset else dataset)


def _sizes(left, right, total):
    """Both sizes as numbers of elements."""
    found = []
    for name, size in (("left_size", left), ("right_size", right)):
        if size is not None and (isinstance(size, bool) or not isinstance(size, (int, float))):
            raise TypeError(f"split_dataset: {name} must be an integer or a float, got {size!r}.")
        if size is not None and not 0 < size < (1 if isinstance(size, float) else total):
            raise ValueError(f"split_dataset: {name} must be an integer in 1..{total - 1} or a float between 0 and 1, "
                             f"got {size!r}.")
        found.append(round(size * total) if isinstance(size, float) else size)
    left = total - found[1] if found[0] is None else found[0]
    right = total - found[0] if found[1] is None else found[1]
    if min(left, right) < 1 or left + right > total:
        raise ValueError(f"split_dataset: {left} elements on the left and {right} on the right cannot be taken of "
                         f"{total}; each part needs one or more.")
    return left, right
