"""Attention, with one head and with several."""

import numpy as np

from minikeras import layers

from . import Example, numbers

QUERY, VALUE, KEY = numbers(4, 3, 4), numbers(4, 5, 4, seed=1), numbers(4, 5, 4, seed=2)
WIDE = numbers(4, 5, 2, seed=3)
SEEN = np.random.default_rng(0).random((4, 3, 5)) > 0.3
SEEN[:, :, 0] = True
FROM, TO = np.arange(3) < np.array([[3], [2], [1], [3]]), np.arange(5) < np.array([[5], [3], [4], [1]])
IMAGES = numbers(4, 2, 3, 4)
EXAMPLES = {
    "Attention": [
        Example(lambda: layers.Attention(use_scale=True, dropout=0.3, seed=1), [QUERY, VALUE]),
        Example(lambda: layers.Attention(), [QUERY, WIDE, KEY],
                {"mask": [FROM, TO], "return_attention_scores": True}),
        Example(lambda: layers.Attention(score_mode="concat", use_scale=True), [QUERY, VALUE, KEY],
                {"use_causal_mask": True})],
    "AdditiveAttention": [
        Example(lambda: layers.AdditiveAttention(dropout=0.2, seed=3), [QUERY, VALUE]),
        Example(lambda: layers.AdditiveAttention(use_scale=False), [QUERY, VALUE, KEY], {"mask": [FROM, TO]})],
    "MultiHeadAttention": [
        Example(lambda: layers.MultiHeadAttention(2, 3), QUERY, {"value": VALUE}),
        Example(lambda: layers.MultiHeadAttention(2, 2, value_dim=3, use_bias=False, output_shape=5, use_gate=True),
                QUERY, {"value": WIDE, "key": KEY, "value_mask": TO, "attention_mask": SEEN}),
        Example(lambda: layers.MultiHeadAttention(1, 2, dropout=0.3, seed=1, kernel_regularizer="l2"), QUERY,
                {"value": VALUE, "use_causal_mask": True, "return_attention_scores": True}),
        Example(lambda: layers.MultiHeadAttention(2, 2, attention_axes=(1, 2), output_shape=(2, 3)), IMAGES,
                {"value": IMAGES}, masks=False),
        Example(lambda: layers.MultiHeadAttention(2, 2, attention_axes=-2, sliding_window=2), IMAGES,
                {"value": IMAGES}, masks=False)],
    "GroupedQueryAttention": [
        Example(lambda: layers.GroupQueryAttention(2, 4, 2, use_gate=True), QUERY, {"value": VALUE}),
        Example(lambda: layers.GroupQueryAttention(2, 4, 1, sliding_window=2, kernel_regularizer="l2"), QUERY,
                {"value": VALUE, "key": KEY, "query_mask": FROM, "attention_mask": SEEN, "use_causal_mask": True}),
        Example(lambda: layers.GroupQueryAttention(2, 2, 2, use_bias=False, dropout=0.2, seed=2), QUERY,
                {"value": VALUE, "return_attention_scores": True})],
}
