"""LossScaleOptimizer, OptimizerMap and MultiOptimizer."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import registry
from minikeras.optimizers import SGD, Adam, LossScaleOptimizer, MultiOptimizer, OptimizerMap


def step(optimizer, *gradients, start=1.0):
    variable = mk.Variable([start], name="v")
    for gradient in gradients:
        optimizer.apply([mk.constant([gradient])], [variable])
    return variable.numpy()[0]


def scale(optimizer):
    return float(optimizer.scale_loss(mk.constant(1.0)))


def test_gradients_are_divided_by_the_scale():
    assert step(LossScaleOptimizer(SGD(0.5), initial_scale=4.0), 2.0) == 0.75


def test_a_gradient_that_is_not_finite_updates_nothing_but_the_scale():
    optimizer = LossScaleOptimizer(SGD(0.5, momentum=0.5), initial_scale=4.0)
    assert step(optimizer, np.inf, np.nan) == 1.0
    assert scale(optimizer) == 1.0
    assert int(optimizer.iterations) == 0


def test_the_scale_doubles_after_enough_updates_in_a_row():
    optimizer, scales = LossScaleOptimizer(SGD(0.5), initial_scale=4.0, dynamic_growth_steps=2), []
    variable = mk.Variable([0.0])
    for gradient in (1.0, 1.0, 1.0, np.inf, 1.0, 1.0):
        optimizer.apply([mk.constant([gradient])], [variable])
        scales.append(scale(optimizer))
    assert scales == [4.0, 8.0, 8.0, 4.0, 4.0, 8.0]


def test_before_the_first_step_the_loss_is_scaled_already():
    assert scale(LossScaleOptimizer(SGD(), initial_scale=16.0)) == 16.0


def test_the_rate_is_that_of_the_inner_optimizer():
    optimizer = LossScaleOptimizer(SGD(0.5))
    optimizer.learning_rate = 0.25
    assert float(optimizer.inner_optimizer.learning_rate) == float(optimizer.learning_rate) == 0.25


def test_the_inner_optimizer_scales_no_more():
    inner = SGD(0.5, loss_scale_factor=8.0)
    assert step(LossScaleOptimizer(inner, initial_scale=4.0), 2.0) == 0.75
    assert inner.get_config()["loss_scale_factor"] is None


def test_its_state_comes_before_that_of_the_inner_one():
    optimizer = LossScaleOptimizer(SGD(0.5, momentum=0.5))
    optimizer.build([mk.Variable([1.0], name="v")])
    assert [v.name for v in optimizer.variables] == [
        "iteration", "learning_rate", "step_counter", "dynamic_scale", "iteration", "learning_rate", "v_momentum"]


@pytest.mark.parametrize("optimizer", [
    LossScaleOptimizer(Adam(0.25), initial_scale=2.0, name="mine"),
    MultiOptimizer(OptimizerMap(Adam(0.25), {"a/.*": SGD(0.5)}), loss_scale_factor=2.0)], ids=lambda o: o.name)
def test_wrappers_survive_their_config(optimizer):
    config = optimizer.get_config()
    assert "learning_rate" not in config
    assert type(optimizer).from_config(config).get_config() == config
    assert registry.deserialize(registry.serialize(optimizer)).get_config() == config


def test_each_variable_has_the_optimizer_of_its_path():
    variables = [mk.Variable([1.0], name=name) for name in ("body/kernel", "body/bias", "head/kernel")]
    optimizer = MultiOptimizer(OptimizerMap(SGD(0.5), {"head/.*": SGD(0.25), "body/bias": SGD(0.125)}))
    optimizer.apply([mk.constant([1.0])] * 3, variables)
    assert [v.numpy()[0] for v in variables] == [0.5, 0.875, 0.75]
    assert int(optimizer.iterations) == 1


def test_a_function_may_choose_the_optimizer():
    vectors, matrices = SGD(0.5), SGD(0.25)
    optimizer = MultiOptimizer(lambda v: matrices if v.ndim == 2 else vectors)
    variables = [mk.Variable([1.0]), mk.Variable([[1.0]])]
    optimizer.apply([mk.constant([1.0]), mk.constant([[1.0]])], variables)
    assert [v.numpy().item() for v in variables] == [0.5, 0.75]
    assert optimizer.optimizers == [vectors, matrices]


def test_one_loss_scale_is_for_all():
    inner = SGD(0.5, loss_scale_factor=8.0)
    optimizer = MultiOptimizer(lambda v: inner, loss_scale_factor=4.0)
    assert step(optimizer, 2.0) == 0.75
    optimizer.loss_scale_factor = 2.0
    assert inner.loss_scale_factor == 2.0 and scale(optimizer) == 2.0


def test_averages_are_put_in_place_where_they_are_kept():
    optimizer = MultiOptimizer(OptimizerMap(SGD(1.0), {"kept": SGD(1.0, use_ema=True, ema_momentum=0.5)}))
    variables = [mk.Variable([0.0], name="plain"), mk.Variable([0.0], name="kept")]
    for _ in range(2):
        optimizer.apply([mk.constant([-1.0])] * 2, variables)
    optimizer.finalize_variable_values(variables)
    assert [v.numpy()[0] for v in variables] == [2.0, 1.5]


def test_several_optimizers_have_no_rate_in_common():
    optimizer = MultiOptimizer(OptimizerMap(SGD(1.0)))
    with pytest.raises(AttributeError, match="use that of one of its optimizers"):
        _ = optimizer.learning_rate
    with pytest.raises(AttributeError, match="set that of one of its optimizers"):
        optimizer.learning_rate = 0.5


def test_a_scale_may_be_found_around_several_optimizers():
    optimizer = LossScaleOptimizer(MultiOptimizer(OptimizerMap(SGD(0.5))), initial_scale=4.0)
    assert step(optimizer, 2.0, np.inf) == 0.75


def test_a_map_is_a_mapping_that_can_change():
    mapping = OptimizerMap(SGD(), {"a": SGD()})
    mapping["b"] = Adam()
    del mapping["a"]
    assert list(mapping) == ["b"] and len(mapping) == 1
    assert mapping["c"] is mapping.default_optimizer


def two_patterns():
    return OptimizerMap(SGD(), {"a.*": SGD(), ".*b": SGD()})["ab"]


def set_twice():
    OptimizerMap(SGD(), {"a": SGD()})["a"] = SGD()


@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda: LossScaleOptimizer("adam"), TypeError, "inner_optimizer must be an optimizer, got 'adam'"),
    (lambda: LossScaleOptimizer(SGD(), dynamic_growth_steps=0), ValueError, "dynamic_growth_steps must be an integer"),
    (lambda: OptimizerMap("adam"), TypeError, "default_optimizer must be an optimizer"),
    (lambda: OptimizerMap(SGD(), [SGD()]), TypeError, "optimizer_map must be a dict"),
    (lambda: OptimizerMap(SGD(), {1: SGD()}), ValueError, "a key must be a path or a pattern, as text, got 1"),
    (lambda: OptimizerMap(SGD(), {"a": LossScaleOptimizer(SGD())}), ValueError, "cannot be one of several"),
    (lambda: MultiOptimizer(SGD()), TypeError, "must be an OptimizerMap or a function"),
    (two_patterns, ValueError, "several keys fit the variable 'ab'"),
    (set_twice, ValueError, "there is an optimizer for 'a' already")])
def test_what_cannot_be_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
