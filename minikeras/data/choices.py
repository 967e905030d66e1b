"""What can be chosen for a pipeline, and checks of it."""

import operator

from ..arguments import count, switch

AUTOTUNE = -1


class Options:
    """What can be chosen for a pipeline: whether its order is `deterministic`. It always is, which suits both."""

    def __init__(self):
        self.deterministic = None

    def __setattr__(self, name, value):
        if name in ("deterministic", "experimental_deterministic"):
            value = value if value is None else switch(f"Options.{name}", value)
            self.__dict__.update(deterministic=value, experimental_deterministic=value)
            return
        raise AttributeError(f"data.Options has no {name!r}; deterministic is all that can be chosen here.")

    def merge(self, options):
        """Options that take what is chosen in `options`, and otherwise what is in these."""
        made = Options()
        made.deterministic = self.deterministic if options.deterministic is None else options.deterministic
        return made


def integer(where, value):
    """A number or scalar tensor as an int."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"Dataset.{where} must be an integer, got {value!r}.") from None


def positive(where, value):
    """A number or scalar tensor as an int from 1 on."""
    return count(f"Dataset.{where}", integer(where, value))


def thread_count(where, value):
    """How many threads: None for none, 0 for as many as pay."""
    if value is None or (value := integer(where, value)) == AUTOTUNE:
        return value and 0
    return count(f"Dataset.{where}", value)
