"""EarlyStopping: when it stops, and with which weights."""

import numpy as np
import pytest

import minikeras as mk
from minikeras.callbacks import EarlyStopping

from .trained import X, Y, follow, line, weight


def epochs_run(values, name="val_loss", **settings):
    model = line(0.0)
    history = follow(values, EarlyStopping(**{"monitor": name, **settings}), name=name, model=model)
    return len(history.epoch), weight(model)


# What Keras does with the same values.
@pytest.mark.parametrize(("values", "settings", "epochs"), [
    ([3, 2, 2, 1], {}, 3), ([3, 2, 2, 1], {"patience": 1}, 3), ([3, 2, 2, 1, 1], {"patience": 2}, 5),
    ([3, 2, 2, 2, 1], {"patience": 2}, 4),
    ([3, 2.9, 2, 1], {"min_delta": 0.5}, 2), ([0.8, 0.7, 0.6], {"min_delta": 0.1}, 2),
    ([1, 2, 2, 3], {"mode": "max"}, 3),
    ([1, 2, 2, 3], {"name": "val_accuracy"}, 3), ([5, 4, 3, 2], {"baseline": 1.0, "patience": 2}, 4),
    ([5, 6, 7, 8, 9], {"start_from_epoch": 2}, 4), ([5, 5], {"patience": 0}, 2)])
def test_it_waits_for_improvements(values, settings, epochs):
    assert epochs_run(values, **settings)[0] == epochs


@pytest.mark.parametrize(("values", "kept"), [([3, 1, 2, 2], 1), ([3, 2, 1], 2), ([1, 2, 3], 0)])
def test_it_restores_the_best_weights(values, kept):
    assert epochs_run(values, patience=2, restore_best_weights=True)[1] == kept


def test_nan_is_neither_an_improvement_nor_the_best():
    nan = float("nan")
    assert epochs_run([nan, 3, 2, nan, nan], patience=2, restore_best_weights=True) == (5, 2)


def test_it_says_what_it_did(capsys):
    epochs_run([1, 2], patience=1, restore_best_weights=True, verbose=1)
    assert capsys.readouterr().out.splitlines() == [
        "Epoch 2: early stopping", "Restoring the weights of the best epoch: 1."]


def test_it_can_be_used_again():
    stopping = EarlyStopping("loss", mode="max")
    for _ in range(2):
        history = line().fit(X, Y, epochs=5, callbacks=[stopping], verbose=0)
        assert len(history.epoch) == 2


def test_where_the_number_is_not_reported_it_warns_and_goes_on():
    with pytest.warns(UserWarning, match=r"EarlyStopping monitors 'val_loss', which this training does not report: "
                                         r"training is not stopped\. There are loss\."):
        history = line().fit(X, Y, epochs=2, callbacks=[EarlyStopping()], verbose=0)
    assert len(history.epoch) == 2


def test_it_needs_one_number():
    with pytest.warns(UserWarning, match=r"'val_loss', which has the shape \(2,\)"):
        follow([np.ones(2)], EarlyStopping())


def test_the_class_of_a_metric_says_which_way_is_better():
    model = line(0.0, metrics=[mk.metrics.BinaryAccuracy(name="score")])
    assert len(follow([1, 2, 3, 3, 3], EarlyStopping("val_score"), name="val_score", model=model).epoch) == 4


def test_a_direction_that_is_not_known_must_be_given():
    with pytest.raises(ValueError, match="more or less of 'score' is better: give mode="):
        epochs_run([1, 2, 3], name="score")


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="mode must be one of 'auto', 'min', 'max', got 'low'"):
        EarlyStopping(mode="low")


def test_its_state_goes_on_where_it_was():
    first, again = EarlyStopping(patience=2, restore_best_weights=True), EarlyStopping(patience=2)
    follow([3, 1, 2], first)
    state = first.get_state()
    again.set_state(state)
    assert (again.wait, again.best, again.best_epoch) == (1, 1, 1)
    assert again.best_weights[0] == 1
    assert again.best_weights is not state["best_weights"]
