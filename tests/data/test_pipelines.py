"""What the stages of a pipeline give, against plain Python."""

import collections

import numpy as np
import pytest

import minikeras as tf
from minikeras.data import Dataset
from minikeras.errors import DataError, DTypeError, OutOfRangeError, PlanWarning, ShapeError


def values(dataset):
    """The elements as nests of Python lists and numbers."""
    return [tf.nest.map_structure(lambda x: x if x is None else x.tolist(), element) for element in dataset]


ROWS = np.arange(20, dtype=np.float32).reshape(10, 2)


# --- where elements come from --------------------------------------------------------------------------------------

def test_slices_are_the_rows():
    assert values(Dataset.from_tensor_slices(ROWS)) == ROWS.tolist()


def test_lists_are_tensors_and_tuples_and_dicts_are_nests():
    dataset = Dataset.from_tensor_slices(([[1, 2], [3, 4]], {"a": [0.5, 1.5]}))
    assert values(dataset) == [([1, 2], {"a": 0.5}), ([3, 4], {"a": 1.5})]
    assert dataset.element_spec == (tf.TensorSpec((2,), "int32"), {"a": tf.TensorSpec((), "float32")})


def test_strings_and_nothing_are_leaves_too():
    dataset = Dataset.from_tensor_slices((["one", "two", "three"], None))
    assert values(dataset) == [(b"one", None), (b"two", None), (b"three", None)]
    assert values(dataset.batch(2))[0] == ([b"one", b"two"], None)


def test_elements_are_not_views_of_the_users_array():
    array = ROWS.copy()
    element, batch = [next(iter(dataset)) for dataset in (Dataset.from_tensor_slices(array),
                                                          Dataset.from_tensor_slices(array).batch(3))]
    array[:] = 0
    assert element.tolist() == [0.0, 1.0]
    assert batch.tolist() == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]


def test_arrays_of_unequal_lengths_are_refused():
    with pytest.raises(ShapeError, match=r"same number of rows.*\(3,\), \(2,\)"):
        Dataset.from_tensor_slices(([1, 2, 3], [1, 2]))


def test_a_scalar_has_no_slices():
    with pytest.raises(ShapeError, match="from_tensors"):
        Dataset.from_tensor_slices(1.0)


def test_from_tensors_is_one_element():
    assert values(Dataset.from_tensors(([1, 2], {"a": "x"}))) == [([1, 2], {"a": b"x"})]


def test_range_counts_as_pythons():
    assert values(Dataset.range(5, 1, -2)) == [5, 3]
    assert Dataset.range(3).element_spec == tf.TensorSpec((), "int64")
    assert Dataset.range(3, output_type=tf.float32).batch(3).get_single_element().dtype == "float32"
    assert values(Dataset.counter(2, 3).take(2)) == [2, 5]


def test_a_generator_is_called_for_each_pass_with_its_arguments():
    calls = []

    def generate(stop):
        calls.append(stop)
        yield from range(stop)
    dataset = Dataset.from_generator(generate, args=(3,), output_signature=tf.TensorSpec((), tf.int64))
    assert values(dataset) == values(dataset) == [0, 1, 2]
    assert calls == [3, 3]
    assert dataset.cardinality() == tf.data.UNKNOWN_CARDINALITY


def test_a_generator_gives_nests_of_the_signature():
    signature = ({"a": tf.TensorSpec((None,), "float32")}, tf.TensorSpec((), "int32"))
    dataset = Dataset.from_generator(lambda: iter([({"a": [1, 2]}, 3)]), output_signature=signature)
    assert values(dataset) == [({"a": [1.0, 2.0]}, 3)]
    assert dataset.element_spec == signature


def test_a_generator_may_be_described_by_types_and_shapes():
    dataset = Dataset.from_generator(lambda: iter([([1], 2.0)]), output_types=(tf.int32, tf.float32),
                                     output_shapes=([None], []))
    assert dataset.element_spec == (tf.TensorSpec((None,), "int32"), tf.TensorSpec((), "float32"))
    assert values(dataset) == [([1], 2.0)]
    assert Dataset.from_generator(lambda: iter([1]), tf.int64).element_spec == tf.TensorSpec(None, "int64")


