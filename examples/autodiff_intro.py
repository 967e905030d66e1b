"""The first steps with a gradient tape, each with the derivative one knows from calculus."""

import minikeras as tf


def double_dot():
    """y = 2 x.x, of gradient 4x."""
    x = tf.Variable(tf.range(4, dtype=tf.float32))
    with tf.GradientTape() as tape:
        y = 2 * tf.tensordot(x, x, axes=1)
    return y, tape.gradient(y, x)


def total():
    """The sum of x, of gradient 1 everywhere."""
    x = tf.Variable(tf.range(4, dtype=tf.float32))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(x)
    return y, tape.gradient(y, x)


def squares():
    """x * x, which is no scalar: the gradient is that of its sum, 2x."""
    x = tf.Variable(tf.range(4, dtype=tf.float32))
    with tf.GradientTape() as tape:
        y = x * x
    return y, tape.gradient(y, x)


def detached():
    """z = u * x with u = x * x held constant has the gradient u; y = x * x itself keeps its own, 2x."""
    x = tf.Variable(tf.range(4, dtype=tf.float32))
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        u = tf.stop_gradient(y)
        z = u * x
    return u, tape.gradient(z, x), tape.gradient(y, x)


def branching(a):
    """Doubles until the norm reaches 1000, then picks by the sign: piecewise linear, so the slope is f(a) / a."""
    b = a * 2
    while tf.norm(b) < 1000:
        b = b * 2
    if tf.reduce_sum(b) > 0:
        return b
    return 100 * b


def slope_of_branching(at):
    """branching(at) and its derivative."""
    a = tf.Variable(at)
    with tf.GradientTape() as tape:
        d = branching(a)
    return d, tape.gradient(d, a)


def main():
    for function in (double_dot, total, squares):
        y, gradient = function()
        print(f"{function.__name__}: y = {y.numpy()}, gradient {gradient.numpy()}")
    u, through_z, through_y = detached()
    print(f"detached: u = {u.numpy()}, gradient of z {through_z.numpy()}, of y {through_y.numpy()}")
    for at in (1.5, -1.5):
        d, slope = slope_of_branching(at)
        print(f"branching({at}) = {d.numpy()}, slope {slope.numpy()}")


if __name__ == "__main__":
    main()
