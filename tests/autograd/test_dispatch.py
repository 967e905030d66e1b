"""The doorway: listeners, threads, and what is kept alive."""

import gc
import threading
import tracemalloc

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.autograd import state
from minikeras.autograd.dispatch import listen, listen_everywhere
from minikeras.autograd.tensor import Node, Tensor


class Log:
    """Listener that writes down the ops it hears, and may run one of its own meanwhile."""

    def __init__(self, name, log, reaction=None):
        self.name, self.log, self.reaction = name, log, reaction

    def heard(self, op, inputs, attrs, outputs):
        self.log.append((self.name, op.name))
        if self.reaction:
            self.reaction(*inputs)


def test_listeners_hear_an_op_outermost_first():
    log = []
    with listen(Log("outer", log)), listen(Log("inner", log)):
        ops.exp(1.0)
    assert log == [("outer", "exp"), ("inner", "exp")]


def test_what_a_listener_runs_is_heard_only_outside_it():
    log = []
    with listen(Log("outer", log)), listen(Log("middle", log, ops.sin)), listen(Log("inner", log)):
        ops.exp(1.0)
    assert log == [("outer", "exp"), ("middle", "exp"), ("outer", "sin"), ("inner", "exp")]


def test_a_listener_everywhere_hears_all_threads_before_any_other():
    log = []
    listen_everywhere(Log("all", log))
    try:
        with listen(Log("one", log, ops.sin)):
            ops.exp(1.0)
        worker = threading.Thread(target=ops.cos, args=(1.0,))
        worker.start()
        worker.join()
    finally:
        listen_everywhere()
    ops.tan(1.0)
    assert log == [("all", "exp"), ("one", "exp"), ("all", "sin"), ("all", "cos")]
    assert state.listening == 0


def test_a_listener_can_tell_whose_derivative_an_op_is_part_of():
    class Derived:
        def __init__(self):
            self.of = []

        def heard(self, op, inputs, attrs, outputs):
            node = state.thread.deriving
            self.of.append((op.name, node and getattr(node, "op", node).name))

    x, derived = tf.Variable(1.0), Derived()
    with listen(derived):
        with tf.GradientTape() as tape:
            y = ops.tanh(ops.sin(x))
        tape.gradient(y, x)
    assert derived.of[:2] == [("sin", None), ("tanh", None)]
    assert {of for _, of in derived.of[2:]} == {"tanh", "sin"}
    assert derived.of[-2:] == [("cos", "sin"), ("multiply", "sin")]
    assert state.thread.deriving is None


def test_listener_hears_inputs_attrs_and_outputs():
    heard = []

    class Keep:
        def heard(self, op, inputs, attrs, outputs):
            heard.append((inputs, attrs, outputs))

    x = tf.constant([[1.0, 2.0]])
    with listen(Keep()):
        y = ops.sum(x, axis=1)
    ((inputs, attrs, outputs),) = heard
    assert inputs[0] is x and outputs is y and attrs == {"axis": 1}


def test_listeners_hear_the_backward_pass():
    log = []
    x = tf.Variable(1.0)
    with listen(Log("", log)):
        with tf.GradientTape() as tape:
            y = ops.sin(x)
        tape.gradient(y, x)
    assert ("", "cos") in log


def test_nothing_is_heard_after_the_block_or_after_an_error_in_it():
    log = []
    with pytest.raises(KeyError), listen(Log("", log)):
        raise KeyError
    ops.exp(1.0)
    assert log == []


def test_error_in_a_listener_leaves_the_others_in_place():
    log = []
    with listen(Log("outer", log)):
        with listen(Log("inner", log, lambda *_: 1 / 0)), pytest.raises(ZeroDivisionError):
            ops.exp(1.0)
        ops.sin(1.0)
    assert log[-1] == ("outer", "sin")


class ForwardTangent:
    """Toy forward mode of x -> product of its uses, which only knows multiplication."""

    def __init__(self, x):
        self.tangents = {x.ref(): tf.constant(1.0)}

    def heard(self, op, inputs, attrs, outputs):
        if op.name == "multiply":
            a, b = inputs
            parts = [self.tangents[p.ref()] * q for p, q in ((a, b), (b, a)) if p.ref() in self.tangents]
            if parts:
                self.tangents[outputs.ref()] = parts[0] if len(parts) == 1 else parts[0] + parts[1]


def test_forward_over_forward_gives_the_second_derivative():
    """The inner one's tangents are news to the outer: heard innermost first, a term is lost."""
    x = tf.constant(3.0)
    outer, inner = ForwardTangent(x), ForwardTangent(x)
    outer_hears_sums = outer.heard

    def heard(op, inputs, attrs, outputs):
        outer_hears_sums(op, inputs, attrs, outputs)
        if op.name == "add":
            outer.tangents[outputs.ref()] = sum(outer.tangents[t.ref()] for t in inputs if t.ref() in outer.tangents)
    outer.heard = heard
    with listen(outer), listen(inner):
        y = x * x * x
    first = inner.tangents[y.ref()]
    assert float(first) == 27.0
    assert float(outer.tangents[first.ref()]) == 18.0


