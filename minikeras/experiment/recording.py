"""Callbacks of a run: metrics files, the log, checkpoints, and the stop at a loss that is not finite."""

import math
import time

import numpy as np

from ..errors import MinikerasError
from ..training.callbacks import Callback, is_maximized
from ..training.callbacks.progress import loss_first
from . import folder as files


class NonFiniteLossError(MinikerasError, ArithmeticError):
    """The loss became NaN or infinite."""

    exit_code = 3


class RunLog:
    """train.log: a line at a time, each with its moment, on disk at once."""

    def __init__(self, path):
        self._stream = path.open("a", encoding="utf-8", buffering=1)

    def write(self, line):
        self._stream.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n")

    def close(self):
        self._stream.close()


# The leading underscores keep these two out of the registry: they mean nothing outside a run.
class _Recorder(Callback):
    """One row an epoch in metrics.csv and metrics.jsonl; raises NonFiniteLossError after such a batch."""

    def __init__(self, folder, log, *, csv, jsonl):
        super().__init__()
        self.folder, self.log, self.csv, self.jsonl = folder, log, csv, jsonl
        self.epoch, self.started, self.columns = 0, None, None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch, self.started = epoch, time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            raise NonFiniteLossError(
                f"the loss became {float(loss)} in epoch {self.epoch + 1}, batch {batch + 1}. Lower the learning rate, "
                "scale the inputs, or run in float64 to see whether it is overflow.")

    def on_epoch_end(self, epoch, logs=None):
        values = {name: float(np.mean(value)) for name, value in loss_first(logs or {}).items()}
        row = {"epoch": epoch + 1, **values, "seconds": round(time.perf_counter() - self.started, 6)}
        if self.csv:
            self._write_csv(row)
        if self.jsonl:
            with (self.folder / files.JSONL).open("a", encoding="utf-8") as stream:
                stream.write(files.json_line(row))
        self.log.write(f"epoch {epoch + 1}: " + ", ".join(f"{name} {value:.6g}" for name, value in values.items()))

    def _write_csv(self, row):
        with (self.folder / files.CSV).open("a", encoding="utf-8") as stream:
            if self.columns is None:
                self.columns = list(row)
                stream.write(",".join(self.columns) + "\n")
            stream.write(",".join(str(row.get(name, "")) for name in self.columns) + "\n")


class _Checkpointer(Callback):
    """Whole models in checkpoints/, the last few and the best; index.json says which is which."""

    def __init__(self, folder, settings):
        super().__init__()
        self.folder, self.settings = folder / files.CHECKPOINTS, settings
        self.recent, self.best, self.best_value = [], None, None

    def on_epoch_end(self, epoch, logs=None):
        monitor = self.settings.monitor
        if (epoch + 1) % self.settings.every.epochs:
            return
        name = f"epoch-{epoch + 1:04d}.keras"
        self.model.save(self.folder / name)
        self.recent.append(name)
        if monitor is not None and self._improves(float(logs[monitor])):
            self.best, self.best_value = name, float(logs[monitor])
        files.write_json(self.folder / "index.json", {
            "last": name, "best": self.best, "monitor": monitor, "value": self.best_value})
        self._remove_old()

    def _improves(self, value):
        if not math.isfinite(value):
            return False
        if self.best_value is None:
            return True
        grows = is_maximized(self.settings.monitor, self.settings.mode)
        return value > self.best_value if grows else value < self.best_value

    def _remove_old(self):
        self.recent = self.recent[-self.settings.keep:]
        for path in self.folder.glob("epoch-*.keras"):
            if path.name not in self.recent and path.name != self.best:
                path.unlink()


def recorders(config, folder, log):
    """The callbacks that the config's own sections ask for."""
    found = [_Recorder(folder, log, csv=config.logging.csv, jsonl=config.logging.jsonl)]
    if config.train.checkpoint:
        found.append(_Checkpointer(folder, config.train.checkpoint))
    return found
