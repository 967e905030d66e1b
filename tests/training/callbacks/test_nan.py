"""TerminateOnNaN: the end of a training that went wrong."""

import pytest

import minikeras as mk
from minikeras.callbacks import Callback, ModelCheckpoint, TerminateOnNaN

from .trained import X, Y, line


def test_it_stops_at_the_batch(capsys):
    history = line(1e30).fit(X, Y, batch_size=2, epochs=9, callbacks=[TerminateOnNaN()], verbose=0)
    assert len(history.epoch) == 1
    assert "training stops" in capsys.readouterr().out


def test_it_may_raise_instead():
    with pytest.raises(RuntimeError, match="batch 1: the loss is"):
        line(1e30).fit(X, Y, batch_size=2, callbacks=[TerminateOnNaN(raise_error=True)], verbose=0)


class Diverges(Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self.model.optimizer.learning_rate = 1e30


@pytest.mark.parametrize("first", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("save_freq", ["epoch", 1])
def test_what_was_saved_before_stays(first, save_freq, tmp_path):
    model, path = line(), tmp_path / "model.keras"
    callbacks = [ModelCheckpoint(path, save_freq=save_freq)]
    callbacks.insert(0 if first else 1, TerminateOnNaN())
    model.fit(X, Y, callbacks=callbacks, verbose=0)
    good = path.read_bytes()
    model.fit(X, Y, batch_size=1, epochs=9, initial_epoch=1, callbacks=[Diverges(), *callbacks], verbose=0)
    assert not abs(float(model.get_weights()[0][0, 0])) < 1e9
    if save_freq == "epoch":
        assert path.read_bytes() == good
    else:
        assert abs(float(mk.saving.load_model(path).get_weights()[0][0, 0])) < 1e36
