"""Stages that call a function of the user's for each element."""

import collections
import contextlib
import functools
import itertools

from ..autograd import tree
from ..autograd.custom import paused
from ..autograd.operands import as_tensor
from ..autograd.random import Draws, seeded
from ..autograd.tensor import Operand, SymbolicTensor, Tensor
from ..errors import DataError, DTypeError
from ..plan.signature import TensorSpec
from .elements import Nested, as_element, common_spec, nested, spec_of, with_shapes
from .sources import Held
from .stages import UNKNOWN_CARDINALITY, Moving, Passes, Stage, get_states, set_states
from .threads import WORTH_A_THREAD, parallel, processors, timed

TRIALS = 4      # calls that are timed before threads are thought of, and that show what a function gives


class _Generators(Draws):
    """The SeedGenerators that a function draws from, as layers that augment images do.

    Their states belong to that of the pipeline. One that is met only after a state was put back gets its own then; one
    that was met only after the state was asked for is where it was when it was met.
    """

    def __init__(self):
        super().__init__()
        self.met, self.first, self.pending = [], [], []

    def note(self, generator):
        """Called before `generator` draws."""
        if not any(known is generator for known in self.met):
            self.met.append(generator)
            if self.pending:
                generator.bit_generator.state = self.pending.pop(0)
            self.first.append(generator.bit_generator.state)

    def note_result(self, result):
        """Nothing is repeated."""

    note_seed = note_result

    def get_state(self):
        """The states of those met, in the order of their first draws."""
        return [generator.bit_generator.state for generator in self.met] + self.pending

    def set_state(self, states):
        """Put back what `get_state` gave."""
        for generator, state in zip(self.met, [*states, *self.first[len(states):]]):
            generator.bit_generator.state = state
        self.pending = list(states[len(self.met):])


@contextlib.contextmanager
def untouched(stage):
    """A block after which the pipeline up to `stage` is where it was, for looking at what it would give.

    Not beside a thread that reads the same pipeline: so whoever looks keeps what was seen.
    """
    states = get_states(stage)
    try:
        yield
    finally:
        set_states(stage, states)


class Calls:
    """A function called with elements, tuples in parts.

    What it draws without a seed follows from the number of the pass and of the call alone, whichever thread runs it.
    """

    def __init__(self, function, where):
        if not callable(function):
            raise TypeError(f"{where} needs a function, got {function!r}.")
        self.function, self.where = function, where
        self.passes, self.generators = Passes(), _Generators()

    def begin(self):
        """What to call as `call(number of the element, element)` in a new pass."""
        key = self.passes.begin()

        def call(number, *arguments):
            with seeded((*key, number), self.generators):
                return self.function(*arguments)
        return call

    def shown(self, source, arguments_of):
        """What the function gives: (results for a symbolic element, None), or where it needs numbers, (results for the
        first elements, those). Everything is as before then.

        arguments_of   element -> arguments
        """
        with untouched(source):
            try:
                return [self._tried(arguments_of(nested(_symbolic, source.spec)))], None
            except Exception:   # whatever it is that it cannot do without numbers
                first = list(itertools.islice(source.elements(), TRIALS))
            if not first:
                raise DataError(f"{self.where}: what the function gives is found by calling it, and there is no "
                                "element.")
            return [self._tried(arguments_of(element)) for element in first], first

    def _tried(self, arguments):
        draws, passes = Draws(), self.passes.count
        with paused(), draws.noted():
            try:
                return self.begin()(0, *arguments)
            finally:
                self.passes.count = passes
                draws.rewind()

    def get_state(self):
        """Of the passes and of the generators."""
        return {**self.passes.get_state(), "generators": self.generators.get_state()}

    def set_state(self, state):
        """Put back what `get_state` gave."""
        self.passes.set_state(state)
        self.generators.set_state(state["generators"])


def parts_of(element):
    """The arguments that an element makes."""
    return element if type(element) is tuple else (element,)


class Map(Stage):
    """What a function gives for each element.

    workers   threads that call it; None for none, 0 for as many as pay
    """

    def __init__(self, source, function, workers):
        self.source, self.sources, self.workers = source, (source,), workers
        self.calls = Calls(function, "Dataset.map")
        self.get_state, self.set_state = self.calls.get_state, self.calls.set_state

    @property
    def length(self):
        return self.source.length

    def items(self):
        return self._mapped(self.calls.begin(), enumerate(self.source.elements()))

    def _mapped(self, call, elements):
        def result(number, element):
            return as_element(call(number, *parts_of(element)))
        if self.workers is not None:
            fastest = float("inf")
            for each in itertools.islice(elements, TRIALS):
                made, seconds = timed(result, *each)
                fastest = min(fastest, seconds)
                yield made
            # A SeedGenerator's numbers would go to whichever thread comes first.
            if not self.calls.generators.met and (self.workers or fastest > WORTH_A_THREAD):
                yield from parallel(result, elements, self.workers or processors())
                return
        for number, element in elements:
            yield result(number, element)

    @functools.cached_property
    def spec(self):
        results, first = self.calls.shown(self.source, parts_of)
        made = functools.reduce(common_spec, [spec_of(as_element(result)) for result in results])
        if first is None:
            return made
        open_sizes = {x.shape[0] for spec, x in zip(tree.flatten(self.source.spec), tree.flatten(first[0]))
                      if isinstance(spec, TensorSpec) and spec.shape and spec.shape[0] is None}
        return with_shapes(lambda shape: (None, *shape[1:]) if shape and shape[0] in open_sizes else shape, made)


