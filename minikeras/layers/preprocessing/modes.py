"""What layers for categories have in common: how their output is written, and data given in batches."""

import numpy as np

from ...arguments import one_of
from ...autograd.tensor import ArrayOperand

SHORT = {"binary": "multi_hot", "tf-idf": "tf_idf"}     # Keras' older names


def known_mode(where, mode, modes):
    """The output mode meant. Raises ValueError for one that is not among `modes`."""
    return one_of(f"{where}: output_mode", SHORT.get(mode, mode), modes)


def refuse_sparse(where, sparse):
    """Raises ValueError for sparse=True."""
    if sparse:
        raise ValueError(f"{where}: sparse=True is not supported: there are no sparse tensors. Leave it False.")
    return False


def known_salt(where, salt):
    """`salt` as a list of two integers, None if it is None. Raises ValueError for anything else."""
    if salt is None:
        return None
    pair = [salt, salt] if isinstance(salt, int) else list(salt) if isinstance(salt, (tuple, list)) else ()
    if len(pair) != 2 or not all(isinstance(part, int) and not isinstance(part, bool) for part in pair):
        raise ValueError(f"{where}: salt must be an integer or two of them, got {salt!r}.")
    return pair


def batches_of(data, steps=None, lists=False):
    """The batches of data to adapt to: arrays and tensors are one; so are lists, with `lists`; else what iterating
    gives, the first `steps` of it. Raises TypeError for what cannot be iterated."""
    if isinstance(data, (np.ndarray, ArrayOperand)) or (lists and isinstance(data, (tuple, list))):
        yield data
        return
    if not hasattr(data, "__iter__"):
        raise TypeError(f"adapt: data must be an array, a tensor, or batches of them, got {type(data).__name__}.")
    for number, batch in enumerate(data):
        if steps is not None and number >= steps:
            return
        yield batch
