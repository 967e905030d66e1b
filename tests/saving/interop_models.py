"""Models that real Keras and minikeras save for each other: each a function of the `keras` that makes it.

A function gives the model, its inputs and, where training is to go on from the file, the targets. It is run by both,
each in a process of its own, so it may say nothing that only one of them knows.
"""

import numpy as np

MODELS = {}         # name -> function of keras


def interop(make):
    MODELS[make.__name__] = make
    return make


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def labels(count, below, seed=1):
    return np.random.default_rng(seed).integers(0, below, count).astype("int32")


# Optimizers here are such that rounding does not become a whole step: no Adam with its default epsilon where a gradient
# is zero in exact arithmetic, and none at all for an Embedding, whose gradient TensorFlow squares row by row before
# it adds up the rows of one word.


@interop
def multilayer_perceptron(keras):
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(8, "tanh", kernel_regularizer="l2"),
        layers.Dense(3, activation="softmax")], name="mlp")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, noise(12, 6), labels(12, 3)


@interop
def convolutional_network(keras):
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((8, 8, 2)), layers.Conv2D(4, 3, padding="same", use_bias=False), layers.BatchNormalization(),
        layers.ReLU(), layers.MaxPooling2D(), layers.SeparableConv2D(5, 3, padding="same", activation="elu"),
        layers.GlobalAveragePooling2D(), layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), keras.losses.MeanSquaredError())
    return model, noise(10, 8, 8, 2), noise(10, 2, seed=1)


@interop
def several_inputs_and_outputs(keras):
    layers = keras.layers
    a, b = keras.Input((4,), name="a"), keras.Input((5,), name="b")
    x = layers.concatenate([layers.Dense(4, activation="relu")(a), layers.Dense(4)(b)])
    outputs = [layers.Dense(1, name="score")(x), layers.Dense(3, activation="softmax", name="kind")(x)]
    model = keras.Model([a, b], outputs)
    model.compile("rmsprop", loss=["mse", "sparse_categorical_crossentropy"], loss_weights=[1.0, 0.5])
    return model, [noise(9, 4), noise(9, 5)], [noise(9, 1, seed=1), labels(9, 3)]


@interop
def inputs_and_outputs_by_name(keras):
    layers = keras.layers
    inputs = {"left": keras.Input((3,), name="left"), "right": keras.Input((3,), name="right")}
    both = layers.Add()([layers.Dense(4)(inputs["left"]), layers.Dense(4)(inputs["right"])])
    model = keras.Model(inputs, {"sum": layers.Dense(2, name="sum")(both), "both": both})
    return model, {"left": noise(5, 3), "right": noise(5, 3, seed=1)}, None


@interop
def shared_layers(keras):
    layers = keras.layers
    left, right = keras.Input((5,)), keras.Input((5,))
    tower = keras.Sequential([keras.Input((5,)), layers.Dense(4, activation="relu"), layers.Dense(3)], name="tower")
    once = layers.Dense(3, name="once")
    distance = keras.ops.abs(tower(left) - tower(right)) + once(left) * once(right)
    model = keras.Model([left, right], layers.Dense(1, activation="sigmoid")(distance))
    model.compile("adam", "binary_crossentropy")
    return model, [noise(8, 5), noise(8, 5, seed=2)], labels(8, 2).reshape(8, 1).astype("float32")


@interop
def nested_models_partly_frozen(keras):
    layers = keras.layers
    image = keras.Input((6, 6, 3))
    x = layers.Conv2D(4, 3, activation="relu", name="stem")(image)
    base = keras.Model(image, layers.BatchNormalization()(x), name="base")
    base.trainable = False
    inputs = keras.Input((6, 6, 3))
    head = keras.Sequential([layers.Flatten(), layers.Dense(3), layers.Dense(2)], name="head")
    model = keras.Model(inputs, head(base(inputs, training=False)))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model, noise(7, 6, 6, 3), noise(7, 2, seed=1)


