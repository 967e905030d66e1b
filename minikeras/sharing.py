"""Objects that stand in a config more than once: numbered, as in Keras, so that each comes back as one object."""

import contextlib
import json
import threading

NUMBER = "shared_object_id"


class _Scope(threading.local):
    met = None          # while a config is written: id -> [object, how often it was met], in the order of meeting
    numbers = None      # ... and once it is known which are met again: id -> number
    made = None         # while a config is read: number, or text of a form, -> object


_scope = _Scope()


@contextlib.contextmanager
def _set(**values):
    before = dict(vars(_scope))
    vars(_scope).update(values)
    try:
        yield
    finally:
        vars(_scope).clear()
        vars(_scope).update(before)


def with_numbers(write, obj):
    """`write(obj)`, the config of `obj`, in which the layers that stand in it more than once have numbers."""
    with _set(met={}, numbers=None):
        write(obj)
        again = [key for key, (_, count) in _scope.met.items() if count > 1]
    with _set(met=None, numbers={key: number for number, key in enumerate(again, 1)}):
        return write(obj)


def written(obj, form):
    """Take note of a layer of which `form` was written, and number it."""
    if getattr(obj, "_kind", None) not in ("layers", "models"):
        return
    if _scope.met is not None:
        _scope.met.setdefault(id(obj), [obj, 0])[1] += 1
    elif _scope.numbers and id(obj) in _scope.numbers:
        form[NUMBER] = _scope.numbers[id(obj)]


def reading():
    """A block in which forms of one number are one object."""
    return _set(made={})


def made_before(form):
    """The object that was made of an earlier form with the number of this one; None if there is none."""
    number = form.get(NUMBER)
    if _scope.made is None or not isinstance(number, int):
        return None
    # Keras numbers an object when it meets it again, and then often only there.
    return _scope.made.get(number) or _scope.made.get(_text(form))


def remember(form, obj):
    """Take note of the object that was made of a form."""
    if _scope.made is not None and getattr(obj, "_kind", None) in ("layers", "models"):
        if isinstance(form.get(NUMBER), int):
            _scope.made[form[NUMBER]] = obj
        _scope.made[_text(form)] = obj


def _text(form):
    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items() if key != NUMBER}
        return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value
    return json.dumps(plain(form), sort_keys=True, default=repr)
