"""Attention of all kinds against NumPy."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import layers
from minikeras.errors import ShapeError

RNG = np.random.default_rng(3)
QUERY, VALUE, KEY = (RNG.normal(size=(2, n, 4)).astype("float32") for n in (3, 5, 5))
TO = np.array([[1, 1, 1, 0, 0], [1, 1, 0, 1, 0]], bool)
NEAR = np.tri(3, 5, 1, dtype=bool)
FROM = np.array([[1, 1, 0], [1, 0, 1]], bool)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def close(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=2e-5, atol=2e-6)


# --- one head ------------------------------------------------------------------------------------

SUMS = QUERY[:, :, None] + KEY[:, None]


@pytest.mark.parametrize(("layer", "scores"), [
    (lambda: layers.Attention(), QUERY @ KEY.transpose(0, 2, 1)),
    (lambda: layers.Attention(use_scale=True), QUERY @ KEY.transpose(0, 2, 1)),
    (lambda: layers.Attention(score_mode="concat"), np.tanh(SUMS).sum(-1)),
    (lambda: layers.AdditiveAttention(use_scale=False), np.tanh(SUMS).sum(-1))])
def test_values_are_averaged_with_the_softmax_of_the_scores(layer, scores):
    result, weights = layer()([QUERY, VALUE, KEY], return_attention_scores=True)
    close(weights, softmax(scores))
    close(result, softmax(scores) @ VALUE)


def test_additive_attention_learns_a_scale_for_each_feature():
    layer = layers.AdditiveAttention()
    weights = layer([QUERY, VALUE, KEY], return_attention_scores=True)[1]
    close(weights, softmax((np.tanh(SUMS) * layer.scale.numpy()).sum(-1)))


def test_masks_hide_values_and_zero_queries():
    result, weights = layers.Attention()([QUERY, VALUE], mask=[FROM, TO], return_attention_scores=True)
    close(weights, softmax(np.where(TO[:, None], QUERY @ VALUE.transpose(0, 2, 1), -np.inf)))
    assert not np.asarray(result)[~FROM].any() and np.asarray(result)[FROM].all()


def test_a_causal_mask_hides_what_comes_later():
    weights = layers.Attention()([QUERY, VALUE], use_causal_mask=True, return_attention_scores=True)[1]
    assert (np.asarray(weights)[0] > 0).tolist() == np.tri(3, 5, dtype=bool).tolist()


def test_the_mask_of_the_query_goes_on():
    query, value = mk.constant(QUERY), mk.constant(VALUE)
    query._keras_mask, value._keras_mask = mk.constant(FROM), mk.constant(TO)
    result = layers.Attention()([query, value])
    assert result._keras_mask.numpy().tolist() == FROM.tolist()
    close(result, layers.Attention()([QUERY, VALUE], mask=[FROM, TO]))


# --- several heads -------------------------------------------------------------------------------

def projected(x, kernel, bias):
    return np.einsum("btn,nhd->bhtd", x, kernel) + bias[:, None]


def reference(layer, query, value, key, seen=None):
    """What a MultiHeadAttention gives, and its weights, by its weights in Keras' order."""
    (wq, bq, wk, bk, wv, bv, wo, bo) = layer.get_weights()
    q, k, v = projected(query, wq, bq), projected(key, wk, bk), projected(value, wv, bv)
    k, v = (np.repeat(x, q.shape[1] // x.shape[1], axis=1) for x in (k, v))
    scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1])
    weights = softmax(scores if seen is None else np.where(seen, scores, -1e30))
    return np.einsum("bhtd,hdo->bto", weights @ v, wo) + bo, weights


@pytest.mark.parametrize("make", [lambda: layers.MultiHeadAttention(2, 3, value_dim=5, bias_initializer="normal"),
                                  lambda: layers.GroupQueryAttention(3, 4, 2, bias_initializer="normal"),
                                  lambda: layers.GroupQueryAttention(3, 4, 1, bias_initializer="normal")])
