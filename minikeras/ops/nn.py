"""Keras' `ops.nn`: what networks are made of."""

from .activation import (
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu,
    relu6,
    selu,
    silu,
    soft_shrink,
    softmax,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh_shrink,
    threshold,
)
from .attention import dot_product_attention
from .binary import polar
from .convolution import conv, conv_transpose, depthwise_conv, separable_conv
from .crossentropy import binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy
from .ctc import ctc_decode, ctc_loss
from .images import psnr
from .indexing import multi_hot, one_hot
from .normalization import batch_normalization, layer_normalization, rms_normalization
from .norms import normalize
from .pooling import (
    adaptive_average_pool,
    adaptive_max_pool,
    average_pool,
    depth_to_space,
    fold,
    max_pool,
    space_to_depth,
    unfold,
)
from .statistics import moments
from .unary import sigmoid, softplus

hard_swish = hard_silu
swish = silu

__all__ = sorted(name for name, value in globals().items() if not name.startswith("_") and callable(value))
