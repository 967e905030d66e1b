"""Two more manners of speaking about the same graph: PyTorch's and MXNet's.

PyTorch's   x.requires_grad_(True); everything computed from x is recorded; y.backward() adds to x.grad
MXNet's     x.attach_grad(); only what runs inside `with record():` is recorded; y.backward() replaces x.grad

A graph hangs on its results, so neither needs a tape: `backward` walks from `y` to the sources that asked.
"""

import contextlib
import threading
import weakref

import numpy as np

from ..errors import GradientError, ShapeError
from . import state
from .backward import SERIAL, run_backward, total_of, undisturbed
from .custom import paused, stop_gradient
from .dispatch import component
from .dtypes import is_differentiable
from .linear import add_n, ones_like
from .operands import as_tensor
from .quiet import follow_tapes
from .state import ATTACHED, KEPT, NEVER, Watcher, thread, tick
from .tensor import ArrayOperand, Tensor, source_node

_leaves = weakref.WeakKeyDictionary()       # node -> Leaf
_counting = threading.Lock()


class Leaf:
    """What a source asks for: since when, whether a new gradient is added to the old one, and that one."""

    __slots__ = ("__weakref__", "adds", "grad", "since")

    def __init__(self, grad, adds):
        self.since = tick()
        self.grad = grad
        self.adds = adds


def _count_kept(change):
    with _counting:
        state.kept += change


def _source(x, name):
    """The node of a tensor or Variable that can be a source. Raises GradientError for a result or an integer."""
    if not is_differentiable(x._array.dtype):
        raise GradientError(f"{name}: only floats can have a gradient, got {x.dtype.name}. Make it one, for example "
                            "with ops.cast(x, 'float32').")
    if x._node is None:
        x._node = source_node()
    if x._node.op is not None:
        raise GradientError(f"{name}: this tensor is a result of {x._node.op.name}; only a source can ask for a "
                            "gradient. Detach it first: x = x.detach().")
    return x._node


def requires_grad_(x, requires_grad=True):
    """From here on record what is computed from `x`, so that `backward` gives `x.grad`; or stop that. Returns `x`.

    Raises GradientError if `x` holds integers or is itself the result of a recorded op.
    """
    node = _source(x, "requires_grad_")
    if requires_grad and node.stamp != KEPT:
        _leaves[node] = leaf = Leaf(_grad(x) if node.stamp != ATTACHED else None, adds=True)
        node.stamp = KEPT
        _count_kept(1)
        weakref.finalize(leaf, _count_kept, -1).atexit = False
    elif not requires_grad and node.stamp == KEPT:
        _leaves[node] = leaf = Leaf(_grad(x), adds=True)
        leaf.since = NEVER
        node.stamp = -NEVER
    return x


def attach_grad(x, grad_req="write"):
    """Give `x` a place for its gradient, zeros at first, from what is computed inside `record()`.

    grad_req   'write': each `backward` replaces it; 'add': adds to it; 'null': none is kept
    Raises GradientError as `requires_grad_`.
    """
    if grad_req not in ("write", "add", "null"):
        raise ValueError(f"attach_grad: grad_req must be 'write', 'add' or 'null', got {grad_req!r}.")
    node = _source(x, "attach_grad")
    _leaves.pop(node, None)
    node.stamp = -NEVER
    if grad_req != "null":
        node.stamp = ATTACHED
        _leaves[node] = Leaf(Tensor(np.zeros(x.shape, x._array.dtype)), adds=grad_req == "add")


def detach(x):
    """The same values as a constant: no gradient flows through it."""
    return stop_gradient(x)


