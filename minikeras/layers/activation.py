"""Activation functions as layers. All keep the shape of their inputs."""

import warnings

from .. import activations
from ..arguments import number
from ..autograd import dims
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from ..ops import activation
from ..ops.arithmetic import select
from .base import Layer
from .input_spec import InputSpec


class _Weightless(Layer):
    """Base: a layer without weights, through which masks pass."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = self.built = True


class Activation(_Weightless):
    """An activation function, given by name or as a function, as a layer."""

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs):
        return self.activation(inputs)


class ReLU(_Weightless):
    """max(x, 0), with an upper limit, a slope below the threshold, and a threshold other than 0 if asked."""

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        self.max_value = number("ReLU: max_value", max_value, 0, optional=True)
        self.negative_slope = number("ReLU: negative_slope", negative_slope, 0)
        self.threshold = number("ReLU: threshold", threshold, 0)

    def call(self, inputs):
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(_Weightless):
    """x, times `negative_slope` where it is negative. `alpha` is Keras' older name of the slope."""

    def __init__(self, negative_slope=0.3, **kwargs):
        if "alpha" in kwargs:
            warnings.warn("LeakyReLU: the argument alpha is called negative_slope now.", stacklevel=2)
            negative_slope = kwargs.pop("alpha")
        super().__init__(**kwargs)
        self.negative_slope = number("LeakyReLU: negative_slope", negative_slope, 0)

    def call(self, inputs):
        return activations.leaky_relu(inputs, self.negative_slope)

    def get_config(self):
        config = super().get_config()
        config.pop("alpha", None)
        return config


class PReLU(Layer):
    """x, times a learned slope where it is negative: one for each element of a sample.

    shared_axes   axes along which elements share a slope, from 1 on (0 is the batch): [1, 2] gives images one for
                  each channel
    Source: He et al. 2015, eq. 1.
    """

    def __init__(self, alpha_initializer="Zeros", alpha_regularizer=None, alpha_constraint=None, shared_axes=None,
                 **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self._keep("alpha", alpha_initializer, alpha_regularizer, alpha_constraint)
        axes = shared_axes if isinstance(shared_axes, (list, tuple)) or shared_axes is None else [shared_axes]
        self.shared_axes = axes if axes is None else list(axes)
        if not all(type(axis) is int and axis > 0 for axis in self.shared_axes or ()):
            raise ValueError(f"PReLU: shared_axes must be axes from 1 on (0 is the batch), got {shared_axes!r}.")

    def build(self, input_shape):
        shared = set(self.shared_axes or ())
        if shared and max(shared) >= len(input_shape):
            raise ShapeError(f"shared_axes={self.shared_axes}, but inputs have {len(input_shape)} axes only.")
        extents = {axis: n for axis, n in enumerate(input_shape) if axis and axis not in shared}
        if None in extents.values():
            raise ShapeError("the extents of a sample must be known, except along shared_axes. Give them in "
                             "Input(shape=...), or share the slopes along that axis.")
        self.alpha = self._add_kept("alpha", [extents.get(axis, 1) for axis in range(1, len(input_shape))])
        self.input_spec = InputSpec(ndim=len(input_shape), axes=extents)

    def call(self, inputs):
        return activation.relu(inputs) - self.alpha * activation.relu(-inputs)


class ELU(_Weightless):
    """x, and alpha * (exp(x) - 1) where it is negative. Source: Clevert et al. 2016, eq. 15."""

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = number("ELU: alpha", alpha)

    def call(self, inputs):
        return activations.elu(inputs, self.alpha)


class Softmax(_Weightless):
    """exp(x) over its sum along `axis`, an axis or several; where `mask` is false the result is 0.

    A mask has the shape of the inputs, or broadcasts to it; numbers above 0.5 count as true.
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        axes = axis if isinstance(axis, (list, tuple)) else [axis]
        if not axes or not all(type(a) is int for a in axes):
            raise ValueError(f"Softmax: axis must be an axis or a list of at least one, got {axis!r}.")
        self.axis = axis

    def call(self, inputs, mask=None):
        inputs = as_tensor(inputs)
        axes = self.axis if isinstance(self.axis, (list, tuple)) else [self.axis]
        axes = tuple([dims.normalize_axis(a, inputs.ndim, self._titled) for a in axes])
        axis = axes[0] if len(axes) == 1 else axes
        if mask is None:
            return activation.softmax(inputs, axis=axis)
        mask = as_mask(mask, shape_of(inputs), self._titled)
        scores = select(mask, inputs, -3e4 if inputs.dtype.name == "float16" else -1e9)
        return select(mask, activation.softmax(scores, axis=axis), 0.0)


def as_mask(mask, wanted, where):
    """`mask` as booleans. Raises ShapeError unless it broadcasts to dims `wanted`."""
    mask = as_tensor(mask)
    given = shape_of(mask)
    if len(given) > len(wanted) or not all(
            m == 1 or m == n or not type(m) is type(n) is int for m, n in zip(given[::-1], wanted[::-1])):
        raise ShapeError(f"{where}: the mask has shape {dims.public_shape(given)}, which does not broadcast to "
                         f"{dims.public_shape(wanted)}. Axes are aligned from the right and must be equal or 1.")
    return mask if mask.dtype.name == "bool" else mask > 0.5
