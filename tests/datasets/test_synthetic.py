"""Made-up data follow the laws that they state."""

import inspect

import numpy as np
import pytest

from minikeras import datasets
from minikeras.datasets import synthetic

ALL = [getattr(synthetic, name) for name in synthetic.__all__]
each = pytest.mark.parametrize("make", ALL, ids=synthetic.__all__)


def parts(made):
    return made if isinstance(made, tuple) else (made,)


@each
def test_a_seed_fixes_the_draws(make):
    noisy = {"noise": 0.1} if "noise" in inspect.signature(make).parameters else {}
    one, same, other, free = (parts(make(40, **noisy, seed=seed)) for seed in (3, 3, 4, None))
    assert all(np.array_equal(a, b) for a, b in zip(one, same))
    assert not np.array_equal(one[0], other[0])
    assert not np.array_equal(one[0], free[0])
    assert make is getattr(datasets, make.__name__)


@each
def test_shapes_and_dtypes(make):
    made = parts(make(41))
    assert [len(part) for part in made] == [41] * len(made)
    assert made[0].dtype == np.float32
    if len(made) == 2:
        assert made[1].dtype == (np.float32 if make is synthetic.make_regression else np.int32)


def test_moons_lie_on_their_half_circles():
    x, y = synthetic.make_moons(200)
    centred = np.where(y[:, None], x - [1, 0.5], x)
    np.testing.assert_allclose(np.hypot(*centred.T), 1, rtol=1e-6)
    assert np.bincount(y).tolist() == [100, 100]
    assert (centred[y == 0, 1] > -1e-6).all()
    assert (centred[y == 1, 1] < 1e-6).all()


def test_circles_have_their_radii():
    x, y = synthetic.make_circles(100, factor=0.3)
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y, 0.3, 1), rtol=1e-6)


def test_spirals_are_turned_into_each_other():
    x, y = synthetic.make_spirals(90, 3, turns=0)
    radius = np.hypot(*x.T)
    out = radius > 0
    np.testing.assert_allclose(x[out] / radius[out, None],
                               np.stack([np.cos(2 * np.pi * y / 3), np.sin(2 * np.pi * y / 3)], 1)[out], atol=1e-6)


def test_blobs_have_their_centers_and_spread():
    places = np.array([[0.0, 10.0, 5.0], [3.0, -3.0, 0.0]])
    x, y = synthetic.make_blobs(4000, centers=places, cluster_std=0.5)
    for c in (0, 1):
        np.testing.assert_allclose(x[y == c].mean(0), places[c], atol=0.06)
        np.testing.assert_allclose(x[y == c].std(0), 0.5, atol=0.04)
    assert len(set(synthetic.make_blobs(50, centers=4)[1])) == 4


def test_classes_differ_in_as_many_features_as_are_informative():
    x, y = synthetic.make_classification(4000, 6, 2, n_classes=4, class_sep=3, flip_y=0)
    means = np.array([x[y == c].mean(0) for c in range(4)])
    assert (np.ptp(means, axis=0) > 0.5).sum() == 2
    same = synthetic.make_classification(4000, 6, 2, n_classes=4, flip_y=0.5)[1]
    assert np.bincount(same).min() > 900


def test_regression_has_its_weights():
    x, y, w = synthetic.make_regression(200, 8, 3, bias=2, coef=True)
    assert np.count_nonzero(w) == 3
    np.testing.assert_allclose(x @ w + 2, y, rtol=1e-3, atol=1e-3)
    noisy = synthetic.make_regression(5000, 2, 2, noise=5, coef=True)
    np.testing.assert_allclose((noisy[1] - noisy[0] @ noisy[2]).std(), 5, rtol=0.05)


def test_series_grow_and_swing():
    plain = synthetic.make_series(48, growth=0, noise=0)
    np.testing.assert_allclose(plain[:12], plain[12:24], rtol=1e-5)
    np.testing.assert_allclose(synthetic.make_series(3, amplitude=0, noise=0), 100 * np.exp([0, 0.01, 0.02]), rtol=1e-6)


@pytest.mark.parametrize("call", [
    lambda: synthetic.make_moons(0), lambda: synthetic.make_circles(factor=1), lambda: synthetic.make_moons(noise=-1),
    lambda: synthetic.make_classification(n_classes=5), lambda: synthetic.make_classification(n_features=1),
    lambda: synthetic.make_blobs(centers=0), lambda: synthetic.make_spirals(n_classes=0),
    lambda: synthetic.make_regression(noise=-1), lambda: synthetic.make_series(period=np.nan)])
def test_arguments_out_of_range(call):
    with pytest.raises(ValueError, match="make_"):
        call()
