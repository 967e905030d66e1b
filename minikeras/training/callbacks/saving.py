"""What callbacks share that save after each epoch, or every so many batches."""

from ...arguments import count
from .base import Callback


class _Saving(Callback):
    """Base of callbacks with a `save_freq`: 'epoch', or a number of batches, also across epochs."""

    kept = ("_batches", "_last_batch")
    _batches = 0            # since the last file
    _last_batch = -1        # of the epoch

    def _save_every(self, save_freq):
        self.save_freq = save_freq if save_freq == "epoch" else count(f"{type(self).__name__}: save_freq", save_freq)

    def hears(self, event):
        """As for any callback; of batches only where they are counted."""
        return super().hears(event) and (self.save_freq != "epoch" or not self._counts(event))

    def on_epoch_begin(self, epoch, logs=None):
        self._last_batch = -1

    def _is_due(self, batch):
        """Whether so many batches are done that it is time to save."""
        self._batches += batch - self._last_batch       # an execution may have run several
        self._last_batch = batch
        if self.save_freq == "epoch" or self._batches < self.save_freq:
            return False
        self._batches = 0
        return True
