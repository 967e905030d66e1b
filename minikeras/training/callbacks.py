"""Callbacks: told what training does, they record, stop or change it."""

import inspect

import numpy as np

from .. import registry


class Callback(registry.Configurable, kind="callbacks"):
    """Base: subclasses define the events they want. `self.model` and `self.params` are set before training."""

    model = None
    params = None

    def set_model(self, model):
        """Called with the model before training."""
        self.model = model

    def set_params(self, params):
        """Called with what is known of the training: epochs, steps, verbose."""
        self.params = params

    def on_train_begin(self, logs=None):
        """Before the first epoch."""

    def on_train_end(self, logs=None):
        """After the last epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch, logs=None):
        """After an epoch and its validation; `logs` has the losses and metrics, those of validation as val_...."""

    def on_batch_begin(self, batch, logs=None):
        """The older name of on_train_batch_begin."""

    def on_batch_end(self, batch, logs=None):
        """The older name of on_train_batch_end."""

    def on_train_batch_begin(self, batch, logs=None):
        """Before an update; `batch` counts from 0 in each epoch."""

    def on_train_batch_end(self, batch, logs=None):
        """After an update; `logs` has the means over the epoch so far."""

    def on_test_begin(self, logs=None):
        """Before an evaluation, also that of validation."""

    def on_test_end(self, logs=None):
        """After an evaluation; `logs` has its losses and metrics."""

    def on_test_batch_begin(self, batch, logs=None):
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch, logs=None):
        """After a batch of an evaluation; `logs` has the means so far."""

    def on_predict_begin(self, logs=None):
        """Before a prediction."""

    def on_predict_end(self, logs=None):
        """After a prediction."""

    def on_predict_batch_begin(self, batch, logs=None):
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch, logs=None):
        """After a batch of a prediction; `logs` has its outputs."""


EVENTS = [name for name in vars(Callback) if name.startswith("on_")]
_ALSO = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


class CallbackList:
    """Several callbacks as one. `on_<event>` calls those that define it."""

    def __init__(self, callbacks, model=None, **params):
        self.callbacks = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or ())
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks must be Callback objects, got {callback!r}.")
            callback.set_params(params)
            callback.set_model(model)
        # Most callbacks leave most events alone; those are not called at all.
        self._listening = {event: [getattr(c, name) for c in self.callbacks for name in (event, _ALSO.get(event))
                                   if name and (getattr(type(c), name) is not getattr(Callback, name)
                                                or name in vars(c))]
                           for event in EVENTS}

    def hears(self, event):
        """Whether any callback defines `event`."""
        return bool(self._listening[event])

    def __getattr__(self, event):
        if event not in EVENTS:
            raise AttributeError(event)
        listeners = self._listening[event]

        def call(*args, logs=None):
            for listener in listeners:
                listener(*args, logs)
        return call


class History(Callback):
    """Keeps what each epoch reported: `history` maps a name to a list of numbers, `epoch` lists the epochs."""

    def __init__(self):
        self.history, self.epoch = {}, []

    def on_train_begin(self, logs=None):
        self.history, self.epoch = {}, []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class EarlyStopping(Callback):
    """Stops when `monitor` has not improved by more than `min_delta` for `patience` epochs.

    mode                   'min', 'max', or 'auto': max for accuracies and the like
    baseline               value that must be beaten for an improvement to count
    restore_best_weights   end with the weights of the best epoch
    start_from_epoch       epochs before it do not count
    """

    def __init__(self, monitor="val_loss", min_delta=0, patience=0, verbose=0, mode="auto", baseline=None,
                 restore_best_weights=False, start_from_epoch=0):
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"EarlyStopping: mode must be 'auto', 'min' or 'max', got {mode!r}.")
        self.monitor, self.patience, self.verbose, self.baseline = monitor, patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self.mode, self.min_delta = mode, abs(min_delta)

    def on_train_begin(self, logs=None):
        self.wait, self.stopped_epoch, self.best, self.best_epoch, self.best_weights = 0, 0, None, 0, None

    def _is_better(self, value, than):
        if is_maximized(self.monitor, self.mode):
            return value - self.min_delta > than
        return value + self.min_delta < than

    def on_epoch_end(self, epoch, logs=None):
        value = monitored(logs, self.monitor, type(self).__name__)
        if epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self.best is None or self._is_better(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_better(value, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose:
                print(f"Restoring the weights of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


def monitored(logs, name, who):
    """The value of `name` in an epoch's logs. Raises ValueError naming what there is."""
    if name not in (logs or {}):
        raise ValueError(f"{who} monitors {name!r}, which this training does not report; it reports "
                         f"{', '.join(logs or {}) or 'nothing'}. For val_... give validation data.")
    return logs[name]


def is_maximized(monitor, mode):
    """Whether more of `monitor` is better: as `mode` says, or by its name if that is 'auto'."""
    if mode != "auto":
        return mode == "max"
    name = monitor.lower()
    if any(part in name for part in _MAXIMIZED):
        return True
    if any(part in name for part in _MINIMIZED):
        return False
    raise ValueError(f"it is not known whether more or less of {monitor!r} is better: give mode='max' or mode='min'.")


_MAXIMIZED = ("acc", "auc", "precision", "recall", "sensitivity", "specificity", "f1", "fbeta", "iou", "r2",
              "correlation", "cosine_similarity")
_MINIMIZED = ("loss", "error", "entropy", "mse", "mae", "mape", "msle", "rmse", "hinge", "divergence", "poisson",
              "logcosh", "log_cosh")


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of each epoch to `schedule(epoch, rate)`, or `schedule(epoch)`."""

    def __init__(self, schedule, verbose=0):
        self.takes_rate = len(inspect.signature(schedule).parameters) > 1
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch, logs=None):
        rate = float(np.asarray(self.model.optimizer.learning_rate))
        rate = float(self.schedule(epoch, rate) if self.takes_rate else self.schedule(epoch))
        self.model.optimizer.learning_rate = rate
        if self.verbose:
            print(f"Epoch {epoch + 1}: learning rate {rate:g}.")

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["learning_rate"] = float(np.asarray(self.model.optimizer.learning_rate))


class TerminateOnNaN(Callback):
    """Stops training when the loss is NaN or infinite, or raises RuntimeError then if `raise_error`."""

    def __init__(self, raise_error=False):
        self.raise_error = raise_error

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is not None and not np.isfinite(loss):
            if self.raise_error:
                raise RuntimeError(f"batch {batch}: the loss is {loss}; training cannot go on.")
            print(f"Batch {batch}: the loss is {loss}; training stops.")
            self.model.stop_training = True
