"""Callback, the base: what it may hear of, and what of it is kept where training is to be resumed."""

import copy
import types

from ... import kinds, registry
from ...autograd.tensor import ArrayOperand


class Callback(registry.Configurable, kind="callbacks"):
    """Base: subclasses define the events they want. `self.model` and `self.params` are set before training.

    `logs` are numbers by name, in one dict that every callback hears of the same event is given: what one adds,
    the later ones see, and the history.
    """

    params = None
    kept = ()       # names of the attributes that make up the state
    comes_last = False      # told of everything after all others, as one must be that keeps their states
    _model = None

    @property
    def model(self):
        """The model that is trained, evaluated or predicts."""
        return self._model

    @model.setter
    def model(self, model):
        self._model = model

    def set_model(self, model):
        """Called with the model before training."""
        self._model = model

    def set_params(self, params):
        """Called with what is known of the training: epochs, steps, verbose."""
        self.params = params

    def get_state(self):
        """What a resumed training must know: a dict of plain data and arrays, by default the attributes in `kept`.

        Redefine it, and `set_state`, in a callback whose state is something else.
        """
        return {name: copy.deepcopy(getattr(self, name)) for name in self.kept}

    def set_state(self, state):
        """Take up what `get_state` gave. Where training is resumed this comes after `on_train_begin`, and after
        `on_epoch_begin` of the epoch that goes on. Raises ValueError for the state of something else."""
        if set(state) != set(self.kept):
            raise ValueError(f"{type(self).__name__}.set_state: expected {', '.join(self.kept) or 'nothing'}, got "
                             f"{', '.join(state) or 'nothing'}. Resume with the callbacks that training began with.")
        for name in self.kept:
            setattr(self, name, copy.deepcopy(state[name]))

    def hears(self, event):
        """Whether anything is done at the event of that name. Of batches at which nothing is, it is not told."""
        method = getattr(self, event)
        return (getattr(method, "__func__", None) is not vars(Callback)[event]
                or (event in _OLDER and self.hears(_OLDER[event])))

    def _counts(self, event):
        """Whether it is one of batches, at which a class of ours does something, not one of the user's."""
        return "_batch_" in event and kinds.is_ours(getattr(self, event))

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
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch, logs=None):
        """After an update; `logs` has the means over the epoch so far."""
        self.on_batch_end(batch, logs=logs)

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
_OLDER = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


def numbers(logs):
    """Logs as callbacks are given them: a new dict, sorted by name, of floats wherever a value is one number.

    Raises TypeError for what is no dict.
    """
    if not isinstance(logs, (dict, types.NoneType)):
        raise TypeError(f"a step must return a dict of numbers by name, got a {type(logs).__name__}. For example "
                        "{'loss': loss}.")
    result = {}
    for name, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            result.update(numbers(value))
        else:
            result[name] = value if type(value) is float else _number(value)
    return result


def _number(value):
    if isinstance(value, ArrayOperand):
        value = value._array if not value.ndim else value._array.copy()     # the memory may be a plan's
    if getattr(value, "ndim", 0):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return value
