"""Vocabularies as tables, and the ops that look things up in them."""

import numpy as np

from ...autograd.op import kept, primitive

UNKNOWN = -2        # the place of what is not in a vocabulary, until it gets one


class Table:
    """A vocabulary: `tokens`, bytes or integers, of which the first has place `start`; and the place of the mask."""

    def __init__(self, tokens, start, mask=None, mask_place=None):
        self.tokens, self.start = tokens, start
        self.places = {token: start + i for i, token in enumerate(tokens)}
        if mask is not None:
            self.places[mask] = mask_place


@primitive(shape=lambda x, **_: x, policy=kept, result="int64")
def look_up(x, *, table, complaint=None):
    """The place of each element in a Table, UNKNOWN where it has none. Raises ValueError(complaint) there, if given,
    with the first such element, and its position, in place of {}."""
    places = np.fromiter((table.places.get(token, UNKNOWN) for token in x.ravel().tolist()), np.int64, x.size)
    places = places.reshape(x.shape)
    if complaint is not None and (places == UNKNOWN).any():
        where = tuple(np.argwhere(places == UNKNOWN)[0].tolist())
        raise ValueError(complaint.replace("{}", f"{x[where]!r} at position {where}" if where else repr(x[where]), 1))
    return places


@primitive(shape=lambda x, **_: x, policy=kept, result=lambda inputs, attrs: attrs["dtype"])
def name_of(x, *, table, unknown, mask, dtype):
    """The token at each place in a Table; `unknown` where there is none, and `mask`, if given, at place 0."""
    names = dict(enumerate(table.tokens, table.start))
    if mask is not None:
        names[0] = mask
    made = np.empty(x.size, dtype)
    made[:] = [names.get(place, unknown) for place in x.ravel().tolist()]
    return made.reshape(x.shape)


class Given:
    """A vocabulary and its weights as they were given, in a class of its own so that no search looks inside."""

    __slots__ = ("idf_weights", "vocabulary")

    def __init__(self, vocabulary, idf_weights):
        self.vocabulary, self.idf_weights = vocabulary, idf_weights
