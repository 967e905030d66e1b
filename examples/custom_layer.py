"""A layer of one's own, and the gradient of a loss with respect to its weights.

The calls are TensorFlow's: with `import tensorflow as tf` (and `name="kernel"`, as Keras 3 wants it)
the program is the same.
"""

import minikeras as tf


class CustomLayer(tf.keras.layers.Layer):
    """activation(inputs @ kernel), with the kernel made when the first inputs show their width."""

    def __init__(self, num_outputs, activation):
        super().__init__()
        self.num_outputs = num_outputs
        self.activation = activation

    def build(self, input_shape):
        self.kernel = self.add_weight("kernel", shape=[int(input_shape[-1]), self.num_outputs])

    def call(self, inputs):
        return self.activation(tf.matmul(inputs, self.kernel))


def kernel_gradient(layer, inputs):
    """The sum of the squared outputs, and its gradients with respect to the layer's weights."""
    with tf.GradientTape() as tape:
        output = layer(inputs)
        loss = tf.reduce_sum(output**2)
    return loss, tape.gradient(loss, layer.trainable_variables)


def main():
    layer = CustomLayer(2, tf.sin)
    loss, gradients = kernel_gradient(layer, tf.constant([[1.0, 2.0, 3.0], [0.5, -1.0, 0.0]]))
    print("weights:", [(variable.name, tuple(variable.shape)) for variable in layer.trainable_variables])
    print("loss:", loss.numpy())
    print("d loss / d kernel:", gradients[0].numpy(), sep="\n")


if __name__ == "__main__":
    main()
