"""Made-up data with known laws, for trying things out.

All give float32 features, and int32 classes or float32 targets, in random order. `seed` fixes the draws; None takes
others each time. `noise` is the standard deviation of a normal error added to the features, or to the target.
"""

import numpy as np

from ..arguments import count, number

__all__ = ["make_blobs", "make_circles", "make_classification", "make_moons", "make_regression", "make_series",
           "make_spirals"]


def make_moons(n_samples=100, noise=0.0, seed=0):
    """Two half circles that reach into each other. Shapes (n, 2), (n,).

    Class 0 lies at (cos t, sin t), class 1 at (1 - cos t, 1/2 - sin t), with t evenly from 0 to pi.
    """
    y, t = _classes("make_moons", n_samples, 2)
    angle = np.pi * t
    x = np.where(y, [1 - np.cos(angle), 0.5 - np.sin(angle)], [np.cos(angle), np.sin(angle)])
    return _finished(x.T, y, noise, seed, "make_moons")


def make_circles(n_samples=100, noise=0.0, factor=0.5, seed=0):
    """A circle of radius 1, class 0, and one of radius `factor` within it, class 1. Shapes (n, 2), (n,)."""
    y, t = _classes("make_circles", n_samples, 2, endpoint=False)
    radius = np.where(y, number("make_circles: factor", factor, 0, 1, below=True), 1)
    x = radius * [np.cos(2 * np.pi * t), np.sin(2 * np.pi * t)]
    return _finished(x.T, y, noise, seed, "make_circles")


def make_spirals(n_samples=100, n_classes=2, turns=1.0, noise=0.0, seed=0):
    """Arms that wind around the origin, a class each. Shapes (n, 2), (n,).

    Class c lies at t (cos a, sin a) with a = 2 pi (turns t + c / n_classes) and t evenly from 0 to 1.
    """
    y, t = _classes("make_spirals", n_samples, count("make_spirals: n_classes", n_classes))
    angle = 2 * np.pi * (number("make_spirals: turns", turns, 0) * t + y / n_classes)
    return _finished((t * [np.cos(angle), np.sin(angle)]).T, y, noise, seed, "make_spirals")


def make_blobs(n_samples=100, n_features=2, centers=3, cluster_std=1.0, center_box=(-10.0, 10.0), seed=0):
    """Normal clouds, a class each. Shapes (n, n_features), (n,).

    centers       how many, drawn evenly from `center_box`; or where they are, (classes, n_features)
    cluster_std   the standard deviation of each cloud
    """
    random = np.random.default_rng(seed)
    if np.ndim(centers):
        places = np.asarray(centers, np.float64)
    else:
        size = count("make_blobs: centers", centers), count("make_blobs: n_features", n_features)
        places = random.uniform(*center_box, size)
    y, _ = _classes("make_blobs", n_samples, len(places))
    return _finished(places[y], y, cluster_std, random, "make_blobs")


def make_classification(n_samples=100, n_features=20, n_informative=2, n_classes=2, class_sep=1.0, flip_y=0.01,
                        seed=0):
    """Classes that differ in some features only. Shapes (n, n_features), (n,).

    The first `n_informative` features of class c are normal about a corner of a cube of half side `class_sep`: the
    binary digits of c say which, so 2**n_informative classes are possible. They are mixed by a random matrix; the
    other features are normal noise. Of the labels a share of `flip_y` is drawn anew. Features are in random order.
    """
    random, where = np.random.default_rng(seed), "make_classification"
    informative = count(f"{where}: n_informative", n_informative)
    if count(f"{where}: n_features", n_features) < informative or n_classes > 2 ** informative:
        raise ValueError(f"{where}: {n_classes} classes need n_informative of at least {(n_classes - 1).bit_length()}, "
                         f"and that many features; got n_informative={n_informative} of n_features={n_features}.")
    y, _ = _classes(where, n_samples, count(f"{where}: n_classes", n_classes))
    corners = (y[:, None] >> np.arange(informative) & 1) * 2 - 1
    x = random.normal(size=(n_samples, n_features))
    x[:, :informative] += number(f"{where}: class_sep", class_sep, 0) * corners
    x[:, :informative] @= random.uniform(-1, 1, (informative, informative)) + np.eye(informative)
    flipped = random.random(n_samples) < number(f"{where}: flip_y", flip_y, 0, 1)
    y = np.where(flipped, random.integers(n_classes, size=n_samples), y)
    return _finished(x[:, random.permutation(n_features)], y, 0, random, where)


def make_regression(n_samples=100, n_features=100, n_informative=10, bias=0.0, noise=0.0, coef=False, seed=0):
    """A linear law: y = x w + bias + noise. Shapes (n, n_features), (n,), and w (n_features,) if `coef`.

    The features are normal; `n_informative` entries of w, drawn evenly from 0 to 100, are not 0.
    """
    random, where = np.random.default_rng(seed), "make_regression"
    shape = count(f"{where}: n_samples", n_samples), count(f"{where}: n_features", n_features)
    x, w = random.normal(size=shape), np.zeros(n_features)
    informative = random.permutation(n_features)[:count(f"{where}: n_informative", n_informative)]
    w[informative] = random.uniform(0, 100, len(informative))
    y = x @ w + number(f"{where}: bias", bias) + random.normal(0, number(f"{where}: noise", noise, 0), n_samples)
    x, y, w = x.astype(np.float32), y.astype(np.float32), w.astype(np.float32)
    return (x, y, w) if coef else (x, y)


def make_series(n_steps=144, level=100.0, growth=0.01, period=12, amplitude=0.2, noise=0.02, seed=0):
    """A series that grows and swings with the seasons, as the monthly numbers of passengers did. Shape (n_steps,).

    level * exp(growth * t + amplitude * sin(2 pi t / period) + noise * e) with t = 0, 1 ... and e standard normal: the
    swings grow with the level. By growth=0 and noise=0 it is periodic.
    """
    random, where = np.random.default_rng(seed), "make_series"
    t = np.arange(count(f"{where}: n_steps", n_steps))
    season = number(f"{where}: amplitude", amplitude) * np.sin(2 * np.pi * t / number(f"{where}: period", period, 1))
    error = random.normal(0, number(f"{where}: noise", noise, 0), n_steps)
    return (level * np.exp(number(f"{where}: growth", growth) * t + season + error)).astype(np.float32)


def _classes(where, n_samples, n_classes, endpoint=True):
    """The class of each sample, in blocks of as equal a size as can be, and its place in the block from 0 to 1."""
    sizes = [len(part) for part in np.array_split(np.empty(count(f"{where}: n_samples", n_samples)), n_classes)]
    return np.repeat(np.arange(n_classes), sizes), np.concatenate([np.linspace(0, 1, n, endpoint) for n in sizes])


def _finished(x, y, noise, seed, where):
    """Features with noise, and classes, in random order."""
    random = np.random.default_rng(seed)
    x = x + random.normal(size=x.shape) * number(f"{where}: noise", noise, 0)
    order = random.permutation(len(x))
    return x[order].astype(np.float32), y[order].astype(np.int32)