@interop
def autoencoder_of_two_models(keras):
    layers = keras.layers
    image = keras.Input((8, 8, 1), name="image")
    x = layers.Conv2D(3, 3, strides=2, padding="same", activation="relu")(image)
    encoder = keras.Model(image, layers.Dense(4)(layers.Flatten()(x)), name="encoder")
    code = keras.Input((4,), name="code")
    x = layers.Reshape((4, 4, 3))(layers.Dense(48)(code))
    decoder = keras.Model(code, layers.Conv2DTranspose(1, 3, strides=2, padding="same")(x), name="decoder")
    model = keras.Model(encoder.input, decoder(encoder.output), name="autoencoder")
    model.compile("nadam", "mae")
    return model, noise(6, 8, 8, 1), noise(6, 8, 8, 1)


@interop
def operators_and_ops_on_tensors(keras):
    ops, layers = keras.ops, keras.layers
    inputs = keras.Input((6, 4))
    x = layers.Dense(4)(inputs[:, 1:5])
    x = ops.concatenate([x * 2.0 - 1.0, ops.tanh(x) / (1.0 + ops.square(x))], axis=-1)
    x = ops.reshape(x, (-1, 32)) + ops.mean(inputs, axis=(1, 2), keepdims=True)[..., 0]
    x = ops.where(x > 0, x, 0.1 * x) @ ops.convert_to_tensor(noise(32, 3))
    return keras.Model(inputs, layers.LayerNormalization()(-x)), noise(5, 6, 4), None


@interop
def subclassed_with_layers_of_its_own(keras):
    layers = keras.layers

    @keras.saving.register_keras_serializable("interop")
    class Scale(layers.Layer):
        def __init__(self, start=1.0, **kwargs):
            super().__init__(**kwargs)
            self.start = start

        def build(self, input_shape):
            self.factor = self.add_weight(shape=(input_shape[-1],), name="factor",
                                          initializer=keras.initializers.Constant(self.start))
            self.count = self.add_weight(shape=(), name="count", trainable=False, initializer="zeros")
            self.offset = self.add_weight(shape=(input_shape[-1],), name="offset", initializer="zeros")

        def call(self, x):
            return x * self.factor + self.offset

        def get_config(self):
            return {**super().get_config(), "start": self.start}

    @keras.saving.register_keras_serializable("interop")
    class Tree(keras.Model):
        def __init__(self, units=4, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.zlast, self.scale = layers.Dense(2), Scale(2.0)
            self._hidden = layers.Dense(units, activation="relu")
            self.blocks = [layers.Dense(units), {"z": layers.Dense(units), "a": Scale()}, (layers.Dense(units),)]
            self.stack = keras.Sequential([layers.Dense(units, use_bias=False), layers.BatchNormalization()])
            self.alias = self.zlast

        @property
        def hidden(self):
            return self._hidden

        def call(self, x, training=False):
            x = self.blocks[1]["a"](self.blocks[1]["z"](self.blocks[0](x)))
            return self.scale(self.zlast(self.stack(self._hidden(self.blocks[2][0](x)), training=training)))

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    model = Tree(5)
    model.compile(keras.optimizers.AdamW(0.01, weight_decay=0.01, epsilon=1e-3), "mse")
    return model, noise(8, 3), noise(8, 2, seed=1)


@interop
def wrapping_layer_and_loss_of_its_own(keras):
    layers = keras.layers

    @keras.saving.register_keras_serializable("interop")
    class Residual(layers.Layer):
        def __init__(self, inner, **kwargs):
            super().__init__(**kwargs)
            self.inner = inner

        def build(self, input_shape):
            if not self.inner.built:
                self.inner.build(input_shape)
            super().build(input_shape)

        def call(self, x):
            return x + self.inner(x)

        def get_config(self):
            return {**super().get_config(), "inner": keras.saving.serialize_keras_object(self.inner)}

        @classmethod
        def from_config(cls, config):
            config["inner"] = keras.saving.deserialize_keras_object(config["inner"])
            return cls(**config)

    @keras.saving.register_keras_serializable("interop", name="squares")
    def squares(y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)

    model = keras.Sequential([keras.Input((4,)), Residual(layers.Dense(4, activation="gelu")), layers.Dense(2)])
    model.compile("adam", squares, metrics=[keras.metrics.MeanAbsoluteError(name="off")])
    return model, noise(8, 4), noise(8, 2, seed=1)


@interop
def recurrent_with_masking(keras):
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((7,), dtype="int32"), layers.Embedding(11, 4, mask_zero=True),
        layers.LSTM(5, return_sequences=True), layers.GRU(4, return_sequences=True), layers.SimpleRNN(3),
        layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    words = labels(8 * 7, 11).reshape(8, 7)
    words[:, 4:] = 0
    return model, words, noise(8, 2, seed=1)


@interop
def bidirectional_and_time_distributed(keras):
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((6, 3)), layers.Masking(), layers.Bidirectional(layers.GRU(4, return_sequences=True)),
        layers.TimeDistributed(layers.Dense(3, activation="tanh")),
        layers.Bidirectional(layers.LSTM(2), backward_layer=layers.LSTM(2, go_backwards=True), merge_mode="sum"),
        layers.Dense(1)])
    model.compile("adam", "mse")
    return model, noise(6, 6, 3), noise(6, 1, seed=1)


