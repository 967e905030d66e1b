"""How every training of this program runs: where its lines go, and after how many epochs and steps it must end."""

import logging
import os
import sys
import warnings

from .arguments import count

_settings = {"interactive": True, "epochs": None, "steps": None}


def enable_interactive_logging():
    """Write progress and messages to standard output. So it is at the start."""
    _settings["interactive"] = True


def disable_interactive_logging():
    """Send messages to the logger 'minikeras' at level INFO, and show no progress bars: for jobs nobody watches."""
    _settings["interactive"] = False


def is_interactive_logging_enabled():
    """Whether progress and messages go to standard output."""
    return _settings["interactive"]


def print_message(message, line_break=True):
    """Show a message where they go now. What the terminal's encoding has no letter for becomes `=` or is left out."""
    if not is_interactive_logging_enabled():
        logging.getLogger("minikeras").info(message)
        return
    text = f"{message}\n" if line_break else str(message)
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.replace("━", "=").encode(encoding, "ignore").decode(encoding))
    sys.stdout.flush()


def set_max_epochs(max_epochs):
    """No call to `fit` runs more epochs than this, whatever it asks for: to try a program quickly. None: no limit."""
    _settings["epochs"] = _limit("set_max_epochs: max_epochs", max_epochs)


def max_epochs():
    """The limit on epochs: of `set_max_epochs`, else of the environment variable KERAS_MAX_EPOCHS, else None."""
    return _settings["epochs"]


def set_max_steps_per_epoch(max_steps_per_epoch):
    """No epoch of `fit`, and no `evaluate` or `predict`, takes more steps than this. None: no limit."""
    _settings["steps"] = _limit("set_max_steps_per_epoch: max_steps_per_epoch", max_steps_per_epoch)


def max_steps_per_epoch():
    """The limit on steps: of `set_max_steps_per_epoch`, else of the environment variable KERAS_MAX_STEPS_PER_EPOCH,
    else None."""
    return _settings["steps"]


def at_most(limit, value, what):
    """`value`, or the limit if that is less, with a warning. None: no limit, or no number of one's own."""
    if limit is None or (value is not None and value <= limit):
        return value
    warnings.warn(f"{what} are limited to {limit} by a setting of this program.", stacklevel=4)
    return limit


def _limit(what, value):
    return None if value is None else count(what, value)


def _limit_of_environment(name):
    text = os.environ.get(name)
    if not text:
        return None
    if not text.strip().isdigit():
        raise ValueError(f"the environment variable {name} must be a whole number, got {text!r}.")
    return _limit(name, int(text))


_settings["epochs"] = _limit_of_environment("KERAS_MAX_EPOCHS")
_settings["steps"] = _limit_of_environment("KERAS_MAX_STEPS_PER_EPOCH")
