"""CSVLogger: a row an epoch."""

import csv
import io
import os

import numpy as np

from .base import Callback


class CSVLogger(Callback):
    """Writes the numbers of each epoch as a row of a CSV file, on disk when the epoch is over.

    filename    a path; its folder must exist
    separator   between the columns
    append      go on after what is in the file, rather than write it anew
    The columns are `epoch`, counted from 0, and the names that the first epoch reports; where it reports no val_...,
    also those, for validations that follow. What an epoch does not report is NA. A resumed training goes on after the
    last row that its state knows of, whatever came into the file later.
    """

    kept = ("keys", "position")

    def __init__(self, filename, separator=",", append=False):
        self.filename, self.separator, self.append = os.fspath(filename), separator, append
        self._reset()

    def _reset(self):
        self.keys, self.position = None, None       # the columns, and the bytes of the file that are ours to go on from

    def on_train_begin(self, logs=None):
        self._reset()
        # Not emptied yet: what was written before may turn out to be the beginning of this training.
        open(self.filename, "ab").close()

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        row = [epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)]
        with open(self.filename, "ab") as file:
            begin = file.tell()
            if self.position is not None or not self.append:
                begin = min(self.position or 0, begin)
            text = io.StringIO()
            csv.writer(text, delimiter=self.separator).writerows([row] if begin else [["epoch", *self.keys], row])
            file.truncate(begin)
            file.write(text.getvalue().encode())
            self.position = file.tell()

    def on_train_end(self, logs=None):
        if self.position is None and not self.append:
            open(self.filename, "wb").close()       # a training without an epoch


def _cell(value):
    if isinstance(value, str) or np.ndim(value) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'
