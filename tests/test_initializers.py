"""Initializers: moments and bounds of what they draw, against the formulas of their sources."""

import math

import numpy as np
import pytest

import minikeras as mk
from minikeras import initializers as i
from minikeras import kinds, registry

CLASSES = sorted(set(kinds.KINDS["initializers"].values()), key=lambda cls: cls.__name__)
RANDOM = [cls for cls in CLASSES if issubclass(cls, i.RandomInitializer)]
SHAPE = (200, 300)


SHAPES = {i.STFT: (8, 1, 5)}        # of classes that make no matrices


def draw(initializer, shape=None):
    return np.asarray(initializer(shape or SHAPES.get(type(initializer), SHAPE)))


@pytest.mark.parametrize(("initializer", "variance", "bound"), [
    (i.GlorotUniform(seed=1), 2 / 500, math.sqrt(6 / 500)), (i.GlorotNormal(seed=1), 2 / 500, None),
    (i.HeUniform(seed=1), 2 / 200, math.sqrt(6 / 200)), (i.HeNormal(seed=1), 2 / 200, None),
    (i.LecunUniform(seed=1), 1 / 200, math.sqrt(3 / 200)), (i.LecunNormal(seed=1), 1 / 200, None),
    (i.RandomNormal(stddev=0.3, seed=1), 0.09, None), (i.RandomUniform(-0.2, 0.2, seed=1), 0.04 / 3, 0.2),
    (i.TruncatedNormal(stddev=0.3, seed=1), 0.09 * i.TRUNCATED_STD**2, 0.6),
    (i.VarianceScaling(3.0, "fan_out", "uniform", seed=1), 3 / 300, math.sqrt(9 / 300)),
    (i.VarianceScaling(3.0, "fan_avg", "untruncated_normal", seed=1), 3 / 250, None)], ids=repr)
def test_draws_have_mean_0_their_variance_and_bound(initializer, variance, bound):
    values = draw(initializer).astype("float64")
    assert abs(values.mean()) < 5 * math.sqrt(variance / values.size)
    assert values.var() == pytest.approx(variance, rel=0.03)
    if bound is not None:
        assert 0.98 * bound < np.abs(values).max() <= bound * (1 + 1e-6)


@pytest.mark.parametrize(("initializer", "value"), [(i.Zeros(), 0.0), (i.Ones(), 1.0), (i.Constant(2.5), 2.5)])
def test_constants_fill_the_shape(initializer, value):
    np.testing.assert_array_equal(draw(initializer, (2, 3)), np.full((2, 3), value))


def test_identity_is_a_scaled_unit_matrix():
    np.testing.assert_array_equal(draw(i.Identity(gain=2.0), (2, 3)), 2 * np.eye(2, 3))


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (2, 2, 6)])
def test_orthogonal_has_orthonormal_rows_or_columns(shape):
    matrix = draw(i.Orthogonal(gain=2.0, seed=1), shape).reshape(-1, shape[-1]) / 2
    few = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(few @ few.T, np.eye(len(few)), atol=1e-6)


@pytest.mark.parametrize("cls", RANDOM)
def test_one_seed_gives_the_same_values_at_every_call(cls):
    initializer = cls(seed=3)
    np.testing.assert_array_equal(draw(initializer), draw(initializer))
    np.testing.assert_array_equal(draw(initializer), draw(cls(seed=3)))


@pytest.mark.parametrize("cls", RANDOM)
def test_without_a_seed_calls_differ_but_follow_the_global_seed(cls):
    mk.random.set_random_seed(5)
    initializer = cls()
    first, second = draw(initializer), draw(initializer)
    assert not np.array_equal(first, second)
    mk.random.set_random_seed(5)
    np.testing.assert_array_equal(draw(cls()), first)


@pytest.mark.parametrize("cls", CLASSES)
def test_an_initializer_gives_the_dtype_asked_for(cls):
    shape = SHAPES.get(cls, (2, 2))
    assert cls()(shape).dtype == "float32"
    assert cls()(shape, dtype="float64").dtype == "float64"


@pytest.mark.parametrize("cls", CLASSES)
def test_an_initializer_survives_its_config(cls):
    made = cls(seed=3) if cls in RANDOM else cls()
    again = registry.deserialize(registry.serialize_object(made))
    assert type(again) is cls
    np.testing.assert_array_equal(draw(again), draw(made))


@pytest.mark.parametrize(("shape", "fans"), [
    ((), (1, 1)), ((4,), (4, 4)), ((4, 6), (4, 6)), ((3, 2, 4, 6), (24, 36))])
