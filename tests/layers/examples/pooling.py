"""Pooling: of windows, of all positions, and to a given number of windows."""

import numpy as np

from minikeras import layers

from . import Example, numbers

X = {1: numbers(4, 7, 2), 2: numbers(4, 5, 4, 2), 3: numbers(4, 2, 3, 3, 2)}


def _each(kind, *options):
    """Examples of the three layers of a kind, each with each of the options."""
    def example(rank, attrs):
        last = attrs.get("data_format") != "channels_first"
        return Example(lambda: getattr(layers, f"{kind}{rank}D")(**attrs), X[rank], masks=last)
    return {f"{kind}{rank}D": [example(rank, attrs) for attrs in options] for rank in X}


_WINDOWS = ({"pool_size": 2}, {"pool_size": 3, "strides": 2, "padding": "same"},
            {"pool_size": 2, "strides": 1, "data_format": "channels_first"})
_ALL = ({}, {"keepdims": True, "data_format": "channels_first"})
_SIZES = ({"output_size": 2}, {"output_size": 3, "data_format": "channels_first"})
EXAMPLES = {
    **_each("MaxPooling", *_WINDOWS), **_each("AveragePooling", *_WINDOWS),
    **_each("GlobalMaxPooling", *_ALL), **_each("GlobalAveragePooling", *_ALL),
    **_each("AdaptiveMaxPooling", *_SIZES), **_each("AdaptiveAveragePooling", *_SIZES),
}
EXAMPLES["GlobalAveragePooling1D"].append(
    Example(layers.GlobalAveragePooling1D, X[1], {"mask": np.arange(28).reshape(4, 7) % 3 > 0}))
