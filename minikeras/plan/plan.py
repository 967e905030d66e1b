"""A plan: one recorded step, made into a program that runs in its place as long as what it depends on stays."""

from functools import partial

import numpy as np

from ..autograd import state, tree
from ..autograd.op import is_impure
from ..autograd.random import Draws
from ..autograd.tensor import Tensor
from .graph import Graph, fold, fuse, prune, share, simplify, values_of
from .kernels import is_view
from .memory import take_up
from .placing import Places
from .program import Program, bytes_text
from .recording import Value
from .schedule import Group, Line, Schedule

# In the order in which they run.
PASSES = ("fuse", "simplify", "fold", "share", "prune", "update", "chunks", "partial_sums", "in_place")
REORDERING = ("partial_sums",)      # of those, the ones that change the order in which numbers are added
_GRAPH_PASSES = {"fuse": fuse, "simplify": simplify, "fold": fold, "share": share, "prune": prune}


class Plan:
    """A program for a recorded step.

    source   its text
    """

    def __init__(self, recording, name, input_names, passes=PASSES):
        self.recorded = _outline(recording)
        self.passes = passes
        self.recorded_count = len(recording.instructions)
        made = [i for i in recording.instructions if not is_view(i)]    # a view costs and holds nothing
        self._eager_bytes = sum(_moved(i.inputs, i.outputs) for i in made)
        self.intermediates = sum(y.array.nbytes for i in made for y in i.outputs)
        graph = Graph(recording)
        for each in PASSES:
            if each in passes and each in _GRAPH_PASSES:
                _GRAPH_PASSES[each](graph)
        self._pack = _packer(recording.result)
        schedule = Schedule(graph, passes)
        self.places = Places(schedule, "in_place" in passes)
        program = Program(schedule, self.places, name, input_names)
        self.program, self.source, self._step = program, program.source, program.step
        self._draws = any(is_impure(i.op, i.attrs) for i in graph.instructions)
        # Told by the last of the calls that no signal can come between: the step has happened.
        self._happened = []
        if self._draws:
            program.namespace.get("update", []).append(partial(self._happened.append, True))
        self._pairs = [pair for lease in self.places.leases for pair in lease.pairs()]
        self._reads = recording.reads
        self._flags = recording.flags
        self.variables = [v for v, _ in recording.variables]
        self._changes = state.changes
        self.foreign = recording.foreign
        self._forget([*recording.instructions, *graph.instructions])

    def _forget(self, instructions):
        """Keep no number of the recorded run but constants: all its results at once would dwarf the arena."""
        values = [x for i in instructions for x in (*values_of(i.inputs), *i.outputs)]
        values += [x for unit in self.places.units for x in (*unit.inputs(), *unit.made())]
        values += self.places.scratch.values()
        for value in {id(x): x for x in values if x.varies}.values():
            value.forget()

    def holds(self):
        """Whether everything it depends on is what it was when it was recorded."""
        if self._changes != state.changes:
            changes = state.changes
            if not self._reads.hold() or any(v.flags != flags for v, flags in self._flags):
                return False
            self._changes = changes
        return self._reads.hold_contents()

    def run(self, arrays):
        """The result of the step on these arrays, in its structure."""
        for variable, view in self._pairs:
            if variable._array is not view:
                take_up(variable, view)
        return self._pack(self._undone_if_it_fails(arrays) if self._draws else self._step(*arrays))

    def _undone_if_it_fails(self, arrays):
        draws = Draws()
        self._happened.clear()
        try:
            with draws.noted():
                return self._step(*arrays)
        except BaseException:
            if not self._happened:
                draws.undo()
            raise

    def describe(self):
        """What became of the step, as text: instructions, memory, bytes moved, groups, what was refused and why."""
        schedule, places, text = self.places.schedule, self.places, []
        units = [*schedule.compute, *schedule.update]
        groups = [u for u in units if isinstance(u, Group)]
        lines = [u for u in units if isinstance(u, Line) and u.kernel.kind != "view"]
        moved = sum(_moved(u.inputs(), u.outputs if isinstance(u, Group) else u.made()) for u in [*lines, *groups])
        moved += sum(2 * value.array.nbytes for _, value in schedule.copies)
        size = places.arena.size
        text.append(f"{self.program.name}: {self.recorded_count} recorded operations became {len(lines)} lines and "
                    f"{len(groups)} groups of {sum(len(g.steps) for g in groups)}")
        text.append(f"memory: an arena of {bytes_text(size)} for {bytes_text(self.intermediates)} of intermediate "
                    f"results ({size / max(self.intermediates, 1):.0%}); {len(places.taken_over)} written in place")
        text.append(f"moved: {bytes_text(moved)} a run, {bytes_text(self._eager_bytes)} op by op")
        text += [f"group: {self.program.summary(g)}{f', {g.owner}' if g.owner else ''}" for g in groups]
        text += [f"leased: {len(lease.variables)} Variables side by side, {lease.variables[0].path} ... "
                 f"({bytes_text(lease.whole.nbytes)})" if len(lease.variables) > 1 else
                 f"leased: {lease.variables[0].path} ({bytes_text(lease.whole.nbytes)})" for lease in places.leases]
        off = [name for name in PASSES if name not in self.passes]
        text.append(f"passes: {' '.join(self.passes) or 'none'}{'; off: ' + ' '.join(off) if off else ''}")
        text += [f"refused: {why}" for why in places.refused()]
        return "\n".join(text) + "\n"

    def changed(self):
        """What it depends on that is no longer what it was, in words."""
        return self._reads.changed_since()

    def differs(self, recording):
        """Where another recording is not the same step, in words; None if it is."""
        other = _outline(recording)
        for n, (a, b) in enumerate(zip(self.recorded, other)):
            if len(a) != len(b) or not all(map(_equal, a, b)):
                if n >= len(recording.instructions):
                    return "what it returns or assigns is not the same in every call."
                instruction, place = recording.instructions[n], recording.places[n]
                what = f"{instruction.op.name} at {place[0]}:{place[1]}" if place else instruction.op.name
                if len(a) == len(b) and a[0] is b[0]:
                    return (f"{what} works on a value that is neither an argument nor a Variable and yet changes from "
                            "call to call.")
                return f"it does not run the same operations in every call, from {what} on."
        if len(other) != len(self.recorded):
            return f"it ran {len(other)} operations where it had run {len(self.recorded)}."
        return None


