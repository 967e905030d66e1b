"""The loops of fit, evaluate and predict, and where a run of `fit` stands."""

import warnings

from .. import kinds
from ..errors import DataError
from .callbacks.base import numbers
from .interrupts import Interruptible
from .steps import executions, joined, runner


class Fitting:
    """A run of `fit`. Where it stands can be put down after any step, and taken up again in another process.

    feed      the training data, which knows where it stands
    epochs    where it ends
    epoch     the epoch under way, or that comes next, from 0
    step      batches of it that are done
    logs      what the last step reported
    validate  a Validation, None for none
    During `fit` it is the model's `_fitting`.
    """

    def __init__(self, model, feed, events, epochs, epoch=0, validate=None):
        self.model, self.feed, self.events, self.validate = model, feed, events, validate
        self.epochs, self.epoch, self.step, self.logs = epochs, epoch, 0, {}
        self._resumed, self._restore = None, None       # the state that it is to go on from, until it does

    def get_state(self):
        """Where it stands, as plain data and arrays: all but what the model, its optimizer and its metrics hold.

        To be asked after a step or an epoch: in on_train_batch_end or on_epoch_end.
        """
        state = {"epoch": self.epoch, "step": self.step, "data": self.feed.get_state(),
                 "callbacks": self.events.get_state(), "logs": numbers(self.logs)}
        if self.validate is not None:
            state["validation"] = self.validate.feed.source.get_state()
        return state

    def set_state(self, state, restore=None):
        """Go on where `get_state` found it: to be called in on_train_begin, with the same data and callbacks.

        restore   gives the model and its metrics what they held then; called when all callbacks have begun, training
                  and the epoch, whatever they did to the model
        """
        self.epoch, self.step, self.logs = state["epoch"], state["step"], state["logs"]
        self._resumed, self._restore = state, restore
        self.build()

    def build(self):
        """Make what the first step would make: weights, the optimizer's slots, what was compiled. Where a step of the
        user's own makes other things they get their state when it does."""
        batch = self.feed.peek()
        if batch is None:
            raise _no_data()
        try:
            self.model._build_for_training(batch)
        except Exception:       # of a step of the user's own, which may do without what is asked for here
            if kinds.is_ours(type(self.model).train_step):
                raise

    def run(self):
        """Train until the last epoch, or until the model is told to stop. Returns the logs of the last epoch."""
        model, events, logs = self.model, self.events, {}
        model._steps.fitting = self
        try:
            with Interruptible() as whole:
                events.on_train_begin()
                if self._resumed is not None:
                    self._take_up(self._resumed)
                    logs = self.logs
                while self.epoch < self.epochs and not model.stop_training:
                    trained = self._run_epoch(whole)
                    if trained is None:
                        break
                    logs = trained
            if self.epochs:
                model._finalize_weights()
            events.on_train_end(logs=logs)
        finally:
            model._steps.fitting = None
            self.feed.restart()

    def _run_epoch(self, whole):
        """The logs of the epoch; None if there were no data left for it."""
        model, events = self.model, self.events
        model.reset_metrics()
        events.on_epoch_begin(self.epoch)
        if self._resumed is not None:
            self._resume()
        elif not self.step:
            self.logs = None
        model._check_steps_again()
        tells, run = events.hears("on_train_batch_end"), runner(model, "train")

        def run_whole(batch, rest):
            whole.busy = True
            return run(batch, rest)
        batches = self.feed.epoch(self.step)
        for last, results in executions(model, "train", batches, events, run_whole, self.step):
            self.step, self.logs = last + 1, results[-1]
            if tells:
                events.on_train_batch_end(last, logs=self.logs)
            whole.busy = False
            if whole.waiting:
                whole.let_through()
            if model.stop_training:
                break
        if not self.step:
            return self._without_data()
        return self._end_epoch(whole)

    def _end_epoch(self, whole):
        logs, epoch = numbers(self.logs), self.epoch
        if self.validate is not None:
            logs = dict(sorted((logs | self.validate(epoch)).items()))
        # From here on a run that is put down begins with the next epoch.
        self.epoch, self.step, self.logs = epoch + 1, 0, logs
        whole.busy = True       # so that all callbacks know of the epoch, or none
        self.events.on_epoch_end(epoch, logs=logs)
        whole.let_through()
        return logs

    def _take_up(self, state):
        if self._restore is not None:
            self._restore()
        self.events.set_state(state["callbacks"])
        self.feed.set_state(state["data"])
        if self.validate is not None:
            self.validate.feed.source.set_state(state["validation"])

    def _resume(self):
        state, self._resumed = self._resumed, None
        if self.step:       # the callbacks have begun the epoch anew
            self._take_up(state)

    def _without_data(self):
        if not self.model.history.epoch:
            raise _no_data()
        warnings.warn(f"fit: there are no data left for epoch {self.epoch + 1} of {self.epochs}, so training ends. A "
                      "generator can be run through once only: give steps_per_epoch, or a data set.", stacklevel=5)


def _no_data():
    return DataError("the data give no batches. Give at least one.")


class Validation:
    """The evaluation of a model on a feed after every so many epochs, or those listed (counted from 1)."""

    def __init__(self, model, feed, frequency, events):
        self.model, self.feed, self.frequency, self.events = model, feed, frequency, events

    def __call__(self, epoch):
        """The logs to add to those of an epoch, counted from 0; none if it is not due."""
        listed = isinstance(self.frequency, (list, tuple, set))
        if (epoch + 1 not in self.frequency) if listed else (epoch + 1) % self.frequency:
            return {}
        return {f"val_{name}": value for name, value in evaluate(self.model, self.feed, self.events).items()}


def evaluate(model, feed, events):
    """The losses and metrics over an epoch of the data, numbers by name."""
    model.stop_evaluating = False
    feed.restart()
    events.on_test_begin()
    model.reset_metrics()
    logs, tells = None, events.hears("on_test_batch_end")
    for last, results in executions(model, "test", feed.epoch(), events):
        logs = results[-1]
        if tells:
            events.on_test_batch_end(last, logs=logs)
        if model.stop_evaluating:
            break
    if logs is None:
        raise _no_data()
    logs = numbers(logs)
    events.on_test_end(logs=logs)
    return logs


def predict(model, feed, events):
    """The outputs for an epoch of the data, as arrays."""
    model.stop_predicting = False
    events.on_predict_begin()
    outputs, tells = [], events.hears("on_predict_batch_end")
    for last, results in executions(model, "predict", feed.epoch(), events):
        outputs += results
        if tells:
            events.on_predict_batch_end(last, logs={"outputs": joined(results)})
        if model.stop_predicting:
            break
    if not outputs:
        raise _no_data()
    events.on_predict_end()
    return joined(outputs)
