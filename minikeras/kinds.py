"""Classes and functions by kind and name: where the built-in ones are put, and found.

Every built-in class registers itself under its kind; a kind is loaded when something of it is looked up.
"""

import difflib
import importlib
import re

from .custom_objects import own

# kind -> {name: class or function}. The kind "functions" has those of losses and metrics, whose names stand
# for classes in their own kinds.
KINDS = {}
UNNAMED = {}        # kind -> {name: class} of those that a saved config may name, and nothing else


# Where each kind is made. Looking a kind up imports its home, as a saved model may name any class, whatever the
# program has used so far; by name, like the package's own lazy names, for some homes come after their readers.
HOMES = {"activations": "activations", "callbacks": "callbacks", "constraints": "constraints",
         "features": "layers.preprocessing.features", "functions": "metrics", "initializers": "initializers",
         "layers": "layers", "losses": "losses", "metrics": "metrics", "models": "models", "optimizers": "optimizers",
         "regularizers": "regularizers", "schedules": "optimizers", "utils": "utils"}


def of_kind(kind):
    """{name: class or function} of everything registered under `kind`; empty for a kind there is not."""
    if kind in HOMES:
        importlib.import_module(f".{HOMES[kind]}", __package__)
    return KINDS.get(kind, {})


def snake_case(name):
    """Keras' spelling of a class name: MeanSquaredError -> mean_squared_error, ReLU -> re_lu."""
    spaced = re.sub(r"\W+", "", name)
    spaced = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", spaced)
    return re.sub("([a-z])([A-Z])", r"\1_\2", spaced).lower()


def is_ours(item):
    """Whether a class or function is part of this package, not of a user's program."""
    # A function from text run by `exec` has no module.
    return (item.__module__ or "").partition(".")[0] == __package__


def known(kind):
    """The names registered under `kind`, sorted: one for each class or function, its own."""
    return sorted({item.__name__ for item in of_kind(kind).values()})


def near(name, kinds, count=3):
    """The registered names nearest to `name`, best first, one for each class or function."""
    found = {}
    named = {known: item for kind in kinds for known, item in of_kind(kind).items()}
    for known in difflib.get_close_matches(str(name), named, len(named) or 1, 0.5):
        found.setdefault(named[known], known)
    return list(found.values())[:count]


def register(kind, *aliases):
    """Decorator: register a function under its own name and `aliases`."""
    def decorate(function):
        for name in (function.__name__, *aliases):
            KINDS.setdefault(kind, {})[name] = function
        return function
    return decorate


def find(kind, name, custom_objects=None):
    """The class or function called `name`. Raises ValueError with the nearest known names."""
    custom = own(name, custom_objects)
    if custom is not None:
        return custom
    try:
        return of_kind(kind)[name]
    except KeyError:
        close = near(name, (kind,))
        hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else f" Known are: {', '.join(known(kind))}."
        raise ValueError(f"{name!r} is not one of the {kind} of minikeras.{hint} A class of your own is passed as an "
                         "object, or named in custom_objects.") from None
