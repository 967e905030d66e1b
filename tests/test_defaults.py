"""config, backend and dtype_policies: the defaults that everything shares, and that they reach what they should."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import backend, config, dtype_policies, losses, mixed_precision
from minikeras import backend as K  # noqa: N812 (as programs do)


@pytest.fixture
def defaults():
    before = config.floatx(), config.epsilon()
    yield
    config.set_floatx(before[0])
    config.set_epsilon(before[1])
    config.set_dtype_policy(None)


def test_epsilon_reaches_losses_and_ops(defaults):
    config.set_epsilon(0.1)
    assert backend.epsilon() == 0.1
    np.testing.assert_allclose(losses.binary_crossentropy([1.0], [0.0]), -np.log(0.1), rtol=1e-6)
    np.testing.assert_allclose(mk.ops.normalize([0.05, 0.0]), [0.5, 0.0], rtol=1e-6)


@pytest.mark.parametrize("value", [0, -1.0, float("inf"), "small", True])
def test_epsilon_is_a_small_number(value):
    with pytest.raises(ValueError, match="set_epsilon"):
        config.set_epsilon(value)


def test_a_policy_is_the_type_of_layers_made_from_then_on(defaults):
    config.set_dtype_policy("float64")
    assert config.dtype_policy().name == mk.layers.Dense(1).dtype == "float64"
    assert mk.ops.zeros(1).dtype == "float32"
    assert mk.layers.Dense(1, dtype=dtype_policies.DTypePolicy("float16")).dtype == "float16"


@pytest.mark.parametrize("name", ["mixed_float16", "mixed_bfloat16", "int8_from_float32", "int32"])
def test_mixed_and_quantized_policies_are_refused(name):
    with pytest.raises(ValueError, match="float16, float32, float64"):
        mixed_precision.set_global_policy(name)


def test_a_policy_comes_back_from_its_config():
    policy = dtype_policies.get("float64")
    assert dtype_policies.deserialize(dtype_policies.serialize(policy)) == policy == dtype_policies.get(policy)
    assert (policy.compute_dtype, policy.variable_dtype, policy.quantization_mode) == ("float64", "float64", None)
    assert dtype_policies.get(None).name == "float32"


def test_the_backend_is_numpy():
    assert config.backend() == backend.backend() == "numpy"
    config.set_backend("numpy")
    with pytest.raises(ValueError, match="'numpy'"):
        config.set_backend("tensorflow")


def test_names_count_by_prefix():
    first, second = backend.get_uid("test_names_count"), backend.get_uid("test_names_count")
    assert (first, second) == (1, 2)


@pytest.mark.parametrize(("dtypes", "want"), [
    (("int32", "float32"), "float32"), ((), "float32"), (("int64",), "int64"), ((int, "float16"), "float16"),
    ((float, "int32"), "float32"), ((int,), "int32"), (("uint8", "int8"), "int16"), ((float,), "float32")])
def test_result_type_promotes(dtypes, want):
    assert backend.result_type(*dtypes) == want


X = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]], "float32")


@pytest.mark.parametrize(("got", "want"), [
    (lambda: K.mean(X, axis=1), X.mean(1)), (lambda: K.argmax(X), X.argmax(-1)),
    (lambda: K.clip(X, -1, 1), X.clip(-1, 1)),
    (lambda: K.dot(X, X.T), X @ X.T), (lambda: K.permute_dimensions(X, (1, 0)), X.T), (lambda: K.flatten(X), X.ravel()),
    (lambda: K.batch_dot(X, X), (X * X).sum(1, keepdims=True)), (lambda: K.repeat(X, 2), X[:, None].repeat(2, 1)),
    (lambda: K.batch_dot(X[:, None], X[:, :, None]), (X * X).sum(1)[:, None, None]),
    (lambda: K.relu(X, alpha=0.5, max_value=2.0), np.minimum(np.where(X > 0, X, 0.5 * X), 2)),
    (lambda: K.switch(True, lambda: X, lambda: -X), X),
    (lambda: K.switch([True, False], X, -X), [X[0], -X[1]]),
    (lambda: K.expand_dims(X), X[..., None]), (lambda: K.gather(X, [1]), X[[1]]), (lambda: K.eye(2), np.eye(2)),
    (lambda: K.batch_flatten(X[:, None]), X), (lambda: K.update_add(K.variable(X), 1.0), X + 1),
    (lambda: K.update(K.variable(X), -X), -X), (lambda: K.cast_to_floatx(np.arange(2)), [0, 1]),
    (lambda: K.concatenate([X, X]), np.concatenate([X, X], -1)), (lambda: K.reverse(X, 1), X[:, ::-1]),
    (lambda: K.shape(X), [2, 3]), (lambda: K.get_value(K.variable(X)), X), (lambda: K.pow(X, 2), X ** 2),
    (lambda: K.l2_normalize(X, 1), X / np.linalg.norm(X, axis=1, keepdims=True)),
    (lambda: K.in_top_k(X, [2, 1], 1), [True, False]), (lambda: K.one_hot([1], 2), [[0, 1]]),
])
def test_functions_of_keras_2(got, want):
    np.testing.assert_allclose(got(), want, rtol=1e-6)


def test_int_shape_is_a_tuple_with_none():
    assert K.int_shape(mk.Input((3,))) == (None, 3)


def test_random_bernoulli_is_0_or_1():
    draws = np.asarray(K.random_bernoulli((1000,), 0.25, seed=1))
    assert set(draws) == {0.0, 1.0}
    assert abs(draws.mean() - 0.25) < 0.05
