"""Functions with a gradient of their own: custom_gradient, recompute_grad, grad_pass_through, stop_gradient."""

import contextlib
import functools
import inspect

from ..errors import DTypeError, GradientError, ShapeError
from . import dtypes, tree
from .backward import conjugated, total_of
from .batching import Batched, repeated
from .dispatch import record, told
from .forward import AutoDiffScalar
from .indexed_slices import IndexedSlices
from .linear import Slices, cast, getitem, stack, sum_to, zeros_like
from .op import kept, primitive, shifted
from .operands import as_tensor
from .random import Draws
from .state import NEVER, Watcher, thread
from .tape import GradientTape
from .tensor import ArrayOperand, Operand, SymbolicTensor, Tensor
from .variable import Variable


class VariableWatcher(Watcher):
    """Hears which trainable Variables are read inside its `with` block; asks for nothing to be recorded."""

    def __init__(self):
        self.variables = []

    def variable_read(self, variable):
        if not any(v is variable for v in self.variables):
            self.variables.append(variable)

    def __enter__(self):
        thread.set_watchers((*thread.watchers, self))
        return self

    def __exit__(self, *_):
        thread.drop_watcher(self)


@contextlib.contextmanager
def paused():
    """Nothing is recorded inside the block, whichever tapes are active."""
    watchers, resting = thread.watchers, thread.resting
    thread.resting = NEVER
    thread.set_watchers(())
    try:
        yield
    finally:
        thread.resting = resting
        thread.set_watchers(watchers)


class custom_gradient:  # noqa: N801 (TensorFlow's name)
    """Decorator: `f(*args)` returns `(outputs, grad)`, and `grad` replaces the derivative of `f`.

    grad(*d_outputs)               gives the gradient of each argument: a tensor, an IndexedSlices or None
    grad(*d_outputs, variables=v)  if `f` reads trainable Variables: gives (gradients of the arguments,
                                   gradients of the Variables `v`)
    Arguments and outputs may be nests; `grad` gets the leaves of the outputs one by one and may give its gradients
    nested. What is given by keyword is a constant to the derivative, as in TensorFlow.
    The body is recorded too, so a `grad` made of ops on its values has derivatives of every order.
    Works on functions and methods. Forward mode uses `grad`, too (TensorFlow's differentiates the body).
    Raises TypeError if `f` reads Variables that `grad` has no `variables` argument for; when a derivative is asked
    for, GradientError, ShapeError or DTypeError if number, shapes or dtypes of what `grad` gives do not fit.
    """

    def __new__(cls, f=None):
        return cls if f is None else super().__new__(cls)       # `@custom_gradient()` decorates, too

    def __init__(self, f):
        functools.update_wrapper(self, f)
        self._f = f

    def __get__(self, instance, owner=None):
        return self if instance is None else custom_gradient(self._f.__get__(instance, owner))

    def __call__(self, *args, **kwargs):
        if args and isinstance(args[0], type):      # from Python 3.13 on a classmethod does not ask `__get__`
            return self.__get__(args[0])(*args[1:], **kwargs)
        inputs = given = tree.flatten(args)
        has_scalars = any(type(x) is AutoDiffScalar for x in given)
        if has_scalars:
            inputs = [x.value if type(x) is AutoDiffScalar else x for x in given]
            args = tree.pack(args, inputs)
        with VariableWatcher() as watcher:
            returned = self._f(*args, **kwargs)
        if not (isinstance(returned, (tuple, list)) and len(returned) == 2 and callable(returned[1])):
            raise TypeError(f"custom_gradient: {self._name()} must return (outputs, grad) with grad a function, "
                            f"got {type(returned).__name__}.")
        result, grad = returned
        outputs = tree.flatten(result)
        if any(isinstance(x, SymbolicTensor) for x in outputs):
            return result
        if any(type(x) is AutoDiffScalar for x in outputs):
            raise TypeError(f"custom_gradient: {self._name()} computes with an AutoDiffScalar that is not among its "
                            "positional arguments. Give it as one.")
        passed = inputs + tree.flatten(kwargs)
        variables = [v for v in watcher.variables if all(v is not x for x in passed)]
        if variables and not _takes_variables(grad):
            raise TypeError(
                f"custom_gradient: {self._name()} reads the Variables {[v.path for v in variables]}, so its gradient "
                "function must accept a `variables` keyword argument and return (gradients of the arguments, "
                "gradients of the variables).")
        rule = _CustomRule(self._name(), grad, inputs, variables)
        fresh = _attach(rule, [*inputs, *variables], outputs)
        if has_scalars:
            ys = fresh[0] if len(fresh) == 1 else tuple(fresh)
            fresh = tree.flatten(AutoDiffScalar.carried(rule, [*given, *variables], [*inputs, *variables], {}, ys))
        return tree.pack(result, fresh)

    def _name(self):
        return getattr(self._f, "__qualname__", repr(self._f))


