"""Update rules against NumPy, the state they keep, and optimizers written as for Keras."""

import math

import numpy as np
import pytest

import minikeras as mk
from minikeras import ops, optimizers
from minikeras.autograd.indexed_slices import IndexedSlices

GRADIENTS = [np.array(g, "float32") for g in ([0.5, -2.0], [1.0, 0.25], [-0.5, 0.5])]
START = np.array([1.0, -2.0], "float32")


def after(optimizer, gradients=GRADIENTS, start=START):
    variable = mk.Variable(start, name="v")
    for gradient in gradients:
        optimizer.apply([gradient if isinstance(gradient, IndexedSlices) else mk.constant(gradient)], [variable])
    return variable.numpy()


def adagrad(x, grads, rate=0.1):
    total = 0.1
    for g in grads:
        total = total + g**2
        x = x - rate * g / np.sqrt(total + 1e-7)
    return x


def adadelta(x, grads, rate=0.1, rho=0.95):
    squares = steps = 0.0
    for g in grads:
        squares = rho * squares + (1 - rho) * g**2
        step = np.sqrt(steps + 1e-7) / np.sqrt(squares + 1e-7) * g
        steps = rho * steps + (1 - rho) * step**2
        x = x - rate * step
    return x


def adamax(x, grads, rate=0.1):
    m = u = 0.0
    for t, g in enumerate(grads, 1):
        m, u = 0.9 * m + 0.1 * g, np.maximum(0.999 * u, abs(g))
        x = x - rate / (1 - 0.9**t) * m / (u + 1e-7)
    return x


def nadam(x, grads, rate=0.1):
    m = v = 0.0
    product = 1.0
    for t, g in enumerate(grads, 1):
        now, following = (0.9 * (1 - 0.5 * 0.96**k) for k in (t, t + 1))
        product *= now
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        ahead = following * m / (1 - product * following) + (1 - now) * g / (1 - product)
        x = x - rate * ahead / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
    return x


def lion(x, grads, rate=0.1):
    m = 0.0
    for g in grads:
        x = x - rate * np.sign(0.9 * m + 0.1 * g)
        m = 0.99 * m + 0.01 * g
    return x


def lamb(x, grads, rate=0.1):
    m = v = 0.0
    for t, g in enumerate(grads, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
        x = x - rate * np.linalg.norm(x) / np.linalg.norm(step) * step
    return x


def ftrl(x, grads, rate=0.1):
    """With l1 = 0.1: the minimum of all linearized losses and proximal terms so far, solved anew."""
    sigmas, total, linear = 0.0, 0.1, 0.0
    for g in grads:
        sigma = (np.sqrt(total + g**2) - np.sqrt(total)) / rate
        linear, total = linear + g - sigma * x, total + g**2
        sigmas = np.sqrt(total) / rate
        x = np.where(abs(linear) > 0.1, -(linear - np.sign(linear) * 0.1) / sigmas, 0.0)
    return x


def adafactor(x, grads, rate=0.1):
    v = 0.0
    for t, g in enumerate(grads, 1):
        size = max(1e-3, math.sqrt(np.mean(x**2))) * min(rate, 1 / math.sqrt(t))
        share = 1 - t**-0.8
        v = share * v + (1 - share) * (g**2 + 1e-30)
        step = g / np.sqrt(v)
        x = x - size * step / max(1.0, math.sqrt(np.mean(step**2)))
    return x


def schedule_free(x, grads, rate=0.1, beta=0.9):
    y = z = average = x
    v = 0.0
    for t, g in enumerate(grads, 1):
        v = 0.999 * v + 0.001 * g**2
        z = z - rate * g / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        average = (1 - 1 / t) * average + z / t
        y = (1 - beta) * z + beta * average
    return y


@pytest.mark.parametrize(("optimizer", "reference"), [
    (optimizers.Adagrad(0.1), adagrad), (optimizers.Adadelta(0.1), adadelta), (optimizers.Adamax(0.1), adamax),
    (optimizers.Nadam(0.1), nadam), (optimizers.Lion(0.1), lion), (optimizers.Lamb(0.1), lamb),
    (optimizers.Ftrl(0.1, l1_regularization_strength=0.1), ftrl), (optimizers.Adafactor(0.1), adafactor),
    (optimizers.ScheduleFreeAdamW(0.1), schedule_free)], ids=lambda x: type(x).__name__)
def test_updates_follow_their_formula(optimizer, reference):
    expected = reference(START.astype("float64"), [g.astype("float64") for g in GRADIENTS])
    np.testing.assert_allclose(after(optimizer), expected, rtol=2e-5, atol=1e-6)


def test_adamw_is_adam_after_its_decay():
    decayed = START - START * 0.1 * 0.25
    np.testing.assert_allclose(after(optimizers.AdamW(0.1, weight_decay=0.25), GRADIENTS[:1]),
                               after(optimizers.Adam(0.1), GRADIENTS[:1], decayed), rtol=1e-6)


def test_ftrl_sets_small_variables_to_exactly_0():
    assert (after(optimizers.Ftrl(0.1, l1_regularization_strength=100.0)) == 0.0).all()


def test_adafactor_keeps_means_of_rows_and_columns():
    gradient = np.random.default_rng(0).normal(size=(3, 2)).astype("float32")
    optimizer = optimizers.Adafactor(0.1)
    after(optimizer, [gradient], np.ones((3, 2), "float32"))
    rows, columns, product = (v.numpy() for v in optimizer.variables[2:])
    np.testing.assert_allclose(rows, (gradient**2).mean(1), rtol=1e-5)
    np.testing.assert_allclose(columns, (gradient**2).mean(0), rtol=1e-5)
    np.testing.assert_allclose(product, np.outer(rows, columns) / rows.mean(), rtol=1e-5)


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (3, 3)])
def test_the_steps_of_muon_have_singular_values_near_1(shape):
    gradient = np.random.default_rng(0).normal(size=shape).astype("float32")
    step = -after(optimizers.Muon(1.0, weight_decay=None, rms_rate=None), [gradient], np.zeros(shape, "float32"))
    left, _, right = np.linalg.svd(gradient, full_matrices=False)
    values = np.diag(left.T @ step @ right.T)
    assert (values > 0.6).all() and (values < 1.3).all()