@pytest.mark.parametrize(("options", "seen"), [
    ({}, None), ({"use_causal_mask": True}, np.tri(3, 5, dtype=bool)), ({"value_mask": TO}, TO[:, None, None]),
    ({"attention_mask": NEAR, "value_mask": TO}, TO[:, None, None] & NEAR)])
def test_heads_attend_to_projections_of_their_own(make, options, seen):
    layer = make()
    result = layer(QUERY, VALUE, KEY, **options)
    expected, weights = reference(layer, QUERY, VALUE, KEY, seen)
    close(result, expected)
    for got, want in zip(layer(QUERY, VALUE, KEY, return_attention_scores=True, **options), (expected, weights)):
        close(got, want)


def test_the_key_is_the_value_unless_given():
    layer = layers.MultiHeadAttention(2, 3)
    close(layer(QUERY, VALUE), reference(layer, QUERY, VALUE, VALUE)[0])


def test_a_window_hides_what_is_far():
    weights = layers.MultiHeadAttention(1, 2, sliding_window=2)(QUERY, VALUE, return_attention_scores=True)[1]
    near = np.abs(np.arange(3)[:, None] - np.arange(5)) < 2
    assert (np.asarray(weights)[0, 0] > 0).tolist() == near.tolist()


def test_a_gate_multiplies_what_the_heads_find():
    layer = layers.MultiHeadAttention(2, 3, use_gate=True, use_bias=False)
    result = layer(QUERY, VALUE)
    assert [v.name for v in layer.weights] == ["kernel"] * 5
    wq, wk, wg, wv, wo = layer.get_weights()
    q, k, v, gate = (np.einsum("btn,nhd->bhtd", x, w) for x, w in ((QUERY, wq), (VALUE, wk), (VALUE, wv), (QUERY, wg)))
    found = softmax(q @ k.transpose(0, 1, 3, 2) / np.sqrt(3)) @ v / (1 + np.exp(-gate))
    close(result, np.einsum("bhtd,hdo->bto", found, wo))


def test_attention_along_one_of_two_axes_is_attention_of_each_row():
    images = RNG.normal(size=(2, 3, 4, 5)).astype("float32")
    layer = layers.MultiHeadAttention(2, 3, attention_axes=2)
    rows = images.reshape(6, 4, 5)
    close(np.asarray(layer(images, images)).reshape(6, 4, 5), reference(layer, rows, rows, rows)[0])


def test_attention_along_two_axes_is_attention_along_both_as_one():
    images = RNG.normal(size=(2, 3, 4, 5)).astype("float32")
    layer = layers.MultiHeadAttention(2, 3, output_shape=5)
    flat = images.reshape(2, 12, 5)
    result, weights = layer(images, images, return_attention_scores=True)
    expected = reference(layer, flat, flat, flat)
    close(np.asarray(result).reshape(2, 12, 5), expected[0])
    close(np.asarray(weights).reshape(2, 2, 12, 12), expected[1])


def test_a_target_that_sees_nothing_gets_the_mean_or_zeros_if_weights_are_asked_for():
    layer, nothing = layers.MultiHeadAttention(1, 2), np.zeros((2, 3, 5), bool)
    weights = layer(QUERY, VALUE, attention_mask=nothing, return_attention_scores=True)[1]
    assert not np.asarray(weights).any()
    (_, _, _, _, wv, bv, wo, bo) = layer.get_weights()
    mean = np.einsum("bhtd,hdo->bto", projected(VALUE, wv, bv).mean(2, keepdims=True), wo) + bo
    close(layer(QUERY, VALUE, attention_mask=nothing), np.repeat(mean, 3, axis=1))


def test_masks_of_the_tensors_are_used_and_that_of_the_query_goes_on():
    query, value = mk.constant(QUERY), mk.constant(VALUE)
    query._keras_mask, value._keras_mask = mk.constant(FROM), mk.constant(TO)
    layer = layers.MultiHeadAttention(2, 3)
    result = layer(query, value)
    assert result._keras_mask.numpy().tolist() == FROM.tolist()
    close(np.asarray(result)[FROM], np.asarray(layer(QUERY, VALUE, value_mask=TO))[FROM])
    assert query._keras_mask is not None


