"""Random programs under two tapes, against the definition of what a tape records."""

import warnings

from hypothesis import given, settings
from hypothesis import strategies as st

import minikeras as tf

# The reference: a value is a polynomial in infinitesimals, one for each (tape, source) that it was tracked
# from, cut after the first order. That is forward mode, straight from the definition, and shares no idea with
# records that hang on results.


class Reference:
    """Numbers with, for each tape, the derivatives with respect to the sources that the tape tracks."""

    def __init__(self):
        self.values = []
        self.slopes = [[], []]      # by tape, by value: {source: slope}; None if the tape does not track it
        self.edges = [[], []]       # by tape, by value: [(input, partial)] if it recorded the op that made it
        self.watched = [{}, {}]     # by tape: value -> how many ops had run when it was watched
        self.active = [False, False]

    def make(self, value, inputs):
        """Append a value computed from `inputs`: pairs of (index of value, partial derivative)."""
        here = len(self.values)
        self.values.append(value)
        for tape in (0, 1):
            tracked = self.active[tape] and any(i in self.watched[tape] or self.edges[tape][i] is not None
                                                for i, _ in inputs)
            self.edges[tape].append(inputs if tracked else None)
        return here

    def watch(self, tape, index):
        self.watched[tape].setdefault(index, len(self.values))

    def gradient(self, tape, target, source):
        """Sum over all paths of recorded ops; None if there is no path or the tape does not know the source."""
        known = source in self.watched[tape] or self.edges[tape][source] is not None
        if target == source:
            return 1.0
        if not known:
            return None
        slope = {source: 1.0}
        for index in range(source + 1, target + 1):
            parts = [slope[i] * partial for i, partial in self.edges[tape][index] or () if i in slope]
            if parts:
                slope[index] = sum(parts)
        return slope.get(target)


steps = st.lists(st.one_of(
    st.tuples(st.sampled_from(["add", "multiply", "square", "twice"]), st.integers(0, 99), st.integers(0, 99)),
    st.tuples(st.sampled_from(["watch", "toggle"]), st.integers(0, 1), st.integers(0, 99))), min_size=4, max_size=25)
OPS = {
    "add": (lambda a, b: a + b, lambda a, b: (1.0, 1.0)),
    "multiply": (lambda a, b: a * b, lambda a, b: (b, a)),
    "square": (lambda a, b: tf.square(a), lambda a, b: (2.0 * a, 0.0)),
    "twice": (lambda a, b: 2.0 * a, lambda a, b: (2.0, 0.0)),
}


def run(steps):
    """The program on tensors with tapes and on the reference, which pauses a tape where it is toggled."""
    tapes = [tf.GradientTape(persistent=True), tf.GradientTape(persistent=True)]
    reference, tensors = Reference(), []
    for value in (0.5, -1.5, 2.0):
        tensors.append(tf.constant(value, tf.float64))
        reference.make(value, [])
    for name, first, second in steps:
        if name == "toggle":
            (tapes[first].__exit__(None, None, None) if reference.active[first] else tapes[first].__enter__())
            reference.active[first] = not reference.active[first]
        elif name == "watch" and tapes[first]._intervals:
            index = second % len(tensors)
            tapes[first].watch(tensors[index])
            reference.watch(first, index)
        elif name in OPS:
            i, j = first % len(tensors), second % len(tensors)
            a, b = reference.values[i], reference.values[j]
            compute, partials = OPS[name]
            tensors.append(compute(tensors[i], tensors[j]))
            pairs = list(zip((i, j), partials(a, b)))
            reference.make(float(tensors[-1]), pairs if name in ("add", "multiply") else pairs[:1])
    for tape, active in zip(tapes, reference.active):
        if active:
            tape.__exit__(None, None, None)
    return tapes, tensors, reference


@settings(max_examples=300, deadline=None, derandomize=True)
@given(steps)
def test_random_programs_have_the_gradients_of_the_definition(steps):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        tapes, tensors, reference = run(steps)
    for tape in (0, 1):
        for source in range(len(tensors)):
            got = tapes[tape].gradient(tensors[-1], tensors[source])
            want = reference.gradient(tape, len(tensors) - 1, source)
            assert (got is None) == (want is None)
            assert want is None or abs(float(got) - want) <= 1e-9 * (1 + abs(want)) or want != want
