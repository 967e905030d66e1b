"""Forward mode: derivatives carried along with the values, by the one declaration of each op.

ForwardAccumulator   TensorFlow's manner: a direction for some primals, the derivative along it of all that follows
AutoDiffScalar       Eigen's manner: numbers with a vector of derivatives, which flow through ops themselves
"""

import contextlib
import warnings
import weakref

import numpy as np

from ..errors import ShapeError
from . import dtypes, state, tree
from .backward import conjugated, total_of
from .batching import Batched
from .dispatch import apply, component, listen
from .linear import broadcast_to, permute, zeros_like
from .operands import align, as_tensor
from .state import thread, tick
from .tape import GradientTape, UnconnectedGradients
from .tensor import Interpreted, Tensor, array_text, source_node
from .variable import Variable


def push(op, xs, tangents, attrs, ys):
    """Tangents of the outputs `ys` (a tensor or a tuple) of `op` on `xs`, one for each output; None where constant.

    tangents    one for each input, None where it is constant; a Batched one carries many directions at once
    """
    before, thread.deriving = thread.deriving, op
    try:
        return _pushed(op, xs, tangents, attrs, ys)
    finally:
        thread.deriving = before


def _pushed(op, xs, tangents, attrs, ys):
    outputs = ys if isinstance(ys, tuple) else (ys,)
    if op.pull is None or not any(dtypes.is_differentiable(y.dtype) for y in outputs):
        return [None] * len(outputs)
    if op.family == "elementwise":
        parts = [rule(t, ys, *xs, **attrs) for rule, t in zip(op.rules, tangents) if t is not None and rule is not None]
        return [_sum(parts, ys)]
    if op.family == "linear":
        return [apply(op, [_moving(x, t) for x, t in zip(xs, tangents)], attrs)]
    if op.family == "multilinear":
        parts = [apply(op, [*xs[:i], t, *xs[i + 1:]], attrs) for i, t in enumerate(tangents) if t is not None]
        return [_sum(parts, ys)]
    return _transposed(op, xs, tangents, attrs, ys, outputs)


def _moving(x, tangent):
    """What a linear op gets in the place of `x`: an index stays."""
    if tangent is not None:
        return tangent
    return zeros_like(x) if dtypes.is_differentiable(x.dtype) else x


def _sum(parts, y):
    if not parts:
        return None
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total if total.shape == y.shape else broadcast_to(total, shape=y.shape)


def _transposed(op, xs, tangents, attrs, ys, outputs):
    """A pull-back is linear in the cotangent, so pulling the tangents back through *it* pushes them forward
    (Radul et al. 2022, "You only linearize once", read the other way round)."""
    seeds = [Tensor(np.zeros(y.shape, y._array.dtype)) if dtypes.is_differentiable(y.dtype) else None for y in outputs]
    floats = [seed for seed in seeds if seed is not None]
    if thread.recorder is not None:
        for seed in floats:
            thread.recorder.given(seed._array)
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(floats)
        grads = op.pull(tuple(seeds) if isinstance(ys, tuple) else seeds[0], ys, xs, attrs, tangents)
        pairs = [(total_of(g), t) for g, t in zip(grads, tangents) if g is not None and t is not None]
    # A gradient is the conjugate of a derivative; a rule is that of the derivative only where the output is complex.
    turned = conjugated if dtypes.is_complex(ys) else lambda x: x
    found = iter([turned(g) for g in
                  tape.pull_back([g for g, _ in pairs], [turned(t) for _, t in pairs], floats)])
    level = max([t.level for _, t in pairs if type(t) is Batched], default=None)
    found = [None if seed is None else next(found) for seed in seeds]
    return [t if t is None or level is None else Batched(t, level) for t in found]


def _records(operands):
    """Whether what is computed from these is recorded, with or without a tape (`requires_grad_`)."""
    return any(isinstance(x, Tensor) and x._node is not None and x._node.stamp >= thread.floor for x in operands)


BARE_FAMILIES = ("elementwise", "linear", "multilinear")      # others are transposed, which takes a tape


