"""JAX, jitted; a training step is one jitted function whose state is donated."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from step_peers import workloads

VERSION = jax.__version__


def gradient():
    x, w = map(jnp.array, workloads.gradient_arrays())
    function = jax.jit(jax.grad(lambda w: (jnp.sin(x @ w) ** 2).sum()))
    return lambda: np.asarray(function(w))


def _forward(parameters, x):
    for kernel, bias in zip(parameters[:-2:2], parameters[1:-2:2]):
        x = jax.nn.relu(x @ kernel + bias)
    return x @ parameters[-2] + parameters[-1]


def _loss(parameters, x, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(_forward(parameters, x)), y[:, None], 1).mean()


@functools.partial(jax.jit, donate_argnums=0)
def _update(state, x, y):
    adam = workloads.ADAM
    beta_1, beta_2 = adam["beta_1"], adam["beta_2"]
    parameters, first, second, count = state
    loss, grads = jax.value_and_grad(_loss)(parameters, x, y)
    count = count + 1
    first = jax.tree.map(lambda m, g: beta_1 * m + (1 - beta_1) * g, first, grads)
    second = jax.tree.map(lambda v, g: beta_2 * v + (1 - beta_2) * g * g, second, grads)
    rate = adam["rate"] * jnp.sqrt(1 - beta_2**count) / (1 - beta_1**count)
    parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + adam["epsilon"]),
                              parameters, first, second)
    return (parameters, first, second, count), loss


def _train(sizes):
    parameters = [jnp.array(array) for array in workloads.weights(sizes)]
    first, second = ([jnp.zeros_like(p) for p in parameters] for _ in range(2))
    state = parameters, first, second, jnp.float32(0)

    def train(x, y):
        nonlocal state
        state, loss = _update(state, x, y)
        return loss

    return train


def train(sizes, batch):
    step = _train(sizes)
    x, y = map(jnp.array, workloads.samples(sizes, batch))
    return lambda: float(step(x, y))


def fit(sizes, batch):
    return workloads.fit_step(_train(sizes), sizes, batch)


def predict(sizes):
    parameters = [jnp.array(array) for array in workloads.weights(sizes)]
    x, _ = workloads.samples(sizes, 1)
    function = jax.jit(_forward)
    return lambda: np.asarray(function(parameters, x))


def elementwise():
    x = jnp.array(workloads.elementwise_array())

    def value(x):
        y = x
        for _ in range(workloads.ELEMENTWISE_REPEATS):
            y = y * 0.5
            y = y + 0.1
            y = jnp.tanh(y)
            y = y * x
            y = jnp.exp(y)
        return y.mean()

    function = jax.jit(jax.value_and_grad(value))

    def step():
        value, grad = jax.block_until_ready(function(x))
        return float(value), grad

    return step


def _vector_function():
    A, B, x, v = map(jnp.array, workloads.vector_arrays())
    return lambda x: jnp.tanh(A @ x) * x + jnp.sin(B @ x), x, v


def hessian_product():
    g, x, v = _vector_function()
    grad = jax.grad(lambda x: (g(x) ** 2).sum())
    forward_over_reverse = jax.jit(lambda x, v: jax.jvp(grad, (x,), (v,))[1])
    reverse_over_reverse = jax.jit(lambda x, v: jax.vjp(grad, x)[1](v)[0])
    return {"jvp(grad)": lambda: np.asarray(forward_over_reverse(x, v)),
            "vjp(grad)": lambda: np.asarray(reverse_over_reverse(x, v))}


def jacobian():
    g, x, _ = _vector_function()
    reverse, forward = jax.jit(jax.jacrev(g)), jax.jit(jax.jacfwd(g))
    return {"jacrev": lambda: np.asarray(reverse(x)), "jacfwd": lambda: np.asarray(forward(x))}


def chain():
    """Never compiled: what it costs to record the ops is the question."""
    x = jnp.array(workloads.chain_array())

    def value(x):
        y = x
        for _ in range(workloads.CHAIN_OPS // 2):
            y = y * 0.9999
            y = y + 0.0001
        return y.sum()

    return lambda: np.asarray(jax.grad(value)(x))
