"""Examples of every layer: how it is made and what it is fed. A module a family; the tests of all layers use them."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable

import numpy as np

from minikeras.autograd import tree


@dataclasses.dataclass(frozen=True)
class Example:
    """A way to make a layer, and arguments to call it with.

    make     makes a new layer; of the default float type, so that all of it can be had in float64
    feed     the first argument: an array, or a nest of them, each with the batch first
    others   further arguments by name: arrays with the batch first, or plain values
    adapt    what the layer is adapted to before its first use; None: nothing
    smooth   whether gradients can be compared with differences at `feed`
    batched  whether samples are treated alike and alone, so that part of a batch gives part of the result
    shaped   whether the output shape follows from the input shape, the batch left open
    masks    whether a mask of (batch, steps) fits, if the layer supports masks at all
    """

    make: Callable
    feed: object
    others: dict = dataclasses.field(default_factory=dict)
    adapt: object = None
    smooth: bool = True
    batched: bool = True
    shaped: bool = True
    masks: bool = True

    def layer(self):
        """A new layer, adapted if it needs that."""
        layer = self.make()
        if self.adapt is not None:
            layer.adapt(self.adapt)
        return layer

    def cast(self, dtype):
        """(feed, others) with all floats in `dtype`."""
        def as_dtype(x):
            return x.astype(dtype) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x
        return tree.map_structure(as_dtype, self.feed), {k: tree.map_structure(as_dtype, v)
                                                         for k, v in self.others.items()}


def numbers(*shape, seed=0, low=-1.0, high=1.0):
    """Floats spread over low..high, no two alike, in mixed order: differences never meet a kink or a tie."""
    count = int(np.prod(shape))
    return np.random.default_rng(seed).permutation(np.linspace(low, high, count)).reshape(shape).astype("float32")


def _collected():
    found = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        for name, examples in importlib.import_module(f"{__name__}.{module}").EXAMPLES.items():
            found[name] = examples if isinstance(examples, list) else [examples]
    return found


EXAMPLES = _collected()     # class name -> list of Examples
EACH = [(name, number) for name in sorted(EXAMPLES) for number in range(len(EXAMPLES[name]))]
