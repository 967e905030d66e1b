"""SGD, Adam and what they share, against closed forms and values computed by Keras 3.15.1."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import kinds, registry
from minikeras.errors import GradientError, ShapeError
from minikeras.optimizers import SGD, Adam, RMSprop
from minikeras.optimizers.schedules import ExponentialDecay

START = [1.0, -2.0, 0.5]
GRADIENTS = [[0.1, -0.2, 0.3], [0.4, 0.1, -0.6], [-0.3, 0.2, 0.2], [0.05, -0.1, 0.9]]
CLASSES = sorted({cls for cls in kinds.KINDS["optimizers"].values() if "learning_rate" in registry.parameters(cls)},
                 key=lambda cls: cls.__name__)


def after(optimizer, gradients=GRADIENTS, start=START):
    variable = mk.Variable(start)
    for gradient in gradients:
        optimizer.apply([mk.constant(gradient)], [variable])
    return variable.numpy()


@pytest.mark.parametrize(("optimizer", "expected"), [
    (SGD(0.1), [0.975, -2.0, 0.42]),
    (SGD(0.1, momentum=0.9), [0.90920997, -1.98632002, 0.43143004]),
    (SGD(0.1, momentum=0.9, nesterov=True), [0.89328903, -1.98768806, 0.35828704]),
    (Adam(0.1), [0.77381575, -1.90343416, 0.40403059]),
    (Adam(0.1, amsgrad=True, beta_2=0.5), [0.78871101, -1.90343928, 0.40733349]),
    (Adam(0.1, weight_decay=0.2), [0.70592004, -1.75456047, 0.36946848]),
    (RMSprop(0.1), [0.53522366, -1.9432987, 0.11434343]),
    (RMSprop(0.1, momentum=0.9), [-0.58864319, -1.62365866, -0.25447631]),
    (RMSprop(0.1, rho=0.5, momentum=0.9, centered=True), [-0.12300453, -1.74769604, -0.05338678]),
    (SGD(0.1, clipnorm=0.3), [0.99567318, -1.99932945, 0.45634806]),
    (SGD(0.1, clipvalue=0.15), [0.985, -2.0, 0.47]),
    (SGD(0.1, global_clipnorm=0.3), [0.99567318, -1.99932945, 0.45634806]),
    (Adam(0.1, gradient_accumulation_steps=2), [0.8733688, -1.90526986, 0.54582614]),
    (SGD(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2), [0.99, -1.99500012, 0.44]),
    (SGD(0.1, loss_scale_factor=4.0), [0.99375, -2.0, 0.48]),
    (SGD(ExponentialDecay(0.1, 2, 0.5)), [0.97494799, -1.99353552, 0.47060663]),
], ids=repr)
def test_four_updates_give_keras_weights(optimizer, expected):
    np.testing.assert_allclose(after(optimizer), expected, rtol=2e-6)


def test_an_infinite_gradient_is_forgotten_after_its_round():
    optimizer, variable = SGD(0.5, gradient_accumulation_steps=2), mk.Variable([0.0])
    for gradient in (np.inf, 1.0):
        optimizer.apply([mk.constant([gradient])], [variable])
    variable.assign([0.0])
    for gradient in (1.0, 3.0):
        optimizer.apply([mk.constant([gradient])], [variable])
    assert variable.numpy() == [-1.0]


def test_momentum_adds_up_past_gradients():
    v1 = -0.1 * 1.0
    v2 = 0.5 * v1 - 0.1 * 3.0
    np.testing.assert_allclose(after(SGD(0.1, momentum=0.5), [[1.0], [3.0]], [0.0]), [v1 + v2], rtol=1e-6)


def test_the_first_step_of_adam_is_the_learning_rate():
    np.testing.assert_allclose(after(Adam(0.25), [[7.0, -1.0]], [0.0, 0.0]), [-0.25, 0.25], rtol=1e-4)


def test_late_slots_of_all_variables_follow_the_others_one_after_another():
    optimizer = RMSprop(momentum=0.9, centered=True)
    optimizer.build([mk.Variable(1.0, name="a"), mk.Variable(1.0, name="b")])
    assert [v.name for v in optimizer.variables[2:]] == [
        "a_velocity", "b_velocity", "a_momentum", "b_momentum", "a_average_gradient", "b_average_gradient"]


@pytest.mark.parametrize("cls", CLASSES)
def test_an_optimizer_survives_its_config(cls):
    made = cls(learning_rate=0.125, clipnorm=2.0, weight_decay=0.5, name="mine")
    again = cls.from_config(made.get_config())
    assert again.get_config() == made.get_config()
    assert after(again).tolist() == after(made).tolist()


@pytest.mark.parametrize("cls", CLASSES)
def test_a_scalar_variable_is_updated_and_stays_readable(cls):
    assert np.isfinite(np.asarray(after(cls(0.1), [0.5, 0.5], 1.0)))


@pytest.mark.parametrize("cls", CLASSES)
def test_an_update_within_a_tape_gives_the_same_weights(cls):
    with mk.GradientTape():
        watched = after(cls(0.1))
    np.testing.assert_array_equal(watched, after(cls(0.1)))


def test_learning_rate_can_be_set_between_updates():
    optimizer, variable = SGD(0.1), mk.Variable([1.0])
    optimizer.apply([mk.constant([1.0])], [variable])
    optimizer.learning_rate = 0.5
    optimizer.apply([mk.constant([1.0])], [variable])
    np.testing.assert_allclose(variable.numpy(), [0.4], rtol=1e-6)


def test_a_scheduled_learning_rate_cannot_be_set():
    optimizer = SGD(ExponentialDecay(0.1, 1, 0.5))
    with pytest.raises(TypeError, match=r"follows ExponentialDecay.* cannot be set"):
        optimizer.learning_rate = 0.5


def test_a_schedule_sees_the_number_of_updates_made():
    optimizer = SGD(ExponentialDecay(0.1, 1, 0.5))
    after(optimizer)
    assert float(optimizer.learning_rate) == pytest.approx(0.1 / 2**4)


def test_a_function_as_learning_rate_is_asked_at_each_update():
    rates = iter([0.1, 0.2])
    np.testing.assert_allclose(after(SGD(lambda: next(rates)), [[1.0], [1.0]], [0.0]), [-0.3], rtol=1e-6)


def test_apply_gradients_takes_pairs_and_returns_the_step_count():
    variable = mk.Variable([1.0])
    assert int(SGD(0.5).apply_gradients(zip([mk.constant([1.0])], [variable]))) == 1
    assert variable.numpy() == [0.5]


def test_iterations_count_updates_not_calls_while_gradients_accumulate():
    optimizer = SGD(0.1, gradient_accumulation_steps=2)
    after(optimizer)
    assert int(optimizer.iterations) == 2


def test_constraints_hold_after_each_update():
    variable = mk.Variable([0.1, 1.0], constraint=mk.constraints.NonNeg())
    SGD(1.0).apply([mk.constant([1.0, 0.5])], [variable])
    assert variable.numpy().tolist() == [0.0, 0.5]


def test_finalize_puts_the_running_average_in_place():
    optimizer, variable = SGD(1.0, use_ema=True, ema_momentum=0.5), mk.Variable([0.0])
    for _ in range(3):
        optimizer.apply([mk.constant([-1.0])], [variable])
    optimizer.finalize_variable_values([variable])
    np.testing.assert_allclose(variable.numpy(), [0.5 * (0.5 * 1 + 0.5 * 2) + 0.5 * 3])


@pytest.mark.parametrize("excluded", [{"var_names": ["bias"]}, {"var_names": ["^b"]}])
def test_excluded_variables_do_not_decay(excluded):
    kernel, bias = mk.Variable([1.0], name="kernel"), mk.Variable([1.0], name="bias")
    optimizer = SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(**excluded)
    optimizer.apply([mk.constant([0.0]), mk.constant([0.0])], [kernel, bias])
    assert (kernel.numpy()[0], bias.numpy()[0]) == (np.float32(0.95), 1.0)


def test_a_missing_gradient_leaves_its_variable_and_is_named():
    reached, lost = mk.Variable([1.0], name="reached"), mk.Variable([1.0], name="lost")
    with pytest.warns(UserWarning, match="lost"):
        SGD(0.5).apply([mk.constant([1.0]), None], [reached, lost])
    assert (reached.numpy()[0], lost.numpy()[0]) == (0.5, 1.0)


def test_gradients_that_are_all_missing_name_every_variable():
    variables = [mk.Variable([1.0], name=name) for name in ("alpha", "beta")]
    with pytest.raises(GradientError, match="alpha, beta"):
        SGD().apply([None, None], variables)


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match=r"gradient of 'w' has shape \(3,\), the variable \(2,\)"):
        SGD().apply([mk.constant([1.0, 2.0, 3.0])], [mk.Variable([1.0, 2.0], name="w")])


def test_a_variable_it_was_not_built_for_is_refused():
    optimizer = Adam()
    optimizer.build([mk.Variable([1.0])])
    with pytest.raises(ValueError, match="does not know 'stranger'"):
        optimizer.apply([mk.constant([1.0])], [mk.Variable([1.0], name="stranger")])


@pytest.mark.parametrize(("arguments", "message"), [
    ({"clipnorm": 1.0, "clipvalue": 1.0}, "only one of"), ({"clipnorm": -1.0}, "clipnorm must be above 0"),
    ({"gradient_accumulation_steps": 1}, "2 or more"), ({"use_ema": True, "ema_momentum": 2.0}, "0..1"),
    ({"learning_rate": "fast"}, "learning_rate must be a number"), ({"momentum": 3.0}, "momentum must be a .* 0..1"),
    ({"momentum": "a"}, "momentum must be a number"), ({"learning_rate": -1}, "from 0 on.*got -1"),
    ({"learning_rate": np.nan}, "got nan"), ({"clipvalue": "a"}, "clipvalue must be a number")])
def test_impossible_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        SGD(**arguments)


def test_an_unknown_name_gives_the_nearest_known_one():
    with pytest.raises(ValueError, match=r"'adm' is not one of the optimizers.*'adam'"):
        mk.optimizers.get("adm")


def test_slots_are_named_after_their_variable():
    optimizer = Adam()
    optimizer.build([mk.Variable([1.0], name="w")])
    assert [v.name for v in optimizer.variables] == ["iteration", "learning_rate", "w_momentum", "w_velocity"]


@pytest.mark.parametrize(("arguments", "message"), [
    ({"beta_1": 2.0}, r"beta_1 must be a number in 0\.\.1, below 1, got 2\.0"), ({"beta_2": 1.0}, "beta_2 must"),
    ({"epsilon": -1e-7}, "epsilon must be a number from 0 on, got -1e-07")])
def test_adam_refuses_impossible_settings(arguments, message):
    with pytest.raises(ValueError, match=message):
        Adam(**arguments)


def test_an_update_of_nothing_is_refused_and_not_counted():
    optimizer = SGD()
    with pytest.raises(ValueError, match=r"the list of .*pairs is empty"):
        optimizer.apply_gradients([])
    assert optimizer.iterations == 0


# --- code of users gets tensors ----------------------------------------------------------------

def test_an_update_of_ones_own_gets_tensors():
    class Plain(mk.optimizers.Optimizer):
        def factors(self, rate, step):
            return rate * float(step.numpy())

        def update(self, value, grad, slot, rate):
            return mk.constant(value.numpy() - rate.numpy() * grad.numpy()), {}
    np.testing.assert_allclose(after(Plain(0.5), [[1.0], [1.0]], [3.0]), [1.5])


def test_a_subclass_of_a_built_in_optimizer_gets_tensors():
    class Halved(SGD):
        def update(self, value, grad, slot, rate):
            return super().update(value, mk.constant(grad.numpy() / 2), slot, rate)
    np.testing.assert_allclose(after(Halved(0.5), [[2.0]], [3.0]), [2.5])


def test_a_constraint_of_ones_own_gets_a_tensor():
    variable = mk.Variable([1.0, 1.0], constraint=lambda w: mk.constant(np.maximum(w.numpy(), 0.5)))
    SGD(1.0).apply([mk.constant([1.0, 0.25])], [variable])
    assert variable.numpy().tolist() == [0.5, 0.75]


def test_a_schedule_of_ones_own_gets_and_gives_tensors():
    class Halving(mk.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return mk.constant(0.5 ** (1 + (step + 0).numpy()), "float32")
    np.testing.assert_allclose(after(SGD(Halving()), [[1.0], [1.0]], [1.0]), [0.25])


def test_a_constraint_that_changes_the_shape_is_refused():
    variable = mk.Variable([1.0, 1.0], name="w", constraint=lambda w: w[:1])
    with pytest.raises(ShapeError, match=r"constraint of 'w' gave a value of shape \(1,\); the variable has .*\(2,\)"):
        SGD(1.0).apply([mk.constant([1.0, 0.25])], [variable])


def test_apply_gradients_without_pairs_says_what_it_takes():
    with pytest.raises(ValueError, match=r"takes \(gradient, variable\) pairs. Call it with zip"):
        SGD().apply_gradients([np.ones(3)])


def test_what_is_no_variable_cannot_be_updated():
    with pytest.raises(TypeError, match="sgd: only Variables can be updated, got ndarray"):
        SGD(name="sgd").apply_gradients([(np.ones(3), np.ones(3))])


@pytest.mark.parametrize("by_tape", [False, True])
def test_minimize_takes_a_step_down_a_loss(by_tape):
    x, optimizer = mk.Variable(3.0), mk.optimizers.SGD(0.1)
    if by_tape:
        with mk.GradientTape() as tape:
            loss = x * x
        optimizer.minimize(loss, [x], tape=tape)
    else:
        optimizer.minimize(lambda: x * x, [x])
    np.testing.assert_allclose(x.numpy(), 3.0 - 0.1 * 6.0, rtol=1e-6)


def test_minimizing_a_number_needs_its_tape():
    with pytest.raises(ValueError, match="needs the tape that followed it"):
        mk.optimizers.SGD().minimize(mk.constant(1.0), [mk.Variable(1.0)])