@pytest.mark.parametrize("signature, value, error, words", [
    (tf.TensorSpec((3,)), [1.0, 2.0], ShapeError, r"\(2,\)"),
    (tf.TensorSpec((), "int32"), 1.5, DTypeError, "fractions"),
    ((tf.TensorSpec(()), tf.TensorSpec(())), 1.0, DataError, "tuple of 2"),
    ({"a": tf.TensorSpec(())}, {"b": 1.0}, DataError, r"\['a'\]"),
])
def test_what_a_generator_gives_must_fit_the_signature(signature, value, error, words):
    with pytest.raises(error, match=words):
        list(Dataset.from_generator(lambda: iter([value]), output_signature=signature))


def test_a_generator_needs_a_signature_and_a_function():
    with pytest.raises(TypeError, match="output_signature"):
        Dataset.from_generator(lambda: iter([1]))
    with pytest.raises(TypeError, match="function"):
        Dataset.from_generator([1], output_signature=tf.TensorSpec(()))
    for shapes, words in (([[]], "from_generator: elements are tuples of 2"), (([], "ab"), "from_generator: a shape")):
        with pytest.raises(ValueError, match=words):
            Dataset.from_generator(lambda: iter([1]), (tf.int32, tf.int32), shapes)


# --- which, and in what order --------------------------------------------------------------------------------------

@pytest.mark.parametrize("change, expected", [
    (lambda d: d.take(3), [0, 1, 2]),
    (lambda d: d.take(-1), [0, 1, 2, 3, 4]),
    (lambda d: d.skip(3), [3, 4]),
    (lambda d: d.skip(-1), []),
    (lambda d: d.shard(2, 1), [1, 3]),
    (lambda d: d.repeat(2), [0, 1, 2, 3, 4] * 2),
    (lambda d: d.repeat(0), []),
    (lambda d: d.repeat().take(7), [0, 1, 2, 3, 4, 0, 1]),
    (lambda d: d.take(0).repeat(), []),
    (lambda d: d.cache(), [0, 1, 2, 3, 4]),
    (lambda d: d.prefetch(2), [0, 1, 2, 3, 4]),
    (lambda d: d.concatenate(Dataset.range(7, 9)), [0, 1, 2, 3, 4, 7, 8]),
    (lambda d: d.filter(lambda x: x % 2 == 0), [0, 2, 4]),
    (lambda d: d.take_while(lambda x: x < 2), [0, 1]),
    (lambda d: d.map(lambda x: x % 3).unique(), [0, 1, 2]),
    (lambda d: d.map(lambda x: x * 2), [0, 2, 4, 6, 8]),
    (lambda d: d.enumerate(4).take(2), [(4, 0), (5, 1)]),
    (lambda d: d.batch(2), [[0, 1], [2, 3], [4]]),
    (lambda d: d.batch(2, drop_remainder=True), [[0, 1], [2, 3]]),
    (lambda d: d.batch(2).batch(2, drop_remainder=True), [[[0, 1], [2, 3]]]),
    (lambda d: d.batch(2).skip(1), [[2, 3], [4]]),
    (lambda d: d.batch(2).unbatch(), [0, 1, 2, 3, 4]),
    (lambda d: d.batch(2).rebatch(3), [[0, 1, 2], [3, 4]]),
    (lambda d: d.flat_map(lambda x: Dataset.range(x)), [0, 0, 1, 0, 1, 2, 0, 1, 2, 3]),
    (lambda d: d.scan(np.int64(0), lambda s, x: (s + x, (s, x))), [(0, 0), (0, 1), (1, 2), (3, 3), (6, 4)]),
    (lambda d: d.apply(lambda e: e.take(1)), [0]),
    (lambda d: d.group_by_window(lambda x: x % 2, lambda key, group: group.batch(2), 2), [[0, 2], [1, 3], [4]]),
])
def test_elements_and_cardinality(change, expected):
    dataset = change(Dataset.range(5))
    assert values(dataset) == values(dataset) == expected
    assert int(dataset.cardinality()) in (len(expected), tf.data.UNKNOWN_CARDINALITY)
    for element in dataset:
        assert all(spec.is_compatible_with(x) for spec, x in zip(tf.nest.flatten(dataset.element_spec),
                                                                 tf.nest.flatten(element)))


def test_zip_nests_as_it_is_given():
    a, b = Dataset.range(3), Dataset.range(10, 12)
    assert values(Dataset.zip((a, b))) == values(Dataset.zip(a, b)) == [(0, 10), (1, 11)]
    assert values(Dataset.zip({"a": a, "b": (b, a)})) == [{"a": 0, "b": (10, 0)}, {"a": 1, "b": (11, 1)}]
    assert values(Dataset.zip((a, b)).batch(2)) == [([0, 1], [10, 11])]
    with pytest.raises(TypeError, match="tuples and dicts"):
        Dataset.zip([a, b])


