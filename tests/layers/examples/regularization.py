"""The dropouts and their relatives."""

from minikeras import layers

from . import Example, numbers

X = numbers(4, 5, 3)

EXAMPLES = {
    "Dropout": Example(lambda: layers.Dropout(0.3, noise_shape=(None, 1, None), seed=7), X),
    "SpatialDropout1D": Example(lambda: layers.SpatialDropout1D(0.3, seed=7), X),
    "SpatialDropout2D": [Example(lambda: layers.SpatialDropout2D(0.3, seed=7), numbers(4, 2, 3, 2)),
                         Example(lambda: layers.SpatialDropout2D(0.3, "channels_first", 7), numbers(4, 2, 3, 2))],
    "SpatialDropout3D": [Example(lambda: layers.SpatialDropout3D(0.3, seed=7), numbers(4, 2, 3, 2, 2)),
                         Example(lambda: layers.SpatialDropout3D(0.3, "channels_first", 7), numbers(4, 2, 3, 2, 2))],
    "AlphaDropout": [Example(lambda: layers.AlphaDropout(0.3, seed=7), X),
                     Example(lambda: layers.AlphaDropout(0.3, noise_shape=(None, 1, None), seed=7), X)],
    "GaussianDropout": Example(lambda: layers.GaussianDropout(0.3, seed=7), X),
    "GaussianNoise": Example(lambda: layers.GaussianNoise(0.3, seed=7), X),
    "ActivityRegularization": Example(lambda: layers.ActivityRegularization(0.1, 0.2), X),
}
