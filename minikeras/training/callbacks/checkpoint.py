"""ModelCheckpoint: the model of each epoch, or the best, in files."""

import os
from pathlib import Path

from ...run_settings import print_message
from ...saving.api import MODEL_ENDINGS
from ...saving.atomic import remove_leftovers
from ...saving.weights import WEIGHTS_ENDINGS
from .monitoring import _Monitoring
from .nan import is_lost
from .saving import _Saving


class ModelCheckpoint(_Saving, _Monitoring):
    """Saves the model, or its weights, each epoch or every so many batches, all of it or only where it got better.

    filepath                  may hold {epoch} (from 1), {batch} (likewise, where batches are counted) and the names of
                              the logs, with formats: 'models/{epoch:02d}-{val_loss:.2f}.keras'. Folders are made
    verbose                   1 to say what is done
    save_best_only            only where `monitor` got better
    save_weights_only         into .weights.h5, .weights.npz or .safetensors; else the model, into .keras, or .h5 in the
                              form of Keras 2
    mode                      'min', 'max', or 'auto': by the metric, or its name
    save_freq                 'epoch', or a number of batches, also across epochs
    initial_value_threshold   what `monitor` must be better than to be saved at all
    A file is written whole or not at all. Where `monitor` is not reported it warns, and saves. A NaN is never the best,
    and no file is written of a model because of which TerminateOnNaN ends the training.
    """

    kept = ("best", *_Saving.kept)

    def __init__(self, filepath, monitor="val_loss", verbose=0, save_best_only=False, save_weights_only=False,
                 mode="auto", save_freq="epoch", initial_value_threshold=None):
        super().__init__(monitor, mode)
        self.filepath, self.verbose = os.fspath(filepath), verbose
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self._save_every(save_freq)
        self.initial_value_threshold = self.best = initial_value_threshold
        endings = WEIGHTS_ENDINGS if save_weights_only else MODEL_ENDINGS
        if not self.filepath.endswith(endings):
            raise ValueError(f"ModelCheckpoint: with save_weights_only={save_weights_only} filepath must end in "
                             f"{' or '.join(endings)}, got {self.filepath!r}.")

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch)
        self._epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if self.save_freq == "epoch":
            self._save({"epoch": epoch + 1, **(logs or {})}, epoch, logs or {})

    def on_train_batch_end(self, batch, logs=None):
        if self._is_due(batch):
            self._save({"epoch": self._epoch + 1, "batch": batch + 1, **(logs or {})}, self._epoch, logs or {})

    def _save(self, names, epoch, logs):
        if is_lost(self.model, logs):
            return
        try:
            path = self.filepath.format(**names)
        except KeyError as error:
            raise KeyError(f"ModelCheckpoint: filepath {self.filepath!r} names {error.args[0]}, and there are "
                           f"{', '.join(names)}.") from None
        if self.save_best_only and not self._is_best(epoch, logs):
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        (self.model.save_weights if self.save_weights_only else self.model.save)(path, overwrite=True)
        remove_leftovers(Path(path).parent)
        self._say(epoch, f"saved to {path}")

    def _is_best(self, epoch, logs):
        value = self._monitored(logs, "the model is saved whatever it is")
        if value is None:
            return True
        before = "None" if self.best is None else f"{self.best:.5f}"
        if not self._improves(value, self.best):
            self._say(epoch, f"{self.monitor} did not improve from {before}")
            return False
        self._say(epoch, f"{self.monitor} improved from {before} to {value:.5f}")
        self.best = value
        return True

    def _say(self, epoch, what):
        if self.verbose:
            print_message(f"\nEpoch {epoch + 1}: {what}")
