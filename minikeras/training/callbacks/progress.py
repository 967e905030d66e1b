"""What training shows: a tqdm bar on a terminal, one plain line an epoch elsewhere."""

import sys
import time

import numpy as np

from ...run_settings import is_interactive_logging_enabled, print_message
from .base import Callback


def _text(logs):
    logs = {name: np.mean(value) for name, value in loss_first(logs).items()}   # of a metric with several, their mean
    return " - ".join(f"{name}: {value:.4f}" if abs(value) >= 1e-3 or value == 0 else f"{name}: {value:.4e}"
                      for name, value in logs.items())


def loss_first(logs):
    """Logs in the order in which they are shown: the loss and what was measured in training, then in validation."""
    return dict(sorted(logs.items(), key=lambda item: (item[0].startswith("val_"),
                                                       item[0].removeprefix("val_") != "loss")))


class ProgbarLogger(Callback):
    """Shows an epoch, or a whole evaluation or prediction, as a line when it ends; on a terminal as a bar until then.

    `params` say how: verbose 0 for nothing, 2 for no bar, else 1; epochs and steps, where they are known. Validation is
    not shown by itself. `fit`, `evaluate` and `predict` add one, if there is none.
    """

    bar = None
    event = None        # what is shown: 'train', 'test' or 'predict'

    def __init__(self):
        pass

    def _begin(self, event):
        if self.event is not None:
            return
        self.event = event
        if event != "train":
            steps = self.params.get("steps")
            self._start(event if steps is None else f"{steps} steps")

    def hears(self, event):
        """As for any callback; of batches only where there is a bar."""
        return "_batch_" not in event or (event == f"on_{self.event}_batch_end" and self._wants_bar())

    def _wants_bar(self):
        return (self.params.get("verbose", 1) not in (0, 2) and sys.stdout.isatty()
                and is_interactive_logging_enabled())

    def _start(self, label):
        self.label, self.started = label, time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._advance(batch, logs)

    def on_test_batch_end(self, batch, logs=None):
        if self.event == "test":
            self._advance(batch, logs)

    def on_predict_batch_end(self, batch, logs=None):
        self._advance(batch)

    def _advance(self, batch, logs=None):
        steps = self.params.get("steps")
        if self.bar is None:
            # At first use: tqdm sets up locks between processes, which few programs need and some places refuse.
            import tqdm
            self.bar = tqdm.tqdm(total=steps, desc=self.label, file=sys.stdout, unit="step", dynamic_ncols=True,
                                 leave=False)
        if logs:
            self.bar.set_postfix_str(_text(logs), refresh=False)
        done = batch + 1 if steps is None else min(batch + 1, steps)        # an execution may have run several
        self.bar.update(done - self.bar.n)

    def _end_line(self, logs):
        self._remove_bar()
        if self.params.get("verbose", 1):
            seconds = f"{time.perf_counter() - self.started:.2f}s"
            print_message(" - ".join([self.label, seconds, *([_text(logs)] if logs else [])]))

    def _end(self, event, logs):
        if self.event == event:
            if event != "train":
                self._end_line(logs)
            self.close()

    def on_train_begin(self, logs=None):
        self._begin("train")

    def on_train_end(self, logs=None):
        self._end("train", logs)

    def on_epoch_begin(self, epoch, logs=None):
        self._start(f"Epoch {epoch + 1}/{self.params.get('epochs', 1)}")

    def on_epoch_end(self, epoch, logs=None):
        self._end_line(logs)

    def on_test_begin(self, logs=None):
        self._begin("test")

    def on_test_end(self, logs=None):
        self._end("test", logs)

    def on_predict_begin(self, logs=None):
        self._begin("predict")

    def on_predict_end(self, logs=None):
        self._end("predict", None)

    def _remove_bar(self):
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def close(self):
        """Show no more, also after an interruption."""
        self._remove_bar()
        self.event = None
