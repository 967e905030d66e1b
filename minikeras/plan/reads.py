"""Which attributes a step depends on: those it reads while it is recorded, and what they were."""

import contextlib
import threading

from ..registry import PLAIN, Configurable, is_ours

ABSENT = object()
CONTAINERS = (list, dict, set)
_installing = threading.Lock()
_installed = 0


class _ThreadReads(threading.local):
    notes = ()


_thread = _ThreadReads()


class Reads:
    """The attributes read inside `noted` of layers, models, losses, metrics, optimizers and their like.

    changed   (object, name) of those that the block itself changed, on objects that were there before
    """

    def __init__(self):
        self._seen = {}         # (id of the object, name) -> (object, name, value)
        self._containers = {}   # the same -> (container, copy), of objects of the user's own classes
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
            self.changed = [(holder, name) for holder, name in self.changed
                            if not same(self._seen[id(holder), name][2], vars(holder).get(name, ABSENT))]

    def note(self, holder, name, held):
        """Attribute `name` was read, `held` being the object's own."""
        key = id(holder), name
        if key not in self._seen and id(holder) not in self._fresh:
            value = held.get(name, ABSENT)
            self._seen[key] = holder, name, value
            if isinstance(value, CONTAINERS) and not is_ours(type(holder)):
                self._containers[key] = value, value.copy()

    def changing(self, holder, name):
        """Attribute `name` is about to change."""
        held = object.__getattribute__(holder, "__dict__")
        if held.keys() <= {"_captured", "_record"}:
            self._fresh[id(holder)] = holder
        if id(holder) not in self._fresh:
            self.note(holder, name, held)
            self.changed.append((holder, name))

    def objects(self):
        """Whose attributes were read."""
        return list({id(holder): holder for holder, _, _ in self._seen.values()}.values())

    def grown(self):
        """(object, name) of a list, dict or set of a user's object that is no longer what it was, None if none is."""
        for key, (container, before) in self._containers.items():
            if not _alike(container, before):
                holder, name, _ = self._seen[key]
                return holder, name
        return None

    def hold(self):
        """Whether every attribute is still what it was."""
        for holder, name, value in self._seen.values():
            now = holder.__dict__.get(name, ABSENT)
            if now is not value and not same(value, now):
                return False
        return True

    @property
    def containers(self):
        return bool(self._containers)


def same(a, b):
    """Whether two values of an attribute are the same."""
    return a is b or (type(a) is type(b) and type(a) in PLAIN and a == b)


def _alike(container, before):
    if len(container) != len(before) or isinstance(container, set):
        return container == before
    if isinstance(container, dict):
        return container.keys() == before.keys() and all(same(container[key], before[key]) for key in before)
    return all(map(same, container, before))


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
