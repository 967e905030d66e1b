"""Embedding: rows of a table, with a gradient that stays sparse."""

import numpy as np
import pytest

import minikeras as tf
from minikeras import layers
from minikeras.errors import ShapeError


def test_embedding_takes_the_rows():
    layer = layers.Embedding(4, 2)
    ids = np.array([[0, 3], [1, 1]])
    y = layer(ids)
    np.testing.assert_array_equal(y.numpy(), layer.embeddings.numpy()[ids])


def test_embedding_has_a_sparse_gradient():
    layer = layers.Embedding(50_000, 64)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(np.array([3, 7, 3])) ** 2)
    gradient = tape.gradient(y, layer.embeddings)
    assert isinstance(gradient, tf.IndexedSlices)
    assert gradient.indices.numpy().tolist() == [3, 7, 3]
    np.testing.assert_allclose(gradient.values.numpy(), 2 * layer.embeddings.numpy()[[3, 7, 3]], rtol=1e-6)


def test_embedding_starts_from_given_weights():
    table = np.arange(6.0, dtype="float32").reshape(3, 2)
    assert layers.Embedding(3, 2, weights=[table])(np.array([2])).numpy().tolist() == [[4.0, 5.0]]


def test_embedding_is_made_again_from_its_config():
    layer = layers.Embedding(5, 2, embeddings_initializer="ones", name="words")
    twin = layers.Embedding.from_config(layer.get_config())
    assert (twin.input_dim, twin.output_dim, twin.name) == (5, 2, "words")


@pytest.mark.parametrize("index", [-1, 5])
def test_embedding_refuses_an_integer_outside_the_table(index):
    with pytest.raises(ShapeError, match=rf"got {index}, but the table has rows 0\.\.4"):
        layers.Embedding(5, 2)(np.array([index]))


def test_embedding_refuses_masking():
    with pytest.raises(ValueError, match="mask_zero"):
        layers.Embedding(5, 2, mask_zero=True)
