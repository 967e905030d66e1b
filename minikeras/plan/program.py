"""A schedule as a NumPy program: memory for every value, and the source text that is then run."""

import itertools
import keyword
import re
from collections import deque
from functools import partial

import numpy as np

from ..autograd.tree import flatten
from .graph import values_of
from .kernels import SLOW_IN_PLACE
from .memory import Arena, Lease
from .recording import Value
from .schedule import Flat, Group, Line, roots_of

COMMENT = 84        # column at which a line says what it makes


def run(calls):
    """Call each of `calls`, from C: no signal is handled between two of them."""
    deque(map(partial.__call__, calls), 0)


def chunked(lines, chunk, whole, parts, scratch, numbers):
    """The calls that `lines` lists, for each stretch of `chunk` elements.

    whole    size of the arrays in `parts`, of which each stretch is given
    scratch  arrays of `chunk` elements, given from their start;  numbers   given as they are
    """
    calls = []
    for start in range(0, whole, chunk):
        stop = min(start + chunk, whole)
        given = [*[x[start:stop] for x in parts], *[x[:stop - start] for x in scratch], *numbers]
        calls += [partial(function, *arguments, out=out) for function, *arguments, out in lines(*given)]
    return calls


class Program:
    """Source and memory of a schedule.

    source   the text;  step   the function it defines: the arrays of the inputs to those of the outputs
    """

    def __init__(self, schedule, name, input_names, in_place=True):
        self.schedule = schedule
        self.in_place = in_place
        graph = schedule.graph
        self.namespace = {"run": run, "chunked": chunked, "inf": np.inf, "nan": np.nan, "dtype": np.dtype,
                          "float32": np.float32, "copyto": np.copyto, "partial": partial}
        self.names = {}             # id of a Value -> its name
        self.fixed = {}             # id of a Value -> its array, where that stays in its place
        self.kept = []              # Values, so that no id is used twice
        self.leases = []
        self.lines, self.tables = [], []
        self._taken = set(self.namespace) | set(keyword.kwlist)
        self.units = [*schedule.compute, *schedule.update]
        self.roots = roots_of(graph.instructions, schedule.kernels)
        for value, text in zip(graph.inputs, input_names):
            self._name(value, text)
        self._lease()
        self._place()
        self._write(self._fresh(name), graph)

    # --- names -------------------------------------------------------------------------------

    def _fresh(self, text):
        """A name that begins with `text`, not taken yet."""
        text = re.sub(r"\W+", "_", text).strip("_") or "value"
        text = f"v{text}" if text[0].isdigit() else text
        for name in itertools.chain([text], (f"{text}_{n}" for n in itertools.count(1))):
            if name not in self._taken:
                self._taken.add(name)
                return name

    def _name(self, value, text):
        if id(value) not in self.names:
            self.names[id(value)] = self._fresh(text)
            self.kept.append(value)
        return self.names[id(value)]

    def _known(self, text, thing):
        """The name of an object of the program, the same for the same."""
        for name, known in self.namespace.items():
            if known is thing:
                return name
        name = self._fresh(text)
        self.namespace[name] = thing
        return name

    # --- memory ------------------------------------------------------------------------------

    def _lease(self):
        """Memory of the Variables that the step changes."""
        schedule, held = self.schedule, {}
        for group in schedule.update:
            for y in group.outputs:
                before = group.written.get(id(y))
                if type(before) is Flat:
                    lease = Lease(before.variables)
                    self.leases.append(lease)
                    self._fix(before, lease.whole, _common([_title(v) for v in before.variables]))
                    self.names[id(y)], self.fixed[id(y)] = self.names[id(before)], lease.whole
                    held.update((id(v), view) for v, view in lease.pairs())
        for v, _ in schedule.assigned.values():
            if id(v) not in held:
                lease = Lease([v])
                self.leases.append(lease)
                held[id(v)] = lease.views[0]
        self.views = held
        for key, (v, _) in schedule.assigned.items():
            before = schedule.before.get(key)
            if before is not None:
                self._fix(before, held[key], _title(v))
        for group in schedule.update:
            for y in group.outputs:
                before = group.written.get(id(y))
                if before is not None and type(before) is not Flat:
                    self.names[id(y)], self.fixed[id(y)] = self.names[id(before)], self.fixed[id(before)]

    def _fix(self, value, array, text):
        name = self._name(value, text)
        self.fixed[id(value)] = array
        self.namespace[name] = array

    def _root(self, value):
        return self.roots.get(id(value), value)

    def _place(self):
        """A place in the arena for everything that is written into memory of the plan."""
        schedule, end = self.schedule, len(self.units)
        first, last, member = {}, {}, {}        # ids of root Values; member: part of a Flat -> (Flat, offset)
        values = {}
        self.made_by = {}
        for unit in self.units:
            for y in unit.made():
                self.made_by[id(y)] = unit
        self.loads = {}                     # unit -> [(place, Value)] to be copied before it
        for at, unit in enumerate(self.units):
            for x in unit.inputs():
                for part in (x.parts if type(x) is Flat else [x]):
                    last[id(self._root(part))] = at
                if type(x) is Flat:
                    last[id(x)] = at
            for y in unit.made():
                first.setdefault(id(self._root(y)), at)
        for value in [*self.schedule.graph.outputs, *[value for _, value in schedule.copies]]:
            last[id(self._root(value))] = end
        self.arena, wants = Arena(), []
        # Arrays side by side: what is made in place there, and what must be copied there.
        for at, unit in enumerate(self.units):
            for x in unit.inputs() if isinstance(unit, Group) else []:
                if type(x) is Flat and id(x) not in self.fixed and id(x) not in values:
                    values[id(x)] = x
                    start, begin = 0, at
                    for part in x.parts:
                        maker = self.made_by.get(id(part))
                        can = type(maker) is Line and maker.kernel.writes and id(part) not in member \
                            and id(part) not in self.fixed and part.array.flags.c_contiguous
                        if can:
                            member[id(part)] = x, start
                            begin = min(begin, first[id(part)])
                        else:
                            self.loads.setdefault(id(unit), []).append((x, start, part))
                        start += part.array.size
                    wants.append((x, x.array.nbytes, begin, max(at, max(last.get(id(p), at) for p in x.parts))))
        self.buffer_needed = set()
        for unit in self.units:
            if isinstance(unit, Group):
                for x in unit.inputs():
                    if type(x) is not Flat:
                        self.buffer_needed.add(id(x))
        copied = {id(value) for _, value in schedule.copies}
        self.buffer_needed |= copied
        shared = {}             # id of a root -> the root whose place it takes over
        for at, unit in enumerate(self.units):
            if isinstance(unit, Group):
                self._scratch(unit, at, wants, last, values)
                continue
            (y, *more), kernel = unit.instruction.outputs, unit.kernel
            if kernel.kind == "view" or id(y) in self.fixed:
                continue
            if not kernel.writes and id(y) not in self.buffer_needed:
                continue
            if id(y) in member:
                continue
            heir = self._heir(unit, y, at, last, first, member, shared) if self.in_place and not more else None
            if heir is not None:
                shared[id(y)] = heir
                continue
            for z in unit.instruction.outputs:
                values[id(z)] = z
                wants.append((z, z.array.nbytes, at, last.get(id(z), at)))
        # A place lives as long as the last that took it over.
        for key, heir in shared.items():
            while id(heir) in shared:
                heir = shared[id(heir)]
            last[id(heir)] = max(last.get(id(heir), 0), last.get(key, 0))
        for value in self._loose():
            values[id(value)] = value
            wants.append((value, value.array.nbytes, 0, end))
        for value, nbytes, begin, until in wants:
            self.arena.want(id(value), nbytes, begin, max(until, last.get(id(value), begin)))
            self.kept.append(value)
        self.arena.place()
        for value, *_ in wants:
            if type(value) is _Scratch:
                array = self.arena.array(id(value), size=value.size, dtype=value.dtype)
                self._fix(value, array if value.shape else array.reshape(()), "scratch")
            elif type(value) is Flat:
                self._fix(value, self.arena.array(id(value), size=value.array.size, dtype=value.dtype),
                          "gradients" if any(self.made_by[id(p)].instruction.derived for p in value.parts
                                             if type(self.made_by.get(id(p))) is Line) else "parts")
            else:
                self._fix(value, self.arena.array(id(value), value.array), self._title_of(value))
        for key, (flat, start) in member.items():
            value = next(p for p in flat.parts if id(p) == key)
            self._fix(value, self.fixed[id(flat)][start:start + value.array.size].reshape(value.shape),
                      self._title_of(value))
        for flat in values.values():
            if type(flat) is Flat:
                start = 0
                for part in flat.parts:     # outputs of a group that are stored apart
                    if id(part) not in self.fixed and self.made_by.get(id(flat)) is not None:
                        self._fix(part, self.fixed[id(flat)][start:start + part.array.size].reshape(part.shape), "part")
                    start += part.array.size
        for key, heir in shared.items():
            unit = self.made_by[key]
            y = unit.instruction.outputs[0]
            self._fix(y, self.fixed[id(heir)], self._title_of(y))
        self.member = member

    def _loose(self):
        """Values that come from outside, or are views of such, which a Group needs at a fixed place."""
        found = {}
        for unit in self.units:
            if isinstance(unit, Group):
                for x in unit.inputs():
                    if type(x) is not Flat and x.source is not None and id(self._root(x)) not in self.made_by \
                            and id(self._root(x)) not in self.fixed:
                        found[id(x)] = x
        for _, value in self.schedule.copies:
            root = self._root(value)
            if (value.source is not None and id(root) not in self.made_by) or id(root) in self.fixed:
                found[id(value)] = value
        self.loose = {}
        loads = []
        for x in found.values():
            copy = Value(x.array, True)
            self.loose[id(x)] = copy
            loads.append(copy)
        return loads

    def _scratch(self, group, at, wants, last, values):
        """Memory within a group: full arrays for what others need, scratch of a chunk for the rest."""
        chunk = min(group.chunk(), group.size)
        outside = {id(y) for y in group.outputs}
        index = {}
        for n, (_, kernel) in enumerate(group.steps):
            for x in values_of(kernel.arguments):
                index[id(x)] = n
        free, group.scratch = [], {}
        for n, (instruction, kernel) in enumerate(group.steps):
            y = instruction.outputs[0]
            if id(y) in outside and id(y) not in group.written:
                values[id(y)] = y
                until = last.get(id(y), at) if type(y) is not Flat else len(self.units)
                wants.append((y, y.array.nbytes, at, until))
            dying = [x for x in {id(x): x for x in values_of(kernel.arguments)[:-1]}.values()
                     if id(x) in group.scratch and index[id(x)] == n]
            mine = None
            if id(y) not in outside:
                slow = kernel.name in SLOW_IN_PLACE and y.dtype == np.float64
                same = [x for x in dying if x.dtype == y.dtype and not slow]
                if same:
                    mine = group.scratch[id(same[0])]
                    dying.remove(same[0])
                else:
                    mine = next((s for s in free if s.dtype == y.dtype), None)
                    if mine is not None:
                        free.remove(mine)
                    else:
                        mine = _Scratch((chunk,) if y.shape else (), y.dtype)
                        wants.append((mine, mine.nbytes, at, at))
                group.scratch[id(y)] = mine
                index.setdefault(id(y), n)
            free += [group.scratch[id(x)] for x in dying]

    def _heir(self, unit, y, at, last, first, member, shared):
        """An input that dies here and in whose place the output can be written."""
        kernel = unit.kernel
        if unit.instruction.op.family != "elementwise" or (kernel.name in SLOW_IN_PLACE and y.dtype == np.float64):
            return None
        for x in values_of(kernel.arguments):
            root = x
            while id(root) in shared:
                root = shared[id(root)]
            maker = self.made_by.get(id(x))
            if x is y or x.shape != y.shape or x.dtype != y.dtype or type(maker) is not Line or id(x) in self.roots \
                    or id(x) in self.fixed or (not maker.kernel.writes and id(x) not in self.buffer_needed):
                continue
            if id(root) in member or x.array.strides != y.array.strides or last.get(id(x)) != at:
                continue
            if any(last.get(key, 0) >= at and key != id(x) and self._end_of(shared, key) is root
                   for key in shared):
                continue
            return x
        return None

    def _end_of(self, shared, key):
        heir = shared[key]
        while id(heir) in shared:
            heir = shared[id(heir)]
        return heir

    def _title_of(self, value):
        instruction = value.source
        return re.sub("_op$", "", instruction.op.name) if hasattr(instruction, "op") else "value"

    # --- text --------------------------------------------------------------------------------

    def _write(self, name, graph):
        schedule = self.schedule
        body = []
        for variable, value in graph.variables:
            if id(value) not in self.fixed and value is not None and self._is_used(value):
                holder = self._known(_title(variable) + "_variable", variable)
                body.append((f"{self._name(value, _title(variable))} = {holder}._array", "", variable.path))
        done = set()
        for unit in schedule.compute:
            body += self._loads(unit, done)
            body += self._line(unit) if isinstance(unit, Line) else self._group(unit)
        update = []
        for unit in schedule.update:
            body += self._loads(unit, done)
        for _, value in schedule.copies:
            body += self._load_loose(value, done)
        for unit in schedule.update:
            update.append(self._table(unit))
        returned = self._returned(graph, body)
        for variable, value in schedule.copies:
            view = self._known(_title(variable), self.views[id(variable)])
            source = self.names[id(self.loose.get(id(value), value))] if id(value) not in self.fixed or \
                id(value) in self.loose else self.names[id(value)]
            update.append([f"update.append(partial(copyto, {view}, {source}))"])
        if update:
            self.tables += ["update = []", *[line for lines in update for line in lines], ""]
            body.append(("run(update)", f"{len(schedule.update)} groups, {len(schedule.copies)} copies", "update"))
        body.append((f"return {returned}", "", ""))
        arguments = ", ".join(self.names[id(x)] for x in graph.inputs)
        text = [*self.tables, f"def {name}({arguments}):"]
        text += [_commented("    " + line, what, owner) for line, what, owner in body]
        self.source = "\n".join(text) + "\n"
        exec(compile(self.source, f"<plan of {name}>", "exec"), self.namespace)
        self.step = self.namespace[name]

    def _is_used(self, value):
        return any(x is value or self._root(x) is value for unit in self.units for x in unit.inputs()
                   ) or any(x is value for x in self.schedule.graph.outputs) or any(
            x is value or self._root(x) is value for _, x in self.schedule.copies) or any(
            part is value for unit in self.units for x in unit.inputs() if type(x) is Flat for part in x.parts)

    def _loads(self, unit, done):
        lines = []
        if isinstance(unit, Group):
            for x in unit.inputs():
                if id(x) in self.loose:
                    lines += self._load_loose(x, done)
            for flat, start, part in self.loads.get(id(unit), []):
                place = self._known(self.names[id(flat)] + "_part", self.fixed[id(flat)][
                    start:start + part.array.size].reshape(part.shape))
                lines.append((f"copyto({place}, {self._text(part)})", _size(part), unit.owner))
        return lines

    def _load_loose(self, value, done):
        copy = self.loose.get(id(value))
        if copy is None or id(value) in done:
            return []
        done.add(id(value))
        return [(f"copyto({self.names[id(copy)]}, {self._text(value)})", _size(value), "")]

    def _text(self, x, inside=None):
        """An argument as it stands in the program."""
        if isinstance(x, Value):
            if inside is not None and id(x) in self.loose:
                x = self.loose[id(x)]
            if id(x) not in self.names:
                assert x.source is None or not x.varies, x
                return self._known(_constant_name(x), self._constant(x))
            return self.names[id(x)]
        if x is None or type(x) in (bool, int, float, str):
            return repr(x)
        if isinstance(x, (tuple, slice)) and all(_is_plain(item) for item in flatten(x if type(x) is tuple else ())):
            return repr(x)
        return self._known(type(x).__name__.lower(), x)

    def _constant(self, x):
        if not x.shape:
            for known in self.namespace.values():
                if type(known) is np.ndarray and not known.shape and known.dtype == x.dtype \
                        and known.tobytes() == x.array.tobytes() and not known.flags.writeable:
                    return known
            array = x.array.copy()
        else:
            array = x.array.view()
        array.flags.writeable = False
        self.kept.append(x)
        return array

    def _line(self, unit):
        instruction, kernel = unit.instruction, unit.kernel
        outputs = instruction.outputs
        what = ", ".join(map(_size, outputs))
        if kernel.kind == "view":
            y = outputs[0]
            x = next(x for x in values_of(instruction.inputs) if np.may_share_memory(x.array, y.array))
            if id(x) in self.fixed and all(id(z) in self.fixed or z.source is None
                                           for z in values_of(instruction.inputs)):
                arrays = [self.fixed[id(z)] if id(z) in self.fixed else z.array if type(z) is Value else z
                          for z in instruction.inputs]
                made = kernel.function(*arrays, **kernel.keywords)
                if np.may_share_memory(made, arrays[0]) or made.size == 0:
                    self._fix(y, made, self._title_of(y))
                    return []
        function = self._known(kernel.name, kernel.function)
        given = [self._text(x) for x in kernel.arguments]
        given += [f"{key}={self._text(value)}" for key, value in kernel.keywords.items()]
        if all(id(y) in self.fixed for y in outputs):
            places = [self.names[id(y)] for y in outputs]
            if kernel.writes:
                out = places[0] if len(places) == 1 else f"({', '.join(places)})"
                return [(f"{function}({', '.join([*given, f'out={out}'])})", what, unit.owner)]
            return [(f"copyto({places[0]}, {function}({', '.join(given)}))", what, unit.owner)]
        names = [self._name(y, self._title_of(y)) for y in outputs]
        return [(f"{', '.join(names)} = {function}({', '.join(given)})", what, unit.owner)]

    def _group(self, unit):
        table = self._fresh("group")
        self.tables += [*self._table(unit, table), ""]
        return [(f"run({table})", f"{len(unit.steps)} operations over {unit.size:,} elements", unit.owner)]

    def _table(self, unit, name=None):
        """Lines that define the calls of a group."""
        parts, scratch, numbers, local = [], [], [], {}
        def stands_for(x):
            """The name of a Value within the lines."""
            s = unit.scratch.get(id(x))
            if s is not None and not s.shape:
                if self.names[id(s)] not in numbers:
                    numbers.append(self.names[id(s)])
                return self.names[id(s)]
            if s is not None:
                if s not in scratch:
                    scratch.append(s)
                return local.setdefault(id(s), f"t{len(scratch)}")
            source = self.loose.get(id(x), x)
            text = self._text(source)
            array = self.namespace[text]
            if (array.size == 1 and unit.size > 1) or (not array.shape and unit.size == 1):
                if text not in numbers:
                    numbers.append(text)
            elif text not in parts:
                parts.append(text)
            return text
        lines = []
        for instruction, kernel in unit.steps:
            y = instruction.outputs[0]
            given = [stands_for(x) if isinstance(x, Value) else self._text(x) for x in kernel.arguments]
            lines.append((f"yield {', '.join([self._known(kernel.name, kernel.function), *given, stands_for(y)])}",
                          f"{y.dtype}", instruction.owner))
        chunk = min(unit.chunk(), unit.size)
        lines_name = self._fresh(f"{name or 'update'}_lines")
        flat = [p if self.namespace[p].ndim == 1 else self._known(p + "_flat", self.namespace[p].reshape(-1))
                for p in parts]
        listed = [f"({', '.join(items)}{',' if len(items) == 1 else ''})" for items in (
            flat, [self.names[id(s)] for s in scratch], numbers)]
        head = [f"def {lines_name}({', '.join([*parts, *[local[id(s)] for s in scratch], *numbers])}):"]
        head += [_commented("    " + line, what, owner) for line, what, owner in lines]
        call = f"chunked({lines_name}, {chunk}, {unit.size}, {', '.join(listed)})"
        return [*head, "", f"{name} = {call}" if name else f"update += {call}"]

    def _returned(self, graph, body):
        """The text of what the program returns; what lies in memory of the plan is copied before the update."""
        names = []
        for value in graph.outputs:
            root = self._root(value)
            if value.source is None or not value.varies or (type(root.source) is int and root is value):
                names.append(self._text(value))
                continue
            maker = self.made_by.get(id(value))
            if type(maker) is Line and maker.kernel.kind == "fresh" and id(value) not in self.fixed:
                names.append(self._text(value))
                continue
            name = self._fresh("result")
            body.append((f"{name} = {self._text(value)}.copy()", _size(value), ""))
            names.append(name)
        return f"[{', '.join(names)}]"


