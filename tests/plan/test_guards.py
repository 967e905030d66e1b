"""Right or refused, never silently wrong: what a step does, it does as a plan, or it stays eager and says so.

Everything is run both ways and compared to the last bit: results, histories, Variables, optimizers and metrics.
"""

import ast
import itertools
import signal
import sys
import threading
import types

import numpy as np
import pytest

import minikeras as mk
from minikeras import Variable, layers, ops
from minikeras.autograd.tensor import Tensor
from minikeras.errors import PlanWarning
from minikeras.layers import Dense
from minikeras.optimizers import SGD, Adam, schedules
from minikeras.plan import Function

from .both import assert_fit_agrees, assert_function_agrees, bits, numbers, refusals

X, Y = numbers(22, 4), numbers(22, 2)
CALLS = [(numbers(4, 3, seed=i),) for i in range(9)]


# --- values that go in and out -------------------------------------------------------------------------


def vector(*shape, dtype="float32"):
    return Variable(np.arange(1, 1 + np.prod(shape or 1)).reshape(shape), dtype=dtype)


def a_variable_assigned_twice():
    v = vector(3)

    def step(x):
        v.assign(v * 2.0)
        v.assign(v + ops.sum(x))
        return v.value
    return step, [v]


def two_variables_that_change_places():
    a, b = vector(3), vector(3)

    def step(x):
        before = a.value
        a.assign(b * 2.0)
        b.assign(before)
        return ops.sum(x) * a
    return step, [a, b]


def two_variables_that_take_each_other():
    a, b = vector(3), Variable(np.ones(3, "float32"))

    def step(x):
        a.assign(b)
        b.assign(a)
        b.assign_add(ops.sum(x, axis=0))
        return a * b
    return step, [a, b]


def a_constant_assigned():
    v = vector(3)

    def step(x):
        y = x * v
        v.assign(np.full(3, 5.0))
        return y
    return step, [v]


def an_input_assigned():
    v = vector(4, 3)

    def step(x):
        y = x * v
        v.assign(x)
        return y
    return step, [v]


def a_part_of_an_input_assigned():
    v = vector(3)

    def step(x):
        v.assign(x[1])
        return v * 2.0
    return step, [v]


def a_variable_transposed_in_itself():
    v = vector(3, 3)

    def step(x):
        v.assign(ops.transpose(v))
        y = ops.sum(v, axis=0)
        v.assign(ops.transpose(v * y))
        return y, x @ v
    return step, [v]


def a_variable_given_back():
    v = vector(4, 3)

    def step(x):
        v.assign_add(x)
        return v
    return step, [v]


def a_variable_read_before_and_after():
    v = vector(4, 3)

    def step(x):
        before = v.value
        v.assign_sub(x)
        return before, v.value, v[1:], v * 1.0
    return step, [v]


def other_dtypes_assigned():
    v, n = vector(4, 3, dtype="float64"), vector(4, 3, dtype="int32")

    def step(x):
        v.assign(x)
        v.assign_add(x * 2.0)
        n.assign_add(ops.cast(x * 10, "int32"))
        return v * 1.0, n * 2
    return step, [v, n]


def an_input_given_back():
    return lambda x: x, []


def parts_of_an_input_given_back():
    return lambda x: (ops.reshape(x, (-1,)), ops.transpose(x), x[1:, ::2]), []


def a_constant_given_back():
    held = ops.convert_to_tensor(np.arange(3.0))
    return lambda x: (held, ops.ones((2,)), ops.zeros_like(x), 3, None, "text"), []


def one_tensor_given_back_twice():
    def step(x):
        y = ops.sin(x)
        return {"b": y, "a": y, "c": [y, (x, None)]}
    return step, []


def a_tensor_read_from_a_variable_before():
    v = vector(3)
    before = v.value

    def step(x):
        v.assign_add(ops.sum(x, axis=0))
        return v * before, before + 1.0
    return step, [v]


def two_variables_of_one_array():
    a, b = vector(3), vector(3)
    b._array = a._array

    def step(x):
        a.assign_add(ops.sum(x, axis=0))
        return a * 1.0, b * 1.0
    return step, [a, b]


def a_variable_only_a_closure_holds():
    def make():
        hidden = vector(3)

        def step(x):
            hidden.assign(hidden * 0.5 + ops.sum(x, axis=0))
            return hidden * 1.0
        return step
    return make(), []


