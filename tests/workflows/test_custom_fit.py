"""Models with a train_step of their own: a GAN, a VAE, contrastive and distilled ones, and smaller changes of `fit`."""

import numpy as np

import minikeras as keras
import minikeras as tf
from minikeras import layers, ops

from .given import agree, labels, table, with_weights


class OwnStep(keras.Model):
    def train_step(self, data):
        x, y, *weight = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=weight[0] if weight else None)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


def regression(cls):
    inputs = keras.Input((6,))
    return with_weights(cls(inputs, layers.Dense(1)(layers.Dense(4, activation="tanh")(inputs))))


def test_a_train_step_of_ones_own_gives_what_fit_does():
    histories = []
    for cls in (keras.Model, OwnStep):
        model = regression(cls)
        model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
        histories.append(model.fit(table(40, 6), table(40, 1, 1), batch_size=8, epochs=3, shuffle=False,
                                   sample_weight=np.linspace(0, 1, 40), verbose=0).history)
    agree(histories[1], histories[0], 1e-5)
    agree(histories[1], {"loss": [0.11669, 0.073056, 0.050617], "mae": [0.37622, 0.29646, 0.26311]})


def test_losses_and_metrics_may_be_ones_own_altogether():
    class Everything(keras.Model):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.loss_tracker = keras.metrics.Mean(name="loss")
            self.mae_metric = keras.metrics.MeanAbsoluteError(name="mae")
            self.loss_fn = keras.losses.MeanSquaredError()

        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.loss_fn(y, y_pred)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
            self.loss_tracker.update_state(loss)
            self.mae_metric.update_state(y, y_pred)
            return {"loss": self.loss_tracker.result(), "mae": self.mae_metric.result()}

        @property
        def metrics(self):
            return [self.loss_tracker, self.mae_metric]

    model = regression(Everything)
    model.compile(optimizer="rmsprop")
    history = model.fit(table(40, 6), table(40, 1, 1), epochs=3, batch_size=8, shuffle=False, verbose=0).history
    agree(history, {"loss": [0.246, 0.22527, 0.21152], "mae": [0.40552, 0.38421, 0.37158]})


def test_test_step_and_predict_step_are_ones_own():
    class Doubled(keras.Model):
        def test_step(self, data):
            x, y = data
            return {"distance": ops.mean(ops.abs(y - self(x, training=False)))}

        def predict_step(self, data):
            return 2 * self(data, training=False)

    model = regression(Doubled)
    model.compile(loss="mse")
    x, y = table(16, 6), table(16, 1, 1)
    agree(model.predict(x, verbose=0), 2 * np.asarray(model(x)), 1e-6)
    found = model.evaluate(x, y, batch_size=16, verbose=0, return_dict=True)
    agree(found, {"distance": np.abs(y - np.asarray(model(x))).mean()}, 1e-6)


def test_the_loss_alone_may_be_ones_own():
    class OwnLoss(keras.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return ops.mean(ops.square(y - y_pred)) + 0.1 * ops.mean(ops.square(x))

    model = regression(OwnLoss)
    model.compile("sgd")
    x = table(16, 6)
    y = np.asarray(model(x))
    history = model.fit(x, y, batch_size=16, verbose=0).history
    agree(history, {"loss": [0.1 * (x ** 2).mean()]}, 1e-5)


class GAN(keras.Model):
    def __init__(self, discriminator, generator, noise):
        super().__init__()
        self.discriminator, self.generator, self.noise = discriminator, generator, noise
        self.d_loss, self.g_loss = keras.metrics.Mean(name="d_loss"), keras.metrics.Mean(name="g_loss")

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

    @property
    def metrics(self):
        return [self.d_loss, self.g_loss]

    def train_step(self, real_images):
        count = tf.shape(real_images)[0]
        noise = self.noise(count)
        images = tf.concat([self.generator(noise), real_images], axis=0)
        truth = tf.concat([tf.ones((count, 1)), tf.zeros((count, 1))], axis=0)
        with tf.GradientTape() as tape:
            d_loss = self.loss_fn(truth, self.discriminator(images))
        gradients = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply_gradients(zip(gradients, self.discriminator.trainable_weights))
        with tf.GradientTape() as tape:
            g_loss = self.loss_fn(tf.zeros((count, 1)), self.discriminator(self.generator(noise)))
        gradients = tape.gradient(g_loss, self.generator.trainable_weights)
        self.g_optimizer.apply_gradients(zip(gradients, self.generator.trainable_weights))
        self.d_loss.update_state(d_loss)
        self.g_loss.update_state(g_loss)
        return {"d_loss": self.d_loss.result(), "g_loss": self.g_loss.result()}


def gan(noise):
    discriminator = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Conv2D(4, 3, strides=2, padding="same"), layers.LeakyReLU(0.2),
        layers.GlobalMaxPooling2D(), layers.Dense(1)])
    generator = keras.Sequential([
        keras.Input((5,)), layers.Dense(4 * 4 * 3), layers.LeakyReLU(0.2), layers.Reshape((4, 4, 3)),
        layers.Conv2DTranspose(4, 4, strides=2, padding="same"), layers.LeakyReLU(0.2),
        layers.Conv2D(1, 5, padding="same", activation="sigmoid")])
    model = GAN(with_weights(discriminator), with_weights(generator, seed=1), noise)
    model.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.02),
                  keras.losses.BinaryCrossentropy(from_logits=True))
    return model


