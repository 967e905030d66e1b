"""Layers that make one tensor of several: sums, products, extremes, joins."""

import functools
import string

from ..autograd import dims
from ..autograd.linear import add_n, broadcast_to
from ..autograd.linear import concatenate as join
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from ..masks import mask_of
from ..ops import arithmetic, reduce
from ..ops.contraction import einsum
from ..ops.creation import ones_like
from ..ops.norms import normalize
from ..ops.shapes import expand_dims
from .base import Layer


class _Merge(Layer):
    """Base: takes a list of tensors. Its mask holds where that of any input does, if all have one."""

    exactly = None      # how many inputs there must be; None: at least one

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = self.built = True

    def merged(self, inputs):
        """The result for tensors with the same number of axes, which broadcast."""
        raise NotImplementedError(f"{type(self).__name__} must define merged(self, inputs).")

    def call(self, inputs):
        return self.merged(self._aligned(self._listed(inputs)))

    def _listed(self, inputs):
        wanted = "a list of tensors" if self.exactly is None else f"a list of {self.exactly} tensors"
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(f"{self._titled} takes {wanted}, got one of shape {tuple(inputs.shape)}.")
        if not inputs or self.exactly not in (None, len(inputs)):
            raise ValueError(f"{self._titled} takes {wanted}, got {len(inputs)} of them.")
        return [as_tensor(x) for x in inputs]

    def _aligned(self, inputs):
        """Tensors with axes of 1 after the batch, so that all have the same number. They must broadcast, but for the
        batch, which must be the same."""
        ndim = max([x.ndim for x in inputs])
        common = None
        for number, x in enumerate(inputs):
            own = shape_of(x)
            own = (*own[:1], *(1,) * (ndim - len(own)), *own[1:])
            if common is not None and not _fit(common, own):
                raise ShapeError(f"{self._titled}: input {number} has shape {dims.public_shape(shape_of(x))}, which "
                                 f"does not go with {dims.public_shape(common)}, the shape of those before it. The "
                                 "first axes must be equal; others, aligned from the right, equal or 1.")
            common = own if common is None else dims.broadcast(common, own)
        return [expand_dims(x, tuple(range(1, 1 + ndim - x.ndim))) if x.ndim < ndim else x for x in inputs]

    def compute_mask(self, inputs, mask=None):
        masks = mask if isinstance(mask, (list, tuple)) else [mask]
        return None if any(m is None for m in masks) else functools.reduce(arithmetic.logical_or, masks)


def _fit(a, b):
    """Whether two shapes of one length broadcast, the first extents being equal."""
    known = [(m, n) for m, n in zip(a, b) if type(m) is type(n) is int]
    batch = zip(a[:1], b[:1])
    return all(m == n or 1 in (m, n) for m, n in known) and all(m == n for m, n in batch if type(m) is type(n) is int)


class Add(_Merge):
    """The sum of tensors of one shape, or of shapes that broadcast."""

    def merged(self, inputs):
        return add_n(*inputs) if _alike(inputs) else functools.reduce(arithmetic.add, inputs)


class Subtract(_Merge):
    """The first tensor less the second."""

    exactly = 2

    def merged(self, inputs):
        return arithmetic.subtract(*inputs)


class Multiply(_Merge):
    """The product of tensors. What is masked counts as 1, and as 0 where all inputs are masked."""

    def merged(self, inputs):
        masks = [_spread_mask(x) for x in inputs]
        factors = [x if mask is None else arithmetic.select(mask, x, 1) for x, mask in zip(inputs, masks)]
        product = functools.reduce(arithmetic.multiply, factors)
        if any(mask is None for mask in masks):
            return product
        return arithmetic.select(functools.reduce(arithmetic.logical_or, masks), product, 0)


class Average(_Merge):
    """The mean of tensors, element by element."""

    def merged(self, inputs):
        return Add.merged(self, inputs) / len(inputs)


class Maximum(_Merge):
    """The largest of several tensors, element by element. What is masked gives way to what is not."""

    def merged(self, inputs):
        return _extreme(arithmetic.maximum, inputs)


class Minimum(_Merge):
    """The smallest of several tensors, element by element. What is masked gives way to what is not."""

    def merged(self, inputs):
        return _extreme(arithmetic.minimum, inputs)


def _extreme(chosen, inputs):
    y, seen = inputs[0], _spread_mask(inputs[0])
    for x in inputs[1:]:
        mask = _spread_mask(x)
        x = x if mask is None else arithmetic.select(mask, x, y)
        y = y if seen is None else arithmetic.select(seen, y, x)
        seen = None if seen is None or mask is None else arithmetic.logical_or(seen, mask)
        y = chosen(y, x)
    return y


def _spread_mask(x):
    """The mask that `x` carries, with axes of 1 so that it broadcasts to it; None if there is none."""
    mask = mask_of(x)
    return None if mask is None else expand_dims(mask, tuple(range(len(mask.shape), len(x.shape))))


