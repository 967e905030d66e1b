"""Functions that are planned: recorded once for each kind of arguments, then replayed."""

import functools
import inspect
import threading
import warnings

import numpy as np

from ..autograd import state
from ..autograd.state import thread
from ..autograd.tensor import Tensor
from ..errors import PlanWarning
from .plan import PASSES, Plan
from .recording import Recording

KEPT_PLANS = 16     # of one function; the one used longest ago goes first
WASTED = 3          # plans that were no longer right when they were needed, before a function stays eager
FOREIGN_CHECKS = float("inf")
OWN_CHECKS = 4      # code that is all ours is recorded again at calls 2 and 4 only

_disabled = set()


class without:  # noqa: N801 (used as a statement)
    """Passes named here are left out of plans that are made inside the block. See `PASSES`."""

    def __init__(self, *names):
        for name in names:
            if name not in PASSES:
                raise ValueError(f"there is no pass {name!r}; the passes are {', '.join(PASSES)}.")
        self._names = names

    def __enter__(self):
        self._before = set(_disabled)
        _disabled.update(self._names)

    def __exit__(self, *_):
        _disabled.clear()
        _disabled.update(self._before)


class _Entry:
    """What a function knows of one kind of arguments."""

    __slots__ = ("calls", "kept", "next_check", "plan", "refusal", "runs", "seen", "wasted")

    def __init__(self, kept):
        self.plan = self.refusal = None
        self.calls = self.runs = self.wasted = self.seen = 0
        self.next_check = 2
        self.kept = kept        # what is told apart by identity, so that no id is used twice


class Function:
    """A Python function of tensors that runs as a plan.

    function    the function, of nests of tensors, arrays and Python values
    at_once     plan a kind of arguments when it is first seen, not the second time
    input_names names of the arguments in the source, as a function of the nest
    """

    def __init__(self, function, name=None, at_once=False):
        self.python_function = function
        self.name = name or getattr(function, "__name__", "function")
        self._at_once = at_once
        self._entries = {}
        self._lock = threading.Lock()
        self.latest = None      # the plan that ran last

    def __call__(self, *args, **kwargs):
        if thread.recorder is not None or state.kept or thread.watchers or thread.listeners or state.everywhere \
                or thread.raw:
            return self._eagerly(args, kwargs)
        parts, leaves, kept = [], [], []
        for x in args:
            _describe(x, parts, leaves, kept)
        if kwargs:
            for name in sorted(kwargs):
                parts.append(name)
                _describe(kwargs[name], parts, leaves, kept)
        key = tuple(parts)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._new_entry(key, kept)
        entry.calls += 1
        plan = entry.plan
        if entry.refusal is not None or not self._lock.acquire(False):
            return self._eagerly(args, kwargs)
        try:
            if plan is None or not plan.holds() or entry.calls >= entry.next_check:
                plan, result = self._renewed(entry, args, kwargs, leaves)
                if plan is None:
                    return result()
            entry.runs += 1
            self.latest = plan
            return plan.run([x._array if type(x) is Tensor else x for x in leaves])
        finally:
            self._lock.release()

    def _eagerly(self, args, kwargs):
        return self.python_function(*_tensors(args), **_tensors(kwargs))

    def _new_entry(self, key, kept):
        while len(self._entries) >= KEPT_PLANS * 4:
            del self._entries[next(iter(self._entries))]
        entry = self._entries[key] = _Entry(kept)
        return entry

    def _renewed(self, entry, args, kwargs, leaves):
        """A plan that is right now; or None, and a function that gives the result of the eager run."""
        plan = entry.plan
        if plan is None and not self._at_once and entry.calls == 1:
            return None, lambda: self._eagerly(args, kwargs)
        was_right = plan is not None and plan.holds()
        if plan is not None and not was_right:
            entry.wasted = entry.wasted + 1 if entry.runs < 2 else 0
            entry.runs = 0
            if entry.wasted > WASTED:
                return self._refuse(entry, "an attribute that it depends on changes from call to call",
                                    lambda: self._eagerly(args, kwargs))
        arrays = [x._array if type(x) is Tensor else np.asarray(x) for x in leaves]
        recording = self._record(args, kwargs, arrays)
        if not recording.settled:       # the first run built something
            recording.undo()
            recording = self._record(args, kwargs, arrays)
            if recording.refusal is None and not recording.settled:
                recording.refusal = _unsettled(recording)
        if recording.refusal is None and was_right:
            recording.refusal = plan.differs(recording)
        if recording.refusal is not None:
            returned = recording.returned       # the run counts
            return self._refuse(entry, recording.refusal, lambda: returned)
        recording.undo()
        escaped = recording.escaped()
        if escaped is not None:
            return self._refuse(entry, escaped, lambda: self._eagerly(args, kwargs))
        if not was_right:
            passes = [name for name in PASSES if name not in _disabled]
            plan = entry.plan = Plan(recording, self.name, self._input_names(args, kwargs, len(leaves)), passes)
            entry.calls, entry.next_check = 1, 2
            self._evict(entry)
        else:
            entry.next_check = entry.calls * 2 if plan.foreign or entry.calls < OWN_CHECKS else FOREIGN_CHECKS
        return plan, None

    def check_again(self):
        """Look again, at the next call, whether what user code does is still what was planned."""
        for entry in self._entries.values():
            if entry.plan is not None and entry.plan.foreign and entry.calls > 1:
                entry.next_check = entry.calls

    def _record(self, args, kwargs, arrays):
        def run(tensors):
            given = iter(tensors)
            return self.python_function(*_replaced(args, given),
                                        **{name: _replaced(kwargs[name], given) for name in sorted(kwargs)})
        return Recording(run, arrays)

    def _refuse(self, entry, why, result):
        entry.plan, entry.refusal = None, why
        warnings.warn(f"{self.name} is not compiled and stays eager: {why} With run_eagerly=True, or without the "
                      "decorator, it is so without this warning.", PlanWarning, stacklevel=4)
        return None, result

    def _evict(self, entry):
        planned = [e for e in self._entries.values() if e.plan is not None]
        entry.seen = max([e.seen for e in planned], default=0) + 1
        if len(planned) > KEPT_PLANS:
            min(planned, key=lambda e: e.seen).plan = None

    def _input_names(self, args, kwargs, count):
        try:
            names = list(inspect.signature(self.python_function).parameters)
        except (TypeError, ValueError):
            names = []
        found = []
        for i, x in enumerate(args):
            base = names[i] if i < len(names) else f"argument{i}"
            n = len(_leaves(x))
            found += [base] if n == 1 else [f"{base}_{k}" for k in range(n)]
        for name in sorted(kwargs):
            n = len(_leaves(kwargs[name]))
            found += [name] if n == 1 else [f"{name}_{k}" for k in range(n)]
        return found

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        held = instance.__dict__.setdefault("_functions", {}) if hasattr(instance, "__dict__") else {}
        bound = held.get(self.name)
        if bound is None:
            bound = held[self.name] = Function(self.python_function.__get__(instance, owner), self.name, self._at_once)
        return bound

    def source(self):
        """The NumPy program of the plan that ran last, as text. Raises ValueError before there is one."""
        if self.latest is None:
            raise ValueError(f"{self.name} has no plan yet: call it, twice with arguments of the same shapes.")
        return self.latest.source


