"""The recorded step as a graph, and the passes that make it smaller without changing a bit of its results."""

import functools

import numpy as np

from ..autograd import linear, tree
from ..autograd.dims import TensorShape
from ..autograd.op import is_impure
from ..ops import activation, arithmetic, products, reduce, unary
from .kernels import is_view
from .recording import Instruction, Value

# What `fuse` puts together.
PRODUCTS = {products.affine.op, products.matmul.op}
ACTIVATIONS = {activation.relu.op, unary.tanh.op, unary.sigmoid.op}
# What they give follows from the shape of their input alone.
BY_SHAPE = {linear.zeros_like.op, linear.ones_like.op}


class Graph:
    """Instructions in an order in which they can run, and what goes in and comes out.

    inputs      Values of the arguments;  outputs   Values that are returned
    variables   (Variable, Value before the step);  assigned   (Variable, Value after it)
    """

    def __init__(self, recording):
        self.instructions = list(recording.instructions)
        self.inputs = recording.inputs
        self.variables = recording.variables
        self.assigned = recording.assigned
        self.outputs = [leaf for leaf in tree.flatten(recording.result) if type(leaf) is Value]

    def users(self):
        """id of a Value -> the instructions that take it."""
        found = {}
        for instruction in self.instructions:
            for x in set(values_of(instruction.inputs)):
                found.setdefault(id(x), []).append(instruction)
        return found

    def wanted(self):
        """ids of the Values that are returned or assigned."""
        return {id(value) for value in self.outputs} | {id(value) for _, value in self.assigned}

    def replace(self, replaced):
        """Put other Values in the place of some, given by id."""
        def current(x):
            while type(x) is Value and id(x) in replaced:
                x = replaced[id(x)]
            return x
        views = [i for i in self.instructions if is_view(i)]
        for instruction in self.instructions:
            instruction.inputs = tuple([current(x) for x in instruction.inputs])
        for i in views:     # they stay views, of what now stands in the place of their input, and views of them, too
            if not is_view(i):
                i.outputs[0].array = _run(i)
        self.outputs = [current(x) for x in self.outputs]
        self.assigned = [(variable, current(x)) for variable, x in self.assigned]


def is_plain(x):
    """Whether the text of an object says all there is to it."""
    if type(x) is slice:
        return is_plain((x.start, x.stop, x.step))
    return x is None or x is Ellipsis or type(x) in (bool, int, float, str) or (
        type(x) in (tuple, TensorShape) and all(map(is_plain, x)))


def values_of(inputs):
    """The Values among the inputs of an instruction."""
    return [x for x in inputs if isinstance(x, Value)]


def _made(op, inputs, like, attrs=None):
    """An instruction made by a pass, with what it would have given in the recorded run."""
    made = Instruction(op, tuple(inputs), attrs or {}, (), like.owner, like.derived)
    made.outputs = (Value(_run(made), made),)
    return made


def _run(instruction):
    """What an instruction with one output gives in the recorded run."""
    with np.errstate(all="ignore"):
        return np.asarray(instruction.op.forward(
            *[x.array if type(x) is Value else x for x in instruction.inputs], **instruction.attrs))


def _is_bias_gradient(instruction):
    x, y = instruction.inputs[0], instruction.outputs[0]
    return len(x.shape) == 2 and y.shape == x.shape[1:] and x.dtype.kind == "f"


class Fused:
    """Stands for two ops, the second of which works in the memory of what the first gives."""

    family, takes_out = "fused", True

    def __init__(self, name, forward):
        self.name = name
        self.forward = forward


@functools.lru_cache
def _fused(first, second, dtype):
    product, after, others = first.forward, second.forward, ()
    if second is activation.relu.op:
        after, others = np.maximum, (np.zeros((), dtype),)

    def forward(*inputs, out=None):
        y = product(*inputs, out=out)
        return after(y, *others, out=y)
    return Fused(f"{first.name}_{second.name}", forward)


def fuse(graph):
    """A dense layer's product, bias and activation as one instruction."""
    users, wanted, makers, gone = graph.users(), graph.wanted(), {}, set()
    for instruction in graph.instructions:
        makers.update((id(y), instruction) for y in instruction.outputs)
        first = makers.get(id(instruction.inputs[0])) if len(instruction.inputs) == 1 else None
        if first is None or first.op not in PRODUCTS or instruction.op not in ACTIVATIONS:
            continue
        y = first.outputs[0]
        if y.shape and len(users[id(y)]) == 1 and id(y) not in wanted:
            gone.add(id(first))
            instruction.op, instruction.inputs = _fused(first.op, instruction.op, y.dtype), first.inputs
    graph.instructions = [i for i in graph.instructions if id(i) not in gone]


