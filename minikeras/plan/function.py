"""Functions that are planned: recorded once for each kind of arguments, then replayed."""

import contextvars
import copy
import functools
import threading
import types
import warnings

import numpy as np

from ..arguments import switch
from ..autograd import state, tree
from ..autograd.state import thread
from ..autograd.tensor import Tensor
from ..errors import PlanError, PlanWarning
from .plan import PASSES, Plan
from .recording import Recording, is_kept
from .signature import (
    Eagerly,
    InputSignature,
    Parameters,
    as_input,
    describe,
    is_array,
    mapped,
    number_as_input,
    unmasked,
    watched,
)

KEPT_PLANS = 16     # of one function; the one used longest ago goes first
KEPT_KINDS = 64     # kinds of arguments that a function remembers to have seen
WASTED = 3          # plans that were no longer right when they were needed, before a function stays eager
PAID = 32           # runs after which a plan was worth its recording
UNPAID = 32         # plans dropped one after the other before that, before a function makes no more of them
NEVER = float("inf")    # the next check of code that needs none
OWN_CHECKS = 4      # code that is all ours is recorded again at calls 2 and 4 only

_disabled = set()


class without:  # noqa: N801 (used as a statement)
    """Passes named here are left out of plans that are made inside the block, in all threads. See `PASSES`."""

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
    """What a function knows of one kind of arguments.

    known    what is told apart by identity, weakly where that can be
    latest   the call of the function that used it last;  planned   the one in which its plan was made
    """

    __slots__ = ("calls", "known", "latest", "next_check", "plan", "planned", "refusal", "runs", "wasted")

    def __init__(self, known):
        self.plan = self.refusal = None
        self.calls = self.runs = self.wasted = self.latest = self.planned = 0
        self.next_check = 2
        self.known = known


_eager = False


def run_functions_eagerly(run_eagerly):
    """Whether functions, and the steps of models, run op by op from now on, not as plans: for debugging."""
    global _eager
    _eager = switch("run_functions_eagerly: run_eagerly", run_eagerly)


def functions_run_eagerly():
    """Whether `run_functions_eagerly` has them run op by op."""
    return _eager


