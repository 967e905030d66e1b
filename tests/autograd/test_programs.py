"""Random programs under up to three tapes, against the definition of what a tape records."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minikeras as tf

TWO = 0     # the first value of every reference program


class Reference:
    """Plain numbers, and for each tape the edges it recorded, straight from the definition.

    A value is its index. An edge is (input, rule); the rule takes the cotangent of the output to that of the
    input, made like all other values when a gradient is asked for: so a tape that is active then records it.
    """

    def __init__(self, tapes, *constants):
        self.numbers = []
        self.edges = [{} for _ in range(tapes)]         # by tape: value -> edges, if the tape recorded the op
        self.watched = [set() for _ in range(tapes)]
        self.active = [False] * tapes
        for number in (2.0, *constants):
            self.make(number)

    def make(self, number, *edges):
        index = len(self.numbers)
        self.numbers.append(number)
        for tape, active in enumerate(self.active):
            if active and any(self.knows(tape, i) for i, _ in edges):
                self.edges[tape][index] = edges
        return index

    def knows(self, tape, index):
        return index in self.watched[tape] or index in self.edges[tape]

    def add(self, a, b):
        return self.make(self.numbers[a] + self.numbers[b], (a, lambda d: d), (b, lambda d: d))

    def multiply(self, a, b):
        return self.make(self.numbers[a] * self.numbers[b],
                         (a, lambda d: self.multiply(d, b)), (b, lambda d: self.multiply(d, a)))

    def twice(self, a, _=None):
        return self.multiply(TWO, a)

    def square(self, a, _=None):
        return self.make(self.numbers[a] ** 2, (a, lambda d: self.multiply(self.multiply(d, TWO), a)))

    def gradient(self, tape, target, source):
        """What comes to the source over all recorded paths; None without one or if the tape does not know it."""
        seed = self.make(1.0)
        if target == source:
            return seed
        depends = {source} if self.knows(tape, source) else set()
        for index in range(source + 1, target + 1):
            if any(i in depends for i, _ in self.edges[tape].get(index, ())):
                depends.add(index)
        cotangents = {target: seed} if target in depends else {}
        for index in range(target, source, -1):
            for i, rule in self.edges[tape].get(index, ()) if index in cotangents else ():
                if i in depends:
                    part = rule(cotangents[index])
                    cotangents[i] = self.add(cotangents[i], part) if i in cotangents else part
        return cotangents.get(source)


TENSOR_OPS = {"add": lambda a, b: a + b, "multiply": lambda a, b: a * b, "twice": lambda a, b: 2.0 * a,
              "square": lambda a, b: tf.square(a)}
CONSTANTS = (0.5, -1.5, 0.75)
VARIABLES = {4: (1.25, True), 5: (-0.5, True), 6: (0.25, False)}        # value -> (number, whether trainable)
SOURCES = len(CONSTANTS) + len(VARIABLES)
numbers = st.integers(0, 99)


class Setup:
    """How one tape is made and begins: `watched` are constants that it watches from the start, entered first."""

    def __init__(self, persistent, accessed, watched):
        self.persistent, self.accessed, self.watched = persistent, accessed, watched

    def __repr__(self):
        return f"Setup({self.persistent}, {self.accessed}, {self.watched})"


setups = st.lists(st.builds(Setup, st.sampled_from([True, True, False]), st.booleans(),
                            st.sets(st.integers(0, SOURCES - 1), max_size=3)), min_size=1, max_size=3)
steps = st.lists(st.one_of(
    st.tuples(st.sampled_from(sorted(TENSOR_OPS)), numbers, numbers),
    st.tuples(st.sampled_from(["watch", "toggle", "toggle", "pause", "reset", "gradient", "gradient"]), numbers,
              numbers)), min_size=4, max_size=30)


class Program:
    """The same steps on tensors under tapes and on the reference; `indices` pairs them."""

    def __init__(self, setups, steps):
        self.setups = setups
        self.tapes = [tf.GradientTape(persistent=s.persistent, watch_accessed_variables=s.accessed) for s in setups]
        self.entered, self.spent, self.paused = set(), set(), {}
        self.reference = Reference(len(setups), *CONSTANTS, *[number for number, _ in VARIABLES.values()])
        self.tensors = [tf.constant(c, tf.float64) for c in CONSTANTS]
        self.tensors += [tf.Variable(number, trainable, dtype=tf.float64) for number, trainable in VARIABLES.values()]
        self.indices = list(range(1, SOURCES + 1))
        for tape, setup in enumerate(setups):
            if setup.watched:
                self.toggle(tape)
            for i in setup.watched:
                self.watch(tape, i)
        for name, *arguments in steps:
            if name in TENSOR_OPS:
                self.binary(name, *arguments)
            else:
                tape, i = arguments
                getattr(self, name)(tape % len(self.tapes), i)
        for tape in range(len(self.tapes)):
            self.resume(tape)
            if self.reference.active[tape]:
                self.toggle(tape)

    def binary(self, name, i, j):
        i, j = i % len(self.tensors), j % len(self.tensors)
        self.tensors.append(TENSOR_OPS[name](self.tensors[i], self.tensors[j]))
        a, b = self.indices[i], self.indices[j]
        for index in (a, b) if name in ("add", "multiply") else (a,):
            self.read(index)
        self.indices.append(getattr(self.reference, name)(a, b))

    def read(self, index):
        if index in VARIABLES and VARIABLES[index][1]:
            for tape, setup in enumerate(self.setups):
                if self.reference.active[tape] and setup.accessed:
                    self.reference.watched[tape].add(index)

    def toggle(self, tape, _=None):
        """Enter the tape, or leave it: entered again it goes on, unless its one derivative was taken."""
        self.resume(tape)
        self.reference.active[tape] = not self.reference.active[tape]
        if self.reference.active[tape]:
            self.tapes[tape].__enter__()
            self.entered.add(tape)
            if tape in self.spent:
                self.spent.remove(tape)
                self.forget(tape)
        else:
            self.tapes[tape].__exit__(None, None, None)

    def pause(self, tape, _):
        """Begin `stop_recording`, or end it."""
        if tape in self.paused:
            self.resume(tape)
        elif self.reference.active[tape]:
            self.paused[tape] = self.tapes[tape].stop_recording()
            self.paused[tape].__enter__()
            self.reference.active[tape] = False

    def resume(self, tape):
        if tape in self.paused:
            self.paused.pop(tape).__exit__(None, None, None)
            self.reference.active[tape] = True

    def reset(self, tape, _):
        if self.reference.active[tape]:
            self.tapes[tape].reset()
            self.forget(tape)

    def forget(self, tape):
        self.reference.edges[tape].clear()
        self.reference.watched[tape].clear()

    def watch(self, tape, i):
        if tape in self.entered - self.spent:
            i %= len(self.tensors)
            self.tapes[tape].watch(self.tensors[i])
            self.reference.watched[tape].add(self.indices[i])

    def gradient(self, tape, i):
        """The last value by an earlier one, as a value to go on with. It ends a tape that is not persistent."""
        if tape not in self.entered - self.spent:
            return
        if not self.setups[tape].persistent:
            self.spent.add(tape)
            self.reference.active[tape] = False
        got, want = self.compare(tape, len(self.tensors) - 1, [i % len(self.tensors)])[0]
        if got is not None:
            self.tensors.append(got)
            self.indices.append(want)

    def compare(self, tape, target, sources):
        got = self.tapes[tape].gradient(self.tensors[target], [self.tensors[i] for i in sources])
        want = [self.reference.gradient(tape, self.indices[target], self.indices[i]) for i in sources]
        for result, index in zip(got, want):
            assert (result is None) == (index is None)
            if index is not None and math.isfinite(self.reference.numbers[index]):
                assert math.isclose(float(result), self.reference.numbers[index], rel_tol=1e-9, abs_tol=1e-9)
        return list(zip(got, want))


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(setups, steps)
def test_random_programs_have_the_gradients_of_the_definition(setups, steps):
    check(Program(setups, steps))


@pytest.mark.long
@settings(max_examples=4000, deadline=None, suppress_health_check=list(HealthCheck))
@given(setups, steps)
def test_many_new_random_programs_have_the_gradients_of_the_definition(setups, steps):
    check(Program(setups, steps))


def check(program):
    everything = range(len(program.tensors))
    for tape in program.entered - program.spent:
        program.compare(tape, len(program.tensors) - 1, everything)
        if program.setups[tape].persistent:
            for source in everything:
                program.compare(tape, len(program.tensors) - 1, [source])
