"""Forward mode as Eigen's AutoDiffScalar has it: every number carries its derivatives along.

AutoDiffScalar(value, Unit(size, index)) is parameter `index` of `size`. Whatever is computed of such numbers has a
value and one derivative for each parameter: no tape, no second pass. Here by one number, then by the weights of a
layer, then by weights and inputs together; the tape's Jacobian, in reverse mode, gives the same.
"""

import numpy as np

import minikeras as tf
from minikeras.autodiff import AutoDiffScalar, Unit

INPUTS = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 0.0], [-2.0, 0.3, 1.5]])
WEIGHTS = np.array([[0.1, -0.4], [0.7, 0.2], [-0.3, 0.5]])


class CustomLayer(tf.keras.layers.Layer):
    """activation(inputs @ kernel), for kernels of numbers, Variables or AutoDiffScalars alike."""

    def __init__(self, kernel, activation):
        super().__init__(dtype="float64")
        self.kernel = kernel
        self.activation = activation

    def call(self, inputs):
        return self.activation(tf.matmul(inputs, self.kernel))


def sigmoid_at(x):
    """1 / (1 + exp(-x)) with its derivative."""
    x = AutoDiffScalar(x, Unit(1, 0))
    return 1 / (1 + tf.exp(-x))


def parameters(values, size, first=0):
    """A matrix of values as nested lists of AutoDiffScalars: parameters number `first`, `first + 1` ... of `size`."""
    numbers = iter(range(first, first + values.size))
    return [[AutoDiffScalar(tf.constant(value), Unit(size, next(numbers))) for value in row] for row in values]


def by_weights():
    """The layer's outputs with their derivatives by the weights: (3, 2), and by 6 parameters each."""
    layer = CustomLayer(parameters(WEIGHTS, WEIGHTS.size), tf.sin)
    return layer(tf.constant(INPUTS))


def by_inputs_and_weights():
    """The same by the 9 inputs and the 6 weights together."""
    size = INPUTS.size + WEIGHTS.size
    layer = CustomLayer(parameters(WEIGHTS, size, first=INPUTS.size), tf.sin)
    return layer(tf.stack(parameters(INPUTS, size)))


def in_reverse_mode():
    """The outputs, and their Jacobians by inputs and weights from a tape."""
    inputs, weights = tf.Variable(INPUTS), tf.Variable(WEIGHTS)
    with tf.GradientTape() as tape:
        outputs = CustomLayer(weights, tf.sin)(inputs)
    return outputs, *[jacobian.numpy().reshape(3, 2, -1) for jacobian in tape.jacobian(outputs, [inputs, weights])]


def print_table(outputs, names):
    """A row for each output: its value and its derivative by each parameter, a dot where it does not depend on it."""
    print("         value ", *[f"{name:>5}" for name in names])
    for i, j in np.ndindex(outputs.shape):
        row = [f"{value:5.2f}" if value else "    ." for value in outputs.derivatives.numpy()[i, j]]
        print(f"y[{i},{j}] {outputs.numpy()[i, j]:7.4f} ", *row)


def main():
    y = sigmoid_at(2.0)
    print(f"sigmoid(2) = {float(y):.4f}, derivative {y.derivatives.numpy()[0]:.5f}")

    of_inputs = [f"x{i}{j}" for i, j in np.ndindex(INPUTS.shape)]
    of_weights = [f"w{i}{j}" for i, j in np.ndindex(WEIGHTS.shape)]
    print("\nY = sin(X W), and its derivatives by W:")
    narrow = by_weights()
    print_table(narrow, of_weights)
    print("\nThe derivatives by X and W together:")
    wide = by_inputs_and_weights()
    print_table(wide, of_inputs + of_weights)

    _, by_x, by_w = in_reverse_mode()
    print("\nLargest difference from the tape's Jacobian: by W",
          f"{abs(narrow.derivatives.numpy() - by_w).max():.0e}, by X and W",
          f"{abs(wide.derivatives.numpy() - np.concatenate([by_x, by_w], axis=2)).max():.0e}")


if __name__ == "__main__":
    main()
