"""What becomes of a recorded step: its passes, its text, its description."""

import re

import numpy as np
import pytest

import minikeras as mk
from minikeras import layers, ops
from minikeras.autograd.op import primitive
from minikeras.plan import PASSES, without


def plan_of(function, *args):
    f = mk.function(function)
    for _ in range(3):
        f(*args)
    return f.latest


def lines_of(plan):
    """The lines of the function in a plan's text, without comments."""
    body = plan.source.split("\ndef ")[-1] if "\ndef " in plan.source else plan.source
    return [line.split("  #")[0].strip() for line in body.splitlines()[1:]]


X = np.linspace(-1, 1, 12, dtype="float32").reshape(3, 4)
LARGE = np.linspace(-1, 1, 100_000, dtype="float32")


def test_what_nobody_takes_does_not_run():
    def f(x):
        ops.exp(x)
        return ops.sin(x)
    assert [line.partition("(")[0] for line in lines_of(plan_of(f, X))] == ["sin1 = sin", "return [sin1]"]
    with without("prune"):
        assert any("exp(" in line for line in lines_of(plan_of(f, X)))


def test_what_never_changes_is_computed_once():
    table = mk.constant(X)
    plan = plan_of(lambda x: x + ops.exp(table), X)
    assert len(lines_of(plan)) == 2 and "exp" not in plan.source
    with without("fold"):
        assert "exp(" in plan_of(lambda x: x + ops.exp(table), X).source


def test_the_same_op_of_the_same_values_runs_once():
    plan = plan_of(lambda x: ops.sin(x) * ops.cos(x) + ops.sin(x), X)
    assert plan.source.count("sin(") == 1
    with without("share"):
        assert plan_of(lambda x: ops.sin(x) * ops.cos(x) + ops.sin(x), X).source.count("sin(") == 2


def test_a_cast_to_what_it_is_does_nothing():
    plan = plan_of(lambda x: ops.cast(ops.cast(x, "float32") * 2.0, "float32") + 1.0, X)
    assert "cast" not in plan.source
    assert np.array_equal(plan.run([X]).numpy(), X * np.float32(2.0) + np.float32(1.0))


def test_zeros_of_either_sign_are_told_apart():
    plan = plan_of(lambda x: ops.stack([x * 0.0, x * -0.0]), np.ones(2, "float32"))
    assert np.signbit(plan.run([np.ones(2, "float32")]).numpy()).tolist() == [[False] * 2, [True] * 2]


def test_draws_are_neither_shared_nor_dropped():
    seed = mk.random.SeedGenerator(3)

    def f(x):
        mk.random.normal((2,), seed=seed)
        return mk.random.normal((2,), seed=seed) + mk.random.normal((2,), seed=seed) * x
    assert plan_of(f, np.ones(2, "float32")).source.count("draw(") == 3


def test_a_dense_layer_is_one_instruction():
    model = mk.Sequential([mk.Input((4,)), layers.Dense(5, activation="relu")])
    plan = plan_of(lambda x: model(x), X)
    assert [line for line in lines_of(plan) if "(" in line and "_array" not in line] == [
        next(line for line in lines_of(plan) if "affine_relu(" in line)]
    with without("fuse"):
        assert "affine_relu" not in plan_of(lambda x: model(x), X).source


def test_a_mask_is_multiplied_as_it_is():
    def f(x):
        with mk.GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(ops.relu(x))
        return tape.gradient(y, x)
    assert "step(" not in plan_of(f, X).source and "greater(" in plan_of(f, X).source


def test_results_take_the_place_of_inputs_that_are_not_needed_any_more():
    def f(x):
        return ops.exp(ops.sin(ops.exp(x) + 1.0) * 2.0)[:1]
    chain = plan_of(f, X)
    with without("in_place"):
        apart = plan_of(f, X)
    assert chain.places.arena.size < apart.places.arena.size
    assert np.array_equal(chain.run([X]).numpy(), apart.run([X]).numpy())


def test_large_elementwise_work_runs_in_chunks():
    plan = plan_of(lambda x: ops.tanh(ops.exp(x) * x), LARGE)
    assert re.search(r"in \d+ chunks", plan.describe())
    with without("chunks"):
        assert "chunks" not in plan_of(lambda x: ops.tanh(ops.exp(x) * x), LARGE).describe().partition("passes")[0]


def test_a_sum_in_chunks_is_right_but_for_rounding():
    def f(x):
        return ops.sum(ops.exp(x) * x)
    total = float(plan_of(f, LARGE).run([LARGE]))
    with without("partial_sums"):
        assert float(plan_of(f, LARGE).run([LARGE])) == float(f(mk.constant(LARGE)))
    assert total == pytest.approx(float(np.sum(np.exp(LARGE.astype(float)) * LARGE)), rel=1e-5)


def small_model(units=(5, 3)):
    mk.utils.set_random_seed(0)
    model = mk.Sequential([mk.Input((4,)), *[layers.Dense(n, activation="relu") for n in units]])
    model.compile("adam", "mse")
    model.train_on_batch(X, np.ones((3, units[-1]), "float32"))
    return model, model.step_plan()


def test_alike_updates_are_one_over_contiguous_memory():
    model, plan = small_model()
    kernels = [v._array for v in model.trainable_weights]
    assert "4 Variables together" in plan.describe()
    assert {id(k.base if k.base.ndim == 1 else k.base.base) for k in kernels} == {id(kernels[0].base)}
    with without("update"):
        assert "together" not in small_model()[1].describe()


