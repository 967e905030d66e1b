"""RNN: a cell run over the steps of a sequence, and cells stacked on each other."""

import functools

from ... import registry
from ...arguments import switch
from ...autograd import tree
from ...autograd.linear import getitem, reshape, stack, zeros_like
from ...autograd.operands import as_tensor
from ...autograd.tensor import SymbolicTensor
from ...autograd.variable import Variable
from ...errors import ShapeError
from ...ops.arithmetic import select
from ...ops.creation import cast, zeros
from ...ops.shapes import moveaxis, shape, unstack
from ..base import Layer
from .cells import _Cell

CHOICES = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "zero_output_for_mask")


class States:
    """The Variables of a stateful layer, in a class of its own: they are not among the weights, as in Keras."""

    __slots__ = ("variables",)

    def __init__(self, variables):
        self.variables = variables


class RNN(Layer):
    """A cell run over the steps of a sequence, each from the state that the one before left.

    cell   takes (inputs, states) of one step and gives (output, new states); has a `state_size`: an integer, or a list
           of them, one for each state. It may have `get_initial_state(batch_size)`; otherwise states begin as zeros.
           A list of cells is stacked: each takes the outputs of the one before as its inputs.
    return_sequences      the outputs of all steps, instead of the last
    return_state          the last states, too: (output, *states)
    go_backwards          from the last step to the first; outputs are in that order
    stateful              a batch goes on from the states that the one before left, until `reset_state`
    unroll                Keras' choice between two forms of its graph; here steps are always taken one by one
    zero_output_for_mask  zeros where a step is masked; otherwise the output before is repeated

    Called as layer(sequences, initial_state=None, mask=None): sequences (batch, steps, ...), mask (batch, steps), false
    where a step leaves the states as they are.
    """

    def __init__(self, cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False,
                 unroll=False, zero_output_for_mask=False, **kwargs):
        super().__init__(**kwargs)
        where = type(self).__name__
        self.cell = StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else checked_cell(cell, where)
        self.return_sequences = switch(f"{where}: return_sequences", return_sequences)
        self.return_state = switch(f"{where}: return_state", return_state)
        self.go_backwards = switch(f"{where}: go_backwards", go_backwards)
        self.stateful = switch(f"{where}: stateful", stateful)
        self.unroll = switch(f"{where}: unroll", unroll)
        self.zero_output_for_mask = switch(f"{where}: zero_output_for_mask", zero_output_for_mask)
        self._states = None

    # --- states ------------------------------------------------------------------------------

    @property
    def state_size(self):
        """Sizes of the states, a list."""
        size = self.cell.state_size
        return list(size) if isinstance(size, (list, tuple)) else [size]

    @property
    def states(self):
        """The Variables in which a stateful layer keeps its states, once it is built; else None."""
        return None if self._states is None else self._states.variables

    def build(self, sequences_shape, initial_state_shape=None):
        if len(sequences_shape) < 3:
            raise ShapeError(f"sequences must have shape (batch, steps, ...), got {tuple(sequences_shape)}.")
        batch = sequences_shape[0]
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build((batch, *sequences_shape[2:]))
        if self.stateful and self._states is None:
            if batch is None:
                raise ShapeError(f"{self._titled}: a stateful layer must know the batch size. "
                                 "Give it, as in Input(batch_shape=(32, 10, 8)) or Input((10, 8), batch_size=32).")
            self._states = States(tree.map_structure(
                lambda x: Variable(x, trainable=False, name="rnn_state"), self.get_initial_state(batch)))

    def get_initial_state(self, batch_size):
        """The states that a batch starts from, a list."""
        return first_states(self.cell, batch_size, self.dtype)

    def reset_state(self):
        """Let the next batch of a stateful layer start from zeros again."""
        for variable in tree.flatten(self.states):
            if variable is not None:
                variable.assign(zeros_like(as_tensor(variable)))

    def reset_states(self):
        """The same as `reset_state`."""
        self.reset_state()

    def _starting_states(self, initial_state, batch):
        if self.stateful and isinstance(batch, int):
            expected = tree.flatten(self.states)[0].shape[0]
            if batch != expected:
                raise ShapeError(f"{self._titled} is stateful, and keeps the states of {expected} "
                                 f"samples; got a batch of {batch}. Feed batches of {expected}.")
        if initial_state is None:
            return tree.map_structure(as_tensor, self.states if self.stateful else self.get_initial_state(batch))
        given = initial_state if isinstance(initial_state, (list, tuple)) else [initial_state]
        expected = self.get_initial_state(batch)
        shapes = [tree.map_structure(lambda x: x.shape, structure) for structure in (given, expected)]
        if _outline(given) != _outline(expected) or not all(
                map(_fits, tree.flatten(given), tree.flatten(expected))):
            raise ShapeError(f"{self._titled}: initial_state has shapes {shapes[0]}, expected "
                             f"{shapes[1]}: the states, in the order in which return_state=True gives them.")
        return tree.map_structure(lambda x, e: cast(x, e.dtype), list(given), expected)

    # --- running -----------------------------------------------------------------------------

    def call(self, sequences, initial_state=None, mask=None, training=False):
        where = self._titled
        batch, steps = shape(sequences)[:2]
        if steps == 0:
            raise ShapeError(f"{where}: sequences of shape {sequences.shape} have no step.")
        masks = None
        if mask is not None:
            if len(mask.shape) != 2 or not all(None in (m, n) or m == n for m, n in zip(mask.shape, sequences.shape)):
                raise ShapeError(f"{where}: the mask of sequences of shape {sequences.shape} must have shape "
                                 f"{tuple(sequences.shape[:2])}, got {mask.shape}.")
            masks = Masks(cast(moveaxis(mask, 1, 0), "bool"), self.go_backwards, self.zero_output_for_mask)
        outputs, states = over_time(self.cell, moveaxis(sequences, 1, 0), self._starting_states(initial_state, batch),
                                    training, masks, self.go_backwards)
        if self.stateful and not isinstance(outputs[0], SymbolicTensor):
            for variable, state in zip(tree.flatten(self.states), tree.flatten(states), strict=True):
                variable.assign(state)
        output = joined(outputs, steps, axis=1) if self.return_sequences else outputs[-1]
        return (output, *states) if self.return_state else output

    def compute_mask(self, sequences, mask):
        """The mask of the outputs where all of them are returned; none for states."""
        mask = tree.flatten(mask)[0]
        mask = mask if self.return_sequences else None
        return [mask] + [None] * len(self.state_size) if self.return_state else mask

    def get_config(self):
        """The constructor arguments as plain data, and what became of all choices."""
        known = registry.parameters(type(self))
        return {**super().get_config(), **{name: getattr(self, name) for name in CHOICES if name in known}}


