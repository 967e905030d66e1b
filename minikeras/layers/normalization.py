"""Layers that shift and scale their inputs to a common size."""

from .. import constraints, initializers, regularizers
from ..arguments import number, switch
from ..autograd import dims
from ..errors import ShapeError
from ..ops.normalization import layer_normalization
from .base import Layer


class LayerNormalization(Layer):
    """Each sample less its mean, over its standard deviation, along `axis`; times gamma plus beta, which are learned.

    axis      an axis or several of them;  epsilon   added to the variance
    center    whether there is a beta;     scale     whether there is a gamma
    Shapes: that of the inputs. Source: Ba et al. 2016.
    """

    def __init__(self, axis=-1, epsilon=1e-3, center=True, scale=True, beta_initializer="zeros",
                 gamma_initializer="ones", beta_regularizer=None, gamma_regularizer=None, beta_constraint=None,
                 gamma_constraint=None, rms_scaling=False, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        if rms_scaling:
            raise ValueError("LayerNormalization: rms_scaling=True is not supported; Keras has given it up, for it "
                             "scales by the variance. ops.rms_normalization scales by the root mean square.")
        self.rms_scaling = False
        self.axis = list(axis) if isinstance(axis, (tuple, list)) else axis
        self.epsilon = number("LayerNormalization: epsilon", epsilon, 0)
        self.center = switch("LayerNormalization: center", center)
        self.scale = switch("LayerNormalization: scale", scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.beta = self.gamma = None

    def build(self, input_shape):
        axes = self.axis if isinstance(self.axis, list) else [self.axis]
        axes = [dims.normalize_axis(a, len(input_shape), "LayerNormalization") for a in axes]
        shape = tuple([input_shape[a] for a in axes])
        if None in shape:
            raise ShapeError(f"LayerNormalization {self.name!r}: the extents along axis {self.axis} must be known, got "
                             f"inputs of shape {input_shape}.")
        if self.scale:
            self.gamma = self.add_weight(name="gamma", shape=shape, initializer=self.gamma_initializer,
                                         regularizer=self.gamma_regularizer, constraint=self.gamma_constraint)
        if self.center:
            self.beta = self.add_weight(name="beta", shape=shape, initializer=self.beta_initializer,
                                        regularizer=self.beta_regularizer, constraint=self.beta_constraint)

    def call(self, inputs):
        return layer_normalization(inputs, self.gamma, self.beta, axis=self.axis, epsilon=self.epsilon)
