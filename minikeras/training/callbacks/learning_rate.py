"""Callbacks that change the learning rate between epochs."""

import inspect
import warnings

import numpy as np

from ...run_settings import print_message
from .base import Callback
from .monitoring import _Monitoring


def _rates(model):
    """(optimizer, what to add to `learning_rate` for its name) of each that updates the model's variables."""
    optimizer = model.optimizer
    if not hasattr(optimizer, "optimizers"):
        return [(optimizer, "")]
    if model.built:
        optimizer.build(model.trainable_weights)        # which optimizers there are may depend on the variables
    return [(one, f"_{one.name}") for one in optimizer.optimizers]


def _rate(optimizer):
    return float(np.asarray(optimizer.learning_rate))


def report_rates(model, logs):
    """Put the learning rate into the logs, that of each of several optimizers under its name."""
    for one, suffix in _rates(model):
        logs[f"learning_rate{suffix}"] = _rate(one)


def _say(epoch, suffix, what):
    print_message(f"\nEpoch {epoch + 1}: learning rate{suffix.replace('_', ' of ', 1)} {what}.")


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of each epoch to `schedule(epoch, rate)`, or `schedule(epoch)`.

    schedule   a function of the epoch, counted from 0, and the rate so far; its result must be one number
    verbose    1 to say what was set
    The logs of an epoch get the rate as `learning_rate`; each of several optimizers has its own.
    """

    def __init__(self, schedule, verbose=0):
        self.schedule, self.verbose = schedule, verbose
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch, logs=None):
        for optimizer, suffix in _rates(self.model):
            rate = self.schedule(epoch, _rate(optimizer)) if self._takes_rate else self.schedule(epoch)
            if rate is None or np.ndim(rate):
                raise ValueError(f"LearningRateScheduler: schedule must give the learning rate, one number; for epoch "
                                 f"{epoch} it gave {rate!r}.")
            rate = float(np.asarray(rate))
            optimizer.learning_rate = rate
            if self.verbose:
                _say(epoch, suffix, f"set to {rate}")

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            report_rates(self.model, logs)


def _takes_two(function):
    try:
        inspect.signature(function).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:      # of a builtin nothing is known
        return True
    return True


class ReduceLROnPlateau(_Monitoring):
    """Multiplies the learning rate by `factor` when `monitor` has not improved for `patience` epochs.

    factor      below 1
    verbose     1 to say what was set
    mode        'min', 'max', or 'auto': by the metric, or its name
    min_delta   an improvement must be larger
    cooldown    epochs after a reduction that do not count
    min_lr      no rate below
    The logs of an epoch get the rate it ran at as `learning_rate`. Where `monitor` is not reported it warns.
    """

    kept = ("best", "wait", "cooldown_counter")

    def __init__(self, monitor="val_loss", factor=0.1, patience=10, verbose=0, mode="auto", min_delta=1e-4, cooldown=0,
                 min_lr=0.0, **kwargs):
        super().__init__(monitor, mode, min_delta)
        if not 0 <= factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor must be at least 0 and below 1, got {factor}.")
        if kwargs:      # Keras takes any, for the sake of programs that still have those of its first version
            warnings.warn(f"ReduceLROnPlateau does nothing with {', '.join(kwargs)}; epsilon is called min_delta now.",
                          stacklevel=2)
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self._reset()

    def _reset(self):
        self.best, self.wait, self.cooldown_counter = None, 0, 0

    def in_cooldown(self):
        """Whether epochs do not count yet."""
        return self.cooldown_counter > 0

    def on_train_begin(self, logs=None):
        self._reset()

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        report_rates(self.model, logs)
        value = self._monitored(logs, "the learning rate is left alone")
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._improves(value, self.best):
            self.best, self.wait = value, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter, self.wait = self.cooldown, 0

    def _reduce(self, epoch):
        """Lower each rate that is above the least; whether there was one."""
        reduced = False
        for optimizer, suffix in _rates(self.model):
            rate = _rate(optimizer)
            if rate > np.float32(self.min_lr):
                optimizer.learning_rate = new = max(rate * self.factor, self.min_lr)
                reduced = True
                if self.verbose:
                    _say(epoch, suffix, f"reduced to {new}")
        return reduced
