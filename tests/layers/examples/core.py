"""Dense, Activation, Embedding and the like."""

import numpy as np

from minikeras import layers

from . import Example, numbers

X = numbers(4, 5, 3)
EXAMPLES = {
    "Dense": [Example(lambda: layers.Dense(2, activation="tanh", kernel_regularizer="l2", bias_constraint="non_neg"),
                      X),
              Example(lambda: layers.Dense(4, lora_rank=2, use_bias=False), X)],
    "Activation": Example(lambda: layers.Activation("sigmoid"), X),
    "ReLU": Example(lambda: layers.ReLU(max_value=0.7, negative_slope=0.1, threshold=0.2), X),
    "Softmax": Example(lambda: layers.Softmax(axis=1), X, masks=False),
    "Identity": Example(layers.Identity, X),
    "Rescaling": Example(lambda: layers.Rescaling(0.5, offset=1.0), X),
    "Flatten": Example(lambda: layers.Flatten("channels_first"), X),
    "Dropout": Example(lambda: layers.Dropout(0.3, noise_shape=(None, 1, None), seed=7), X),
    "InputLayer": Example(lambda: layers.InputLayer((5, 3)), X),
    "Embedding": Example(lambda: layers.Embedding(4, 2), np.arange(60).reshape(4, 5, 3) % 4),
}