def simplify(graph):
    """Ops as the NumPy functions that they come down to; a mask is multiplied as it is, not as numbers; nothing is
    filled just to be met by something larger, element by element, or cast to what it is."""
    rewritten, replaced = [], {}
    source = {}
    for instruction in graph.instructions:
        op, inputs = instruction.op, instruction.inputs
        source.update((id(y), instruction) for y in instruction.outputs)
        if op is linear.add_n.op and len(inputs) > 1:
            total = inputs[0]
            for x in inputs[1:-1]:
                rewritten.append(_made(arithmetic.add.op, (total, x), instruction))
                total = rewritten[-1].outputs[0]
            instruction.op, instruction.inputs = arithmetic.add.op, (total, inputs[-1])
        elif op is arithmetic.multiply.op:
            _mask(instruction, source, rewritten)
        elif op is activation.relu.op:
            instruction.op, instruction.inputs = arithmetic.maximum.op, (inputs[0], 0)
        elif op is reduce.mean.op and inputs[0].dtype.kind in "fc":
            total = _made(reduce.sum.op, inputs, instruction, instruction.attrs)
            rewritten.append(total)
            count = inputs[0].array.size / (instruction.outputs[0].array.size or 1)
            instruction.op, instruction.attrs = arithmetic.divide.op, {}
            instruction.inputs = (total.outputs[0], count)
        elif op is linear.sum_to.op and _is_bias_gradient(instruction):
            # What the op itself does, but the ones are made once.
            ones = Value(linear.ones_row(inputs[0].shape[0], inputs[0].dtype))
            instruction.op, instruction.attrs, instruction.inputs = products.matmul.op, {}, (ones, inputs[0])
        elif op is linear.cast.op and inputs[0].dtype == instruction.outputs[0].dtype:
            replaced[id(instruction.outputs[0])] = inputs[0]
            continue
        if instruction.op.family == "elementwise" and not instruction.attrs:
            _unfill(instruction, source)
        rewritten.append(instruction)
    graph.instructions = rewritten
    graph.replace(replaced)


def _mask(instruction, source, rewritten):
    """d * mask with booleans in place of the zeros and ones that were made of them."""
    for i, x in enumerate(instruction.inputs):
        maker = source.get(id(x))
        other = instruction.inputs[1 - i]
        if maker is None or type(other) is not Value or other.dtype != instruction.outputs[0].dtype:
            continue
        if maker.op is activation.step.op and not maker.attrs.get("low"):
            made = _made(arithmetic.greater.op, (maker.inputs[0], 0), maker)
            source[id(made.outputs[0])] = made
            rewritten.append(made)
            mask = made.outputs[0]
        elif maker.op is linear.cast.op and maker.inputs[0].dtype == bool:
            mask = maker.inputs[0]
        else:
            continue
        instruction.inputs = (mask, other) if i == 0 else (other, mask)
        return


def _unfill(instruction, source):
    """Take what was spread to the shape of the output, where something else in that shape is met anyway."""
    shape = instruction.outputs[0].shape
    inputs = list(instruction.inputs)
    for i, x in enumerate(inputs):
        maker = source.get(id(x))
        if maker is None or (maker.op is not linear.broadcast_to.op and maker.op not in BY_SHAPE):
            continue
        if not x.array.size:
            continue
        small = maker.inputs[0] if maker.op is linear.broadcast_to.op else Value(np.array(x.array.flat[0]))
        rest = [np.shape(y.array) if type(y) is Value else () for y in (*inputs[:i], small, *inputs[i + 1:])]
        if np.broadcast_shapes(*rest) == shape:
            inputs[i] = small
    instruction.inputs = tuple(inputs)


def fold(graph):
    """What is the same in every run is computed once: it was, in the recorded one."""
    rest = []
    for instruction in graph.instructions:
        constant = instruction.op in BY_SHAPE or not (
            is_impure(instruction.op, instruction.attrs) or any(x.varies for x in values_of(instruction.inputs)))
        for y in instruction.outputs:
            y.varies = not constant
            if constant:
                y.source = None
        if not constant:
            rest.append(instruction)
    graph.instructions = rest


def share(graph):
    """The same op of the same values runs once."""
    seen, replaced, rest = {}, {}, []
    for instruction in graph.instructions:
        op, attrs = instruction.op, instruction.attrs
        inputs = tuple([replaced.get(id(x), x) for x in instruction.inputs])
        key = (op, tuple([id(x) if type(x) is Value else (type(x), repr(x)) for x in inputs]),
               tuple(sorted((name, repr(value)) for name, value in attrs.items())))
        plain = not is_impure(op, attrs) and all(map(is_plain, attrs.values()))
        known = seen.setdefault(key, instruction) if plain else instruction
        if known is instruction:
            rest.append(instruction)
        else:
            replaced.update((id(y), z) for y, z in zip(instruction.outputs, known.outputs))
    graph.instructions = rest
    graph.replace(replaced)


def prune(graph):
    """Nothing runs whose results nobody takes; but what draws, draws, and what checks, checks."""
    wanted = graph.wanted()
    kept = []
    for instruction in reversed(graph.instructions):
        if is_impure(instruction.op, instruction.attrs) or not instruction.outputs \
                or any(id(y) in wanted for y in instruction.outputs):
            kept.append(instruction)
            wanted.update(id(x) for x in values_of(instruction.inputs))
    graph.instructions = kept[::-1]
