"""What loops keep: nothing, once a step's results are gone.

Every byte that minikeras, NumPy and this file allocate is counted, and the cycle collector is off: a record that held
its own result in a circle would be seen.
"""

import gc
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import minikeras as tf
from minikeras import autograd

STEPS, SETTLED = 1000, 50


# Where what is counted was allocated: the threads of a test runner allocate, too.
OWN = [tracemalloc.Filter(True, pattern)
       for pattern in (f"{Path(tf.__file__).parent}/*", f"{Path(np.__file__).parent}/*", __file__)]


def own_memory():
    """Bytes allocated in minikeras, NumPy and this file."""
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces(OWN).traces)


def growth(make_step):
    """Memory after all steps over memory after the first `SETTLED`, counted from before `make_step`.

    The collector is run for the two figures only, for it empties Python's lists of free tuples, too; it must find
    no circle.
    """
    step = make_step()
    for _ in range(1025):       # Python 3.10 makes a function's caches at its 1,024th call
        step()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        step = make_step()
        memory = []
        for steps in (SETTLED, STEPS - SETTLED):
            gc.collect()        # the building of a model may leave circles
            for _ in range(steps):
                step()
            circles = gc.collect()
            memory.append(own_memory())
        assert circles == 0
        return memory[1] / memory[0]
    finally:
        tracemalloc.stop()
        gc.enable()


def network(batch=32):
    """A 256-128-10 network as a function of its input, its Variables, and a batch.

    So large that 5 % of it is more than what the threads of a test runner allocate, and less than one number a step.
    """
    rng = np.random.default_rng(0)
    shapes = ((256, 128), (128,), (128, 10), (10,))
    variables = [tf.Variable(rng.standard_normal(shape).astype("float32")) for shape in shapes]

    def model(x):
        w1, b1, w2, b2 = variables
        return tf.matmul(tf.tanh(tf.matmul(x, w1) + b1), w2) + b2
    return model, variables, tf.constant(rng.standard_normal((batch, 256)).astype("float32"))


def training():
    model, variables, x = network()
    optimizer = tf.optimizers.Adam(0.01)

    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x)))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return step


def training_of_layers():
    x, y = np.ones((32, 256), "float32"), np.arange(32) % 10
    model = tf.Sequential([tf.Input((256,)), tf.layers.Dense(128, activation="relu"), tf.layers.Dense(10)])
    loss_of = tf.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = tf.optimizers.SGD(0.01)

    def step():
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    return step


def second_derivatives():
    model, variables, x = network()

    def step():
        with tf.GradientTape() as outer, tf.GradientTape() as inner:
            inner.watch(x)
            g = inner.gradient(tf.reduce_sum(tf.square(model(x))), x)
            penalty = tf.reduce_sum(tf.square(g))
        outer.gradient(penalty, variables)
    return step


def passes_outside_a_tape():
    model, _, x = network()
    return lambda: model(x)


def passes_in_a_tape_each():
    model, _, x = network()

    def step():
        with tf.GradientTape():
            model(x)
    return step


def passes_with_a_carried_state():
    """A state that goes from step to step must not bring every past graph with it."""
    model, _, x = network()
    state = [tf.zeros((32, 10))]

    def step():
        with tf.GradientTape():
            state[0] = tf.tanh(state[0] + model(x))
    return step


@pytest.mark.parametrize("make_step", [training, *[pytest.param(make_step, marks=pytest.mark.long) for make_step in (
    training_of_layers, second_derivatives, passes_outside_a_tape, passes_in_a_tape_each,
    passes_with_a_carried_state)]])
def test_thousand_steps_keep_no_more_than_fifty(make_step):
    assert growth(make_step) < 1.05


@pytest.mark.long
def test_passes_inside_one_tape_keep_nothing():
    with tf.GradientTape():
        assert growth(passes_outside_a_tape) < 1.05


# --- the other manners of speaking -----------------------------------------------------------------

