"""Randomness follows from seeds, one generator for each consumer."""

import numpy as np
import pytest

from minikeras.autograd import random
from minikeras.autograd.random import SeedGenerator, derived_generator, set_random_seed
from minikeras.ops import random as draws


@pytest.fixture(autouse=True)
def leave_unseeded():
    yield
    random._root, random._created = None, 0


def numbers(seed=None):
    return draws.normal((4,), seed=seed).numpy().tolist()


def test_global_seed_fixes_everything_made_after_it():
    set_random_seed(7)
    first = [numbers(), numbers(SeedGenerator())]
    set_random_seed(7)
    assert [numbers(), numbers(SeedGenerator())] == first


def test_consumers_differ_from_each_other():
    set_random_seed(7)
    assert numbers() != numbers()


def test_without_a_seed_runs_differ():
    assert numbers() != numbers()


def test_integer_seed_gives_the_same_draw_each_time():
    assert numbers(3) == numbers(3) != numbers(4)


def test_seed_generator_moves_on():
    generator = SeedGenerator(3)
    first = numbers(generator)
    assert first == numbers(3) and numbers(generator) != first


def test_derived_generator_depends_on_its_key_only():
    assert derived_generator(1, 2).random() == derived_generator(1, 2).random() != derived_generator(2, 1).random()


@pytest.mark.parametrize("seed", [-1, 1.5, "a", True])
def test_seeds_are_integers_from_zero_on(seed):
    with pytest.raises(ValueError, match="from 0 on"):
        set_random_seed(seed)
    with pytest.raises(ValueError, match="from 0 on"):
        SeedGenerator(seed)


def test_numpys_own_generator_is_left_alone():
    np.random.seed(0)
    want = np.random.rand()
    np.random.seed(0)
    set_random_seed(1)
    numbers()
    assert np.random.rand() == want


@pytest.mark.parametrize(("draw", "low", "high"), [
    (lambda: draws.uniform((10_000,), -2.0, 3.0, seed=1), -2.0, 3.0),
    (lambda: draws.uniform((10_000,), 1.0, 1.0 + 2e-7, seed=1), 1.0, 1.0 + 2e-7),
    (lambda: draws.truncated_normal((10_000,), 1.0, 0.5, seed=1), 0.0, 2.0),
    (lambda: draws.randint((10_000,), 0, 5, seed=1), 0, 4)])
def test_draws_stay_within_their_bounds(draw, low, high):
    x = draw().numpy()
    assert x.min() >= np.asarray(low, x.dtype) and x.max() <= np.asarray(high, x.dtype)


def test_uniform_never_gives_its_upper_bound():
    assert draws.uniform((100_000,), 0.0, 1.0, seed=0).numpy().max() < 1.0


def test_normal_has_its_mean_and_deviation():
    x = draws.normal((100_000,), 2.0, 3.0, seed=0).numpy()
    assert abs(x.mean() - 2.0) < 0.05 and abs(x.std() - 3.0) < 0.05


def test_keep_mask_keeps_the_mean():
    mask = draws.keep_mask(np.ones((200, 200), np.float32), rate=0.25, seed=0).numpy()
    assert set(np.unique(mask)) == {0.0, np.float32(4 / 3)}
    assert abs(mask.mean() - 1.0) < 0.02


def test_shuffle_is_a_permutation():
    x = np.arange(20)
    y = draws.shuffle(x, seed=1).numpy()
    assert sorted(y.tolist()) == x.tolist() and y.tolist() != x.tolist()
