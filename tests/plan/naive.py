"""A recording of a step that is run again in the plainest way: op by op, on other arrays."""

import contextlib

import numpy as np

from minikeras.autograd import tree
from minikeras.autograd.dispatch import listen
from minikeras.autograd.op import is_impure
from minikeras.autograd.random import Draws
from minikeras.autograd.tensor import ArrayOperand, Operand, Tensor
from minikeras.autograd.variable import Variable


class Recording:
    """The ops that `step(*inputs)` runs, noted by the identity of the arrays that go in and out.

    left   how traced values (made of inputs, Variables or draws) left the ops, such as 'bool()'
    The Variables and the generators are as before afterwards.
    """

    def __init__(self, step, inputs, variables=()):
        self.calls, self.left, self.variables = [], [], list(variables)
        for v in self.variables:
            v._array = v._array.view()      # no array is held by two of them
        before = [v._array for v in self.variables]
        tensors = [Tensor(np.array(x)) if isinstance(x, np.ndarray) else x for x in inputs]
        self._inputs = [t._array if type(t) is Tensor else t for t in tensors]
        self._traced = {id(a) for a in (*self._inputs, *before) if isinstance(a, np.ndarray)}
        draws = Draws()
        with listen(self), self._watching_leaves(), draws.noted():
            result = step(*tensors)
        draws.rewind()
        self.result = tree.map_structure(arrays_of, result)
        self._before, self._after = before, [v._array for v in self.variables]
        for v, array in zip(self.variables, before, strict=True):
            v._array = array

    def heard(self, op, inputs, attrs, outputs):
        if op.family == "custom":       # what it calls has been heard
            return
        inputs = [x._array if isinstance(x, Operand) else x for x in inputs]
        outputs = [y._array for y in outputs] if isinstance(outputs, tuple) else outputs._array
        self.calls.append((op, inputs, attrs, outputs))
        if is_impure(op, attrs) or any(id(x) in self._traced for x in inputs):
            self._traced.update(id(y) for y in (outputs if isinstance(outputs, list) else [outputs]))

    @contextlib.contextmanager
    def _watching_leaves(self):
        leave = ArrayOperand._leave

        def noting(operand, how):
            if id(operand._array) in self._traced and how != "assign()":     # what a Variable holds is looked up
                self.left.append(how)
            return leave(operand, how)
        ArrayOperand._leave = noting
        try:
            yield
        finally:
            ArrayOperand._leave = leave

    def replay(self, inputs):
        """The result of the step on other inputs, as arrays; the Variables are changed."""
        now = {id(old): new for old, new in zip(self._inputs, inputs, strict=True) if isinstance(old, np.ndarray)}
        now |= {id(old): v._array for old, v in zip(self._before, self.variables, strict=True)}

        def value(x):
            return now.get(id(x), x) if isinstance(x, np.ndarray) else x
        for op, xs, attrs, outputs in self.calls:
            result = op.forward(*map(value, xs), **attrs)
            pairs = zip(outputs, result, strict=True) if isinstance(outputs, list) else [(outputs, result)]
            now |= {id(old): np.asarray(new) for old, new in pairs}
        for v, array in zip(self.variables, self._after, strict=True):
            v._array = value(array)
        return tree.map_structure(value, self.result)


def arrays_of(x):
    """The array of a tensor or Variable; anything else as it is."""
    return x._array if isinstance(x, (Tensor, Variable)) else x


def assert_same_bits(got, want):
    """Two nests of arrays are equal to the last bit."""
    got, want = tree.flatten(got), tree.flatten(want)
    assert len(got) == len(want)
    for g, w in zip(got, want, strict=True):
        g, w = np.asarray(arrays_of(g)), np.asarray(arrays_of(w))
        assert g.dtype == w.dtype and g.shape == w.shape, (g.dtype, g.shape, w.dtype, w.shape)
        assert g.tobytes() == w.tobytes(), (g, w)


def assert_replays(make, batches, variables_of):
    """`make()` gives a step; recorded on the first of the batches and replayed on each, it does as it does eagerly."""
    eager, traced = make(), make()
    recording = Recording(traced, batches[0], variables_of(traced))
    assert not recording.left
    for batch in batches:
        with np.errstate(all="ignore"):
            want, got = eager(*batch), recording.replay(batch)
        assert_same_bits(got, want)
        assert_same_bits(variables_of(traced), variables_of(eager))


def other(x):
    """Another array in the same domain."""
    if not isinstance(x, np.ndarray):
        return x
    if x.dtype.kind not in "fc":
        return np.array(x[::-1] if x.ndim else x)       # index vectors stay whole
    return np.array(x.ravel()[::-1].reshape(x.shape) * 0.98, x.dtype)
