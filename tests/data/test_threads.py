"""Threads: work ahead, errors that come through, ends, and machines where none can be started."""

import gc
import threading
import time

import pytest

from minikeras import keras
from minikeras.data import Dataset


def running(name):
    return [thread for thread in threading.enumerate() if thread.name.startswith(name)]


def waited(condition):
    """Whether the condition comes true within seconds."""
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.001)
    return condition()


def test_prefetching_works_ahead_of_who_iterates():
    made = []
    iterator = iter(Dataset.range(10).map(lambda x: made.append(threading.current_thread().name) or x).prefetch(3))
    assert not made
    next(iterator)
    assert waited(lambda: len(made) == 4)       # the one that was taken, and three
    time.sleep(0.01)
    assert len(made) == 4
    assert set(made) == {"minikeras prefetch"}


def test_an_error_comes_where_its_element_would_be():
    def function(x):
        if x == 2:
            raise KeyError("two")
        return x
    iterator = iter(Dataset.range(5).map(function).prefetch(5))
    assert [int(next(iterator)), int(next(iterator))] == [0, 1]
    with pytest.raises(KeyError, match="two"):
        next(iterator)


def test_the_thread_ends_with_the_iterator():
    before = len(running("minikeras prefetch"))
    iterator = iter(Dataset.range(5).repeat().prefetch(2))
    next(iterator)
    assert len(running("minikeras prefetch")) == before + 1
    del iterator
    gc.collect()
    assert waited(lambda: len(running("minikeras prefetch")) == before)


def test_the_thread_ends_with_the_data():
    before = len(running("minikeras prefetch"))
    assert len(list(Dataset.range(5).prefetch(2))) == 5
    assert waited(lambda: len(running("minikeras prefetch")) == before)


def test_parallel_calls_run_at_the_same_time():
    meeting = threading.Barrier(3, timeout=5)
    calls = iter(range(100))

    def function(x):
        if next(calls) >= 4:        # the first ones are timed
            meeting.wait()
        return x
    assert [int(x) for x in Dataset.range(10).map(function, num_parallel_calls=3)] == list(range(10))


def test_an_error_in_a_parallel_call_comes_through():
    def function(x):
        return [1, 2][int(x)]
    with pytest.raises(IndexError):
        list(Dataset.range(9).map(function, num_parallel_calls=2))


def test_a_function_that_draws_from_a_seed_generator_is_called_by_one_thread():
    seed = keras.random.SeedGenerator(1)
    names = set()

    def function(x):
        names.add(threading.current_thread().name)
        return keras.random.uniform((), seed=seed)
    list(Dataset.range(9).map(function, num_parallel_calls=2))
    assert names == {threading.current_thread().name}


def test_without_threads_everything_is_done_when_it_is_asked_for(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")
    monkeypatch.setattr(threading.Thread, "start", refuse)
    dataset = Dataset.range(9).map(lambda x: x * 2, num_parallel_calls=2).prefetch(2)
    assert [int(x) for x in dataset] == list(range(0, 18, 2))