def test_gradients_are_written_where_the_update_takes_them():
    _, plan = small_model()
    parts = {name: array for name, array in plan.program.namespace.items() if name.startswith("d_")}
    assert len(parts) == 4
    assert all(np.shares_memory(part, plan.program.namespace["gradients"]) for part in parts.values())
    assert all(f"out={name})" in plan.source for name in parts)


def test_the_arena_is_far_smaller_than_the_intermediate_results():
    rng = np.random.default_rng(0)
    model = mk.Sequential([mk.Input((512,)), *[layers.Dense(512, activation="relu") for _ in range(5)],
                           layers.Dense(10)])
    model.compile("sgd", mk.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.train_on_batch(rng.normal(size=(512, 512)).astype("float32"), rng.integers(0, 10, 512))
    plan = model.step_plan()
    assert plan.places.arena.size <= 0.6 * plan.intermediates


def test_a_description_says_what_became_of_the_step():
    text = small_model()[1].describe()
    for part in ("recorded operations became", "an arena of", "written in place", "moved:", "group:", "leased:",
                 "passes: fuse", "arrays below 4 KiB are made anew or copied"):
        assert part in text


def test_the_text_says_shapes_sizes_and_layers():
    mk.utils.set_random_seed(0)
    model = mk.Sequential([mk.Input((4,)), layers.Dense(5, name="first"), layers.Dense(3, name="second")])
    model.compile("sgd", "mse")
    model.train_on_batch(X, np.ones((3, 3), "float32"))
    line = next(line for line in model.train_step_source().splitlines() if "first_kernel" in line)
    assert "first, (3, 5) float32 60 B" in line


def test_the_text_is_the_program():
    plan = plan_of(lambda x: ops.sin(x) * 2.0, X)
    namespace = dict(plan.program.namespace)
    exec(plan.source, namespace)
    assert np.array_equal(namespace[plan.program.name](X)[0], np.sin(X) * np.float32(2.0))


@pytest.mark.parametrize("name", ["x\n    import os", "a'b\"c", "d # e", "\u2028print(1)", "9lives", "class", "run"])
def test_no_name_puts_code_into_the_text(name):
    model = mk.Sequential([mk.Input((4,)), layers.Dense(2, name=name)])
    model.compile("sgd", "mse")
    model.train_on_batch(X, np.ones((3, 2), "float32"))
    text = model.train_step_source()
    assert not any(re.match(r"\s*(import|print)", line) for line in text.splitlines())


def test_an_unknown_pass_is_named():
    with pytest.raises(ValueError, match=f"no pass 'fuze'; the passes are {', '.join(PASSES)}"):
        without("fuze")


def test_a_plan_returns_nothing_that_it_will_write_to():
    f = mk.function(lambda x: {"a": ops.exp(x), "b": ops.exp(x) + 1.0, "c": ops.reshape(ops.sin(x), (-1,)), "d": x})
    results = [f(mk.constant(X * n)) for n in range(6)]
    for n, result in enumerate(results):
        scaled = X * np.float32(n)
        assert np.array_equal(result["a"].numpy(), np.exp(scaled))
        assert np.array_equal(result["c"].numpy(), np.sin(scaled).reshape(-1))
        assert np.array_equal(result["d"].numpy(), scaled)


def test_without_folding_the_update_spares_a_constant_result():
    variables = [mk.Variable(X * n) for n in range(1, 4)]

    def program(x):
        for v in variables:
            v.assign(v * 0.9 - ops.sqrt(ops.abs(v)) * 0.01 / (ops.abs(v) + 1.0))
        return ops.sum(ops.ones_like(x)) + 1.0
    with without(*PASSES):
        f = mk.function(program)
        results = [f(mk.constant(X)) for _ in range(4)]
    assert [float(result) for result in results] == [X.size + 1.0] * 4


def test_a_variable_without_elements_is_updated():
    v = mk.Variable(np.zeros((0, 3), "float32"))
    f = mk.function(lambda x: v.assign(v * 0.9 - x) * 1.0)
    assert [f(mk.constant(np.zeros((0, 3), "float32"))).shape for _ in range(3)] == [(0, 3)] * 3
    assert f.latest is not None


@primitive(shape=lambda x: [x, (x[0] - 1,)], result=lambda inputs, attrs: [inputs[0].dtype.dtype] * 2)
def itself_and_rest(x):
    """Two results that lie in the memory of the input."""
    return x, x[1:]


def test_several_results_may_lie_in_the_memory_of_an_input():
    def f(x):
        whole, rest = itself_and_rest(ops.exp(x))
        busy = [ops.sin(x * n) for n in (1.0, 2.0, 3.0)]        # would be placed where exp(x) was
        return busy[0] + busy[1] * busy[2], whole * 2.0, rest, ops.sum(ops.tanh(rest) * rest)
    function = mk.function(f)
    for n in range(4):
        x = mk.constant(np.linspace(0, 1, 50, dtype="float32") + np.float32(n))
        for got, want in zip(function(x), f(x)):
            assert np.array_equal(got.numpy(), want.numpy())
    assert function.latest is not None


def test_numbers_are_computed_before_arrays_of_one_element_take_them():
    v, rate = mk.Variable([2.0]), mk.Variable(0.5)

    @mk.function
    def f(x):
        half = v * 0.5              # begins before the number that it meets below
        rate.assign(rate * 0.5)
        v.assign(half * rate + x)
    expected = 2.0
    for n in range(6):
        f(mk.constant([float(n)]))
        expected = expected * 0.5 * 0.5 ** (n + 2) + n
        assert v.numpy()[0] == np.float32(expected)
