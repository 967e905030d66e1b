"""Which attributes a step depends on: those it reads while it is recorded, and what they were."""

import contextlib
import threading
import types

import numpy as np

from ..autograd.sites import caller
from ..registry import PLAIN, Configurable, is_ours

ABSENT = object()
# What is larger is told apart by identity and length alone: looking must not cost more than the step.
LARGE_LIST, LARGE_ARRAY = 1000, 1 << 16
NO_STATE = (Configurable, type, types.ModuleType, types.FunctionType, types.MethodType, types.BuiltinFunctionType)
_installing = threading.Lock()
_installed = 0


class _ThreadReads(threading.local):
    notes = ()


_thread = _ThreadReads()


class Reads:
    """The attributes read inside `noted` of layers, models, losses, metrics, optimizers and their like.

    changed   (object, name, place) of those that the block itself changed, on objects that were there before
    What lists, dicts, sets, arrays and plain objects in attributes of the user's own classes hold counts, too.
    """

    def __init__(self):
        self._seen = {}         # (id of the object, name) -> (object, name, value)
        self._contents = {}     # the same -> (value, what was in it, a copy of it)
        self._fresh = {}        # objects made inside the block
        self.changed = []

    @contextlib.contextmanager
    def noted(self):
        """The block."""
        outer, _thread.notes = _thread.notes, (*_thread.notes, self)
        _install(1)
        try:
            yield
        finally:
            _install(-1)
            _thread.notes = outer
            self.changed = [(holder, name, place) for holder, name, place in self.changed
                            if not same(self._seen[id(holder), name][2], vars(holder).get(name, ABSENT))]
            self.changed += [(*self._seen[key][:2], None) for key in self._touched()]

    def note(self, holder, name, held):
        """Attribute `name` was read, `held` being the object's own."""
        key = id(holder), name
        if key not in self._seen and id(holder) not in self._fresh:
            value = held.get(name, ABSENT)
            self._seen[key] = holder, name, value
            if _has_contents(value) and not is_ours(type(holder)):
                self._contents[key] = value, _contents(value), _copied(value)

    def changing(self, holder, name):
        """Attribute `name` is about to change."""
        held = object.__getattribute__(holder, "__dict__")
        if held.keys() <= {"_captured", "_record"}:
            self._fresh[id(holder)] = holder
        if id(holder) not in self._fresh:
            self.note(holder, name, held)
            self.changed.append((holder, name, caller()))

    def objects(self):
        """Whose attributes were read."""
        return list({id(holder): holder for holder, _, _ in self._seen.values()}.values())

    def _touched(self):
        """Keys of values that no longer hold what they held."""
        return [key for key, (value, before, _) in self._contents.items() if _contents(value) != before]

    def put_back(self, names=None):
        """Give what the block changed the value from before it; only where it is among `names`, if given."""
        for holder, name, _ in self.changed:
            key = id(holder), name
            if names is not None and key not in names:
                continue
            value = self._seen[key][2]
            if value is ABSENT:
                delattr(holder, name)
            else:
                setattr(holder, name, value)
            if key in self._contents:
                _refill(value, self._contents[key][2])

    def hold(self):
        """Whether every attribute is still what it was."""
        return self._first_other() is None

    def _first_other(self):
        for key, (holder, name, value) in self._seen.items():
            now = holder.__dict__.get(name, ABSENT)
            if now is not value and not same(value, now):
                return key
        return None

    def changed_since(self):
        """The name of an attribute that is no longer what it was, and whose it is; "" if all are."""
        keys = [key for key in (self._first_other(), *self._touched()) if key is not None]
        return f"{keys[0][1]!r} of {type(self._seen[keys[0]][0]).__name__}" if keys else ""

    def hold_contents(self):
        """Whether what those values hold is still what it was. To be asked in every call: nobody tells."""
        return not self._contents or not self._touched()


def same(a, b):
    """Whether two values of an attribute are the same."""
    return a is b or (type(a) is type(b) and type(a) in PLAIN and a == b)


class _Identity:
    """Stands for an object, equal only to itself."""

    __slots__ = ("held",)

    def __init__(self, held):
        self.held = held

    def __eq__(self, other):
        return type(other) is _Identity and self.held is other.held

    __hash__ = None


def _has_contents(value):
    return isinstance(value, (list, tuple, dict, set, np.ndarray, np.random.Generator)) or (
        hasattr(value, "__dict__") and not isinstance(value, NO_STATE) and not is_ours(type(value)))


def _contents(value, depth=2):
    """What a value holds, down to `depth` levels, in a form that can be compared."""
    if value is None or type(value) in PLAIN:
        return type(value), repr(value)
    if isinstance(value, np.ndarray):
        return (_Identity(value), value.shape, value.dtype, value.tobytes()) if value.nbytes <= LARGE_ARRAY \
            else _Identity(value)
    if isinstance(value, np.random.Generator):
        return repr(value.bit_generator.state)
    if not depth or not _has_contents(value):
        return _Identity(value)
    if isinstance(value, (list, tuple, dict, set)) and len(value) > LARGE_LIST:
        return _Identity(value), len(value)
    if isinstance(value, (list, tuple)):
        return type(value), [_contents(item, depth - 1) for item in value]
    if isinstance(value, set):
        return type(value), value.copy()
    pairs = value if isinstance(value, dict) else vars(value)
    return _Identity(value), [(_contents(key, 0), _contents(item, depth - 1)) for key, item in pairs.items()]


def _copied(value):
    """A copy of what a value holds itself, from which `_refill` restores it."""
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state
    return value.copy() if isinstance(value, (list, dict, set, np.ndarray)) else \
        value if isinstance(value, tuple) else vars(value).copy()


def _refill(value, copy):
    if isinstance(value, np.random.Generator):
        value.bit_generator.state = copy
    elif isinstance(value, (list, np.ndarray)):
        value[:] = copy
    elif not isinstance(value, tuple):
        held = value if isinstance(value, (dict, set)) else vars(value)
        held.clear()
        held.update(copy)


def _noting(self, name):
    value = object.__getattribute__(self, name)
    for reads in _thread.notes:
        reads.note(self, name, object.__getattribute__(self, "__dict__"))
    return value


def _install(count):
    """Reading attributes costs nothing except while some thread records."""
    global _installed
    with _installing:
        _installed += count
        if _installed and "__getattribute__" not in vars(Configurable):
            Configurable.__getattribute__ = _noting
        elif not _installed:
            del Configurable.__getattribute__