@pytest.mark.parametrize("size, shift, stride, drop", [
    (3, None, 1, False), (3, 1, 1, True), (3, 1, 2, False), (2, 5, 1, False), (4, 2, 3, True), (20, 1, 1, False)])
def test_windows_are_runs_of_elements(size, shift, stride, drop):
    windows = Dataset.range(10).window(size, shift, stride, drop)
    starts = range(0, 10, shift or size)
    expected = [list(range(i, min(10, i + size * stride), stride)) for i in starts]
    if drop:
        expected = [window for window in expected if len(window) == size]
    assert [values(window) for window in windows] == expected
    assert len(windows) == len(expected)


def test_windows_of_a_nest_are_a_nest_of_data_sets():
    dataset = Dataset.from_tensor_slices((ROWS, {"y": np.arange(10)})).window(4)
    x, y = next(iter(dataset))
    assert values(x) == ROWS[:4].tolist()
    assert values(y["y"].batch(2)) == [[0, 1], [2, 3]]
    sizes = dataset.flat_map(lambda x, y: Dataset.zip((x.batch(4), y["y"].batch(4)))).map(lambda x, y: tf.shape(x))
    assert values(sizes) == [[4, 2], [4, 2], [2, 2]]


@pytest.mark.parametrize("cycle, block", [(1, 1), (2, 1), (2, 3), (3, 2), (9, 1)])
def test_interleaved_data_sets_take_turns(cycle, block):
    lengths = [3, 0, 5, 1, 4]
    made = Dataset.from_tensor_slices(lengths).enumerate().interleave(
        lambda i, n: Dataset.from_tensors(i).repeat(tf.cast(n, "int64")), cycle, block)
    queue, slots, expected = collections.deque(enumerate(lengths)), [None] * cycle, []
    place = 0
    while queue or any(slots):
        if not slots[place] and queue:
            number, length = queue.popleft()
            slots[place] = [number] * length + [None]
        for _ in range(block):
            if not slots[place]:
                break
            taken = slots[place].pop(0)
            if taken is None:
                break
            expected.append(taken)
        place = (place + 1) % cycle
    assert values(made) == expected


def test_choosing_passes_over_what_has_ended_if_asked():
    sets, choices = [Dataset.range(3), Dataset.range(10, 12)], Dataset.from_tensor_slices([0, 1, 1, 1, 0, 0])
    assert values(Dataset.choose_from_datasets(sets, choices.map(lambda x: tf.cast(x, "int64")))) == [0, 10, 11]
    assert values(Dataset.choose_from_datasets(sets, choices, False)) == [0, 10, 11, 1, 2]


def test_sampling_gives_every_element_by_weight():
    sets = [Dataset.range(300), Dataset.range(1000, 1100)]
    made = values(Dataset.sample_from_datasets(sets, [0.75, 0.25], seed=1))
    assert sorted(made) == [*range(300), *range(1000, 1100)]
    assert 50 < sum(x < 1000 for x in made[:100]) < 95
    assert values(Dataset.sample_from_datasets(sets, [1, 0], stop_on_empty_dataset=True)) == list(range(300))


# --- batches of unequal elements ------------------------------------------------------------------------------------

SEQUENCES = Dataset.range(1, 5).map(lambda n: (tf.fill([n], n), tf.cast(n, "float32")))


def test_padding_goes_to_the_longest_of_a_batch():
    assert values(SEQUENCES.padded_batch(2)) == [([[1, 0], [2, 2]], [1, 2]), ([[3, 3, 3, 0], [4, 4, 4, 4]], [3, 4])]


def test_padding_takes_shapes_and_values():
    made = SEQUENCES.padded_batch(3, ([5], []), (tf.constant(-1, tf.int64), None), drop_remainder=True)
    assert values(made) == [([[1, -1, -1, -1, -1], [2, 2, -1, -1, -1], [3, 3, 3, -1, -1]], [1, 2, 3])]
    assert made.element_spec[0] == tf.TensorSpec((3, 5), "int64")
    words = Dataset.from_tensor_slices(["a b c", "d"]).map(tf.strings.upper).map(lambda x: tf.reshape(x, (1,)))
    assert values(words.padded_batch(2, [2], "-")) == [[[b"A B C", b"-"], [b"D", b"-"]]]


