"""SwapEMAWeights: when the model has the averages, and when its own weights."""

import numpy as np
import pytest

import minikeras as mk
from minikeras.callbacks import Callback, EarlyStopping, SwapEMAWeights

from .trained import X, Y, line, weight


def averaging(**optimizer):
    return line(optimizer=mk.optimizers.SGD(0.1, **{"use_ema": True, "ema_momentum": 0.5, **optimizer}))


class Looks(Callback):
    """Notes the weight at some events."""

    def __init__(self):
        self.seen = {}

    def note(self, event):
        self.seen.setdefault(event, []).append(weight(self.model))

    def on_epoch_begin(self, epoch, logs=None):
        self.note("begin")

    def on_train_batch_end(self, batch, logs=None):
        self.note("batch")

    def on_test_begin(self, logs=None):
        self.note("test")

    def on_epoch_end(self, epoch, logs=None):
        self.note("end")


def averages(weights, momentum=0.5):
    result = [weights[0]]
    for value in weights[1:]:
        result.append(momentum * result[-1] + (1 - momentum) * value)
    return result


@pytest.mark.parametrize("on_epoch", [False, True])
def test_validation_uses_averages(on_epoch):
    model, looks = averaging(), Looks()
    model.fit(X, Y, epochs=3, validation_data=(X, Y), callbacks=[SwapEMAWeights(on_epoch), looks], verbose=0)
    batch, mean = looks.seen["batch"], averages(looks.seen["batch"])
    assert looks.seen["test"] == pytest.approx(mean)
    assert looks.seen["end"] == pytest.approx(mean if on_epoch else batch)
    assert looks.seen["begin"] == pytest.approx([1, *batch[:-1]])
    assert weight(model) == pytest.approx(mean[-1])


def test_a_training_that_is_stopped_ends_with_averages():
    model, looks = averaging(), Looks()
    model.fit(X, Y, epochs=9, callbacks=[SwapEMAWeights(True), looks, EarlyStopping("loss", mode="max")], verbose=0)
    assert len(looks.seen["end"]) == 2
    assert weight(model) == pytest.approx(averages(looks.seen["batch"])[-1])


@pytest.mark.parametrize("use", [lambda model, c: model.evaluate(X, Y, callbacks=c, verbose=0),
                                 lambda model, c: model.predict(X, callbacks=c, verbose=0)])
def test_evaluate_and_predict_use_averages_and_put_the_weights_back(use):
    model = averaging()
    model.train_on_batch(X, Y)
    model.train_on_batch(X, Y)
    before, looks = weight(model), Looks()
    looks.on_predict_begin = looks.on_test_begin
    use(model, [SwapEMAWeights(), looks])
    assert looks.seen["test"] != [before]
    assert weight(model) == before


def test_before_the_first_update_there_is_nothing_to_swap():
    model, looks = averaging(), Looks()
    model.evaluate(X, Y, callbacks=[SwapEMAWeights(), looks], verbose=0)
    assert looks.seen["test"] == [weight(model)] == [1.0]


def test_the_averages_of_several_optimizers_are_used():
    model = line(optimizer=mk.optimizers.MultiOptimizer(lambda v: mk.optimizers.SGD(0.1, use_ema=True)))
    looks = Looks()
    model.fit(X, Y, batch_size=1, validation_data=(X, Y), callbacks=[SwapEMAWeights(), looks], verbose=0)
    assert looks.seen["test"] != looks.seen["batch"][-1:]


def test_without_averages_it_is_refused():
    with pytest.raises(ValueError, match="keeps no averages; make it with use_ema=True"):
        line().fit(X, Y, validation_data=(X, Y), callbacks=[SwapEMAWeights()], verbose=0)


def test_its_state_puts_the_weights_back():
    model, swap = averaging(), SwapEMAWeights(True)
    states = []
    snapshot = mk.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: states.append(
        (model.get_weights(), swap.get_state())))
    looks = Looks()
    model.fit(X, Y, epochs=2, callbacks=[swap, snapshot, looks], verbose=0)
    weights, state = states[1]
    model.set_weights(weights)
    again = SwapEMAWeights(True)
    again.set_model(model)
    again.set_state(state)
    assert np.isclose(weight(model), looks.seen["batch"][1])
