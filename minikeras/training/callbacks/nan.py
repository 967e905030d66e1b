"""TerminateOnNaN, and what it means to callbacks that keep what others may still want."""

import numpy as np

from ...run_settings import print_message
from .base import Callback


class TerminateOnNaN(Callback):
    """Stops training when the loss is NaN or infinite, or raises RuntimeError then if `raise_error`.

    Either way no callback writes the model that came of it over one that was saved before.
    """

    def __init__(self, raise_error=False):
        self.raise_error = raise_error

    def on_train_begin(self, logs=None):
        if self.model is not None:
            self.model._ends_on_nan = True

    def on_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is None or np.all(np.isfinite(loss)):
            return
        if self.raise_error:
            raise RuntimeError(f"batch {batch}: the loss is {loss}; training cannot go on.")
        print_message(f"Batch {batch}: the loss is {loss}; training stops.")
        self.model.stop_training = True


def is_lost(model, logs):
    """Whether a TerminateOnNaN ends this training because of its loss, so that the model is not worth keeping.

    It depends on the loss alone, not on whether that callback was told of the batch already.
    """
    return getattr(model, "_ends_on_nan", False) and not np.all(np.isfinite((logs or {}).get("loss", 0.0)))
