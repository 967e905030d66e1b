"""Derivatives against PyTorch, HIPS autograd, JAX and TensorFlow, and what each mode of differentiation costs.

    python benchmarks/autodiff.py [jacobian] [hvp] [recompute] [loop] [modes] [orders]

Without arguments, all tables. Frameworks that are not installed are left out. Times are medians over rounds in which
all sides run in turn, ratios medians of per-round ratios; the results of all sides are compared first. Beside the
peers, wall time and CPU time; elsewhere CPU time. Every side gets OMP_NUM_THREADS threads, 2 if that is not set; on
a busy machine 1, and CPU time, compare better.
"""

import functools
import gc
import operator
import os
import statistics
import sys
import tracemalloc
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = os.environ.setdefault("OMP_NUM_THREADS", "2")    # read here and by every peer

import numpy as np
from peers import BATCH, PEERS, SIZE, WIDTHS
from processes import Worker
from timing import cpu_seconds, microseconds, ratio

import minikeras as tf
from minikeras.autograd.dispatch import listen

ROUNDS, SECONDS = 9, 0.1        # SECONDS of one way in one round


class Peer(Worker):
    """A process of `peers.py`. `ways` is None if the framework is missing, and `version` says why."""

    def __init__(self, name):
        super().__init__([sys.executable, str(Path(__file__).with_name("peers.py")), name])
        self.name, self.ways = name, self.hello.get("ways")
        self.version = self.hello.get("version", self.hello.get("missing"))


@functools.cache
def running_peers():
    """All of them; says which are left out."""
    peers = [Peer(name) for name in PEERS]
    for peer in peers:
        if not peer.ways:
            print(f"{peer.name} is left out: {peer.version}")
    return peers


def against_peers(table, title):
    """One table: every way of every peer, checked against our first one, then timed in turn."""
    peers = [peer for peer in running_peers() if peer.ways]
    ways = [(peer, way) for peer in peers for way in peer.ways[table]]
    expected = None
    for peer, way in ways:
        result = np.array(peer.ask(table=table, way=way)["result"])
        expected = result if expected is None else expected
        np.testing.assert_allclose(result, expected, rtol=1e-3,
                                   atol=1e-5 * np.abs(expected).max(), err_msg=f"{peer.name} {way}")
    repeats = {}
    for peer, way in ways:
        seconds = min(peer.ask(table=table, way=way, repeats=2)["wall"] for _ in range(3))
        repeats[peer, way] = max(1, round(SECONDS / seconds))
    times = {key: [] for key in ways}
    for _ in range(ROUNDS):
        for peer, way in ways:
            reply = peer.ask(table=table, way=way, repeats=repeats[peer, way])
            times[peer, way].append((reply["wall"], reply["cpu"]))
    base = times[ways[0]]
    print(f"\n{title:60s}{'wall ms':>9s}{'ratio':>8s}{'CPU ms':>9s}{'ratio':>8s}   to the first")
    for (peer, way), figures in times.items():
        row = f"{f'{peer.name} {peer.version} {way}':60s}"
        for theirs, ours in zip(zip(*figures), zip(*base)):     # wall time, then CPU time
            ratios = map(operator.truediv, theirs, ours)
            row += f"{statistics.median(theirs) * 1e3:9.3f}{statistics.median(ratios):8.2f}"
        print(row)


def print_jacobian():
    against_peers("jacobian", f"Jacobian of a {SIZE}-{SIZE}-{SIZE} tanh network")


def print_hvp():
    against_peers("hvp", f"Hessian-vector product, {'-'.join(map(str, WIDTHS))}, batch {BATCH}")


def peak_megabytes(function):
    """Most memory that Python and NumPy held at once during a call, beyond what was there before."""
    gc.collect()
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def print_recompute(depth=50, width=512, batch=256):
    rng = np.random.default_rng(0)
    weights = [tf.Variable((rng.standard_normal((width, width)) / np.sqrt(width)).astype(np.float32))
               for _ in range(depth)]
    biases = [tf.Variable(np.zeros(width, np.float32)) for _ in range(depth)]
    x = tf.constant(rng.standard_normal((batch, width)).astype(np.float32))

    def blocks(start, stop):
        def run(h):
            for w, b in zip(weights[start:stop], biases[start:stop]):
                h = tf.tanh(tf.matmul(h, w) + b)
            return h
        return run

    def step(group):
        with tf.GradientTape() as tape:
            h = x
            for start in range(0, depth, group or depth):
                part = blocks(start, min(start + (group or depth), depth))
                h = tf.recompute_grad(part)(h) if group else part(h)
            loss = tf.reduce_mean(tf.square(h))
        return tape.gradient(loss, [*weights, *biases])

    base = "no recompute_grad"
    ways = {base: lambda: step(None)}
    for group in (1, 5, 7, 10, 25):
        ways[f"recompute_grad around every {group} blocks"] = functools.partial(step, group)
    plain = step(None)
    for group in (1, 7):
        for a, b in zip(step(group), plain):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-8)
    peaks = {name: peak_megabytes(way) for name, way in ways.items()}
    del plain
    times = cpu_seconds(ways, rounds=5)
    gradients = sum(w.size for w in (*weights, *biases)) * 4 / 2**20
    title = f"{depth} blocks tanh(h @ w + b), width {width}, batch {batch}"
    print(f"\n{title:60s}{'CPU ms':>9s}{'ratio':>8s}{'peak MB':>9s}{'ratio':>8s}   {gradients:.0f} MB of it gradients")
    for name in ways:
        print(f"{name:60s}{microseconds(times, name) / 1e3:9.1f}{ratio(times, name, base):8.2f}"
              f"{peaks[name]:9.1f}{peaks[name] / peaks[base]:8.2f}")


