"""Layers around another layer."""

from .. import kinds
from ..autograd import dims, tree
from ..autograd.linear import reshape, stack
from ..autograd.tensor import SymbolicTensor
from ..errors import ShapeError
from ..ops.shapes import shape, unstack
from .base import Layer


class Wrapper(Layer):
    """Base of layers around another one, which is `layer`; subclasses define `call`."""

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise ValueError(f"{type(self).__name__} needs a layer, such as Dense(8), got {layer!r}.")
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape=None):
        if not self.layer.built:
            self.layer.build(input_shape)


class TimeDistributed(Wrapper):
    """The layer applied to each step of sequences. Shapes: (batch, steps, ...) -> (batch, steps, ...).

    A layer of ours that treats samples apart gets all steps at once, as one large batch. Others, such as
    BatchNormalization with its statistics of a batch, and layers of the user's own, get one step after the other.
    """

    def __init__(self, layer, **kwargs):
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        if not isinstance(input_shape, (tuple, list)) or len(input_shape) < 3:
            raise ShapeError(f"{self._titled}: inputs must have shape (batch, steps, ...), with "
                             f"one axis more at least, got {input_shape}.")
        super().build((input_shape[0], *input_shape[2:]))

    def call(self, inputs, training=None, mask=None):
        extents = shape(inputs)
        if mask is not None and not _agree(shape(mask)[:2], extents[:2]):
            raise ShapeError(f"{self._titled}: a mask for inputs of shape {inputs.shape} must have "
                             f"shape (batch, steps, ...), got {mask.shape}.")
        if isinstance(inputs, SymbolicTensor):
            first = None if mask is None else mask[:, 0]
            return tree.map_structure(
                lambda y: SymbolicTensor((*shape(y)[:1], extents[1], *shape(y)[1:]), y.dtype),
                self._on(SymbolicTensor((extents[0], *extents[2:]), inputs.dtype), first, training))
        if treats_samples_apart(self.layer):
            outputs = self._on(_flat(inputs), mask if mask is None else _flat(mask), training)
            return tree.map_structure(lambda y: reshape(y, shape=(*extents[:2], *shape(y)[1:])), outputs)
        steps = unstack(inputs, axis=1)
        masks = [None] * len(steps) if mask is None else unstack(mask, axis=1)
        outputs = [self._on(x, m, training) for x, m in zip(steps, masks, strict=True)]
        return tree.map_structure(lambda *ys: stack(*ys, axis=1), *outputs)

    def _on(self, x, mask, training):
        named = self.layer._record.signature.named
        given = {"mask": mask} if mask is not None and "mask" in named else {}
        return self.layer(x, training=training, **given)


def treats_samples_apart(layer):
    """Whether a layer is ours, through and through, and keeps no statistics of the batches that it meets."""
    return all(kinds.is_ours(type(inner)) and not inner._record.fixed and not getattr(inner, "stateful", False)
               and inner.activity_regularizer is None and type(inner).__name__ != "Lambda"
               for inner in layer._flatten_layers())


def _flat(x):
    extents = shape(x)
    return reshape(x, shape=(dims.product(extents[:2]), *extents[2:]))


def _agree(a, b):
    return len(a) == len(b) and all(not isinstance(m, int) or not isinstance(n, int) or m == n for m, n in zip(a, b))
