"""Random order: what it is like, what it follows from, and how it is put back."""

import numpy as np
import pytest

import minikeras as tf
from minikeras.data import Dataset


def order(dataset):
    return [int(x) for x in dataset]


def test_a_buffer_as_large_as_the_data_makes_every_order_alike():
    counts = np.zeros((4, 4))
    dataset = Dataset.range(4).shuffle(4, seed=1)
    for _ in range(500):
        counts[np.arange(4), order(dataset)] += 1
    assert abs(counts / 500 - 0.25).max() < 0.08


def test_a_smaller_buffer_moves_elements_no_further_ahead_than_its_size():
    found = order(Dataset.range(1000).shuffle(10, seed=1))
    assert sorted(found) == list(range(1000))
    ahead = np.array(found) - np.arange(1000)
    assert ahead.max() == 9
    assert ahead.min() < -20        # but they may be left behind for long


def test_rows_are_shuffled_as_their_numbers_and_elements_alike():
    rows = np.arange(100) * 10
    by_row = Dataset.from_tensor_slices(rows).shuffle(7, seed=5)
    by_element = Dataset.range(0, 1000, 10).map(lambda x: x).shuffle(7, seed=5)
    assert order(by_row) == order(by_element)
    assert [x.tolist() for x in by_row.batch(9)] == [x.tolist() for x in by_element.batch(9)]


def test_passes_differ_unless_asked_otherwise():
    changing, same = Dataset.range(50).shuffle(50, seed=1), Dataset.range(50).shuffle(50, 1, False)
    assert order(changing) != order(changing)
    assert order(same) == order(same)
    assert order(changing.take(0)) == []
    repeated = order(Dataset.range(50).shuffle(50, seed=1).repeat(2))
    assert repeated[:50] != repeated[50:]
    assert sorted(repeated[:50]) == sorted(repeated[50:]) == list(range(50))


def test_the_order_follows_from_the_seed_or_the_global_one():
    assert order(Dataset.range(50).shuffle(50, seed=1)) == order(Dataset.range(50).shuffle(50, seed=1))
    assert order(Dataset.range(50).shuffle(50, seed=1)) != order(Dataset.range(50).shuffle(50, seed=-1))
    found = []
    for _ in range(2):
        tf.utils.set_random_seed(3)
        found.append(order(Dataset.range(50).shuffle(50)))
    assert found[0] == found[1]


PIPELINES = {
    "shuffle": lambda d: d.shuffle(20, seed=1),
    "unseeded": lambda d: d.shuffle(20),
    "repeat": lambda d: d.shuffle(20).repeat(2),
    "small buffer": lambda d: d.shuffle(3).batch(4).unbatch(),
    "cache": lambda d: d.shuffle(20).cache(),
    "cache and shuffle": lambda d: d.shuffle(20).cache().shuffle(20),
    "zip": lambda d: Dataset.zip((d.shuffle(20), d.shuffle(5))).map(lambda x, y: x * 100 + y),
    "concatenate": lambda d: d.shuffle(20).concatenate(d.shuffle(3)),
    "prefetch": lambda d: d.shuffle(20).prefetch(2),
    "draws in a function": lambda d: d.map(lambda x: x * 1000 + tf.random.uniform((), 0, 999, "int64")),
    "draws in threads": lambda d: d.map(lambda x: x * 1000 + tf.random.uniform((), 0, 999, "int64"), 3),
    "draws in a predicate": lambda d: d.filter(lambda x: tf.random.uniform(()) < 0.5),
    "shuffles made on the way": lambda d: d.flat_map(lambda x: Dataset.range(x).shuffle(20)),
    "sampling": lambda d: Dataset.sample_from_datasets([d, d.shuffle(9)], rerandomize_each_iteration=True),
    "random": lambda d: Dataset.random(rerandomize_each_iteration=True).take(9),
}


@pytest.mark.parametrize("make", PIPELINES.values(), ids=PIPELINES)
@pytest.mark.parametrize("passes", [0, 1, 3])
def test_a_state_put_back_gives_the_same_passes_again(make, passes):
    first = make(Dataset.range(20))
    for _ in range(passes):
        order(first)
    state = first.get_state()
    expected = [order(first) for _ in range(3)]
    second = make(Dataset.range(20))        # as in another process
    order(second)
    for dataset in (second, first):
        dataset.set_state(state)
        assert [order(dataset) for _ in range(3)] == expected


@pytest.mark.parametrize("make", PIPELINES.values(), ids=PIPELINES)
def test_a_state_is_plain_data(make):
    dataset = make(Dataset.range(20))
    order(dataset)

    def check(x):
        assert x is None or type(x) in (dict, list, int, str)
        for item in x.values() if isinstance(x, dict) else x if isinstance(x, list) else ():
            check(item)
    check(dataset.get_state())


def test_a_pass_is_gone_on_with_by_skipping():
    dataset = Dataset.range(20).shuffle(20).batch(3)
    state = dataset.get_state()
    whole = [x.tolist() for x in dataset]
    dataset.set_state(state)
    assert [x.tolist() for x in dataset.skip(4)] == whole[4:]


def test_the_numbers_of_a_layer_in_a_function_are_part_of_the_state():
    rows = np.random.default_rng(1).random((8, 4, 4, 1), np.float32)

    def make():
        flip = tf.layers.RandomFlip(seed=7)
        return Dataset.from_tensor_slices(rows).batch(2).map(lambda x: flip(x, training=True), tf.data.AUTOTUNE)

    def numbers(dataset):
        return np.concatenate([x.numpy() for x in dataset]).tolist()
    first = make()
    numbers(first)
    state, expected = first.get_state(), numbers(first)
    second = make()
    second.set_state(state)
    assert numbers(second) == expected
    first.set_state(state)
    assert numbers(first) == expected != numbers(first)


@pytest.mark.parametrize("state", [[], [{}], None, [{"seed": [1], "passes": 1}] * 2])
def test_a_state_of_another_pipeline_is_refused(state):
    with pytest.raises(ValueError, match=r"1 stages with a state, \['Shuffle'\]"):
        Dataset.range(3).shuffle(3).set_state(state)


def test_draws_in_a_function_differ_from_element_to_element_and_pass_to_pass():
    dataset = Dataset.range(20).map(lambda x: tf.random.uniform((), 0, 10 ** 9, "int64"))
    first, second = order(dataset), order(dataset)
    assert len({*first, *second}) == 40
    threaded = Dataset.range(20).map(lambda x: tf.random.uniform((), 0, 10 ** 9, "int64"), num_parallel_calls=4)
    threaded.set_state(dataset.get_state())
    assert order(threaded) == order(dataset)


def test_a_cache_reads_its_source_once():
    calls = []
    dataset = Dataset.range(3).map(lambda x: calls.append(1) or x).cache()
    next(iter(dataset))     # a pass that is broken off keeps nothing
    assert order(dataset) == order(dataset) == [0, 1, 2]
    assert len(calls) == 4
