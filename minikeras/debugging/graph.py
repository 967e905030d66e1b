"""What a tape recorded between sources and a target, as nodes and edges with their derivatives in words."""

from dataclasses import dataclass

import numpy as np

from ..autograd import tree
from ..autograd.backward import forgotten, run_backward, total_of
from ..autograd.custom import paused
from ..autograd.dispatch import component
from ..autograd.linear import Slices, add_slices
from ..autograd.op import Op
from ..autograd.state import thread
from ..autograd.variable import Variable
from ..errors import GradientError

FEW, FEW_IN_ROWS = 6, 4     # numbers that are written out, of a vector and of a matrix; of more only the range is told
MAX_NODES = 500


@dataclass
class DrawnNode:
    """One node of a drawing.

    kind     "source", "constant", "op" or "target"
    name     of the Variable, source or op; "" for a constant without one
    value    the array or number it stands for
    detail   attributes of the op, or a remark
    adjoint  derivative of the target with respect to it, an array; None where there is none
    """

    kind: str
    name: str
    value: object
    detail: str = ""
    adjoint: object = None


@dataclass
class DrawnEdge:
    """From node number `start` to node number `end`, with the local derivative as text ("" for constants)."""

    start: int
    end: int
    derivative: str = ""


def graph_of(tape, target, sources):
    """(nodes, edges) between `sources` (None: all that the tape watches) and `target`, starts before ends.

    Given sources that the target does not depend on come last, without edges.
    """
    leaves = [] if sources is None else tree.flatten(sources)
    names = _names(tape, leaves, sources)
    wanted = set(tape.watched) if sources is None else {x._node for x in leaves if x._node is not None}
    with paused(), np.errstate(all="ignore"):
        order = tape.between({target._node}, wanted)       # drops from `wanted` what the tape does not watch
        if not order:
            raise GradientError(_why_nothing(tape, target, sources))
        for node, _ in order:
            if node.inputs is None:
                raise forgotten(node)
        graph = _Graph(names)
        for node, asked in order:
            graph.add(node, asked)
        graph.nodes[graph.index[target._node]].kind = "target"
        if target.size == 1:
            _fill_adjoints(graph, order, target)
    for x in leaves:
        if x._node not in graph.index:
            remark = "no path to the target" if x._node in wanted else "not watched"
            graph.add_lost(DrawnNode("source", names.get(id(x), "source"), x._array, remark))
    return graph.nodes, graph.edges


def _names(tape, leaves, sources):
    """Names by record, and by id of a source: the path of a Variable, the key of an item in a dict."""
    names = {node: variable.path for node, variable in tape._variables.items()}
    names |= {id(x): x.path for x in leaves if type(x) is Variable}
    for key, part in sources.items() if isinstance(sources, dict) else ():
        parts = tree.flatten(part)
        names |= {id(x): f"{key}[{i}]" if len(parts) > 1 else str(key) for i, x in enumerate(parts)}
    return names | {x._node: names[id(x)] for x in leaves if x._node is not None and id(x) in names}


def _why_nothing(tape, target, sources):
    if not tape._intervals:
        return "draw_tape: this tape has recorded nothing yet. Compute the target inside its `with` block."
    node = target._node
    if node is not None and node.op is None:
        return ("draw_tape: the target is itself a source, so there is no op to draw. Give a tensor computed from it "
                "inside the tape's `with` block.")
    if node is not None and tape.recorded_here(node):
        if sources is not None:
            return ("draw_tape: the target does not depend on any of the given sources, or the tape does not watch "
                    "them. Watch them (tape.watch(x)) before they are used, or leave `sources` out.")
        return ("draw_tape: the target depends on nothing that this tape watches. Watch its inputs (tape.watch(x)) "
                "before they are used.")
    return (f"draw_tape: this tape did not record the target (shape {target.shape}, {target.dtype.name}). Compute it "
            "inside the tape's `with` block, in floating point, from trainable Variables or from tensors given to "
            "tape.watch.")