@undisturbed
def backward(y, gradient=None, retain_graph=None, create_graph=False):
    """Put the derivative of `y` with respect to each source that asked for one into that source's `.grad`.

    gradient       cotangent, of the shape of `y`; ones by default, in PyTorch's manner for a single number only
    retain_graph   keep the record for a further `backward`; by default it is freed, unless `create_graph` asks for
    create_graph   gradients that are recorded themselves, for higher derivatives
    Raises GradientError if nothing asked for a gradient, or the record was freed.
    """
    order, leaves = _graph(y)
    if not leaves:
        raise GradientError("backward: nothing that this tensor was computed from asks for a gradient. Call "
                            "x.requires_grad_(True) on a source before computing, or x.attach_grad() and compute "
                            "inside `with autograd.record():`.")
    if gradient is None:
        if y.size != 1 and any(node.stamp == KEPT for node in leaves):
            raise GradientError(f"backward: this tensor has {y.size} elements of shape {y.shape}, not one. Give the "
                                "cotangent, y.backward(gradient=ops.ones_like(y)), or call y.sum().backward().")
        gradient = ones_like(y)
    gradient = as_tensor(gradient, y.dtype)
    if gradient.shape != y.shape:
        raise ShapeError(f"backward: the gradient has shape {gradient.shape}, the tensor {y.shape}.")
    with contextlib.nullcontext() if create_graph else paused():
        bare = not create_graph and not thread.is_heard()
        found = run_backward(list(order), {y._node: gradient._array if bare else gradient}, leaves, bare)
        for node, parts in found.items():
            grad, leaf = as_tensor(total_of(parts)), _leaves[node]
            leaf.grad = add_n(leaf.grad, grad) if leaf.adds and leaf.grad is not None else grad
    if not (create_graph if retain_graph is None else retain_graph):
        for node, _ in order:
            if node.op is not component:
                node.inputs = node.output = None


def _graph(y):
    """What `run_backward` walks from `y`, and the nodes of the sources that ask for a gradient."""
    if y._node is None:
        return [], set()
    nodes, leaves = [y._node], {}
    seen = {y._node}
    for node in nodes:      # grows while it is walked
        if node.op is None and node in _leaves and _leaves[node].since != NEVER:
            leaves[node] = _leaves[node].since
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                nodes.append(parent)
    reached, order = set(leaves), []
    for node in sorted(nodes, key=SERIAL):
        asked = [parent if parent in reached and leaves.get(parent, 0) < node.serial else None
                 for parent in node.parents]
        if any(asked):
            reached.add(node)
            order.append((node, asked))
    return order, set(leaves)


class record(Watcher):      # noqa: N801 (MXNet's name)
    """Context: record what is computed from attached tensors (`x.attach_grad()`)."""

    def __enter__(self):
        self.first_start = tick()
        thread.set_watchers((*thread.watchers, self))
        follow_tapes()
        return self

    def __exit__(self, *_):
        thread.drop_watcher(self)
        follow_tapes()


def no_grad():
    """Context or decorator: nothing is recorded, in any manner of speaking."""
    return paused()


def pause():
    """Context: nothing is recorded, as MXNet names it."""
    return paused()


def is_recording():
    """Whether a tape or `record()` is active in this thread."""
    return bool(thread.watchers)


def _leaf(x):
    return None if x._node is None else _leaves.get(x._node)


def _grad(x):
    """The gradient that `backward` has put here; None (or zeros, if attached) before."""
    leaf = _leaf(x)
    return None if leaf is None else leaf.grad


def _set_grad(x, grad):
    leaf = _leaf(x)
    if leaf is None:
        raise GradientError(".grad can be set only where a gradient was asked for: call x.requires_grad_(True) first.")
    grad = None if grad is None else as_tensor(grad, x.dtype)
    if grad is not None and grad.shape != x.shape:
        raise ShapeError(f".grad of a tensor of shape {x.shape} cannot have shape {grad.shape}.")
    leaf.grad = grad


def _requires_grad(x):
    """Whether what is computed from it is recorded without a tape."""
    return x._node is not None and x._node.stamp == KEPT


def zero_(grad):
    """Put zeros in the place of this gradient, which is the `.grad` of a tensor. Returns them.

    Raises TypeError for any other tensor: tensors are values.
    """
    for leaf in _leaves.values():
        if leaf.grad is grad:
            leaf.grad = Tensor(np.zeros(grad.shape, grad._array.dtype))
            return leaf.grad
    raise TypeError("zero_ empties the .grad of a tensor, as in x.grad.zero_(); any other tensor is a value and cannot "
                    "be changed. Make a new one with ops.zeros_like(x).")


for _method in (attach_grad, backward, detach, requires_grad_, zero_):
    setattr(ArrayOperand, _method.__name__, _method)
ArrayOperand.grad = property(_grad, _set_grad)
ArrayOperand.requires_grad = property(_requires_grad, requires_grad_)
