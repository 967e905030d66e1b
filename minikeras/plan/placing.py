"""Where every value of a schedule lies."""

import numpy as np

from .graph import values_of
from .kernels import SLOW_IN_PLACE
from .memory import Arena, Lease
from .recording import Value
from .schedule import Flat, Group, Line

SMALL = 4096        # bytes: copying less costs no more than any call


class Scratch(Value):
    """Memory of a chunk within a Group."""

    __slots__ = ()


class _Place:
    """Room in the arena while one value lives, or several that take it over from one another.

    holder   the latest of them;  first, last   units of the schedule between which it is taken
    """

    def __init__(self, holder, first, last):
        self.holder, self.first, self.last, self.nbytes = holder, first, last, holder.array.nbytes


class Places:
    """The array in which each Value lies that always lies at the same place; others are names of the running program.

    fixed      id of a Value -> its array;  taken_over   ids of Values that lie where an input lay
    leases     of the Variables that change;  views   id of such a Variable -> its array
    scratch    id of a Value within a Group -> its Scratch
    arena      the Arena of what lives within a step
    """

    def __init__(self, schedule, in_place):
        self.schedule, self.in_place = schedule, in_place
        self.units = [*schedule.compute, *schedule.update]
        self._at = {id(unit): at for at, unit in enumerate(self.units)}
        self.roots = dict(schedule.roots)
        self.fixed, self.scratch, self.leases, self.views = {}, {}, [], {}
        self.taken_over = set()
        self.arena = Arena()
        self._places = {}       # id of a Value -> _Place
        self._members = {}      # id of a part of a Flat -> (Flat, where it begins)
        self._lease()
        self._last = self._last_uses()
        self._returned = self._fresh_results()
        for flat in self._flats():
            self._join(flat)
        for at, unit in enumerate(self.units):
            if isinstance(unit, Group):
                self._place_group(unit, at)
            elif unit.kernel.writes and not self.is_fresh(unit):
                self._place_line(unit, at)
        self._settle()

    def is_fresh(self, line):
        """Whether a Line makes its result anew in every run."""
        return line.kernel.kind == "fresh" or any(id(y) in self._returned for y in line.instruction.outputs)

    def root(self, value):
        """The Value in whose memory a view lies; any other itself."""
        return self.roots.get(id(value), value)

    def _lease(self):
        schedule = self.schedule
        for group in schedule.update:
            for y in group.outputs:
                before = group.written.get(id(y))
                if type(before) is Flat:
                    lease = self._leased(before.variables)
                    self.fixed[id(before)] = self.fixed[id(y)] = lease.whole
        for key, (v, _) in schedule.assigned.items():
            if key not in self.views:
                self._leased([v])
            if key in schedule.before:
                self.fixed[id(schedule.before[key])] = self.views[key]
        for group in schedule.update:
            for y in group.outputs:
                before = group.written.get(id(y))
                if before is not None and type(before) is not Flat:
                    self.fixed[id(y)] = self.fixed[id(before)]

    def _leased(self, variables):
        lease = Lease(variables)
        self.leases.append(lease)
        self.views.update((id(v), view) for v, view in lease.pairs())
        return lease

    def _last_uses(self):
        """id of a root Value -> the last unit that takes it; one past all of them for what is stored in the end."""
        last = {}
        for at, unit in enumerate(self.units):
            for x in unit.inputs():
                for part in x.parts if type(x) is Flat else [x]:
                    last[id(self.root(part))] = at
                last[id(x)] = at
        end = len(self.units)
        results = len(self.schedule.compute)        # they are copied just before the update
        for value in self.schedule.graph.outputs:
            last[id(self.root(value))] = max(last.get(id(self.root(value)), 0), results)
        for _, value in self.schedule.copies:
            last[id(self.root(value))] = end
        return last

    def _fresh_results(self):
        """ids of returned Values that can be new arrays from the start: only Lines take them, nobody stores them."""
        outputs = {id(value) for value in self.schedule.graph.outputs}
        needed = {id(self.root(x)) for unit in self.units if isinstance(unit, Group) for x in unit.inputs()}
        needed |= {id(self.root(p)) for unit in self.units for x in unit.inputs() if type(x) is Flat for p in x.parts}
        needed |= {id(self.root(value)) for _, value in self.schedule.copies}
        return {id(u.instruction.outputs[0]) for u in self.units if isinstance(u, Line) and u.kernel.writes
                and len(u.instruction.outputs) == 1 and id(u.instruction.outputs[0]) in outputs - needed
                and u.kernel.kind != "copy" and u.instruction.outputs[0].shape}

    def _flats(self):
        seen = {}
        for unit in self.units:
            for x in unit.inputs():
                if type(x) is Flat and id(x) not in self.fixed and id(x) not in self.schedule.made:
                    seen[id(x)] = x
        return seen.values()

    def _join(self, flat):
        """One place for arrays side by side, from the first that is made to the last use of any."""
        begin, start = len(self.units), 0
        for part in flat.parts:
            self._members[id(part)] = flat, start
            start += part.array.size
            begin = min(begin, self._at[id(self.schedule.made[id(part)])])
        last = max(self._last.get(id(x), 0) for x in (flat, *flat.parts))
        self._places[id(flat)] = _Place(flat, begin, last)

    def _place_line(self, line, at):
        outputs = line.instruction.outputs
        for y in outputs:
            if id(y) in self.fixed or id(y) in self._members:
                continue
            heir = self._heir(line, y, at) if self.in_place and len(outputs) == 1 else None
            if heir is not None:
                heir.holder, heir.last = y, self._last.get(id(y), at)
                self._places[id(y)] = heir
                self.taken_over.add(id(y))
            else:
                self._places[id(y)] = _Place(y, at, self._last.get(id(y), at))

    def _heir(self, line, y, at):
        """The place of an input that is not needed any more and that the output can take."""
        if line.instruction.op.family != "elementwise" or is_slow_in_place(line.kernel, y):
            return None
        for x in values_of(line.kernel.arguments):
            place = self._places.get(id(x))
            if place is not None and place.holder is x and place.last == at and x.dtype == y.dtype \
                    and x.shape == y.shape and x.array.strides == y.array.strides and type(x) is Value:
                return place
        return None

    def _place_group(self, group, at):
        """Full arrays for what others need, scratch of a chunk for what passes from one step to the next."""
        outside = {id(y) for y in group.outputs}
        last = {id(x): n for n, (_, kernel) in enumerate(group.steps) for x in values_of(kernel.arguments)}
        free = []
        for n, (instruction, kernel) in enumerate(group.steps):
            y = instruction.outputs[0]
            dying = [self.scratch[key] for key in dict.fromkeys(map(id, values_of(kernel.arguments)))
                     if key in self.scratch and last[key] == n]
            if id(y) in outside:
                if id(y) not in self.fixed:
                    until = max([self._last.get(id(part), at) for part in (y.parts if type(y) is Flat else [y])])
                    self._places[id(y)] = _Place(y, at, until)
            else:
                # What dies here may be written over, unless that is slow.
                usable = [*([] if is_slow_in_place(kernel, y) or not self.in_place else dying), *free]
                mine = next((s for s in usable if s.dtype == y.dtype), None)
                if mine is None:
                    size = min(group.chunk, group.size)
                    mine = Scratch(np.empty((size,) if y.shape else (), y.dtype))
                    self._places[id(mine)] = _Place(mine, at, at)
                self.scratch[id(y)] = mine
                dying, free = [s for s in dying if s is not mine], [s for s in free if s is not mine]
            free += dying

    def refused(self):
        """What could not be done, and why, a text each; small arrays are only counted."""
        found = []
        for line in [unit for unit in self.units if isinstance(unit, Line)]:
            nbytes = sum(y.array.nbytes for y in line.instruction.outputs)
            if line.kernel.kind == "fresh":
                found.append((nbytes, f"{line.kernel.name} ({line.owner or 'no layer'}) makes a new array: it takes no "
                              "memory for it"))
            elif line.kernel.kind == "copy" and line.kernel.name == "copy":
                found.append((nbytes, f"{line.kernel.arguments[0].shape} is copied for {line.owner or 'the update'}: "
                              "it comes from outside, or lies where something else will"))
        found += [(value.array.nbytes, f"{v.path} is copied in the end, not updated in place: something else takes the "
                   "new value, too, or it is no elementwise function of the old") for v, value in self.schedule.copies]
        small = sum(nbytes < SMALL for nbytes, _ in found)
        return [why for nbytes, why in found if nbytes >= SMALL] + (
            [f"{small} arrays below {SMALL // 1024} KiB are made anew or copied"] if small else [])

    def _settle(self):
        """Arrays for the places, and for what lies within other arrays."""
        for place in {id(p): p for p in self._places.values()}.values():
            self.arena.want(place, place.nbytes, place.first, place.last)
        self.arena.place()
        values = {id(y): y for unit in self.units for y in unit.made()}
        values.update((id(x), x) for unit in self.units for x in unit.inputs())
        values.update((id(s), s) for s in self.scratch.values())
        # One array object for a place: of an output that is the very input NumPy sees at once that it may be.
        arrays = {place: self.arena.array(place, values[key].array) for key, place in self._places.items()}
        self.fixed.update((key, arrays[place]) for key, place in self._places.items())
        for key, (flat, start) in self._members.items():
            self._part(values[key], flat, start)
        for unit in self.units:
            for y in unit.made():
                if type(y) is Flat and id(y) in self.fixed:
                    start = 0
                    for part in y.parts:
                        self._part(part, y, start)
                        start += part.array.size

    def _part(self, value, flat, start):
        self.fixed[id(value)] = self.fixed[id(flat)][start:start + value.array.size].reshape(value.shape)


def is_slow_in_place(kernel, y):
    """Whether NumPy is slow at writing the result over the input: it then checks more, or goes element by element."""
    return not y.shape or (kernel.name in SLOW_IN_PLACE and y.dtype == np.float64)
