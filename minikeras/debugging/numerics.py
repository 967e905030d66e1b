"""check_numerics and enable_check_numerics: where the first NaN or infinity comes from."""

import linecache
import os
import sys
import threading
import weakref
from typing import Any, NamedTuple

import numpy as np

from ..autograd import state
from ..autograd.dispatch import component, listen_everywhere
from ..autograd.dtypes import is_differentiable
from ..autograd.op import kept, linear
from ..autograd.operands import as_tensor
from ..autograd.sites import is_inside
from ..autograd.state import thread
from ..autograd.tensor import Node, Tensor
from ..errors import DTypeError, NonFiniteError
from .advice import Case, advice
from .graph import name_of, number_text, range_text

# Methods in whose frames `self` is what the user knows by a name.
NAMED = {("layers", "__call__"): "layer", ("losses", "__call__"): "loss", ("metrics", "update_state"): "metric",
         ("optimizers", "apply"): "optimizer"}
FORMULA_DEPTH, FORMULA_WIDTH = 6, 3
MASKED = ("softmax", "log_softmax")     # minus infinity among their inputs is a mask, and excuses no NaN
SUMMING = ("logsumexp", "cumulative_logsumexp")     # their minus infinity is the sum of nothing


class Site(NamedTuple):
    """Where an op ran.

    op        its name
    formulas  the op with what its inputs came from (see advice.Case), cut at depth 0, 1 ... FORMULA_DEPTH
    place     (file, line, function) of the user's frame, None if there is none
    within    (kind, name) of the layers, losses ... around, outermost first
    derived   Site of the op whose derivative it is part of, None if of none
    """

    op: str
    formulas: Any
    place: Any
    within: list
    derived: Any


# Switching ----------------------------------------------------------------------------------------------------------


class _Switch:
    """What `enable_check_numerics` gives: leaving a `with` block puts things back as they were before."""

    def __init__(self, before):
        self._before = before

    def __enter__(self):
        return self

    def __exit__(self, *_):
        listen_everywhere(*self._before)


def enable_check_numerics():
    """From now on, in every thread, stop at the first op that makes a NaN or an infinity out of finite numbers.

    Hears forward ops, those of a backward or forward-mode derivative and those of optimizers. Raises NonFiniteError, a
    FloatingPointError, that names the op, the layer, the line that called it and what to write instead. What is not
    finite from the start, such as a mask of -inf, stops nothing. Ops on small arrays take some ten times as long
    meanwhile. Calling it again changes nothing. With `with`, only the block is checked.
    """
    before = state.everywhere
    if not any(isinstance(listener, _Checker) for listener in before):
        listen_everywhere(*before, _Checker())
    return _Switch(before)


def disable_check_numerics():
    """Stop checking, in every thread."""
    listen_everywhere(*[listener for listener in state.everywhere if not isinstance(listener, _Checker)])


def check_numerics(tensor, message, name=None):
    """`tensor` itself. Raises NonFiniteError, beginning with `message`, if it has a NaN or an infinity, and when a
    gradient that has one comes back through it; DTypeError if it is not floating."""
    tensor = as_tensor(tensor)
    if not is_differentiable(tensor.dtype):
        raise DTypeError(f"check_numerics takes floating tensors, got {tensor.dtype.name}, which are always finite.")
    return _checked(tensor, message=str(message))


@linear(lambda d, x, message: _checked(d, message=f"{message} (its gradient)"), shape=lambda x, **_: x, policy=kept)
def _checked(x, *, message):
    bad = ~np.isfinite(x)
    if bad.any():
        raise NonFiniteError(f"{message}: {_what(x, bad)}; {_describe(x)}.")
    return x


# Listening ----------------------------------------------------------------------------------------------------------


class _Memory(threading.local):
    """What a thread remembers.

    latest    (op, its Site, its inputs) of the latest op that was not part of a derivative
    suspect   (id of the frame, error) of the first op in the body of a custom_gradient that made a bad number
    """

    latest = (None, None, ())
    suspect = (None, None)


