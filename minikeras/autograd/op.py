"""How an op is declared: its array function with its rules, in one of four families.

elementwise   y_i depends on x_i only; a rule `d -> d * dy/dx` serves both directions
linear        linear in all array inputs together; the transpose is the pull-back
multilinear   linear in each input while the others are held; one transpose per input
primitive     anything else; one pull-back per input

A rule gets the cotangent, then what its family names below, in ops and operators only, so that it
can be recorded and differentiated again. `None` in place of a rule: no gradient for that input.
The result of a declaration is the function users call; `function.op` is the record of it.
"""

from inspect import Parameter, isfunction, signature

import numpy as np

from . import dims
from .batching import composed, looped, looped_if_flat, shifted, spread
from .dispatch import doorway
from .operands import core, first_kept, floated, kept, promoted

__all__ = ["composed", "declare", "elementwise", "first_kept", "fit_to", "floated", "kept", "linear",
           "looped", "looped_if_flat", "multilinear", "primitive", "promoted", "shifted", "spread"]

VAR_POSITIONAL = 0x04
OPS = {}        # name -> the function of every op that is declared


class Op:
    """One declaration.

    forward   arrays (and attrs as keywords) to an array, or a tuple of them; into those of `out`, if it takes that
    pull      (d, y, xs, attrs, wanted) to one cotangent per input; None if it has no derivative
    shape     dims of the inputs (and attrs) to dims of the output, a list of dims for several outputs
    policy    which dtypes the inputs are brought to;  result: dtype of the output where it differs
    rules     of an elementwise op: each multiplies a cotangent or a tangent by dy/dx
    batch     how it works on inputs with a leading batch axis, see batching.py
    """

    __slots__ = ("arity", "attr_names", "batch", "family", "forward", "name", "policy", "pull", "result", "rules",
                 "shape", "takes_out", "weak_scalars")

    def __init__(self, family, forward, pull, shape, policy, result=None, batch=looped, rules=()):
        code = forward.__code__
        self.family = family
        self.name = forward.__name__
        self.forward = forward
        self.pull = pull
        self.shape = shape
        self.policy = policy
        self.batch = batch
        self.rules = rules
        self.result = result if result is None or isfunction(result) else np.dtype(result)
        keywords = code.co_varnames[code.co_argcount:code.co_argcount + code.co_kwonlyargcount]
        self.attr_names = tuple([name for name in keywords if name != "out"])
        self.takes_out = "out" in keywords
        self.arity = None if code.co_flags & VAR_POSITIONAL else code.co_argcount
        self.weak_scalars = family == "elementwise" and policy is not kept

    def __deepcopy__(self, memo):
        return self     # a declaration, of which there is one

    def __repr__(self):
        return f"<{self.family} op {self.name}>"


def is_impure(op, attrs):
    """Whether the op may give something else when it runs again on the same inputs.

    Derived from its attrs: it draws if it has a `seed` that is no integer (a SeedGenerator, or None for a consumer of
    its own), and asks the world outside if one of them can be called, classes (dtypes) apart.
    """
    return any((name == "seed" and not isinstance(value, (int, np.integer)))
               or (callable(value) and not isinstance(value, type)) for name, value in attrs.items())


def declare(family, pull, shape, policy, result=None, batch=looped, rules=()):
    """The declaration that the families below are short for; see `Op` for the arguments."""
    def decorate(forward):
        op = Op(family, forward, pull, shape, policy, result, batch, rules)
        function = doorway(op)
        function.op = op
        function.__name__ = function.__qualname__ = op.name
        function.__doc__ = forward.__doc__
        function.__module__ = forward.__module__
        function.__wrapped__ = forward
        function.__signature__ = _public_signature(op, forward)
        OPS[op.name] = function
        return function
    return decorate


