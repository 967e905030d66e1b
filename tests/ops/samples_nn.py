"""Samples of convolutions, pooling, normalization and losses; see samples.py for what the tables mean."""

import numpy as np

from minikeras import ops
from minikeras.tf import nn as tf_nn

from .sampling import BOOLEANS, POSITIVE, USUAL, Sample

_FIRST = {"data_format": "channels_first"}
_POOLS = [Sample(((2, 5, 2),), {"pool_size": 2}), Sample(((1, 5, 4, 1),), {"pool_size": (3, 2), "padding": "same"}),
          Sample(((1, 2, 5, 4),), {"pool_size": 3, "strides": (1, 2), "padding": "same", **_FIRST}),
          Sample(((1, 3, 3, 2, 1),), {"pool_size": 2, "strides": 1}), Sample(((0, 4, 2),), {"pool_size": 2})]
# Far from where two colours are equal, and from the corners of the hue.
_COLOURS = np.array([[[[0.9, 0.2, 0.45], [0.3, 0.75, 0.1]]], [[[0.15, 0.35, 0.8], [0.7, 0.42, 0.23]]]])
_LOGITS = np.array([[0.31, -1.2, 0.17, 0.05], [1.9, -0.4, 0.6, 0.2]])
_LABELS = np.array([[1, 1, 2], [3, 0, 0]])


def _known_kernel(*cases):
    return [Sample(extents, attrs, known=tuple(range(1, len(extents)))) for *extents, attrs in cases]


def _moments(x, **attrs):
    return ops.stack(ops.moments(x, **attrs))


def _ctc(output):
    return ops.ctc_loss(_LABELS, output, np.array([3, 1]), np.array([5, 4]))


DOMAINS = {}
PREPARED = {}
_ONE = {"strides": (1,), "dilations": (1,), "padding": ((0, 0),), "groups": 1}
_TWO = {"strides": (2, 1), "dilations": (1, 2), "padding": ((1, 0), (0, 1)), "groups": 2}
_CUT = {"strides": (2,), "dilations": (1,), "padding": ((1, -1),), "groups": 1}
_EACH = [{"strides": (stride,), "dilations": (dilation,), "padding": ((1, 1),), "groups": 3}
         for stride, dilation in ((1, 1), (2, 1), (1, 2))]
_HALVES = {"size": (2,), "strides": (2,), "padding": ((0, 0),)}
_OVERLAPPING = {"size": (2, 3), "strides": (1, 2), "padding": ((0, 1), (1, 1))}
_LARGEST = [((2, 5, 2), (2, 2, 2), _HALVES), ((1, 3, 4, 1), (1, 3, 2, 1), _OVERLAPPING),
            ((0, 4, 2), (0, 2, 2), _HALVES)]


def _windows_and_largest(x, attrs):
    x = np.random.default_rng(0).permutation(np.linspace(-1.9, 2.1, int(np.prod(x)))).reshape(x)
    return x, ops.max_pool(x, *list(attrs.values())[:2], "same" if attrs is _OVERLAPPING else "valid").numpy()