def a_view_of_what_runs_once_for_two():
    loss = mk.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1)    # asks twice which are ignored
    return lambda x: loss(ops.argmax(x, axis=1), ops.cos(x)), []


def rows_one_by_one():
    return lambda x: [row * 2.0 for row in x], []


def a_recorded_gradient():
    v = vector(3)

    def step(x):
        with mk.GradientTape() as outer:
            with mk.GradientTape() as tape:
                y = ops.sum(ops.tanh(x * v) ** 2)
            first = tape.gradient(y, v)
            norm = ops.sum(first * first)
        v.assign_sub(0.1 * outer.gradient(norm, v))
        return y, first
    return step, [v]


def a_gradient_of_ones_own():
    @mk.custom_gradient
    def doubled(x):
        return x * x, lambda d: 4.0 * d * x

    def step(x):
        with mk.GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(doubled(doubled(x)))
        return tape.gradient(y, x)
    return step, []


def a_step_in_a_step():
    inner = Function(lambda x: ops.sin(x) * 2.0)
    return lambda x: inner(x) + inner(x * 2.0), []


@pytest.mark.parametrize("make", [
    a_variable_assigned_twice, two_variables_that_change_places, two_variables_that_take_each_other,
    a_constant_assigned, an_input_assigned, a_part_of_an_input_assigned, a_variable_transposed_in_itself,
    a_variable_given_back, a_variable_read_before_and_after, other_dtypes_assigned, an_input_given_back,
    parts_of_an_input_given_back, a_constant_given_back, one_tensor_given_back_twice,
    a_tensor_read_from_a_variable_before, two_variables_of_one_array, a_variable_only_a_closure_holds,
    a_view_of_what_runs_once_for_two, rows_one_by_one, a_recorded_gradient, a_gradient_of_ones_own, a_step_in_a_step],
    ids=lambda make: make.__name__)
def test_values_are_what_they_are_eagerly(make):
    assert_function_agrees(make, CALLS)


def everything_elementwise(x):
    return x * 2, x + x, -x, ops.where(x > 1, x, x * 0), ops.sum(x), ops.sum(x, axis=0)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool", "complex64"])
@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (5, 3)], ids=str)
def test_arrays_of_every_kind(dtype, shape):
    def step(x):
        return (ops.logical_not(x), ops.any(x), ops.cast(x, "float32")) if dtype == "bool" else (
            x * ops.conj(x), ops.real(x), ops.exp(x), ops.sum(x)) if dtype == "complex64" else everything_elementwise(x)
    calls = [((np.asarray(numbers(*shape, seed=i)) * 3).astype(dtype),) for i in range(4)]
    assert_function_agrees(lambda: (step, []), calls)


def test_the_order_of_sums_follows_the_layout_of_each_input():
    def make():
        v = Variable(np.ones((50, 40), "float32"))

        def step(x):
            v.assign_add(ops.sin(x) * 2.0)
            return ops.sum(ops.sin(x), axis=0), ops.sum(ops.sin(x)), ops.mean(x), ops.reshape(x, (-1,)), ops.sum(v)
        return step, [v]
    whole = numbers(100, 100)
    layouts = [whole[:50, :40], np.asfortranarray(whole[:50, :40]), whole[::2, :80:2],
               np.ascontiguousarray(whole[:40, :50]).T]
    turned = whole[99:49:-1, :40]
    # NumPy 2.0 adds up what is reversed in another order where it is given memory for the sum.
    if np.add.reduce(turned, None) == np.add.reduce(turned, None, out=np.empty((), "float32")):
        layouts.append(turned)
    assert_function_agrees(make, [(each,) for each in layouts * 3])
    assert_function_agrees(make, [(Tensor(each),) for each in layouts * 3])


@pytest.mark.parametrize("first", ["the same", "two"])
def test_one_array_may_be_given_twice(first):
    same, two = [(x, x) for x, in CALLS[:4]], [(x, y) for (x,), (y,) in itertools.pairwise(CALLS)]
    assert_function_agrees(lambda: (lambda x, y: (x * y, x + 1.0, y - 1.0), []),
                           same + two if first == "the same" else two + same)


# --- draws ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [None, 5, "generator"])
def test_draws_go_on_as_they_do_eagerly(seed):
    def make():
        mk.utils.set_random_seed(3)
        given = mk.random.SeedGenerator(7) if seed == "generator" else seed

        def between(call):
            if call == 5:
                mk.utils.set_random_seed(4)
        return lambda x: x * mk.random.uniform((3,), seed=given) + mk.random.normal((3,), seed=given), [], between
    assert_function_agrees(make, CALLS)


