"""What training shows: a tqdm bar on a terminal, one plain line an epoch elsewhere."""

import sys
import time

import tqdm

from .callbacks import Callback


def _text(logs):
    return " - ".join(f"{name}: {value:.4f}" if abs(value) >= 1e-3 or value == 0 else f"{name}: {value:.4e}"
                      for name, value in logs.items())


class ProgressBar(Callback):
    """Shows an epoch as a line when it ends; on a terminal (verbose 1) as a bar until then."""

    def __init__(self, verbose):
        self.bar = None
        if verbose != 2 and sys.stdout.isatty():
            self.on_train_batch_end = self._advance     # without a bar, batches need no telling

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()
        self.label = f"Epoch {epoch + 1}/{self.params['epochs']}"

    def _advance(self, batch, logs=None):
        if self.bar is None:
            self.bar = tqdm.tqdm(total=self.params["steps"], desc=self.label, file=sys.stdout, unit="step",
                                 dynamic_ncols=True, leave=False)
        self.bar.set_postfix_str(_text(logs), refresh=False)
        self.bar.update()

    def on_epoch_end(self, epoch, logs=None):
        self.close()
        print(f"{self.label} - {time.perf_counter() - self.started:.2f}s - {_text(logs)}", flush=True)

    def on_test_end(self, logs=None):
        if self.params.get("alone"):
            print(f"{self.params['steps']} steps - {_text(logs)}", flush=True)

    def close(self):
        """Remove the bar, also after an interruption."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def on_train_end(self, logs=None):
        self.close()
