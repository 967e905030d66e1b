"""LambdaCallback: functions for events."""

from .base import EVENTS, Callback


class LambdaCallback(Callback):
    """Calls the functions it was given, each at the event of its name and with the arguments of that method.

    kwargs   functions for the other events of Callback, such as on_test_begin=lambda logs: ...
    Raises TypeError for a name that is no event, or what cannot be called.
    """

    def __init__(self, on_epoch_begin=None, on_epoch_end=None, on_train_begin=None, on_train_end=None,
                 on_train_batch_begin=None, on_train_batch_end=None, **kwargs):
        given = {"on_epoch_begin": on_epoch_begin, "on_epoch_end": on_epoch_end, "on_train_begin": on_train_begin,
                 "on_train_end": on_train_end, "on_train_batch_begin": on_train_batch_begin,
                 "on_train_batch_end": on_train_batch_end, **kwargs}
        for event, function in given.items():
            if event not in EVENTS:
                raise TypeError(f"LambdaCallback: {event} is not an event of callbacks; those are {', '.join(EVENTS)}.")
            if function is not None:
                if not callable(function):
                    raise TypeError(f"LambdaCallback: {event} must be a function, got {function!r}.")
                setattr(self, event, function)
