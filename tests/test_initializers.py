"""Initializers: moments and bounds of what they draw, against the formulas of their sources."""

import math

import numpy as np
import pytest

import minikeras as mk
from minikeras import initializers as i
from minikeras import registry

CLASSES = sorted(set(registry.KINDS["initializers"].values()), key=lambda cls: cls.__name__)
RANDOM = [cls for cls in CLASSES if issubclass(cls, i.RandomInitializer)]
SHAPE = (200, 300)


def draw(initializer, shape=SHAPE):
    return np.asarray(initializer(shape))


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
    assert cls()((2, 2)).dtype == "float32"
    assert cls()((2, 2), dtype="float64").dtype == "float64"


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
