"""The output shape of a `call` that leaves the symbolic world: run on zeros at two batch sizes."""

import copy

import numpy as np

from ..autograd import tree
from ..autograd.custom import paused
from ..autograd.random import SeedGenerator
from ..autograd.tensor import SymbolicTensor, Tensor
from ..errors import ShapeError, SymbolicError

BATCH_SIZES = (2, 3)


def probe_call(layer, args, kwargs):
    """`layer.call` on symbolic arguments. If it needs numbers, its shapes are found on zeros; what all
    this did to state, random generators and losses is undone."""
    try:
        with _Undone(layer):
            return layer.call(*args, **kwargs)
    except SymbolicError as reason:
        why = reason
    trials = []
    for batch in BATCH_SIZES:
        with _Undone(layer), paused():
            trials.append(layer.call(*_zeros(args, batch), **_zeros(kwargs, batch)))
    return tree.map_structure(lambda a, b: _merge(layer, a, b, why), *trials)


def _zeros(structure, batch):
    return tree.map_structure(
        lambda x: Tensor(np.full([batch if n is None else n for n in x.shape], b"" if x.dtype == "string" else 0,
                                 x.dtype.dtype))
        if isinstance(x, SymbolicTensor) else x, structure)


def _merge(layer, a, b, why):
    if len(a.shape) != len(b.shape):
        raise ShapeError(f"{layer._titled}: the output has {len(a.shape)} axes for one batch "
                         f"size and {len(b.shape)} for another. ({why})")
    return SymbolicTensor([m if m == n else None for m, n in zip(a.shape, b.shape)], a.dtype)


class _Undone:
    """Puts back Variables, generators and losses of a layer and all inside it."""

    def __init__(self, layer):
        self.layers = layer._flatten_layers()

    def __enter__(self):
        self.values = [(v, v._array) for layer in self.layers for v in layer._own_variables()]
        self.losses = [(layer._record, list(layer._record.losses), layer._record.losses_entry)
                       for layer in self.layers]
        seeds = [s for layer in self.layers for s in vars(layer).values() if isinstance(s, SeedGenerator)]
        self.states = [(s, copy.deepcopy(s.generator.bit_generator.state)) for s in seeds]

    def __exit__(self, *_):
        for variable, array in self.values:
            variable._set(array)
        for record, losses, entry in self.losses:
            record.losses, record.losses_entry = losses, entry
        for seed, state in self.states:
            seed.generator.bit_generator.state = state
