"""Functions with a gradient of their own: custom_gradient, recompute_grad, grad_pass_through, stop_gradient."""

import contextlib
import functools
import inspect

from ..errors import GradientError, ShapeError
from . import tree
from .batching import Batched
from .dispatch import record, told
from .linear import getitem, stack, zeros_like
from .op import kept, primitive, shifted
from .operands import as_tensor
from .state import NEVER, Watcher, thread
from .tape import GradientTape
from .tensor import SymbolicTensor, Tensor
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

    grad(*d_outputs)               gives the gradient of each argument
    grad(*d_outputs, variables=v)  if `f` reads trainable Variables: gives (gradients of the arguments,
                                   gradients of the Variables `v`)
    The body is recorded too, so a `grad` made of ops on its values has derivatives of every order.
    Works on functions and methods. Raises TypeError if `f` reads Variables that `grad` has no
    `variables` argument for.
    """

    def __init__(self, f):
        functools.update_wrapper(self, f)
        self._f = f

    def __get__(self, instance, owner=None):
        return self if instance is None else custom_gradient(self._f.__get__(instance, owner))

    def __call__(self, *args, **kwargs):
        with VariableWatcher() as watcher:
            returned = self._f(*args, **kwargs)
        if not (isinstance(returned, tuple) and len(returned) == 2 and callable(returned[1])):
            raise TypeError(f"custom_gradient: {self._name()} must return (outputs, grad) with grad a function, "
                            f"got {type(returned).__name__}.")
        result, grad = returned
        outputs, inputs = tree.flatten(result), tree.flatten(args)
        if any(isinstance(x, SymbolicTensor) for x in outputs):
            return result
        variables = [v for v in watcher.variables if all(v is not x for x in inputs)]
        if variables and not _takes_variables(grad):
            raise TypeError(
                f"custom_gradient: {self._name()} reads the Variables {[v.path for v in variables]}, so its gradient "
                "function must accept a `variables` keyword argument and return (gradients of the arguments, "
                "gradients of the variables).")
        rule = _CustomRule(self._name(), grad, inputs, variables)
        return tree.pack(result, _attach(rule, [*inputs, *variables], outputs))

    def _name(self):
        return getattr(self._f, "__qualname__", repr(self._f))


class _CustomRule:
    """Stands where an op stands in a node; pulls back by calling the user's function on Tensors."""

    family = "custom"

    def __init__(self, name, grad, inputs, variables):
        self.name = name
        self.grad = grad
        self.shapes = [getattr(x, "shape", ()) for x in inputs]
        self.variables = variables

    def pull(self, d, y, xs, attrs, wanted):
        whole = d if isinstance(d, tuple) else (d,)
        if any(type(g) is Batched for g in whole):
            return self._pull_entries(whole, y, xs, attrs, wanted)
        ds = zip(d, y, strict=True) if isinstance(d, tuple) else [(d, y)]
        bare, thread.raw = thread.raw, False
        try:
            grads = self._call([zeros_like(as_tensor(y)) if g is None else as_tensor(g) for g, y in ds])
        finally:
            thread.raw = bare
        return [g._array if bare and type(g) is Tensor else g for g in grads]

    def _pull_entries(self, ds, y, xs, attrs, wanted):
        """The user's function is not asked to bear a hidden axis: it is called for each entry of the batch."""
        level = max([g.level for g in ds if type(g) is Batched])
        size = next(g.value.shape[0] for g in ds if type(g) is Batched and g.level == level)
        entries = []
        for i in range(size):
            each = [getitem(g.value, index=(i,)) if type(g) is Batched and g.level == level else g for g in ds]
            entries.append(self.pull(tuple(each) if type(y) is tuple else each[0], y, xs, attrs, wanted))
        return [None if any(part is None for part in parts) else Batched(stack(*parts, axis=0), level)
                for parts in zip(*entries)]

    def _call(self, ds):
        if not self.variables:
            return self._checked(self.grad(*ds))
        returned = self.grad(*ds, variables=self.variables)
        if not (isinstance(returned, tuple) and len(returned) == 2):
            raise GradientError(f"custom_gradient: the gradient function of {self.name} was called with variables=... "
                                "and must return (gradients of the arguments, gradients of the variables).")
        grads, of_variables = returned
        of_variables = tree.flatten(of_variables)
        if len(of_variables) != len(self.variables):
            raise GradientError(f"custom_gradient: the gradient function of {self.name} returned {len(of_variables)} "
                                f"gradients for {len(self.variables)} variables.")
        return [*self._checked(grads), *map(_dense, of_variables)]

    def _checked(self, grads):
        grads = [] if grads is None and not self.shapes else tree.flatten(grads)
        if len(grads) != len(self.shapes):
            raise GradientError(f"custom_gradient: the gradient function of {self.name} returned {len(grads)} "
                                f"gradients for {len(self.shapes)} arguments.")
        grads = [_dense(g) for g in grads]
        for i, (g, shape) in enumerate(zip(grads, self.shapes, strict=True)):
            if g is not None and tuple(g.shape) != tuple(shape):
                raise ShapeError(f"custom_gradient: the gradient of argument {i} of {self.name} has shape "
                                 f"{tuple(g.shape)}, the argument {tuple(shape)}. Sum over broadcast axes first.")
        return grads


def _dense(g):
    return g if g is None or type(g) is Tensor else as_tensor(g)


def _takes_variables(grad):
    parameters = inspect.signature(grad).parameters
    return "variables" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _attach(rule, inputs, outputs):
    """Fresh Tensors of `outputs` whose record is `rule` of `inputs`."""
    snapshots = [x._read() if type(x) is Variable else x for x in inputs]
    saved = tuple([x._array if type(x) is Tensor else x for x in snapshots])
    arrays = [as_tensor(y)._array for y in outputs]
    fresh = record(rule, snapshots, saved, {}, arrays[0] if len(arrays) == 1 else tuple(arrays))
    told(rule, snapshots, {}, fresh)
    return list(fresh) if isinstance(fresh, tuple) else [fresh]


def recompute_grad(f):
    """`f` with its intermediate results dropped and computed again in the backward pass: memory for time."""
    @custom_gradient
    def recomputed(*args):
        tensors = [x for x in tree.flatten(args) if isinstance(x, (Tensor, Variable))]
        with paused(), VariableWatcher() as watcher:
            result = f(*args)
        for variable in watcher.variables:
            variable._read()        # announce to the paused tapes what the body has read

        def grad(*ds, variables=()):
            with GradientTape() as tape:
                tape.watch(tensors)
                again = f(*args)
            grads = tape.gradient(again, [*tensors, *variables], output_gradients=tree.pack(again, ds))
            of_tensors = iter(grads)
            of_args = [next(of_tensors) if isinstance(x, (Tensor, Variable)) else None for x in tree.flatten(args)]
            return (of_args, list(of_tensors)) if variables else of_args
        return result, grad
    return functools.wraps(f)(lambda *args, **kwargs: recomputed(*args, **kwargs))


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