def test_fans_count_the_inputs_and_outputs_of_a_unit(shape, fans):
    assert tuple(i.compute_fans(shape)) == fans


@pytest.mark.parametrize(("name", "cls"), [
    ("glorot_uniform", i.GlorotUniform), ("he_normal", i.HeNormal), ("zeros", i.Zeros), ("ones", i.Ones),
    ("normal", i.RandomNormal), ("uniform", i.RandomUniform), ("GlorotUniform", i.GlorotUniform)])
def test_names_resolve_as_in_keras(name, cls):
    assert type(i.get(name)) is cls


def test_an_array_or_a_function_can_initialize_a_weight():
    layer = mk.layers.Dense(2, kernel_initializer=np.array([[1.0, 2.0]]), bias_initializer=lambda shape, dtype: 3.0
                            * np.ones(shape))
    np.testing.assert_array_equal(np.asarray(layer(np.ones((1, 1)))), [[4.0, 5.0]])


@pytest.mark.parametrize(("arguments", "message"), [
    ({"scale": 0.0}, "scale must be above 0"), ({"mode": "fan"}, "'fan_in', 'fan_out', 'fan_avg'"),
    ({"distribution": "cauchy"}, "distribution must be one of")])
def test_impossible_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        i.VarianceScaling(**arguments)


def test_an_unknown_name_gives_the_nearest_known_one():
    with pytest.raises(ValueError, match="'glorot_uniform'"):
        i.get("glorot_unifrom")


@pytest.mark.parametrize(("name", "cls"), [
    ("IdentityInitializer", i.Identity), ("OrthogonalInitializer", i.Orthogonal), ("orthogonal", i.Orthogonal),
    ("STFTInitializer", i.STFT), ("stft", i.STFT), ("normal", i.RandomNormal), ("uniform", i.RandomUniform),
    ("one", i.Ones), ("zero", i.Zeros), ("glorot_normal", i.GlorotNormal)])
def test_names_of_keras_resolve(name, cls):
    assert type(i.get(name)) is cls


def test_orthogonal_favours_no_sign():
    corners = [draw(i.Orthogonal(seed=seed), (2, 2))[0, 0] > 0 for seed in range(40)]
    assert 10 < sum(corners) < 30


@pytest.mark.parametrize(("side", "part"), [("real", np.real), ("imag", np.imag)])
def test_stft_kernels_are_the_transform_of_a_windowed_piece(side, part):
    piece = np.random.default_rng(0).normal(size=8)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(8) / 8)
    kernel = draw(i.STFT(side, "hann", "spectrum", periodic=True), (8, 1, 5))
    np.testing.assert_allclose(piece @ kernel[:, 0], part(np.fft.rfft(piece * window)) / window.sum(), atol=1e-6)


@pytest.mark.parametrize(("scaling", "size"), [("density", np.sqrt(0.25 + 1 + 4)), ("spectrum", 3.5), (None, 1.0)])
def test_stft_scales_by_the_size_of_its_window(scaling, size):
    kernel = draw(i.STFT(window=[0.5, -1.0, 2.0], scaling=scaling), (3, 1, 2))
    np.testing.assert_allclose(kernel[:, 0, 0], np.array([0.5, -1.0, 2.0]) / size, rtol=1e-6)


@pytest.mark.parametrize(("make", "message"), [
    (lambda: i.STFT("left"), "side must be one of 'real', 'imag'"),
    (lambda: i.STFT(window="han"), "'han' is not known"),
    (lambda: i.STFT(window=[1.0])((2, 1, 2)), "must have 2 numbers"), (lambda: i.STFT()((2, 2)), r"got \(2, 2\)"),
    (lambda: i.Orthogonal()((3,)), r"2 axes or more; got shape \(3,\)"),
    (lambda: i.get(np.ones(2))((3,)), r"shape \(2,\) was given.*a weight of shape \(3,\)")])
def test_what_cannot_be_made_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("seed", ["a", 1.5, -1, True])
def test_what_is_no_seed_is_refused_at_once(seed):
    with pytest.raises(ValueError, match=f"seed must be an integer from 0 on or None, got {seed!r}"):
        i.RandomNormal(seed=seed)


def test_a_generator_as_seed_gives_new_numbers_and_survives_its_config():
    initializer = i.RandomNormal(seed=mk.random.SeedGenerator(5))
    again = i.deserialize(i.serialize(initializer))
    first, second = draw(initializer), draw(initializer)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(draw(again), first)


def test_a_distribution_goes_by_one_name():
    assert i.VarianceScaling(distribution="NORMAL").get_config()["distribution"] == "truncated_normal"
