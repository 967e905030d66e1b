"""Workloads with a gradient tape: the same program for TensorFlow and for minikeras, given as `tf`.

`wrappers` maps the name of a way to what is put around a function, such as `tf.function`.
"""

from step_peers import workloads


def _ways(wrappers, name, function, run):
    """A step for each wrapper; `run(wrapped)` calls the wrapped function and gives the numbers."""
    def step(wrapped):
        return lambda: run(wrapped)
    return {f"{name} {way}".strip(): step(wrap(function)) for way, wrap in wrappers.items()}


def gradient(tf, wrappers):
    x, w = workloads.gradient_arrays()
    x, w = tf.constant(x), tf.Variable(w)

    def function(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sin(x @ w) ** 2)
        return tape.gradient(loss, w)

    return _ways(wrappers, "", function, lambda f: f(x).numpy())


def elementwise(tf, wrappers):
    x = tf.constant(workloads.elementwise_array())

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

    def run(f):
        value, grad = f(x)
        return float(value), grad

    return _ways(wrappers, "", function, run)


def _vector_function(tf, A, B):
    return lambda x: tf.tanh(tf.linalg.matvec(A, x)) * x + tf.sin(tf.linalg.matvec(B, x))


def hessian_product(tf, wrappers):
    A, B, x, v = map(tf.constant, workloads.vector_arrays())
    g = _vector_function(tf, A, B)

    def double_backward(x, v):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                value = tf.reduce_sum(g(x) ** 2)
            grad = inner.gradient(value, x)
        return outer.gradient(grad, x, output_gradients=v)

    def forward_over_reverse(x, v):
        with tf.autodiff.ForwardAccumulator(x, v) as forward:
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = tf.reduce_sum(g(x) ** 2)
            grad = tape.gradient(value, x)
        return forward.jvp(grad)

    def run(f):
        return f(x, v).numpy()

    return (_ways(wrappers, "two tapes", double_backward, run)
            | _ways(wrappers, "accumulator and tape", forward_over_reverse, run))


def jacobian(tf, wrappers):
    A, B, x, _ = map(tf.constant, workloads.vector_arrays())
    g = _vector_function(tf, A, B)

    def function(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = g(x)
        return tape.jacobian(y, x)

    return _ways(wrappers, "", function, lambda f: f(x).numpy())


def chain(tf):
    """Never compiled: a trace of 20,000 ops is not what anyone waits for."""
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

    return {"eager": step}