@pytest.mark.parametrize(("name", "shape", "options", "by_adam"), [
    ("kernel", (2, 3), {}, False), ("bias", (3,), {}, True), ("kernel", (2, 3, 4), {}, True),
    ("token_Embedding", (2, 3), {}, True), ("embedding", (2, 3), {"exclude_embeddings": False}, False),
    ("head/kernel", (2, 3), {"exclude_layers": ["^head"]}, True)])
def test_muon_leaves_to_adam_what_is_no_plain_matrix(name, shape, options, by_adam):
    optimizer = optimizers.Muon(**options)
    optimizer.build([mk.Variable(np.zeros(shape), name=name)])
    assert (len(optimizer.variables) == 4) == by_adam


def test_warming_up_raises_the_rate_step_by_step():
    first = after(optimizers.ScheduleFreeAdamW(0.1, warmup_steps=4), GRADIENTS[:1])
    np.testing.assert_allclose(first, after(optimizers.ScheduleFreeAdamW(0.025), GRADIENTS[:1]), rtol=1e-6)


@pytest.mark.parametrize("optimizer", [optimizers.Nadam, optimizers.Adafactor, optimizers.Ftrl])
def test_state_goes_on_where_another_of_the_same_class_stopped(optimizer):
    one, other = optimizer(0.1), optimizer(0.1)
    variable = mk.Variable(START, name="v")
    one.apply([mk.constant(GRADIENTS[0])], [variable])
    copied = mk.Variable(variable.numpy(), name="v")
    other.build([copied])
    store = {}
    one.save_own_variables(store)
    other.load_own_variables(store)
    for each, v in ((one, variable), (other, copied)):
        each.apply([mk.constant(GRADIENTS[1])], [v])
    np.testing.assert_array_equal(variable.numpy(), copied.numpy())


def test_a_store_of_another_size_is_not_loaded():
    with pytest.warns(UserWarning, match="has 2 variables and the store has 1"):
        optimizers.SGD().load_own_variables({"0": np.array(3)})


def test_set_weights_takes_the_state_in_order():
    optimizer = optimizers.SGD(momentum=0.9)
    optimizer.build([mk.Variable(START)])
    optimizer.set_weights([np.array(5), np.array(0.5, "float32"), START])
    assert int(optimizer.iterations) == 5 and float(optimizer.learning_rate) == 0.5