class Concatenate(_Merge):
    """Tensors joined along `axis`, which are alike in all other axes."""

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        if type(axis) is not int:
            raise ValueError(f"Concatenate: axis must be an integer, got {axis!r}.")
        self.axis = axis

    def call(self, inputs):
        inputs = self._listed(inputs)
        first = shape_of(inputs[0])
        axis = dims.normalize_axis(self.axis, len(first), self._titled)
        for number, x in enumerate(inputs):
            own = shape_of(x)
            if not dims.may_agree((*own[:axis], *own[axis + 1:]), (*first[:axis], *first[axis + 1:])):
                raise ShapeError(f"{self._titled}: input {number} has shape {dims.public_shape(own)}, input 0 has "
                                 f"{dims.public_shape(first)}. They must be alike but for axis {axis}, along which "
                                 "they are joined.")
        return join(*inputs, axis=axis)

    def compute_mask(self, inputs, mask=None):
        if mask is None or all(one is None for one in mask):
            return None
        parts = [ones_like(x, "bool") if one is None else broadcast_to(_spread_mask(x), shape=shape_of(x))
                 for x, one in zip(inputs, mask)]
        joined = join(*parts, axis=self.axis % len(shape_of(inputs[0])))
        return reduce.any(joined, axis=-1)


class Dot(_Merge):
    """For each sample, the sum of products of two tensors along an axis of each.

    axes        that axis, or one of the first and one of the second input; 0, the batch, cannot be meant
    normalize   whether to divide by the norms along the axes first: the cosine of the angle
    Shapes: (n, *a) and (n, *b) -> (n, *rest of a, *rest of b), and (n, 1) of two vectors. It passes no mask on.
    """

    exactly = 2

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)
        pair = axes if isinstance(axes, (list, tuple)) else [axes, axes]
        if len(pair) != 2 or not all(type(axis) is int for axis in pair):
            raise ValueError(f"Dot: axes must be an integer or two of them, got {axes!r}.")
        if 0 in pair:
            raise ValueError(f"Dot: axis 0 is the batch, along which there is no product; got axes={axes!r}.")
        self.axes, self.normalize = axes, normalize

    def call(self, inputs):
        inputs = self._listed(inputs)
        shapes = [shape_of(x) for x in inputs]
        given = self.axes if isinstance(self.axes, (list, tuple)) else [self.axes] * 2
        axes = [dims.normalize_axis(a, len(s), f"{self._titled}: input {i} of shape {dims.public_shape(s)}")
                for i, (a, s) in enumerate(zip(given, shapes))]
        shown = " and ".join([str(dims.public_shape(s)) for s in shapes])
        if 0 in axes:
            raise ShapeError(f"{self._titled}: axes={self.axes} of inputs of shapes {shown} is axis 0, the batch, "
                             "along which there is no product.")
        dims.unify(shapes[0][0], shapes[1][0], f"{self._titled}: the batches of inputs of shapes {shown}")
        dims.unify(*[s[a] for s, a in zip(shapes, axes)],
                   f"{self._titled}: axis {axes[0]} of the first and {axes[1]} of the second of shapes {shown}")
        if self.normalize:
            inputs = [normalize(x, axis=a) for x, a in zip(inputs, axes)]
        result = einsum(_dot_subscripts(*map(len, shapes), *axes), *inputs)
        return expand_dims(result, 1) if len(result.shape) == 1 else result

    def compute_mask(self, inputs, mask=None):
        return None


def _dot_subscripts(first, second, axis_1, axis_2):
    """Of einsum: b for the batch, s for what is summed, others for the rest."""
    letters = iter(sorted(set(string.ascii_letters) - set("bs")))
    rests = [[next(letters) for _ in range(ndim - 2)] for ndim in (first, second)]
    terms = ["".join(["b", *rest[:axis - 1], "s", *rest[axis - 1:]]) for rest, axis in zip(rests, (axis_1, axis_2))]
    return f"{','.join(terms)}->b{''.join(rests[0] + rests[1])}"


def _alike(inputs):
    """Whether tensors are of one shape and dtype."""
    return len({(shape_of(x), x.dtype) for x in inputs}) == 1


def add(inputs, **kwargs):
    """The sum of tensors, as by the layer Add."""
    return Add(**kwargs)(inputs)


def subtract(inputs, **kwargs):
    """The first tensor less the second, as by the layer Subtract."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs, **kwargs):
    """The product of tensors, as by the layer Multiply."""
    return Multiply(**kwargs)(inputs)


def average(inputs, **kwargs):
    """The mean of tensors, as by the layer Average."""
    return Average(**kwargs)(inputs)


def maximum(inputs, **kwargs):
    """The largest of several tensors, as by the layer Maximum."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs, **kwargs):
    """The smallest of several tensors, as by the layer Minimum."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs, axis=-1, **kwargs):
    """Tensors joined along `axis`, as by the layer Concatenate."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs, axes=-1, **kwargs):
    """Sums of products along axes, as by the layer Dot."""
    return Dot(axes=axes, **kwargs)(inputs)
