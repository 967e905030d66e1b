"""LayerNormalization and the like."""

from minikeras import layers

from . import Example, numbers

EXAMPLES = {
    "LayerNormalization": [Example(lambda: layers.LayerNormalization(axis=1, scale=False), numbers(4, 5, 3)),
                           Example(lambda: layers.LayerNormalization(axis=(1, 2)), numbers(4, 5, 3))],
}