class _Checker:
    """Hears every op of every thread, and raises where a number is no longer finite."""

    def __init__(self):
        self._sites = {}        # id of an array -> (weak reference to it, Site of the op that made it)
        self._local = _Memory()

    def heard(self, op, inputs, attrs, outputs):
        """Called for every op."""
        outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        place, within, bodies = _surroundings()
        derived = self._derived()
        site = Site(name_of(op), self._formulas(op, inputs), place, within, derived)
        if derived is None:
            self._local.latest = op, site, inputs
        for y in outputs:
            self._remember(y._array, site)
        own = bodies.pop(0) if op.family == "custom" else None
        for y in outputs:
            bad = newly_bad(op, inputs, attrs, y._array)
            if bad is not None:
                body, error = self._local.suspect
                if own is None or own != body:
                    error = NonFiniteError(self._explain(op, site, inputs, y._array, bad))
                self._stop(error, bodies)
                return
        if own is not None and own == self._local.suspect[0]:
            self._local.suspect = (None, None)

    def _stop(self, error, bodies):
        """Raise; but the body of a custom_gradient may overflow on its way to a finite result."""
        if not bodies:
            raise error
        if self._local.suspect[0] != bodies[0]:
            self._local.suspect = bodies[0], error

    def _remember(self, array, site):
        key = id(array)
        self._sites[key] = (weakref.ref(array, lambda _: self._sites.pop(key, None)), site)

    def _recall(self, array):
        reference, site = self._sites.get(id(array), (None, None))
        return site if reference is not None and reference() is array else None

    def _formulas(self, op, inputs):
        name, inputs = name_of(op), inputs[:FORMULA_WIDTH]
        if op.family == "elementwise" and ((name == "multiply" and inputs[0] is inputs[1]) or (
                name == "power" and not isinstance(inputs[1], Tensor) and inputs[1] == 2)):
            name, inputs = "square", inputs[:1]
        origins = [self._origin(x) for x in inputs]
        # Each is made of those of the inputs that are cut one earlier: nothing is walked, and no old op is kept.
        return (None, *[(name, *[origin[depth] for origin in origins]) for depth in range(FORMULA_DEPTH)])

    def _origin(self, x):
        """The formulas of an input; of a number itself, at any depth."""
        if isinstance(x, (bool, int, float)):
            return (x,) * FORMULA_DEPTH
        array = getattr(x, "_array", None)
        site = self._recall(array)
        if site is not None:
            return site.formulas
        return (array.item() if getattr(array, "size", 0) == 1 else None,) * FORMULA_DEPTH

    def _derived(self):
        node = thread.deriving
        if node is None:
            return None
        if type(node) is not Node:      # forward mode: its op has just run
            op, site, _ = self._local.latest
            return site if op is node else _unknown(node)
        if node.op is component:
            node = node.parents[0]
        output = node.output[0] if type(node.output) is tuple else node.output
        return self._recall(output) or _unknown(node.op)

    # The message -----------------------------------------------------------------------------

    def _explain(self, op, site, inputs, y, bad):
        """Several lines: what, where, of what, and what to do."""
        what, got = _what(y, bad), _inputs(f"{site.op} got", inputs, bad, op.family)
        subject, values, node = site.derived or site, inputs, thread.deriving
        if site.derived is None:
            lines = [f"{site.op} made {what}.", *_called("called at", site), *got]
        else:
            lines = [f"the derivative of {subject.op} is not finite: {site.op}, in its rule, made {what}.",
                     *_called(f"{subject.op} was called at", subject)]
            if subject.place is None:
                lines.append(f"{subject.op} was called before the check was enabled")
            if subject.derived is not None:
                lines += _called(f"for the derivative of {subject.derived.op}, called at", subject.derived)
            if type(node) is Node:
                node = node.parents[0] if node.op is component else node
                values, node = node.inputs or (), node.op
            elif self._local.latest[1] is subject:
                values = self._local.latest[2]
            lines += _inputs(f"{subject.op} got", values, bad, node.family)
            if site.place != subject.place:
                lines += _called(f"{site.op} was called at" if node.family == "custom" else "derivative asked at", site)
            lines += got
            if node.family == "custom":     # the rule is the user's own
                subject, values = site._replace(derived=None), inputs
        told = advice(Case(subject.op, subject is site.derived, subject.formulas[-1], _at(values, bad),
                           bool(np.isnan(y[bad][0])), _source(subject.place), y.dtype))
        return "\n  ".join([*lines, *([f"instead: {told}"] if told else [])])


def _unknown(op):
    """The Site of an op that ran unheard."""
    return Site(name_of(op), (None,), None, [], None)