@pytest.mark.parametrize(("weights", "message"), [([1, 2], "2 arrays for 3"), ([1, 2, [1.0]], r"\(2,\), the array")])
def test_set_weights_refuses_what_does_not_fit(weights, message):
    optimizer = optimizers.SGD(momentum=0.9)
    optimizer.build([mk.Variable(START)])
    with pytest.raises(ValueError, match=message):
        optimizer.set_weights(weights)


@pytest.mark.parametrize("cls", [optimizers.SGD, optimizers.Adagrad, optimizers.Adam])
@pytest.mark.parametrize("options", [{}, {"clipnorm": 0.5}, {"loss_scale_factor": 2.0}, {"weight_decay": 0.1}])
def test_rows_of_one_number_count_as_their_sum(cls, options):
    rows = IndexedSlices([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]], [2, 0, 2], [3, 2])
    start = np.ones((3, 2), "float32")
    np.testing.assert_array_equal(after(cls(0.1, **options), [rows, rows], start),
                                  after(cls(0.1, **options), [rows.to_dense(), rows.to_dense()], start))


def test_a_loss_scale_divides_what_is_accumulated():
    optimizer = optimizers.SGD(loss_scale_factor=4.0, gradient_accumulation_steps=2)
    after(optimizer, GRADIENTS[:1])
    np.testing.assert_array_equal(optimizer.variables[2].numpy(), GRADIENTS[0] / 4)


# --- as one writes an optimizer for Keras ------------------------------------------------------


class Momentum(optimizers.Optimizer):
    def __init__(self, learning_rate=0.1, momentum=0.5, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        super().build(variables)
        self.momentums = [self.add_variable_from_reference(reference_variable=v, name="momentum") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        learning_rate = ops.cast(learning_rate, variable.dtype)
        m = self.momentums[self._get_variable_index(variable)]
        self.assign(m, ops.subtract(ops.multiply(m, ops.cast(self.momentum, variable.dtype)),
                                    ops.multiply(gradient, learning_rate)))
        self.assign_add(variable, m)

    def get_config(self):
        config = super().get_config()
        config.update({"momentum": self.momentum})
        return config


@pytest.mark.parametrize("options", [{}, {"clipnorm": 1.0, "weight_decay": 0.1}, {"gradient_accumulation_steps": 2},
                                     {"use_ema": True, "ema_overwrite_frequency": 2}])
def test_an_optimizer_written_for_keras_updates(options):
    np.testing.assert_allclose(after(Momentum(**options)), after(optimizers.SGD(0.1, momentum=0.5, **options)),
                               rtol=1e-6)


def test_the_state_of_an_optimizer_written_for_keras_is_among_its_variables():
    optimizer = Momentum()
    optimizer.build([mk.Variable(START, name="v")])
    assert [v.path for v in optimizer.variables] == [
        "momentum/iteration", "momentum/learning_rate", "momentum/v_momentum"]


def test_an_optimizer_written_for_keras_survives_its_config():
    config = Momentum(0.25, 0.75, clipnorm=1.0).get_config()
    assert Momentum.from_config(config).get_config() == config


def test_an_update_step_that_adds_to_a_built_in_one_gets_the_rate_itself():
    class Slower(optimizers.Adam):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(gradient, variable, learning_rate * 0.5)
    np.testing.assert_allclose(after(Slower(0.2)), after(optimizers.Adam(0.1)), rtol=1e-6)


def test_several_names_give_a_list_of_variables_each():
    optimizer = optimizers.SGD()
    variables = [mk.Variable(START, name="a"), mk.Variable(1.0, name="b")]
    ones, zeros = optimizer.add_optimizer_variables(variables, ["one", "zero"], ["ones", "zeros"])
    assert [v.name for v in ones + zeros] == ["a_one", "b_one", "a_zero", "b_zero"]
    assert [v.name for v in optimizer.variables[2:]] == ["a_one", "a_zero", "b_one", "b_zero"]
    assert ones[0].numpy().tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("call", "message"), [
    (lambda o: o.add_variable((), layout="rows"), "layouts, which spread"),
    (lambda o: o.add_variable((), aggregation="max"), "aggregation must be one of"),
    (lambda o: o.add_optimizer_variables([], ["a", "b"], ["zeros"]), "1 initializers for 2 names")])
def test_state_that_cannot_be_added_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(optimizers.SGD())
