"""The walk back: cotangents pulled through records, the youngest first."""

import functools
import gc
import operator

import numpy as np

from ..errors import GradientError
from .batching import Batched
from .dispatch import component
from .dtypes import is_complex
from .linear import Slices, add_n, add_slices, conj
from .state import thread
from .tensor import Node, Tensor, ndarray


def undisturbed(function):
    """Decorator for a walk back: it allocates much and makes no cycles to collect, and an infinity in it is a result
    like any other."""
    @functools.wraps(function)
    def call(*args, **kwargs):
        collecting = gc.isenabled()
        gc.disable()
        try:
            with np.errstate(all="ignore"):
                return function(*args, **kwargs)
        finally:
            if collecting:
                gc.enable()
    return call


SERIAL = operator.attrgetter("serial")
SEVERAL = (list, Slices)        # what a cotangent is while it is not added up
# How many parts of one are kept at most: a weight used in each of 100 steps has 100, each as large as the weight.
PARTS = 8


def only_rows(parts):
    """Whether a cotangent is made of whole rows of a table, so that it can stay sparse."""
    return all(type(part) is Slices and part.is_rows and type(part.values) is not Batched
               for part in (parts if type(parts) is list else [parts]))


def run_backward(order, cotangents, wanted, bare):
    """Pull `cotangents` back through `order`, youngest first; what reaches each of `wanted`: one cotangent, or `Slices`
    (or a list of them) if they are whole rows.

    order   (node, its parents where they are asked for and None elsewhere), the oldest first
    bare    whether rules run on arrays, so that nothing is recorded
    """
    table, found = dict(cotangents), {}
    was_raw, was_deriving = thread.raw, thread.deriving
    thread.raw = bare
    try:
        while order:
            node, asked = order.pop()
            d = table.pop(node, None)
            if d is None:
                continue
            if not bare:
                thread.deriving = node
            if node in wanted:
                found[node] = d
            if type(d) is not ndarray:
                d = _all_slots(node, d) if type(d) is dict else total_of(d)
            op = node.op
            if op is component:
                add_to(table.setdefault(node.parents[0], {}), node.attrs, d)
                continue
            y = made = node.output
            xs = node.inputs
            if xs is None:
                raise forgotten(node)
            if not bare:
                y, xs = _aliases(node)
            if is_complex(made) if type(made) is tuple else made.dtype.kind == "c":
                grads = [conjugated(grad) for grad in op.pull(conjugated(d), y, xs, node.attrs, asked)]
            else:
                grads = op.pull(d, y, xs, node.attrs, asked)
            for parent, grad in zip(asked, grads):
                if parent is None or grad is None:
                    continue
                if parent in table:
                    add_to(table, parent, grad)
                else:
                    table[parent] = grad
        # In an order of its own a recording of what runs here could not be compared with another.
        for node in wanted if bare else sorted(wanted, key=SERIAL):
            if node in table:
                found[node] = table[node]
        for node, parts in found.items():
            if type(parts) in SEVERAL and not only_rows(parts):
                found[node] = total_of(parts)
        return found
    finally:
        thread.raw, thread.deriving = was_raw, was_deriving


def forgotten(node):
    """The error for a record whose arrays are gone (`inputs` is None)."""
    return GradientError(f"the record of {node.op.name} is gone: backward() through it has freed it. Call "
                         "backward(retain_graph=True) there, or compute the value again.")


def _aliases(node):
    """Output and inputs of a node as Tensors that carry its records."""
    output = node.output
    if type(output) is tuple:
        y = tuple([Tensor(part, Node(component, (node,), (), i, part)) for i, part in enumerate(output)])
    else:
        y = Tensor(output, node)
    return y, [Tensor(x, parent) if type(x) is ndarray else x for x, parent in zip(node.inputs, node.parents)]


def conjugated(grad):
    """A gradient is the conjugate of the derivative, as in TensorFlow: the rules are those of the derivative."""
    if type(grad) is tuple:
        return tuple(map(conjugated, grad))
    if type(grad) is Slices:
        return Slices(conjugated(grad.values), grad.index, grad.arrays, grad.shape)
    return grad if grad is None or np.dtype(grad.dtype).kind != "c" else conj(grad)


def add_to(table, key, grad):
    """Put a cotangent beside what already came together at `key`."""
    have = table.get(key)
    if have is None:
        table[key] = grad
    elif type(have) is list:
        have.append(grad)
        if len(have) == PARTS and not any(type(part) is Slices for part in have):
            table[key] = add_n(*have)
    else:
        table[key] = [have, grad]


def total_of(parts):
    """The sum of what came together at a node: one `add_n`, and one buffer for all slices."""
    if type(parts) is not list:
        return add_slices([parts]) if type(parts) is Slices else parts
    slices = [part for part in parts if type(part) is Slices]
    if not slices:
        return add_n(*parts)
    dense = [part for part in parts if type(part) is not Slices]
    total = add_slices(slices)
    return add_n(total, *dense) if dense else total


def _all_slots(node, slots):
    """The cotangent of an op with several outputs; None for those that nothing depends on."""
    return tuple([total_of(slots[i]) if i in slots else None for i in range(len(node.output))])