def _unsettled(recording):
    if recording.made:
        return f"it makes a Variable ({recording.made[0].path!r}) in every call. Make it once, outside."
    holder, name = recording.reads.changed[0]
    named = f"{type(holder).__name__} {getattr(holder, 'name', '')!r}"
    return f"it assigns the attribute {name!r} of {named} in every call."


def _describe(x, parts, leaves, kept):
    """Add to `parts` what tells the kind of an argument, to `leaves` its arrays."""
    kind = type(x)
    if kind is Tensor:
        leaves.append(x)
        parts.append(x._array.shape)
        parts.append(x._array.dtype)
    elif kind is np.ndarray or isinstance(x, (np.ndarray, np.generic)):
        leaves.append(x)
        parts.append(x.shape)
        parts.append(x.dtype)
    elif kind is bool or kind is int or kind is str or x is None:
        parts.append((kind, x))
    elif kind is float:
        parts.append((kind, repr(x)))
    elif isinstance(x, dict):
        parts.append((kind, *sorted(x)))
        for name in sorted(x):
            _describe(x[name], parts, leaves, kept)
    elif isinstance(x, (tuple, list)):
        parts.append((kind, len(x)))
        for item in x:
            _describe(item, parts, leaves, kept)
    else:
        parts.append(id(x))
        kept.append(x)


def _leaves(x):
    found = []
    _describe(x, [], found, [])
    return found


def _replaced(x, given):
    """A nest of arguments with the next of `given` in place of each array."""
    if isinstance(x, (Tensor, np.ndarray, np.generic)):
        return next(given)
    if isinstance(x, dict):
        made = {name: _replaced(x[name], given) for name in sorted(x)}
        return {name: made[name] for name in x}
    if isinstance(x, (tuple, list)):
        items = [_replaced(item, given) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    return x


def _tensors(x):
    """A nest of arguments with arrays as Tensors."""
    if isinstance(x, (np.ndarray, np.generic)):
        return Tensor(np.array(x))
    if isinstance(x, dict):
        return {name: _tensors(value) for name, value in x.items()}
    if isinstance(x, (tuple, list)):
        items = [_tensors(item) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    return x


def function(func=None):
    """Decorator: run a function of tensors as a plan."""
    if func is None:
        return function
    made = Function(func)
    functools.update_wrapper(made, func)
    return made
