"""Texts as lists of the numbers of their words, as `imdb` and `reuters` have them."""

import itertools
import json

import numpy as np

from ..saving.archive import read_zip
from ..saving.arrays import npy_array
from .downloads import fetch
from .pickled import read_pickled


def read_lists(name, fname):
    """The arrays of an npz file of SOURCES, some of them of lists: those are pickled, so they are read by our own."""
    path = fetch(name, fname)
    return {member.removesuffix(".npy"): _read_array(content, f"{path}: {member}")
            for member, content in read_zip(path.read_bytes(), path).items()}


def _read_array(content, where):
    # The header says how long it is; a pickle follows where the dtype is object.
    size, start = (int.from_bytes(content[8:10], "little"), 10) if content[6:7] == b"\1" else \
        (int.from_bytes(content[8:12], "little"), 12)
    header = content[start:start + size]
    if b"'|O'" in header:
        return read_pickled(content[start + size:], where)
    return npy_array(content, where)


def read_word_index(name, fname):
    """{word: its number} of a JSON file of SOURCES."""
    return json.loads(fetch(name, fname).read_text("utf-8"))


def shuffled(x, y, random):
    """Both in the order of one shuffle by a RandomState."""
    order = np.arange(len(x))
    random.shuffle(order)
    return x[order], y[order]


class Words:
    """Many lists of numbers as one array and their lengths: what is done to each number is done to all at once."""

    def __init__(self, lists):
        self.lengths = np.array([len(each) for each in lists], np.int64)
        self.flat = np.fromiter(itertools.chain.from_iterable(lists), np.int64, self.lengths.sum())

    def lists(self):
        """An array of lists."""
        flat, result = self.flat.tolist(), np.empty(len(self.lengths), object)
        end = 0
        for i, length in enumerate(self.lengths.tolist()):
            result[i] = flat[end:end + length]
            end += length
        return result

    def keep(self, which):
        """Leave out the numbers where `which` is false."""
        counts = np.concatenate([[0], np.cumsum(which)])
        ends = np.cumsum(self.lengths)
        self.lengths = counts[ends] - counts[ends - self.lengths]
        self.flat = self.flat[which]


def started(lists, start_char, index_from):
    """Lists with `index_from` added to each number, and `start_char`, if there is one, before them."""
    start = [] if start_char is None else [start_char]
    shift = index_from or 0
    return [start + [word + shift for word in each] for each in lists]


def short_only(lists, labels, maxlen):
    """Those of fewer than `maxlen` numbers, and their labels. Raises ValueError if there are none."""
    kept = [i for i, each in enumerate(lists) if len(each) < maxlen]
    if not kept:
        raise ValueError(f"load_data: no text is shorter than maxlen={maxlen}. Give a larger one.")
    return [lists[i] for i in kept], labels[kept]


def limited(lists, num_words, skip_top, oov_char):
    """An array of lists where numbers below `skip_top`, or from `num_words` on, are `oov_char`, or left out for None.

    Without num_words it is the largest number there is, as in Keras: that one is out, too.
    """
    words = Words(lists)
    inside = (words.flat >= skip_top) & (words.flat < (num_words or words.flat.max(initial=0)))
    if oov_char is None:
        words.keep(inside)
    else:
        words.flat = np.where(inside, words.flat, oov_char)
    return words.lists()
