"""BatchNormalization, LayerNormalization and the like."""

import numpy as np

from minikeras import layers

from . import Example, numbers

X = numbers(4, 5, 3)
IMAGES = numbers(4, 3, 2, 6)
CLIPPED = {"rmin": 0.5, "rmax": 1.5, "dmax": 0.2}

EXAMPLES = {
    "LayerNormalization": [Example(lambda: layers.LayerNormalization(axis=1, scale=False), X),
                           Example(lambda: layers.LayerNormalization(axis=(1, 2)), X),
                           Example(lambda: layers.LayerNormalization(axis=[-1, 1]), IMAGES),
                           Example(lambda: layers.LayerNormalization(rms_scaling=True), X)],
    "BatchNormalization": [Example(layers.BatchNormalization, X),
                           Example(lambda: layers.BatchNormalization(axis=1, momentum=0.8, center=False), IMAGES,
                                   masks=False),
                           Example(lambda: layers.BatchNormalization(scale=False, beta_regularizer="l2"), X,
                                   {"mask": np.arange(20).reshape(4, 5) % 3 > 0}),
                           Example(lambda: layers.BatchNormalization(renorm=True, renorm_clipping=CLIPPED), X,
                                   smooth=False)],      # what it does not differentiate depends on the inputs
    "GroupNormalization": [Example(lambda: layers.GroupNormalization(groups=3), IMAGES),
                           Example(lambda: layers.GroupNormalization(groups=-1, axis=1, scale=False), IMAGES),
                           Example(lambda: layers.GroupNormalization(groups=2, axis=-2, center=False), IMAGES)],
    "RMSNormalization": [Example(layers.RMSNormalization, X),
                         Example(lambda: layers.RMSNormalization(axis=[1, 2], epsilon=0.01), IMAGES)],
    "UnitNormalization": [Example(layers.UnitNormalization, X),
                          Example(lambda: layers.UnitNormalization(axis=[1, 2]), X)],
    "SpectralNormalization": Example(
        lambda: layers.SpectralNormalization(layers.Dense(2), power_iterations=2), X, smooth=False),
}