@interop
def stacked_cells_and_convolutional_lstm(keras):
    layers = keras.layers
    video = keras.Input((4, 5, 5, 2))
    x = layers.ConvLSTM2D(3, 3, padding="same", return_sequences=True)(video)
    x = layers.TimeDistributed(layers.GlobalAveragePooling2D())(x)
    x = layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)])(x)
    return keras.Model(video, layers.Dense(2)(x)), noise(3, 4, 5, 5, 2), None


@interop
def transformer_block(keras):
    layers, ops = keras.layers, keras.ops
    tokens = keras.Input((6,), dtype="int32")
    places = ops.cumsum(ops.ones_like(tokens), axis=1) - 1
    x = layers.Embedding(13, 8)(tokens) + layers.Embedding(6, 8, name="positions")(places)
    attended = layers.MultiHeadAttention(2, 4, name="attention")(x, x, use_causal_mask=True)
    x = layers.LayerNormalization(epsilon=1e-6)(x + attended)
    x = layers.LayerNormalization()(x + layers.Dense(8)(layers.Dense(16, activation="gelu")(x)))
    model = keras.Model(tokens, layers.Dense(13)(x))
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9),
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model, labels(30, 13).reshape(5, 6), labels(30, 13, seed=2).reshape(5, 6)


@interop
def attention_of_other_kinds(keras):
    layers = keras.layers
    query, value = keras.Input((4, 6)), keras.Input((5, 6))
    x = layers.AdditiveAttention()([query, value]) + layers.Attention(use_scale=True)([query, value])
    x = layers.GroupQueryAttention(3, 4, 2)(x, value) if hasattr(layers, "GroupQueryAttention") else x
    return keras.Model([query, value], layers.Dense(2)(x)), [noise(3, 4, 6), noise(3, 5, 6, seed=1)], None


@interop
def normalizations_and_activations(keras):
    layers = keras.layers
    inputs = keras.Input((6, 6, 4))
    x = layers.GroupNormalization(2)(layers.PReLU(shared_axes=[1, 2])(inputs))
    x = layers.SpectralNormalization(layers.Conv2D(4, 3, padding="same"))(x)
    x = layers.UnitNormalization()(layers.LeakyReLU(0.2)(x)) + layers.RMSNormalization()(x)
    x = layers.BatchNormalization(scale=False, momentum=0.5)(layers.DepthwiseConv2D(3)(x))
    x = layers.Dense(3, kernel_constraint="max_norm", bias_initializer=keras.initializers.RandomNormal(seed=3))(x)
    model = keras.Model(inputs, layers.GlobalMaxPooling2D()(x))
    model.compile(keras.optimizers.RMSprop(0.01, momentum=0.9, centered=True), "huber")
    return model, noise(5, 6, 6, 4), noise(5, 3, seed=1)


