"""What training shows: a tqdm bar on a terminal, one plain line an epoch elsewhere."""

import sys
import time

import tqdm

from .callbacks import Callback


def _text(logs):
    return " - ".join(f"{name}: {value:.4f}" if abs(value) >= 1e-3 or value == 0 else f"{name}: {value:.4e}"
                      for name, value in logs.items())


class ProgressBar(Callback):
    """Shows an epoch as a bar (verbose 1 on a terminal) or as a line when it ends (2, or no terminal)."""

    def __init__(self, verbose):
        self.bar_wanted = verbose != 2 and sys.stdout.isatty()
        self.bar = None

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()
        self.label = f"Epoch {epoch + 1}/{self.params['epochs']}"
        if self.bar_wanted:
            self.bar = tqdm.tqdm(total=self.params["steps"], desc=self.label, file=sys.stdout, unit="step",
                                 dynamic_ncols=True, leave=True)

    def on_train_batch_end(self, batch, logs=None):
        if self.bar is not None:
            self.bar.update()

    def on_epoch_end(self, epoch, logs=None):
        if self.bar is not None:
            self.bar.set_postfix_str(_text(logs))
            self.close()
        else:
            print(f"{self.label} - {time.perf_counter() - self.started:.2f}s - {_text(logs)}", flush=True)

    def on_test_end(self, logs=None):
        if self.params.get("alone"):
            print(f"{self.params['steps']} steps - {_text(logs)}", flush=True)

    def close(self):
        """Leave a bar that is still open, as after an interruption."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def on_train_end(self, logs=None):
        self.close()
