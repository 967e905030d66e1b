"""Cross-entropies, alignments, normalization and attention where they are delicate."""

import itertools

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.errors import ShapeError

RNG = np.random.default_rng(0)


def collapsed(path, blank):
    """What an alignment spells: repetitions merged, then blanks dropped."""
    return [label for label, _ in itertools.groupby(path) if label != blank]


def ctc_by_listing(logits, target, blank):
    """-log of the summed probability of every path that spells `target`."""
    p = np.exp(logits - np.log(np.exp(logits).sum(-1, keepdims=True)))
    paths = itertools.product(range(logits.shape[1]), repeat=len(logits))
    return -np.log(sum(np.prod(p[np.arange(len(path)), path]) for path in paths if collapsed(path, blank) == target))


@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("target", [[], [1], [1, 1], [1, 3], [3, 1, 3]])
def test_ctc_loss_sums_over_all_alignments(target, blank):
    logits = RNG.normal(size=(2, 6, 4))
    padded = np.array([target + [0] * (4 - len(target))] * 2)
    got = ops.ctc_loss(padded, logits, [len(target)] * 2, [6, 5], mask_index=blank)
    want = [ctc_by_listing(logits[0], target, blank), ctc_by_listing(logits[1, :5], target, blank)]
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-10)
    major = tf.nn.ctc_loss(padded, logits.swapaxes(0, 1), [len(target)] * 2, [6, 5], blank_index=blank)
    np.testing.assert_allclose(major.numpy(), want, rtol=1e-10)


def test_ctc_loss_is_stable_and_infinite_where_nothing_fits():
    logits = tf.constant(RNG.normal(size=(2, 300, 5)) * 50, "float32")
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = ops.ctc_loss([[1, 2, 3], [1, 1, 1]], logits, [3, 3], [300, 3])
    grad = tape.gradient(loss, logits).numpy()
    assert np.isfinite(loss.numpy()[0]) and loss.numpy()[1] == np.inf
    assert np.isfinite(grad).all() and grad[0].any() and not grad[1].any()


def sequences_by_listing(logits, blank):
    """The log probability of every sequence that some path spells, the most probable first."""
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    found = {}
    for path in itertools.product(range(logits.shape[1]), repeat=len(logits)):
        spelled = tuple(collapsed(path, blank))
        found[spelled] = np.logaddexp(found.get(spelled, -np.inf), log_p[np.arange(len(path)), path].sum())
    return sorted(found.items(), key=lambda item: -item[1])


def without_padding(decoded):
    return [tuple(label for label in row if label >= 0) for row in decoded.tolist()]


@pytest.mark.parametrize("blank", [0, 2, None])
def test_a_beam_of_all_beginnings_finds_the_most_probable_sequences(blank):
    logits = RNG.normal(size=(3, 5, 3))
    decoded, scores = ops.ctc_decode(logits, [5, 3, 1], "beam_search", beam_width=500, top_paths=2, mask_index=blank)
    for i, steps in enumerate([5, 3, 1]):
        want = sequences_by_listing(logits[i, :steps], 2 if blank is None else blank)[:2]
        assert without_padding(decoded.numpy()[:, i]) == [labels for labels, _ in want]
        np.testing.assert_allclose(scores.numpy()[i], [score for _, score in want], rtol=1e-10)


def test_a_beam_of_one_keeps_the_best_beginning_of_each_step():
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.45, 0.45]])     # (1, blank) is forgotten
    decoded, score = ops.ctc_decode(np.log(p)[None], [2], "beam_search", beam_width=1)
    assert decoded.numpy().tolist() == [[[1, -1]]]
    np.testing.assert_allclose(np.exp(score.numpy()), [[0.5 * 0.45]])


@pytest.mark.parametrize("merge_repeated", [False, True])
@pytest.mark.parametrize("blank", [0, 2])
def test_greedy_decoding_spells_the_best_class_of_each_step(blank, merge_repeated):
    logits = RNG.normal(size=(4, 9, 3)).round(1)
    decoded, scores = ops.ctc_decode(logits, [9, 6, 1, 0], mask_index=blank, merge_repeated=merge_repeated)
    paths = [logits[i, :n].argmax(-1).tolist() for i, n in enumerate([9, 6, 1, 0])]
    spell = collapsed if merge_repeated else lambda path, blank: [label for label in path if label != blank]
    assert without_padding(decoded.numpy()[0]) == [tuple(spell(path, blank)) for path in paths]
    np.testing.assert_allclose(scores.numpy()[:, 0], [-logits[i, :n].max(-1).sum() for i, n in enumerate([9, 6, 1, 0])])


@pytest.mark.parametrize(("arguments", "message"), [
    ({"strategy": "viterbi"}, "'greedy' or 'beam_search', got 'viterbi'"),
    ({"sequence_lengths": [1]}, r"sequence_lengths must have shape \(2,\)"),
    ({"inputs": np.ones((2, 3))}, r"\(batch, time, classes\), got shape \(2, 3\)"),
    ({"strategy": "beam_search", "top_paths": 9, "beam_width": 4}, "from 1 to beam_width=4, got 9"),
    ({"strategy": "beam_search", "top_paths": 9}, "less than top_paths=9")])
