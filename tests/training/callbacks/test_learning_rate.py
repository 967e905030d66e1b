"""LearningRateScheduler and ReduceLROnPlateau."""

import numpy as np
import pytest

import minikeras as mk
from minikeras.callbacks import LearningRateScheduler, ReduceLROnPlateau

from .trained import X, Y, follow, line


def rates(callback, epochs=3, **compiling):
    history = line(**{"rate": 0.5, **compiling}).fit(X, Y, epochs=epochs, callbacks=[callback], verbose=0).history
    return history["learning_rate"]


@pytest.mark.parametrize("schedule", [
    lambda epoch, rate: rate / 2, lambda epoch: 0.5 / 2 ** (epoch + 1), lambda *both: both[1] / 2,
    lambda epoch, half=2: half / 2, lambda epoch, *, half=0.5: half ** (epoch + 2),
    lambda epoch, rate: np.float32(rate / 2), lambda epoch, rate: mk.ops.convert_to_tensor(rate) / 2])
def test_a_schedule_sets_the_rate_of_each_epoch(schedule):
    assert rates(LearningRateScheduler(schedule)) == [0.25, 0.125, 0.0625]


def test_errors_of_a_schedule_are_its_own():
    def schedule(epoch, rate):
        return rate + "x"
    with pytest.raises(TypeError, match="unsupported operand"):
        rates(LearningRateScheduler(schedule))


@pytest.mark.parametrize("rate", [None, [0.1]])
def test_a_schedule_must_give_a_number(rate):
    with pytest.raises(ValueError, match="for epoch 0 it gave"):
        rates(LearningRateScheduler(lambda epoch: rate))


def test_a_schedule_says_what_it_sets(capsys):
    rates(LearningRateScheduler(lambda epoch: 0.25, verbose=1), epochs=1)
    assert capsys.readouterr().out == "\nEpoch 1: learning rate set to 0.25.\n"


def test_each_of_several_optimizers_has_its_rate():
    optimizer = mk.optimizers.MultiOptimizer(lambda v: mk.optimizers.SGD(0.5, name="one"))
    model = line(optimizer=optimizer)
    history = model.fit(X, Y, callbacks=[LearningRateScheduler(lambda epoch, rate: rate / 2)], verbose=0)
    assert history.history["learning_rate_one"] == [0.25]


def reduced(values, **settings):
    """The rate that each epoch ran at."""
    model = line(1.0)
    return follow(values, ReduceLROnPlateau(**{"factor": 0.5, "patience": 1, **settings}),
                  model=model).history["learning_rate"] + [float(np.asarray(model.optimizer.learning_rate))]


# What Keras does with the same values.
@pytest.mark.parametrize(("values", "settings", "rates"), [
    ([3, 3, 3, 3], {}, [1, 1, 0.5, 0.25, 0.125]),
    ([3, 3, 3, 3, 3], {"patience": 2}, [1, 1, 1, 0.5, 0.5, 0.25]),
    ([3, 3, 3, 3, 3, 3], {"cooldown": 2}, [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]),
    ([3, 3, 3, 3], {"min_lr": 0.3}, [1, 1, 0.5, 0.3, 0.3]),
    ([3, 2.9, 2.8], {"min_delta": 0.5}, [1, 1, 0.5, 0.25]),
    ([0.8, 0.7, 0.6], {"min_delta": 0.1}, [1, 1, 0.5, 0.5]),
    ([3, 4, 5], {"mode": "max"}, [1, 1, 1, 1]), ([3, 2, 1], {}, [1, 1, 1, 1])])
def test_a_plateau_lowers_the_rate(values, settings, rates):
    assert reduced(values, **settings) == pytest.approx(rates)


def test_a_plateau_says_what_it_sets(capsys):
    reduced([1, 1], verbose=1)
    assert capsys.readouterr().out == "\nEpoch 2: learning rate reduced to 0.5.\n"


def test_a_plateau_of_what_is_not_reported_warns():
    with pytest.warns(UserWarning, match="which this training does not report: the learning rate is left alone"):
        assert rates(ReduceLROnPlateau(), epochs=1) == [0.5]


def test_a_factor_must_lower():
    with pytest.raises(ValueError, match=r"factor must be at least 0 and below 1, got 1\.0"):
        ReduceLROnPlateau(factor=1.0)


def test_arguments_of_old_programs_are_named():
    with pytest.warns(UserWarning, match="does nothing with epsilon; epsilon is called min_delta now"):
        ReduceLROnPlateau(epsilon=0.1)


def test_the_state_of_a_plateau_goes_on_where_it_was():
    first, again = ReduceLROnPlateau(patience=3, cooldown=2), ReduceLROnPlateau(patience=3, cooldown=2)
    follow([1, 2, 3], first)
    again.set_state(first.get_state())
    assert (again.best, again.wait, again.cooldown_counter) == (1, 2, 0)


def test_a_rate_that_follows_a_schedule_cannot_be_set():
    optimizer = mk.optimizers.SGD(mk.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5))
    with pytest.raises(TypeError, match="cannot be set"):
        rates(LearningRateScheduler(lambda epoch: 0.1), optimizer=optimizer)
