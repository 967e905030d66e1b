"""Workloads with a gradient tape: the same program for TensorFlow and for minikeras, given as `tf`.

`compiled` is what is put around a function: `tf.function` or the like.
"""

from step_peers import workloads


def gradient(tf, compiled):
    x, w = workloads.gradient_arrays()
    x, w = tf.constant(x), tf.Variable(w)

    @compiled
    def function(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sin(x @ w) ** 2)
        return tape.gradient(loss, w)

    return lambda: function(x).numpy()


def elementwise(tf, compiled):
    x = tf.constant(workloads.elementwise_array())

    @compiled
    def function(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            for _ in range(workloads.ELEMENTWISE_REPEATS):
                y = y * 0.5
                y = y + 0.1
                y = tf.tanh(y)
                y = y * x
                y = tf.exp(y)
            value = tf.reduce_mean(y)
        return value, tape.gradient(value, x)

    def step():
        value, grad = function(x)
        return float(value), grad

    return step


def _vector_function(tf, A, B):
    return lambda x: tf.tanh(tf.linalg.matvec(A, x)) * x + tf.sin(tf.linalg.matvec(B, x))


def hessian_product(tf, compiled):
    A, B, x, v = map(tf.constant, workloads.vector_arrays())
    g = _vector_function(tf, A, B)

    @compiled
    def double_backward(x, v):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                value = tf.reduce_sum(g(x) ** 2)
            grad = inner.gradient(value, x)
        return outer.gradient(grad, x, output_gradients=v)

    @compiled
    def forward_over_reverse(x, v):
        with tf.autodiff.ForwardAccumulator(x, v) as forward:
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = tf.reduce_sum(g(x) ** 2)
            grad = tape.gradient(value, x)
        return forward.jvp(grad)

    return {"two tapes": lambda: double_backward(x, v).numpy(),
            "accumulator and tape": lambda: forward_over_reverse(x, v).numpy()}


def jacobian(tf, compiled):
    A, B, x, _ = map(tf.constant, workloads.vector_arrays())
    g = _vector_function(tf, A, B)

    @compiled
    def function(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = g(x)
        return tape.jacobian(y, x)

    return lambda: function(x).numpy()


def chain(tf):
    """Never compiled: what it costs to record the ops is the question."""
    x = tf.constant(workloads.chain_array())

    def step():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            for _ in range(workloads.CHAIN_OPS // 2):
                y = y * 0.9999
                y = y + 0.0001
            value = tf.reduce_sum(y)
        return tape.gradient(value, x).numpy()

    return step
