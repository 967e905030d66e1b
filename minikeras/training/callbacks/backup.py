"""BackupAndRestore: a training that is cut short goes on where it was."""

import os
import warnings

from ...arguments import switch
from ...saving.checkpoints import CheckpointFolder, versions
from ..state import resume_training, training_state
from .nan import is_lost
from .saving import _Saving


class BackupAndRestore(_Saving):
    """Writes the whole state of the training again and again; `fit` goes on from it where there is one.

    backup_dir          a folder for this alone, which is made
    save_freq           'epoch', or a number of batches, also across epochs
    double_checkpoint   keep the state before the latest as well, lest the file gets damaged
    delete_checkpoint   remove the state when training is over
    A training that is killed at any step and gone on with, with model, data and callbacks made in the same way, ends
    with the very bits of one that was not: weights, optimizer, order of the data, random numbers, metrics in
    mid-epoch, callbacks, and the history, which has all epochs. A generator is begun anew, and skipped forward to where
    it was. Of callbacks of one's own, the attributes that they name in `kept` go on. Where TerminateOnNaN ends the
    training the last state before stays.
    A file that is damaged is warned of, and the one before is taken. Raises FileFormatError where none can be read, or
    where it is that of another training.
    """

    comes_last = True
    kept = ("_number", *_Saving.kept)

    def __init__(self, backup_dir, save_freq="epoch", double_checkpoint=False, delete_checkpoint=True):
        if not backup_dir:
            raise ValueError("BackupAndRestore: backup_dir is empty. Give a folder for the state of the training.")
        self.backup_dir = os.fspath(backup_dir)
        self._save_every(save_freq)
        self.double_checkpoint = switch("BackupAndRestore: double_checkpoint", double_checkpoint)
        self.delete_checkpoint = switch("BackupAndRestore: delete_checkpoint", delete_checkpoint)
        self._files = CheckpointFolder(self.backup_dir, "training", keep=2 if double_checkpoint else 1)
        self._number = 0        # of the last file

    def on_train_begin(self, logs=None):
        self._batches = 0
        found = self._files.newest()
        if found is not None:
            number, state, written = found
            if written != versions():
                warnings.warn(f"BackupAndRestore: the training was begun with {_text(written)}, and goes on with "
                              f"{_text(versions())}: its numbers may differ in the last digits.", stacklevel=2)
            resume_training(self.model, state, str(self._files.path(number)))

    def on_train_batch_end(self, batch, logs=None):
        if self._is_due(batch):
            self._save(logs)

    def on_epoch_end(self, epoch, logs=None):
        if self.save_freq == "epoch":
            self._save(logs)

    def _save(self, logs):
        if not is_lost(self.model, logs):
            self._number += 1
            self._files.save(self._number, training_state(self.model))

    def on_train_end(self, logs=None):
        if self.delete_checkpoint and not is_lost(self.model, logs):
            self._files.clear()


def _text(versions):
    return ", ".join(f"{name} {version}" for name, version in versions.items())
