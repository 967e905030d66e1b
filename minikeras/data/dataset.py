"""Dataset: a pipeline, and what can be added to it."""

import glob
import itertools

import numpy as np

from ..arguments import switch
from ..autograd import tree
from ..autograd.dtypes import as_dtype
from ..autograd.operands import as_tensor
from ..errors import DataError
from . import batching, functions, mixing, moving, sources
from .choices import AUTOTUNE, Options, integer, positive, thread_count
from .elements import Nested, as_element, nested
from .iterators import Iterator, NumpyIterator
from .stages import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY, get_states, set_states
from .threads import Prefetch, processors


class Dataset(Nested):
    """A pipeline that gives elements one after the other: tensors, or tuples and dicts of them.

    It is made by `from_tensor_slices` and its like, and every method gives a new one. Nothing is read before it is
    iterated over, and every iteration is a pass of its own. Lists count as tensors, not as nests.

    The order of a pass follows from the seeds of its shuffles and how many passes were before. `get_state` tells both,
    `set_state` puts them back.
    """

    def __init__(self, stage, options=None):
        self._stage = stage
        self._options = options or Options()

    def _then(self, stage):
        return Dataset(stage, self._options)

    # --- made of --------------------------------------------------------------------------------------------------

    @staticmethod
    def from_tensors(tensors, name=None):
        """One element: all that is given."""
        return Dataset(sources.Single(tensors))

    @staticmethod
    def from_tensor_slices(tensors, name=None):
        """An element for each row of the arrays: of one, or of tuples and dicts of them with as many rows.

        Arrays are not copied, and memory-mapped ones are read where they are, a batch at a time. Raises ShapeError.
        """
        return Dataset(sources.Rows(tensors))

    @staticmethod
    def from_generator(generator, output_types=None, output_shapes=None, args=None, output_signature=None, name=None):
        """What the iterable yields that `generator(*args)` gives, called anew for each pass.

        output_signature   a TensorSpec, or a tuple or dict of them;  output_types, output_shapes   the same in two
        args               tensors that the function gets as arrays
        Raises DTypeError, ShapeError or DataError for what does not fit the signature.
        """
        if not callable(generator):
            raise TypeError(f"Dataset.from_generator needs a function that gives an iterable, got {generator!r}.")
        spec = sources.generated_spec(output_types, output_shapes, output_signature)
        return Dataset(sources.Generated(generator, [as_tensor(x) for x in args or ()], spec))

    @staticmethod
    def range(*args, output_type="int64", name=None):
        """The integers from `start` (0) to below `stop` by `step` (1): `range(stop)`, `range(start, stop, step)`."""
        numbers = range(*[integer("range", x) for x in args])
        return Dataset(sources.Numbers(numbers, as_dtype(output_type), len(numbers)))

    @staticmethod
    def counter(start=0, step=1, dtype="int64", name=None):
        """The integers from `start` on, without end."""
        numbers = slice(integer("counter", start), None, integer("counter", step))
        return Dataset(sources.Numbers(numbers, as_dtype(dtype), INFINITE_CARDINALITY))

    @staticmethod
    def random(seed=None, rerandomize_each_iteration=None, name=None):
        """Random int64 numbers below 2**32 without end, in every pass the same unless asked otherwise."""
        return Dataset(sources.Random(seed, not rerandomize_each_iteration))

    @staticmethod
    def list_files(file_pattern, shuffle=None, seed=None, name=None):
        """The paths of files that fit a glob pattern, or one of several; in another order in each pass by default.

        Raises DataError if there are none.
        """
        patterns = np.asarray(as_tensor(file_pattern)).ravel().tolist()
        files = sorted({path for pattern in patterns for path in glob.glob(pattern)})
        if not files:
            raise DataError(f"Dataset.list_files: no file fits {b', '.join(patterns).decode()}.")
        found = Dataset.from_tensor_slices(files)
        return found.shuffle(len(files), seed) if shuffle is None or shuffle else found

    @staticmethod
    def zip(*args, datasets=None, name=None):
        """Elements of several data sets at the same place as a nest: of `zip(a, b)` or `zip((a, b))` tuples.

        It ends with the shortest. Raises TypeError for what is no data set.
        """
        given = datasets if datasets is not None else args[0] if len(args) == 1 else args
        wrong = [leaf for leaf in (given if isinstance(given, list) else tree.flatten(given))
                 if not isinstance(leaf, Dataset)]
        if wrong or isinstance(given, list):
            raise TypeError(f"Dataset.zip takes data sets, in tuples and dicts, got {wrong[0] if wrong else given!r}.")
        return Dataset(mixing.Zip(nested(lambda dataset: dataset._stage, given)))

    @staticmethod
    def choose_from_datasets(datasets, choice_dataset, stop_on_empty_dataset=True):
        """At each step the next element of the data set whose number `choice_dataset` gives.

        stop_on_empty_dataset   whether it ends where that has no more; otherwise it is passed over
        """
        stages = [dataset._stage for dataset in datasets]
        return Dataset(mixing.Choose(stages, choice_dataset._stage, stop_on_empty_dataset))

    @staticmethod
    def sample_from_datasets(datasets, weights=None, seed=None, stop_on_empty_dataset=False,
                             rerandomize_each_iteration=None):
        """At each step the next element of a data set drawn with its weight, all alike by default.

        stop_on_empty_dataset        whether it ends with the first that has no more
        rerandomize_each_iteration   whether another pass draws anew
        """
        stages = [dataset._stage for dataset in datasets]
        weights = np.ones(len(stages)) if weights is None else np.asarray(weights, np.float64)
        if weights.shape != (len(stages),) or weights.min() < 0 or not weights.sum():
            raise ValueError(f"Dataset.sample_from_datasets: there must be a weight from 0 on for each of "
                             f"{len(stages)} data sets, got {weights.tolist()}.")
        return Dataset(mixing.Sample(stages, weights / weights.sum(), seed, stop_on_empty_dataset,
                                     not rerandomize_each_iteration))

    # --- which and in what order ----------------------------------------------------------------------------------

    def take(self, count, name=None):
        """The first `count` elements, all for -1."""
        return self._then(moving.Take(self._stage, integer("take", count)))

    def skip(self, count, name=None):
        """All but the first `count` elements, none for -1."""
        return self._then(moving.Skip(self._stage, integer("skip", count)))

    def shard(self, num_shards, index, name=None):
        """Every `num_shards`-th element, from number `index` on."""
        num_shards, index = positive("shard: num_shards", num_shards), integer("shard: index", index)
        if not 0 <= index < num_shards:
            raise ValueError(f"Dataset.shard: index must be in 0..{num_shards - 1}, got {index}.")
        return self._then(moving.Shard(self._stage, num_shards, index))

    def repeat(self, count=None, name=None):
        """`count` passes one after the other, without end for None or -1."""
        return self._then(moving.Repeat(self._stage, -1 if count is None else integer("repeat", count)))

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=True, name=None):
        """In random order: each element is drawn from a buffer of the next `buffer_size` ones, of all for -2.

        A buffer as large as the data set makes every order equally likely. Of arrays it holds the numbers of rows only.
        reshuffle_each_iteration   whether another pass has another order
        """
        buffer_size = integer("shuffle: buffer_size", buffer_size)
        if buffer_size != UNKNOWN_CARDINALITY:
            positive("shuffle: buffer_size", buffer_size)
        seed = seed if seed is None else integer("shuffle: seed", seed)
        reshuffles = reshuffle_each_iteration is None or switch("Dataset.shuffle: reshuffle_each_iteration",
                                                                reshuffle_each_iteration)
        return self._then(moving.Shuffle(self._stage, buffer_size, seed, reshuffles))

    def cache(self, filename="", name=None):
        """What the first whole pass gave, kept in memory for all later ones. For rows of arrays, their order."""
        if filename:
            raise ValueError(f"Dataset.cache keeps elements in memory only, got filename={filename!r}. Leave it out.")
        return self._then(moving.Cache(self._stage))

    def concatenate(self, dataset, name=None):
        """These elements, then those of another data set."""
        return self._then(mixing.Concatenate(self._stage, dataset._stage))

    def enumerate(self, start=0, name=None):
        """Tuples of a number, from `start` on, and an element."""
        return Dataset.zip(Dataset.counter(start), self)

    def unique(self, name=None):
        """Each element, a single tensor, where it comes first."""
        return self._then(functions.Unique(self._stage))

    # --- by functions ---------------------------------------------------------------------------------------------

    def map(self, map_func, num_parallel_calls=None, deterministic=None, synchronous=None,
            use_unbounded_threadpool=False, name=None):
        """`map_func` of each element, of its parts if it is a tuple.

        num_parallel_calls   threads that call it; AUTOTUNE: as many as there are processors, if a call takes longer
                             than handing it over. A function that draws from a SeedGenerator, as layers do, is called
                             by one. The order stays, whatever `deterministic` allows.
        Random numbers without a seed of their own follow from the number of the pass and of the element.
        """
        if use_unbounded_threadpool:
            raise ValueError("Dataset.map: use_unbounded_threadpool is not supported; give num_parallel_calls.")
        workers = thread_count("map: num_parallel_calls", num_parallel_calls)
        return self._then(functions.Map(self._stage, map_func, None if synchronous else workers))

    def filter(self, predicate, name=None):
        """The elements for which `predicate` gives True."""
        return self._then(functions.Filter(self._stage, predicate, False))

    def take_while(self, predicate, name=None):
        """The elements before the first for which `predicate` gives False."""
        return self._then(functions.Filter(self._stage, predicate, True))

    def flat_map(self, map_func, name=None):
        """What the data sets hold that `map_func` makes of the elements, one after the other."""
        return self._then(functions.Flat(self._stage, map_func, "Dataset.flat_map"))

    def interleave(self, map_func, cycle_length=None, block_length=None, num_parallel_calls=None, deterministic=None,
                   name=None):
        """What the data sets hold that `map_func` makes of the elements, `cycle_length` of them taking turns.

        cycle_length   as many as there are processors by default;  block_length   elements in a turn, 1 by default
        num_parallel_calls   changes nothing: they are read in turn
        """
        thread_count("interleave: num_parallel_calls", num_parallel_calls)
        if cycle_length is None or integer("interleave: cycle_length", cycle_length) == AUTOTUNE:
            cycle_length = processors()
        return self._then(functions.Flat(
            self._stage, map_func, "Dataset.interleave", positive("interleave: cycle_length", cycle_length),
            1 if block_length is None else positive("interleave: block_length", block_length)))

    def scan(self, initial_state, scan_func, name=None):
        """`scan_func(state, element)` gives the next state and an element."""
        return self._then(functions.Scan(self._stage, initial_state, scan_func))

    def reduce(self, initial_state, reduce_func, name=None):
        """The last state: `reduce_func(state, element)` of all elements. A tensor or a nest of them."""
        state = as_element(initial_state)
        for element in self:
            state = as_element(reduce_func(state, element))
        return state

    def apply(self, transformation_func):
        """`transformation_func(self)`, a data set."""
        made = transformation_func(self)
        if not isinstance(made, Dataset):
            raise TypeError(f"Dataset.apply: the function must give a Dataset, got {type(made).__name__}.")
        return made

    def group_by_window(self, key_func, reduce_func, window_size=None, window_size_func=None, name=None):
        """`reduce_func(key, data set of a group)` of elements with the same `key_func`, so many at a time.

        window_size   how many make a group full;  window_size_func   the same by key
        """
        if (window_size is None) == (window_size_func is None):
            raise ValueError("Dataset.group_by_window: give either window_size or window_size_func.")
        size_of = (lambda key: window_size) if window_size_func is None else (
            lambda key: int(window_size_func(as_tensor(key, "int64"))))
        return self._then(functions.Groups(self._stage, key_func, reduce_func, size_of, Dataset))

    # --- batches --------------------------------------------------------------------------------------------------

    def batch(self, batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None, name=None):
        """`batch_size` elements at a time, stacked along a new first axis; the last may be smaller.

        drop_remainder       whether a smaller one is left out
        num_parallel_calls   changes nothing: rows are gathered at once
        """
        thread_count("batch: num_parallel_calls", num_parallel_calls)
        return self._then(batching.Batch(self._stage, positive("batch: batch_size", batch_size), bool(drop_remainder)))

    def padded_batch(self, batch_size, padded_shapes=None, padding_values=None, drop_remainder=False, name=None):
        """`batch_size` elements at a time, each filled up at the ends of its axes to one shape.

        padded_shapes    a shape for each tensor, None or -1 in it for that of the longest; None: of the longest for all
        padding_values   one value for each tensor or for all; 0 or an empty string by default
        Raises ShapeError for an element larger than its shape.
        """
        return self._then(batching.PaddedBatch(self._stage, positive("padded_batch: batch_size", batch_size),
                                               padded_shapes, padding_values, bool(drop_remainder)))

    def save(self, path, compression=None, shard_func=None, checkpoint_args=None):
        """Refused: keep data as arrays, which `from_tensor_slices(np.load(path, mmap_mode="r"))` streams."""
        raise ValueError("Dataset.save is not supported. Write arrays by np.save, and read them by "
                         "Dataset.from_tensor_slices(np.load(path, mmap_mode='r')).")

    def ragged_batch(self, batch_size, drop_remainder=False, row_splits_dtype="int64", name=None):
        """Refused: there are no ragged tensors."""
        raise ValueError("Dataset.ragged_batch: there are no ragged tensors here. Use padded_batch.")

    def bucket_by_sequence_length(self, element_length_func, bucket_boundaries, bucket_batch_sizes, padded_shapes=None,
                                  padding_values=None, pad_to_bucket_boundary=False, no_padding=False,
                                  drop_remainder=False, name=None):
        """Padded batches of elements of similar length.

        bucket_boundaries        upper bounds of the lengths in a bucket, which do not belong to it
        bucket_batch_sizes       sizes of the batches, one more than bounds
        pad_to_bucket_boundary   fills up to the bound less 1 instead of to the longest; then none may be longer
        no_padding               batches elements of a bucket as they are
        """
        buckets = batching.Buckets(element_length_func, bucket_boundaries, bucket_batch_sizes)

        def batched(key, group):
            size = buckets.size_of(key)
            if no_padding:
                return group.batch(size, drop_remainder)
            shapes = buckets.shapes(key, self.element_spec, padded_shapes) if pad_to_bucket_boundary else padded_shapes
            return group.padded_batch(size, shapes, padding_values, drop_remainder)
        return self.group_by_window(buckets.key_of, batched, window_size_func=buckets.size_of)

    def unbatch(self, name=None):
        """The rows of each element along its first axis."""
        return self._then(batching.Unbatch(self._stage))

    def rebatch(self, batch_size, drop_remainder=False, name=None):
        """The same rows in batches of another size."""
        return self.unbatch().batch(batch_size, drop_remainder)

    def window(self, size, shift=None, stride=1, drop_remainder=False, name=None):
        """Data sets of `size` elements each, for tuples and dicts a nest of them.

        shift    how far apart windows begin, `size` by default;  stride   how far apart elements in a window are
        """
        size = positive("window: size", size)
        return self._then(batching.Window(
            self._stage, size, size if shift is None else positive("window: shift", shift),
            positive("window: stride", stride), bool(drop_remainder), Dataset))

    def prefetch(self, buffer_size, name=None):
        """The same, made by a thread up to `buffer_size` elements ahead; AUTOTUNE: two.

        The thread ends with the iteration, an error in it is raised where its element would be.
        """
        size = integer("prefetch: buffer_size", buffer_size)
        if size < AUTOTUNE:
            raise ValueError(f"Dataset.prefetch: buffer_size must be an integer from 0 on, or AUTOTUNE, got {size}.")
        return self._then(Prefetch(self._stage, 2 if size == AUTOTUNE else size)) if size else self

    # --- what it is -----------------------------------------------------------------------------------------------

    @property
    def element_spec(self):
        """A nest of TensorSpecs that says what elements are. What a function of `map` gives is found by calling it."""
        return self._stage.spec

    def cardinality(self):
        """How many elements there are, an int64 tensor; INFINITE_CARDINALITY or UNKNOWN_CARDINALITY."""
        return as_tensor(self._stage.length, "int64")

    def __len__(self):
        length = self._stage.length
        if length < 0:
            raise TypeError("The dataset is infinite." if length == INFINITE_CARDINALITY else
                            "The dataset length is unknown. Count it by sum(1 for _ in dataset).")
        return length

    def __bool__(self):
        return True

    def __iter__(self):
        return Iterator(self)

    def as_numpy_iterator(self):
        """An iterator of the elements as NumPy arrays."""
        return NumpyIterator(self)

    def get_single_element(self, name=None):
        """The only element. Raises DataError if there is none, or another."""
        found = list(itertools.islice(self, 2))
        if len(found) != 1:
            raise DataError(f"Dataset.get_single_element: there is {'more than one' if found else 'no'} element.")
        return found[0]

    def options(self):
        """The Options of the pipeline."""
        return self._options

    def with_options(self, options, name=None):
        """The same under other Options."""
        return Dataset(self._stage, self._options.merge(options))

    def get_state(self):
        """What the order of the passes to come depends on, as plain data: seeds, and how many passes there were.

        A pass is gone on with by putting back the state from before it began, and skipping what it gave. Data sets that
        functions of the user's make or hold are not part of it.
        """
        return get_states(self._stage)

    def set_state(self, state):
        """Put back what `get_state` gave, of the same pipeline. Raises ValueError for that of another."""
        set_states(self._stage, state)

    def __repr__(self):
        try:
            spec = self.element_spec
        except Exception:       # of a function of the user's
            spec = "unknown"
        return f"<{type(self._stage).__name__}Dataset element_spec={spec}>"
