"""The one doorway: every op runs through here, symbolic or eager, and whoever listens is told.

`doorway(op)` makes the function that users call, with a short path for tensors of one dtype;
`apply` is the whole story: convert, align dtypes, compute, record, tell.

A listener is an object with `heard(op, inputs, attrs, outputs)`. Listeners hear an op outermost
first, and while one works only those outside it listen: an inner one's own ops are news to the
outer, never the reverse (else a Hessian-vector product loses a term).
"""

import contextlib
import operator
import threading

import numpy as np

from ..errors import DTypeError, MinikerasError, ShapeError
from . import dtypes, state
from .dims import public_shape
from .history import Call, is_remembered
from .operands import BARE, align, first_kept, floated, kept, nested, promoted, shape_of
from .state import thread
from .tensor import Interpreted, Node, Operand, SymbolicTensor, Tensor, ndarray, source_node
from .variable import Variable

LEVEL = operator.attrgetter("level")
KNOWN_POLICIES = (promoted, floated, kept, first_kept)      # what the short paths look after themselves


def apply(op, inputs, attrs):
    """`op` of `inputs` (tensors, Variables, arrays, numbers, nested lists), the general path.

    While rules run on bare arrays (`thread.raw`), arrays and Variables give arrays; otherwise a
    Tensor, or a tuple of them if the op has several outputs.
    """
    if thread.raw:
        bare = [x._array if type(x) is Variable else x for x in inputs]
        for x in bare:
            if isinstance(x, Operand):
                break
        else:
            return op.forward(*bare, **attrs)
    inputs = [nested(x) for x in inputs]
    speaking = [x for x in inputs if isinstance(x, Interpreted)]
    if speaking:
        return max(speaking, key=LEVEL).interpret(op, inputs, attrs)
    inputs, dtype = align(op, inputs)
    if any(isinstance(x, SymbolicTensor) for x in inputs):
        return infer(op, inputs, attrs, dtype)
    arrays = tuple([x._array if type(x) is Tensor else x for x in inputs])
    try:
        if state.everywhere:        # they judge the numbers
            with np.errstate(all="ignore"):
                result = op.forward(*arrays, **attrs)
        else:
            result = op.forward(*arrays, **attrs)
    except (ValueError, IndexError, TypeError) as error:
        raise explained(op, inputs, attrs, error) from None
    return told(op, inputs, attrs, record(op, inputs, arrays, attrs, result))


def doorway(op):
    """The callable for `op`: a closure made for its number of inputs."""
    if op.policy in KNOWN_POLICIES:
        if op.arity == 1:
            return _unary(op)
        if op.arity == 2:
            return _binary(op)

    return _general(op)


def _unary(op):
    forward, differentiable, floats_only = op.forward, op.pull is not None, op.policy is floated
    changes_dtype = op.result is not None

    def call(x, *rest, **attrs):
        if type(x) is not Tensor and thread.raw and isinstance(x, BARE) and not rest:
            return forward(x, **attrs)
        if rest or attrs:
            attrs = settled(op, rest, attrs)
        heard = state.listening
        if type(x) is not Tensor or (heard and state.everywhere):
            return apply(op, (x,), attrs)
        array = x._array
        if floats_only and array.dtype.kind not in "fc":
            return apply(op, (x,), attrs)
        try:
            y = forward(array, **attrs) if attrs else forward(array)
        except (ValueError, IndexError, TypeError) as error:
            raise explained(op, (x,), attrs, error) from None
        if type(y) is not ndarray:
            if type(y) is tuple:
                return told(op, (x,), attrs, record(op, (x,), (array,), attrs, y))
            y = np.asarray(y)
        node = x._node
        if node is not None:
            if differentiable and node.stamp >= thread.floor and not (changes_dtype and y.dtype.kind not in "fc"):
                node = Node(op, (node,), (array,), attrs, y)
            else:
                if node.stamp >= thread.floor:
                    thread.lose(node, op.name)
                node = None
        return told(op, (x,), attrs, Tensor(y, node)) if heard else Tensor(y, node)
    return call


