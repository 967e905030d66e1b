"""Randomness follows from seeds, one generator for each consumer."""

import numpy as np
import pytest

from minikeras.autograd import random
from minikeras.autograd.random import SeedGenerator, derived_generator, set_random_seed
from minikeras.autograd.tape import GradientTape
from minikeras.autograd.variable import Variable
from minikeras.errors import DTypeError, ShapeError
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


@pytest.mark.parametrize(("draw", "mean", "deviation"), [
    (lambda shape: draws.gamma(shape, 4.0, seed=0), 4.0, 2.0),
    (lambda shape: draws.beta(shape, 2.0, 3.0, seed=0), 0.4, 0.2),
    (lambda shape: draws.binomial(shape, 20, 0.25, seed=0), 5.0, np.sqrt(3.75))], ids=["gamma", "beta", "binomial"])
def test_draws_have_the_moments_of_their_distribution(draw, mean, deviation):
    x = draw((300, 300)).numpy()
    assert x.dtype == np.float32 and x.shape == (300, 300)
    assert x.mean() == pytest.approx(mean, rel=0.02) and x.std() == pytest.approx(deviation, rel=0.02)


def test_parameters_are_broadcast_to_the_shape():
    x = draws.gamma((2000, 2), np.array([1.0, 100.0], np.float32), seed=0).numpy()
    np.testing.assert_allclose(x.mean(0), [1.0, 100.0], rtol=0.1)


def test_classes_are_drawn_by_their_softmax():
    logits = np.log(np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 1e-30]]))
    logits[1, 2] = -np.inf
    x = draws.categorical(logits, 20_000, seed=0).numpy()
    assert x.dtype == np.int32
    counts = np.stack([np.bincount(row, minlength=3) for row in x]) / 20_000
    np.testing.assert_allclose(counts, [[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]], atol=0.02)


def test_an_impossible_last_class_is_never_drawn():
    x = draws.categorical([[0.0, -np.inf]] * 50, 2000, seed=1).numpy()
    assert not x.any()


def test_logits_of_another_rank_are_refused():
    with pytest.raises(ShapeError, match=r"\(batch, classes\), got \(3,\)"):
        draws.categorical([0.0, 1.0, 2.0], 2)


def test_dropout_zeroes_a_part_and_scales_the_rest():
    x = draws.dropout(np.ones((100, 100), np.float32), 0.25, seed=0).numpy()
    assert set(np.unique(x)) == {0.0, np.float32(4 / 3)}
    assert (x == 0).mean() == pytest.approx(0.25, abs=0.02)


def test_dropout_shares_the_draw_along_extents_of_1():
    x = draws.dropout(np.ones((50, 4), np.float32), 0.5, noise_shape=(None, 1), seed=0).numpy()
    assert (x == x[:, :1]).all() and len(np.unique(x)) == 2


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 1.0), (1.0, 0.0)])
def test_dropout_of_nothing_and_of_all(rate, expected):
    assert (draws.dropout(np.ones(4, np.float32), rate).numpy() == expected).all()


def test_the_gradient_of_dropout_passes_where_numbers_do():
    x = Variable(np.ones(20, np.float32))
    with GradientTape() as tape:
        y = draws.dropout(x, 0.5, seed=3)
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), y.numpy())


def test_randint_refuses_a_float_dtype():
    with pytest.raises(DTypeError, match="randint draws integers, but dtype is 'float32'"):
        draws.randint((2,), 0, 5, dtype="float32")
