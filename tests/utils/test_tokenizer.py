"""Keras' older numbering of words; the figures are what Keras 3.15.1 gives for the same texts."""

import numpy as np
import pytest

from minikeras.preprocessing.text import (
    Tokenizer,
    hashing_trick,
    one_hot,
    text_to_word_sequence,
    tokenizer_from_json,
)

TEXTS = ["I love my dog", "I love my cat", "You love my dog!", "Do you think my dog is amazing?"]


def fitted(**options):
    tokenizer = Tokenizer(**options)
    tokenizer.fit_on_texts(TEXTS)
    return tokenizer


def test_words_are_numbered_by_how_often_they_occur():
    assert fitted(oov_token="<OOV>").word_index == {
        "<OOV>": 1, "my": 2, "love": 3, "dog": 4, "i": 5, "you": 6, "cat": 7, "do": 8, "think": 9, "is": 10,
        "amazing": 11}


def test_unknown_words_are_skipped_or_stand_as_one_word():
    text = ["i really love my manatee"]
    assert fitted().texts_to_sequences(text) == [[4, 2, 1]]
    named = fitted(oov_token="<OOV>")
    assert named.texts_to_sequences(text) == [[5, 1, 3, 2, 1]]
    assert named.sequences_to_texts([[5, 1, 3, 2, 1]]) == ["i <OOV> love my <OOV>"]


def test_only_the_first_numbers_are_used():
    assert fitted(num_words=3).texts_to_sequences(TEXTS[:1]) == [[2, 1]]
    assert fitted(num_words=4, oov_token="?").texts_to_sequences(TEXTS[:1]) == [[1, 3, 2, 1]]


@pytest.mark.parametrize(("mode", "rows"), [
    ("binary", [[0, 1, 1, 1, 1, 0], [0, 1, 1, 0, 1, 0]]), ("count", [[0, 1, 1, 1, 1, 0], [0, 1, 1, 0, 1, 0]]),
    ("freq", [[0, 0.25, 0.25, 0.25, 0.25, 0], [0, 0.33333, 0.33333, 0, 0.33333, 0]]),
    ("tfidf", [[0, 0.58779, 0.69315, 0.69315, 0.8473, 0], [0, 0.58779, 0.69315, 0, 0.8473, 0]])])
def test_texts_are_rows_of_a_matrix(mode, rows):
    np.testing.assert_allclose(fitted(num_words=6).texts_to_matrix(TEXTS[:2], mode), rows, atol=1e-5)


def test_a_matrix_says_what_it_lacks():
    with pytest.raises(ValueError, match="fit_on_texts first"):
        Tokenizer().sequences_to_matrix([[1]])
    with pytest.raises(ValueError, match="mode must be one of"):
        fitted().texts_to_matrix(TEXTS, "sum")


def test_characters_may_be_words():
    tokenizer = Tokenizer(char_level=True, lower=False)
    tokenizer.fit_on_texts(["abcA"])
    assert tokenizer.word_index == {"a": 1, "b": 2, "c": 3, "A": 4}
    assert tokenizer.texts_to_sequences(["cab"]) == [[3, 1, 2]]


def test_texts_are_split_at_what_is_no_word():
    assert text_to_word_sequence("Hello, World! a-b") == ["hello", "world", "a", "b"]
    assert text_to_word_sequence("A,b", filters="", lower=False, split=",") == ["A", "b"]


def test_a_tokenizer_comes_back_from_json():
    tokenizer = fitted(num_words=6, oov_token="?")
    again = tokenizer_from_json(tokenizer.to_json())
    assert again.get_config() == tokenizer.get_config()
    assert again.texts_to_sequences(TEXTS) == tokenizer.texts_to_sequences(TEXTS)
    assert np.array_equal(again.texts_to_matrix(TEXTS, "tfidf"), tokenizer.texts_to_matrix(TEXTS, "tfidf"))


def test_words_are_hashed_into_a_range():
    assert hashing_trick("a b a", 10, "md5") == [2, 5, 2]
    assert all(1 <= number < 5 for number in one_hot("some words in a row", 5))
