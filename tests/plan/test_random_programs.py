"""Programs put together at random: a plan gives what the eager run gives, to the bit, with each pass and without."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import ops
from minikeras.plan import PASSES, REORDERING, without

SHAPES = [(), (3,), (4, 3), (3, 4), (2, 4, 3), (200, 300)]
ONE = [ops.tanh, ops.exp, ops.relu, ops.square, ops.negative, ops.sigmoid, ops.cos, ops.ones_like, ops.zeros_like,
       lambda x: x * 0.5, lambda x: 1.5 - x, lambda x: ops.cast(x > 0, "float32"), lambda x: ops.where(x > 0.2, x, 0.1),
       lambda x: ops.stop_gradient(x), lambda x: ops.reshape(x, (-1,)), lambda x: ops.clip(x, -1.0, 1.0),
       lambda x: ops.transpose(x), lambda x: x[..., None], lambda x: x / (1.0 + ops.abs(x))]
TWO = [ops.add, ops.multiply, ops.subtract, ops.maximum, lambda a, b: ops.where(a > b, a, b * 0.1),
       lambda a, b: a * b + a]
REDUCE = [ops.sum, ops.mean, ops.max, lambda x: ops.sum(x, axis=0) if len(x.shape) else x,
          lambda x: ops.softmax(x) if len(x.shape) else x, lambda x: ops.mean(x, axis=-1, keepdims=True)
          if len(x.shape) else x]


class Program:
    """A function of some arrays and its own Variables, made of choices that a seed determines."""

    def __init__(self, seed):
        self.seed = seed
        rng = np.random.default_rng(seed)
        self.shape = SHAPES[rng.integers(len(SHAPES))]
        self.variables = [mk.Variable(self.array(rng), name=f"v{i}") for i in range(rng.integers(1, 5))]
        self.first = [v.numpy() for v in self.variables]

    def array(self, rng):
        return np.asarray(rng.uniform(-1, 1, self.shape), "float32")

    def restart(self):
        for v, value in zip(self.variables, self.first):
            v.assign(value)

    def __call__(self, x, z):
        rng = np.random.default_rng(self.seed + 1000)
        with mk.GradientTape(persistent=True) as tape:
            tape.watch(x)
            values = [x, z, *self.variables]
            scalars = []
            for _ in range(rng.integers(3, 16)):
                kind = rng.integers(10)
                a, b = (values[rng.integers(len(values))] for _ in range(2))
                if kind < 4:
                    y = ONE[rng.integers(len(ONE))](a)
                elif kind < 8:
                    y = TWO[rng.integers(len(TWO))](a, b)
                elif kind == 8:
                    y = REDUCE[rng.integers(len(REDUCE))](a)
                    if not y.shape:
                        scalars.append(y)
                    y = y + a if y.shape in ((), a.shape) else y
                else:
                    v = self.variables[rng.integers(len(self.variables))]
                    y = v.value
                    new = values[rng.integers(len(values))]
                    if tuple(new.shape) == tuple(v.shape):
                        v.assign(new)
                if tuple(y.shape) == self.shape:
                    values.append(y)
                else:
                    scalars.append(ops.mean(y))
            loss = ops.sum(ops.tanh(values[-1])) + sum(scalars, 0.0)
        sources = [x, *self.variables]
        grads = tape.gradient(loss, sources, unconnected_gradients="zero")
        kind = rng.integers(4)
        for v, g in zip(self.variables, grads[1:]):
            if kind == 0:
                v.assign_sub(0.1 * g)
            elif kind == 1:
                v.assign(v * 0.9 - g * g * 0.01 / (ops.sqrt(ops.abs(v)) + 0.1))
            elif kind == 2:
                v.assign(self.variables[0] * 0.5 + g)
        return {"loss": loss, "some": [values[rng.integers(len(values))], grads[0]], "v": self.variables[-1].value}


def outcome(program, function, inputs):
    program.restart()
    steps = []
    for x, z in inputs:
        result = function(mk.constant(x), mk.constant(z))
        steps.append([np.array(result["loss"]), *map(np.array, result["some"]), np.array(result["v"]),
                      *[v.numpy() for v in program.variables]])
    return steps


def check(seed):
    program = Program(seed)
    rng = np.random.default_rng(seed + 2000)
    inputs = [(program.array(rng), program.array(rng)) for _ in range(5)]
    expected = outcome(program, program, inputs)
    off = [REORDERING, (PASSES[seed % len(PASSES)], *REORDERING), PASSES][seed % 3]
    with without(*off):
        function = mk.function(program)
        found = outcome(program, function, inputs)
        assert function.latest is not None
    for step, (a, b) in enumerate(zip(expected, found)):
        for i, (x, y) in enumerate(zip(a, b)):
            assert x.dtype == y.dtype and x.shape == y.shape
            assert np.array_equal(x, y, equal_nan=True), (
                f"seed {seed}, step {step}, result {i}, without {off}\n{function.source()}")


@pytest.mark.parametrize("block", range(8))
def test_a_plan_is_equal_to_the_bit(block):
    for seed in range(25 * block, 25 * block + 25):
        check(seed)