def test_an_element_larger_than_the_padded_shape_is_refused():
    with pytest.raises(ShapeError, match=r"\(2,\) does not fit into the padded shape \(1,\)"):
        list(SEQUENCES.map(lambda x, _: x).padded_batch(2, [1]))


def test_unequal_elements_make_no_batch():
    with pytest.raises(ShapeError, match=r"\(1,\) and number 1 has \(2,\).*padded_batch"):
        list(SEQUENCES.batch(2))


@pytest.mark.parametrize("options, shapes", [
    ({}, [(2, 2), (2, 4), (2, 6), (2, 8)]),
    ({"pad_to_bucket_boundary": True, "bucket_boundaries": [3, 9], "bucket_batch_sizes": [2, 6, 1]}, [(2, 2), (6, 8)]),
    ({"bucket_batch_sizes": [1, 1, 1], "no_padding": True}, [(1, n) for n in range(1, 9)]),
])
def test_buckets_hold_elements_of_similar_length(options, shapes):
    options = {"bucket_boundaries": [3, 5], "bucket_batch_sizes": [2, 2, 2], **options}
    dataset = Dataset.range(1, 9).map(lambda n: tf.fill([n], n))
    assert [batch.shape for batch in dataset.bucket_by_sequence_length(lambda x: tf.shape(x)[0], **options)] == shapes


def test_ragged_batches_are_refused():
    with pytest.raises(ValueError, match="padded_batch"):
        SEQUENCES.ragged_batch(2)


# --- functions -----------------------------------------------------------------------------------------------------

def test_a_tuple_comes_in_parts_and_a_dict_whole():
    pairs = Dataset.from_tensor_slices(([1, 2], [10, 20]))
    assert values(pairs.map(lambda x, y: {"sum": x + y})) == [{"sum": 11}, {"sum": 22}]
    assert values(pairs.map(lambda x, y: {"sum": x + y}).map(lambda d: d["sum"])) == [11, 22]
    assert values(pairs.map(lambda x, y: [x, [y, y]])) == [(1, [10, 10]), (2, [20, 20])]
    assert values(pairs.filter(lambda x, y: x > 1)) == [(2, 20)]


def test_what_a_function_gives_is_described_without_numbers():
    calls = []

    def function(x):
        calls.append(x)
        return {"b": x, "a": (x, 1.0)}, [x, x], np.zeros(3)
    made = Dataset.range(2).batch(2).map(function)
    scalar, vector = tf.TensorSpec((), "float32"), tf.TensorSpec((None,), "int64")
    assert made.element_spec == ({"b": vector, "a": (vector, scalar)}, tf.TensorSpec((2, None), "int64"),
                                 tf.TensorSpec((3,), "float64"))
    assert len(calls) == 1


def test_a_function_that_needs_numbers_is_described_by_the_first_element():
    made = Dataset.range(4).shuffle(4, seed=1).batch(2).map(lambda x: tf.constant(x.numpy() * 0.5))
    before = made.get_state()
    assert made.element_spec == tf.TensorSpec((None,), "float64")
    assert made.get_state() == before


def test_parallel_calls_keep_the_order():
    square = Dataset.range(50).map(lambda x: x * x, num_parallel_calls=3)
    assert values(square) == [n * n for n in range(50)]
    assert values(Dataset.range(9).map(lambda x: x, tf.data.AUTOTUNE, deterministic=False)) == list(range(9))


def test_layers_and_compiled_functions_map():
    layer = tf.layers.Rescaling(0.5)
    assert values(Dataset.from_tensor_slices(ROWS).batch(10).map(layer))[0] == (ROWS * 0.5).tolist()
    double = tf.function(lambda x: x * 2)
    assert values(Dataset.range(6).map(double)) == [0, 2, 4, 6, 8, 10]


def test_functions_of_numpy_arrays_map():
    made = Dataset.range(3).map(lambda x: tf.numpy_function(lambda n: np.float32(n) / 2, [x], tf.float32))
    assert values(made) == [0.0, 0.5, 1.0]
    assert made.element_spec == tf.TensorSpec((), "float32")


def test_a_tape_hears_nothing_of_a_pipeline():
    w = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        x = next(iter(Dataset.from_tensor_slices([3.0]).map(lambda x: x * w)))
        y = x * w
    assert tape.gradient(y, w) == 6.0


def test_a_predicate_must_give_a_boolean():
    with pytest.raises(DTypeError, match="one boolean"):
        list(Dataset.range(2).filter(lambda x: x))
    with pytest.raises(TypeError, match="give a Dataset"):
        list(Dataset.range(2).flat_map(lambda x: x))