def in_threads(*functions):
    errors = []

    def guarded(function):
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(f,)) for f in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_threads_have_their_own_tapes():
    x, entered, done = tf.Variable(3.0), threading.Event(), threading.Event()
    computed = []

    def records():
        with tf.GradientTape() as tape:
            entered.set()
            done.wait(5)
            y = x * x
        assert float(tape.gradient(y, x)) == 6.0
        assert tape.gradient is not None and computed[0]._node is None

    def only_computes():
        entered.wait(5)
        computed.append(x * x)
        done.set()
    in_threads(records, only_computes)


def test_threads_have_their_own_listeners():
    log = []
    with listen(Log("", log)):
        in_threads(lambda: ops.exp(1.0))
    assert log == []


def test_many_threads_differentiate_one_variable():
    x = tf.Variable(np.arange(5.0))

    def work():
        for _ in range(50):
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(x * x * x)
            np.testing.assert_array_equal(tape.gradient(y, x), 3.0 * np.arange(5.0) ** 2)
    in_threads(*[work] * 4)


# --- memory ----------------------------------------------------------------------------------------

def live(kind):
    gc.collect()
    return sum(type(item) is kind for item in gc.get_objects())


def growth(step, rounds=30):
    """Nodes and tensors that `rounds` more steps leave behind, and bytes each."""
    for _ in range(5):
        step()
    before = live(Node), live(Tensor)
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    for _ in range(rounds):
        step()
    gc.collect()
    bytes_each = (tracemalloc.get_traced_memory()[0] - start) / rounds
    tracemalloc.stop()
    return live(Node) - before[0], live(Tensor) - before[1], bytes_each


def test_tape_that_is_never_asked_keeps_nothing():
    x = tf.Variable(np.ones(100))

    def step():
        with tf.GradientTape():
            tf.reduce_sum(tf.exp(x * x))
    nodes, tensors, size = growth(step)
    assert (nodes, tensors) == (0, 0) and size < 400        # one array has 800


def test_state_carried_from_step_to_step_does_not_keep_the_past():
    weight, state = tf.Variable(np.ones(100)), [tf.zeros(100, tf.float64)]

    def step():
        with tf.GradientTape() as tape:
            state[0] = tf.tanh(state[0] + weight)
            loss = tf.reduce_sum(state[0] * weight)
        tape.gradient(loss, weight)
    nodes, tensors, size = growth(step)
    assert (nodes, tensors) == (0, 0) and size < 400        # one array has 800


def test_long_tape_frees_what_is_no_longer_referred_to():
    x = tf.Variable(np.ones(3))
    with tf.GradientTape():
        y = tf.exp(x) * x
        before = live(Node)
        for _ in range(50):
            y = tf.exp(x) * x
        assert live(Node) == before
    assert y.shape == (3,)


def test_records_make_no_reference_cycles():
    gc.collect()
    gc.disable()
    try:
        x = tf.Variable(np.ones(3))
        before = sum(type(item) is Node for item in gc.get_objects())
        for _ in range(10):
            with tf.GradientTape() as outer:
                with tf.GradientTape() as inner:
                    y = tf.reduce_sum(tf.exp(x) * x)
                first = inner.gradient(y, x)
            outer.gradient(first, x)
        del y, first, inner, outer
        assert sum(type(item) is Node for item in gc.get_objects()) == before
    finally:
        gc.enable()


# --- long chains -----------------------------------------------------------------------------------

def chain(length):
    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        for _ in range(length):
            y = y * 1.0
    return tape, y, x


def test_hundred_thousand_ops_differentiate_without_recursion():
    tape, y, x = chain(100_000)
    assert float(tape.gradient(y, x)) == 1.0


def test_hundred_thousand_ops_are_freed_without_recursion():
    tape, y, x = chain(100_000)
    del tape, y, x
    gc.collect()


@pytest.mark.parametrize("length", [10, 100])
def test_backward_runs_a_fixed_number_of_ops_for_each_op(length):
    tape, y, x = chain(length)
    log = []
    with listen(Log("", log)):
        tape.gradient(y, x)
    assert len(log) == length       # d * 1.0 each


@pytest.mark.parametrize("op", [ops.tanh, ops.add, ops.matmul, ops.softmax])
def test_no_tensor_is_written_to(op):
    x = tf.ones((2, 2))
    with pytest.raises(TypeError, match="out"):
        op(*[x] * op.op.arity, out=np.zeros((2, 2), "float32"))
