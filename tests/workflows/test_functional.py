"""Models of inputs and outputs: several of them, shared layers, cuts, nests, and their training."""

import numpy as np
import pytest

import minikeras as keras
from minikeras import layers, ops

from .given import agree, labels, table, with_weights


def tickets():
    """The router of support tickets: two texts and tags in, a priority and a department out."""
    title, body = keras.Input((None,), name="title"), keras.Input((None,), name="body")
    tags = keras.Input((12,), name="tags")
    features = [layers.LSTM(8)(layers.Embedding(100, 8)(title)), layers.LSTM(4)(layers.Embedding(100, 8)(body)), tags]
    x = layers.concatenate(features)
    outputs = {"priority": layers.Dense(1, name="priority")(x), "department": layers.Dense(4, name="department")(x)}
    return keras.Model([title, body, tags], outputs)


@pytest.fixture
def ticket_data():
    draws = np.random.RandomState(1)
    x = {"title": draws.randint(100, size=(24, 10)), "body": draws.randint(100, size=(24, 12)),
         "tags": draws.randint(2, size=(24, 12)).astype("float32")}
    return x, {"priority": draws.random_sample((24, 1)), "department": np.eye(4)[draws.randint(4, size=24)]}


def compiled(model):
    model.compile(
        keras.optimizers.RMSprop(1e-3),
        loss={"priority": keras.losses.BinaryCrossentropy(from_logits=True),
              "department": keras.losses.CategoricalCrossentropy(from_logits=True)},
        metrics={"priority": "mae", "department": ["accuracy", "mse"]},
        loss_weights={"priority": 1.0, "department": 0.2})
    return model


def test_several_inputs_and_outputs_train_as_in_keras(ticket_data):
    x, y = ticket_data
    model = compiled(with_weights(tickets()))
    history = model.fit(x, y, epochs=2, batch_size=9, shuffle=False, validation_split=0.25, verbose=0).history
    agree(history, {
        "department_accuracy": [0.55556, 0.5], "department_loss": [1.2863, 1.2768],
        "department_mse": [0.42653, 0.4285], "loss": [0.97623, 0.97176], "priority_loss": [0.71897, 0.71639],
        "priority_mae": [0.58756, 0.57227], "val_department_accuracy": [0.33333, 0.33333],
        "val_department_loss": [1.3941, 1.3937], "val_department_mse": [0.46317, 0.46945],
        "val_loss": [0.99911, 0.99887], "val_priority_loss": [0.72029, 0.72012],
        "val_priority_mae": [0.69704, 0.68859]})


def test_what_is_evaluated_is_named_by_output(ticket_data):
    x, y = ticket_data
    model = compiled(with_weights(tickets()))
    found = model.evaluate(x, y, verbose=0, return_dict=True)
    agree(found, {
        "department_accuracy": 0.5, "department_loss": 1.3104, "department_mse": 0.43341, "loss": 0.98168,
        "priority_loss": 0.7196, "priority_mae": 0.62174})
    assert len(model.evaluate([x["title"], x["body"], x["tags"]], y, verbose=0)) == len(found)


def test_predictions_have_the_structure_of_the_outputs(ticket_data):
    x, _ = ticket_data
    found = tickets().predict(x, verbose=0)
    assert {name: value.shape for name, value in found.items()} == {"priority": (24, 1), "department": (24, 4)}


def test_lists_of_losses_metrics_and_weights_go_by_the_order_of_outputs():
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    x = layers.Concatenate()([layers.Dense(5, activation="tanh")(a), layers.Dense(5)(b)])
    outputs = [layers.Dense(2, name="first")(x), layers.Dense(1, activation="sigmoid", name="second")(x)]
    model = with_weights(keras.Model([a, b], outputs))
    model.compile("adam", loss=["mse", "binary_crossentropy"], loss_weights=[0.5, 2.0],
                  metrics=[["mae"], ["accuracy", keras.metrics.AUC(name="auc")]])
    x, y = [table(20, 4), table(20, 3)], [table(20, 2), labels(20, 2).reshape(-1, 1)]
    weights = [np.linspace(0, 1, 20), np.linspace(1, 2, 20)]
    history = model.fit(x, y, sample_weight=weights, epochs=2, batch_size=5, shuffle=False, verbose=0).history
    agree(history, {
        "first_loss": [0.13727, 0.13135], "first_mae": [0.46805, 0.45589], "loss": [2.1689, 2.1607],
        "second_accuracy": [0.45, 0.45], "second_auc": [0.40909, 0.37374], "second_loss": [1.0501, 1.0475]})
    agree(model.test_on_batch(x, y), [1.5335, 0.26042, 0.70167, 0.44781, 0.45, 0.4899])


