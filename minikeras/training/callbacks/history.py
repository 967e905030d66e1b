"""History: what each epoch reported."""

from .base import Callback


class History(Callback):
    """Keeps what each epoch reported: `history` maps a name to a list of numbers, `epoch` lists the epochs.

    `fit` makes one and returns it, or uses the one among its callbacks; that goes on where it ended.
    """

    kept = ("history", "epoch")

    def __init__(self):
        self.history, self.epoch = {}, []

    def on_train_begin(self, logs=None):
        self.epoch = []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
