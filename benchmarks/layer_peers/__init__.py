"""The same layers in minikeras and in PyTorch, on inputs of the same size; asked by `layers.py`."""

import sys
import time

# name: shapes of the inputs with the channels last, batch first. "ids" are integers below VOCABULARY.
VOCABULARY = 10_000
TABLE, SERIES, SEQUENCE = (128, 256), (32, 128, 64), (32, 40, 64)
IMAGE, WIDE, VOLUME = (32, 28, 28, 32), (32, 14, 14, 128), (8, 10, 16, 16, 16)
INPUTS = {
    "Dense": [TABLE], "Dense on a sequence": [SEQUENCE], "EinsumDense": [SEQUENCE], "Embedding": ["ids"],
    "ReLU": [IMAGE], "LeakyReLU": [IMAGE], "PReLU": [IMAGE], "ELU": [IMAGE], "Softmax": [SEQUENCE],
    "Activation gelu": [IMAGE], "Activation tanh": [IMAGE],
    "Conv1D": [SERIES], "Conv2D": [IMAGE], "Conv2D on 1 channel": [(32, 28, 28, 1)], "Conv2D 1x1": [WIDE],
    "Conv2D 5x5": [IMAGE], "Conv2D strides 2": [IMAGE], "Conv2D dilated": [IMAGE], "Conv2D groups": [IMAGE],
    "Conv2D wide": [WIDE], "Conv3D": [VOLUME],
    "Conv1DTranspose": [SERIES], "Conv2DTranspose": [(32, 14, 14, 32)], "Conv3DTranspose": [VOLUME],
    "DepthwiseConv1D": [SERIES], "DepthwiseConv2D": [IMAGE], "SeparableConv1D": [SERIES], "SeparableConv2D": [IMAGE],
    "MaxPooling1D": [SERIES], "MaxPooling2D": [IMAGE], "MaxPooling2D 3x3": [IMAGE], "MaxPooling3D": [VOLUME],
    "AveragePooling1D": [SERIES], "AveragePooling2D": [IMAGE], "AveragePooling3D": [VOLUME],
    "GlobalMaxPooling2D": [IMAGE], "GlobalAveragePooling1D": [SERIES], "GlobalAveragePooling2D": [IMAGE],
    "AdaptiveAveragePooling2D": [IMAGE], "AdaptiveMaxPooling2D": [IMAGE],
    "BatchNormalization": [IMAGE], "BatchNormalization of vectors": [TABLE], "LayerNormalization": [SEQUENCE],
    "GroupNormalization": [IMAGE], "RMSNormalization": [SEQUENCE], "UnitNormalization": [SEQUENCE],
    "SpectralNormalization": [TABLE],
    "SimpleRNN": [SEQUENCE], "LSTM": [SEQUENCE], "GRU": [SEQUENCE], "Bidirectional LSTM": [SEQUENCE],
    "StackedRNNCells": [SEQUENCE], "LSTMCell": [TABLE], "GRUCell": [TABLE], "TimeDistributed": [SEQUENCE],
    "MultiHeadAttention": [SEQUENCE], "Attention": [SEQUENCE, SEQUENCE], "GroupQueryAttention": [SEQUENCE],
    "AdditiveAttention": [SEQUENCE, SEQUENCE],
    "Add": [IMAGE, IMAGE], "Multiply": [IMAGE, IMAGE], "Maximum": [IMAGE, IMAGE], "Average": [IMAGE, IMAGE],
    "Concatenate": [IMAGE, IMAGE], "Dot": [SEQUENCE, SEQUENCE],
    "Flatten": [IMAGE], "Reshape": [IMAGE], "Permute": [SEQUENCE], "RepeatVector": [TABLE],
    "ZeroPadding2D": [IMAGE], "Cropping2D": [IMAGE], "UpSampling2D": [WIDE], "UpSampling2D bilinear": [WIDE],
    "Dropout": [IMAGE], "SpatialDropout2D": [IMAGE], "GaussianNoise": [IMAGE], "GaussianDropout": [IMAGE],
    "AlphaDropout": [IMAGE], "Rescaling": [IMAGE], "Resizing": [(32, 28, 28, 3)],
}


def measured(step, seconds):
    """CPU seconds of a call, over as many calls as fit into `seconds`."""
    count, started, ends = 0, time.process_time(), time.perf_counter() + seconds
    while True:
        step()
        count += 1
        if time.perf_counter() >= ends:
            return (time.process_time() - started) / count


def answering(steps, version):
    """For `processes.serve`: prepares a layer when it is asked for one, then measures it whenever it is asked to.

    steps   name -> function that gives a step, which gives the size of its output
    """
    prepared = None

    def answer(layer=None, seconds=None):
        nonlocal prepared
        if seconds:
            return {"seconds": measured(prepared, seconds)}
        prepared = steps(layer)
        for _ in range(3):
            size = prepared()
        return {"size": size}

    return lambda: ({"version": version, "python": sys.version.split()[0]}, answer)
