"""Runs the same thing eagerly and as a plan, and compares to the last bit."""

import contextlib
import re
import warnings

import numpy as np
import pytest

import minikeras as mk
from minikeras.autograd import tree
from minikeras.autograd.tensor import ArrayOperand, Tensor
from minikeras.errors import PlanWarning, ShapeError
from minikeras.plan import REORDERING, Function, without

from .naive import assert_same_bits, other


def numbers(*shape, seed=0, dtype=np.float32):
    """Normal draws that follow from the shape and the seed."""
    return np.random.default_rng((seed, *shape)).normal(size=shape).astype(dtype)


def bits(nest):
    """What tells a nest of tensors, Variables, arrays and Python values from another."""
    leaves = [np.array(x) if isinstance(x, (ArrayOperand, np.ndarray, np.generic)) else x for x in tree.flatten(nest)]
    return [(x.dtype, x.shape, x.tolist() if x.dtype.kind == "O" else x.tobytes()) if isinstance(x, np.ndarray) else x
            for x in leaves]


@contextlib.contextmanager
def refusals(expected):
    """Exactly one PlanWarning comes, and holds `expected`; none if that is None. Other warnings are let through."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    texts = [str(w.message) for w in caught if w.category is PlanWarning]
    steps = {text.partition(" ")[0] for text in texts}      # train_step and test_step speak for themselves
    assert len(texts) == len(steps), texts
    assert bool(texts) == (expected is not None), texts
    for text in texts:
        assert re.search(expected, text), text


def copies(args):
    """Arguments in arrays of their own; what is one array, or one tensor, stays one."""
    made = {id(x): np.array(x) for x in args if isinstance(x, np.ndarray)}
    return [made.get(id(x), x) for x in args]


def assert_function_agrees(make, calls, refused=None, planned=True):
    """`make()` gives (function, Variables[, between]): called with each of `calls`, it does the same both ways.

    between(i)   is called before call i
    refused      what the one PlanWarning holds
    What it gave must stay what it was, whatever is done to the arrays that it got.
    """
    function, variables, *between = make()
    eager, expected = Function(function, jit_compile=False), []
    for i, args in enumerate(calls):
        for each in between:
            each(i)
        result = eager(*copies(args))
        expected.append((bits(result), bits(variables)))
    function, variables, *between = make()
    compiled = Function(function)
    given = []
    with refusals(refused), without(*REORDERING):
        for i, args in enumerate(calls):
            for each in between:
                each(i)
            args = copies(args)
            result = compiled(*args)
            got = bits(result), bits(variables)
            assert got == expected[i], (i, result)
            for x in args:
                if isinstance(x, np.ndarray):
                    x[...] = 1
            assert bits(variables) == got[1]
            if not any(x is v for x in tree.flatten(result) for v in variables):
                given.append((result, got[0]))
    for result, before in given:
        assert bits(result) == before
    assert (compiled.latest is not None) == planned
    return compiled


def state_of(model):
    """Everything that training changes in a model, its optimizer and its metrics."""
    held = [*model.variables, *model.optimizer.variables, *[v for m in model.metrics for v in m.variables]]
    return [np.array(v) for v in held]


def assert_fit_agrees(make, x, y, refused=None, planned=True, callbacks=list, epochs=3, batch_size=4, **fit):
    """`make(run_eagerly)` gives a compiled model: both ways of training, evaluating and predicting give the same."""
    outcomes = []
    for run_eagerly in (True, False):
        mk.utils.set_random_seed(3)
        with refusals(None if run_eagerly else refused), without(*REORDERING):
            model = make(run_eagerly)
            history = model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0, callbacks=callbacks(), **fit)
            outcome = [history.history, state_of(model)]
            outcome += [model.evaluate(x, y, batch_size=batch_size, verbose=0, return_dict=True),
                        model.predict(x, batch_size=batch_size, verbose=0), state_of(model)]
        outcomes.append(outcome)
    for eager, compiled in zip(*outcomes):
        assert bits(compiled) == bits(eager), (compiled, eager)
    if refused is None:
        assert (model._planned("train_step").latest is not None) == planned
    return model


def assert_plans_on_others(function, inputs):
    """Planned on `inputs`, `function` gives on other arrays what it gives of them eagerly, to the bit."""
    planned = Function(function, at_once=True, jit_compile=True)
    others = [other(x) for x in inputs]
    with np.errstate(all="ignore"), without(*REORDERING):
        planned(*inputs)
        for given in (inputs, others, inputs):
            _assert_planned_alike(planned, function, given)
    assert planned.latest is not None


def _assert_planned_alike(planned, function, given):
    try:
        want = function(*[Tensor(np.array(x)) if isinstance(x, np.ndarray) else x for x in given])
    except ShapeError:      # the numbers are not allowed: a plan says so, too
        with pytest.raises((ValueError, IndexError)):
            planned(*given)
    else:
        assert_same_bits(planned(*given), want)
