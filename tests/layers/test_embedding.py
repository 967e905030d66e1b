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
def test_embedding_names_the_first_integer_outside_the_table(index):
    with pytest.raises(ShapeError, match=rf"got {index} at position \(1, 0\), but the table has rows 0\.\.4"):
        layers.Embedding(5, 2)(np.array([[0, 4], [index, 9]]))


def test_zeros_are_masked_if_asked():
    y = layers.Embedding(5, 2, mask_zero=True)(np.array([[1, 0], [0, 4]]))
    assert y._keras_mask.numpy().tolist() == [[True, False], [False, True]]
    assert getattr(layers.Embedding(5, 2)(np.array([[1, 0]])), "_keras_mask", None) is None


def test_a_frozen_table_is_adapted_by_thin_matrices():
    layer = layers.Embedding(5, 4, lora_rank=2)
    layer(np.array([0]))
    layer.lora_embeddings_b.assign(np.ones((2, 4)))
    table, a, b = layer.embeddings.numpy(), layer.lora_embeddings_a.numpy(), layer.lora_embeddings_b.numpy()
    np.testing.assert_allclose(layer(np.array([3, 1])).numpy(), (table + a @ b)[[3, 1]], rtol=1e-5)
    assert [v.name for v in layer.trainable_weights] == ["lora_embeddings_a", "lora_embeddings_b"]


def test_the_way_back_is_the_table_transposed():
    layer = layers.ReversibleEmbedding(5, 3, logit_soft_cap=2.0)
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    scores = layer(x, reverse=True)
    np.testing.assert_allclose(scores.numpy(), 2 * np.tanh(x @ layer.embeddings.numpy().T / 2), rtol=1e-5, atol=1e-6)
    assert layer(np.array([1, 2])).shape == (2, 3)


def test_an_untied_way_back_has_a_weight_of_its_own():
    layer = layers.ReversibleEmbedding(5, 3, tie_weights=False, mask_zero=True)
    x = np.ones((2, 3), "float32")
    np.testing.assert_allclose(layer(x, reverse=True).numpy(), x @ layer.reverse_embeddings.numpy(), rtol=1e-6)
    assert layer(np.array([[0, 2]]))._keras_mask.numpy().tolist() == [[False, True]]
