"""50,000 film reviews and whether they praise: Maas et al. 2011, "Learning word vectors for sentiment analysis"."""

import numpy as np

from .words import limited, read_lists, read_word_index, short_only, shuffled, started

__all__ = ["get_word_index", "load_data"]


def load_data(path="imdb.npz", num_words=None, skip_top=0, maxlen=None, seed=113, start_char=1, oov_char=2,
              index_from=3, **kwargs):
    """(x_train, y_train), (x_test, y_test) with 25,000 reviews each, downloaded at first use.

    x   arrays of lists: the numbers of a review's words, by how frequent they are
    y   int64, (n,): 1 for a good verdict, 0 for a bad one
    path         name in the cache
    num_words, skip_top    keep the numbers from `skip_top` on that are below `num_words`;  oov_char   what stands for
                 others; None leaves them out
    maxlen       leave out reviews that are not shorter
    seed         of the order
    start_char   begins each review, if not None;  index_from   added to each word's number, so that the small ones
                 are free: 0 for padding, 1 and 2 as above
    Raises ValueError if no review is short enough, DownloadError where there is no network.
    """
    if kwargs:
        raise TypeError(f"imdb.load_data got unexpected arguments: {', '.join(kwargs)}.")
    arrays = read_lists("imdb.npz", path)
    random = np.random.RandomState(seed)
    parts = []
    for part in ("train", "test"):
        x, y = shuffled(arrays[f"x_{part}"], arrays[f"y_{part}"], random)
        x = started(x, start_char, index_from)
        if maxlen:
            x, y = short_only(x, y, maxlen)
        parts.append((x, y))
    (x_train, y_train), (x_test, y_test) = parts
    x = limited(x_train + x_test, num_words, skip_top, oov_char)
    return (x[:len(x_train)], y_train), (x[len(x_train):], y_test)


def get_word_index(path="imdb_word_index.json"):
    """{word: number}: the most frequent word has 1. In the reviews `index_from` is added."""
    return read_word_index("imdb_word_index.json", path)
