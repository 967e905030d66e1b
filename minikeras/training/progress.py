"""What training shows: a tqdm bar on a terminal, one plain line an epoch elsewhere."""

import contextlib
import sys
import time

import numpy as np

from .callbacks import Callback


def _text(logs):
    logs = {name: np.mean(value) for name, value in logs.items()}       # of a metric with several values their mean
    return " - ".join(f"{name}: {value:.4f}" if abs(value) >= 1e-3 or value == 0 else f"{name}: {value:.4e}"
                      for name, value in logs.items())


class ProgressBar(Callback):
    """Shows an epoch, or a whole evaluation or prediction, as a line when it ends; on a terminal (verbose 1) as a
    bar until then. `event` says which of the three it is shown for: 'train', 'test' or 'predict'."""

    def __init__(self, verbose, event):
        self.bar, self.event = None, event
        if verbose != 2 and sys.stdout.isatty():
            # Without a bar, batches need no telling.
            setattr(self, f"on_{event}_batch_end", self._advance)

    def _start(self, label):
        self.label, self.started = label, time.perf_counter()

    def _advance(self, batch, logs=None):
        if self.bar is None:
            # At first use: tqdm sets up locks between processes, which few programs need and some places refuse.
            import tqdm
            self.bar = tqdm.tqdm(total=self.params["steps"], desc=self.label, file=sys.stdout, unit="step",
                                 dynamic_ncols=True, leave=False)
        if self.event != "predict":
            self.bar.set_postfix_str(_text(logs), refresh=False)
        self.bar.update(min(batch + 1, self.params["steps"]) - self.bar.n)     # an execution may have run several

    def _end(self, logs):
        self.close()
        seconds = f"{time.perf_counter() - self.started:.2f}s"
        print(" - ".join([self.label, seconds, *([_text(logs)] if logs else [])]), flush=True)

    def on_epoch_begin(self, epoch, logs=None):
        self._start(f"Epoch {epoch + 1}/{self.params['epochs']}")

    def on_epoch_end(self, epoch, logs=None):
        self._end(logs)

    def on_test_begin(self, logs=None):
        if self.event == "test":
            self._start(f"{self.params['steps']} steps")

    def on_test_end(self, logs=None):
        if self.event == "test":
            self._end(logs)

    def on_predict_begin(self, logs=None):
        self._start(f"{self.params['steps']} steps")

    def on_predict_end(self, logs=None):
        self._end(None)

    def close(self):
        """Remove the bar, also after an interruption."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None


@contextlib.contextmanager
def showing(verbose, event):
    """The callbacks, none or one, that show `event`; what is still open is removed at the end, come what may."""
    bars = [ProgressBar(verbose, event)] if verbose else []
    try:
        yield bars
    finally:
        for bar in bars:
            bar.close()
