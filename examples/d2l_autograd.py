"""One small program in four manners of speaking, with the same numbers: TensorFlow's, PyTorch's, MXNet's and Eigen's.

The program is that of the chapter on automatic differentiation in Zhang et al., Dive into Deep Learning, section 2.5:
2 x.x; the sum of x; x * x, which is no single number; a factor held constant; a function with a loop and a branch.
"""

import numpy as np

import minikeras as tf
from minikeras import autograd
from minikeras.autodiff import AutoDiffScalar, Unit

X = np.arange(4.0, dtype="float32")
START = 0.75        # of the function with control flow


def control_flow(a):
    """Linear in `a`, piece by piece: the slope is f(a) / a."""
    b = a * 2
    while tf.norm(b) < 1000:
        b = b * 2
    return b if tf.reduce_sum(b) > 0 else 100 * b


FUNCTIONS = {
    "2 x.x": lambda x, constant: 2 * tf.tensordot(x, x, 1),
    "sum(x)": lambda x, constant: tf.reduce_sum(x),
    "x * x": lambda x, constant: x * x,
    "detach(x * x) * x": lambda x, constant: constant(x * x) * x,
}


def in_tensorflow(f, value):
    x = tf.Variable(value)
    with tf.GradientTape() as tape:
        y = f(x, tf.stop_gradient)
    return tape.gradient(y, x)


def in_pytorch(f, value):
    x = tf.constant(value).requires_grad_(True)
    y = f(x, lambda u: u.detach())
    y.backward(gradient=tf.ones_like(y))
    return x.grad


def in_mxnet(f, value):
    x = tf.constant(value)
    x.attach_grad()
    with autograd.record():
        y = f(x, lambda u: u.detach())
    y.backward()
    return x.grad


def in_eigen(f, value):
    """Forward mode: every element of x is a number with its own derivatives."""
    if np.ndim(value):
        x = tf.stack([AutoDiffScalar(tf.constant(v), Unit(value.size, i)) for i, v in enumerate(value)])
    else:
        x = AutoDiffScalar(value, Unit(1, 0))
    derivatives = f(x, tf.stop_gradient).derivatives
    return tf.reduce_sum(tf.reshape(derivatives, [-1, derivatives.shape[-1]]), axis=0)


MANNERS = {"TensorFlow": in_tensorflow, "PyTorch": in_pytorch, "MXNet": in_mxnet, "Eigen": in_eigen}


def gradients():
    """For each function, the gradient in each manner, as a list of numbers."""
    table = {name: {manner: run(f, X).numpy().tolist() for manner, run in MANNERS.items()}
             for name, f in FUNCTIONS.items()}
    table["control flow"] = {manner: np.ravel(run(lambda a, constant: control_flow(a), START)).tolist()
                             for manner, run in MANNERS.items()}
    return table


def main():
    print(f"x = {X.tolist()}, and {START} for the function with control flow\n")
    print(f"{'derivative of':18}" + "".join(f"{manner:>24}" for manner in MANNERS))
    for name, row in gradients().items():
        print(f"{name:18}" + "".join(f"{grad!s:>24}" for grad in row.values()))


if __name__ == "__main__":
    main()
