"""What `call` and `build` of a layer take: where `training` goes, which arguments are masks, which are shapes."""

import inspect
import math
from typing import NamedTuple

from ..autograd import tree
from ..autograd.tensor import Operand, SymbolicTensor, Tensor
from ..masks import mask_of, with_mask

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
NAMED = (*POSITIONAL, inspect.Parameter.KEYWORD_ONLY)


class Signature(NamedTuple):
    """The arguments of a class' `call` and `build`, without self."""

    places: dict            # name -> place among the positional arguments of `call`
    named: frozenset        # all names that `call` accepts
    training: object        # None if `call` takes no `training`, else (its default,)
    shapes: tuple           # parameters of `build`
    needed: tuple           # those of them without a default

    @classmethod
    def of(cls, layer_class):
        """The one of a class of layers, looked up once."""
        if layer_class not in _known:
            call = list(inspect.signature(layer_class.call).parameters.values())[1:]
            default = next(((None if p.default is p.empty else p.default,) for p in call if p.name == "training"), None)
            build = [p for p in list(inspect.signature(layer_class.build).parameters.values())[1:] if p.kind in NAMED]
            _known[layer_class] = cls({p.name: i for i, p in enumerate(p for p in call if p.kind in POSITIONAL)},
                                      frozenset(p.name for p in call if p.kind in NAMED), default,
                                      tuple(p.name for p in build),
                                      tuple(p.name for p in build if p.default is p.empty))
        return _known[layer_class]

    def with_training(self, args, kwargs, training, outer):
        """Arguments in which `training` is what was given, else what the outer call has, else its default."""
        place = self.places.get("training", math.inf)
        if place >= len(args):
            kwargs["training"] = training = self._first_told(training, outer)
            return args, training
        training = self._first_told(args[place] if training is None else training, outer)
        return (*args[:place], training, *args[place + 1:]), training

    def _first_told(self, training, outer):
        if training is not None:
            return training
        return self.training[0] if outer is None else outer

    def given(self, args, kwargs):
        """The arguments by name."""
        return {**dict(zip(self.places, args)), **kwargs}

    def put(self, args, kwargs, name, value):
        """`args`, with an argument put into them or into `kwargs`."""
        place = self.places.get(name, len(args))
        if place < len(args):
            return (*args[:place], value, *args[place + 1:])
        kwargs[name] = value
        return args

    def with_masks(self, args, kwargs):
        """Arguments in which masks that were not given are those that came with the tensors; and the mask of the
        first argument.

        As in Keras: `mask` where one argument holds tensors, `query_mask` for `query` and so on where several do.
        """
        given = self.given(args, kwargs)
        holding = [name for name, value in given.items() if holds_tensors(value)]
        wanted = {"mask": holding[0]} if len(holding) == 1 else {f"{name}_mask": name for name in holding}
        for name, source in wanted.items():
            if name in self.named and given.get(name) is None:
                args = self.put(args, kwargs, name, masks_of(given[source]))
        mask = self.given(args, kwargs).get("mask")
        return args, masks_of(next(iter(given.values()), None)) if mask is None else mask

    def shapes_for_build(self, args, kwargs, where):
        """{parameter of `build`: shape}, with the nest of shapes of the first argument where there is only one."""
        shapes = {f"{name}_shape": shape_of(value) for name, value in self.given(args, kwargs).items()
                  if name != "mask" and holds_tensors(value)}
        if len(self.shapes) == 1:
            first = args[0] if args else next(iter(kwargs.values()), None)
            return {self.shapes[0]: shape_of(first)}
        missing = [name for name in self.needed if name not in shapes]
        if missing:
            raise TypeError(f"{where} was called without a tensor for "
                            f"{', '.join(name.removesuffix('_shape') for name in missing)}. Call it with one; in a "
                            "layer of your own, name the parameters of build after those of call, with _shape behind.")
        return {name: shapes[name] for name in self.shapes if name in shapes}


_known = {}


def holds_tensors(value):
    """Whether an argument is a tensor, or a nest of nothing but tensors (and None)."""
    if isinstance(value, tree.CONTAINERS):
        leaves = tree.flatten(value)
        return any(isinstance(x, Operand) for x in leaves) and all(x is None or isinstance(x, Operand) for x in leaves)
    return isinstance(value, Operand)


def shape_of(value):
    """The shape of a tensor, or a nest of them; None of what has none."""
    return tree.map_structure(lambda x: getattr(x, "shape", None), value)


def map_shapes(function, shapes):
    """`function` of a shape, or of each of a nest of shapes."""
    if isinstance(shapes, dict):
        return {key: map_shapes(function, value) for key, value in shapes.items()}
    if shapes and isinstance(shapes[0], (list, tuple, dict)):
        return [map_shapes(function, value) for value in shapes]
    return function(shapes)


def masks_of(value):
    """The mask of a tensor, or a nest of them."""
    return tree.map_structure(mask_of, value)


def attach_masks(outputs, masks):
    """Let the outputs of a layer carry their masks, unless they carry some already."""
    for x, mask in zip(tree.flatten(outputs), tree.flatten(masks)):
        if mask is not None and isinstance(x, (Tensor, SymbolicTensor)) and mask_of(x) is None:
            with_mask(x, mask)