class Function:
    """A Python function of tensors that runs as a plan.

    python_function   the function, of nests of tensors, arrays and Python values
    at_once           plan a kind of arguments when it is first seen, not the second time
    jit_compile, input_signature, reduce_retracing   as for `function`
    parts             names, in the program, for the parts of a tuple that is the only argument
    recordings        how often it was recorded;  latest   the plan that ran last, None before
    """

    def __init__(self, python_function, name=None, at_once=False, jit_compile=None, input_signature=None,
                 reduce_retracing=False, parts=()):
        self.python_function = python_function
        self.name = name or getattr(python_function, "__name__", None) or type(python_function).__name__
        self._options = at_once, jit_compile, input_signature, reduce_retracing, parts
        self._at_once, self._jit_compile, self._parts = at_once, jit_compile, parts
        self._parameters = Parameters(python_function)
        self._least = self._parameters.least
        self._signature = None
        if input_signature is not None:
            self._signature = InputSignature(input_signature, self._parameters, self.name)
        self._as_input = number_as_input if reduce_retracing else as_input
        self._converts = reduce_retracing or input_signature is not None
        self._entries = {}
        self._calls = self._unpaid = 0
        self._warned = set()    # types of arguments that no plan can take
        self._has_refused = False
        self._lock, self._is_running = threading.RLock(), False
        # Entering it is ten times cheaper than np.errstate.
        self._quiet = contextvars.Context()
        self._quiet.run(np.seterr, all="ignore")
        self.recordings = 0
        self.latest = None

    def __call__(self, *args, **kwargs):
        if kwargs or len(args) < self._least:
            args, kwargs = self._parameters.arranged(args, kwargs)
        if self._converts:
            args, kwargs = self._converted(args, kwargs)
        if thread.watchers or thread.raw or _eager or self._jit_compile is False or (
                state.kept and self._meets_kept(args, kwargs)) or (
                state.listening and (thread.listeners or state.everywhere or thread.recorder is not None)):
            return self._eagerly(args, kwargs)
        parts, leaves, known = [], [], []
        try:
            for x in args:
                describe(x, parts, leaves, known)
            for name in kwargs:
                parts.append(name)
                describe(kwargs[name], parts, leaves, known)
        except Eagerly as reason:
            return (self._unplannable(Eagerly, str(reason)) if reason.args else self._eagerly)(args, kwargs)
        if len(leaves) > 1 and len({*map(id, leaves)}) < len(leaves):
            parts.append(_repeats(args, kwargs))
        key = tuple(parts)
        try:
            entry = self._entries.get(key)
        except TypeError:
            return self._unhashable(parts)(args, kwargs)
        result = self._eagerly
        with self._lock:        # as a statement: no signal comes between taking it and what gives it back
            if not self._is_running:        # by this thread: a signal's handler or a finalizer would come in between
                self._is_running = True
                try:
                    if entry is None:
                        entry = self._new_entry(key, known)
                    self._calls += 1
                    entry.calls += 1
                    entry.latest = self._calls
                    plan = entry.plan
                    if plan is None or entry.calls >= entry.next_check or not plan.holds():
                        with np.errstate(all="ignore"):
                            plan, result = self._renewed(entry, args, kwargs, leaves)
                    if plan is not None:
                        entry.runs += 1
                        self.latest = plan
                        return self._quiet.run(plan.run, leaves)
                finally:
                    self._is_running = False
        return result(args, kwargs)

    def _meets_kept(self, args, kwargs):
        """Whether an argument, or a Variable that a plan reads, has everything computed from it recorded, as
        `requires_grad_` asks for."""
        found = []
        mapped(lambda x: found.append(is_kept(x)), [args, kwargs])
        return any(found) or any(e.plan is not None and any(map(is_kept, e.plan.variables))
                                 for e in self._entries.copy().values())

    def _converted(self, args, kwargs):
        if self._signature is not None:
            return self._signature.fitted(args), kwargs
        return mapped(self._as_input, args), mapped(self._as_input, kwargs)

    def _eagerly(self, args, kwargs):
        with np.errstate(all="ignore"):
            result = self.python_function(*mapped(as_input, args), **mapped(as_input, kwargs))
            return mapped(unmasked, result) if any(unmasked(x) is not x for x in tree.flatten(result)) else result

    def _unhashable(self, parts):
        """How to run on a value of which nobody can know whether it has changed."""
        kind = next(part[0] for part in parts if type(part) is tuple and not _has_hash(part))
        why = (f"it is given a {kind.__name__}, which can change unseen. Give tensors, numbers, tuples, lists and "
               "dicts.")
        return self._unplannable(kind, why)

    def _unplannable(self, kind, why):
        """How to run on arguments of a kind that no plan takes, with a warning at the first time."""
        if kind not in self._warned:
            self._warned.add(kind)
            return self._refused(why, 5)
        return self._eagerly

    def _new_entry(self, key, known):
        if len(self._entries) >= KEPT_KINDS:
            unplanned = [k for k, e in self._entries.copy().items() if e.plan is None]
            del self._entries[min(unplanned, key=lambda k: self._entries[k].latest)]
        forget = functools.partial(_forget, self._entries, key)
        entry = self._entries[key] = _Entry(watched(known, forget) if known else ())
        return entry

    def _renewed(self, entry, args, kwargs, leaves):
        """A plan that is right now; or None, and what gives the result instead."""
        plan = entry.plan
        if entry.refusal is not None:
            return None, self._refused(entry.refusal) if self._jit_compile else self._eagerly
        if plan is None and ((entry.calls == 1 and not self._at_once) or self._unpaid > UNPAID):
            return None, self._eagerly
        was_right = plan is not None and plan.holds()
        if plan is not None and not was_right:
            entry.wasted = entry.wasted + 1 if self._calls - entry.planned <= 2 else 0
            entry.runs = 0
            if entry.wasted > WASTED:
                why = f"the attribute {plan.changed()} that it depends on changes from call to call."
                return self._refuse(entry, why, self._eagerly)
        first = recording = self._record(args, kwargs, leaves)
        if recording.kept:      # the run counts
            recording.counts()
            returned = recording.returned
            return None, lambda *_: returned
        try:
            if not recording.settled:       # the first run built something
                recording.undo()
                recording.forget()
                recording = self._record(args, kwargs, leaves)
                if recording.refusal is None and not recording.settled:
                    recording.refusal = _unsettled(recording)
            if recording.refusal is None and was_right:
                recording.refusal = plan.differs(recording)
            if recording.refusal is None:
                recording.refusal = recording.escaped()
        except BaseException:       # a Ctrl-C
            recording.undo()
            raise
        if recording.refusal is not None:
            return self._refuse(entry, recording.refusal, self._outcome(first, recording))
        recording.undo()
        if not was_right:
            passes = [name for name in PASSES if name not in _disabled]
            names = self._parameters.names(args, kwargs, self._parts)
            plan = entry.plan = Plan(recording, self.name, names, passes)
            entry.calls, entry.next_check, entry.planned = 1, 2, self._calls
            self._evict()
        else:
            recording.forget()
            entry.next_check = entry.calls * 2 if plan.foreign or entry.calls < OWN_CHECKS else NEVER
        return plan, None

    def _outcome(self, first, recording):
        """What gives the result of a call whose last recording is refused: that run counts, unless it did again what
        an earlier one had done to Python's state."""
        if not self._jit_compile and (recording is first or recording.settled):
            recording.counts()
            returned = recording.returned
            return lambda *_: returned
        recording.undo(seeds=True)
        recording.reads.put_back()
        if recording is not first:
            first.undo(seeds=len(first.made) == len(recording.made))
            first.reads.put_back({(id(holder), name) for holder, name, _ in recording.reads.changed})
        return self._eagerly

    def check_again(self):
        """Look again, at the next call, whether what user code does is still what was planned."""
        for entry in self._entries.copy().values():
            if entry.plan is not None and entry.plan.foreign and entry.calls > 1:
                entry.next_check = entry.calls

    def _record(self, args, kwargs, leaves):
        self.recordings += 1

        def run(tensors):
            given, known = iter(tensors), {}

            def replaced(x):        # a tensor that is given twice is one: to watch it here is to watch it there
                if not is_array(x):
                    return x
                tensor = next(given)
                return known.setdefault(id(x), tensor) if type(x) is Tensor else tensor
            return self.python_function(*mapped(replaced, args), **mapped(replaced, kwargs))
        return Recording(run, leaves)

    def _refuse(self, entry, why, result):
        entry.plan, entry.refusal = None, why
        if self._has_refused and not self._jit_compile:     # once is enough, for all kinds of arguments
            return None, result
        self._has_refused = True
        return None, self._refused(why, 5, result)

    def _refused(self, why, stacklevel=4, result=None):
        """What gives the result where no plan can. Warns, or raises PlanError if there must be one."""
        if self._jit_compile:
            raise PlanError(f"{self.name} cannot be compiled: {why} With jit_compile=None it runs op by op instead.")
        warnings.warn(f"{self.name} is not compiled and stays eager: {why} With run_eagerly=True, or without the "
                      "decorator, it is so without this warning.", PlanWarning, stacklevel=stacklevel)
        return result or self._eagerly

    def _evict(self):
        planned = [e for e in self._entries.copy().values() if e.plan is not None]
        if len(planned) > KEPT_PLANS:
            oldest = min(planned, key=lambda e: e.latest)
            oldest.plan = None
            self._unpaid = self._unpaid + 1 if oldest.runs < PAID and not self._jit_compile else 0
            oldest.runs = 0
            if self._unpaid > UNPAID:
                self._refused(f"its arguments are of too many kinds: {self._unpaid} plans in a row were dropped before "
                              f"they had run {PAID} times. Pad to fewer shapes, or give numbers as tensors "
                              "(reduce_retracing=True).", 5)

    def __get__(self, instance, owner=None):
        if instance is None or not hasattr(type(self.python_function), "__get__"):
            return self
        held = getattr(instance, "__dict__", None)
        if type(held) is not dict:      # a class, or an object of slots: an argument like any other
            return types.MethodType(self, instance)
        methods = held.get(_Methods.ATTRIBUTE)
        if methods is None or methods.instance is not instance:     # that of an object of which this is a copy
            methods = held[_Methods.ATTRIBUTE] = _Methods(instance)
        bound = methods.functions.get(self)
        if bound is None:
            bound = methods.functions[self] = functools.update_wrapper(
                Function(self.python_function.__get__(instance, owner), self.name, *self._options),
                self.python_function, updated=())
        return bound

    def __deepcopy__(self, memo):
        """A function is its own copy; a method's is the copied object's."""
        if not isinstance(self.python_function, types.MethodType):
            return self
        return Function(copy.deepcopy(self.python_function, memo), self.name, *self._options)

    def __reduce__(self):
        if not isinstance(self.python_function, types.MethodType):
            return self.__qualname__
        return Function, (self.python_function, self.name, *self._options)

    def __repr__(self):
        return f"<minikeras.function {self.name}>"

    def plan(self):
        """The Plan that ran last: its `source`, and `describe()`. Raises ValueError before there is one."""
        if self.latest is None:
            refusals = [entry.refusal for entry in self._entries.copy().values() if entry.refusal is not None]
            why = f": it stays eager, because of {refusals[-1]}" if refusals else \
                " yet: call it first, twice with arguments of the same kind where it is no step of a model."
            raise ValueError(f"{self.name} has no plan{why}")
        return self.latest

    def source(self):
        """The NumPy program of the plan that ran last, as text. Raises ValueError before there is one."""
        return self.plan().source