class ForwardAccumulator:
    """The derivative of what is computed inside its `with` block along one direction (Jacobian times vector).

    primals     tensors or Variables, or a nest of them
    tangents    the direction: for each primal a value of its shape
    Works in one pass beside the computation, and keeps nothing of the past: for a function of one number with many
    results it costs about as much as the function. Tapes and accumulators nest in any order.
    Raises ShapeError where a tangent does not fit, ValueError for a primal given twice.
    """

    def __init__(self, primals, tangents):
        self._tangents = weakref.WeakKeyDictionary()    # node -> tangent; {slot: tangent} for several outputs
        self._listening = None
        tangents = tree.flatten(tangents) if isinstance(primals, tree.CONTAINERS) else [tangents]
        primals = tree.flatten(primals)
        if len(primals) != len(tangents):
            raise ValueError(f"ForwardAccumulator: {len(primals)} primals, but {len(tangents)} tangents.")
        for primal, tangent in zip(primals, tangents, strict=True):
            self._watch(primal, tangent)

    def _watch(self, primal, tangent):
        if type(primal) is not Tensor and type(primal) is not Variable:
            raise TypeError(f"ForwardAccumulator: primals are tensors or Variables, got {type(primal).__name__}.")
        if not dtypes.is_differentiable(primal._array.dtype):
            warnings.warn(f"ForwardAccumulator: the dtype of a primal must be floating, got {primal.dtype.name}; "
                          "nothing has a derivative along it.", stacklevel=4)
            return
        if self._of(primal) is not None:
            raise ValueError(f"ForwardAccumulator: {primal!r} is among the primals twice; add its tangents up instead.")
        tangent = as_tensor(tangent, primal.dtype)
        if tangent.shape != primal.shape:
            raise ShapeError(f"ForwardAccumulator: a tangent has shape {tangent.shape}, its primal {primal.shape}.")
        self._set(primal, tangent)

    def __enter__(self):
        if self._listening is not None:
            raise ValueError("this ForwardAccumulator is already recording.")
        self._start = tick()
        self._listening = contextlib.ExitStack()
        self._listening.enter_context(np.errstate(all="ignore"))
        self._listening.enter_context(listen(self))
        return self

    def __exit__(self, *error):
        listening, self._listening = self._listening, None
        listening.__exit__(*error)

    def jvp(self, primals, unconnected_gradients=UnconnectedGradients.NONE):
        """The derivative of each of `primals` along the direction, in their structure; None (or zeros, if
        `unconnected_gradients` says so) for what does not depend on it."""
        if unconnected_gradients is not UnconnectedGradients.NONE:
            unconnected_gradients = UnconnectedGradients(unconnected_gradients)
        return tree.map_structure(lambda x: self._jvp(x, unconnected_gradients), primals)

    def _jvp(self, x, unconnected_gradients):
        if type(x) is not Tensor and type(x) is not Variable:
            raise TypeError(f"ForwardAccumulator.jvp takes tensors and Variables, got {type(x).__name__}.")
        tangent = self._of(x)
        if tangent is None and unconnected_gradients is UnconnectedGradients.ZERO:
            return Tensor(np.zeros(x.shape, x._array.dtype))
        return tangent

    def heard(self, op, inputs, attrs, outputs):
        """Called for every op that runs inside the block."""
        tangents = [self._of(x) if isinstance(x, Tensor) else None for x in inputs]
        if all(t is None for t in tangents):
            return
        unheard = thread.floor > self._start and not thread.is_heard() and op.family in BARE_FAMILIES
        if unheard and not (state.kept and _records((*inputs, *tangents))):
            found = self._push_bare(op, inputs, tangents, attrs, outputs)
        else:
            found = push(op, inputs, tangents, attrs, outputs)
        for y, tangent in zip(outputs if isinstance(outputs, tuple) else (outputs,), found, strict=True):
            if tangent is not None:
                self._set(y, tangent)

    def _push_bare(self, op, inputs, tangents, attrs, outputs):
        """As `push`, on arrays: no tape outside this accumulator wants to record the tangents, nor does a source that
        asked for its gradient."""
        raw, thread.raw = thread.raw, True
        try:
            xs = [x._array if isinstance(x, Tensor) else x for x in inputs]
            ys = tuple([y._array for y in outputs]) if isinstance(outputs, tuple) else outputs._array
            found = push(op, xs, [None if t is None else t._array for t in tangents], attrs, ys)
        finally:
            thread.raw = raw
        return [None if t is None else Tensor(np.asarray(t)) for t in found]

    def _of(self, x):
        node = x._node
        if node is None:
            return None
        if node.op is component:
            return self._tangents.get(node.parents[0], {}).get(node.attrs)
        return self._tangents.get(node)

    def _set(self, x, tangent):
        if x._node is None:
            x._node = source_node()
        if x._node.op is component:     # backward makes new components, but keeps the node of the whole
            self._tangents.setdefault(x._node.parents[0], {})[x._node.attrs] = tangent
        else:
            self._tangents[x._node] = tangent


