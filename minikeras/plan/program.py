"""A schedule as a NumPy program: source text that is run as it is printed."""

import itertools
import keyword
import re
from collections import deque
from functools import partial

import numpy as np

from .graph import is_plain, values_of
from .recording import Value
from .schedule import Flat, Group

COMMENTS_AT = 76        # column of the comments


def run(calls):
    """Call each of `calls`, from C: no signal is handled between two of them."""
    deque(map(partial.__call__, calls), 0)


def chunked(lines, chunk, whole, parts, scratch, numbers, sums=()):
    """The calls that `lines` lists, each as (function, arguments ..., where the result goes), for each stretch of
    `chunk` elements.

    whole    size of the arrays in `parts`, of which each stretch is given
    scratch  arrays of `chunk` elements, given from their start;  numbers   given as they are
    sums     arrays with one element for each stretch
    """
    calls = []
    for n, start in enumerate(range(0, whole, chunk)):
        stop = min(start + chunk, whole)
        given = [*[x[start:stop] for x in parts], *[x[:stop - start] for x in scratch], *numbers,
                 *[x[n:n + 1].reshape(()) for x in sums]]
        calls += [partial(function, *arguments, out=out) for function, *arguments, out in lines(*given)]
    return calls


class Program:
    """The text of a schedule, and the function it defines.

    source   the text;  step   from the arrays of the inputs to those of the outputs, in a list
    """

    def __init__(self, schedule, places, name, input_names):
        self.schedule, self.places = schedule, places
        self.namespace = {"run": run, "chunked": chunked, "partial": partial, "asarray": np.asarray, "inf": np.inf,
                          "nan": np.nan, "dtype": np.dtype}
        self._names = {}        # id of a Value or of an object -> its name
        self._counters = {}     # beginning of a name -> the numbers that follow it
        self._kept = []         # those, so that no id is used twice
        self._taken = {*self.namespace, *keyword.kwlist, *keyword.softkwlist}
        self._tables, self._body = [], []
        self._views = []        # (Value, text of what it is) of views of fixed memory
        self._fixed = dict(places.fixed)
        self._write(self._fresh(name), input_names)
        self.step = self._run()

    # --- names -------------------------------------------------------------------------------

    def _fresh(self, text, numbered=False):
        """A name that begins with `text`, not taken yet."""
        text = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "value"
        text = f"v{text}" if text[0].isdigit() else text
        count = self._counters.setdefault(text, itertools.count(1))
        numbers = (f"{text}{'_' if text[-1].isdigit() else ''}{n}" for n in count)
        for name in numbers if numbered else itertools.chain([text], numbers):
            if name not in self._taken:
                self._taken.add(name)
                return name

    def _name(self, thing, text, numbered=False):
        """The name of a Value or an object of the program, the same for the same."""
        if id(thing) not in self._names:
            self._names[id(thing)] = self._fresh(text, numbered)
            self._kept.append(thing)
        return self._names[id(thing)]

    def _known(self, thing, text):
        """The name of an object that the program gets from outside."""
        name = self._name(thing, text)
        self.namespace[name] = thing
        return name

    def _name_variables(self):
        schedule = self.schedule
        for group in schedule.update:
            flats = [x for x in group.inputs() if type(x) is Flat]
            for flat in (x for x in flats if x.variables):
                self._name_fixed(flat, _common([v.path for v in flat.variables]))
            changed = next((x.variables for x in flats if x.variables and x.variables[0].trainable), None)
            for flat in flats:
                if not flat.variables and id(flat) not in self._names and id(flat) in self._fixed:
                    self._name_fixed(flat, "gradients")
                    for part, v in zip(flat.parts, changed or []):
                        self._name_fixed(part, f"d_{_place(v)}")
        for key, value in schedule.before.items():
            self._name_fixed(value, _place(schedule.assigned[key][0]))
        for group in schedule.update:
            for y, before in ((y, group.written.get(id(y))) for y in group.outputs):
                if before is not None:
                    self._names[id(y)] = self._names[id(before)]

    def _name_fixed(self, value, text, numbered=False):
        name = self._name(value, text, numbered)
        self.namespace[name] = self._fixed[id(value)]
        return name

    def _text(self, x):
        """An argument as it stands in the program."""
        if isinstance(x, Value):
            if id(x) in self._names:
                return self._names[id(x)]
            if id(x) in self._fixed:
                return self._name_fixed(x, _title(x), True)
            return self._constant(x)
        if is_plain(x):
            return repr(x)
        return self._known(x, str(getattr(x, "name", None) or getattr(x, "__name__", None) or type(x).__name__.lower()))

    def _constant(self, x):
        key = (x.dtype.str, x.shape, x.array.tobytes() if x.array.size < 64 else id(x.array))
        if key not in self._names:
            array = x.array.view()
            array.flags.writeable = False
            text = "constant" if x.shape else f"c{x.array[()]!s}".replace("-", "m").replace(".", "_").replace("+", "")
            self._names[key] = self._fresh(text, bool(x.shape))
            self.namespace[self._names[key]] = array
            self._kept.append(x)
        return self._names[key]

    # --- text --------------------------------------------------------------------------------

    def _write(self, name, input_names):
        schedule, graph = self.schedule, self.schedule.graph
        for kernel in [u.kernel for u in schedule.compute if not isinstance(u, Group)]:
            self._known(kernel.function, re.sub("_op$", "", kernel.name))
        arguments = [self._name(value, text) for value, text in zip(graph.inputs, input_names)]
        self._name_variables()
        used = {id(self.places.root(part)) for unit in self.places.units for x in unit.inputs()
                for part in (x.parts if type(x) is Flat else [x])}
        used |= {id(self.places.root(x)) for x in graph.outputs}
        for variable, value in graph.variables:
            if id(value) not in self._fixed and id(value) in used:
                holder = self._known(variable, f"{_place(variable)}_variable")
                self._say(f"{self._name(value, _place(variable))} = {holder}._array", _size(value))
        for unit in schedule.compute:
            if isinstance(unit, Group):
                table = self._fresh(f"{unit.owner}_group", True)
                self._table(unit, table)
                self._say(f"run({table})", self.summary(unit))
            else:
                self._line(unit)
        results = [self._result(value) for value in graph.outputs]
        self._update()
        self._say(f"return [{', '.join(results)}]")
        text = [*self._tables, f"def {name}({', '.join(arguments)}):"]
        text += [f"    # {self._names[id(y)]} is {_printable(line)}, taken once" for y, line in self._views
                 if id(y) in self._names]
        for line, note in self._body:
            text += _commented(f"    {line}", note)
        self.source = "\n".join(text) + "\n"
        self.name = name

    def _run(self):
        exec(compile(self.source, f"<plan {self.name}>", "exec"), self.namespace)
        return self.namespace[self.name]

    def _say(self, line, note=""):
        self._body.append((line, note))

    def _line(self, unit):
        instruction, kernel = unit.instruction, unit.kernel
        outputs = instruction.outputs
        if kernel.kind == "view" and self._view(instruction, kernel):
            return
        given = [self._text(x) for x in kernel.arguments]
        given += [f"{key}={self._text(value)}" for key, value in kernel.keywords.items()]
        in_place = any(id(y) in self.places.taken_over for y in outputs)
        note = _joined(unit.owner, "in place" if in_place else "", *map(_size, outputs))
        names = [self._name(y, _title(y), True) for y in outputs]
        function = self._names[id(kernel.function)]
        if kernel.kind == "copy":
            self.namespace[names[0]] = self._fixed[id(outputs[0])]
            self._say(f"{names[0]}[...] = {given[0]}", note)
        elif kernel.writes and not self.places.is_fresh(unit):
            for y, name in zip(outputs, names):
                self.namespace[name] = self._fixed[id(y)]
            out = names[0] if len(names) == 1 else f"({', '.join(names)})"
            self._say(f"{function}({', '.join([*given, f'out={out}'])})", note)
        elif kernel.kind == "check":
            self._say(f"{function}({', '.join(given)})", _joined(unit.owner, "a check"))
        else:
            self._say(f"{', '.join(names)} = {function}({', '.join(given)})", note)

    def _view(self, instruction, kernel):
        """Take a view of fixed memory once and for all; whether that was possible."""
        inputs, (y,) = instruction.inputs, instruction.outputs
        if not all(id(x) in self._fixed or x.source is None for x in values_of(inputs)):
            return False
        arrays = [self._fixed.get(id(x), x.array) if isinstance(x, Value) else x for x in inputs]
        made = kernel.function(*arrays, **kernel.keywords)
        if not any(isinstance(x, np.ndarray) and np.may_share_memory(made, x) for x in arrays):
            return False
        self._fixed[id(y)] = made
        given = [*map(self._text, inputs), *[f"{key}={self._text(value)}" for key, value in kernel.keywords.items()]]
        self._views.append((y, f"{kernel.name}({', '.join(given)})"))
        return True

    def _result(self, value):
        """The name of a returned array, which nothing will write to any more."""
        root, unit = self.places.root(value), self.schedule.made.get(id(value))
        if value.source is None or (root is value and (type(root.source) is int or (
                unit is not None and not isinstance(unit, Group) and self.places.is_fresh(unit)))):
            # NumPy gives numbers, not arrays, where the shape is ().
            return self._text(value) if value.shape else f"asarray({self._text(value)})"
        name = self._fresh("result", True)
        self._say(f"{name} = {self._text(value)}.copy()", _size(value))
        return name

    def _update(self):
        schedule = self.schedule
        if not schedule.update and not schedule.copies:
            return
        self._tables.append("update = []")
        for group in schedule.update:
            self._table(group, "update", "+=")
        for variable, value in schedule.copies:
            before = schedule.before.get(id(variable))
            view = self._text(before) if before is not None else self._known(self.places.views[id(variable)],
                                                                             _place(variable))
            line = f"update.append(partial({view}.__setitem__, ..., {self._text(value)}))"
            self._tables += _commented(line, _size(value))
        if schedule.copies:
            self._tables.append("")
        self._say("run(update)", "nothing can come between its calls")

    def _table(self, group, name, assigned="="):
        """Text that defines the calls of a Group."""
        parts, scratch, numbers, sums = {}, {}, {}, {}
        chunks = -(-group.size // group.chunk)

        def local(x):
            memory = self.places.scratch.get(id(x))
            if memory is not None:
                text = self._name_fixed(memory, "scratch", True)
                (scratch if memory.shape else numbers)[text] = None
                return text
            text = self._text(x)
            array = self.namespace[text]
            if array.size == 1 and array.shape and group.size > 1:
                text = self._known(array.reshape(()), f"{text}_number")
            if chunks > 1 and array.size == chunks:
                sums[text] = None
                return text
            (numbers if array.size == 1 and (group.size > 1 or not array.shape) else parts)[text] = None
            return text
        lines = [(", ".join([self._known(kernel.function, kernel.name), *[
            local(x) if isinstance(x, Value) else self._text(x) for x in (*kernel.arguments, *instruction.outputs)]]),
            instruction) for instruction, kernel in group.steps]
        define = self._fresh(f"{name}_lines")
        self._tables += [f"def {define}({', '.join([*parts, *scratch, *numbers, *sums])}):"]
        for line, i in lines:
            self._tables += _commented(f"    yield {line}", _joined(i.owner, i.outputs[0].dtype))
        flat = [text if self.namespace[text].ndim == 1 else
                self._known(self.namespace[text].reshape(-1), f"{text}_flat") for text in parts]
        self._tables += _commented(f"{name} {assigned} chunked(", _joined(group.owner, self.summary(group)))
        given = [f"{define}, {min(group.chunk, group.size) or 1}, {group.size}", *map(
            _tuple, (flat, scratch, numbers, *([sums] if sums else [])))]
        self._tables += [*[f"    {line}," for line in given], ")", ""]

    def summary(self, group):
        """What a Group does, in words."""
        chunks = -(-group.size // group.chunk)
        together = f", {group.members} Variables together" if group.members > 1 else ""
        what = f"{group.size:,} elements" if group.steps[0][0].outputs[0].shape else "numbers"
        return f"{len(group.steps)} operations on {what}{together}" + (f", in {chunks} chunks" if chunks > 1 else "")


def _tuple(names):
    names = list(names)
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _title(value):
    op = getattr(value.source, "op", None)
    return "value" if op is None else re.sub("_op$", "", op.name)


def _place(variable):
    """The end of a Variable's path that tells it from others: its layer and its name."""
    return "/".join(variable.path.split("/")[-2:])


def _common(paths):
    """The last word that paths have in common, or 'parameters'."""
    ends = {re.split(r"[_/]", path)[-1] for path in paths}
    return ends.pop() if len(ends) == 1 else "parameters"


def bytes_text(n):
    """A number of bytes for a reader."""
    return f"{n} B" if n < 1024 else f"{n / 1024:.1f} KiB" if n < 1 << 20 else f"{n / (1 << 20):.1f} MiB"


def _size(value):
    return f"{value.shape} {value.dtype} {bytes_text(value.array.nbytes)}"


def _joined(*parts):
    return ", ".join(str(part) for part in parts if part)


def _printable(text):
    """Names come from files, too: no line of code may begin inside a comment."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _commented(line, note):
    """The line with a comment beside it, or above it if there is no room."""
    if not note:
        return [line]
    if len(line) <= COMMENTS_AT:
        return [f"{line:<{COMMENTS_AT}}  # {_printable(note)}"]
    return [f"{line[:len(line) - len(line.lstrip())]}# {_printable(note)}", line]
