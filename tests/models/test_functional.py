"""Models made of inputs and outputs."""

import json

import numpy as np
import pytest

import minikeras as mk
from minikeras import layers, ops
from minikeras.errors import ShapeError

RNG = np.random.default_rng(0)
A, B = (RNG.normal(size=(6, n)).astype("float32") for n in (4, 3))


def two_inputs():
    a, b = mk.Input((4,), name="a"), mk.Input((3,), name="b")
    shared = layers.Dense(5, name="shared")
    y = shared(layers.Concatenate(name="cat")([a, b]))
    z = shared(layers.Dense(7, name="up")(y))
    return mk.Model([a, b], [y, ops.mean(z * 2.0 + y, axis=1, keepdims=True), z[:, 0:2]], name="two")


def dense(layer, x):
    return x @ layer.kernel.numpy() + layer.bias.numpy()


def by_hand(model):
    shared, up = model.get_layer("shared"), model.get_layer("up")
    y = dense(shared, np.concatenate([A, B], 1))
    z = dense(shared, dense(up, y))
    return y, (z * 2 + y).mean(1, keepdims=True), z[:, :2]


def test_several_inputs_and_outputs_shared_layers_ops_and_slices():
    model = two_inputs()
    for got, want in zip(model([A, B]), by_hand(model), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_layers_stand_in_the_order_of_keras():
    # As Keras 3.15 gives it for this model.
    model = two_inputs()
    assert [layer.name for layer in model.layers] == ["a", "b", "cat", "shared", "up"]
    assert model.output_names == ["shared", "mean", "get_item"]
    assert model.input_names == ["a", "b"]


def test_inputs_may_be_given_by_name():
    model = two_inputs()
    for got, want in zip(model({"b": B, "a": A}), model([A, B]), strict=True):
        np.testing.assert_array_equal(got, want)


def test_outputs_keep_the_nest_they_were_given_in():
    x = mk.Input((4,))
    model = mk.Model(x, {"one": x + 1.0, "both": (x, [x * 2.0])})
    made = model(A)
    assert list(made) == ["one", "both"] and isinstance(made["both"], tuple)
    np.testing.assert_array_equal(made["both"][1][0], 2 * A)


def test_a_config_gives_the_same_model():
    model = two_inputs()
    again = mk.Model.from_config(json.loads(json.dumps(model.get_config())))
    again.set_weights(model.get_weights())
    for got, want in zip(again([A, B]), model([A, B]), strict=True):
        np.testing.assert_array_equal(got, want)


def test_ops_that_keras_has_are_written_as_it_writes_them():
    forms = {entry["name"]: entry for entry in two_inputs().get_config()["layers"]}
    assert forms["mean"]["module"] == "keras.src.ops.numpy" and forms["mean"]["class_name"] == "Mean"
    assert forms["mean"]["config"] == {"name": "mean", "axis": 1, "keepdims": True}
    assert forms["get_item"]["inbound_nodes"][0]["args"][1][1] == {
        "class_name": "__slice__", "config": {"start": 0, "stop": 2, "step": None}}


def test_a_nested_model_is_a_layer_and_its_calls_count_from_one():
    x = mk.Input((4,))
    inner = mk.Model(x, layers.Dense(2)(x), name="inner")
    outer = mk.Model(x, inner(x * 2.0))
    np.testing.assert_allclose(outer(A), inner(A * 2), rtol=1e-6)
    assert outer.get_config()["output_layers"] == ["inner", 1, 0]     # as Keras counts
    assert outer.trainable_weights == inner.trainable_weights


def test_a_model_can_be_cut_between_any_two_tensors():
    whole = mk.Sequential([mk.Input((4,)), layers.Dense(3), layers.Dense(2)])
    first = mk.Model(whole.inputs, whole.layers[0].output)
    second = mk.Model(whole.layers[0].output, whole.outputs)
    np.testing.assert_allclose(second(first(A)), whole(A), rtol=1e-6)
    assert second.layers[1] is whole.layers[1]


def test_a_cut_model_has_a_config():
    whole = mk.Sequential([mk.Input((4,)), layers.Dense(3), layers.Dense(2)])
    cut = mk.Model(whole.layers[0].output, whole.output)
    again = mk.Model.from_config(cut.get_config())
    again.set_weights(cut.get_weights())
    np.testing.assert_array_equal(again(B), cut(B))


def test_an_extent_that_is_not_known_is_that_of_the_data():
    x = mk.Input((4,))
    model = mk.Model(x, ops.reshape(x, (ops.shape(x)[0] * 2, 2)))
    assert model(A).shape == (12, 2) and model(A[:1]).shape == (2, 2)


def test_masks_pass_from_layer_to_layer():
    tokens = mk.Input((None,), dtype="int32")
    model = mk.Model(tokens, layers.GlobalAveragePooling1D()(layers.Embedding(5, 3, mask_zero=True)(tokens)))
    np.testing.assert_allclose(model(np.array([[1, 2, 0, 0]])), model(np.array([[1, 2]])), rtol=1e-6)


def test_training_reaches_the_layers():
    x = mk.Input((1000,))
    model = mk.Model(x, layers.Dropout(0.5)(x))
    ones = np.ones((1, 1000), "float32")
    assert np.asarray(model(ones, training=True)).min() == 0 and np.asarray(model(ones)).min() == 1


def test_training_that_was_given_at_the_call_stays():
    x = mk.Input((1000,))
    model = mk.Model(x, layers.Dropout(0.5)(x, training=True))
    assert np.asarray(model(np.ones((1, 1000), "float32"), training=False)).min() == 0


def test_inputs_are_brought_to_their_dtype_and_rank():
    x = mk.Input((1,), dtype="int32")
    model = mk.Model(x, layers.Embedding(5, 2)(x))
    assert model(np.array([1.0, 2.0, 3.0])).shape == (3, 1, 2)


def test_a_subclass_without_a_constructor_takes_inputs_and_outputs():
    class Own(mk.Model):
        def train_step(self, data):
            return {"seven": mk.constant(7.0)}
    x = mk.Input((4,))
    model = Own(x, layers.Dense(1)(x))
    model.compile("sgd", "mse")
    assert type(model) is Own and model.fit(A, A[:, :1], verbose=0).history == {"seven": [7.0]}


def test_a_subclass_may_make_itself_of_inputs_and_outputs():
    class Own(mk.Model):
        def __init__(self, units):
            x = mk.Input((4,))
            super().__init__(inputs=x, outputs=layers.Dense(units)(x))
    assert Own(3)(A).shape == (6, 3)


def test_a_compiled_step_trains_as_an_eager_one():
    def trained(run_eagerly):
        mk.utils.set_random_seed(1)
        model = two_inputs()
        model.compile("adam", "mse", run_eagerly=run_eagerly)
        model.fit([A, B], [np.zeros((6, 5)), np.zeros((6, 1)), np.zeros((6, 2))], epochs=3, batch_size=4, verbose=0)
        return model.get_weights()
    for got, want in zip(trained(False), trained(True), strict=True):
        np.testing.assert_array_equal(got, want)


def test_a_layer_called_only_on_shapes_keeps_nothing_of_it():
    layer = layers.Dense(3)
    layer.compute_output_shape((None, 4))
    with pytest.raises(AttributeError, match="has no output yet"):
        layer.output  # noqa: B018 (it raises)


def test_what_happens_inside_a_layer_is_no_part_of_the_model():
    class Twice(layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(4)

        def call(self, x):
            return self.dense(self.dense(x)) + 1.0
    x, layer = mk.Input((4,)), Twice()
    model = mk.Model(x, layer(x))
    assert model.layers[1:] == [layer] and not hasattr(layer.dense, "output")


def test_a_thousand_layers_are_no_recursion():
    y = x = mk.Input((2,))
    for _ in range(1500):
        y = y + 1.0
    np.testing.assert_array_equal(mk.Model(x, y)(np.zeros((1, 2))), [[1500, 1500]])


@pytest.mark.parametrize(("make", "message"), [
    (lambda x: mk.Model(mk.Input((3,)), x), r"need the input '\w+', which is not among the inputs"),
    (lambda x: mk.Model(np.zeros((2, 4)), x), "inputs must come from Input"),
    (lambda x: mk.Model([x, x], x), "given twice"),
    (lambda x: mk.Model(x, layers.Dense(4, name="n")(layers.Dense(4, name="n")(x))), "two layers have the name 'n'"),
])
def test_a_graph_that_cannot_be_says_why(make, message):
    with pytest.raises(ValueError, match=message):
        make(mk.Input((4,)))


@pytest.mark.parametrize(("given", "kind", "message"), [
    (lambda: [A], ValueError, r"takes 2 inputs \(a, b\), got 1"),
    (lambda: {"a": A}, ValueError, "no value for its input 'b'"),
    (lambda: [A, A], ShapeError, r"its input 'b' must be of shape \(None, 3\) \(batch first\), got \(6, 4\)"),
])
def test_data_that_do_not_fit_the_inputs(given, kind, message):
    with pytest.raises(kind, match=message):
        two_inputs()(given())


def test_a_config_says_how_ops_compute_with_extents_that_are_not_known():
    x = mk.Input((None, 2))
    batch, steps, width = ops.shape(x)
    y = ops.reshape(ops.tile(x, (1, 1, 2)), (batch * steps, 2 * width))[:batch * steps // 2]
    again = mk.Model.from_config(json.loads(json.dumps(mk.Model(x, y).get_config())))
    assert again(np.ones((4, 3, 2))).shape == (6, 4)


def test_add_loss_outside_of_a_call_says_where_to_put_it():
    x = mk.Input((4,))
    with pytest.raises(ValueError, match="Add the loss in the call of a layer"):
        mk.Model(x, x * 2.0).add_loss(ops.sum(x))


def test_a_layer_called_for_inference_stays_so_in_training():
    x = mk.Input((2,))
    norm = mk.layers.BatchNormalization()
    model = mk.Model(x, norm(x, training=False))
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)
    np.testing.assert_array_equal(norm.moving_mean, [0.0, 0.0])
