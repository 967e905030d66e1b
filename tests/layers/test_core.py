"""Input, Dense, Lambda, Masking, Dropout and the like, against NumPy."""

import numpy as np
import pytest

import minikeras as mk
import minikeras.keras.layers as keras_layers
from minikeras import layers
from minikeras.errors import ShapeError
from minikeras.keras.layers import Dense as KerasDense

RNG = np.random.default_rng(3)
X = RNG.normal(size=(4, 5, 3)).astype("float32")


# --- Dense ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("x", [X[:, 0], X, X[None]], ids=["2 axes", "3 axes", "4 axes"])
def test_dense_multiplies_the_last_axis(x):
    layer = layers.Dense(2, activation="tanh")
    y = layer(x)
    kernel, bias = layer.get_weights()
    np.testing.assert_allclose(np.asarray(y), np.tanh(x @ kernel + bias), rtol=1e-5, atol=1e-6)


def test_dense_without_bias_has_only_a_kernel():
    layer = layers.Dense(2, use_bias=False)
    layer(X)
    assert [v.path.rpartition("/")[2] for v in layer.weights] == ["kernel"]
    assert layer.bias is None


def test_dense_gives_its_options_to_its_weights():
    layer = layers.Dense(2, kernel_initializer="ones", bias_initializer=mk.initializers.Constant(3.0),
                         kernel_regularizer=mk.regularizers.L1(0.5), bias_constraint="max_norm")
    layer(X)
    assert layer.kernel.numpy().tolist() == np.ones((3, 2)).tolist()
    assert layer.bias.numpy().tolist() == [3.0, 3.0]
    assert float(layer.losses[0]) == 3.0
    assert type(layer.bias.constraint).__name__ == "MaxNorm"


def test_dense_casts_integers_to_its_dtype():
    assert layers.Dense(2)(np.ones((2, 3), "int32")).dtype == "float32"


def test_lora_trains_two_thin_matrices_and_starts_at_the_kernel():
    layer = layers.Dense(4, lora_rank=2)
    y = layer(X)
    np.testing.assert_allclose(np.asarray(y), X @ layer.kernel.numpy(), rtol=1e-4, atol=1e-5)
    assert [v.shape for v in layer.trainable_weights] == [(4,), (3, 2), (2, 4)]


def test_a_layer_can_be_adapted_after_its_training():
    layer = layers.Dense(4)
    layer(X)
    layer.enable_lora(2, lora_alpha=1.0, b_initializer="ones")
    a, b = layer.lora_kernel_a.numpy(), layer.lora_kernel_b.numpy()
    np.testing.assert_allclose(np.asarray(layer(X)), X @ (layer.kernel.numpy() + 0.5 * a @ b), rtol=1e-4, atol=1e-5)
    assert (layer.get_config()["lora_rank"], layer.get_config()["lora_alpha"]) == (2, 1.0)
    with pytest.raises(ValueError, match="adapted already"):
        layer.enable_lora(2)


def test_dense_fed_another_width_names_both():
    layer = layers.Dense(2, name="head")
    layer(X)
    with pytest.raises(ShapeError, match=r"Dense 'head': the last axis of the input is 4, but .* built for 3"):
        layer(np.ones((1, 4)))


@pytest.mark.parametrize("units", [0, -1, 2.5, "3", True])
def test_dense_needs_a_whole_number_of_units(units):
    with pytest.raises(ValueError, match="units must be an integer from 1 on"):
        layers.Dense(units)


def test_dense_needs_a_batch_axis():
    with pytest.raises(ShapeError, match=r"at least 2 axes.*\(3,\)"):
        layers.Dense(2)(np.ones(3))


# --- the others ----------------------------------------------------------------------------------

def test_rescaling_scales_and_shifts():
    np.testing.assert_allclose(np.asarray(layers.Rescaling(0.5, offset=1.0)(X)), X * 0.5 + 1, rtol=1e-6)


@pytest.mark.parametrize(("make", "message"), [
    (lambda: layers.Dense(1, use_bias="no"), "Dense: use_bias must be True or False, got 'no'"),
    (lambda: layers.Dense(1, trainable="no"), "Dense: trainable must be True or False, got 'no'"),
    (lambda: layers.Dense(1, lora_rank=-1), "Dense: lora_rank must be an integer from 1 on, got -1"),
    (lambda: layers.Dense(1, lora_rank=1, kernel_constraint="non_neg"), "lora_rank does not go with kernel_constraint"),
    (lambda: layers.Dense(1).enable_lora(2), "dense.*enable_lora: the layer has no weights yet")])
def test_arguments_of_another_type_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_masking_masks_steps_of_nothing_else_and_zeros_them():
    x = np.array([[[2.0, 2.0], [2.0, 3.0]]], "float32")
    y = layers.Masking(2.0)(x)
    assert y.numpy().tolist() == [[[0.0, 0.0], [2.0, 3.0]]]
    assert y._keras_mask.numpy().tolist() == [[False, True]]


# --- Lambda --------------------------------------------------------------------------------------

@mk.saving.register_keras_serializable("tests")
def tripled(x):
    return x * 3.0