class _Graph:
    """The drawing's graph while it is put together. `index` gives the number of what is drawn for a record."""

    def __init__(self, names):
        self.names = names
        self.nodes, self.edges, self.index = [], [], {}
        self._asked = {}        # of ops with several outputs: their records
        self._outputs = {}      # (record, slot) -> number
        self._constants = {}    # id of the array -> number
        self._unnamed = 0

    def add(self, node, asked):
        """Draw the op of `node`. One of several outputs is drawn when it is met, as an op of its own."""
        if type(node.output) is tuple:
            self._asked[node] = asked
            return
        if node.op is component:
            whole, slot = node.parents[0], node.attrs
            if (whole, slot) in self._outputs:      # the walk back makes several records of one output
                self.index[node] = self._outputs[whole, slot]
                return
            asked = self._asked[whole]
        else:
            whole, slot = node, None
        inputs = [self._input(parent if wanted is None else wanted, x, wanted is not None)
                  for parent, x, wanted in zip(whole.parents, whole.inputs, asked, strict=True)]
        self.index[node] = self._outputs[whole, slot] = self.append(
            DrawnNode("op", name_of(whole.op), node.output, _details(whole, slot)))
        names = [self.nodes[i].name.split("/")[-1] or f"[{shape_text(x)}]" for i, x in zip(inputs, whole.inputs)]
        labels = derivatives(whole, slot, asked, names)
        self.edges += [DrawnEdge(start, self.index[node], label) for start, label in zip(inputs, labels)]

    def add_lost(self, source):
        """A source that gets no derivative: a remark at the constant that it is, or a node by itself."""
        constant = self._constants.get(id(source.value))
        if constant is None:
            self.append(source)
        else:
            self.nodes[constant].detail = source.detail

    def _input(self, parent, x, tracked):
        if tracked:
            if parent not in self.index:
                self.index[parent] = self.append(DrawnNode("source", self._name(parent), x))
            return self.index[parent]
        if not isinstance(x, np.ndarray):       # equal numbers need not be the same one
            return self.append(DrawnNode("constant", "", x))
        if id(x) not in self._constants:
            self._constants[id(x)] = self.append(DrawnNode("constant", self.names.get(parent, ""), x))
        return self._constants[id(x)]

    def _name(self, node):
        if node in self.names:
            return self.names[node]
        self._unnamed += 1
        return f"x{self._unnamed}"

    def append(self, node):
        """The number of a further node."""
        if len(self.nodes) == MAX_NODES:
            raise GradientError(f"draw_tape: the graph has more than {MAX_NODES} nodes, too many to be read. Draw "
                                "fewer steps of a loop or a smaller model, take an earlier tensor as the target, or "
                                "give `sources` that are nearer to the target.")
        self.nodes.append(node)
        return len(self.nodes) - 1


def _fill_adjoints(graph, order, target):
    """One walk back that keeps the cotangent of every node."""
    seeds = {target._node: np.ones(target.shape, target.dtype.dtype)}
    found = run_backward(list(order), seeds, set(graph.index), bare=True)
    raw, thread.raw = thread.raw, True
    try:
        for node, parts in found.items():
            drawn, part = graph.nodes[graph.index[node]], np.asarray(total_of(parts))
            drawn.adjoint = part if drawn.adjoint is None else drawn.adjoint + part
    finally:
        thread.raw = raw


def name_of(op):
    """What to call an op: its name, without the path of a function or the marks of a private one."""
    return op.name.split(".")[-1].strip("_").removesuffix("_op")


def _details(node, slot):
    if not isinstance(node.op, Op):
        text = "custom gradient"
    else:
        text = ", ".join([_attribute(name, value) for name, value in node.attrs.items()
                          if value is not None and value is not False])
        text = text if len(text) <= 28 else ""
    return text if slot is None else f"output {slot} of {len(node.output)}" + (f", {text}" if text else "")


def _attribute(name, value):
    if name == "index":
        return f"[{', '.join([_slice_text(item) if isinstance(item, slice) else str(item) for item in value])}]"
    return f"{name}={value}"


def _slice_text(item):
    parts = [item.start, item.stop] if item.step is None else [item.start, item.stop, item.step]
    return ":".join(["" if part is None else str(part) for part in parts])


# The derivative -----------------------------------------------------------------------------------------------------

# How the cotangent d that arrives at an op goes on to input i, where numbers would be too many. {0} is the name
# of input 0, and so on.
IN_WORDS = {
    "affine": ("d·{1}ᵀ", "{0}ᵀ·d", "Σ d"), "matmul": ("d·{1}ᵀ", "{0}ᵀ·d"), "mean": ("d / {n}, repeated",),
    "sum": ("d, repeated",), "sum_to": ("d, repeated",), "broadcast_to": ("Σ d",), "reshape": ("d, reshaped",),
    "permute": ("d, permuted",), "getitem": ("d, in its place",), "cast": ("1",),
    "pad_zeros": ("d, cropped",), "softmax": ("softmax ⊙ (d - Σ softmax·d)",), "logsumexp": ("d ⊙ softmax({0})",),
    "log_softmax": ("d - softmax({0}) ⊙ Σ d",), "sparse_softmax_cross_entropy": ("", "d·(softmax - one-hot)"),
    "max": ("d, to the largest",), "min": ("d, to the smallest",), "euclidean_norm": ("d·{0} / norm",),
    "inv": ("-invᵀ·d·invᵀ",), "prod": ("d·prod / {0}",),
}
PRODUCTS = ("affine", "matmul")         # in which one matrix may meet a whole stack of them
PART = ("concatenate", "stack", "scatter_sum")


