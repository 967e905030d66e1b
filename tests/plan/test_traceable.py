"""Every op and derivative, planned, gives on other data what it gives eagerly, to the bit; so do recorded updates."""

import warnings

import numpy as np
import pytest

import minikeras as mk
from minikeras import constraints, optimizers
from minikeras.autograd import tree
from minikeras.autograd.dispatch import listen
from minikeras.autograd.forward import ForwardAccumulator
from minikeras.autograd.indexed_slices import IndexedSlices
from minikeras.autograd.op import is_impure
from minikeras.autograd.random import SeedGenerator
from minikeras.autograd.tape import GradientTape
from minikeras.autograd.tensor import Tensor
from minikeras.ops import random
from minikeras.optimizers import (
    SGD,
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Ftrl,
    Lamb,
    Lion,
    LossScaleOptimizer,
    MultiOptimizer,
    Muon,
    Nadam,
    RMSprop,
    ScheduleFreeAdamW,
    schedules,
)

from ..ops.numpy_calls import FUNCTIONS, T, calls_of
from ..ops.samples import composed_cases, op_cases
from ..ops.test_gradients import cotangents, is_float
from .both import assert_plans_on_others
from .naive import Recording, assert_replays, assert_same_bits


def numbers(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng((seed, *shape)).normal(size=shape).astype(dtype)


# --- optimizers ------------------------------------------------------------------------------------


class Halving(optimizers.Optimizer):
    """As a user writes one."""

    def build(self, variables):
        super().build(variables)
        self.last = self.add_optimizer_variables(variables, "last")

    def update_step(self, gradient, variable, learning_rate):
        last = self.last[self._get_variable_index(variable)]
        self.assign_sub(variable, learning_rate * (gradient + 0.5 * last))
        self.assign(last, gradient)


class UpdateStep:
    def __init__(self, optimizer, dtype=np.float32, **kwargs):
        self.weights = [mk.Variable(numbers(3, 2, seed=1, dtype=dtype), **kwargs),
                        mk.Variable(numbers(2, seed=1, dtype=dtype))]
        self.optimizer = optimizer
        optimizer.build(self.weights)

    def __call__(self, *gradients):
        self.optimizer.apply(gradients, self.weights)

    def variables(self):
        return [*self.weights, *self.optimizer.variables]


OPTIMIZERS = {
    "sgd": lambda: SGD(0.1),
    "momentum": lambda: SGD(0.1, momentum=0.9),
    "nesterov": lambda: SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: RMSprop(0.1),
    "centered": lambda: RMSprop(0.1, momentum=0.5, centered=True),
    "adam": lambda: Adam(0.1),
    "amsgrad": lambda: Adam(0.1, amsgrad=True),
    "adagrad": lambda: Adagrad(0.1),
    "adadelta": lambda: Adadelta(0.1),
    "adamw": lambda: AdamW(0.1),
    "adamax": lambda: Adamax(0.1),
    "nadam": lambda: Nadam(0.1),
    "ftrl": lambda: Ftrl(0.1, l1_regularization_strength=0.01, l2_shrinkage_regularization_strength=0.01, beta=0.1),
    "lion": lambda: Lion(0.1),
    "lamb": lambda: Lamb(0.1),
    "adafactor": lambda: Adafactor(0.1),
    "muon": lambda: Muon(0.1),
    "schedule free": lambda: ScheduleFreeAdamW(0.1, warmup_steps=3),
    "found loss scale": lambda: LossScaleOptimizer(Adam(0.1), initial_scale=4.0, dynamic_growth_steps=2),
    "several": lambda: MultiOptimizer(lambda v: SGD(0.1) if v.ndim > 1 else Adam(0.1)),
    "user's own": lambda: Halving(0.1),
    "weight decay": lambda: Adam(0.1, weight_decay=0.1),
    "clipnorm": lambda: SGD(0.1, clipnorm=1.0),
    "clipvalue": lambda: SGD(0.1, clipvalue=0.2),
    "global_clipnorm": lambda: Adam(0.1, global_clipnorm=0.5),
    "loss scale": lambda: SGD(0.1, loss_scale_factor=8.0),
    "ema": lambda: SGD(0.1, use_ema=True),
    "ema overwriting": lambda: Adam(0.1, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=2),
    "accumulation": lambda: SGD(0.1, momentum=0.5, gradient_accumulation_steps=3),
    "everything": lambda: Adam(schedules.ExponentialDecay(0.1, 2, 0.5), weight_decay=0.1, clipnorm=1.0, use_ema=True,
                               ema_overwrite_frequency=2, gradient_accumulation_steps=2, loss_scale_factor=2.0),
    "shared state, accumulating": lambda: Nadam(0.1, gradient_accumulation_steps=2),
    "user's own, accumulating": lambda: Halving(0.1, gradient_accumulation_steps=2),
    "ExponentialDecay": lambda: SGD(schedules.ExponentialDecay(0.1, 2, 0.5, staircase=True)),
    "InverseTimeDecay": lambda: SGD(schedules.InverseTimeDecay(0.1, 2, 0.5)),
    "PolynomialDecay": lambda: SGD(schedules.PolynomialDecay(0.1, 2, cycle=True)),
    "PiecewiseConstantDecay": lambda: SGD(schedules.PiecewiseConstantDecay([1, 3], [0.3, 0.2, 0.1])),
    "CosineDecay": lambda: SGD(schedules.CosineDecay(0.1, 4, warmup_target=0.3, warmup_steps=2)),
    "CosineDecayRestarts": lambda: SGD(schedules.CosineDecayRestarts(0.1, 2)),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_updates_replay(name, dtype):
    batches = [(numbers(3, 2, seed=i, dtype=dtype), numbers(2, seed=i, dtype=dtype)) for i in range(7)]
    assert_replays(lambda: UpdateStep(OPTIMIZERS[name](), dtype), batches, UpdateStep.variables)


def test_a_function_that_gives_the_learning_rate_is_called_in_a_replay():
    def make():
        rates = iter([0.5, 0.4, 0.3, 0.2, 0.1])
        return UpdateStep(SGD(learning_rate=lambda: next(rates)))
    eager, traced = make(), make()
    batches = [(numbers(3, 2, seed=i), numbers(2, seed=i)) for i in range(4)]
    recording = Recording(traced, batches[0], traced.variables())       # takes the first rate
    eager(np.zeros((3, 2)), np.zeros(2))
    for batch in batches:
        recording.replay(batch)
        eager(*batch)
    assert_same_bits(traced.weights, eager.weights)


def test_a_function_that_gives_the_learning_rate_is_called_once_a_round():
    calls = []
    step = UpdateStep(SGD(learning_rate=lambda: calls.append(1) or 0.1, gradient_accumulation_steps=2))
    batch = numbers(3, 2), numbers(2)
    assert "bool()" in Recording(step, batch, step.variables()).left and not calls
    with listen(Silent()):
        for _ in range(4):
            step(*batch)
    assert len(calls) == 2


class Silent:
    def heard(self, *_):
        pass


def test_rows_of_a_table_replay():
    class Step(UpdateStep):
        def __call__(self, values, indices, gradient):
            super().__call__(IndexedSlices(values, indices, [3, 2]), gradient)
    batches = [(numbers(4, 2, seed=i), np.array([i % 3, 2, 2, 0]), numbers(2, seed=i)) for i in range(4)]
    assert_replays(lambda: Step(SGD(0.1)), batches, Step.variables)


def test_two_variables_never_hold_one_array():
    step = UpdateStep(SGD(0.1, use_ema=True, ema_overwrite_frequency=1))
    step(numbers(3, 2), numbers(2))
    step.optimizer.finalize_variable_values(step.weights)
    assert len({id(v._array) for v in step.variables()}) == len(step.variables())


@pytest.mark.parametrize("constraint", [
    constraints.MaxNorm(0.5), constraints.NonNeg(), constraints.UnitNorm(), constraints.MinMaxNorm(0.2, 0.4, 0.5)],
    ids=lambda c: type(c).__name__)
def test_constraints_replay(constraint):
    batches = [(numbers(3, 2, seed=i), numbers(2, seed=i)) for i in range(3)]
    assert_replays(lambda: UpdateStep(SGD(0.5), constraint=constraint), batches, UpdateStep.variables)


# --- draws -----------------------------------------------------------------------------------------

DRAWS = {
    "normal": lambda seed: random.normal((3,), 1.0, 2.0, seed=seed),
    "uniform": lambda seed: random.uniform((3,), seed=seed),
    "randint": lambda seed: random.randint((3,), 0, 100, seed=seed),
    "truncated_normal": lambda seed: random.truncated_normal((3,), seed=seed),
    "shuffle": lambda seed: random.shuffle(np.arange(20), seed=seed),
    "normal_like": lambda seed: random.normal_like(np.ones(20, np.float32), mean=0.0, stddev=1.0, seed=seed),
    "gamma": lambda seed: random.gamma((3,), 2.0, seed=seed),
    "beta": lambda seed: random.beta((2, 3), [1.0, 2.0, 3.0], 2.0, seed=seed),
    "binomial": lambda seed: random.binomial((3,), 10, 0.5, seed=seed),
    "categorical": lambda seed: random.categorical(np.zeros((2, 4), np.float32), 3, seed=seed),
    "dropout": lambda seed: random.dropout(np.ones(20, np.float32), 0.5, seed=seed),
    "keep_mask": lambda seed: random.keep_mask(np.ones(20, np.float32), rate=0.5, seed=seed),
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_goes_on_in_the_stream_of_its_generator(name):
    eager, traced = SeedGenerator(3), SeedGenerator(3)
    recording = Recording(lambda: DRAWS[name](traced), [])
    for _ in range(3):
        assert_same_bits(recording.replay([]), DRAWS[name](eager))


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_from_an_integer_gives_the_same_numbers(name):
    assert_same_bits(Recording(lambda: DRAWS[name](5), []).replay([]), DRAWS[name](5))


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_without_a_seed_makes_a_consumer_each_time(name):
    random.set_random_seed(7)
    want = [DRAWS[name](None) for _ in range(3)]
    random.set_random_seed(7)
    recording = Recording(lambda: DRAWS[name](None), [])
    assert_same_bits([recording.result, recording.replay([]), recording.replay([])], want)


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize(("seed", "impure"), [(SeedGenerator(0), True), (None, True), (5, False), (np.int64(5), False)],
                         ids=["generator", "None", "int", "numpy"])
def test_ops_that_draw_are_impure_unless_a_number_is_the_seed(name, seed, impure):
    recording = Recording(lambda: DRAWS[name](seed), [])
    assert any(is_impure(op, attrs) for op, _, attrs, _ in recording.calls) == impure


def test_ops_with_functions_are_impure_and_with_dtypes_are_not():
    recording = Recording(lambda: mk.ops.cast(schedules.told_by(function=lambda: 1.0), np.int32), [])
    assert [is_impure(op, attrs) for op, _, attrs, _ in recording.calls] == [True, False]


# --- ops -------------------------------------------------------------------------------------------


# How often something is repeated decides the shape of the result, so a plan cannot take that from a tensor.
# A step with strings in it has no plan.
CASES = [case for case in op_cases() + composed_cases() if case.inputs and case.name != "repeat-1" and not any(
    np.asarray(x).dtype.kind == "O" for x in case.inputs)]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_ops_replay(case):
    assert_plans_on_others(case.call, case.inputs)


DIFFERENTIABLE = [case for case in CASES if (case.op is None or case.op.pull) and any(map(is_float, case.inputs))]


each_differentiable = pytest.mark.parametrize("case", DIFFERENTIABLE, ids=[case.name for case in DIFFERENTIABLE])


def floats_among(inputs):
    return [x for x in inputs if isinstance(x, Tensor) and x.dtype.is_floating]


def gradients_of(case, inputs):
    """The gradient of the weighted outputs of a case by its floats."""
    weights = [Tensor(w) for w in cotangents(case.call(*case.inputs))]
    with GradientTape() as tape:
        tape.watch(floats_among(inputs))
        y = case.call(*inputs)
    return tape.gradient(y, floats_among(inputs), unconnected_gradients="zero",
                         output_gradients=weights if isinstance(y, (list, tuple)) else weights[0])


@each_differentiable
def test_gradients_replay(case):
    assert_plans_on_others(lambda *inputs: gradients_of(case, inputs), case.inputs)


@each_differentiable
def test_second_derivatives_replay(case):
    def second(*inputs):
        with GradientTape() as tape:
            tape.watch(floats_among(inputs))
            first = gradients_of(case, inputs)
        return tape.gradient(first, floats_among(inputs), unconnected_gradients="zero")
    assert_plans_on_others(second, case.inputs)


@each_differentiable
def test_forward_derivatives_replay(case):
    def forward(*inputs):
        floats = floats_among(inputs)
        with ForwardAccumulator(floats, [x * 0.5 + 1.0 for x in floats]) as accumulator:
            y = case.call(*inputs)
        return accumulator.jvp(list(y) if isinstance(y, (list, tuple)) else [y], unconnected_gradients="zero")
    assert_plans_on_others(forward, case.inputs)


# --- NumPy's functions -----------------------------------------------------------------------------

CALLS = [(name, args, kwargs) for name in sorted(FUNCTIONS) for args, kwargs in calls_of(name)]


@pytest.mark.parametrize("place", range(len(CALLS)), ids=[name for name, _, _ in CALLS])
def test_numpys_functions_replay_or_ask_for_numbers_openly(place):
    name, args, kwargs = CALLS[place]
    leaves = tree.flatten([list(args), kwargs])

    def call(*tensors):
        given = iter(tensors)
        args_now, kwargs_now = tree.pack([list(args), kwargs], [next(given) if isinstance(x, T) else x for x in leaves])
        results = FUNCTIONS[name](*args_now, **kwargs_now)
        return [y if isinstance(y, Tensor) else np.asarray(y)
                for y in tree.flatten(list(results) if isinstance(results, tuple) else results)]

    inputs = [x.value for x in leaves if isinstance(x, T)]
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            left = Recording(call, inputs).left
    except (TypeError, ValueError):     # refused by name
        return
    if not left:
        assert_plans_on_others(call, inputs)


# --- derivatives -----------------------------------------------------------------------------------


@mk.custom_gradient
def squared(x):
    return x * x, lambda d: 3.0 * d * x


def custom(x):
    with GradientTape() as tape:
        tape.watch(x)
        y = mk.ops.sum(squared(squared(x)))
    return y, tape.gradient(y, x)


def hessian_vector(x):
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as tape:
            tape.watch(x)
            y = mk.ops.sum(mk.ops.sin(x) * x)
        slope = mk.ops.sum(tape.gradient(y, x) * x)
    return outer.gradient(slope, x)


def jacobian(x):
    with GradientTape() as tape:
        tape.watch(x)
        y = mk.ops.softmax(x) * x
    return tape.jacobian(y, x)


def forward_mode(x):
    with ForwardAccumulator(x, mk.ops.cos(x)) as accumulator:
        y = mk.ops.softmax(x) * x
    return accumulator.jvp(y)


def vectorized(x):
    return mk.ops.vectorized_map(lambda row: mk.ops.sum(mk.ops.cumsum(row)) * row, x)


def rows_of_a_gradient(x):
    with GradientTape() as tape:
        tape.watch(x)
        y = mk.ops.take(x, np.array([1, 1, 0]), axis=0) * 2.0
    return tape.gradient(y, x)


def loop(x):
    return mk.ops.fori_loop(0, 3, lambda i, v: v * x + mk.ops.cast(i, x.dtype), x)


@pytest.mark.parametrize("function", [custom, hessian_vector, jacobian, forward_mode, vectorized, rows_of_a_gradient,
                                      loop])
def test_derivatives_and_loops_replay(function):
    assert_plans_on_others(lambda x: mk.convert_to_tensor(function(x)) if function is rows_of_a_gradient
                             else function(x), [numbers(3, 4)])


def test_a_replay_of_recompute_grad_drops_in_both_runs_what_eager_drops():
    def make():
        seed = SeedGenerator(2)

        @mk.recompute_grad
        def block(x):
            return mk.ops.tanh(x * random.keep_mask(x, rate=0.5, seed=seed)) * random.normal(x.shape, seed=seed)

        def step(x):
            with GradientTape() as tape:
                tape.watch(x)
                y = block(block(x))
            return y, tape.gradient(y, x)
        return step
    traced, eager = make(), make()
    batches = [[numbers(4, 5, seed=i)] for i in range(3)]
    recording = Recording(traced, batches[0])
    for batch in batches:
        assert_same_bits(recording.replay(batch), eager(*map(Tensor, batch)))


def test_a_second_run_in_recompute_grad_may_draw_more_than_the_first():
    rounds = iter([1, 2])

    @mk.recompute_grad
    def block(x):
        for _ in range(next(rounds)):
            x = x + random.normal(x.shape, seed=seed)
        return x * x

    seed, x = SeedGenerator(4), Tensor(numbers(3))
    first = random.normal((3,), seed=SeedGenerator(4))
    with listen(Silent()), GradientTape() as tape:
        tape.watch(x)
        y = block(x)
    assert_same_bits(y, (x + first) * (x + first))
    assert np.isfinite(tape.gradient(y, x)).all()


@pytest.mark.parametrize("leaving", [
    lambda x: mk.ops.cond(mk.ops.sum(x) > 0, lambda: x, lambda: -x),
    lambda x: mk.ops.while_loop(lambda v: mk.ops.sum(v) < 9.0, lambda v: v + 5.0, x),
    lambda x: mk.ops.switch(mk.ops.cast(mk.ops.abs(x[0]), "int32"), [lambda: x, lambda: -x]),
    lambda x: x[x > 0], lambda x: x[None, x > 0], lambda x: mk.ops.nonzero(x), lambda x: mk.ops.where(x > 0),
    lambda x: mk.ops.unique(x), lambda x: mk.ops.bincount(mk.ops.cast(mk.ops.abs(x), "int32")),
    lambda x: mk.ops.linspace(x[0], 1.0, 3), lambda x: mk.ops.arange(x[0]), lambda x: mk.ops.convert_to_numpy(x),
    lambda x: mk.constant(np.array(x)), lambda x: mk.constant([float(x[0]), 1.0]), lambda x: x if x[0] > 0 else -x,
    lambda x: mk.ops.repeat(x, mk.ops.cast(mk.ops.abs(x), "int32")),
])
def test_what_needs_numbers_asks_for_them_openly(leaving):
    assert Recording(leaving, [numbers(3)]).left
