"""CallbackList: several callbacks as one."""

from ...autograd import tree
from .base import EVENTS, Callback, numbers
from .history import History
from .progress import ProgbarLogger


class CallbackList(Callback, named=False):
    """Several callbacks as one, told of everything in their order. For loops of one's own, too.

    callbacks      one, or a nested structure of them
    add_history    whether to add a History at the end, if there is none
    add_progbar    whether to add a ProgbarLogger after it, if there is none
    model          what the callbacks are given as `model`
    params         what they are given as `params`: epochs, steps, verbose
    Raises TypeError for what is no Callback.
    """

    def __init__(self, callbacks=None, add_history=False, add_progbar=False, model=None, **params):
        found = [] if callbacks is None else tree.flatten(callbacks)
        for callback in found:
            _check(callback)
        for wanted, cls in ((add_history, History), (add_progbar, ProgbarLogger)):
            if wanted and not any(isinstance(callback, cls) for callback in found):
                found.append(cls())
        self.callbacks = sorted(found, key=lambda callback: callback.comes_last)
        self.set_model(model)
        self.set_params(params)
        self._look_again()

    def append(self, callback):
        """Add a callback at the end."""
        _check(callback)
        self.callbacks = sorted([*self.callbacks, callback], key=lambda callback: callback.comes_last)
        if self.model is not None:
            callback.set_model(self.model)
        if self.params:
            callback.set_params(self.params)
        self._look_again()

    def set_model(self, model):
        """Give every callback the model, and the model the History among them; nothing for None."""
        if model is None:
            return
        super().set_model(model)
        for callback in self.callbacks:
            callback.set_model(model)
            if isinstance(callback, History):
                model.history = callback

    def set_params(self, params):
        """Give every callback what is known of the training; nothing if that is empty."""
        super().set_params(params)
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def get_state(self):
        """The states of those callbacks that have one, in their order."""
        return {"callbacks": [(type(callback).__name__, state) for callback in self.callbacks
                              for state in [callback.get_state()] if state]}

    def set_state(self, state):
        """Take up what `get_state` gave. Raises ValueError if it is that of other callbacks."""
        takers = [callback for callback in self.callbacks if callback.get_state()]
        have, want = [type(callback).__name__ for callback in takers], [name for name, _ in state["callbacks"]]
        if have != want:
            raise ValueError(f"CallbackList.set_state: it is the state of {', '.join(want) or 'none'}, and there are "
                             f"{', '.join(have) or 'none'}. Resume with the callbacks that training began with.")
        for callback, (_, its) in zip(takers, state["callbacks"]):
            callback.set_state(its)

    def hears(self, event):
        """Whether any callback does anything at the event of that name."""
        return any(callback.hears(event) for callback in self.callbacks)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Let go of what shows progress, come what may."""
        for callback in self.callbacks:
            if isinstance(callback, (ProgbarLogger, CallbackList)):
                callback.close()

    def _look_again(self):
        # Most callbacks leave most batches alone: those are not called at all. Which they are may change when something
        # begins.
        self._listeners = {event: [getattr(callback, event) for callback in self.callbacks if callback.hears(event)]
                           for event in _OF_BATCHES}


_OF_BATCHES = [event for event in EVENTS if "_batch_" in event]


def _check(callback):
    if not isinstance(callback, Callback):
        raise TypeError(f"callbacks must be Callback objects, got {callback!r}.")


def _telling_of_batch(event):
    def tell(self, batch, logs=None):
        logs = numbers(logs)
        for hear in self._listeners[event]:
            hear(batch, logs=logs)
    return tell


def _telling_of_epoch(event):
    def tell(self, epoch, logs=None):
        logs = numbers(logs)
        for callback in self.callbacks:
            getattr(callback, event)(epoch, logs)
        if event.endswith("begin"):
            self._look_again()
    return tell


def _telling(event):
    def tell(self, logs=None):
        logs = numbers(logs)
        if event == "on_train_begin" and self.model is not None:
            self.model._ends_on_nan = False     # until a TerminateOnNaN hears of it
        for callback in self.callbacks:
            getattr(callback, event)(logs)
        if event.endswith("begin"):
            self._look_again()
    return tell


for _event in EVENTS:
    _of = _telling_of_batch if _event in _OF_BATCHES else _telling_of_epoch if "_epoch_" in _event else _telling
    _tell = _of(_event)
    _tell.__name__, _tell.__doc__ = _event, getattr(Callback, _event).__doc__
    setattr(CallbackList, _event, _tell)
