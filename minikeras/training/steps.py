"""How steps run: as plans or op by op, one or several at once, or as the user's own function says."""

import itertools

import numpy as np

from ..autograd import tree
from ..autograd.operands import as_tensor
from ..autograd.tensor import ArrayOperand
from ..plan import Function


class Steps:
    """The steps of a model as plans, in a class of its own so that no layer search looks inside."""

    def __init__(self):
        self._functions = {}
        self.fitting = None     # the run of `fit` under way: here, as it is no part of the model

    def __deepcopy__(self, memo):
        return Steps()      # a copied model has plans of its own, and nobody fits it yet

    def planned(self, step, name, jit_compile):
        """The step as a Function: the same as long as it is the same method, compiled alike."""
        known = self._functions.get(name)
        if known is None or known[0] != step or known[1] is not jit_compile:
            made = Function(step, name, at_once=True, jit_compile=True if jit_compile is True else None,
                            parts=("x", "y", "sample_weight"))
            known = self._functions[name] = step, jit_compile, made
        return known[2]

    def check_again(self):
        """Look again, at the next call of each step, whether it does what was planned."""
        for _, _, made in self._functions.values():
            made.check_again()


class Execution:
    """A function of an iterator of batches that runs `steps_per_execution` steps on the next of them.

    What `make_train_function` and its like make; a model may put a function of its own in its place.
    """

    def __init__(self, model, which):
        self.model, self.which = model, which

    def __call__(self, iterator):
        """What the last step gave; of 'predict', the outputs of all of them. Raises StopIteration without a batch."""
        iterator = iter(iterator)
        results = self.runner()(next(iterator), iterator)
        return joined(results) if self.which == "predict" else results[-1]

    def runner(self):
        """A function of a batch, and an iterator over those that follow, that gives what the steps gave as a list."""
        step, more = self.model._planned(f"{self.which}_step"), self.model.steps_per_execution - 1
        if not more:
            return lambda batch, rest: [step(batch)]
        return lambda batch, rest: [step(batch), *map(step, itertools.islice(rest, more))]


def runner(model, which):
    """As `Execution.runner`, with the user's own function where there is one. `which`: 'train', 'test', 'predict'."""
    getattr(model, f"make_{which}_function")()
    function = getattr(model, f"{which}_function")
    if isinstance(function, Execution) and function.model is model:
        return function.runner()
    return lambda batch, rest: [function(itertools.chain((batch,), rest))]


def executions(model, which, batches, events, run=None, first=0):
    """Run steps on batches and tell of it. Yields (last, results) of each execution: the number its last batch has, or
    would have if the data were not at their end, and what its steps gave.

    first   the number of the first batch;  run   what `runner` gives
    """
    at_once, begin = model.steps_per_execution, f"on_{which}_batch_begin"
    begin = getattr(events, begin) if events.hears(begin) else None
    run, batches = run or runner(model, which), iter(batches)
    for batch in batches:
        if begin is not None:
            begin(first)
        results = run(batch, batches)
        first += at_once
        yield first - 1, results


def joined(outputs):
    """Outputs of several batches as arrays of all samples, copied."""
    return tree.map_structure(lambda *parts: _concatenated([_array(part) for part in parts]), *outputs)


def _concatenated(parts):
    if not parts[0].ndim:
        return np.stack(parts)
    if len({part.shape[1:] for part in parts}) > 1:
        raise ValueError(f"predict: the outputs of the batches have different shapes, "
                         f"{', '.join(map(str, sorted({part.shape for part in parts})))}, and cannot be one array. Use "
                         "predict_on_batch.")
    return np.concatenate(parts)


def _array(value):
    return value._array if isinstance(value, ArrayOperand) else np.asarray(as_tensor(value)._array)
