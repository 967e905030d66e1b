"""The limit: each workload by hand, in NumPy alone. Buffers are made once; constants are arrays without axes, since
NumPy takes those faster than numbers."""

import itertools

import numpy as np

from step_peers import workloads
from step_peers.workloads import F

VERSION = np.__version__
CHUNK = 32_768      # elements that a sweep works on at a time; all its arrays stay in the second-level cache
ZERO, HALF, TENTH, ONE, TWO = (np.array(value, F) for value in (0, 0.5, 0.1, 1, 2))


def gradient():
    x, w = workloads.gradient_arrays()
    transposed, sine, cosine = x.T, *(np.empty((3, 2), F) for _ in range(2))

    def step():
        z = np.matmul(x, w, out=sine)
        np.cos(z, out=cosine)
        np.sin(z, out=sine)
        np.multiply(sine, cosine, out=sine)
        np.multiply(sine, TWO, out=sine)
        return np.matmul(transposed, sine)

    return step


class Adam:
    """Adam over one flat array of parameters and one of gradients, chunk by chunk.

    m and v are kept divided by (1 - beta), which saves two passes; the rate and epsilon make up for it.
    """

    def __init__(self, parameters, grads):
        slots = np.zeros_like(parameters), np.zeros_like(parameters)
        scratch = np.empty(min(CHUNK, parameters.size), F)
        self._chunks = []
        for start in range(0, parameters.size, CHUNK):
            views = [array[start:start + CHUNK] for array in (parameters, grads, *slots)]
            self._chunks.append((*views, scratch[:views[0].size]))
        adam = workloads.ADAM
        self._betas = [np.array(adam[name], F) for name in ("beta_1", "beta_2")]
        self._scale = (1 - adam["beta_2"]) ** 0.5
        self._epsilon = np.array(adam["epsilon"] / self._scale, F)
        self._rate, self._count = np.empty((), F), 0

    def step(self):
        adam, (beta_1, beta_2) = workloads.ADAM, self._betas
        self._count += 1
        bias_1, bias_2 = 1 - adam["beta_1"] ** self._count, 1 - adam["beta_2"] ** self._count
        rate, epsilon = self._rate, self._epsilon
        rate[()] = adam["rate"] * bias_2**0.5 / bias_1 * (1 - adam["beta_1"]) / self._scale
        for p, g, m, v, t in self._chunks:
            np.multiply(m, beta_1, out=m)
            np.add(m, g, out=m)
            np.multiply(g, g, out=t)
            np.multiply(v, beta_2, out=v)
            np.add(v, t, out=v)
            np.sqrt(v, out=t)
            np.add(t, epsilon, out=t)
            np.divide(m, t, out=t)
            np.multiply(t, rate, out=t)
            np.subtract(p, t, out=p)


class Network:
    """A dense network whose parameters, and gradients, lie in one flat array each."""

    def __init__(self, sizes):
        arrays = workloads.weights(sizes)
        parameters = np.concatenate([array.reshape(-1) for array in arrays])
        grads = np.zeros_like(parameters)
        ends = list(itertools.accumulate(array.size for array in arrays))
        views = [[flat[end - array.size:end].reshape(array.shape) for array, end in zip(arrays, ends)]
                 for flat in (parameters, grads)]
        self._layers = list(zip(*(view[start::2] for view in views for start in range(2))))    # w, b, dw, db
        self._adam = Adam(parameters, grads)
        self._sizes = sizes
        self._buffers = {}      # by batch size: the last batch of an epoch is smaller

    def _buffers_of(self, count):
        if count not in self._buffers:
            outputs = [np.empty((count, size), F) for size in self._sizes[1:]]
            grads = [np.empty_like(output) for output in outputs[:-1]]
            masks = [np.empty(output.shape, bool) for output in outputs[:-1]]
            rows = np.arange(count) * self._sizes[-1]
            column, ones = np.empty((count, 1), F), np.ones(count, F)
            self._buffers[count] = outputs, grads, masks, rows, column, ones, np.array(1 / count, F)
        return self._buffers[count]

    def _forward(self, x, outputs):
        for (w, b, _, _), h in zip(self._layers, outputs):
            np.matmul(x, w, out=h)
            np.add(h, b, out=h)
            if h is not outputs[-1]:
                np.maximum(h, ZERO, out=h)
            x = h
        return x

    def predict(self, x):
        return self._forward(x, self._buffers_of(len(x))[0]).copy()

    def train(self, x, y):
        """One step; the loss before it."""
        outputs, grads, masks, rows, column, ones, share = self._buffers_of(len(x))
        p = self._forward(x, outputs)
        np.maximum.reduce(p, 1, keepdims=True, out=column)
        np.subtract(p, column, out=p)
        np.exp(p, out=p)
        np.add.reduce(p, 1, keepdims=True, out=column)
        np.divide(p, column, out=p)
        flat, labels = p.reshape(-1), rows + y
        picked = flat[labels]
        flat[labels] = picked - ONE
        np.log(picked, out=picked)
        loss = -float(np.add.reduce(picked)) / len(x)
        d = np.multiply(p, share, out=p)
        for i in range(len(outputs) - 1, -1, -1):
            w, _, dw, db = self._layers[i]
            h = outputs[i - 1] if i else x
            np.matmul(h.T, d, out=dw)
            np.matmul(ones, d, out=db)
            if i:
                np.matmul(d, w.T, out=grads[i - 1])
                np.greater(h, ZERO, out=masks[i - 1])
                d = np.multiply(grads[i - 1], masks[i - 1], out=grads[i - 1])
        self._adam.step()
        return loss