@interop
def numbers_normalized(keras):
    layers = keras.layers
    normalization, buckets = layers.Normalization(), layers.Discretization(num_bins=4)
    x = noise(40, 3) * 5 + 2
    normalization.adapt(x)
    buckets.adapt(x[:, :1])
    inputs = keras.Input((3,))
    both = layers.Concatenate()([normalization(inputs), layers.CategoryEncoding(4)(buckets(inputs[:, :1]))])
    return keras.Model(inputs, layers.Dense(2)(both)), x, None


@interop
def text_to_numbers(keras):
    layers = keras.layers
    texts = np.array([["the cat sat"], ["a dog, a cat"], ["on the mat!"], ["unknown words here"]])
    split = layers.TextVectorization(max_tokens=20, output_sequence_length=5)
    split.adapt(texts[:3, 0])
    model = keras.Sequential([keras.Input((1,), dtype="string"), split, layers.Embedding(20, 4),
                              layers.GlobalAveragePooling1D(), layers.Dense(2)])
    return model, texts, None


@interop
def categories_looked_up(keras):
    layers = keras.layers
    color, size = keras.Input((1,), dtype="string", name="color"), keras.Input((1,), dtype="int64", name="size")
    words = layers.StringLookup(vocabulary=["red", "green", "blue"], output_mode="one_hot")
    numbers = layers.IntegerLookup(output_mode="multi_hot")
    numbers.adapt(np.array([1, 5, 5, 9]))
    both = layers.Concatenate()([words(color), numbers(size)])
    model = keras.Model([color, size], layers.Dense(3)(both))
    return model, [np.array([["red"], ["blue"], ["black"]]), np.array([[5], [1], [7]], "int64")], None


@interop
def averaged_weights_and_a_schedule(keras):
    layers = keras.layers
    model = keras.Sequential([keras.Input((5,)), layers.Dense(6, activation="swish"), layers.Dense(2)])
    rate = keras.optimizers.schedules.CosineDecay(0.05, 20, warmup_target=0.1, warmup_steps=3)
    model.compile(keras.optimizers.Adam(rate, use_ema=True, ema_momentum=0.9, amsgrad=True), "mse")
    return model, noise(8, 5), noise(8, 2, seed=1)


@interop
def low_rank_adaptation(keras):
    layers = keras.layers
    model = keras.Sequential([keras.Input((4,), dtype="int32"), layers.Embedding(9, 6), layers.Flatten(),
                              layers.Dense(5), layers.Dense(2)])
    for layer in (model.layers[0], model.layers[2]):
        layer.enable_lora(2)
        layer.set_weights([noise(*np.shape(w), seed=5) for w in layer.get_weights()])
    # The product becomes part of the weight in the file, and starts anew: training goes on otherwise, also in Keras.
    return model, labels(24, 9).reshape(6, 4), None


@interop
def double_precision(keras):
    layers = keras.layers
    inputs = keras.Input((5,), dtype="float64")
    x = layers.Dense(6, activation="selu", dtype="float64")(inputs)
    x = layers.BatchNormalization(dtype="float64")(x)
    model = keras.Model(inputs, layers.Dense(2, dtype="float32")(x))
    return model, noise(6, 5).astype("float64"), None


@interop
def encoder_and_decoder_with_states(keras):
    layers = keras.layers
    source, target = keras.Input((5, 3)), keras.Input((4, 2))
    _, h, c = layers.LSTM(6, return_state=True)(source)
    x = layers.LSTM(6, return_sequences=True)(target, initial_state=[h, c])
    model = keras.Model([source, target], layers.Dense(2)(x))
    model.compile(keras.optimizers.Adagrad(0.1), "mse")
    return model, [noise(4, 5, 3), noise(4, 4, 2, seed=1)], noise(4, 4, 2, seed=2)
