"""Random programs under two tapes, against the definition of what a tape records."""

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

    def __init__(self, *constants):
        self.numbers = []
        self.edges = [{}, {}]           # by tape: value -> edges, if the tape recorded the op
        self.watched = [set(), set()]
        self.active = [False, False]
        for number in (2.0, *constants):
            self.make(number)

    def make(self, number, *edges):
        index = len(self.numbers)
        self.numbers.append(number)
        for tape in (0, 1):
            if self.active[tape] and any(self.knows(tape, i) for i, _ in edges):
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
numbers = st.integers(0, 99)
steps = st.lists(st.one_of(st.tuples(st.sampled_from(sorted(TENSOR_OPS)), numbers, numbers),
                           st.tuples(st.sampled_from(["watch", "toggle", "gradient"]), st.integers(0, 1), numbers)),
                 min_size=4, max_size=25)


watched_first = st.sets(st.integers(0, 2))      # constants that a tape, entered first, watches from the start


class Program:
    """The same steps on tensors under two tapes and on the reference; `indices` pairs them."""

    def __init__(self, beginning, steps):
        constants = (0.5, -1.5, 0.75)
        self.tapes = [tf.GradientTape(persistent=True), tf.GradientTape(persistent=True)]
        self.entered = set()
        self.reference = Reference(*constants)
        self.tensors = [tf.constant(c, tf.float64) for c in constants]
        self.indices = [1, 2, 3]
        for tape, watched in enumerate(beginning):
            if watched:
                self.toggle(tape)
            for i in watched:
                self.watch(tape, i)
        for name, *arguments in steps:
            self.binary(name, *arguments) if name in TENSOR_OPS else getattr(self, name)(*arguments)
        for tape in (0, 1):
            if self.reference.active[tape]:
                self.toggle(tape)

    def binary(self, name, i, j):
        i, j = i % len(self.tensors), j % len(self.tensors)
        self.tensors.append(TENSOR_OPS[name](self.tensors[i], self.tensors[j]))
        self.indices.append(getattr(self.reference, name)(self.indices[i], self.indices[j]))

    def toggle(self, tape, _=None):
        """Enter the tape, or leave it: entered again it goes on."""
        self.reference.active[tape] = not self.reference.active[tape]
        if self.reference.active[tape]:
            self.tapes[tape].__enter__()
            self.entered.add(tape)
        else:
            self.tapes[tape].__exit__(None, None, None)

    def watch(self, tape, i):
        if tape in self.entered:
            i %= len(self.tensors)
            self.tapes[tape].watch(self.tensors[i])
            self.reference.watched[tape].add(self.indices[i])

    def gradient(self, tape, i):
        """The last value by an earlier one, as a value to go on with."""
        got, want = self.compare(tape, len(self.tensors) - 1, i % len(self.tensors))
        if got is not None:
            self.tensors.append(got)
            self.indices.append(want)

    def compare(self, tape, target, source):
        got = self.tapes[tape].gradient(self.tensors[target], self.tensors[source])
        want = self.reference.gradient(tape, self.indices[target], self.indices[source])
        assert (got is None) == (want is None)
        if want is not None and math.isfinite(self.reference.numbers[want]):
            assert math.isclose(float(got), self.reference.numbers[want], rel_tol=1e-9, abs_tol=1e-9)
        return got, want


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.tuples(watched_first, watched_first), steps)
def test_random_programs_have_the_gradients_of_the_definition(beginning, steps):
    check(Program(beginning, steps))


@pytest.mark.long
@settings(max_examples=4000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.tuples(watched_first, watched_first), steps)
def test_many_new_random_programs_have_the_gradients_of_the_definition(beginning, steps):
    check(Program(beginning, steps))


def check(program):
    for tape in (0, 1):
        for source in range(len(program.tensors)):
            program.compare(tape, len(program.tensors) - 1, source)
