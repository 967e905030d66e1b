"""A Ctrl-C leaves a usable model, and its history."""

import signal
import threading

import numpy as np
import pytest

import minikeras as mk
from minikeras.callbacks import Callback
from minikeras.layers import Dense

X, Y = np.ones((8, 3), "float32"), np.ones((8, 2), "float32")


@pytest.fixture(autouse=True)
def own_handler():
    """Python's own, whoever runs the tests: a shell's background job starts with Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def linear(kind=mk.Sequential, **compiling):
    mk.random.set_random_seed(1)
    model = kind([mk.Input((3,)), Dense(2)])
    model.compile("sgd", "mse", **compiling)
    return model


class Interrupting(Callback):
    """Sends the signal of a Ctrl-C at a batch of an epoch."""

    def __init__(self, epoch, batch, event="on_train_batch_begin", times=1):
        self.wanted, self.times, self.ended = (epoch, batch), times, []
        setattr(self, event, self.interrupt)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def interrupt(self, batch, logs=None):
        if (self.epoch, batch) == self.wanted:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)
            self.reached = True

    def on_train_end(self, logs=None):
        self.ended.append(True)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_ctrl_c_in_a_step_comes_when_the_step_is_whole(run_eagerly):
    class Stopped(mk.Sequential):
        def train_step(self, data):
            logs = super().train_step(data)
            if self.interrupts and self.optimizer.iterations.numpy() == 6:
                signal.raise_signal(signal.SIGINT)
            return logs
    straight, stopped = linear(), linear(Stopped, run_eagerly=True)
    stopped.interrupts, spy = True, Interrupting(9, 9)
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(X, Y, batch_size=2, epochs=4, shuffle=False, callbacks=[spy], verbose=0)
    straight.fit(X, Y, batch_size=2, shuffle=False, verbose=0)
    straight.fit(X[:4], Y[:4], batch_size=2, shuffle=False, verbose=0)
    for a, b in zip(stopped.get_weights(), straight.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert stopped.optimizer.iterations == 6
    assert stopped.history.epoch == [0] and len(stopped.history.history["loss"]) == 1
    assert not spy.ended and stopped._fitting is None


def test_training_goes_on_after_a_ctrl_c():
    model = linear()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, batch_size=2, epochs=3, callbacks=[Interrupting(1, 2)], verbose=0)
    assert model.optimizer.iterations == 6
    assert model.fit(X, Y, batch_size=2, epochs=2, verbose=0).epoch == [0, 1]
    assert model.optimizer.iterations == 14
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_every_callback_hears_of_the_end_of_an_epoch_or_none():
    model, later = linear(), Interrupting(9, 9)
    heard = []
    later.on_epoch_end = lambda epoch, logs=None: heard.append(epoch)

    class First(Callback):
        def on_epoch_end(self, epoch, logs=None):
            signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=3, callbacks=[First(), later], verbose=0)
    assert heard == model.history.epoch == [0]


def test_a_second_ctrl_c_does_not_wait():
    spy = Interrupting(0, 1, "on_train_batch_end", times=2)
    with pytest.raises(KeyboardInterrupt):
        linear().fit(X, Y, batch_size=2, callbacks=[spy], verbose=0)
    assert not hasattr(spy, "reached")


def test_another_handler_is_left_in_place():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(True))
    try:
        model = linear()
        model.fit(X, Y, batch_size=2, callbacks=[Interrupting(0, 1)], verbose=0)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [True] and model.optimizer.iterations == 4


def test_fit_runs_outside_the_main_thread():
    model = linear()
    thread = threading.Thread(target=model.fit, args=(X, Y), kwargs={"verbose": 0})
    thread.start()
    thread.join()
    assert model.history.epoch == [0]