def newly_bad(op, inputs, attrs, y):
    """Where an output is not finite although the inputs are: an array of booleans, or None for nowhere.

    Of an elementwise op each element is judged by its own inputs, of others by all of them.
    """
    if y.dtype.kind not in "fc":
        return None
    bad = ~np.isfinite(y)
    if op.name in SUMMING:
        bad &= ~np.isneginf(y)
    if not bad.any():
        return None
    numbers = [np.asarray(x) for x in map(_bare, inputs) if x is not None]
    numbers += [np.asarray(x) for x in attrs.values() if isinstance(x, float)]
    if op.family == "elementwise":
        for x in numbers:
            bad = bad & np.isfinite(x)
    else:
        for x in numbers:
            excused = ~np.isfinite(x)
            if op.name in MASKED and excused.any():
                excused &= ~np.isneginf(x)
                bad = np.isnan(y)
            if excused.any():
                return None
    return bad if bad.any() else None


def _bare(x):
    """The array or number of an input; None for anything else, which a custom_gradient may have."""
    if isinstance(x, (bool, int, float, complex, np.ndarray, np.generic)):
        return x
    return getattr(x, "_array", None)


def _surroundings():
    """(file, line, function) of the nearest frame of the user, the named things around, and the ids of the frames of
    custom_gradient around, innermost first."""
    place, found, bodies = None, [], []
    frame = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        module = frame.f_globals.get("__name__", "").partition(".")[2]
        if not is_inside(frame):
            place = place or (code.co_filename, frame.f_lineno, code.co_name)
        elif code.co_name == "__call__" and module == "autograd.custom":
            bodies.append(id(frame))
        elif (module.partition(".")[0], code.co_name) in NAMED:
            found.append((NAMED[module.partition(".")[0], code.co_name], frame.f_locals["self"]))
        frame = frame.f_back
    within = [(kind, thing.name) for (kind, thing), (_, outer) in zip(found, [*found[1:], (None, None)])
              if thing is not outer]
    return place, within[::-1], bodies


# Words --------------------------------------------------------------------------------------------------------------


def _what(array, bad):
    """'NaN and -inf in 2 of 6 elements, first at [0, 1]': what the bad elements of an array are."""
    numbers = array[bad]
    if numbers.dtype.kind == "c":
        numbers = np.concatenate([numbers.real, numbers.imag])
    kinds = [("NaN", np.isnan), ("inf", np.isposinf), ("-inf", np.isneginf)]
    what = " and ".join([name for name, test in kinds if test(numbers).any()])
    if bad.size == 1:
        return what
    return f"{what} in {np.count_nonzero(bad)} of {bad.size} elements, first at {list(_first(bad))}"


def _first(bad):
    return tuple([int(i) for i in np.argwhere(bad)[0]])


def _called(label, site):
    """Lines that say at which line of the user's, in which layer."""
    lines = []
    if site.place is not None:
        file, line, function = site.place
        if file.startswith(os.getcwd() + os.sep):
            file = os.path.relpath(file)
        source = _source(site.place)
        lines.append(f"{label} {file}:{line}" + ("" if function == "<module>" else f", in {function}")
                     + (f": {source}" if source else ""))
    if site.within:
        kind = site.within[-1][0]
        lines.append(f"in {kind} {'/'.join([name for each, name in site.within if each == kind])}")
    return lines


def _source(place):
    return linecache.getline(place[0], place[1]).strip() if place else ""


def _inputs(label, inputs, bad, family):
    values = [x for x in map(_bare, inputs) if x is not None]
    lines = []
    for x, at in zip(values, _at(values, bad)):
        if isinstance(x, np.ndarray) and x.size:
            text = f"{x.dtype} of shape {x.shape}, {range_text(x)}" if x.ndim else f"{x.dtype} {number_text(x[()])}"
            if family == "elementwise" and x.ndim and np.ndim(at) == 0:
                text += f"; {number_text(at)} there"
        else:
            text = f"{x.dtype} of shape {x.shape}" if isinstance(x, np.ndarray) else number_text(x)
        lines.append(text)
    return [f"{label} {' and '.join(lines)}"] if lines else []


def _describe(x):
    return f"{x.dtype} of shape {x.shape}, {range_text(x)}"


def _at(inputs, bad):
    """Each input at the first bad element, if it broadcasts to there, else whole."""
    return [_element(x, bad) for x in map(_bare, inputs)]


def _element(x, bad):
    try:
        return np.broadcast_to(x, bad.shape)[_first(bad)] if bad.ndim else x
    except (ValueError, TypeError):
        return x
