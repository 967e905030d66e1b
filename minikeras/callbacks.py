"""Callbacks by Keras' names."""

from .training.callbacks import (
    Callback,
    CallbackList,
    EarlyStopping,
    History,
    LearningRateScheduler,
    TerminateOnNaN,
)

__all__ = ["Callback", "CallbackList", "EarlyStopping", "History", "LearningRateScheduler", "TerminateOnNaN"]