@pytest.mark.parametrize("seed", [None, 5])
def test_a_generator_made_in_every_call_is_refused(seed):
    def make():
        mk.utils.set_random_seed(3)
        return lambda x: x * mk.random.uniform((3,), seed=mk.random.SeedGenerator(seed)), []
    assert_function_agrees(make, CALLS, "makes a SeedGenerator", planned=False)


def test_a_variable_made_in_every_call_is_refused():
    assert_function_agrees(lambda: (lambda x: Variable(np.ones(3)) * x, []), CALLS, "makes a Variable", planned=False)


# --- functions that are refused --------------------------------------------------------------------------


def a_branch():
    return lambda x: x if ops.sum(x) > 0 else -x, []


def numbers_in_the_middle():
    return lambda x: x * ops.sum(x).numpy(), []


def a_print():
    def step(x):
        print(ops.sum(x))
        return x * 2.0
    return step, []


@pytest.mark.parametrize("make", [a_branch, numbers_in_the_middle, a_print], ids=lambda make: make.__name__)
def test_numbers_that_leave_are_refused_with_their_line(make):
    assert_function_agrees(make, CALLS, rf"at {__file__}:\d+", planned=False)


def a_counter_in_a_closure():
    count = [0]

    def step(x):
        count[0] += 1
        return x * float(count[0])
    return step, []


def numpys_own_draws():
    generator = np.random.default_rng(3)
    return lambda x: x * generator.normal(size=3), []


def a_growing_list():
    seen = []

    def step(x):
        seen.append(1)
        return x + float(len(seen))
    return step, []


@pytest.mark.parametrize("make", [a_counter_in_a_closure, numpys_own_draws, a_growing_list],
                         ids=lambda make: make.__name__)
def test_what_changes_from_call_to_call_is_found_by_recording_again(make):
    assert_function_agrees(make, CALLS, rf"at {__file__}:\d+ works on a value that")


def test_results_that_are_kept_are_refused_and_stay_right():
    kept = []

    def make():
        kept.clear()

        def step(x):
            kept.append(x * 2.0)
            return kept[-1] + 1.0
        return step, []
    assert_function_agrees(make, CALLS, f"multiply at {__file__}:.* kept beyond", planned=False)
    assert [bits(y) for y in kept] == [bits(ops.multiply(x, 2.0)) for x, in CALLS]


def test_another_path_is_found_by_recording_again():
    calls = [0]

    def step(x):
        calls[0] += 1
        return x * 2.0 if calls[0] < 5 else ops.sin(x)
    compiled = Function(step)
    with refusals("does not run the same operations in every call, from sin"):
        for x, in CALLS:
            compiled(x)


# --- models ----------------------------------------------------------------------------------------------


class Net(mk.Model):
    beta = 1.0

    def __init__(self):
        super().__init__()
        self.dense, self.drop, self.out = Dense(5, "tanh"), layers.Dropout(0.4), Dense(2)

    def call(self, x, training=False):
        return self.out(self.drop(self.dense(x), training=training)) * self.beta


def made(model, optimizer=None, loss="mse"):
    """A function of `run_eagerly` that gives `model()`, compiled."""
    def make(run_eagerly):
        one = model()
        one.compile(Adam(0.01) if optimizer is None else optimizer(), loss, metrics=["mae"], run_eagerly=run_eagerly)
        return one
    return make


class Between(mk.callbacks.Callback):
    """Calls `function(model, number)` before each step."""

    def __init__(self, function):
        super().__init__()
        self.function, self.number = function, 0

    def on_train_batch_begin(self, batch, logs=None):
        self.number += 1
        self.function(self.model, self.number)


def assert_agrees(model, between=None, refused=None, optimizer=None, loss="mse", **kwargs):
    return assert_fit_agrees(made(model, optimizer, loss), X, Y, refused,
                             callbacks=lambda: [] if between is None else [Between(between)], **kwargs)