class Masks:
    """The mask of a sequence, step by step in the order in which they are taken."""

    def __init__(self, mask, backwards, zero_outputs):
        self.mask, self.backwards, self.zero_outputs = mask, backwards, zero_outputs
        self._steps = {}        # number of axes -> the mask of each step, to be broadcast over as many

    def at(self, step, ndim):
        """The mask of a step for a tensor of `ndim` axes, the batch first."""
        if ndim not in self._steps:
            steps = unstack(reshape(self.mask, shape=(*shape(self.mask), *(1,) * (ndim - 1))))
            self._steps[ndim] = steps[::-1] if self.backwards else steps
        return self._steps[ndim][step]

    def choose(self, step, new, old):
        """`new` for the samples that take part in the step, `old` for others."""
        return select(self.at(step, new.ndim), new, old)


def over_time(cell, sequence, states, training, masks=None, backwards=False):
    """(outputs of all steps in the order taken, last states) of a cell, for inputs (steps, batch, ...).

    Without numbers one step is taken, for the shapes of all.
    """
    if stacks_plainly(cell):
        return _one_after_the_other(cell.cells, sequence, states, training, masks, backwards)
    if isinstance(cell, _Cell):
        sequence, step = cell.prepare(sequence, states, training)
    else:
        step = functools.partial(take_step, cell, training=training)
    if isinstance(sequence, SymbolicTensor):
        output, states = step(getitem(sequence, index=(0,)), states)
        return [output], states
    outputs = []
    entries = unstack(sequence)
    for number, entry in enumerate(entries[::-1] if backwards else entries):
        output, new = step(entry, states)
        if masks is None:
            states = new
        else:
            before = outputs[-1] if outputs and not masks.zero_outputs else zeros_like(output)
            output = masks.choose(number, output, before)
            states = tree.map_structure(functools.partial(masks.choose, number), new, states)
        outputs.append(output)
    return outputs, states