def test_reduce_gives_the_last_state():
    assert Dataset.range(5).reduce(np.int64(0), lambda state, x: state + x) == 10
    pairs = Dataset.zip((Dataset.range(5), Dataset.range(5)))
    total, count = pairs.reduce((0, 0), lambda state, pair: (state[0] + pair[1], state[1] + 1))
    assert (int(total), int(count)) == (10, 5)


# --- iterating -----------------------------------------------------------------------------------------------------

def test_one_data_set_can_be_iterated_over_twice_at_once():
    dataset = Dataset.range(4).shuffle(4, seed=3, reshuffle_each_iteration=False).prefetch(1)
    assert [(int(a), int(b)) for a, b in zip(dataset, dataset)] == [(int(a), int(a)) for a in dataset]


def test_numpy_iterators_give_arrays_and_scalars():
    scalar, = Dataset.range(1).as_numpy_iterator()
    assert type(scalar) is np.int64
    batch = next(Dataset.from_tensor_slices({"a": ROWS}).batch(2).as_numpy_iterator())
    assert type(batch["a"]) is np.ndarray
    assert not batch["a"].flags.writeable
    with pytest.raises(TypeError, match="hold data sets"):
        list(Dataset.range(3).window(2).as_numpy_iterator())


def test_iterators_end_as_tensorflows():
    iterator = iter(Dataset.range(1))
    assert iterator.get_next() == 0
    with pytest.raises(OutOfRangeError):
        iterator.get_next()
    assert not iterator.get_next_as_optional().has_value()
    assert iter(Dataset.range(1)).get_next_as_optional().get_value() == 0


def test_lengths():
    assert len(Dataset.range(5).batch(2)) == 3
    with pytest.raises(TypeError, match="infinite"):
        len(Dataset.range(5).repeat())
    with pytest.raises(TypeError, match="unknown"):
        len(Dataset.range(5).filter(lambda x: True))
    assert bool(Dataset.range(0))
    asserted = Dataset.range(5).filter(lambda x: x < 3).apply(tf.data.experimental.assert_cardinality(3))
    assert len(asserted) == len(values(asserted)) == 3
    with pytest.raises(DataError, match="4 elements were expected"):
        list(Dataset.range(3).apply(tf.data.experimental.assert_cardinality(4)))


def test_the_single_element_is_the_only_one():
    assert Dataset.from_tensors(7).get_single_element() == 7
    for dataset, words in ((Dataset.range(2), "more than one"), (Dataset.range(0), "no element")):
        with pytest.raises(DataError, match=words):
            dataset.get_single_element()


@pytest.mark.parametrize("wrong", [
    lambda d: d.batch(0), lambda d: d.shuffle(0), lambda d: d.shard(2, 2), lambda d: d.cache("file"),
    lambda d: d.prefetch(-2), lambda d: d.map(lambda x: x, num_parallel_calls=0), lambda d: d.window(0),
    lambda d: d.group_by_window(lambda x: x, lambda k, g: g)])
def test_arguments_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="Dataset"):
        wrong(Dataset.range(3))


def test_options_are_what_is_done():
    options = tf.data.Options()
    options.deterministic = False
    assert Dataset.range(3).with_options(options).batch(2).options().deterministic is False
    with pytest.raises(AttributeError, match="deterministic is all"):
        options.autotune = True


def test_a_compiled_step_does_not_freeze_what_an_iterator_gives():
    iterator = iter(Dataset.range(6))

    @tf.function
    def step():
        return next(iterator) * 2
    with pytest.warns(PlanWarning, match="Iterate"):
        assert [int(step()) for _ in range(6)] == [0, 2, 4, 6, 8, 10]


def test_asking_for_the_spec_changes_nothing():
    dataset = Dataset.range(6).shuffle(6, seed=1).cache().map(lambda x: tf.constant(x.numpy())).flat_map(
        lambda x: Dataset.range(2).map(lambda y: x + y)).scan(0, lambda state, x: (state + 1, x))
    reference = values(dataset)
    before = dataset.get_state()
    assert dataset.element_spec == tf.TensorSpec((), "int64")
    assert dataset.get_state() == before
    assert values(dataset) == reference


def test_no_spec_can_be_found_without_elements():
    with pytest.raises(DataError, match="there is no element"):
        Dataset.range(0).map(lambda x: tf.constant(x.numpy())).element_spec  # noqa: B018
