"""Dense, Activation, Embedding and the like."""

import numpy as np

from minikeras import layers, saving

from . import Example, numbers

X = numbers(4, 5, 3)
IDS = np.arange(60).reshape(4, 5, 3) % 4
STEPS = np.where(np.arange(5)[:, None] < 3, X, 0.5).astype("float32")     # the last two hold nothing but 0.5


@saving.register_keras_serializable("tests")
def scaled(x, factor=1.0, training=False):
    """`x` times `factor`."""
    return x * factor


EXAMPLES = {
    "Dense": [Example(lambda: layers.Dense(2, activation="tanh", kernel_regularizer="l2", bias_constraint="non_neg"),
                      X),
              Example(lambda: layers.Dense(4, lora_rank=2, use_bias=False), X)],
    "EinsumDense": [
        Example(lambda: layers.EinsumDense("abc,cd->abd", (None, 2), activation="tanh", bias_axes="d"), X),
        Example(lambda: layers.EinsumDense("...x,xhd->...hd", (2, 4), bias_axes="h", kernel_regularizer="l2"), X),
        Example(lambda: layers.EinsumDense("ab...,bc->ac...", (2, None), bias_axes="c", lora_rank=1), X),
        Example(lambda: layers.EinsumDense("abc,bcd->ad", 6), X)],
    "Activation": Example(lambda: layers.Activation("sigmoid"), X),
    "ReLU": [Example(lambda: layers.ReLU(max_value=0.7, negative_slope=0.1, threshold=0.2), X),
             Example(lambda: layers.ReLU(max_value=6), X)],
    "LeakyReLU": Example(lambda: layers.LeakyReLU(0.2), X),
    "PReLU": [Example(lambda: layers.PReLU("uniform", alpha_regularizer="l2"), X),
              Example(lambda: layers.PReLU(alpha_initializer="ones", shared_axes=[1]), X)],
    "ELU": Example(lambda: layers.ELU(0.5), X),
    "Softmax": [Example(lambda: layers.Softmax(axis=1), X, masks=False),
                Example(lambda: layers.Softmax(axis=(1, 2)), X, {"mask": X > -0.3}, masks=False)],
    "Identity": Example(layers.Identity, X),
    "Masking": Example(lambda: layers.Masking(0.5), STEPS, smooth=False),
    "Lambda": [Example(lambda: layers.Lambda(scaled, arguments={"factor": 0.5}), X),
               Example(lambda: layers.Lambda(scaled, output_shape=(5, 3)), X)],
    "InputLayer": Example(lambda: layers.InputLayer((5, 3)), X),
    "Embedding": [Example(lambda: layers.Embedding(4, 2), IDS),
                  Example(lambda: layers.Embedding(4, 3, mask_zero=True, lora_rank=2), IDS[:, :, 0])],
    "ReversibleEmbedding": [
        Example(lambda: layers.ReversibleEmbedding(4, 2, mask_zero=True, tie_weights=False), IDS[:, :, 0]),
        Example(lambda: layers.ReversibleEmbedding(4, 3, logit_soft_cap=0.5), X, {"reverse": True}),
        Example(lambda: layers.ReversibleEmbedding(4, 3, tie_weights=False), X, {"reverse": True})],
}