def _symbolic(leaf):
    return SymbolicTensor(leaf.shape, leaf.dtype) if isinstance(leaf, TensorSpec) else leaf


def _is_true(result, where):
    if isinstance(result, (bool, Operand)) or hasattr(result, "dtype"):
        result = as_tensor(result)
        if result.dtype == "bool" and result.size == 1:
            return bool(result)
    raise DTypeError(f"{where}: the function must give one boolean, got {result!r}.")


class Filter(Moving):
    """The elements for which a function gives True; only the first of them in a row if it `stops`."""

    length = UNKNOWN_CARDINALITY

    def __init__(self, source, function, stops):
        super().__init__(source)
        self.stops = stops
        self.calls = Calls(function, "Dataset.take_while" if stops else "Dataset.filter")
        self.get_state, self.set_state = self.calls.get_state, self.calls.set_state

    def items(self):
        return self._passing(self.calls.begin(), self.source.items())

    def _passing(self, call, items):
        for number, item in enumerate(items):
            if _is_true(call(number, *parts_of(self.element(item))), self.calls.where):
                yield item
            elif self.stops:
                return


class Unique(Moving):
    """Each element where it comes first."""

    length = UNKNOWN_CARDINALITY

    def items(self):
        seen = set()
        for item in self.source.items():
            element = self.element(item)
            if not isinstance(element, Tensor):
                raise DataError(f"Dataset.unique: elements must be single tensors, got {element!r}.")
            key = (element.shape, element._array.tobytes() if element.dtype != "string" else
                   tuple(element._array.ravel().tolist()))
            if key not in seen:
                seen.add(key)
                yield item


class Flat(Stage):
    """What data sets that a function makes of the elements hold, one after the other or in turns.

    cycle_length   how many of them take turns;  block_length   how many elements each gives in its turn
    """

    length = UNKNOWN_CARDINALITY

    def __init__(self, source, function, where, cycle_length=1, block_length=1):
        self.source, self.sources = source, (source,)
        self.cycle_length, self.block_length = cycle_length, block_length
        self.calls = Calls(function, where)
        self.get_state, self.set_state = self.calls.get_state, self.calls.set_state

    @functools.cached_property
    def spec(self):
        return self._stage_of(self.calls.shown(self.source, parts_of)[0][0]).spec

    def items(self):
        return self._in_turns(self._opened(self.calls.begin(), self.source.elements()))

    def _opened(self, call, elements):
        for number, element in enumerate(elements):
            yield self._stage_of(call(number, *parts_of(element)))

    def _stage_of(self, made):
        if not isinstance(made, Nested):
            raise TypeError(f"{self.calls.where}: the function must give a Dataset, got {type(made).__name__}. For one "
                            "element each, use map.")
        return made._stage

    def _in_turns(self, stages):
        slots, place = [None] * self.cycle_length, 0
        has_more, running = True, 0
        while has_more or running:
            elements = slots[place]
            if elements is None and has_more:
                stage = next(stages, None)
                has_more = stage is not None
                if has_more:
                    elements = slots[place] = stage.elements()
                    running += 1
            if elements is not None:
                for _ in range(self.block_length):
                    element = next(elements, slots)
                    if element is slots:
                        slots[place], running = None, running - 1
                        break
                    yield element
            place = (place + 1) % self.cycle_length


class Scan(Stage):
    """What a function of a state and each element gives beside the next state."""

    def __init__(self, source, state, function):
        self.source, self.sources, self.state = source, (source,), as_element(state)
        self.calls = Calls(function, "Dataset.scan")
        self.get_state, self.set_state = self.calls.get_state, self.calls.set_state

    @property
    def length(self):
        return self.source.length

    @functools.cached_property
    def spec(self):
        results, _ = self.calls.shown(self.source, lambda element: (self.state, element))
        return functools.reduce(common_spec, [spec_of(as_element(made)) for _, made in results])

    def items(self):
        return self._scanned(self.calls.begin(), self.source.elements())

    def _scanned(self, call, elements):
        state = self.state
        for number, element in enumerate(elements):
            state, made = call(number, state, element)
            state = as_element(state)
            yield as_element(made)


class Groups(Stage):
    """What a function makes of groups of elements that have a key in common, as soon as one is full.

    reduce    (key, data set of the group) -> data set;  wrap   stage -> data set
    size_of   key -> how many make a group full
    """

    def __init__(self, source, key_of, reduce, size_of, wrap):
        self.source, self.sources = source, (source,)
        self.keys, self.reduce = Calls(key_of, "Dataset.group_by_window"), reduce
        self.size_of, self.wrap = size_of, wrap
        self.get_state, self.set_state = self.keys.get_state, self.keys.set_state

    @functools.cached_property
    def spec(self):
        with untouched(self):
            first = list(itertools.islice(self.source.items(), 1))
        if not first:
            raise DataError(f"{self.keys.where}: what the function gives is found by calling it, and there is no "
                            "element.")
        return self._reduced(0, first).spec

    def items(self):
        return self._grouped(self.keys.begin(), self.source.items())

    def _grouped(self, call, items):
        groups = collections.defaultdict(list)
        for number, item in enumerate(items):
            key = int(call(number, *parts_of(self.source.element(item))))
            groups[key].append(item)
            if len(groups[key]) >= self.size_of(key):
                yield from self._reduced(key, groups.pop(key)).elements()
        for key in sorted(groups):
            yield from self._reduced(key, groups[key]).elements()

    def _reduced(self, key, items):
        return self.reduce(as_tensor(key, "int64"), self.wrap(Held(self.source, items)))._stage