def _binary(op):
    forward, differentiable, floats_only = op.forward, op.pull is not None, op.policy is floated
    weak, mixed = op.weak_scalars, op.policy is kept

    def call(x1, x2, *rest, **attrs):
        if rest or attrs:
            attrs = settled(op, rest, attrs)
        heard = state.listening
        if heard and state.everywhere:
            return apply(op, (x1, x2), attrs)
        if type(x2) is Variable and not thread.raw:
            x2 = x2._read()
        if type(x1) is Variable and not thread.raw:
            x1 = x1._read()
        if type(x1) is Tensor:
            p, a_node = x1._array, x1._node
            if type(x2) is Tensor:
                q, b_node = x2._array, x2._node
                if p.dtype is not q.dtype and not mixed:
                    return apply(op, (x1, x2), attrs)
            elif weak and (type(x2) is float or type(x2) is int) and p.dtype.kind == "f":
                q, b_node = x2, None
            else:
                return apply(op, (x1, x2), attrs)
        elif weak and type(x2) is Tensor and (type(x1) is float or type(x1) is int) and x2._array.dtype.kind == "f":
            p, a_node = x1, None
            q, b_node = x2._array, x2._node
        else:
            return apply(op, (x1, x2), attrs)
        if floats_only and q is not x2 and q.dtype.kind not in "fc":
            return apply(op, (x1, x2), attrs)
        try:
            y = forward(p, q, **attrs) if attrs else forward(p, q)
        except (ValueError, IndexError, TypeError) as error:
            raise explained(op, (x1, x2), attrs, error) from None
        if type(y) is not ndarray:
            if type(y) is tuple:
                return told(op, (x1, x2), attrs, record(op, (x1, x2), (p, q), attrs, y))
            y = np.asarray(y)
        node = None
        if differentiable and (a_node is not None or b_node is not None):
            floor = thread.floor
            if a_node is None or a_node.stamp < floor:
                if b_node is not None and b_node.stamp >= floor:
                    node = Node(op, (None if p is x1 else untracked(x1), b_node), (p, q), attrs, y)
            elif b_node is None or b_node.stamp < floor:
                node = Node(op, (a_node, None if q is x2 else untracked(x2)), (p, q), attrs, y)
            else:
                node = Node(op, (a_node, b_node), (p, q), attrs, y)
        elif thread.watchers and not differentiable:
            lose_all(op, (x1, x2))
        return told(op, (x1, x2), attrs, Tensor(y, node)) if heard else Tensor(y, node)
    return call


def _general(op):
    forward, mixed, floats_only = op.forward, op.policy is kept, op.policy is floated
    own_policy = op.policy not in KNOWN_POLICIES

    def call(*inputs, **attrs):
        if attrs:
            attrs = settled(op, (), attrs)
        if state.everywhere or thread.raw or own_policy or not inputs:
            return apply(op, inputs, attrs)
        tensors, arrays, dtype = [], [], None
        for x in inputs:
            if type(x) is Variable:
                x = x._read()
            elif type(x) is not Tensor:
                return apply(op, inputs, attrs)
            array = x._array
            if array.dtype is not dtype and not mixed:
                if dtype is not None:
                    return apply(op, inputs, attrs)
                dtype = array.dtype
            tensors.append(x)
            arrays.append(array)
        if floats_only and dtype.kind not in "fc":
            return apply(op, inputs, attrs)
        try:
            y = forward(*arrays, **attrs)
        except (ValueError, IndexError, TypeError) as error:
            raise explained(op, tensors, attrs, error) from None
        outputs = record(op, tensors, tuple(arrays), attrs, y)
        return told(op, tensors, attrs, outputs) if state.listening else outputs
    return call


def settled(op, values, attrs):
    """Attrs given by name, and `values` by position, with lists as tuples: a record must not change with them."""
    if values:
        if len(values) > len(op.attr_names):
            raise TypeError(f"{op.name}() takes {op.arity} tensors and {op.attr_names or 'nothing else'}, "
                            f"got {op.arity + len(values)} positional arguments.")
        attrs = {**dict(zip(op.attr_names, values)), **attrs}
    if "out" in attrs:
        raise TypeError(f"{op.name}() got out=, but no tensor is ever written to. Take the tensor that it gives.")
    for value in attrs.values():
        if type(value) is list:
            return {name: tuple(item) if type(item) is list else item for name, item in attrs.items()}
    return attrs


def untracked(x):
    """The node to store for an input that nothing tracks while another input is tracked.

    A source's is kept, for a tape may watch it yet, and then this op counts. The node of a stale result is
    dropped: otherwise a state carried from step to step would hold every past graph.
    """
    if type(x) is not Tensor or not dtypes.is_differentiable(x._array.dtype):
        return None
    if x._node is None:
        x._node = source_node()
    elif x._node.op is not None and not thread.listeners:     # a listener may keep something by the node
        return None
    return x._node


