"""LambdaCallback."""

import pytest

from minikeras.callbacks import LambdaCallback

from .trained import X, Y, line


def test_functions_are_called_at_the_events_of_their_names():
    seen = []
    callback = LambdaCallback(
        on_epoch_begin=lambda epoch, logs: seen.append(("epoch", epoch)),
        on_train_batch_end=lambda batch, logs: seen.append((batch, list(logs))),
        on_train_end=lambda logs: seen.append(list(logs)),
        on_test_begin=lambda logs: seen.append("test"), on_test_batch_end=lambda batch, logs: seen.append(batch),
        on_predict_end=None)
    model = line()
    model.fit(X, Y, batch_size=3, callbacks=[callback], validation_data=(X, Y), verbose=0)
    assert seen == [("epoch", 0), (0, ["loss"]), (1, ["loss"]), "test", 0, 1, ["loss", "val_loss"]]


def test_the_older_names_of_batch_events_are_known():
    seen = []
    line().fit(X, Y, batch_size=3, callbacks=[LambdaCallback(on_batch_end=lambda batch, logs: seen.append(batch))],
               verbose=0)
    assert seen == [0, 1]


@pytest.mark.parametrize(("given", "message"), [
    ({"on_epoch_ends": print}, "on_epoch_ends is not an event of callbacks; those are on_train_begin, "),
    ({"on_test_end": 3}, "on_test_end must be a function, got 3")])
def test_what_would_never_be_called_is_refused(given, message):
    with pytest.raises(TypeError, match=message):
        LambdaCallback(**given)
