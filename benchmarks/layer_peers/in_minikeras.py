"""Layers of minikeras under a tape, eagerly."""

import numpy as np
from processes import serve

import minikeras as mk
from layer_peers import INPUTS, VOCABULARY, answering
from minikeras import layers

MADE = {
    "Dense": lambda: layers.Dense(256), "Dense on a sequence": lambda: layers.Dense(256),
    "EinsumDense": lambda: layers.EinsumDense("abc,cd->abd", output_shape=(None, 256), bias_axes="d"),
    "Embedding": lambda: layers.Embedding(VOCABULARY, 64),
    "PReLU": lambda: layers.PReLU(shared_axes=(1, 2)),
    "Activation gelu": lambda: layers.Activation("gelu"), "Activation tanh": lambda: layers.Activation("tanh"),
    "Conv1D": lambda: layers.Conv1D(64, 5, padding="same"),
    "Conv2D": lambda: layers.Conv2D(64, 3, padding="same"),
    "Conv2D on 1 channel": lambda: layers.Conv2D(32, 3), "Conv2D 1x1": lambda: layers.Conv2D(128, 1),
    "Conv2D 5x5": lambda: layers.Conv2D(32, 5), "Conv2D strides 2": lambda: layers.Conv2D(64, 3, strides=2),
    "Conv2D dilated": lambda: layers.Conv2D(32, 3, dilation_rate=2),
    "Conv2D groups": lambda: layers.Conv2D(64, 3, groups=4),
    "Conv2D wide": lambda: layers.Conv2D(128, 3, padding="same"), "Conv3D": lambda: layers.Conv3D(16, 3),
    "Conv1DTranspose": lambda: layers.Conv1DTranspose(64, 4, strides=2),
    "Conv2DTranspose": lambda: layers.Conv2DTranspose(32, 4, strides=2),
    "Conv3DTranspose": lambda: layers.Conv3DTranspose(8, 2, strides=2),
    "DepthwiseConv1D": lambda: layers.DepthwiseConv1D(5), "DepthwiseConv2D": lambda: layers.DepthwiseConv2D(3),
    "SeparableConv1D": lambda: layers.SeparableConv1D(64, 5),
    "SeparableConv2D": lambda: layers.SeparableConv2D(64, 3),
    "MaxPooling2D 3x3": lambda: layers.MaxPooling2D(3, strides=2),
    **{f"AveragePooling{n}D": lambda n=n: getattr(layers, f"AveragePooling{n}D")(2) for n in (1, 2, 3)},
    "AdaptiveAveragePooling2D": lambda: layers.AdaptiveAveragePooling2D(7),
    "AdaptiveMaxPooling2D": lambda: layers.AdaptiveMaxPooling2D(7),
    "BatchNormalization of vectors": lambda: layers.BatchNormalization(),
    "GroupNormalization": lambda: layers.GroupNormalization(8),
    "SpectralNormalization": lambda: layers.SpectralNormalization(layers.Dense(256)),
    "SimpleRNN": lambda: layers.SimpleRNN(64, return_sequences=True),
    "LSTM": lambda: layers.LSTM(64, return_sequences=True), "GRU": lambda: layers.GRU(64, return_sequences=True),
    "Bidirectional LSTM": lambda: layers.Bidirectional(layers.LSTM(64, return_sequences=True)),
    "StackedRNNCells": lambda: layers.RNN([layers.LSTMCell(64), layers.LSTMCell(64)], return_sequences=True),
    "TimeDistributed": lambda: layers.TimeDistributed(layers.Dense(64)),
    "MultiHeadAttention": lambda: layers.MultiHeadAttention(4, 16),
    "GroupQueryAttention": lambda: layers.GroupQueryAttention(16, 4, 2),
    "Dot": lambda: layers.Dot(axes=2), "Reshape": lambda: layers.Reshape((28 * 28, 32)),
    "Permute": lambda: layers.Permute((2, 1)), "RepeatVector": lambda: layers.RepeatVector(20),
    "Cropping2D": lambda: layers.Cropping2D(1),
    "UpSampling2D bilinear": lambda: layers.UpSampling2D(interpolation="bilinear"),
    "Dropout": lambda: layers.Dropout(0.3), "SpatialDropout2D": lambda: layers.SpatialDropout2D(0.3),
    "GaussianNoise": lambda: layers.GaussianNoise(0.3), "GaussianDropout": lambda: layers.GaussianDropout(0.3),
    "AlphaDropout": lambda: layers.AlphaDropout(0.3), "Rescaling": lambda: layers.Rescaling(0.5, 1.0),
    "Resizing": lambda: layers.Resizing(56, 56),
}


def called(name, layer, inputs):
    """The output of a layer, however it takes its inputs."""
    if name in ("MultiHeadAttention", "GroupQueryAttention"):
        return layer(*inputs * 2, training=True)
    if name.endswith("Cell"):
        return layer(inputs[0], [mk.zeros((len(inputs[0]), 64))] * (1 + (name == "LSTMCell")))[0]
    return layer(inputs if len(inputs) > 1 else inputs[0], training=True)


def step(name):
    """Forward and backward of one layer, with the gradients of its inputs and weights."""
    rng = np.random.default_rng(0)
    layer = MADE[name]() if name in MADE else getattr(layers, name)(*[64] * name.endswith("Cell"))
    inputs = [mk.constant(rng.integers(0, VOCABULARY, (64, 100)) if shape == "ids"
                          else rng.standard_normal(shape, dtype=np.float32)) for shape in INPUTS[name]]
    factor = mk.constant(rng.standard_normal(called(name, layer, inputs).shape, dtype=np.float32))
    sources = [x for x in inputs if x.dtype.is_floating] + layer.trainable_variables

    def run():
        with mk.GradientTape() as tape:
            tape.watch(inputs)
            y = called(name, layer, inputs)
        tape.gradient(y, sources, output_gradients=factor)
        return y.size

    return run


if __name__ == "__main__":
    serve(answering(step, mk.__version__))