class AutoDiffScalar(Interpreted):
    """A value with its derivatives by some parameters, as Eigen's AutoDiffScalar: ops carry both along.

    value        a number; or a tensor, as nests of AutoDiffScalars become one in ops
    derivatives  one number for each parameter (size,), as `Unit(size, index)` gives for parameter `index` itself;
                 for a tensor (*shape, size)
    Comparisons and integer results are plain tensors, so that `if x > 0` works.
    Raises ShapeError where the derivatives do not fit.
    """

    __slots__ = ("_tangent", "_value")
    level = float("inf")        # it speaks before Batched: its derivatives are Batched themselves

    def __init__(self, value, derivatives):
        value = as_tensor(value)
        self._value = value if dtypes.is_differentiable(value.dtype) else as_tensor(value, dtypes.floatx())
        derivatives = as_tensor(derivatives, self._value.dtype)
        ndim = len(self._value.shape)
        if len(derivatives.shape) != ndim + 1 or derivatives.shape[:-1] != self._value.shape:
            raise ShapeError(f"AutoDiffScalar: a value of shape {self._value.shape} needs derivatives of shape "
                             f"{(*self._value.shape, 'size')}, got {derivatives.shape}.")
        self._tangent = Batched(permute(derivatives, axes=(ndim, *range(ndim))), 0)

    @classmethod
    def _of(cls, value, tangent):
        self = cls.__new__(cls)
        self._value, self._tangent = value, tangent
        return self

    @property
    def value(self):
        """The value as a Tensor."""
        return self._value

    @property
    def derivatives(self):
        """The derivative by each parameter along the last axis, a Tensor (*shape, size)."""
        return permute(self._tangent.value, axes=(*range(1, len(self.shape) + 1), 0))

    @property
    def shape(self):
        """Shape of the value."""
        return self._value.shape

    @property
    def dtype(self):
        """The element type."""
        return self._value.dtype

    def interpret(self, op, inputs, attrs):
        """The AutoDiffScalar (or tuple of them) of an op with this among its inputs."""
        inputs, _ = align(op, inputs)
        own = [type(x) is AutoDiffScalar for x in inputs]
        sizes = {x._tangent.value.shape[0] for x, is_own in zip(inputs, own) if is_own}
        if len(sizes) > 1:
            raise ShapeError(f"{op.name}: AutoDiffScalars with {' and '.join(map(str, sorted(sizes)))} derivatives do "
                             "not go together; give all of them one Unit(size, ...) of the same size.")
        xs = [x._value if is_own else x for x, is_own in zip(inputs, own)]
        return AutoDiffScalar.carried(op, inputs, xs, attrs, apply(op, xs, attrs))

    @staticmethod
    def carried(op, inputs, xs, attrs, ys):
        """The outputs `ys` of `op` on the values `xs` of `inputs`, with the derivatives that the inputs have."""
        tangents = [x._tangent if type(x) is AutoDiffScalar else None for x in inputs]
        tangents = push(op, xs, tangents, attrs, ys)
        outputs = [y if t is None else AutoDiffScalar._of(y, t)
                   for y, t in zip(ys if isinstance(ys, tuple) else (ys,), tangents, strict=True)]
        return tuple(outputs) if isinstance(ys, tuple) else outputs[0]

    def numpy(self):
        """The value as a writable NumPy copy, without derivatives."""
        return self._value.numpy()

    def __array__(self, dtype=None, copy=None):
        return self._value.__array__(dtype, copy)

    def __bool__(self):
        return bool(self._value)

    def __float__(self):
        return float(self._value)

    def __int__(self):
        return int(self._value)

    def __format__(self, spec):
        return format(self._value, spec) if spec else str(self)

    def __repr__(self):
        return (f"AutoDiffScalar(value={array_text(self._value._array)}, "
                f"derivatives={self.derivatives.numpy().tolist()})")


def Unit(size, index):      # noqa: N802 (Eigen's name)
    """The derivatives of parameter `index` among `size` parameters by all of them: a one there, zeros elsewhere.

    Raises IndexError for an index out of range.
    """
    if not 0 <= index < size:
        raise IndexError(f"Unit: index {index} is out of range for {size} parameters.")
    return Tensor(np.eye(1, size, index, dtype=dtypes.as_dtype(dtypes.floatx()).dtype)[0])
