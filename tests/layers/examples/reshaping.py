"""Layers that arrange the elements of samples anew."""

from minikeras import layers

from . import Example, numbers

X = numbers(4, 2, 3, 2)
EXAMPLES = {
    "Flatten": [Example(layers.Flatten, X), Example(lambda: layers.Flatten("channels_first"), X)],
    "Reshape": [Example(lambda: layers.Reshape((6, 2)), X), Example(lambda: layers.Reshape((-1, 4)), X)],
    "Permute": Example(lambda: layers.Permute((3, 1, 2)), X),
    "RepeatVector": Example(lambda: layers.RepeatVector(3), numbers(4, 2)),
}