class _Scratch:
    """Memory of a chunk within a group."""

    def __init__(self, shape, dtype):
        self.shape, self.size, self.dtype = shape, shape[0] if shape else 1, dtype
        self.nbytes = self.size * dtype.itemsize


def _is_plain(item):
    return item is None or item is Ellipsis or type(item) in (bool, int, float, str, slice)


def _title(variable):
    return variable.path


def _common(titles):
    """What names have in common at their end, or 'parameters'."""
    ends = {re.split(r"[_/]", title)[-1] for title in titles}
    return ends.pop() + "s" if len(ends) == 1 else "parameters"


def _constant_name(x):
    if x.shape:
        return "constant"
    return "c" + str(x.array).replace("-", "m").replace(".", "_").replace("+", "")


def _size(value):
    n = value.array.nbytes
    text = f"{n} B" if n < 1024 else f"{n / 1024:.1f} KiB" if n < 1 << 20 else f"{n / (1 << 20):.1f} MiB"
    return f"{value.shape} {value.dtype} {text}"


def _commented(line, what, owner):
    # Names come from files, too: no line of code may begin inside a comment.
    note = "".join(c if c.isprintable() else "?" for c in "  ".join(part for part in (what, owner) if part))
    return f"{line:<{COMMENT}}  # {note}" if note else line