class _Rule:
    """Stands where an op stands in a node; pulls back by `called(ds)`, which calls the user's function on Tensors."""

    family = "custom"

    def pull(self, d, y, xs, attrs, wanted):
        whole = d if isinstance(d, tuple) else (d,)
        if any(type(g) is Batched for g in whole):
            return self._pull_entries(whole, y, xs, attrs, wanted)
        bare, thread.raw = thread.raw, False
        try:
            # The user's function gives what a tape does, and that is the conjugate of what a rule gives.
            turned = conjugated if dtypes.is_complex(y) else lambda g: g
            ds = zip(whole, y if type(y) is tuple else (y,), strict=True)
            grads = self.called([zeros_like(as_tensor(y)) if g is None else as_tensor(turned(g)) for g, y in ds])
            return [_given_back(turned(g), bare) for g in grads]
        finally:
            thread.raw = bare

    def _pull_entries(self, ds, y, xs, attrs, wanted):
        """The user's function is not asked to bear a hidden axis: it is called for each entry of the batch."""
        level = max([g.level for g in ds if type(g) is Batched])
        size = next(g.value.shape[0] for g in ds if type(g) is Batched and g.level == level)
        entries = []
        for i in range(size):
            each = [getitem(g.value, index=(i,)) if type(g) is Batched and g.level == level else g for g in ds]
            entries.append(self.pull(tuple(each) if type(y) is tuple else each[0], y, xs, attrs, wanted))
        return [None if any(part is None for part in parts) else Batched(stack(*map(total_of, parts), axis=0), level)
                for parts in zip(*entries)]


class _CustomRule(_Rule):
    """One call of a function with a gradient of its own."""

    def __init__(self, name, grad, inputs, variables):
        self.name = name
        self.grad = grad
        self.inputs = [_Place(f"argument {i}", x) for i, x in enumerate(inputs)]
        self.places = [_Place(f"Variable {v.path!r}", v) for v in variables]
        self.variables = variables

    def called(self, ds):
        """What the user's function gives for each argument and Variable, checked: a tensor, Slices or None."""
        if not self.variables:
            return self._checked(self.grad(*ds), self.inputs, "arguments")
        returned = self.grad(*ds, variables=self.variables)
        if not (isinstance(returned, (tuple, list)) and len(returned) == 2):
            raise GradientError(f"custom_gradient: the gradient function of {self.name} was called with variables=... "
                                "and must return (gradients of the arguments, gradients of the variables).")
        return [*self._checked(returned[0], self.inputs, "arguments"),
                *self._checked(returned[1], self.places, "variables")]

    def _checked(self, grads, places, what):
        grads = [] if grads is None and not places else tree.flatten(grads)
        if len(grads) != len(places):
            raise GradientError(f"custom_gradient: the gradient function of {self.name} returned {len(grads)} "
                                f"gradients for {len(places)} {what}.")
        return [None if g is None else place.fitted(g, self.name) for place, g in zip(places, grads, strict=True)]


class _BatchedRule(_Rule):
    """Many calls at once: the user's function gets tensors with the hidden axis that those in its closure have."""

    def __init__(self, rule, level, shared):
        self.name = rule.name
        self.rule = rule
        self.level = level
        self.shared = shared

    def called(self, ds):
        """Gradients with the leading axis; summed over it for an input that all entries share."""
        size = ds[0].shape[0]
        grads = [total_of(g) for g in self.rule.called([Batched(d, self.level) for d in ds])]
        grads = [g.value if type(g) is Batched and g.level == self.level else None if g is None else repeated(g, size)
                 for g in grads]
        return [g if g is None or not shared else sum_to(g, shape=g.shape[1:])
                for g, shared in zip(grads, self.shared, strict=True)]


class _Place:
    """What is known of an input when its gradient comes."""

    __slots__ = ("dtype", "name", "shape")

    def __init__(self, name, x):
        self.name = name
        self.shape = tuple(getattr(x, "shape", ()))
        dtype = x.dtype if isinstance(x, Operand) else None
        self.dtype = dtype if dtype is not None and dtypes.is_differentiable(dtype) else None

    def fitted(self, grad, function):
        """The gradient as a tensor or as Slices. NumPy's and Python's numbers take the dtype of the input."""
        values = as_tensor(grad.values if isinstance(grad, IndexedSlices) else grad)
        if self.dtype is None:      # nothing follows it back
            return values if values is grad else None
        is_plain = not isinstance(grad, (Operand, IndexedSlices))
        if is_plain and (values.dtype.dtype.kind != "c" or self.dtype.dtype.kind == "c"):
            values = cast(values, dtype=self.dtype)
        shape = tuple(values.shape)
        if isinstance(grad, IndexedSlices):
            shape = self.shape if grad.dense_shape is None else grad.shape
        if shape != self.shape:
            raise ShapeError(f"custom_gradient: the gradient of {self.name} of {function} has shape {shape}, "
                             f"{self.name} itself {self.shape}. Sum over broadcast axes first.")
        if values.dtype != self.dtype:
            raise DTypeError(f"custom_gradient: the gradient of {self.name} of {function} is {values.dtype.name}, "
                             f"{self.name} itself {self.dtype.name}. Cast it: tf.cast(g, {self.dtype.name!r}).")
        return grad.as_cotangent(shape) if isinstance(grad, IndexedSlices) else values


