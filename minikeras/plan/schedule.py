"""What runs when: first everything that writes only into the plan's own memory, then the update of the Variables.

The update is elementwise work on whole arrays, run by C code in one go: no Ctrl-C can come between two of its calls.
Where the update of several Variables is the same but for the arrays, it is one, over memory in which they lie side by
side; large elementwise work runs chunk by chunk, so that what passes from one op to the next stays in the cache.
"""

import numpy as np

from ..autograd import linear
from ..autograd.op import is_impure
from ..ops import reduce
from .graph import values_of
from .kernels import Kernel, kernel_of
from .recording import Instruction, Value

CHUNK_BYTES = 131072    # of one array: half a dozen of them stay in a second-level cache


class Flat(Value):
    """Arrays side by side in one.

    parts    Values of the members;  variables   the Variables that hold them, None if none do
    """

    __slots__ = ("parts", "variables")

    def __init__(self, parts, variables=None):
        super().__init__(np.empty(sum(p.array.size for p in parts), parts[0].dtype), True)
        self.parts = parts
        self.variables = variables


class Group:
    """Elementwise instructions over arrays of one size.

    instructions   with their kernels, in order
    outputs        Values that others need, in full;  chunk   how many elements are done at a time
    written        Value -> Value whose memory it takes in the end: a Variable's before the step
    members        how many Variables' updates were put together, 1 for none
    """

    def __init__(self, steps, members=1):
        self.steps = steps
        self.members = members
        self.outputs = []
        self.written = {}
        self.size = steps[0][0].outputs[0].array.size
        self.chunk = max(1, CHUNK_BYTES // max(y.dtype.itemsize for y in self.made()))

    @property
    def instructions(self):
        return [instruction for instruction, _ in self.steps]

    def inputs(self):
        """Values that come from elsewhere."""
        made = {id(y) for i in self.instructions for y in i.outputs}
        return list({id(x): x for i, kernel in self.steps for x in values_of(kernel.arguments)
                     if id(x) not in made}.values())

    def made(self):
        """Values that its instructions give."""
        return [y for i in self.instructions for y in i.outputs]

    def replace(self, others):
        """Take other Values in the place of some, given by id."""
        self.steps = [(i, kernel._replace(arguments=tuple([others.get(id(x), x) for x in kernel.arguments])))
                      for i, kernel in self.steps] if others else self.steps

    def reads_after(self, x, y):
        """Whether `x` is taken after `y` is made."""
        made = [i.outputs[0] is y for i in self.instructions].index(True)
        return any(z is x for _, kernel in self.steps[made + 1:] for z in values_of(kernel.arguments))

    @property
    def owner(self):
        return self.instructions[0].owner


class Line:
    """One instruction with its kernel."""

    members = 1

    def __init__(self, instruction, kernel):
        self.instruction = instruction
        self.kernel = kernel

    def inputs(self):
        return values_of(self.kernel.arguments)

    def made(self):
        return list(self.instruction.outputs)

    @property
    def owner(self):
        return self.instruction.owner


class Schedule:
    """`compute` and `update`: Lines and Groups in order; `copies`: (Variable, Value) to be stored at the end."""

    def __init__(self, graph, passes):
        self.graph = graph
        self.kernels = {id(i): kernel_of(i) for i in graph.instructions}
        self.users, self.wanted = graph.users(), graph.wanted()
        self.assigned = {id(v): (v, value) for v, value in graph.assigned}
        self.holders = {id(value): v for v, value in graph.variables}      # before the step
        self.stored = {id(value): v for v, value in graph.assigned}         # after it
        before = {id(v): value for v, value in graph.variables}
        self.before = {key: before[key] for key in self.assigned if key in before}
        updating = self._updating()
        components = _components([i for i in graph.instructions if id(i) in updating])
        components = self._independent(components, updating)
        self.update = self._groups(components, "update" in passes)
        self.compute = self._in_order([i for i in graph.instructions if id(i) not in updating], "chunks" in passes)
        if "partial_sums" in passes:
            self._sum_in_chunks()
        self._store_in_place()
        self._copy_to_fixed_places()

    def _step(self, instruction):
        return instruction, self.kernels[id(instruction)]

    def _updating(self):
        """ids of the instructions that serve nothing but new values of Variables."""
        returned = {id(value) for value in self.graph.outputs}
        stored = {id(value) for _, value in self.graph.assigned}
        found = set()
        for i in reversed(self.graph.instructions):
            kernel, y = self.kernels[id(i)], i.outputs[0] if i.outputs else None
            users = self.users.get(id(y), [])
            if kernel.kind == "ufunc" and not i.derived and id(y) not in returned \
                    and (users or id(y) in stored) and all(id(u) in found for u in users) \
                    and not is_impure(i.op, i.attrs) and _is_flat(i, kernel):
                found.add(id(i))
        return found

    def _independent(self, components, updating):
        """Components that take nothing from one another but numbers; others run before the update."""
        makers = {id(y): index for index, part in enumerate(components) for i in part for y in i.outputs}
        taken = {makers[id(x)] for index, part in enumerate(components) for i in part for x in values_of(i.inputs)
                 if makers.get(id(x), index) != index and x.shape}
        for index in taken:
            updating.difference_update(id(i) for i in components[index])
        return [part for index, part in enumerate(components) if index not in taken]

    def _groups(self, components, together):
        """The components as Groups: numbers first, then alike ones put together."""
        alike = {}
        for index, part in enumerate(components):
            signature = self._signature(part) if together and part[0].outputs[0].shape else index
            alike.setdefault(signature, []).append(part)
        groups = []
        for parts in alike.values():
            if len(parts) > 1:
                groups.append(self._merged(parts))
            else:
                groups.append(self._group(parts[0]))
        return sorted(groups, key=lambda group: len(group.steps[0][0].outputs[0].shape) > 0)

    def _group(self, part):
        """Instructions as a Group."""
        group, inside = Group([self._step(i) for i in part]), {id(i) for i in part}
        group.outputs = [y for y in group.made() if id(y) in self.wanted
                         or not inside.issuperset(map(id, self.users.get(id(y), [])))]
        return group

    def _signature(self, part):
        """What tells whether two components do the same: the ops, where their inputs come from, what is stored."""
        places, leaves, text = {}, {}, []
        for i in part:
            entry = [i.op]
            for x in i.inputs:
                if type(x) is not Value:
                    entry.append((type(x), repr(x)))
                elif id(x) in places:
                    entry.append(("made", places[id(x)]))
                elif x.shape != part[0].outputs[0].shape:
                    entry.append(("shared", id(x)))
                else:
                    entry.append(("leaf", leaves.setdefault(id(x), len(leaves)), id(x) in self.holders, x.dtype.str))
            y = i.outputs[0]
            places[id(y)] = len(places)
            kept = self.stored.get(id(y))
            held = self.before.get(id(kept)) if kept is not None else None
            entry.append((y.dtype.str, kept is not None, leaves.get(id(held))))
            text.append(tuple(entry))
        return tuple(text)

    def _merged(self, parts):
        """One Group that does what each of `parts` does, on arrays side by side."""
        flat, steps = {}, []

        def joined(values):
            if id(values[0]) not in flat:
                variables = [self.holders.get(id(x)) for x in values]
                flat[id(values[0])] = Flat(values, variables if all(v is not None for v in variables) else None)
            return flat[id(values[0])]
        outputs = []
        for row in zip(*parts):
            first, kernel = row[0], self.kernels[id(row[0])]
            rows = [self.kernels[id(i)].arguments for i in row]
            arguments = tuple([joined(list(xs)) if type(xs[0]) is Value and xs[0].shape == first.outputs[0].shape and
                               xs[0].shape else xs[0] for xs in zip(*rows)])
            y = joined([i.outputs[0] for i in row])
            kept = [self.stored.get(id(i.outputs[0])) for i in row]
            if all(v is not None for v in kept):
                y.variables = kept
                outputs.append(y)
            steps.append((Instruction(first.op, arguments, {}, (y,), first.owner),
                          kernel._replace(arguments=arguments)))
        group = Group(steps, len(parts))
        group.outputs = outputs
        return group

    # --- the part before the update ----------------------------------------------------------

    def _in_order(self, instructions, chunked):
        """Lines and Groups such that everything is made before it is taken."""
        clusters = _clusters(instructions, self.kernels) if chunked else {}
        units, seen = [], set()
        for i in instructions:
            cluster = clusters.get(id(i))
            if cluster is None or len(cluster) == 1:
                units.append(Line(*self._step(i)))
            elif id(cluster) not in seen:
                seen.add(id(cluster))
                units.append(self._group(cluster))
        return _sorted(units)

    def _sum_in_chunks(self):
        """A sum over everything that a Group makes is begun chunk by chunk, while the chunk is in the cache."""
        makers = {id(y): unit for unit in self.compute if isinstance(unit, Group) for y in unit.made()}
        for n, unit in enumerate(self.compute):
            if isinstance(unit, Group) or unit.instruction.op is not reduce.sum.op:
                continue
            x, y, group = unit.instruction.inputs[0], unit.instruction.outputs[0], makers.get(
                id(unit.instruction.inputs[0]))
            if group is None or y.shape or x.dtype.kind != "f" or group.size <= group.chunk:
                continue
            sums = Value(np.empty(-(-group.size // group.chunk), x.dtype), True)
            sums.source = part = Instruction(reduce.sum.op, (x,), {}, (sums,), unit.owner)
            group.steps.append((part, Kernel("ufunc", "add_reduce", np.add.reduce, (x,), {})))
            group.outputs.append(sums)
            whole = Instruction(reduce.sum.op, (sums,), {}, (y,), unit.owner)
            self.compute[n] = Line(whole, Kernel("into", "sum", reduce.sum.op.forward, (sums,), {}))
            y.source = whole
            users = [u for u in self.users.get(id(x), []) if u is not unit.instruction]
            if all(u in group.instructions for u in users) and id(x) not in self.wanted:
                group.outputs = [z for z in group.outputs if z is not x]

    # --- storing -----------------------------------------------------------------------------

    def _store_in_place(self):
        """New values that can be written over the old ones at once; the others are copied in the end."""
        self.copies = []
        done = set()
        readers = {}        # id of the Value before -> units of the update that take it or a view of it
        roots = roots_of(self.graph.instructions, self.kernels)
        for unit in self.update:
            for x in unit.inputs():
                for part in x.parts if type(x) is Flat else [x]:
                    readers.setdefault(id(roots.get(id(part), part)), []).append((unit, part))
        for group in self.update:
            for y in group.outputs:
                variables = y.variables if type(y) is Flat else [
                    v for v, value in self.assigned.values() if value is y]
                if not variables:
                    continue
                parts = y.parts if type(y) is Flat else [y]
                before = [self.before[id(v)] for v in variables]
                if type(y) is Flat:
                    held = next((x for x in group.inputs() if type(x) is Flat and _same(x.variables, variables)), None)
                else:
                    held = before[0] if len(variables) == 1 else None
                if held is not None and all(unit is group and x is b for b in before
                                            for unit, x in readers.get(id(b), [])) and not group.reads_after(held, y):
                    group.written[id(y)] = held
                    done.update(id(v) for v in variables)
                elif type(y) is Flat:
                    self.copies += list(zip(variables, parts))
        copied = {id(v) for v, _ in self.copies}
        self.copies += [(v, value) for v, value in self.assigned.values() if id(v) not in done | copied]

    def _copy_to_fixed_places(self):
        """The calls of a Group are made once for all, so what it takes must always lie at one place, and so must what
        is stored in the end: inputs, Variables that are only read and new arrays are copied."""
        self.roots = roots_of(self.graph.instructions, self.kernels)
        made = {id(y): unit for unit in [*self.compute, *self.update] for y in unit.made()}
        # The new values of Variables together, where they are not written over the old ones.
        made.update((id(part), unit) for unit in self.update for y in unit.outputs if type(y) is Flat
                    for part in y.parts)
        held = {id(value) for value in self.before.values()}
        copies, copied = {}, []

        def fixed(value):
            unit = made.get(id(value))
            if isinstance(unit, Line) and unit.kernel.kind == "view":
                return all(map(fixed, values_of(unit.instruction.inputs)))
            return value.source is None or id(value) in held or (unit is not None and (
                isinstance(unit, Group) or unit.kernel.writes))

        def copy_of(value, owner=""):
            if id(value) not in copies:
                copy = Value(value.array, True)
                copy.source = instruction = Instruction(linear.copy.op, (value,), {}, (copy,), owner)
                copies[id(value)] = copy
                copied.append(Line(instruction, Kernel("copy", "copy", linear.copy.op.forward, (value,), {})))
            return copies[id(value)]
        placed = set()

        def part_of_flat(value):
            """The Value that lies in the Flat: the one itself if it is made to, once."""
            unit = made.get(id(value))
            if isinstance(unit, Line) and unit.kernel.writes and value.array.flags.c_contiguous \
                    and id(value) not in placed:
                placed.add(id(value))
                return value
            copies.pop(id(value), None)
            return copy_of(value, "")
        for unit in [*self.compute, *self.update]:
            if isinstance(unit, Group):
                for x in unit.inputs():
                    if type(x) is Flat and not any(_same(x.variables, w.variables) for w in unit.written.values()
                                                   if type(w) is Flat):
                        x.parts = [part_of_flat(part) for part in x.parts]
                        x.variables = None
                unit.replace({id(x): copy_of(x, unit.owner) for x in unit.inputs()
                              if type(x) is not Flat and not fixed(x)})
                if copied and unit in self.compute:
                    at = self.compute.index(unit)
                    self.compute[at:at] = copied
                    copied.clear()
        # What is stored must not lie where something else is stored before.
        self.copies = [(v, x if fixed(x) and id(self.roots.get(id(x), x)) not in held else copy_of(x))
                       for v, x in self.copies]
        self.compute += copied
        self.made = {id(y): unit for unit in [*self.compute, *self.update] for y in unit.made()}


def _same(some, others):
    return some is not None and len(some) == len(others) and all(a is b for a, b in zip(some, others))


def roots_of(instructions, kernels):
    """id of a Value that lies in the memory of another -> that one. So may each of several results of an op."""
    roots = {}
    for i in instructions:
        if not kernels[id(i)].writes:
            for y in i.outputs:
                shared = [x for x in values_of(i.inputs) if y.array.size and np.may_share_memory(x.array, y.array)]
                if shared:
                    roots[id(y)] = roots.get(id(shared[0]), shared[0])
    return roots


def _components(instructions):
    """Instructions in lists that are connected by arrays (not by numbers, which form one list of their own each)."""
    parent = {id(i): id(i) for i in instructions}

    def find(key):
        while parent[key] != key:
            key = parent[key]
        return key
    makers = {id(i.outputs[0]): i for i in instructions}
    for i in instructions:
        for x in values_of(i.inputs):
            maker = makers.get(id(x))
            if maker is not None and bool(x.shape) == bool(i.outputs[0].shape) and (
                    not x.shape or x.shape == i.outputs[0].shape):
                parent[find(id(i))] = find(id(maker))
    parts = {}
    for i in instructions:
        key = find(id(i)) if i.outputs[0].shape else "numbers"
        parts.setdefault(key, []).append(i)
    return list(parts.values())


def _clusters(instructions, kernels):
    """id of a large elementwise instruction -> the list of those that can run together with it, chunk by chunk."""
    makers = {id(y): i for i in instructions for y in i.outputs}
    clusters, open_ones = {}, []

    def reaches(i, cluster):
        """Whether a member of `cluster` leads to `i` by way of an instruction that is none."""
        seen, stack = set(), [i]
        while stack:
            j = stack.pop()
            for k in clusters.get(id(j), [j]):      # all of another cluster run together
                for x in values_of(k.inputs):
                    maker = makers.get(id(x))
                    if maker is None or id(maker) in seen:
                        continue
                    if clusters.get(id(maker)) is not cluster:
                        seen.add(id(maker))
                        stack.append(maker)
                    elif j is not i:
                        return True
        return False
    for i in instructions:
        if not _is_chunkable(i, kernels[id(i)]):
            continue
        for cluster in reversed(open_ones):
            if cluster[0].outputs[0].array.size == i.outputs[0].array.size and not reaches(i, cluster):
                cluster.append(i)
                clusters[id(i)] = cluster
                break
        else:
            clusters[id(i)] = [i]
            open_ones.append(clusters[id(i)])
    return clusters


def _is_chunkable(i, kernel):
    return len(i.outputs) == 1 and kernel.writes and i.outputs[0].array.nbytes > 2 * CHUNK_BYTES \
        and _is_flat(i, kernel)


def _is_flat(i, kernel):
    """Whether the elements of the output and the inputs lie in the same order, numbers apart."""
    y = i.outputs[0]
    return i.op.family == "elementwise" and y.array.flags.c_contiguous and all(
        x.array.size == 1 or (x.shape == y.shape and x.array.flags.c_contiguous) for x in values_of(kernel.arguments))


def _sorted(units):
    """The units such that each comes after those it takes from, else in the order given."""
    makers = {id(y): u for u in units for y in u.made()}
    done, order = set(), []
    for unit in units:
        stack = [(unit, False)]
        while stack:
            u, ready = stack.pop()
            if id(u) in done:
                continue
            if ready:
                done.add(id(u))
                order.append(u)
                continue
            stack.append((u, True))
            stack += [(makers[id(x)], False) for x in u.inputs()
                      if id(x) in makers and makers[id(x)] is not u and id(makers[id(x)]) not in done]
    return order