def test_dropout_acts_in_training_only_and_repeats_with_its_seed():
    one, other = (layers.MultiHeadAttention(2, 3, dropout=0.5, seed=4, kernel_initializer="ones") for _ in range(2))
    close(one(QUERY, VALUE), one(QUERY, VALUE, training=False))
    trained = one(QUERY, VALUE, training=True)
    assert not np.allclose(trained, one(QUERY, VALUE))
    np.testing.assert_array_equal(np.asarray(trained), np.asarray(other(QUERY, VALUE, training=True)))


def test_it_is_built_from_shapes_alone():
    layer = layers.MultiHeadAttention(2, 3, output_shape=(2, 7))
    layer.build((None, None, 4), (None, 5, 6), (None, 5, 2))
    assert [v.shape for v in layer.weights] == [(4, 2, 3), (2, 3), (2, 2, 3), (2, 3), (6, 2, 3), (2, 3), (2, 3, 2, 7),
                                                (2, 7)]
    assert layer.compute_output_shape((None, 3, 4), (None, 5, 6), key_shape=(None, 5, 2)) == (None, 3, 2, 7)


# --- what does not fit ---------------------------------------------------------------------------

MHA = layers.MultiHeadAttention


@pytest.mark.parametrize(("run", "message"), [
    (lambda: MHA(0, 2), "num_heads must be an integer from 1 on, got 0"), (lambda: MHA(2, 0), "key_dim must be"),
    (lambda: MHA(2, 2, dropout=1.0), "dropout must be a number in 0..1, below 1"),
    (lambda: MHA(2, 2, flash_attention=True), "flash_attention=True needs a GPU"),
    (lambda: MHA(2, 2, sliding_window=0), "sliding_window must be an integer from 1 on"),
    (lambda: MHA(2, 2, attention_axes=2)(QUERY, VALUE), "must lie between the batch and the features"),
    (lambda: MHA(2, 2)(QUERY, VALUE, KEY[:, :4]), "value and key must agree in all axes but the last"),
    (lambda: MHA(2, 2)(QUERY, VALUE[:1]), "all inputs must be of the same batch"),
    (lambda: MHA(2, 2)(QUERY[:, 0], VALUE[:, 0]), r"\(batch, time, features\) at least"),
    (lambda: MHA(2, 2)(QUERY, VALUE, value_mask=FROM), r"value_mask: the mask has shape \(2, 3\).*\(2, 5\)"),
    (lambda: MHA(2, 2)(QUERY, VALUE, attention_mask=np.ones((2, 5, 3), bool)), r"does not broadcast to \(2, 2, 3, 5\)"),
    (lambda: MHA(2, 2)(QUERY[:, None], QUERY[:, None], use_causal_mask=True), "for one attention axis, not 2"),
    (lambda: layers.GroupQueryAttention(2, 3, 2), "num_query_heads=3 must be a multiple of num_key_value_heads=2"),
    (lambda: layers.GroupQueryAttention(2, 2, 2)(QUERY[:, None], QUERY[:, None]), r"\(batch, time, features\), got"),
    (lambda: layers.Attention(score_mode="sum"), "score_mode must be one of 'dot', 'concat'"),
    (lambda: layers.Attention()(QUERY), r"takes a list, \[query, value\]"),
    (lambda: layers.Attention()([QUERY]), "list of 2 or 3 tensors"),
    (lambda: layers.Attention()([QUERY, VALUE[..., :3]]), "last axes of query and key must be equal"),
    (lambda: layers.Attention()([QUERY, VALUE, KEY[:, :4]]), "equally long"),
    (lambda: layers.Attention()([QUERY, VALUE], mask=TO), r"mask must be a list, \[query mask, value mask\]"),
    (lambda: layers.Attention()([QUERY, VALUE], mask=[None, FROM]), r"the value mask: the mask has shape \(2, 3\)")])
def test_what_does_not_fit_is_refused(run, message):
    with pytest.raises((ValueError, ShapeError), match=message):
        run()