def _given_back(g, bare):
    """A gradient as the walk back wants it: arrays if it is on bare ones."""
    if not bare:
        return g
    if type(g) is Slices:
        return Slices(g.values._array, g.index, [i._array for i in g.arrays], g.shape)
    return g._array if type(g) is Tensor else g


def _takes_variables(grad):
    parameters = inspect.signature(grad).parameters
    return "variables" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _attach(rule, inputs, outputs):
    """Fresh Tensors of `outputs` whose record is `rule` of `inputs`."""
    levels = [x.level for x in (*inputs, *outputs) if type(x) is Batched]
    if levels:
        return _attach_batched(rule, inputs, outputs, max(levels))
    snapshots = [x._read() if type(x) is Variable else x for x in inputs]
    saved = tuple([x._array if type(x) is Tensor else x for x in snapshots])
    arrays = [as_tensor(y)._array for y in outputs]
    fresh = record(rule, snapshots, saved, {}, arrays[0] if len(arrays) == 1 else tuple(arrays))
    told(rule, snapshots, {}, fresh)
    return list(fresh) if isinstance(fresh, tuple) else [fresh]


def _attach_batched(rule, inputs, outputs, level):
    own = [type(x) is Batched and x.level == level for x in inputs]
    size = next(x.value.shape[0] for x in (*inputs, *outputs) if type(x) is Batched and x.level == level)
    fresh = _attach(_BatchedRule(rule, level, [not is_own for is_own in own]),
                    [x.value if is_own else x for x, is_own in zip(inputs, own, strict=True)],
                    [y.value if type(y) is Batched and y.level == level else repeated(as_tensor(y), size)
                     for y in outputs])
    return [Batched(y, level) for y in fresh]


def recompute_grad(f):
    """`f` with its intermediate results dropped and computed again in the backward pass: memory for time.

    Unlike TensorFlow's, the second run draws the same random numbers as the first (so a Dropout in it drops the same
    elements), and tensors given by keyword get their gradients. Other state that `f` changes is changed twice.
    """
    @custom_gradient
    def recomputed(args, kwargs):
        leaves = tree.flatten((args, kwargs))
        tensors, draws = [x for x in leaves if isinstance(x, ArrayOperand)], Draws()
        with paused(), VariableWatcher() as watcher, draws.noted():
            result = f(*args, **kwargs)
        for variable in watcher.variables:
            variable._read()        # announce to the paused tapes what the body has read

        def grad(*ds, variables=()):
            with GradientTape() as tape, draws.repeated():
                tape.watch([x for x in tensors if dtypes.is_differentiable(x.dtype)])
                again = f(*args, **kwargs)
            targets, ds = zip(*[(y, d) for y, d in zip(tree.flatten(again), ds) if isinstance(y, ArrayOperand)])
            grads = tape.gradient(targets, [*tensors, *variables], output_gradients=ds)
            of_tensors = iter(grads)
            of_leaves = [next(of_tensors) if isinstance(x, ArrayOperand) else None for x in leaves]
            return (of_leaves, list(of_tensors)) if variables else of_leaves
        return result, grad

    def call(*args, **kwargs):
        if any(type(x) is Batched for x in tree.flatten((args, kwargs))):
            return f(*args, **kwargs)       # inside vectorized_map no tape could run it again
        return recomputed(args, kwargs)
    return functools.wraps(f)(call)


def grad_pass_through(f):
    """`f` with the derivative of the identity: the gradient of each output goes to the input of that place."""
    @custom_gradient
    def passed(*args, **kwargs):
        def grad(*ds, variables=()):
            return (list(ds), [None] * len(variables)) if variables else list(ds)
        return f(*args, **kwargs), grad
    return functools.wraps(f)(lambda *args, **kwargs: passed(*args, **kwargs))


@primitive(shape=lambda x: x, policy=kept, batch=shifted)
def stop_gradient(x):
    """The same values, treated as a constant by every derivative."""
    return x