class _Methods:
    """The methods of an object that run as plans, in a class of its own so that nothing looks inside.

    The object holds it, for plans hold on to the layers they read: whoever else held them would keep it alive.
    """

    ATTRIBUTE = "_planned_methods"
    __slots__ = ("functions", "instance")

    def __init__(self, instance=None):
        self.instance, self.functions = instance, {}

    def __reduce__(self):       # a copy begins anew
        return _Methods, ()


def _repeats(args, kwargs):
    """For each tensor of a call where it stood first."""
    first, found = {}, []

    def place(x):
        if type(x) is Tensor:
            found.append(first.setdefault(id(x), len(found)))
    mapped(place, args)
    mapped(place, kwargs)
    return tuple(found)


def _forget(entries, key, _):
    entries.pop(key, None)


def _has_hash(x):
    try:
        hash(x)
    except TypeError:
        return False
    return True


def _unsettled(recording):
    if recording.made:
        made = recording.made[0]
        return f"it makes a {type(made).__name__} ({made.name!r}) in every call. Make it once, outside."
    holder, name, place = recording.reads.changed[0]
    how = "changes what is in" if place is None else f"assigns, at {place[0]}:{place[1]},"
    return (f"it {how} the attribute {name!r} of {type(holder).__name__} {getattr(holder, 'name', '')!r} in every "
            "call, which a replay would not.")