def test_lambda_gives_its_function_the_arguments_mask_and_training():
    layer = layers.Lambda(lambda x, power, mask, training: x ** power if training and mask is None else x,
                          arguments={"power": 2})
    np.testing.assert_allclose(np.asarray(layer(X, training=True)), X ** 2, rtol=1e-6)
    np.testing.assert_array_equal(np.asarray(layer(X)), X)


@pytest.mark.parametrize(("output_shape", "shape"), [
    (None, (None, 5, 1)), ((7,), (None, 7)), (lambda shape: (shape[0], shape[2]), (None, 3))])
def test_lambda_has_the_shape_that_it_is_told_or_finds(output_shape, shape):
    layer = layers.Lambda(lambda x: x[..., :1], output_shape=output_shape)
    assert layer.compute_output_shape((None, 5, 3)) == shape


def test_lambda_masks_as_it_is_told():
    y = layers.Lambda(lambda x: x, mask=lambda inputs, mask: inputs[:, :, 0] > 0)(X)
    np.testing.assert_array_equal(y._keras_mask.numpy(), X[:, :, 0] > 0)


def test_lambda_is_saved_by_a_registered_name_only():
    again = layers.Lambda.from_config(layers.Lambda(tripled).get_config())
    np.testing.assert_array_equal(np.asarray(again(X)), X * np.float32(3))
    with pytest.raises(TypeError, match=r"<lambda> cannot be written into a config.*register_keras_serializable"):
        layers.Lambda(lambda x: x).get_config()


def test_lambda_never_runs_bytecode_of_a_file():
    with pytest.raises(ValueError, match="bytecode, which is never run"):
        layers.Lambda.from_config({"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}})


# --- Dropout -------------------------------------------------------------------------------------

BIG = np.ones((200, 300), "float32")


def test_dropout_zeros_its_share_and_scales_the_rest():
    y = np.asarray(layers.Dropout(0.25, seed=1)(BIG, training=True))
    assert set(np.unique(y)) == {0.0, np.float32(1 / 0.75)}
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.01)


def test_dropout_does_nothing_outside_training():
    for training in (False, None):
        np.testing.assert_array_equal(np.asarray(layers.Dropout(0.5)(BIG, training=training)), BIG)


@pytest.mark.parametrize(("rate", "expected"), [(0.0, BIG), (1.0, 0 * BIG)])
def test_dropout_at_its_limits_keeps_or_drops_everything(rate, expected):
    np.testing.assert_array_equal(np.asarray(layers.Dropout(rate)(BIG, training=True)), expected)


def test_dropout_draws_anew_at_each_call_and_repeats_with_its_seed():
    layer = layers.Dropout(0.5, seed=4)
    first, second = (np.asarray(layer(BIG, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.asarray(layers.Dropout(0.5, seed=4)(BIG, training=True)), first)


def test_noise_shape_shares_the_draw_along_axes_of_one():
    y = np.asarray(layers.Dropout(0.5, noise_shape=(None, 1), seed=1)(BIG, training=True))
    assert (y == y[:, :1]).all() and len(np.unique(y)) == 2


def test_the_gradient_of_dropout_is_its_mask():
    x, layer = mk.Variable(BIG), layers.Dropout(0.5, seed=2)
    with mk.GradientTape() as tape:
        y = layer(x, training=True)
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), y.numpy())


@pytest.mark.parametrize(("arguments", "message"), [
    ({"rate": 1.5}, "rate must be a number in 0..1, got 1.5"), ({"rate": "a"}, "rate must be a number .* got 'a'"),
    ({"rate": 0.5, "noise_shape": "ab"}, "noise_shape must be a tuple"),
    ({"rate": 0.5, "noise_shape": (0, 2)}, "noise_shape must be a tuple")])
def test_dropout_refuses_impossible_settings(arguments, message):
    with pytest.raises(ValueError, match=message):
        layers.Dropout(**arguments)


# --- Input ---------------------------------------------------------------------------------------

def test_input_is_a_symbolic_tensor_with_the_batch_left_open():
    x = layers.Input((5, 3), name="x")
    assert (x.shape, x.dtype, x.name) == ((None, 5, 3), "float32", "x")


@pytest.mark.parametrize(("arguments", "message"), [
    ({"shape": 3}, r"Input\(shape=\(3,\)\)"), ({}, "needs `shape`"),
    ({"shape": (3,), "batch_shape": (1, 3)}, "only one"), ({"shape": (3,), "sparse": True}, "sparse is not supported"),
    ({"batch_size": 2, "batch_shape": (1, 3)}, "batch_size=2 does not go with batch_shape"),
    ({"shape": (-1,)}, r"an integer from 0 on, or None .*got \(None, -1\)"), ({"shape": (2.5,)}, "integer from 0 on")])
def test_input_refuses_what_is_no_shape(arguments, message):
    with pytest.raises(ValueError, match=message):
        layers.Input(**arguments)


def test_keras_submodules_are_the_same_objects():
    assert keras_layers is layers
    assert KerasDense is layers.Dense