def _one_after_the_other(cells, sequence, states, training, masks, backwards):
    """Stacked cells, each over the whole sequence before the next: so each projects the inputs of all steps at once.

    It is the same as all cells at each step, for a masked step leaves all states as they are.
    """
    steps, last = shape(sequence)[0], []
    for number, (cell, state) in enumerate(zip(cells, states, strict=True)):
        listed = isinstance(state, (list, tuple))
        outputs, new = over_time(cell, sequence, state if listed else [state], training, masks,
                                 backwards and not number)
        last.append(new if listed else new[0])
        if number < len(cells) - 1:
            sequence = joined(outputs, steps, axis=0)
    return outputs, last


def joined(outputs, steps, axis):
    """The outputs of all steps in one tensor; of one step without numbers, what is known of it."""
    first = outputs[0]
    if isinstance(first, SymbolicTensor):
        extents = shape(first)
        return SymbolicTensor((*extents[:axis], steps, *extents[axis:]), first.dtype)
    return stack(*outputs, axis=axis)


def take_step(cell, inputs, states, training):
    """(output, new states) of any cell, the new states in the structure of the old."""
    if isinstance(cell, Layer):
        output, new = cell(inputs, states, training=training)
    else:
        output, new = (cell if callable(cell) else cell.call)(inputs, states)
    leaves, expected = tree.flatten(new), tree.flatten(states)
    if len(leaves) != len(expected):
        raise ShapeError(f"{type(cell).__name__}: a step gave {len(leaves)} new states for {len(expected)}.")
    return output, tree.pack(states, leaves)


def checked_cell(cell, where):
    """`cell`, if it has what a cell needs. Raises ValueError."""
    size = getattr(cell, "state_size", None)
    if not callable(getattr(cell, "call", None)):
        raise ValueError(f"{where}: a cell must have a method call(inputs, states), got {cell!r}.")
    if not isinstance(size, (int, list, tuple)) or isinstance(size, bool):
        raise ValueError(f"{where}: a cell must have a state_size, an integer or a list of them, one for each state; "
                         f"{type(cell).__name__} has {size!r}.")
    return cell


def first_states(cell, batch_size, dtype):
    """The states that a cell starts from, a list: its own choice, or zeros."""
    if hasattr(cell, "get_initial_state"):
        states = cell.get_initial_state(batch_size=batch_size)
        return list(states) if isinstance(states, (list, tuple)) else [states]
    sizes = cell.state_size if isinstance(cell.state_size, (list, tuple)) else [cell.state_size]
    return [zeros((batch_size, *(size if isinstance(size, (list, tuple)) else (size,))), dtype) for size in sizes]


class StackedRNNCells(Layer):
    """Cells as one: each takes the output of the one before, and keeps states of its own.

    Shapes: inputs (batch, features), states one entry a cell -> output of the last cell, states in the same structure.
    """

    def __init__(self, cells, **kwargs):
        super().__init__(**kwargs)
        if not cells:
            raise ValueError("StackedRNNCells needs one cell at least.")
        self.cells = [checked_cell(cell, "StackedRNNCells") for cell in cells]

    @property
    def state_size(self):
        """One entry a cell."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self):
        """Extent of the last cell's output."""
        return output_size(self.cells[-1])

    def get_initial_state(self, batch_size=None):
        """The states that each cell starts from: a list of them, or one tensor if the cell does not say."""
        return [first_states(cell, batch_size, self.dtype)[0] if isinstance(cell.state_size, int)
                and not hasattr(cell, "get_initial_state") else first_states(cell, batch_size, self.dtype)
                for cell in self.cells]

    def build(self, input_shape):
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
            input_shape = (input_shape[0], output_size(cell))

    def call(self, inputs, states, training=False):
        new_states = []
        for cell, state in zip(self.cells, states, strict=True):
            listed = isinstance(state, (list, tuple))
            inputs, new = take_step(cell, inputs, list(state) if listed else [state], training)
            new_states.append(new if listed else new[0])
        return inputs, new_states[0] if len(new_states) == 1 else new_states


def output_size(cell):
    """Extent of a cell's output: what it says, else that of its first state."""
    size = getattr(cell, "output_size", None)
    size = cell.state_size if size is None else size
    return size[0] if isinstance(size, (list, tuple)) else size


def stacks_plainly(cell):
    """Whether a cell is a stack whose `call` is not a user's own."""
    return isinstance(cell, StackedRNNCells) and type(cell).call is StackedRNNCells.call


def _outline(structure):
    return [_outline(x) for x in structure] if isinstance(structure, (list, tuple)) else None


def _fits(x, expected):
    return len(x.shape) == len(expected.shape) and all(
        None in pair or pair[0] == pair[1] for pair in zip(x.shape, expected.shape))
