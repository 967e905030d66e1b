"""Where the chain rule fails although the derivative is finite, and the cure: a gradient by hand.

In float32, exp(100) is infinite, so 1 / exp(100) comes out as 0 and the chain rule multiplies an infinity by
zero. The derivative is -exp(-100), which float32 can still hold: as the subnormal -3.783506e-44.
"""

import minikeras as tf


def inverse_exp(x):
    """1 / exp(x), left to the chain rule."""
    return 1 / tf.exp(x)


@tf.custom_gradient
def stable_inverse_exp(x):
    """1 / exp(x) with its derivative written in a form that does not overflow."""
    def gradient(upstream):
        return -tf.exp(-x) * upstream

    return 1 / tf.exp(x), gradient


def value_and_gradient(function, at):
    """function(at) in float32, and its derivative there."""
    x = tf.Variable(at)
    with tf.GradientTape() as tape:
        y = function(x)
    return y, tape.gradient(y, x)


def main():
    print("exp(-100) itself:", tf.exp(tf.constant(-100.0)).numpy())
    for function in (inverse_exp, stable_inverse_exp):
        y, slope = value_and_gradient(function, 100.0)
        print(f"{function.__name__}(100) = {y.numpy()}, derivative {slope.numpy()}")


if __name__ == "__main__":
    main()
