"""Where batches come from: arrays, data sets, PyDatasets, iterables and generators, behind one small interface."""

import inspect
import itertools
import warnings

from ..autograd import tree
from ..autograd.tensor import ArrayOperand
from ..data import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY
from ..errors import DataError
from ..run_settings import at_most, max_steps_per_epoch
from .data import ArrayData, as_batch, class_weights
from .py_dataset import PyDataset


class Source:
    """Batches by passes. A subclass gives the batches of one pass, as often as it is asked.

    num_batches   how many a pass has; None where that is not known, or where a pass has no end
    is_endless    whether it is known to have no end
    order         what the order of the next pass hangs on, with a get_state and set_state; None if it is always one
    """

    num_batches = order = None
    is_endless = False

    def batches(self, start=0):
        """An iterator over the batches of the next pass, from the batch `start` on."""
        raise NotImplementedError

    def check_end(self, method, argument, steps, callbacks=None):
        """Raises DataError for an epoch that nothing would end: neither data nor steps, nor a callback."""
        if self.is_endless and steps is None and not callbacks:
            raise DataError(f"{method}: the data have no end, so an epoch would have none. Give {argument}.")

    def begin_epoch(self):
        """Told before each epoch."""

    def end_epoch(self):
        """Told after each epoch."""

    def put_back(self, batches):
        """Take back batches that were looked at only: nothing to do where a pass can be begun again."""

    def get_state(self):
        """Plain data: with it `set_state` has the next pass be the same again, also in another process."""
        return {} if self.order is None else self.order.get_state()

    def set_state(self, state):
        """Take up the state that `get_state` gave."""
        if self.order is not None:
            self.order.set_state(state)