def torch_manner():
    model, variables, x = network(batch=2)
    for v in variables:
        v.requires_grad_(True)

    def step():
        tf.reduce_mean(tf.square(model(x))).backward()
        for v in variables:
            v.assign_sub(v.grad * 0.01)
            v.grad.zero_()
    return step


def torch_manner_without_backward():
    model, variables, x = network(batch=2)
    for v in variables:
        v.requires_grad_(True)
    return lambda: tf.reduce_mean(tf.square(model(x)))


def torch_manner_with_a_graph_kept():
    x = tf.constant(np.ones((64, 128), np.float32)).requires_grad_(True)

    def step():
        y = tf.reduce_sum(tf.sin(x) * x)
        y.backward(create_graph=True)
        x.grad = None
    return step


def mxnet_manner():
    model, variables, x = network(batch=2)
    for v in variables:
        v.attach_grad()

    def step():
        with autograd.record():
            loss = tf.reduce_mean(tf.square(model(x)))
        loss.backward()
        for v in variables:
            v.assign_sub(v.grad * 0.01)
    return step


def mxnet_manner_without_backward():
    model, variables, x = network(batch=2)
    for v in variables:
        v.attach_grad()

    def step():
        with autograd.record():
            tf.reduce_mean(tf.square(model(x)))
    return step


def forward_accumulator():
    model, variables, x = network(batch=2)
    directions = [tf.ones(v.shape) for v in variables]

    def step():
        with tf.autodiff.ForwardAccumulator(variables, directions) as accumulator:
            loss = tf.reduce_mean(tf.square(model(x)))
        assert accumulator.jvp(loss) is not None
    return step


def forward_over_reverse():
    model, variables, x = network(batch=2)
    directions = [tf.ones(v.shape) for v in variables]

    def step():
        with tf.autodiff.ForwardAccumulator(variables, directions) as accumulator:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(model(x)))
            accumulator.jvp(tape.gradient(loss, variables))
    return step


def dual_numbers():
    values = np.linspace(0.1, 1.0, 4)
    kept = np.zeros(50_000)        # 5 % of this is less than a number a step

    def step():
        x = [tf.autodiff.AutoDiffScalar(v, tf.autodiff.Unit(4, i)) for i, v in enumerate(values)]
        total = x[0]
        for number in x[1:]:
            total = total * number + tf.sin(number)
        return total.derivatives, kept
    return step


def numpy_functions():
    _, variables, x = network(batch=2)

    def step():
        with tf.GradientTape() as tape:
            loss = np.mean(np.square(np.tanh(np.matmul(x, variables[0]) + variables[1])))
        tape.gradient(loss, variables[:2])
        np.sum(np.exp(x), axis=0)
    return step


def custom_gradients():
    model, variables, x = network(batch=2)
    wrapped = tf.recompute_grad(model)
    clipped = tf.custom_gradient(lambda y: (y, lambda d: tf.clip_by_value(d, -0.1, 0.1)))

    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(clipped(wrapped(x))))
        tape.gradient(loss, variables)
    return step


@pytest.mark.long
@pytest.mark.parametrize("make_step", [
    torch_manner, torch_manner_without_backward, mxnet_manner, mxnet_manner_without_backward, forward_accumulator,
    dual_numbers, numpy_functions, torch_manner_with_a_graph_kept, forward_over_reverse, custom_gradients])
def test_thousand_steps_of_other_manners_keep_no_more_than_fifty(make_step):
    assert growth(make_step) < 1.05


def test_a_weight_used_at_every_step_costs_no_gradient_for_each():
    w, x = tf.Variable(np.ones((300, 300))), tf.constant(np.ones((1, 300)))
    with tf.GradientTape() as tape:
        h = x
        for _ in range(60):
            h = tf.tanh(tf.matmul(h, w))
    tracemalloc.start()
    tape.gradient(h, w)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 15 * w.numpy().nbytes
