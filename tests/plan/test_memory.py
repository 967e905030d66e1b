"""Where values lie: places in the arena, memory leased to Variables."""

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minikeras as mk
from minikeras.plan.memory import ALIGNMENT, Arena, Lease, strides_like, take_up

WANTS = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 12), st.integers(0, 6)), min_size=1, max_size=25)


@given(WANTS)
def test_places_that_live_at_one_time_do_not_overlap(wants):
    arena = Arena()
    for key, (nbytes, first, length) in enumerate(wants):
        arena.want(key, nbytes, first, first + length)
    arena.place()
    spans = [(arena.offsets[key], arena.offsets[key] + n, first, first + length)
             for key, (n, first, length) in enumerate(wants)]
    for i, (start, end, first, last) in enumerate(spans):
        for other_start, other_end, other_first, other_last in spans[:i]:
            assert end <= other_start or other_end <= start or last < other_first or other_last < first
    assert max(end for _, end, _, _ in spans) <= arena.size


def test_what_lives_one_after_another_shares_memory():
    arena = Arena()
    for n in range(10):
        arena.want(n, 1000, n, n)
    arena.place()
    assert arena.size == 1024


@pytest.mark.parametrize("shape", [(), (3,), (4, 5), (0, 2)])
def test_an_array_of_the_arena_is_aligned(shape):
    arena = Arena()
    like = np.zeros(shape)
    arena.want("a", 8, 0, 0)
    arena.want("b", like.nbytes, 0, 0)
    arena.place()
    array = arena.array("b", like)
    assert array.shape == shape and array.ctypes.data % ALIGNMENT == 0


@pytest.mark.parametrize("make", [lambda x: x, lambda x: x.T, lambda x: x.transpose(1, 2, 0), lambda x: x[::2],
                                  lambda x: x[:, :, ::-1], lambda x: np.asfortranarray(x), lambda x: x[:0]])
def test_strides_keep_the_order_of_the_axes_as_numpy_does_for_a_result(make):
    x = make(np.zeros((4, 3, 5), np.float32))
    assert np.ndarray(x.shape, x.dtype, np.empty(1000, np.uint8), 0, strides_like(x)).strides == np.exp(x).strides \
        or not x.size


def test_plans_that_update_the_same_variables_share_their_memory():
    v, w = mk.Variable([1.0, 2.0]), mk.Variable([[3.0]])
    lease = Lease([v, w])
    assert Lease([v, w]) is lease
    assert Lease([w, v]) is not lease
    assert [view.shape for view in lease.views] == [(2,), (1, 1)]
    assert all(np.shares_memory(view, lease.whole) for view in lease.views)


def test_reading_a_leased_variable_copies():
    v = mk.Variable([1.0, 2.0])
    lease = Lease([v])
    take_up(v, lease.views[0])
    kept, as_array, tensor = v.value, np.asarray(v), v + 0.0
    lease.whole[:] = 7.0
    assert v.numpy().tolist() == [7.0, 7.0]
    assert kept.numpy().tolist() == as_array.tolist() == tensor.numpy().tolist() == [1.0, 2.0]


def test_assigning_a_leased_variable_leaves_the_memory_alone():
    v = mk.Variable([1.0, 2.0])
    lease = Lease([v])
    take_up(v, lease.views[0])
    v.assign([5.0, 6.0])
    assert lease.whole.tolist() == [1.0, 2.0] and v.numpy().tolist() == [5.0, 6.0]
    take_up(v, lease.views[0])
    assert lease.whole.tolist() == [5.0, 6.0] and v._array is lease.views[0]


def test_a_plan_keeps_no_numbers_of_the_recorded_run():
    made = []

    @mk.function
    def chain(x):
        for _ in range(3):
            x = mk.tanh(x @ x)
            made.append(weakref.ref(x._array))
        return x
    gc.collect()
    gc.disable()        # what the collector would have to find may wait for it for long
    try:
        for _ in range(9):      # recorded again at some of them
            chain(np.eye(4))
        assert chain.plan().source
        assert len(made) > 9 and all(array() is None for array in made)
    finally:
        gc.enable()