def print_loop(batch=32, features=16):
    rng = np.random.default_rng(0)
    w, u = (tf.constant((rng.standard_normal((features, features)) / 4).astype(np.float32)) for _ in range(2))
    title = f"h = tanh(x[:, t] @ u + h @ w), {features} features, batch {batch}"
    print(f"\n{title:60s}{'us a step':>11s}{'x MB':>8s}{'forward':>9s}   CPU time, backward to x, u and w")
    for steps in (100, 1_000, 10_000):
        x = tf.constant(rng.standard_normal((batch, steps, features)).astype(np.float32))

        def forward(x=x, steps=steps):
            h = tf.zeros((batch, features))
            for t in range(steps):
                h = tf.tanh(tf.matmul(x[:, t], u) + tf.matmul(h, w))
            return tf.reduce_sum(h)

        def both(x=x, forward=forward):
            with tf.GradientTape() as tape:
                tape.watch([x, u, w])
                y = forward()
            return tape.gradient(y, [x, u, w])

        times = cpu_seconds({"forward": forward, "both": both}, rounds=5)
        forward_us, both_us = (microseconds(times, name) / steps for name in ("forward", "both"))
        print(f"{f'{steps:,} steps':60s}{both_us:11.1f}{x.size * 4 / 2**20:8.1f}{forward_us:9.1f}")


def central_differences(function, x):
    """The derivative of `function` at the array `x` by two calls for each element, its shape appended."""
    step = np.cbrt(np.finfo(x.dtype).eps) * np.maximum(1, np.abs(x))
    flat, columns = x.reshape(-1), []
    for i, h in enumerate(step.reshape(-1)):
        shifted = np.repeat(flat[None], 2, axis=0)
        shifted[0, i] += h
        shifted[1, i] -= h
        above, below = (function(tf.constant(v.reshape(x.shape))).numpy() for v in shifted)
        columns.append((above - below) / (shifted[0, i] - shifted[1, i]))
    return np.stack(columns, axis=-1).reshape(*columns[0].shape, *x.shape)


def functions_of(n, dtype):
    """n -> 1, 1 -> n and n -> n: the function, and where it is differentiated."""
    rng = np.random.default_rng(0)
    w1, w2 = (tf.constant((rng.standard_normal((n, n)) / np.sqrt(n)).astype(dtype)) for _ in range(2))
    body = lambda h: tf.linalg.matvec(w2, tf.tanh(tf.linalg.matvec(w1, h)))
    x = rng.standard_normal(n).astype(dtype)
    direction = tf.constant(rng.standard_normal(n).astype(dtype))
    return {f"{n} -> 1": (lambda x: tf.reduce_sum(tf.tanh(body(x))), x),
            f"1 -> {n}": (lambda s: body(s * direction), np.asarray(0.7, dtype)),
            f"{n} -> {n}": (body, x)}


def forward_columns(function, x):
    """The whole derivative by forward mode: one jvp for each element of x."""
    columns = []
    for tangent in np.eye(x.size, dtype=x.dtype.name):
        with tf.autodiff.ForwardAccumulator(x, tf.constant(tangent.reshape(x.shape))) as accumulator:
            y = function(x)
        columns.append(accumulator.jvp(y).numpy())
    return np.stack(columns, axis=-1).reshape(*columns[0].shape, *x.shape)


def ways_of(function, point):
    """The function at an array, one pass of each mode, and its whole derivative by each."""
    x = tf.constant(point)
    tangent = tf.ones_like(x)

    def jvp():
        with tf.autodiff.ForwardAccumulator(x, tangent) as accumulator:
            y = function(x)
        return accumulator.jvp(y)

    def gradient():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tape.gradient(y, x)

    def jacobian():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tape.jacobian(y, x)

    passes = {"plain": lambda: function(x), "jvp": jvp, "gradient": gradient}
    return passes, {"plain": lambda: function(x), "reverse": jacobian, "forward": lambda: forward_columns(function, x),
                    "differences": lambda: central_differences(function, point)}


