"""11,228 newswires of 1987 in 46 topics: Reuters-21578, as Keras prepared it."""

import numpy as np

from ..arguments import number
from .words import limited, read_lists, read_word_index, short_only, shuffled, started

__all__ = ["get_label_names", "get_word_index", "load_data"]

_TOPICS = """
    cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass crude
    nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi iron-steel
    rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"""


def load_data(path="reuters.npz", num_words=None, skip_top=0, maxlen=None, test_split=0.2, seed=113, start_char=1,
              oov_char=2, index_from=3):
    """(x_train, y_train), (x_test, y_test), downloaded at first use.

    x   arrays of lists: the numbers of a newswire's words, by how frequent they are
    y   int64, (n,): the topic, 0 to 45; `get_label_names` has their names
    test_split   the share of the test set. The other arguments are those of `imdb.load_data`.
    """
    number("reuters.load_data: test_split", test_split, 0, 1)
    arrays = read_lists("reuters.npz", path)
    x, y = shuffled(arrays["x"], arrays["y"], np.random.RandomState(seed))
    x = started(x, start_char, index_from)
    if maxlen:
        x, y = short_only(x, y, maxlen)
    x, cut = limited(x, num_words, skip_top, oov_char), int(len(x) * (1 - test_split))
    return (x[:cut], y[:cut].copy()), (x[cut:], y[cut:].copy())


def get_word_index(path="reuters_word_index.json"):
    """{word: number}: the most frequent word has 1. In the newswires `index_from` is added."""
    return read_word_index("reuters_word_index.json", path)


def get_label_names():
    """The names of the 46 topics, in the order of their numbers."""
    return tuple(_TOPICS.split())
