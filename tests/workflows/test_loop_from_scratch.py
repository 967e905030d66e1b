"""Training written as a loop: a tape, an optimizer, metrics; as it is, or as a `tf.function`."""

import numpy as np
import pytest

import minikeras as keras
import minikeras as tf
from minikeras import layers

from .given import agree, labels, table, with_weights


def classifier():
    inputs = keras.Input((8,))
    x = layers.Dense(16, activation="relu")(layers.Dense(16, activation="relu")(inputs))
    return with_weights(keras.Model(inputs, layers.Dense(4)(x)))


def batches(size=16):
    return tf.data.Dataset.from_tensor_slices((table(64, 8), labels(64, 4))).batch(size)


def trained(decorate, epochs=3):
    """Losses of all steps, accuracy of the epochs, final model."""
    model, optimizer = classifier(), keras.optimizers.Adam(0.01)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    accuracy = keras.metrics.SparseCategoricalAccuracy()

    @decorate
    def train_step(x, y):
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = loss_fn(y, logits)
        gradients = tape.gradient(loss, model.trainable_weights)
        optimizer.apply_gradients(zip(gradients, model.trainable_weights))
        accuracy.update_state(y, logits)
        return loss

    losses, accuracies = [], []
    for _ in range(epochs):
        losses += [float(train_step(x, y)) for x, y in batches()]
        accuracies.append(float(accuracy.result()))
        accuracy.reset_state()
    assert int(optimizer.iterations) == len(losses)
    return losses, accuracies, model


def test_a_loop_follows_keras_step_by_step():
    losses, accuracies, _ = trained(lambda step: step)
    agree(losses, [1.3695, 1.431, 1.352, 1.3794, 1.3382, 1.4258, 1.3558, 1.3669, 1.3277, 1.4243, 1.3537, 1.3588])
    agree(accuracies, [0.29688, 0.29688, 0.29688])


def test_a_loop_compiled_by_function_does_the_same_to_the_bit():
    plain, compiled = trained(lambda step: step), trained(tf.function)
    assert plain[:2] == compiled[:2]
    assert all(np.array_equal(a, b) for a, b in zip(plain[2].get_weights(), compiled[2].get_weights()))


def test_a_loop_gives_what_fit_gives():
    losses, _, by_hand = trained(lambda step: step)
    model = classifier()
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(batches(), epochs=3, verbose=0).history
    agree(history["loss"], np.reshape(losses, (3, 4)).mean(1), 1e-6)
    for a, b in zip(by_hand.get_weights(), model.get_weights()):
        agree(a, b, 1e-6)


def test_losses_of_layers_are_added_by_hand():
    class Penalty(layers.Layer):
        def call(self, inputs):
            self.add_loss(1e-2 * tf.reduce_sum(inputs))
            return inputs

    inputs = keras.Input((8,))
    model = with_weights(keras.Model(inputs, layers.Dense(4)(Penalty()(layers.Dense(8, activation="relu")(inputs)))))
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with tf.GradientTape() as tape:
        loss = loss_fn(labels(16, 4), model(table(16, 8), training=True)) + sum(model.losses)
    agree(float(loss), 1.5328)
    agree([float(tf.reduce_sum(g)) for g in tape.gradient(loss, model.trainable_weights)], [
        2.0541, 0.54315, 0.0, 4.0978e-08])


def test_metrics_are_gathered_over_a_validation_pass():
    model, metric = classifier(), keras.metrics.SparseCategoricalAccuracy()
    for x, y in batches(12):
        metric.update_state(y, model(x, training=False))
    right = np.asarray(model(table(64, 8))).argmax(1) == labels(64, 4)
    assert float(metric.result()) == pytest.approx(right.mean())


def test_gradients_accumulated_by_hand_are_those_of_the_large_batch():
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    models = [classifier(), classifier()]
    sums = [tf.Variable(tf.zeros_like(v)) for v in models[0].trainable_variables]
    optimizers = [keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.5)]
    for x, y in batches(16):
        with tf.GradientTape() as tape:
            loss = loss_fn(y, models[0](x)) / 4
        for total, g in zip(sums, tape.gradient(loss, models[0].trainable_variables)):
            total.assign_add(g)
    optimizers[0].apply_gradients(zip([tf.identity(s) for s in sums], models[0].trainable_variables))
    with tf.GradientTape() as tape:
        loss = loss_fn(labels(64, 4), models[1](table(64, 8)))
    optimizers[1].apply_gradients(zip(tape.gradient(loss, models[1].trainable_variables),
                                      models[1].trainable_variables))
    for a, b in zip(*(model.get_weights() for model in models)):
        agree(a, b, 1e-6)


def test_a_line_is_fitted_by_variables_alone():
    class Line(tf.Module):
        def __init__(self):
            super().__init__()
            self.w, self.b = tf.Variable(5.0), tf.Variable(0.0)

        def __call__(self, x):
            return self.w * x + self.b

    x = tf.cast(tf.linspace(-2, 2, 50), tf.float32)
    y = 3.0 * x + 2.0
    line = Line()
    for _ in range(100):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(y - line(x)))
        dw, db = tape.gradient(loss, [line.w, line.b])
        line.w.assign_sub(0.1 * dw)
        line.b.assign_sub(0.1 * db)
    agree([line.w.numpy(), line.b.numpy()], [3.0, 2.0], 1e-3)


def test_policy_gradients_of_one_step_at_a_time():
    inputs = keras.Input((4,))
    common = layers.Dense(8, activation="relu")(inputs)
    model = with_weights(keras.Model(inputs, [layers.Dense(2, activation="softmax")(common), layers.Dense(1)(common)]))
    huber, states, actions = keras.losses.Huber(), table(5, 4), [0, 1, 1, 0, 1]
    with tf.GradientTape() as tape:
        actor, critic = [], []
        for state, action, gained in zip(states, actions, (1.0, 0.5, -0.5, 0.25, -1.0)):
            chances, value = model(tf.expand_dims(tf.convert_to_tensor(state), 0))
            actor.append(-tf.math.log(chances[0, action]) * (gained - value[0, 0]))
            critic.append(huber(tf.expand_dims(value[0, 0], 0), tf.expand_dims(gained, 0)))
        loss = sum(actor) + sum(critic)
    agree(float(loss), 1.0184)
    agree([float(tf.reduce_sum(tf.abs(g))) for g in tape.gradient(loss, model.trainable_variables)], [
        6.0047, 2.6464, 3.3963, 2.0763, 5.757, 4.0727])