def print_modes():
    title = "float64, one pass, as multiples of the function"
    print(f"\n{title:60s}{'CPU us':>9s}{'jvp':>9s}{'gradient':>10s}")
    for n in (100, 1000):
        for name, (function, point) in functions_of(n, np.float64).items():
            times = cpu_seconds(ways_of(function, point)[0])
            print(f"{name:60s}{microseconds(times, 'plain'):9.1f}{ratio(times, 'jvp', 'plain'):9.1f}"
                  f"{ratio(times, 'gradient', 'plain'):10.1f}")
    title = "float64, the whole derivative, as multiples of the function"
    print(f"\n{title:60s}{'reverse':>9s}{'forward':>9s}{'differences':>13s}{'their error':>13s}{'in float32':>12s}")
    in_float32 = functions_of(100, np.float32)
    for name, (function, point) in functions_of(100, np.float64).items():
        ways = ways_of(function, point)[1]
        exact = ways["reverse"]().numpy()
        np.testing.assert_allclose(ways["forward"](), exact, rtol=1e-9, atol=1e-12)
        errors = [np.abs(found - exact).max() / np.abs(exact).max()
                  for found in (ways["differences"](), central_differences(*in_float32[name]))]
        times = cpu_seconds(ways, rounds=7)
        print(f"{name:60s}{ratio(times, 'reverse', 'plain'):9.1f}{ratio(times, 'forward', 'plain'):9.1f}"
              f"{ratio(times, 'differences', 'plain'):13.1f}{errors[0]:13.1e}{errors[1]:12.1e}")


def derivative_of(function):
    def slope(x, *rest):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x, *rest)
        return tape.gradient(y, x)
    return slope


def hessian_ways(n):
    """sum(tanh(W @ x)) of n numbers, its gradient, its Hessian times a vector in three ways, and its Hessian."""
    rng = np.random.default_rng(0)
    w = tf.constant(rng.standard_normal((n, n)) / np.sqrt(n))
    x, v = (tf.constant(rng.standard_normal(n)) for _ in range(2))
    function = lambda x: tf.reduce_sum(tf.tanh(tf.linalg.matvec(w, x)))
    gradient = derivative_of(function)

    def along(function):
        with tf.autodiff.ForwardAccumulator(x, v) as accumulator:
            y = function(x)
        return accumulator.jvp(y)

    def reverse_over_forward():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = along(function)
        return tape.gradient(y, x)

    def of_gradient(name, *cotangent):
        with tf.GradientTape() as tape:
            tape.watch(x)
            slope = gradient(x)
        return getattr(tape, name)(slope, x, *cotangent)

    return {"function": lambda: function(x), "gradient": lambda: gradient(x),
            "H @ v, forward over reverse": lambda: along(gradient),
            "H @ v, reverse over forward": reverse_over_forward,
            "H @ v, reverse over reverse": lambda: of_gradient("gradient", v),
            "Hessian": lambda: of_gradient("jacobian")}, v


class Counter:
    """Counts the ops that run."""

    count = 0

    def heard(self, op, inputs, attrs, outputs):
        self.count += 1


def print_orders(n=1000):
    x, functions = tf.constant(1.0), [lambda x: tf.sin(x) * tf.exp(x) + x**3]
    for _ in range(5):
        functions.append(derivative_of(functions[-1]))
    np.testing.assert_allclose(functions[2](x), 2 * np.e * np.cos(1) + 6, rtol=1e-5)
    times = cpu_seconds({order: functools.partial(function, x) for order, function in enumerate(functions)}, rounds=7)
    print(f"\n{'derivatives of sin(x) exp(x) + x^3, one number':60s}{'CPU us':>9s}{'ratio':>9s}{'ops':>6s}")
    for order, function in enumerate(functions):
        with listen(Counter()) as counter:
            function(x)
        print(f"{f'order {order}':60s}{microseconds(times, order):9.1f}{ratio(times, order, 0):9.1f}{counter.count:6d}")
    ways, v = hessian_ways(n)
    product = ways["Hessian"]() @ v
    for name, way in ways.items():
        if name.startswith("H @ v"):
            np.testing.assert_allclose(way(), product, rtol=1e-9, atol=1e-12)
    times = cpu_seconds(ways, rounds=7)
    print(f"\n{f'sum(tanh(W @ x)) of {n} numbers, float64':60s}{'CPU us':>9s}{'ratio':>9s}")
    for name in ways:
        print(f"{name:60s}{microseconds(times, name):9.1f}{ratio(times, name, 'function'):9.1f}")


TABLES = {"jacobian": print_jacobian, "hvp": print_hvp, "recompute": print_recompute, "loop": print_loop,
          "modes": print_modes, "orders": print_orders}


def main():
    chosen = sys.argv[1:] or list(TABLES)
    for name in chosen:
        if name not in TABLES:
            sys.exit(f"there is no table {name!r}; choose from {', '.join(TABLES)}")
    print(f"{os.environ['OMP_NUM_THREADS']} threads each; medians of rounds; float32 unless said otherwise")
    for name in chosen:
        TABLES[name]()


if __name__ == "__main__":
    main()