def stepping(body):
    """A model whose step gets its loss and gradients, and goes on with `body(model, loss, gradients)`."""
    class Stepping(Net):
        def __init__(self):
            super().__init__()
            self.n, self.rate, self.seen, self.rates = 0, 0.1, [], [0.1]
            self.settings = types.SimpleNamespace(rate=0.1)

        def train_step(self, data):
            x, y = data
            with mk.GradientTape() as tape:
                loss = self.compute_loss(x, y, self(x, training=True))
            body(self, loss, tape.gradient(loss, self.trainable_variables))
            return {"loss": loss}
    return Stepping


def descend(model, gradients, rate):
    for variable, gradient in zip(model.trainable_variables, gradients):
        variable.assign_sub(rate * gradient)


def at(number, change):
    """A change before one step only."""
    return lambda model, n: change(model) if n == number else None


CHANGES = {
    "an attribute": (Net, lambda m, n: setattr(m, "beta", 1.0 + n // 4)),
    "the rate of a dropout": (Net, lambda m, n: setattr(m.drop, "rate", 0.1 * (n // 4))),
    "an activation": (Net, at(5, lambda m: setattr(m.dense, "activation", mk.activations.relu))),
    "a learning rate": (Net, lambda m, n: setattr(m.optimizer, "learning_rate", 0.1 / n)),
    "a hyperparameter": (Net, at(5, lambda m: setattr(m.optimizer, "beta_1", 0.5))),
    "a limit of gradients": (Net, at(5, lambda m: setattr(m.optimizer, "clipnorm", 0.1))),
    "a frozen layer": (Net, lambda m, n: setattr(m.dense, "trainable", not 4 <= n < 9)),
    "a frozen Variable": (Net, at(4, lambda m: setattr(m.dense.kernel, "trainable", False))),
    "weights": (Net, lambda m, n: n % 3 == 0 and m.set_weights([w * 0.5 for w in m.get_weights()])),
    "a Variable": (Net, lambda m, n: n % 3 == 0 and m.out.bias.assign_add([1.0, 2.0])),
    "a regularizer": (Net, at(5, lambda m: setattr(m.dense.kernel, "regularizer", mk.regularizers.L2(0.5)))),
    "a constraint": (Net, at(5, lambda m: setattr(m.dense.bias, "constraint", mk.constraints.NonNeg()))),
    "the seed": (Net, at(5, lambda m: mk.utils.set_random_seed(9))),
    "a number in the step": (stepping(lambda m, loss, g: descend(m, g, m.rate)),
                             lambda m, n: setattr(m, "rate", 0.1 / (n // 4 + 1))),
    "a list in the step": (stepping(lambda m, loss, g: descend(m, g, m.rates[0])),
                           lambda m, n: m.rates.__setitem__(0, 0.1 / (n // 4 + 1))),
    "a list that grows": (stepping(lambda m, loss, g: descend(m, g, 0.1 / (len(m.seen) + 1))),
                          lambda m, n: n % 4 == 0 and m.seen.append(n)),
    "an object in the step": (stepping(lambda m, loss, g: descend(m, g, m.settings.rate)),
                              lambda m, n: setattr(m.settings, "rate", 0.1 / (n // 4 + 1))),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_changed_between_steps_counts_from_the_next(name):
    model, between = CHANGES[name]
    assert_agrees(model, between, optimizer=lambda: SGD(0.1, momentum=0.9, weight_decay=0.01) if
                  "hyper" not in name else Adam(0.01))


def test_an_array_written_to_by_its_owner_counts_from_the_next_step():
    class Scaled(Net):
        def __init__(self):
            super().__init__()
            self.scale = np.ones(2, "float32")

        def call(self, x, training=False):
            return super().call(x, training=training) * self.scale
    assert_agrees(Scaled, lambda m, n: m.scale.__setitem__(0, n // 4))


def test_a_rate_told_by_a_function_is_asked_for_in_every_step():
    rate = [0.1]
    assert_agrees(Net, lambda m, n: rate.__setitem__(0, 0.1 / n), optimizer=lambda: SGD(lambda: rate[0]))


@pytest.mark.parametrize("optimizer", [
    lambda: SGD(schedules.CosineDecay(0.1, 10)), lambda: Adam(0.01, use_ema=True, ema_overwrite_frequency=3),
    lambda: Adam(0.01, gradient_accumulation_steps=3), lambda: Adam(0.1, global_clipnorm=0.1, weight_decay=0.1)],
    ids=["schedule", "averages", "accumulation", "clipping"])
def test_optimizers_go_on_in_a_plan(optimizer):
    assert_agrees(Net, optimizer=optimizer)


class Chatty(Net):
    def call(self, x, training=False):
        self.add_loss(0.01 * ops.mean(x * x))
        self.add_loss(0.01 * ops.mean(self.dense(x) ** 2))
        return super().call(x, training=training)


def test_losses_added_in_a_call_count():
    assert_agrees(Chatty)
    model = made(Chatty)(False)
    model.fit(X, Y, verbose=0)
    assert model.losses == []       # none that a replay has left stale


class ByBatch(Net):
    def call(self, x, training=False):
        return super().call(x, training=training) + np.arange(len(x), dtype="float32")[:, None]


def test_a_layer_may_allocate_by_batch_size():
    assert_agrees(ByBatch)


class Cached(Net):
    def __init__(self):
        super().__init__()
        self.cache = {}

    def call(self, x, training=False):
        if x.shape not in self.cache:
            self.cache[x.shape] = np.full(2, len(x), "float32")
        return super().call(x, training=training) * self.cache[x.shape]


def test_a_layer_may_keep_what_it_makes_for_a_shape():
    assert_agrees(Cached)


class Parts(Net):
    def __init__(self):
        super().__init__()
        self.first, self.second = SGD(0.1), Adam(0.02)

    def train_step(self, data):
        x, y = data
        with mk.GradientTape(persistent=True) as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        for optimizer, part in ((self.first, self.dense), (self.second, self.out)):
            optimizer.apply(tape.gradient(loss, part.trainable_variables), part.trainable_variables)
        return {"loss": loss, "constant": 3.0}


def test_two_optimizers_may_train_two_parts():
    assert_agrees(Parts)


class Slope(Net):
    def train_step(self, data):
        x, y = data
        with mk.GradientTape() as tape:
            with mk.GradientTape() as inner:
                inner.watch(x)
                loss = self.compute_loss(x, y, self(x, training=True))
            slope = inner.gradient(loss, x)
            loss = loss + ops.sum(slope * slope)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


def test_a_step_may_penalize_a_gradient():
    assert_agrees(Slope)


def test_a_second_optimizer_may_step_in():
    def between(model, n):
        if n == 5:
            model.other = SGD(0.1)
        if n >= 5 and n % 2:
            model.other.apply([np.ones(v.shape, "float32") for v in model.trainable_variables],
                              model.trainable_variables)
    assert_agrees(Net, between)


def test_a_loaded_checkpoint_counts_from_the_next_step(tmp_path):
    def between(model, n):
        if n == 3:
            model.save_weights(str(tmp_path / "some.weights.npz"))
        if n in (7, 12):
            model.load_weights(str(tmp_path / "some.weights.npz"))
    assert_agrees(Net, between)


# --- models that are refused -----------------------------------------------------------------------------


def count(model, loss, gradients):
    model.n += 1
    descend(model, gradients, 0.1 / model.n)


def grow(model, loss, gradients):
    model.seen.append(1)
    descend(model, gradients, 0.1 / len(model.seen))


def keep(model, loss, gradients):
    model.seen.append(loss)
    descend(model, gradients, 0.1)


def show(model, loss, gradients):
    descend(model, gradients, 0.1)
    print(loss)


def branch(model, loss, gradients):
    descend(model, gradients, 0.1 if loss < 1 else 0.2)


def convert(model, loss, gradients):
    descend(model, gradients, 0.1 * loss.numpy())


@pytest.mark.parametrize(("body", "words"), [
    (count, f"assigns, at {__file__}:.*'n'"), (grow, "changes what is in the attribute 'seen'"),
    (keep, "changes what is in the attribute 'seen'"), (show, f"repr.* at {__file__}:"),
    (branch, rf"bool\(\).* at {__file__}:"), (convert, rf"\.numpy\(\).* at {__file__}:")],
    ids=lambda x: getattr(x, "__name__", ""))
def test_steps_that_no_replay_repeats_stay_eager(body, words):
    model = assert_agrees(stepping(body), refused=words)
    steps = 3 * 6
    assert model.n == (steps if body is count else 0)
    assert len(model.seen) == (steps if body in (grow, keep) else 0)


def test_numpys_draws_in_a_call_are_refused():
    class Noisy(Net):
        def __init__(self):
            super().__init__()
            self.generator = np.random.default_rng(0)

        def call(self, x, training=False):
            return super().call(x, training=training) + self.generator.normal()
    assert_agrees(Noisy, refused="changes what is in the attribute 'generator'")


def test_an_attribute_that_changes_in_every_step_ends_planning():
    assert_agrees(Net, lambda m, n: setattr(m, "beta", 1.0 + n), refused="the attribute 'beta' of Net")


# --- models that take turns, threads, names ----------------------------------------------------------------


def gan(run_eagerly):
    """Steps of a generator and of a discriminator, each with an optimizer of its own, on the other's weights too."""
    mk.utils.set_random_seed(4)
    maker = mk.Sequential([mk.Input((3,)), Dense(6, "relu"), Dense(2)])
    judge = mk.Sequential([mk.Input((2,)), Dense(6, "relu"), layers.Dropout(0.2), Dense(1)])
    optimizers = {"maker": Adam(0.01), "judge": SGD(0.05, momentum=0.9)}
    seed = mk.random.SeedGenerator(1)
    loss = mk.losses.BinaryCrossentropy(from_logits=True)

    def step(real, who):
        model, target = (maker, 1.0) if who == "maker" else (judge, 0.0)
        with mk.GradientTape() as tape:
            made = judge(maker(mk.random.normal((len(real), 3), seed=seed)), training=True)
            value = loss(ops.ones_like(made) * target, made)
            if who == "judge":
                seen = judge(real, training=True)
                value = value + loss(ops.ones_like(seen), seen)
        optimizers[who].apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)
        return value
    return Function(step, jit_compile=False if run_eagerly else None), [
        *maker.variables, *judge.variables, *optimizers["maker"].variables]


def test_two_models_may_take_turns():
    (eager, some), (compiled, others) = gan(True), gan(False)
    for i in range(12):
        for who in ("maker", "judge"):
            real = numbers(5 if i % 4 else 3, 2, seed=i)
            assert bits(compiled(real, who)) == bits(eager(real, who))
    assert bits(some) == bits(others)
    assert compiled.latest is not None


def test_two_functions_and_eager_code_may_share_variables():
    def run(jit_compile):
        a, b = vector(3), vector(3)

        def first(x):
            a.assign(a * 0.9 + ops.mean(x, axis=0))
            b.assign(b - a)
            return a + b

        def second(x):
            b.assign(b * 0.9 + ops.mean(x, axis=0))
            return a * b
        functions = [Function(f, jit_compile=jit_compile) for f in (first, second)]
        results = []
        for i, (x,) in enumerate(CALLS * 2):
            results.append(functions[i % 3 % 2](x))
            if i % 5 == 4:
                a.assign(b * 0.5)
            results.append(a.value)
        return bits(results + [a, b])
    assert run(None) == run(False)


def test_a_value_read_between_steps_stays_what_it_was():
    model = made(Net)(False)
    model.fit(X, Y, batch_size=4, verbose=0)
    held = [[v.value for v in model.variables], model.get_weights(), [v.numpy() for v in model.variables],
            [np.asarray(v) for v in model.variables], [v[...] for v in model.variables],
            [ops.convert_to_tensor(v) for v in model.variables], [v.value for v in model.optimizer.variables]]
    before = [bits(each) for each in held]
    model.fit(X, Y, batch_size=4, verbose=0)
    assert [bits(each) for each in held] == before
    assert bits(model.get_weights()) != before[1]


def test_callbacks_and_files_see_the_current_weights(tmp_path):
    seen = []

    def between(model, n):
        path = str(tmp_path / "model.keras")
        model.save(path)
        assert bits(mk.saving.load_model(path).get_weights()) == bits(model.get_weights())
        seen.append(bits(model.get_weights()))
    model = made(lambda: mk.Sequential([mk.Input((4,)), Dense(2)]))(False)
    model.fit(X, Y, batch_size=4, verbose=0, callbacks=[Between(between)])
    assert len(set(map(str, seen))) == len(seen) == 6


def test_a_plan_runs_in_one_thread_at_a_time():
    v = Variable(np.zeros(1000, "float32"))

    def step(x):
        return ops.sum(ops.tanh(ops.sin(x) * 2.0 + v) * ops.cos(x), axis=1)
    compiled, wrong = Function(step), []
    inputs = [numbers(50, 1000, seed=i) for i in range(4)]
    expected = [bits(step(Tensor(x))) for x in inputs]
    compiled(inputs[0])

    def work(i):
        wrong.extend(i for _ in range(30) if bits(compiled(inputs[i])) != expected[i])
    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_function_may_call_itself():
    def make():
        def step(x, depth=2):
            return x if depth == 0 else held[0](ops.sin(x), depth - 1) * 2.0
        held = [Function(step)]
        return held[0], []
    assert_function_agrees(make, CALLS)


@pytest.mark.parametrize("name", [
    "a\nimport os\nos._exit(3)", "'); raise SystemExit(3) #", '"""\nraise SystemExit(3)\n"""', "x = 1\r\n    y",
    "\u2028raise SystemExit(3)", "def", "run", "copyto", "__import__('os')._exit(3)", "\x00", "\\"])
def test_a_name_puts_no_code_into_a_program(name):
    def model(run_eagerly, name):
        model = mk.Sequential([mk.Input((4,), name="x"), Dense(2)])
        model.layers[-1].name = name
        for v in model.variables:
            v.name = v.path = name
        model.compile(SGD(0.1, momentum=0.9, name=name), "mse", metrics=[mk.metrics.MeanAbsoluteError(name=name)],
                      run_eagerly=run_eagerly)
        return model
    def parts(source):
        return [type(node) for node in ast.walk(ast.parse(source))]
    harmless = assert_fit_agrees(lambda run_eagerly: model(run_eagerly, "layer"), X, Y)
    hostile = assert_fit_agrees(lambda run_eagerly: model(run_eagerly, name), X, Y)
    assert parts(hostile.train_step_source()) == parts(harmless.train_step_source())


# --- interruptions -----------------------------------------------------------------------------------------


def batch(i):
    return X[i % 4 * 4:i % 4 * 4 + 4], Y[i % 4 * 4:i % 4 * 4 + 4]


def state_now(model):
    generator = model.drop.seed_generator._generator
    return bits([model.variables, model.optimizer.variables]), repr(generator.bit_generator.state)


def ready(run_eagerly):
    """A model after three steps, so that the next is one of a plan."""
    mk.utils.set_random_seed(3)
    model = made(Net)(run_eagerly)
    for _ in range(3):
        step(model)
    return model


def step(model):
    model.train_on_batch(*batch(updates(model)))


def updates(model):
    return int(model.optimizer.iterations)


def assert_is_between_steps(model, uninterrupted):
    """The model is what the other one is, which is trained until it has made as many updates."""
    while updates(uninterrupted) < updates(model):
        step(uninterrupted)
    assert state_now(model) == state_now(uninterrupted)


class Stop(BaseException):
    pass


def test_a_step_that_an_exception_ends_is_finished_or_undone():
    model, uninterrupted, failed = ready(False), ready(True), 0
    namespace = model._planned("train_step").latest.program.namespace
    functions = {name: f for name, f in namespace.items() if callable(f) and not isinstance(f, type)}
    for name, function in functions.items():
        for when in ("before", "after"):
            def failing(*args, function=function, when=when, **kwargs):
                if when == "after":
                    function(*args, **kwargs)
                raise Stop
            namespace[name] = failing
            try:
                step(model)
            except Stop:
                failed += 1
            namespace[name] = function
            assert_is_between_steps(model, uninterrupted)
            step(model)
            assert_is_between_steps(model, uninterrupted)
    assert failed > 10


@pytest.mark.parametrize("rounds", [40, pytest.param(1000, marks=pytest.mark.long)])
def test_a_ctrl_c_leaves_a_step_finished_or_undone(rounds, monkeypatch):
    # One that comes inside a finalizer is shown and dropped by Python; who keeps it to show it keeps the tensors of its
    # frames alive, which a later recording would take for kept results.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    model, uninterrupted = ready(False), ready(True)
    main, before = threading.main_thread().ident, signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for n in range(rounds):
            with pytest.raises(KeyboardInterrupt):
                while True:     # again, should Python drop the first one
                    timer = threading.Timer(0.0005 + 0.00003 * (n % 100), signal.pthread_kill, (main, signal.SIGINT))
                    timer.start()
                    while timer.is_alive():
                        step(model)
            assert_is_between_steps(model, uninterrupted)
    finally:
        signal.signal(signal.SIGINT, before)


def test_asking_for_the_plan_of_a_refused_step_tells_why():
    f = Function(lambda x: float(x) + 1.0, "f", at_once=True)
    with pytest.warns(PlanWarning):
        f(np.float32(1.0))
    with pytest.raises(ValueError, match=r"f has no plan: it stays eager, because of float\(\) of a value"):
        f.plan()