def train(sizes, batch):
    network = Network(sizes)
    x, y = workloads.samples(sizes, batch)
    return lambda: network.train(x, y)


def fit(sizes, batch):
    return workloads.fit_step(Network(sizes).train, sizes, batch)


def predict(sizes):
    network = Network(sizes)
    x, _ = workloads.samples(sizes, 1)
    return lambda: network.predict(x)


def elementwise():
    x = workloads.elementwise_array()
    grad = np.empty_like(x)
    share = np.array(1 / x.size, F)
    saved = [[np.empty(CHUNK, F) for _ in range(2)] for _ in range(workloads.ELEMENTWISE_REPEATS)]
    scratch = [np.empty(CHUNK, F) for _ in range(2)]

    def sweep(x, g, saved, d, t):
        """The sum over one chunk; its gradient goes to `g`."""
        y = x
        for tanh, exp in saved:
            np.multiply(y, HALF, out=tanh)
            np.add(tanh, TENTH, out=tanh)
            np.tanh(tanh, out=tanh)
            np.multiply(tanh, x, out=exp)
            y = np.exp(exp, out=exp)
        total = float(np.add.reduce(y))
        d[:], g[:] = share, ZERO
        for tanh, exp in reversed(saved):
            np.multiply(d, exp, out=d)
            np.multiply(d, tanh, out=t)
            np.add(g, t, out=g)
            np.multiply(d, x, out=d)
            np.multiply(tanh, tanh, out=tanh)
            np.subtract(ONE, tanh, out=tanh)
            np.multiply(d, tanh, out=d)
            np.multiply(d, HALF, out=d)
        np.add(g, d, out=g)
        return total

    chunks = []
    for start in range(0, x.size, CHUNK):
        part = x[start:start + CHUNK], grad[start:start + CHUNK]
        size = part[0].size
        chunks.append((*part, [[a[:size] for a in pair] for pair in saved], *(a[:size] for a in scratch)))
    return lambda: (sum(sweep(*chunk) for chunk in chunks) / x.size, grad)


def hessian_product():
    A, B, x, v = workloads.vector_arrays()

    def step():
        # g = t x + sin(s) with t = tanh(A x), s = B x; f = sum(g^2). A dot marks the derivative along v.
        t, s = np.tanh(A @ x), B @ x
        sine, cosine = np.sin(s), np.cos(s)
        slope = ONE - t * t
        t_dot, s_dot = slope * (A @ v), B @ v
        u = TWO * (t * x + sine)
        u_dot = TWO * (t_dot * x + t * v + cosine * s_dot)
        into_a = slope * (u_dot * x + u * v) - TWO * t * t_dot * (u * x)
        into_b = cosine * u_dot - sine * s_dot * u
        return u_dot * t + u * t_dot + into_a @ A + into_b @ B

    return step


def jacobian():
    A, B, x, _ = workloads.vector_arrays()
    other = np.empty_like(B)

    def step():
        t = np.tanh(A @ x)
        result = A * (x * (ONE - t * t))[:, None]
        np.multiply(B, np.cos(B @ x)[:, None], out=other)
        np.add(result, other, out=result)
        result.reshape(-1)[::len(x) + 1] += t
        return result

    return step


def chain():
    x = workloads.chain_array()
    factor, term = np.array(0.9999, F), np.array(0.0001, F)
    y = np.empty_like(x)

    def step():
        y[:] = x
        for _ in range(workloads.CHAIN_OPS // 2):
            np.multiply(y, factor, out=y)
            np.add(y, term, out=y)
        grad = np.ones_like(x)
        for _ in range(workloads.CHAIN_OPS // 2):
            np.multiply(grad, factor, out=grad)
        return grad

    return step
