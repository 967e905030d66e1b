"""Keras' older `preprocessing.text`: words and their numbers, in plain Python. New programs use TextVectorization."""

import collections
import hashlib
import json
import warnings

import numpy as np

from ..arguments import one_of

__all__ = ["Tokenizer", "hashing_trick", "one_hot", "text_to_word_sequence", "tokenizer_from_json"]

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
MODES = ("binary", "count", "tfidf", "freq")


def text_to_word_sequence(input_text, filters=FILTERS, lower=True, split=" "):
    """The words of a text, a list; every character of `filters` stands for `split`."""
    text = input_text.lower() if lower else input_text
    return [word for word in text.translate({ord(mark): split for mark in filters}).split(split) if word]


def one_hot(input_text, n, filters=FILTERS, lower=True, split=" ", analyzer=None):
    """A number in 1 .. n - 1 for each word, by Python's own hash, which differs from run to run."""
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(text, n, hash_function=None, filters=FILTERS, lower=True, split=" ", analyzer=None):
    """A number in 1 .. n - 1 for each word. `hash_function`: Python's own by default, 'md5', or a function."""
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word):
    return int(hashlib.md5(word.encode()).hexdigest(), 16)


class Tokenizer:
    """Numbers words by how often they occur in texts, 1 for the most frequent; 0 is left for padding.

    num_words    numbers below it are used, others skipped or given as `oov_token`; None for all
    filters, lower, split   how a text becomes words, as in `text_to_word_sequence`
    char_level   every character is a word;  analyzer   a function from text to words, instead
    oov_token    stands for unknown words, as number 1
    A text may also be a list of words.
    """

    def __init__(self, num_words=None, filters=FILTERS, lower=True, split=" ", char_level=False, oov_token=None,
                 analyzer=None, *, document_count=0):
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.document_count = document_count
        self.word_counts, self.word_docs = collections.OrderedDict(), collections.defaultdict(int)
        self.word_index, self.index_word, self.index_docs = {}, {}, collections.defaultdict(int)

    def _words(self, text):
        if self.char_level or isinstance(text, list):
            return [word.lower() for word in text] if self.lower else list(text)
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts):
        """Count the words of texts, and number all that were ever seen anew."""
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in dict.fromkeys(words):
                self.word_docs[word] += 1
        by_count = sorted(self.word_counts, key=self.word_counts.get, reverse=True)
        known = by_count if self.oov_token is None else [self.oov_token, *by_count]
        self.word_index = {word: number for number, word in enumerate(known, 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences):
        """Count in how many lists of numbers each occurs; needed for tf-idf if there are no texts."""
        for sequence in sequences:
            self.document_count += 1
            for number in dict.fromkeys(sequence):
                self.index_docs[number] += 1

    def _is_used(self, number):
        return number is not None and (not self.num_words or number < self.num_words)

    def texts_to_sequences(self, texts):
        """Lists of the words' numbers."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts):
        """The same one by one."""
        unknown = self.word_index.get(self.oov_token)
        for text in texts:
            numbers = [self.word_index.get(word) for word in self._words(text)]
            numbers = [number if self._is_used(number) else unknown for number in numbers]
            yield [number for number in numbers if number is not None]

    def sequences_to_texts(self, sequences):
        """Texts, words with a blank between, of lists of numbers."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences):
        """The same one by one."""
        for sequence in sequences:
            words = [self.index_word.get(number) if self._is_used(number) else self.oov_token for number in sequence]
            words = [self.oov_token if word is None else word for word in words]
            yield " ".join(word for word in words if word is not None)

    def texts_to_matrix(self, texts, mode="binary"):
        """A row for each text and a column for each number; `mode` as in `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences, mode="binary"):
        """A row for each list and a column for each number: 'binary' (is it there), 'count', 'freq' (its share), or
        'tfidf': (1 + log count) * log(1 + lists / (1 + lists that have it))."""
        one_of("Tokenizer: mode", mode, MODES)
        if not self.num_words and not self.word_index:
            raise ValueError("Tokenizer.sequences_to_matrix: the number of columns is not known. Give num_words, or "
                             "call fit_on_texts first.")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("Tokenizer: call fit_on_texts or fit_on_sequences before tfidf.")
        matrix = np.zeros((len(sequences), self.num_words or len(self.word_index) + 1))
        for row, sequence in zip(matrix, sequences):
            for number, count in collections.Counter(sequence).items():
                if number < len(row):
                    row[number] = self._entry(number, count, len(sequence), mode)
        return matrix

    def _entry(self, number, count, length, mode):
        if mode == "tfidf":
            rarity = np.log(1 + self.document_count / (1 + self.index_docs.get(number, 0)))
            return (1 + np.log(count)) * rarity
        return {"binary": 1.0, "count": count, "freq": count / length}[mode]

    def get_config(self):
        """All settings and counts; the tables as JSON text."""
        tables = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        return {name: getattr(self, name) for name in plain} | {
            name: json.dumps(getattr(self, name)) for name in tables}

    def to_json(self, **kwargs):
        """JSON text that `tokenizer_from_json` reads. An analyzer is left out. Arguments are those of json.dumps."""
        if self.analyzer is not None:
            warnings.warn("Tokenizer.to_json: the analyzer is a function and is left out.", stacklevel=2)
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def tokenizer_from_json(json_string):
    """The Tokenizer of a text that `to_json` gave."""
    config = json.loads(json_string)["config"]
    tables = {name: json.loads(config.pop(name)) for name in (
        "word_counts", "word_docs", "index_docs", "index_word", "word_index")}
    tokenizer = Tokenizer(**config)
    tokenizer.word_counts.update(tables["word_counts"])
    tokenizer.word_docs.update(tables["word_docs"])
    tokenizer.word_index = tables["word_index"]
    tokenizer.index_word = {int(number): word for number, word in tables["index_word"].items()}
    tokenizer.index_docs.update({int(number): count for number, count in tables["index_docs"].items()})
    return tokenizer
