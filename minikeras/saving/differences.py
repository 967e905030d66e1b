"""How a file of weights differs from a model, path by path."""

import warnings

import numpy as np

from .. import kinds
from ..errors import FileFormatError
from .paths import place

_SHOWN = 100            # differences in a message; a file may be made to have any number
_ADVICE = ("Load it into a model of the same layers and sizes. Or pass skip_mismatch=True, to load what fits and leave "
           "the rest as it is, or by_name=True, to go by the names of the layers instead of their places.")


class Differences:
    """Collects what does not fit between a file, called `where`, and a model, and tells of all at once.

    origin   path in the file by path in the model, where these are not the same
    """

    def __init__(self, model, where, origin=None):
        self.model, self.where, self.origin = model, where, origin or {}
        self.found = []

    def compare(self, path, obj, own):
        """Whether the arrays that a file has at a path fit an object, as far as can be seen; what does not is noted."""
        if not kinds.is_ours(type(obj).load_own_variables):
            return True         # it says itself what it takes
        variables, before = stored_variables(obj), len(self.found)
        for name, variable in variables.items():
            self._compare_one(path, name, f"{variable.name!r} of {titled(obj)}", variable, own.get(name))
        for name in own:
            if name not in variables:
                self._note(path, name, f"{titled(obj)} has no such weight; the file has {_described(own[name])}")
        return len(self.found) == before

    def _compare_one(self, path, name, title, variable, array):
        if array is None:
            self._note(path, name, f"{title}, of shape {variable.shape}, is missing from the file")
        elif array.shape != variable.shape:
            self._note(path, name, f"{title} has shape {variable.shape}, but the file has {array.shape}")
        elif not np.can_cast(array.dtype, variable.dtype.dtype, "same_kind"):
            self._note(path, name, f"{title} has dtype {variable.dtype.name}, which the file's {array.dtype} does not "
                                   "convert to")

    def failed(self, path, obj, error):
        """An object did not take the arrays at its path."""
        self._note(path, "", f"{titled(obj)} cannot load it: {type(error).__name__}: {error}")

    def superfluous(self, path, own):
        """The file has arrays at a path where the model has nothing."""
        for name, array in own.items():
            self._note(path, name, f"the model has nothing there; the file has {_described(array)}")

    def _note(self, path, name, text):
        there = self.origin.get(path, path)
        inside = "" if there == path else f" (in the model {path})"
        self.found.append(f"{place(there)}{'/' if name else ''}{name}{inside}: {text}")

    def report(self, skip_mismatch):
        """Raise, or with `skip_mismatch` warn, if there is anything to tell."""
        if not self.found:
            return
        count = len(self.found)
        rest = [f"... and {count - _SHOWN} more"] if count > _SHOWN else []
        listed = "\n  ".join([*self.found[:_SHOWN], *rest])
        places = "one place" if count == 1 else f"{count} places"
        if skip_mismatch:
            warnings.warn(f"{self.where}: loaded into {self.model.name!r}, but for {places} where the file and the "
                          f"model differ:\n  {listed}", stacklevel=6)
        else:
            raise FileFormatError(f"{self.where}: the file does not fit the model {self.model.name!r} in {places}:\n"
                                  f"  {listed}\n{_ADVICE}")


def titled(obj):
    """How messages name an object: what it is, its name and its class."""
    what = {"optimizers": "optimizer", "metrics": "metric", "losses": "loss"}.get(obj._kind, "layer")
    return f"{what} {obj.name!r} ({type(obj).__name__})"


def _described(array):
    return f"{array.dtype} of shape {array.shape}"


def stored_variables(obj):
    """The Variables of an object of ours by their names in files."""
    return obj._stored() if hasattr(obj, "_stored") else {str(i): v for i, v in enumerate(obj.variables)}
