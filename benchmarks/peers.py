"""A Jacobian and a Hessian-vector product as the users of six frameworks write them.

    python benchmarks/peers.py NAME

answers requests, one JSON object a line, until its input ends; `autodiff.py` asks. Each framework runs in a
process of its own, so that their thread pools do not meet.
"""

import functools
import itertools
import os
import sys
import time
from importlib.metadata import version

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from processes import serve

# The Jacobian of 50 -> 50: a network of two layers on one vector.
SIZE = 50
# The Hessian-vector product of a network of 10,062 parameters, batch 32, softmax cross-entropy.
WIDTHS, BATCH = (64, 100, 32, 10), 32


def net_arrays():
    """The weights of 50-50-50 and its input, float32."""
    rng = np.random.default_rng(0)
    w1, w2 = rng.standard_normal((2, SIZE, SIZE)) / np.sqrt(SIZE)
    return [a.astype(np.float32) for a in (w1, rng.standard_normal(SIZE), w2, rng.standard_normal(SIZE),
                                           rng.standard_normal(SIZE))]


def mlp_arrays():
    """Parameters, a direction in their space, inputs, one-hot labels; float32."""
    rng = np.random.default_rng(1)
    parameters = []
    for n, m in itertools.pairwise(WIDTHS):
        parameters += [rng.standard_normal((n, m)) / np.sqrt(n), 0.1 * rng.standard_normal(m)]
    direction = [rng.standard_normal(p.shape) for p in parameters]
    x, labels = rng.standard_normal((BATCH, WIDTHS[0])), np.eye(WIDTHS[-1])[rng.integers(0, WIDTHS[-1], BATCH)]
    return ([p.astype(np.float32) for p in parameters], [v.astype(np.float32) for v in direction],
            x.astype(np.float32), labels.astype(np.float32))


def minikeras_ways(threads):
    import minikeras as tf

    w1, b1, w2, b2, x = map(tf.constant, net_arrays())

    def jacobian():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.tanh(tf.linalg.matvec(w2, tf.tanh(tf.linalg.matvec(w1, x) + b1)) + b2)
        return tape.jacobian(y, x)

    return {"jacobian": {"": jacobian}, "hvp": _tf_products(tf)}, tf.__version__


def tensorflow_ways(threads):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    w1, b1, w2, b2, x = map(tf.constant, net_arrays())

    def jacobian():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.tanh(tf.linalg.matvec(w2, tf.tanh(tf.linalg.matvec(w1, x) + b1)) + b2)
        return tape.jacobian(y, x)

    products = _tf_products(tf)
    in_function = {f"{name}, tf.function": tf.function(way) for name, way in products.items()}
    return {"jacobian": {"eager": jacobian, "tf.function": tf.function(jacobian)},
            "hvp": {**{f"{name}, eager": way for name, way in products.items()}, **in_function}}, tf.__version__


def _tf_products(tf):
    """Hessian-vector products with a tape: the same program in TensorFlow and in minikeras."""
    parameters, direction, x, labels = mlp_arrays()
    variables = [tf.Variable(p) for p in parameters]
    direction, x, labels = [tf.constant(v) for v in direction], tf.constant(x), tf.constant(labels)

    def loss_of(w1, b1, w2, b2, w3, b3):
        h = tf.tanh(tf.matmul(x, w1) + b1)
        h = tf.tanh(tf.matmul(h, w2) + b2)
        logits = tf.matmul(h, w3) + b3
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits))

    def forward_over_reverse():
        with tf.autodiff.ForwardAccumulator(variables, direction) as forward:
            with tf.GradientTape() as tape:
                loss = loss_of(*variables)
            grads = tape.gradient(loss, variables)
        return forward.jvp(grads)

    def reverse_over_reverse():
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                loss = loss_of(*variables)
            grads = inner.gradient(loss, variables)
        return outer.gradient(grads, variables, output_gradients=direction)

    return {"reverse over reverse": reverse_over_reverse, "forward over reverse": forward_over_reverse}