def derivatives(node, slot, asked, names):
    """For each input the derivative of output `slot` with respect to it, as text; "" where nothing asks for it."""
    raw, thread.raw = thread.raw, True
    try:
        return [_derivative(node, slot, asked, i, names) if wanted is not None else ""
                for i, wanted in enumerate(asked)]
    finally:
        thread.raw = raw


def _derivative(node, slot, asked, i, names):
    op, x = node.op, node.inputs[i]
    y = node.output if slot is None else node.output[slot]
    family = getattr(op, "family", None)
    if family == "elementwise":
        # Broadcast beforehand, else the rule would give the sum over what was broadcast.
        wide = [np.broadcast_to(part, y.shape) if isinstance(part, np.ndarray) else part for part in node.inputs]
        return _elementwise(_pull(node, slot, asked, wide, i, np.ones_like(y)), x)
    name = name_of(op) if family else ""        # a user's function may be called as an op is
    if name == "add_n":
        return "1"
    if y.size == 1:
        return _numbers(_pull(node, slot, asked, node.inputs, i, np.ones_like(y)))
    if name in PART:
        return "part of d"
    if y.size * x.size <= FEW_IN_ROWS and y.ndim + x.ndim <= 2 and family != "linear":
        units = np.eye(y.size, dtype=y.dtype).reshape(y.size, *y.shape)
        rows = [_pull(node, slot, asked, node.inputs, i, unit) for unit in units]
        return "none" if rows[0] is None else numbers_text(np.array(rows).reshape(y.shape + x.shape))
    if name in IN_WORDS and not slot:
        words = IN_WORDS[name][i].format(*names, n=x.size // max(y.size, 1))
        shared = name in PRODUCTS and x.ndim > 1 and x.shape[:-2] != y.shape[:-2]
        return f"{words}, Σ" if shared else words
    if family == "linear":
        return f"{name}ᵀ(d)"
    return f"∂({shape_text(y) or 1}) / ∂({shape_text(x) or 1})"


def _pull(node, slot, asked, inputs, i, d):
    if slot is not None:
        d = tuple([d if k == slot else None for k in range(len(node.output))])
    only = [wanted if k == i else None for k, wanted in enumerate(asked)]
    grad = node.op.pull(d, node.output, inputs, node.attrs, only)[i]
    return add_slices([grad]) if type(grad) is Slices else grad


def _elementwise(grad, x):
    text = _numbers(grad)
    extra = [axis for axis in range(np.ndim(grad)) if axis < np.ndim(grad) - np.ndim(x)
             or np.shape(x)[axis - np.ndim(grad)] != np.shape(grad)[axis]]
    return f"{text}, Σ axis {', '.join(map(str, extra))}" if extra else text


def _numbers(grad):
    if grad is None:
        return "none"
    grad = np.asarray(grad)
    if grad.size and (grad == grad.flat[0]).all():
        return number_text(grad.flat[0])
    return numbers_text(grad) if are_few(grad) else f"⊙ {range_text(grad)}"


# Numbers as text ----------------------------------------------------------------------------------------------------


def are_few(array):
    """Whether all the numbers of an array are written out."""
    return array.size <= (FEW if array.ndim < 2 else FEW_IN_ROWS)


def number_text(x):
    """Four significant digits; booleans and integers as they are."""
    if isinstance(x, (bool, np.bool_, int, np.integer)):
        return str(x)
    return f"{x + 0.0:.4g}"     # + 0.0 makes a zero of -0


def numbers_text(array):
    """Every number, in brackets for each axis."""
    if np.ndim(array) == 0:
        return number_text(array[()] if isinstance(array, np.ndarray) else array)
    return "[" + ", ".join([numbers_text(part) for part in array]) + "]"


def range_text(array):
    """The smallest and the largest number, and how many are not finite."""
    if array.dtype.kind == "b":
        return f"{int(array.sum())} of {array.size} true"
    finite = array[np.isfinite(array)] if array.dtype.kind in "fc" else array
    ends = np.abs(finite) if array.dtype.kind == "c" else finite
    text = ""
    if finite.size:
        low, high = number_text(ends.min()), number_text(ends.max())
        text = f"all {low}" if low == high else f"{low} … {high}"
    if array.dtype.kind == "c":
        text = f"|·| {text}"
    wrong = array.size - finite.size
    return text if not wrong else f"{text}{', ' if text else ''}{wrong} not finite"


def shape_text(x):
    """Extents with × between; "" for a scalar."""
    return "×".join(map(str, np.shape(x)))


def value_text(x):
    """A value: dtype unless float32, the numbers if they are few, else shape and range."""
    if not isinstance(x, np.ndarray):
        return number_text(x) if isinstance(x, (bool, int, float, complex, np.generic)) else repr(x)[:24]
    dtype = "" if x.dtype == np.float32 else f" {x.dtype}"
    if x.size == 0:
        return f"{shape_text(x)} empty{dtype}"
    return (numbers_text(x) if are_few(x) else f"{shape_text(x)}:  {range_text(x)}") + dtype
