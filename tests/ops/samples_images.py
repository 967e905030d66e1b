"""Samples of ops on images."""

import numpy as np

from minikeras.ops import image, warping

from .sampling import Sample

DOMAINS, PREPARED = {}, {}
SAMPLES = {
    "places": [Sample(((2, 3),), {"axis": 1}), Sample(((0, 3),), {"axis": 0})],
    "draw_for": [Sample(((2, 3), 0.5, 1.5), {"shape": (None, 4), "seed": 0, "method": "uniform", "dtype": "float32"}),
                 Sample(((2, 3), 2.0), {"shape": (), "seed": 0, "method": "gamma", "dtype": "float64"})],
}
_FIRST = {"data_format": "channels_first"}
_TURNED = np.array([[0.833, 0.217, 0.361, -0.193, 0.827, -1.233, 0.0, 0.0],
                    [1.117, 0.013, 3.713, 0.117, 0.913, 0.231, 0.0213, -0.0117]])
_AT = np.array([[-3.3, 0.4, 1.7, 5.6], [0.2, 7.3, -0.6, 1.1]])
_FROM = np.array([[[0.0, 0.0], [3.0, 0.0], [0.0, 2.0], [3.0, 2.0]]] * 2)
_TO = _FROM + np.arange(16).reshape(2, 4, 2) % 5 * 0.13


def _stretched(images, scale, translation, **attrs):
    return image.scale_and_translate(images, (2, 5, 3, 1), scale, translation, (1, 2), **attrs)


COMPOSED = [
    (image.affine_transform, [
        *[Sample(((2, 3, 4, 2), _TURNED), {"interpolation": interpolation, "fill_mode": mode, "fill_value": 0.3},
                 known=(1,)) for mode in warping.FILL_MODES for interpolation in warping.INTERPOLATIONS],
        Sample(((1, 3, 4), _TURNED[0]), _FIRST, known=(0, 1))]),
    (image.perspective_transform, [Sample(((2, 3, 4, 1), _FROM, _TO), known=(1, 2)),
                                   Sample(((3, 4, 1), _FROM[1], _TO[1]), known=(0, 1, 2))]),
    (image.map_coordinates, [
        Sample(((3, 4), _AT), {"order": order, "fill_mode": mode, "fill_value": 0.3}, known=(0, 1))
        for order in (0, 1) for mode in warping.INDEX_FILL_MODES]),
    (image.elastic_transform, [Sample(((2, 3, 4, 1),), {"alpha": 1.3, "sigma": 1.2, "seed": 3}),
                               Sample(((2, 3, 4),), {"sigma": 0.7, "seed": 3, "fill_mode": "constant", **_FIRST},
                                      known=(0,))]),
    (image.gaussian_blur, [Sample(((2, 3, 4, 2),)), Sample(((2, 3, 4),), {"kernel_size": (5, 3), "sigma": (0.8, 1.7),
                                                                         **_FIRST}, known=(0,))]),
    (image.sobel_edges, [Sample(((2, 3, 4, 2),)), Sample(((1, 2, 3, 3),), _FIRST)]),
    (image.ssim, [Sample(((2, 4, 4, 2), (2, 4, 4, 2)), {"filter_size": 3}),
                  Sample(((2, 3, 4), (2, 3, 4)), {"filter_size": 2, "max_val": 2.0, **_FIRST}, known=(0, 1))]),
    (image.pad_images, [Sample(((2, 3, 4, 1),), {"top_padding": 1, "bottom_padding": 0, "right_padding": 2,
                                                 "target_width": 8}),
                        Sample(((1, 3, 4),), {"top_padding": 1, "target_height": 5, "left_padding": 1,
                                              "right_padding": 1, **_FIRST})]),
    (image.crop_images, [Sample(((2, 3, 4, 1),), {"top_cropping": 1, "bottom_cropping": 0, "right_cropping": 2,
                                                  "target_width": 1}),
                         Sample(((1, 3, 4),), {"bottom_cropping": 1, "target_height": 2, "left_cropping": 1,
                                               "right_cropping": 1, **_FIRST})]),
    (_stretched, [
        Sample(((2, 3, 4, 1), np.array([1.63, 0.57]), np.array([0.29, -0.37])),
               {"method": method, "antialias": antialias}, known=(0, 1, 2))
        for method, antialias in (("linear", True), ("cubic", False), ("lanczos3", True), ("lanczos5", False))]),
]