def function(func=None, input_signature=None, autograph=True, jit_compile=None, reduce_retracing=False):
    """Decorator: run a function of tensors as a plan, recorded when it sees a kind of arguments for the second time.

    func              a function, a method, or anything that is called, such as a model
    input_signature   a TensorSpec for each argument: arguments become tensors of its dtype, and other shapes are
                      refused with a TypeError. Each shape still has a plan of its own
    autograph         changes nothing: `if` and `for` are Python's here and run while recording. What they decide by
                      the numbers in a tensor cannot be planned; write ops.where, ops.cond or ops.while_loop
    jit_compile       True: raise PlanError where there can be no plan, instead of running eagerly with a PlanWarning;
                      False: run eagerly
    reduce_retracing  Python's numbers become scalar tensors, so that a counter does not make a plan for each value

    Arguments are of a kind if their shapes, dtypes and layouts agree. Tensors and arrays, in tuples, lists and dicts,
    are inputs. Numbers, text and other values are part of the kind: f(1), f(1.0) and f(True) are three.
    Variables, layers and other objects count by identity; what is read from an object that is no layer, model, loss,
    metric or optimizer is looked at only when the function is recorded: at its calls 2, 4, 8 and so on.
    16 plans are kept. Under a tape, and where a listener or accumulator hears it, the function runs eagerly, with
    derivatives of every order; a tape inside the function is part of the plan, and the faster way.
    """
    if func is None:
        return functools.partial(function, input_signature=input_signature, autograph=autograph,
                                 jit_compile=jit_compile, reduce_retracing=reduce_retracing)
    switch("function: autograph", autograph)
    switch("function: reduce_retracing", reduce_retracing)
    if jit_compile is not None:
        jit_compile = switch("function: jit_compile", jit_compile)
    options = {"input_signature": input_signature, "jit_compile": jit_compile, "reduce_retracing": reduce_retracing}
    if isinstance(func, (classmethod, staticmethod)):
        return type(func)(function(func.__func__, **options))
    if not callable(func):
        raise TypeError(f"function: it decorates a function, got {type(func).__name__}.")
    made = Function(func, **options)
    return functools.update_wrapper(made, func, updated=())
