"""Layers that make one tensor of several."""

from minikeras import layers

from . import Example, numbers

# No two elements of them are alike: at a tie the larger one changes.
A, B, C = (numbers(4, 3, 2, seed=seed, low=-1 + 0.02 * seed, high=1 + 0.02 * seed) for seed in range(3))
ROW, VECTOR = numbers(4, 1, 2, seed=3, low=-0.9), numbers(4, 2, seed=4, low=-0.9)
EXAMPLES = {
    "Add": [Example(layers.Add, [A, B, C]), Example(layers.Add, [A, ROW])],
    "Subtract": [Example(layers.Subtract, [A, B]), Example(layers.Subtract, [VECTOR, A])],
    "Multiply": [Example(layers.Multiply, [A, B, C]), Example(layers.Multiply, [A, VECTOR])],
    "Average": Example(layers.Average, [A, B, C]),
    "Maximum": [Example(layers.Maximum, [A, B, C]), Example(layers.Maximum, [A, ROW])],
    "Minimum": Example(layers.Minimum, [A, B]),
    "Concatenate": [Example(layers.Concatenate, [A, B, C]),
                    Example(lambda: layers.Concatenate(axis=1), [A, ROW])],
    "Dot": [Example(lambda: layers.Dot(axes=-1), [VECTOR, numbers(4, 2)]),
            Example(lambda: layers.Dot(axes=(2, 1), normalize=True), [A, numbers(4, 2, 5)]),
            Example(lambda: layers.Dot(axes=1), [numbers(4, 3, 2, 5), numbers(4, 3, 2)])],
}