def parents_of(inputs):
    """The node of each input for the record of an op; None if nothing tracks any of them."""
    floor = thread.floor
    nodes = [x._node if type(x) is Tensor else None for x in inputs]
    parents = [node if node is not None and node.stamp >= floor else None for node in nodes]
    if not any(parents):
        return None
    if None in parents:
        parents = [untracked(x) if parent is None else parent for x, parent in zip(inputs, parents)]
    return tuple(parents)


def lose_all(op, inputs):
    """Tell that what is recorded of `inputs` ends at an op without derivative."""
    floor = thread.floor
    for x in inputs:
        if type(x) is Tensor and x._node is not None and x._node.stamp >= floor:
            thread.lose(x._node, op.name)


def record(op, inputs, arrays, attrs, result):
    """Tensors of `result`, with a node if some input is tracked."""
    parents = None if op.pull is None else parents_of(inputs)
    if parents is None and op.pull is None and thread.watchers:
        lose_all(op, inputs)
    if type(result) is not tuple:
        y = result if type(result) is ndarray else np.asarray(result)
        if parents is None:
            return Tensor(y)
        if y.dtype.kind not in "fc":
            lose_all(op, inputs)
            return Tensor(y)
        return Tensor(y, Node(op, parents, arrays, attrs, y))
    result = tuple([y if type(y) is ndarray else np.asarray(y) for y in result])
    if parents is None:
        return tuple([Tensor(y) for y in result])
    whole = (Node(op, parents, arrays, attrs, result),)
    return tuple([Tensor(y, Node(component, whole, (), i, y) if y.dtype.kind in "fc" else None)
                  for i, y in enumerate(result)])


class _Component:
    """Stands for "output i of an op with several": its cotangent is slot i, the node's attrs, of that op's."""

    name = "component"


component = _Component()


def told(op, inputs, attrs, outputs):
    """The outputs of an op, after those who listen have heard of it."""
    if state.listening:
        for listener in state.everywhere:
            listener.heard(op, inputs, attrs, outputs)
        listeners = thread.listeners
        try:
            for position, listener in enumerate(listeners):
                thread.listeners = listeners[:position]
                listener.heard(op, inputs, attrs, outputs)
        finally:
            thread.listeners = listeners
    return outputs


_counting = threading.Lock()


@contextlib.contextmanager
def listen(listener):
    """Let `listener` hear every op of this thread inside the block, as the innermost."""
    before = thread.listeners
    thread.listeners = (*before, listener)
    with _counting:
        state.listening += 1
    try:
        yield listener
    finally:
        with _counting:
            state.listening -= 1
        thread.listeners = before


def listen_everywhere(*listeners):
    """Let `listeners` (none of them: nobody) hear every op of all threads. They run no ops of their own."""
    with _counting:
        state.listening += len(listeners) - len(state.everywhere)
        state.everywhere = listeners


def infer(op, inputs, attrs, dtype):
    """SymbolicTensors for the outputs, from the op's shape rule."""
    shapes = [shape_of(x) for x in inputs]
    shape = op.shape(*shapes, **attrs)
    dtype = op.result(inputs, attrs) if callable(op.result) else op.result or dtype
    if isinstance(shape, list):
        outputs = tuple(SymbolicTensor(s, d) for s, d in zip(shape, dtype, strict=True))
    else:
        outputs = SymbolicTensor(shape, dtype)
    return Call(op, tuple(inputs), attrs, outputs).outputs if is_remembered(inputs, attrs) else outputs


def explained(op, inputs, attrs, error):
    """The error to raise when `op` failed: its shape rule's own words, else NumPy's with the shapes or dtypes."""
    if isinstance(error, MinikerasError):
        return error
    if isinstance(error, TypeError):
        kinds = [str(x.dtype) for x in inputs if hasattr(x, "dtype")]
        undefined = "ufunc" in str(error) or "string" in kinds
        return DTypeError(f"{op.name} is not defined for {', '.join(kinds)}.") if undefined else error
    shapes = [shape_of(x) for x in inputs]
    try:
        op.shape(*shapes, **attrs)
    except MinikerasError as better:
        # What `dims` says of an axis names no op.
        return type(better)(f"{op.name}: {better}") if str(better).startswith("axis ") else better
    except Exception:
        pass
    return ShapeError(f"{op.name}: {error} (input shapes: {', '.join(str(public_shape(s)) for s in shapes)})")