def _moved(inputs, outputs):
    """Bytes that are read and written."""
    return sum(x.array.nbytes for x in (*inputs, *outputs) if isinstance(x, Value))


def _outline(recording):
    """What tells a recording from another: a tuple for each instruction, and one for the results."""
    places = {id(value): ("input", i) for i, value in enumerate(recording.inputs)}
    places.update((id(value), ("variable", id(v))) for v, value in recording.variables)
    lines = []

    def place(x):
        if type(x) is not Value:
            return x
        return places.get(id(x), x.array)
    for n, i in enumerate(recording.instructions):
        lines.append((i.op, len(i.inputs), len(i.outputs), *map(place, i.inputs), *sorted(i.attrs), *[
            value for _, value in sorted(i.attrs.items())]))
        places.update((id(y), (n, k)) for k, y in enumerate(i.outputs))
    lines.append(tuple(place(x) for x in tree.flatten(recording.result)))
    lines.append(tuple(item for v, value in recording.assigned for item in (id(v), place(value))))
    return lines


def _equal(a, b):
    if a is b:
        return True
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape \
            and a.tobytes() == b.tobytes()
    if type(a) is not type(b):
        return False
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    if callable(a):
        return getattr(a, "__code__", a) == getattr(b, "__code__", b)
    return a == b or (a != a and b != b)


def _tensor(array):
    """A Tensor of an array, or of the number that some of NumPy's functions give in place of one."""
    return Tensor(array if type(array) is np.ndarray else np.asarray(array))


def _packer(result):
    """A function that puts arrays in the place of the Values of a result, as Tensors."""
    if type(result) is Value:
        return lambda arrays: _tensor(arrays[0])
    if type(result) is dict and all(type(value) is Value for value in result.values()):
        order = sorted(result)
        if order == list(result):
            return lambda arrays: dict(zip(order, map(_tensor, arrays)))

    def pack(arrays):
        arrays = iter(arrays)
        return tree.map_structure(lambda leaf: _tensor(next(arrays)) if type(leaf) is Value else leaf, result)
    return pack
