"""tf.random: shapes, types and seeds as in TensorFlow; the numbers are our own."""

import numpy as np
import pytest

import minikeras as mk
from minikeras.errors import ShapeError
from minikeras.tf import random


@pytest.mark.parametrize(("call", "shape", "dtype"), [
    (lambda: random.normal([2, 3]), (2, 3), "float32"),
    (lambda: random.normal(mk.shape(mk.zeros((2, 1))), dtype=mk.float64), (2, 1), "float64"),
    (lambda: random.uniform((4,), 0, 10, mk.int32), (4,), "int32"),
    (lambda: random.gamma([2], [1.0, 2.0, 3.0]), (2, 3), "float32"),
    (lambda: random.gamma([], [1.0, 2.0], beta=[[3.0], [1.0]]), (2, 2), "float32"),
    (lambda: random.poisson([4], [1.0, 2.0]), (4, 2), "float32"),
    (lambda: random.categorical([[0.0, 1.0]], 4), (1, 4), "int64"),
    (lambda: random.stateless_poisson([2], (1, 2), [3.0, 4.0]), (2,), "int32"),
    (lambda: random.split([1, 2], 3), (3, 2), "int32"),
    (lambda: random.fold_in([1, 2], 3), (2,), "int32"),
    (lambda: random.Generator.from_seed(1).make_seeds(3), (2, 3), "int64"),
    (lambda: random.Generator.from_seed(1).uniform_full_int([2]), (2,), "uint64"),
    (lambda: random.Generator.from_seed(1).binomial([2], 5, 0.5), (2,), "int32"),
])
def test_shapes_and_types(call, shape, dtype):
    draw = call()
    assert (draw.shape, draw.dtype) == (shape, dtype)


def test_a_seed_fixes_a_stream_that_set_seed_starts_again():
    random.set_seed(3)
    first = [float(random.uniform([], seed=1)) for _ in range(2)]
    random.set_seed(3)
    assert [float(random.uniform([], seed=1)) for _ in range(2)] == first
    assert first[0] != first[1]


def test_stateless_draws_depend_on_the_seed_alone():
    draws = [random.stateless_normal([3], seed).numpy() for seed in ([1, 2], (1, 2), [2, 1])]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0] != draws[2]).all()


def test_generators_of_one_seed_agree_and_split_apart():
    one, two = random.Generator.from_seed(7), random.Generator.from_seed(7)
    np.testing.assert_array_equal(one.normal([3]), two.normal([3]))
    first, second = one.split(2)
    assert (first.uniform([3]).numpy() != second.uniform([3]).numpy()).all()


def test_means_that_are_tensors_are_broadcast_and_get_gradients():
    mean = mk.Variable([0.0, 100.0])
    with mk.GradientTape() as tape:
        draw = random.normal([50, 2], mean, [1.0, 2.0])
    np.testing.assert_array_equal(tape.gradient(draw, mean), [50.0, 50.0])
    assert float(mk.reduce_min(draw[:, 1])) > 90


def test_parameters_that_do_not_fit_the_shape_are_refused():
    with pytest.raises(ShapeError, match="do not broadcast"):
        mk.random.gamma((2,), [1.0, 2.0, 3.0])


def test_uniform_integers_need_a_bound():
    with pytest.raises(ValueError, match="maxval"):
        random.uniform([2], dtype="int32")


def test_draws_in_a_plan_go_on():
    f = mk.function(lambda x: x + random.normal([2], seed=5))
    draws = [f(mk.zeros(2)).numpy() for _ in range(4)]
    assert len({tuple(draw) for draw in draws}) == 4