def test_a_gan_on_given_noise_follows_keras():
    noise = tf.constant(table(8, 5, seed=3))
    images = table(24, 64).reshape(24, 8, 8, 1)
    history = gan(lambda count: noise).fit(images, batch_size=8, epochs=3, shuffle=False, verbose=0).history
    agree(history, {"d_loss": [0.68125, 0.69716, 0.7014], "g_loss": [0.65287, 0.63788, 0.67647]}, 5e-4)


def test_a_gan_draws_new_noise_in_every_step():
    drawn = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            drawn.append(logs["g_loss"])

    model = gan(lambda count: tf.random.normal((count, 5)))
    model.d_optimizer.learning_rate = model.g_optimizer.learning_rate = 0.0
    images = table(8, 64).reshape(8, 8, 8, 1)
    model.fit(tf.data.Dataset.from_tensor_slices(images).batch(8), epochs=6, callbacks=[Watch()], verbose=0)
    assert len(set(map(float, drawn))) == 6


class Sampling(layers.Layer):
    """Draws z from a normal distribution, by the reparametrization trick."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs):
        mean, log_variance = inputs
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise


class VAE(keras.Model):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.trackers = [keras.metrics.Mean(name=name) for name in ("loss", "reconstruction", "kl")]

    @property
    def metrics(self):
        return self.trackers

    def train_step(self, data):
        with tf.GradientTape() as tape:
            mean, log_variance, z = self.encoder(data)
            reconstruction = ops.mean(ops.sum(keras.losses.binary_crossentropy(data, self.decoder(z)), axis=(1, 2)))
            kl = -0.5 * (1 + log_variance - ops.square(mean) - ops.exp(log_variance))
            kl = ops.mean(ops.sum(kl, axis=1))
            loss = reconstruction + kl
        self.optimizer.apply_gradients(zip(tape.gradient(loss, self.trainable_weights), self.trainable_weights))
        for tracker, value in zip(self.trackers, (loss, reconstruction, kl)):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self.trackers}


def vae():
    images = keras.Input((8, 8, 1))
    x = layers.Flatten()(layers.Conv2D(4, 3, activation="relu", strides=2, padding="same")(images))
    mean, log_variance = layers.Dense(2, name="mean")(x), layers.Dense(2, name="log_variance")(x)
    encoder = keras.Model(images, [mean, log_variance, Sampling()([mean, log_variance])], name="encoder")
    codes = keras.Input((2,))
    x = layers.Reshape((4, 4, 4))(layers.Dense(4 * 4 * 4, activation="relu")(codes))
    x = layers.Conv2DTranspose(1, 3, strides=2, activation="sigmoid", padding="same")(x)
    return VAE(with_weights(encoder), with_weights(keras.Model(codes, x, name="decoder")))


def test_a_vae_trains_encoder_and_decoder_together():
    model = vae()
    model.compile(keras.optimizers.Adam(0.01))
    x = table(64, 64).reshape(64, 8, 8, 1)
    history = model.fit(x, epochs=3, batch_size=16, shuffle=False, verbose=0).history
    agree(history["loss"], np.add(history["reconstruction"], history["kl"]), 1e-4)
    assert history["loss"][2] < history["loss"][0]
    assert len(model.trainable_weights) == 6 + 4


def test_the_kl_part_of_the_vae_is_keras_one_at_the_start():
    model = vae()       # whatever is drawn, the first step's KL divergence depends on the weights alone
    model.compile(keras.optimizers.SGD(0.0))
    kl = model.fit(table(16, 64).reshape(16, 8, 8, 1), batch_size=16, verbose=0).history["kl"]
    agree(kl, [29196000000000.0])


class Siamese(keras.Model):
    def __init__(self, embedding, margin=0.5):
        super().__init__()
        self.embedding, self.margin = embedding, margin
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def call(self, inputs):
        anchor, positive, negative = [self.embedding(x) for x in inputs]
        return (tf.reduce_sum(tf.square(anchor - positive), -1), tf.reduce_sum(tf.square(anchor - negative), -1))

    def triplet_loss(self, data):
        near, far = self(data)
        return tf.maximum(near - far + self.margin, 0.0)

    def train_step(self, data):
        with tf.GradientTape() as tape:
            loss = self.triplet_loss(data)
        gradients = tape.gradient(loss, self.embedding.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.embedding.trainable_weights))
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}

    def test_step(self, data):
        self.loss_tracker.update_state(self.triplet_loss(data))
        return {"loss": self.loss_tracker.result()}

    @property
    def metrics(self):
        return [self.loss_tracker]


def test_triplets_that_are_fed_from_a_dataset_follow_keras():
    embedding = keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(3)])
    model = Siamese(with_weights(embedding))
    model.compile(keras.optimizers.Adam(0.01))
    parts = [tf.data.Dataset.from_tensor_slices(table(16, 6, seed)) for seed in range(3)]
    triplets = tf.data.Dataset.zip(tuple(parts)).batch(8)
    history = model.fit(triplets, validation_data=triplets, epochs=3, verbose=0).history
    agree(history, {"loss": [0.49967, 0.49473, 0.48922], "val_loss": [0.49601, 0.49094, 0.48452]})


class Contrastive(keras.Model):
    """Pulls two views of a sample together, away from all other samples (SimCLR)."""

    def __init__(self, encoder, temperature=0.1):
        super().__init__()
        self.encoder, self.temperature = encoder, temperature
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")

    def train_step(self, data):
        views = data
        with tf.GradientTape() as tape:
            a, b = [ops.normalize(self.encoder(view, training=True), axis=1) for view in views]
            similarities = ops.matmul(a, ops.transpose(b)) / self.temperature
            partners = ops.arange(ops.shape(a)[0])
            loss = (keras.losses.sparse_categorical_crossentropy(partners, similarities, from_logits=True)
                    + keras.losses.sparse_categorical_crossentropy(
                        partners, ops.transpose(similarities), from_logits=True)) / 2
        self.optimizer.apply(tape.gradient(loss, self.encoder.trainable_weights), self.encoder.trainable_weights)
        self.loss_tracker.update_state(loss)
        self.accuracy.update_state(partners, similarities)
        return {"loss": self.loss_tracker.result(), "accuracy": self.accuracy.result()}

    @property
    def metrics(self):
        return [self.loss_tracker, self.accuracy]


def test_contrastive_learning_follows_keras():
    encoder = with_weights(keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(4)]))
    model = Contrastive(encoder)
    model.compile(keras.optimizers.Adam(0.01))
    x = table(32, 6)
    views = tf.data.Dataset.from_tensor_slices((x, x + 0.1 * table(32, 6, 1))).batch(16)
    agree(model.fit(views, epochs=4, verbose=0).history, {
        "loss": [2.0552, 1.4784, 1.0562, 1.0079], "accuracy": [0.71875, 0.84375, 0.875, 0.8125]}, 5e-4)


def test_a_student_learns_from_a_teacher_as_in_keras():
    class Distiller(keras.Model):
        def __init__(self, student, teacher, temperature=3.0):
            super().__init__()
            self.student, self.teacher, self.temperature = student, teacher, temperature
            teacher.trainable = False

        def call(self, x):
            return self.student(x)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, allow_empty=False):
            taught = ops.softmax(self.teacher(x, training=False) / self.temperature, axis=1)
            learned = ops.softmax(y_pred / self.temperature, axis=1)
            own = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y, y_pred)
            return 0.1 * own + 0.9 * keras.losses.KLDivergence()(taught, learned) * self.temperature ** 2

    def classifier(units, seed):
        return with_weights(keras.Sequential([
            keras.Input((6,)), layers.Dense(units, activation="relu"), layers.Dense(3)]), seed=seed)

    teacher = classifier(8, 0)
    model = Distiller(classifier(4, 1), teacher)
    model.compile(keras.optimizers.Adam(0.01), metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")])
    before = teacher.get_weights()
    history = model.fit(table(32, 6), labels(32, 3), epochs=3, batch_size=8, shuffle=False, verbose=0).history
    agree(history, {"loss": [0.1189, 0.11282, 0.1104], "accuracy": [0.375, 0.375, 0.375]})
    assert all(np.array_equal(a, b) for a, b in zip(before, teacher.get_weights()))