SAMPLES = {
    "largest": [Sample((x,), attrs) for x, _, attrs in _LARGEST],
    "put_at_largest": [Sample((y, *_windows_and_largest(x, attrs)), attrs) for x, y, attrs in _LARGEST],
    "take_at_largest": [Sample((x, *_windows_and_largest(x, attrs)), attrs) for x, y, attrs in _LARGEST],
    "lstm_update": [Sample(extents) for extents in (((2, 8), (2, 2)), ((2, 3, 4), (2, 3, 1)), ((0, 4), (0, 1)))],
    # Statistics along the last axes, the first, between others, in two runs; of blocks of rows.
    "standardize": [Sample((extents,), {"axes": axes, "epsilon": 0.1}) for extents, axes in (
        ((3, 4), (1,)), ((4, 3), (0,)), ((2, 3, 4), (1,)), ((2, 3, 2), (0, 2)), ((2, 2, 2, 3), (1, 3)), ((5,), (0,)),
        ((0, 3), (1,)))],
    "standardize_pull": [Sample((extents, extents, factor), {"axes": axes}, [USUAL, USUAL, POSITIVE])
                         for extents, factor, axes in (((3, 4), (3, 1), (1,)), ((2, 3, 2), (1, 3, 1), (0, 2)),
                                                       ((2, 2, 2, 3), (2, 1, 2, 1), (1, 3)))],
    "product_sum": [Sample((extents, extents), {"shape": shape}) for extents, shape in (
        ((3, 4), (4,)), ((2, 3, 2), (3, 1)), ((2, 2, 3), (2, 1, 1)), ((2, 3, 2, 2, 2), (1, 3, 1, 2, 1)),
        ((2, 3), (2, 3)))],
    "tally": [Sample((np.array([[0, 2, 2], [-1, 1, 0]]), (2, 3)), {"depth": 3}),
              Sample((np.array([0, 1, -1]), (3,)), {"depth": 2})],
    "scale_and_shift": [Sample(((2, 3, 4), (4,), (4,))), Sample(((2, 3, 4), (3, 1), (1, 3, 1))),
                        Sample(((0, 3), (3,), (3,)))],
    "correlate": _known_kernel(
        ((2, 4, 2), (2, 2, 3), _ONE), ((1, 3, 4, 4), (2, 2, 2, 2), _TWO), ((1, 5, 1), (3, 1, 2), _CUT),
        ((0, 4, 2), (2, 2, 3), _ONE), *[((2, 4, 3), (2, 1, 3), attrs) for attrs in _EACH]),
    "spread": _known_kernel(
        ((2, 3, 3), (2, 2, 3), {"extents": (4,), **_ONE}), ((1, 2, 3, 2), (2, 2, 2, 2), {"extents": (3, 4), **_TWO}),
        ((1, 2, 2), (3, 1, 2), {"extents": (5,), **_CUT}), ((0, 3, 3), (2, 2, 3), {"extents": (4,), **_ONE}),
        *[((2, n, 3), (2, 1, 3), {"extents": (4,), **attrs}) for n, attrs in zip((5, 3, 4), _EACH)]),
    "weigh": [Sample((x, d), {"size": size, **attrs}) for x, d, size, attrs in (
        ((2, 4, 2), (2, 3, 3), (2,), _ONE), ((1, 3, 4, 4), (1, 2, 3, 2), (2, 2), _TWO),
        ((1, 5, 1), (1, 2, 2), (3,), _CUT), ((0, 4, 2), (0, 3, 3), (2,), _ONE),
        *[((2, 4, 3), (2, n, 3), (2,), attrs) for n, attrs in zip((5, 3, 4), _EACH)])],
}
COMPOSED = [
    (ops.conv, _known_kernel(
        ((2, 4, 4), (2, 2, 6), {}), ((1, 5, 4, 4), (2, 2, 1, 4), {"strides": (2, 1), "padding": "same"}),
        ((1, 2, 5, 4), (2, 2, 2, 3), {**_FIRST, "dilation_rate": (2, 1)}),
        ((1, 3, 2, 3, 2), (2, 1, 2, 2, 2), {"padding": "same"}), ((0, 4, 2), (2, 2, 3), {}),
        ((2, 4, 2), (1, 2, 3), {"strides": 2}), ((1, 4, 2), (2, 1, 4), {}))),
    (ops.depthwise_conv, _known_kernel(
        ((2, 5, 3), (2, 3, 2), {"strides": 2}), ((1, 2, 4, 3), (2, 2, 2, 2), {"padding": "same", **_FIRST}))),
    (ops.separable_conv, _known_kernel(((1, 4, 4, 2), (2, 2, 2, 2), (1, 1, 4, 3), {"padding": "same"}))),
    (ops.conv_transpose, _known_kernel(
        ((2, 3, 2), (3, 2, 2), {"strides": 2}), ((1, 3, 2, 2), (3, 2, 1, 2), {"strides": (2, 3), "padding": "same"}),
        ((1, 2, 3, 2), (2, 2, 2, 2), {"strides": 2, "padding": "same", "output_padding": 1, **_FIRST}),
        ((2, 3, 2), (2, 1, 2), {"strides": 3, "output_padding": 2}), ((2, 3, 2), (2, 1, 2), {"dilation_rate": 2}),
        ((2, 3, 2), (1, 2, 2), {"strides": 2, "padding": "same"}))),
    (ops.max_pool, _POOLS),
    (ops.average_pool, _POOLS),
    *[(function, [Sample(((2, 5, 2),), {"output_size": 3}), Sample(((1, 2, 4, 5),), {"output_size": (2, 3), **_FIRST})])
      for function in (ops.adaptive_max_pool, ops.adaptive_average_pool)],
    (ops.unfold, [Sample(((2, 2, 3, 4),), {"kernel_size": 2}),
                  Sample(((1, 1, 4, 5),), {"kernel_size": (2, 3), "dilation": (2, 1), "padding": 1, "stride": 2})]),
    (ops.fold, [Sample(((2, 8, 6),), {"output_size": (3, 4), "kernel_size": 2}),
                Sample(((1, 6, 9),), {"output_size": (4, 5), "kernel_size": (2, 3), "padding": 1, "stride": 2})]),
    (ops.image.extract_patches, [
        Sample(((2, 4, 5, 2),), {"size": 2}), Sample(((2, 1, 4, 5),), {"size": (3, 2), "strides": 1, "padding": "same",
                                                                      **_FIRST}),
        Sample(((1, 2, 3, 2, 1),), {"size": (2, 2, 1), "strides": 1})]),
    (ops.image.resize, [
        Sample(((2, 3, 4, 1),), {"size": (5, 2), "interpolation": method, "antialias": antialias})
        for method in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5") for antialias in (False, True)]
        + [Sample(((2, 3, 4, 1),), {"size": (4, 4), "crop_to_aspect_ratio": True}),
           Sample(((2, 3, 4, 1),), {"size": (4, 4), "pad_to_aspect_ratio": True, "fill_value": 0.5})]),
    (ops.image.rgb_to_hsv, [Sample((_COLOURS,))]),
    (ops.image.hsv_to_rgb, [Sample((_COLOURS,)),
                            Sample((np.moveaxis(_COLOURS[0], -1, 0).copy(),), _FIRST, known=(0,))]),
    (ops.image.rgb_to_grayscale, [Sample(((2, 2, 2, 3),)), Sample(((2, 2, 3, 1),))]),
    (ops.psnr, [Sample(((2, 3), (2, 3)), {"max_val": 2.0})]),
    (_moments, [Sample(((2, 3, 2),), {"axes": axes, "keepdims": keepdims})
                for axes in ([0], [0, 2], -1) for keepdims in (False, True)]),
    (ops.batch_normalization, [
        Sample(((2, 3), (3,), np.array([0.5, 1.0, 2.0])), {"axis": -1}, known=(1, 2)),
        Sample(((2, 3, 2), (3,), np.array([0.5, 1.0, 2.0])), {"axis": 1, "epsilon": 0.1}, known=(1, 2))]),
    (ops.layer_normalization, [Sample(((2, 4),)), Sample(((2, 4), (4,), (4,)), {"epsilon": 0.1}, known=(1, 2)),
                               Sample(((2, 3, 2), (3, 2)), {"axis": (1, 2)}, known=(1,)),
                               Sample(((2, 3, 2), (3,)), {"axis": 1}, known=(1,))]),
    (ops.rms_normalization, [Sample(((2, 4),)), Sample(((2, 3, 2), (2,)), {"epsilon": 0.1}, known=(1,)),
                             Sample(((2, 3, 2),), {"axis": (1, 2)})]),
    (ops.dot_product_attention, [
        Sample(((2, 3, 2, 2), (2, 4, 2, 2), (2, 4, 2, 3))),
        Sample(((2, 3, 2, 2), (2, 3, 1, 2), (2, 3, 1, 3)), {"is_causal": True, "scale": 0.3}),
        Sample(((1, 3, 4, 1), (1, 3, 2, 1), (1, 3, 2, 1)), {"attn_logits_soft_cap": 0.7}),
        Sample(((1, 2, 2, 2), (1, 3, 2, 2), (1, 3, 2, 1)), {"mask": BOOLEANS, "bias": np.array([[0.1, 0.7, -0.3]])})]),
    (ops.sparsemax, [Sample((_LOGITS,)), Sample((_LOGITS.T.copy(),), {"axis": 0})]),
    (ops.binary_crossentropy, [Sample(((2, 3), (2, 3)), {}, [(0.1, 0.9)]),
                               Sample(((2, 3), (2, 3)), {"from_logits": True})]),
    (ops.categorical_crossentropy, [
        Sample(((2, 3), (2, 3)), {}, [(0.1, 0.9)]), Sample(((2, 3), (2, 3)), {"axis": 0}, [(0.1, 0.9)]),
        Sample(((2, 3), (2, 3)), {"from_logits": True})]),
    (ops.sparse_categorical_crossentropy, [
        Sample((np.array([2, 0]), (2, 3)), {}, [(0.1, 0.9)]),
        Sample((np.array([[2], [0]]), (2, 3)), {"from_logits": True}),
        Sample((np.array([[1, 0]]), (1, 2, 2)), {"from_logits": True, "axis": 1})]),
    (_ctc, [Sample(((2, 5, 4),))]),
    (tf_nn.weighted_cross_entropy_with_logits, [Sample(((2, 3), (2, 3)), {"pos_weight": 2.5})]),
    (tf_nn.local_response_normalization, [
        Sample(((2, 5),), {"depth_radius": 1, "alpha": 0.3, "beta": 0.7, "bias": 2})]),
    (tf_nn.bias_add, [Sample(((2, 3), (3,)), known=(1,)),
                      Sample(((2, 3, 2), (3,)), {"data_format": "NCW"}, known=(1,))]),
]