def torch_ways(threads):
    import torch

    torch.set_num_threads(threads)
    w1, b1, w2, b2, x = map(torch.from_numpy, net_arrays())
    net = lambda x: torch.tanh(w2 @ torch.tanh(w1 @ x + b1) + b2)

    parameters, direction, batch, labels = mlp_arrays()
    parameters = [torch.from_numpy(p).requires_grad_() for p in parameters]
    plain = tuple(p.detach() for p in parameters)
    direction = tuple(torch.from_numpy(v) for v in direction)
    batch, labels = torch.from_numpy(batch), torch.from_numpy(labels)

    def loss_of(w1, b1, w2, b2, w3, b3):
        h = torch.tanh(batch @ w1 + b1)
        h = torch.tanh(h @ w2 + b2)
        return torch.nn.functional.cross_entropy(h @ w3 + b3, labels)

    def double_backward():
        grads = torch.autograd.grad(loss_of(*parameters), parameters, create_graph=True)
        return torch.autograd.grad(grads, parameters, grad_outputs=direction)

    gradient = torch.func.grad(loss_of, argnums=tuple(range(6)))
    return {"jacobian": {"torch.func.jacrev": lambda: torch.func.jacrev(net)(x),
                         "autograd.functional.jacobian, vectorize":
                             lambda: torch.autograd.functional.jacobian(net, x, vectorize=True)},
            "hvp": {"autograd.grad twice": double_backward,
                    "torch.func.jvp(grad)": lambda: torch.func.jvp(gradient, plain, direction)[1]}}, torch.__version__


def hips_ways(threads):
    import autograd
    import autograd.numpy as np
    from autograd.differential_operators import make_hvp, make_jvp
    from autograd.extend import primitive  # noqa: F401 (tells HIPS autograd from other packages of that name)

    w1, b1, w2, b2, x = net_arrays()
    net = lambda x: np.tanh(np.dot(w2, np.tanh(np.dot(w1, x) + b1)) + b2)

    parameters, direction, batch, labels = mlp_arrays()
    parameters, direction = tuple(parameters), tuple(direction)

    def loss_of(parameters):
        w1, b1, w2, b2, w3, b3 = parameters
        h = np.tanh(np.dot(batch, w1) + b1)
        h = np.tanh(np.dot(h, w2) + b2)
        logits = np.dot(h, w3) + b3
        logits = logits - np.max(logits, axis=1, keepdims=True)
        log_p = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
        return -np.sum(labels * log_p) / np.float32(BATCH)

    return {"jacobian": {"autograd.jacobian": lambda: autograd.jacobian(net)(x)},
            "hvp": {"make_hvp": lambda: make_hvp(loss_of)(parameters)[0](direction),
                    "make_jvp(grad)": lambda: make_jvp(autograd.grad(loss_of))(parameters)(direction)[1]},
            }, version("autograd")


def jax_ways(threads):
    import jax
    import jax.numpy as jnp

    w1, b1, w2, b2, x = map(jnp.array, net_arrays())
    net = lambda x: jnp.tanh(w2 @ jnp.tanh(w1 @ x + b1) + b2)

    parameters, direction, batch, labels = jax.tree.map(jnp.array, mlp_arrays())

    def loss_of(parameters):
        w1, b1, w2, b2, w3, b3 = parameters
        h = jnp.tanh(batch @ w1 + b1)
        h = jnp.tanh(h @ w2 + b2)
        return -(labels * jax.nn.log_softmax(h @ w3 + b3)).sum() / BATCH

    gradient = jax.grad(loss_of)

    def forward_over_reverse(parameters, direction):
        return jax.jvp(gradient, (parameters,), (direction,))[1]

    def reverse_over_reverse(parameters, direction):
        return jax.vjp(gradient, parameters)[1](direction)[0]

    products = {"reverse over reverse": reverse_over_reverse, "forward over reverse": forward_over_reverse}

    def ready(function, *args):
        return lambda: jax.block_until_ready(function(*args))

    jacobian = jax.jacrev(net)
    return {"jacobian": {"jacrev": ready(jacobian, x), "jacrev, jit": ready(jax.jit(jacobian), x)},
            "hvp": {**{name: ready(way, parameters, direction) for name, way in products.items()},
                    **{f"{name}, jit": ready(jax.jit(way), parameters, direction) for name, way in products.items()}},
            }, jax.__version__


PEERS = {"minikeras": minikeras_ways, "torch": torch_ways, "HIPS autograd": hips_ways, "JAX": jax_ways,
         "TensorFlow": tensorflow_ways}


def _flat(result):
    parts = result if isinstance(result, (list, tuple)) else [result]
    return np.concatenate([np.asarray(part).reshape(-1) for part in parts])


def measure(way, repeats):
    """Wall seconds and CPU seconds of one call, over `repeats` of them."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        way()
    return (time.perf_counter() - wall) / repeats, (time.process_time() - cpu) / repeats


def start(name):
    ways, release = PEERS[name](int(os.environ["OMP_NUM_THREADS"]))

    def answer(table, way, repeats=None):
        call = ways[table][way]
        if repeats is None:
            return {"result": _flat(call()).tolist()}
        wall, cpu = measure(call, repeats)
        return {"wall": wall, "cpu": cpu}

    return {"version": release, "ways": {table: list(of) for table, of in ways.items()}}, answer


if __name__ == "__main__":
    serve(functools.partial(start, sys.argv[1]))