def test_a_shared_layer_has_one_set_of_weights():
    embedding = layers.Embedding(1000, 16)
    a, b = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    model = keras.Model([a, b], [embedding(a), embedding(b)])
    assert len(model.weights) == 1 and len(model.layers) == 3


def residual_network():
    inputs = keras.Input((12, 12, 3), name="img")
    x = layers.Conv2D(4, 3, activation="relu", name="first")(inputs)
    block = layers.MaxPooling2D(2, name="pooled")(x)
    x = layers.Conv2D(4, 3, activation="relu", padding="same")(block)
    x = layers.add([x, block])
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(3)(layers.Dropout(0.5)(x)), name="residual")


def test_a_residual_network_gives_what_keras_gives():
    images = table(2, 12 * 12 * 3).reshape(2, 12, 12, 3)
    agree(with_weights(residual_network())(images), [[-0.08489, 0.27831, -0.27506], [-0.06973, 0.29193, -0.24982]])


def test_every_intermediate_tensor_can_be_an_output():
    model = residual_network()
    features = keras.Model(model.inputs, [layer.output for layer in model.layers])
    assert [tuple(f.shape) for f in features(np.ones((1, 12, 12, 3)))] == [
        (1, *layer.output.shape[1:]) for layer in model.layers]


def test_a_model_can_be_cut_in_two():
    model = with_weights(residual_network())
    front = keras.Model(model.input, model.get_layer("pooled").output)
    back = keras.Model(model.get_layer("pooled").output, model.output)
    images = table(2, 12 * 12 * 3).reshape(2, 12, 12, 3)
    agree(back(front(images)), np.asarray(model(images)), 1e-6)


def test_models_are_layers_of_models():
    inputs = keras.Input((28, 28, 1))
    x = layers.MaxPooling2D(3)(layers.Conv2D(16, 3, activation="relu")(inputs))
    encoder = keras.Model(inputs, layers.GlobalMaxPooling2D()(x), name="encoder")
    codes = keras.Input((16,))
    x = layers.UpSampling2D(3)(layers.Conv2DTranspose(16, 3)(layers.Reshape((4, 4, 1))(codes)))
    decoder = keras.Model(codes, x, name="decoder")
    image = keras.Input((28, 28, 1))
    autoencoder = keras.Model(image, decoder(encoder(image)))
    assert autoencoder.output_shape == (None, 18, 18, 16)
    assert [layer.name for layer in autoencoder.layers][1:] == ["encoder", "decoder"]
    assert autoencoder.count_params() == encoder.count_params() + decoder.count_params()


def test_an_ensemble_averages_its_members():
    def member():
        inputs = keras.Input((8,))
        return keras.Model(inputs, layers.Dense(1)(inputs))

    members = [member() for _ in range(3)]
    inputs = keras.Input((8,))
    ensemble = keras.Model(inputs, layers.average([each(inputs) for each in members]))
    x = table(4, 8)
    agree(ensemble(x), np.mean([np.asarray(each(x)) for each in members], axis=0), 1e-6)


def test_ops_and_slices_are_part_of_a_model_and_of_its_config():
    x = keras.Input((4, 4))
    y = ops.sqrt(ops.sum(x * x, axis=-1) + x[:, 0])
    model = keras.Model(x, ops.concatenate([y, -y[:, :2]], axis=1))
    given = table(3, 16).reshape(3, 4, 4)
    root = np.sqrt((given ** 2).sum(-1) + given[:, 0])
    for each in (model, keras.Model.from_config(model.get_config())):
        agree(each(given), np.concatenate([root, -root[:, :2]], axis=1), 1e-6)


def test_a_sequential_model_grows_and_shrinks():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="a"), layers.Dense(3, name="b")])
    assert model.output_shape == (None, 3)
    model.pop()
    assert model.output_shape == (None, 2) and len(model.layers) == 1
    features = keras.Model(model.inputs, model.get_layer("a").output)
    assert features(np.ones((1, 4))).shape == (1, 2)


def test_a_model_comes_back_from_json_and_from_its_layers():
    model = with_weights(residual_network())
    again = keras.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    images = table(2, 12 * 12 * 3).reshape(2, 12, 12, 3)
    agree(again.predict(images, verbose=0), model.predict(images, verbose=0), 1e-6)
    clone = keras.models.clone_model(model)
    assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]
