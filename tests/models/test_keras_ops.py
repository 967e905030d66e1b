"""Ops in a model's config, as Keras writes them, and back."""

import numpy as np
import pytest

from minikeras import models, ops

X = np.random.default_rng(0).uniform(0.1, 0.9, (2, 4, 4)).astype("float32")
CASES = {
    "Absolute": lambda x: ops.absolute(x),
    "Clip": lambda x: ops.clip(x, 0.2, 0.5),
    "Diagonal": lambda x: ops.diagonal(x, axis1=1, axis2=2),
    "Einsum": lambda x: ops.einsum("abc,abd->acd", x, x),
    "Elu": lambda x: ops.elu(x, alpha=0.3),
    "Flip": lambda x: ops.flip(x, axis=1),
    "Gelu": lambda x: ops.gelu(x, approximate=False),
    "GetItem": lambda x: x[:, 1:3, ..., None],
    "LeakyRelu": lambda x: ops.leaky_relu(x, 0.1),
    "Log1p": lambda x: ops.log1p(x),
    "LogicalAnd": lambda x: (x > 0.2) & (x < 0.5),
    "LogicalNot": lambda x: ~(x > 0.2),
    "OneHot": lambda x: ops.one_hot(ops.argmax(x, axis=-1), 4),
    "Pad": lambda x: ops.pad(x, ((0, 0), (1, 1), (0, 2))),
    "Reshape": lambda x: ops.reshape(x, (ops.shape(x)[0], -1)),
    "Round": lambda x: ops.round(x),
    "Sign": lambda x: ops.sign(x),
    "Take": lambda x: ops.take(x, np.array([1, 0]), axis=1),
    "TakeAlongAxis": lambda x: ops.sort(x, axis=1),
    "Tril": lambda x: ops.tril(x, k=1),
    "Where": lambda x: ops.where(x > 0.5, x, 0.0),
}


@pytest.mark.parametrize("name", CASES)
def test_an_op_has_keras_form_and_comes_back(name):
    inputs = models.Input((4, 4))
    model = models.Model(inputs, CASES[name](inputs))
    config = model.get_config()
    forms = [layer for layer in config["layers"] if layer["module"].startswith("keras.src.ops.")]
    assert name in [form["class_name"] for form in forms]
    assert len(forms) == len(config["layers"]) - 1
    again = models.Model.from_config(config)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