def test_what_cannot_be_decoded_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ops.ctc_decode(**{"inputs": np.ones((2, 1, 3)), "sequence_lengths": [1, 1]} | arguments)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gradient_of_sparse_crossentropy_is_softmax_minus_one_hot_along_any_axis(axis):
    logits = RNG.normal(size=(4, 4, 4))
    labels = RNG.integers(0, 4, (4, 4))
    x = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(ops.sparse_categorical_crossentropy(labels, x, from_logits=True, axis=axis))
    softmax = np.exp(logits) / np.exp(logits).sum(axis, keepdims=True)
    one_hot = np.moveaxis(np.eye(4)[labels], -1, axis)
    np.testing.assert_allclose(tape.gradient(loss, x).numpy(), softmax - one_hot, atol=1e-14)


@pytest.mark.parametrize(("call", "match"), [
    (lambda: ops.ctc_loss([[1, 9]], np.zeros((1, 4, 3)), [2], [4]), "labels must be from 0 to 2"),
    (lambda: ops.ctc_loss([[1, 2]], np.zeros((1, 4, 3)), [3], [4]), "lengths must be"),
    (lambda: ops.ctc_loss([[1, 2]], np.zeros((1, 4, 3)), [2], [5]), "lengths must be"),
    (lambda: ops.ctc_loss([[1, 2]], np.zeros((2, 4, 3)), [2], [4]), "must have 2 entries"),
    (lambda: ops.ctc_loss([1, 2], np.zeros((2, 4, 3)), [2], [4]), r"a target \(batch, labels\)"),
    (lambda: ops.binary_crossentropy(np.zeros((2, 3)), np.zeros((2, 1))), "targets must have the shape"),
    (lambda: ops.categorical_crossentropy(np.zeros(3), np.zeros((2, 3))), "use sparse categorical"),
    (lambda: ops.sparse_categorical_crossentropy([5, 0], np.zeros((2, 3))), "label 5"),
    (lambda: ops.dot_product_attention(*[np.zeros((2, 3, 4))] * 3), "axes .batch, time, heads, size."),
    (lambda: ops.dot_product_attention(np.zeros((1, 2, 3, 4)), *[np.zeros((1, 2, 2, 4))] * 2), "3 heads"),
    (lambda: tf.nn.bias_add(np.zeros((2, 3)), np.zeros(2)), "3 against 2"),
])
def test_shapes_that_do_not_fit(call, match):
    with pytest.raises(ShapeError, match=match):
        call()


@pytest.mark.parametrize("call", [
    lambda: ops.dot_product_attention(*[np.zeros((1, 2, 3, 4))] * 3, flash_attention=True),
    lambda: ops.moments(np.zeros((2, 3)), [0], synchronized=True)])
def test_options_that_cannot_work_are_refused(call):
    with pytest.raises(ValueError, match=r"flash_attention|synchronized"):
        call()


def test_attention_averages_the_values_it_sees():
    value = RNG.normal(size=(1, 4, 2, 3))
    query = np.zeros((1, 4, 2, 5))
    seen = ops.dot_product_attention(query, query, value, is_causal=True).numpy()
    want = np.cumsum(value, 1) / np.arange(1, 5).reshape(1, 4, 1, 1)
    np.testing.assert_allclose(seen, want, atol=1e-12)
    nothing = ops.dot_product_attention(query, query, value, mask=np.zeros((4, 4), bool))
    np.testing.assert_allclose(nothing.numpy(), np.broadcast_to(value.mean(1, keepdims=True), value.shape))


def test_heads_of_a_query_share_keys_and_values_in_groups():
    query, key, value = (RNG.normal(size=(1, 3, heads, 2)) for heads in (4, 2, 2))
    got = ops.dot_product_attention(query, key, value)
    want = ops.dot_product_attention(query, np.repeat(key, 2, 2), np.repeat(value, 2, 2))
    np.testing.assert_allclose(got.numpy(), want.numpy())


def test_layer_normalization_gives_mean_0_and_variance_1_also_of_half_floats():
    y = ops.layer_normalization(tf.constant(RNG.normal(size=(2, 64)) * 300 + 900, "float16"))
    assert y.dtype == "float16"
    np.testing.assert_allclose(y.numpy().astype(float).mean(1), 0.0, atol=1e-2)
    np.testing.assert_allclose(y.numpy().astype(float).std(1), 1.0, atol=1e-2)


def test_sparsemax_has_the_threshold_of_keras():
    np.testing.assert_allclose(ops.sparsemax([3.0, 0.0, 0.0]).numpy(), [1.0, 0.0, 0.0])
    # support {1.0, 0.5}: ((1.0 + 1.5) - 1) / 2 = 0.75
    np.testing.assert_allclose(ops.sparsemax([1.0, 0.5, -1.0]).numpy(), [0.25, 0.0, 0.0])


def test_weighted_cross_entropy_is_finite_for_large_logits():
    x = tf.constant([-1e3, 0.0, 1e3])
    got = tf.nn.weighted_cross_entropy_with_logits([1.0, 1.0, 0.0], x, 3.0)
    np.testing.assert_allclose(got.numpy(), [3e3, 3 * np.log(2), 1e3], rtol=1e-6)
