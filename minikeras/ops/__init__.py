"""Keras' `ops`: every function here takes tensors, arrays and numbers and gives tensors."""

from ..autograd.batching import vectorized_map
from ..autograd.custom import stop_gradient
from ..autograd.linear import broadcast_to as _broadcast_to
from ..autograd.linear import concatenate as _concatenate
from ..autograd.linear import conj, copy
from ..autograd.linear import reshape as _reshape
from ..autograd.linear import stack as _stack
from ..autograd.operands import as_tensor as convert_to_tensor
from . import image, linalg, nn, numpy_methods, operators
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
from .arithmetic import (
    absolute,
    add,
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    clip,
    divide,
    divide_no_nan,
    equal,
    fabs,
    floor_divide,
    greater,
    greater_equal,
    hypot,
    isfinite,
    isinf,
    isnan,
    isneginf,
    isposinf,
    isreal,
    left_shift,
    less,
    less_equal,
    log,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    mod,
    multiply,
    negative,
    not_equal,
    power,
    reciprocal,
    right_shift,
    sign,
    signbit,
    square,
    subtract,
    where,
)
from .arithmetic import invert as bitwise_invert
from .attention import dot_product_attention
from .binary import (
    allclose,
    angle,
    arctan2,
    fmax,
    fmin,
    fmod,
    gcd,
    heaviside,
    isclose,
    lcm,
    ldexp,
    logaddexp,
    logaddexp2,
    nextafter,
    polar,
)
from .complex_numbers import imag, real, view_as_complex, view_as_real
from .contraction import einsum
from .control import associative_scan, cond, fori_loop, map, scan, switch, while_loop
from .convolution import conv, conv_transpose, depthwise_conv, separable_conv
from .creation import (
    arange,
    bartlett,
    blackman,
    cast,
    convert_to_numpy,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    geomspace,
    hamming,
    hanning,
    identity,
    is_tensor,
    kaiser,
    linspace,
    logspace,
    ones,
    ones_like,
    saturate_cast,
    tri,
    zeros,
    zeros_like,
)
from .crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    ctc_loss,
    sparse_categorical_crossentropy,
)
from .decompositions import cholesky, cholesky_inverse, eig, eigh, logdet, matrix_rank, qr, svd
from .fourier import extract_sequences, fft, fft2, ifft2, irfft, istft, rfft, stft
from .images import psnr
from .indexing import (
    multi_hot,
    one_hot,
    pad,
    repeat,
    select,
    take,
    take_along_axis,
)
from .indexing import slice_from as slice
from .indexing import subscript as get_item
from .joining import append, array_split, dsplit, dstack, hsplit, hstack, meshgrid, vsplit, vstack
from .normalization import batch_normalization, layer_normalization, rms_normalization
from .norms import cdist, norm, normalize
from .placing import scatter_into as scatter_update
from .placing import scatter_nd as scatter
from .placing import segment_max, segment_min, segment_prod, segment_sum, slice_update
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
from .products import (
    corrcoef,
    correlate,
    cross,
    dot,
    inner,
    kron,
    matmul,
    outer,
    tensordot,
    vdot,
)
from .reduce import all, any, argmax, argmin, logsumexp, mean, std, sum, var
from .reduce import max as _max
from .reduce import min as _min
from .reduce import prod as _prod
from .shapes import (
    diag,
    diagflat,
    diagonal,
    expand_dims,
    flip,
    fliplr,
    flipud,
    moveaxis,
    ravel,
    rearrange,
    roll,
    rot90,
    shape,
    size,
    split,
    squeeze,
    swapaxes,
    tile,
    transpose,
    tril,
    triu,
    unstack,
    vander,
)
from .solving import det, inv, lstsq, pinv, slogdet, solve, solve_triangular, trace
from .sorting import (
    argpartition,
    bincount,
    digitize,
    histogram,
    in_top_k,
    isin,
    nonzero,
    searchsorted,
    sort,
    top_k,
    unique,
    unravel_index,
)
from .sorting import argsort as _argsort
from .special import erf, erfc, erfinv, i0, sinc
from .statistics import (
    average,
    diff,
    median,
    moments,
    nanargmax,
    nanargmin,
    nancumprod,
    nancumsum,
    nanmax,
    nanmean,
    nanmedian,
    nanmin,
    nanpercentile,
    nanprod,
    nanquantile,
    nanstd,
    nansum,
    nanvar,
    percentile,
    ptp,
    quantile,
    trapezoid,
)
from .statistics import count_nonzero as _count_nonzero
from .statistics import running_product as cumprod
from .statistics import running_sum as cumsum
from .unary import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctanh,
    cbrt,
    ceil,
    cos,
    cosh,
    deg2rad,
    exp,
    exp2,
    expm1,
    floor,
    log1p,
    log2,
    log10,
    nan_to_num,
    rad2deg,
    round,
    rsqrt,
    sigmoid,
    sin,
    sinh,
    softplus,
    sqrt,
    tan,
    tanh,
    trunc,
)

abs = absolute
array = convert_to_tensor
bitwise_not = bitwise_invert
bitwise_left_shift = left_shift
bitwise_right_shift = right_shift
conjugate = conj
hard_swish = hard_silu
swish = silu
true_divide = divide


def argsort(x, axis=-1):
    """Indices that sort `x` along `axis`, the flat `x` if it is None; equal elements keep their order."""
    return _argsort(ravel(x), axis=0) if axis is None else _argsort(x, axis=axis)


def broadcast_to(x, shape):
    """The elements repeated along new axes and axes of extent 1 to fill `shape`."""
    return _broadcast_to(x, shape=tuple(shape))


def concatenate(xs, axis=0):
    """Tensors joined along an axis that they have."""
    return _concatenate(*xs, axis=axis)


def count_nonzero(x, axis=None):
    """How many elements along `axis` are not 0, as int32."""
    return _count_nonzero(x, axis)


def max(x, axis=None, keepdims=False, initial=None):
    """The largest element along `axis`, and not less than `initial`; equal ones share the gradient."""
    return _with_initial(_max, maximum, x, axis, keepdims, initial)


def min(x, axis=None, keepdims=False, initial=None):
    """The smallest element along `axis`, and not more than `initial`; equal ones share the gradient."""
    return _with_initial(_min, minimum, x, axis, keepdims, initial)


def _with_initial(extreme, merge, x, axis, keepdims, initial):
    if initial is None:
        return extreme(x, axis=axis, keepdims=keepdims)
    # As one more element, so that an empty `x` has an extreme, too.
    x = convert_to_tensor(x)
    if 0 in shape(x):
        empty_reduced = sum(x, axis=axis, keepdims=keepdims)
        return cast(empty_reduced * 0 + initial, x.dtype)
    return merge(extreme(x, axis=axis, keepdims=keepdims), initial)


def ndim(x):
    """The number of axes."""
    return len(convert_to_tensor(x).shape)


def reshape(x, newshape):
    """The elements in row-major order in another shape; one extent may be -1."""
    newshape = (newshape,) if isinstance(newshape, int) else tuple(newshape)
    return _reshape(x, shape=tuple(n if hasattr(n, "terms") else int(n) for n in newshape))


def stack(x, axis=0):
    """Tensors of one shape joined along a new axis."""
    return _stack(*x, axis=axis)


def prod(x, axis=None, keepdims=False, dtype=None):
    """The product along `axis`, in `dtype`."""
    return _prod(convert_to_tensor(x, dtype), axis=axis, keepdims=keepdims)


amax = max
amin = min

__all__ = sorted(name for name, value in globals().items()
                 if not name.startswith("_") and (callable(value) or name in ("image", "linalg", "nn")))