def _public_signature(op, forward):
    """What a caller may give: attrs by position, too, and no `out`, which is for whoever lays out memory."""
    whole = signature(forward)
    kind = Parameter.KEYWORD_ONLY if op.arity is None else Parameter.POSITIONAL_OR_KEYWORD
    return whole.replace(parameters=[p.replace(kind=kind) if p.name in op.attr_names else p
                                     for p in whole.parameters.values() if p.name != "out"])


def elementwise(*rules, policy=promoted, result=None):
    """Declare a function of each element, inputs broadcast together. Rule i: `(d, y, *xs, **attrs)`
    to `d * dy/dx_i`, in the broadcast shape; the sum over broadcast axes is derived."""
    pull = {0: lambda: None, 1: _pull_one, 2: _pull_two}.get(len(rules), _pull_each)(*rules)
    return declare("elementwise", pull, lambda *shapes, **_: dims.broadcast(*shapes), policy, result, spread, rules)


def fit_to(g, shape):
    """A cotangent summed over the axes along which an input of `shape` was broadcast."""
    return g if g.shape == shape else core.sum_to(g, shape=shape)


def _pull_one(rule):
    def pull(d, y, xs, attrs, wanted):
        return (rule(d, y, xs[0], **attrs) if attrs else rule(d, y, xs[0]),)
    return pull


def _pull_two(rule_a, rule_b):
    def pull(d, y, xs, attrs, wanted):
        (a, b), (want_a, want_b) = xs, wanted
        grad_a = grad_b = None
        if want_a is not None and rule_a is not None:
            grad_a = rule_a(d, y, a, b, **attrs) if attrs else rule_a(d, y, a, b)
            if grad_a.shape != a.shape:
                grad_a = core.sum_to(grad_a, shape=a.shape)
        if want_b is not None and rule_b is not None:
            grad_b = rule_b(d, y, a, b, **attrs) if attrs else rule_b(d, y, a, b)
            if grad_b.shape != b.shape:
                grad_b = core.sum_to(grad_b, shape=b.shape)
        return grad_a, grad_b
    return pull


def _pull_each(*rules):
    def pull(d, y, xs, attrs, wanted):
        grads = _called(rules, (d, y, *xs), attrs, wanted)
        return [grad if grad is None else fit_to(grad, x.shape) for grad, x in zip(grads, xs, strict=True)]
    return pull


def _called(rules, args, attrs, wanted):
    """What each rule gives; None where there is none, or nothing asks for it."""
    grads = []
    for rule, want in zip(rules, wanted, strict=True):
        if want is None or rule is None:
            grads.append(None)
        else:
            grads.append(rule(*args, **attrs) if attrs else rule(*args))
    return grads


def linear(transpose, *, shape, policy=promoted, result=None, batch=shifted):
    """Declare a function linear in all its array inputs together. `transpose(d, *xs, **attrs)` gives
    the cotangent of the only input, or a sequence of one per input; of `xs` it may use shapes only."""
    def pull(d, y, xs, attrs, wanted):
        grads = transpose(d, *xs, **attrs)
        return grads if isinstance(grads, (tuple, list)) else (grads,)
    return declare("linear", pull, shape, policy, result, batch)


def multilinear(*transposes, shape, policy=promoted, batch=looped):
    """Declare a function linear in each input. Transpose i: `(d, *xs, **attrs)` to the cotangent of input i."""
    def pull(d, y, xs, attrs, wanted):
        return _called(transposes, (d, *xs), attrs, wanted)
    return declare("multilinear", pull, shape, policy, batch=batch)


def primitive(*rules, shape, policy=promoted, result=None, batch=looped):
    """Declare any other function. Rule i: `(d, y, *xs, **attrs)` to the cotangent of input i; for several
    outputs `d` and `y` are tuples. Without rules the op has no derivative."""
    def pull(d, y, xs, attrs, wanted):
        return _called(rules, (d, y, *xs), attrs, wanted)
    return declare("primitive", pull if rules else None, shape, policy, result, batch)