class ArraySource(Source):
    """Samples in arrays, in an order of its own for each pass.

    order   a `Passes`, or None for that of the arrays;  within   whether only samples of one batch change places
    """

    def __init__(self, data, batch_size, order=None, within=False):
        self.data, self.batch_size, self.order, self.within = data, batch_size, order, within
        self.num_batches = -(-data.size // batch_size)

    def batches(self, start=0):
        draws = None if self.order is None else self.order.generator()
        if draws is None or self.within:
            return self.data.batches(self.batch_size, start, draws=draws)
        return self.data.batches(self.batch_size, start, draws.permutation(self.data.size))


class PyDatasetSource(Source):
    """A PyDataset, its batches in an order of its own for each pass, or in theirs if `order` is None."""

    def __init__(self, dataset, class_weight=None, order=None):
        self.dataset, self.class_weight, self.order = dataset, class_weight, order

    @property
    def num_batches(self):
        return self.dataset.num_batches

    @property
    def is_endless(self):
        return self.num_batches is None

    def batches(self, start=0):
        size = self.num_batches
        if size is None:
            indices = itertools.count(start)
        else:
            indices = range(size) if self.order is None else self.order.generator().permutation(size).tolist()
            indices = indices[start:]
        return _weighed(self.dataset.in_order(indices), self.class_weight)

    def begin_epoch(self):
        self.dataset.on_epoch_begin()

    def end_epoch(self):
        self.dataset.on_epoch_end()


class IterableSource(Source):
    """Anything that gives batches each time it is iterated: a data set of ours, a loader of another library."""

    def __init__(self, iterable, class_weight=None):
        self.iterable, self.class_weight = iterable, class_weight
        size = iterable.cardinality() if hasattr(iterable, "cardinality") else \
            len(iterable) if hasattr(iterable, "__len__") else None
        size = UNKNOWN_CARDINALITY if size is None else int(size)
        self.is_endless = size == INFINITE_CARDINALITY
        self.num_batches = None if size < 0 else size
        self.order = iterable if hasattr(iterable, "get_state") and hasattr(iterable, "set_state") else None

    def batches(self, start=0):
        return itertools.islice(_weighed(iter(self.iterable), self.class_weight), start, None)


class IteratorSource(Source):
    """A generator, or another iterator: one pass, and no second."""

    def __init__(self, iterator, class_weight=None):
        self.iterator, self.given = _weighed(iterator, class_weight), 0

    def batches(self, start=0):
        self._skip(start)
        for batch in self.iterator:
            self.given += 1
            yield batch

    def _skip(self, count):
        self.given += sum(1 for _ in itertools.islice(self.iterator, count))

    def put_back(self, batches):
        self.iterator, self.given = itertools.chain(batches, self.iterator), self.given - len(batches)

    def get_state(self):
        return {"given": self.given}

    def set_state(self, state):
        self._skip(max(state["given"] - self.given, 0))


def _weighed(items, class_weight):
    """The items as batches, each sample of the weight of its class."""
    if class_weight is None:
        return map(as_batch, items)
    return (_with_class_weights(as_batch(item), class_weight) for item in items)


def _with_class_weights(batch, class_weight):
    if not isinstance(batch, tuple) or len(batch) != 2 or isinstance(batch[1], tree.CONTAINERS):
        raise DataError("class_weight needs batches (x, y), with y as one array of labels and no weights.")
    return (*batch, class_weights(batch[1], class_weight))


class Feed:
    """The batches of one epoch after the other. Where it stands can be put down, and taken up again.

    steps   batches in an epoch, which goes on in the data where the last one stopped; None: an epoch is a pass
    """

    def __init__(self, source, steps=None):
        self.source, self.steps = source, at_most(max_steps_per_epoch(), steps, "steps per epoch")
        self._pass = None           # the iterator of the pass under way
        self._begun = None          # the state of the source from which it was begun
        self._taken = 0             # batches of it that were given out
        self._ahead = []            # a batch that `peek` looked at
        self._found = None          # batches in a pass, where only a pass can tell
        self._is_over = False       # whether the epoch under way has given all its batches

    @property
    def num_batches(self):
        """Batches in an epoch, None where not known."""
        return self.steps or self.source.num_batches or self._found

    def epoch(self, done=0):
        """An iterator over the batches of the next epoch. Warns where the data run out before its end.

        done   batches of this epoch that were given out before its place was put down
        """
        self.source.begin_epoch()
        size, steps = self.source.num_batches, range(done, self.steps) if self.steps else itertools.count()
        is_over, self._is_over = done and self._is_over, False
        for step in () if is_over else steps:
            batch = self._next()
            if batch is None and self.steps and not step and self._taken:
                self._end_pass()        # just the end of a pass, which nobody could know
                batch = self._next()
            if batch is None:
                if self.steps and step:
                    warnings.warn(_RUN_OUT.format(step, self.steps), stacklevel=2)
                self._end_pass()
                break
            self._taken += 1
            yield batch
        if self.steps and size and self._taken >= size:
            self._end_pass()
        self._is_over = True
        self.source.end_epoch()

    def _next(self):
        """The next batch of the pass, None at its end."""
        if self._ahead:
            return self._ahead.pop()
        if self._pass is None:
            if self._begun is None:
                self._begun = self.source.get_state()
            self._pass = iter(self.source.batches(self._taken))
        return next(self._pass, None)

    def _end_pass(self):
        if self._taken:
            if self._pass is None:
                self._next()        # a pass that was taken up at its end must have been, for the next one to follow
            self._found = self._taken
        self.restart()

    def restart(self):
        """Let the next epoch begin a pass."""
        self._pass, self._begun, self._taken = None, None, 0

    def peek(self):
        """The batch that comes next, which the next epoch gives all the same; None if there is none."""
        if not self._ahead:
            self._ahead = [batch for batch in [self._next()] if batch is not None]
        return self._ahead[0] if self._ahead else None

    def get_state(self):
        """Where it stands, as plain data: the state of the source before this pass, and the batches given out."""
        return {"source": self.source.get_state() if self._begun is None else self._begun, "batches": self._taken,
                "is_over": self._is_over}

    def set_state(self, state):
        """Go on where `get_state` found it, also in another process with the same data.

        A generator cannot be set back: it must be a new one, of which what was given out is skipped.
        """
        self.source.put_back(self._ahead)
        self.restart()
        self.source.set_state(state["source"])
        self._begun, self._taken, self._ahead = state["source"], int(state["batches"]), []
        self._is_over = state["is_over"]


_RUN_OUT = ("the data ran out after {} batches of {}, so the epoch ends here. Give data for steps_per_epoch * epochs "
            "batches (a data set can .repeat()), or leave steps_per_epoch out: then an epoch is a pass over the data.")


def source_of(where, x, y=None, sample_weight=None, *, batch_size=None, steps=None, class_weight=None, order=None,
              within=False, nan_allowed=()):
    """The Source for what `fit` and its like are given.

    where         the method, for messages
    batch_size    for arrays; by default so that there are `steps` batches of them, or 32
    order, within as for ArraySource: the order of samples, or of a PyDataset's batches
    nan_allowed   as for ArrayData
    Raises DataError for what gives no batches, or for y or weights beside data that bring them.
    """
    if is_arrays(x):
        data = ArrayData(x, y, sample_weight, nan_allowed=nan_allowed)
        if class_weight is not None:
            data.weigh(class_weight)
        return array_source(data, batch_size, steps, order, within)
    given = [name for name, value in (("y", y), ("sample_weight", sample_weight)) if value is not None]
    if given:
        raise DataError(f"{where}: {given[0]} is given beside a {type(x).__name__}, whose batches bring it: "
                        "(x, y) or (x, y, sample_weight). Leave it out.")
    if batch_size is not None:
        warnings.warn(f"{where}: batch_size={batch_size} changes nothing, for a {type(x).__name__} gives batches as "
                      "they are. Leave it out.", stacklevel=4)
    if isinstance(x, PyDataset):
        return PyDatasetSource(x, class_weight, order)
    if hasattr(x, "__next__"):
        return IteratorSource(x, class_weight)
    if hasattr(x, "__iter__"):
        return IterableSource(x, class_weight)
    hint = " Call it: what it gives is a generator." if inspect.isgeneratorfunction(x) else ""
    raise DataError(f"{where}: x must be arrays, or something that gives batches (a generator, a Dataset, a PyDataset, "
                    f"an iterable), got {type(x).__name__}.{hint}")


def array_source(data, batch_size=None, steps=None, order=None, within=False):
    """The Source for ArrayData. Without `batch_size` there are `steps` batches, or batches of 32."""
    if batch_size is None:
        batch_size = 32 if steps is None else -(-data.size // steps)
    return ArraySource(data, batch_size, order, within)


def is_arrays(x):
    """Whether `x` is samples in arrays, or something that can only be meant so."""
    return x is None or isinstance(x, (*tree.CONTAINERS, int, float, ArrayOperand)) or hasattr(x, "__array__")
