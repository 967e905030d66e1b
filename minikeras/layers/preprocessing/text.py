"""Text as numbers."""

import string

import numpy as np

from ...autograd.dtypes import floatx
from ...autograd.operands import as_tensor
from ...autograd.tensor import SymbolicTensor, Tensor
from ...errors import DTypeError, ShapeError
from ...ops import strings
from ...ops.shapes import squeeze
from ...ops.strings import Rows
from ...ops.tallying import LEFT_OUT
from ..base import Layer
from .lookup import MODES, StringLookup
from .modes import batches_of, known_mode, refuse_sparse

PUNCTUATION = string.punctuation.encode()
STANDARDIZED = {
    "lower": lambda s: s.lower(),
    "strip_punctuation": lambda s: s.translate(None, PUNCTUATION),
    "lower_and_strip_punctuation": lambda s: s.lower().translate(None, PUNCTUATION),
}
SPLIT = {"whitespace": strings.split, "character": lambda x: strings.unicode_split(x, "utf-8")}


class TextVectorization(Layer):
    """Each string as the places of its words in a vocabulary, filled up with 0 to one length; or as one vector.

    max_tokens    the most places there may be, with 0 for nothing and 1 for words out of vocabulary
    standardize   'lower_and_strip_punctuation', 'lower', 'strip_punctuation' (ASCII both), None, or a function of a
                  tensor of strings
    split         'whitespace', 'character', None, or a function of a tensor of strings that gives `strings.Rows`, a
                  tensor with one axis more, or lists of strings
    ngrams        also runs of up to so many words; or of the lengths in a tuple only
    output_mode   'int', or as for StringLookup, with a sample a string
    output_sequence_length   the length of the rows, with output_mode 'int'; by default that of the longest
    pad_to_max_tokens, vocabulary, idf_weights   as for StringLookup
    Shapes: (batch,) or (batch, 1) -> (batch, length) int64, or (batch, places).
    """

    def __init__(self, max_tokens=None, standardize="lower_and_strip_punctuation", split="whitespace", ngrams=None,
                 output_mode="int", output_sequence_length=None, pad_to_max_tokens=False, vocabulary=None,
                 idf_weights=None, sparse=False, ragged=False, encoding="utf-8", name=None, **kwargs):
        given = {key: kwargs.pop(key) for key in ("vocabulary_size", "has_input_vocabulary") if key in kwargs}
        super().__init__(name=name, **{"autocast": False, **kwargs})
        output_mode = known_mode("TextVectorization", output_mode, MODES)
        refuse_sparse("TextVectorization", sparse)
        if ragged:
            raise ValueError("TextVectorization: ragged=True is not supported: there are no ragged tensors. Rows are "
                             "filled up with 0.")
        self.standardize = _one_of("standardize", standardize, STANDARDIZED)
        self.split = _one_of("split", split, SPLIT)
        self.ngrams, self._ngram_widths = ngrams, _known_ngrams(ngrams)
        if output_sequence_length is not None and (output_mode != "int" or isinstance(output_sequence_length, bool)
                                                   or not isinstance(output_sequence_length, int)):
            raise ValueError("TextVectorization: output_sequence_length must be an integer, and goes with "
                             f"output_mode='int' only; got {output_sequence_length!r} with {output_mode!r}.")
        self.output_mode, self.output_sequence_length = output_mode, output_sequence_length
        self._lookup_layer = StringLookup(
            max_tokens, vocabulary=vocabulary, idf_weights=idf_weights, mask_token="", output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens, encoding=encoding, **given)
        self._lookup_layer.name = self.name      # which the messages of both have
        self.built = True

    @property
    def input_dtype(self):
        """Strings."""
        return "string"

    # --- the vocabulary --------------------------------------------------------------------------

    def adapt(self, data, batch_size=None, steps=None):
        """Make a vocabulary of the words in `data`, the most frequent first, of equally frequent ones the last.

        data    strings in a list, an array or a tensor, or batches of them;  steps   how many batches to take
        batch_size   changes nothing
        """
        self.reset_state()
        for batch in batches_of(data, steps, lists=True):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data):
        """Count the words of a batch."""
        words = self._words(strings.as_strings(data, f"TextVectorization {self.name!r}: adapt"))
        self._lookup_layer._count(words.to_list() if isinstance(words, Rows) else np.asarray(words))

    def finalize_state(self):
        """Make the vocabulary of what was counted."""
        self._lookup_layer.finalize_state()

    def reset_state(self):
        """Forget what was counted."""
        self._lookup_layer.reset_state()

    def get_vocabulary(self, include_special_tokens=True):
        """The words as a list in the order of their places; without the special ones if asked."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def set_vocabulary(self, vocabulary, idf_weights=None):
        """Use these words; see StringLookup."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    def vocabulary_size(self):
        """How many places there are, with the special ones."""
        return self._lookup_layer.vocabulary_size()

    # --- vectors ---------------------------------------------------------------------------------

    def _words(self, x):
        """The words of each string: Rows, or a tensor of as many in each."""
        if callable(self.standardize):
            x = self.standardize(x)
        elif self.standardize is not None:
            x = strings.map_strings(x, function=STANDARDIZED[self.standardize], dtype=x.dtype.dtype)
        if self.split is not None:
            if x.ndim > 1:
                if x.shape[-1] != 1:
                    raise ShapeError(f"TextVectorization {self.name!r}: strings to be split must have shape (batch,) "
                                     f"or (batch, 1), got {x.shape}.")
                x = squeeze(x, -1)
            x = (self.split if callable(self.split) else SPLIT[self.split])(x)
        if isinstance(x, list):
            x = Rows([row.tolist() if isinstance(row, Tensor) else [_as_bytes(s) for s in row] for row in x])
        return x if self._ngram_widths is None else strings.ngrams(x, self._ngram_widths)

    def call(self, inputs):
        x = as_tensor(inputs)
        if x.dtype != "string":
            raise DTypeError(f"TextVectorization {self.name!r} takes strings, got {x.dtype.name}.")
        if isinstance(x, SymbolicTensor):
            return self._inferred(x)
        lookup = self._lookup_layer
        words, length = self._words(x), self.output_sequence_length
        if isinstance(words, Rows):
            flat = as_tensor([s for row in words.rows for s in row] or np.empty(0, object))
            places = np.asarray(lookup.ids(flat))
            ends = np.cumsum([len(row) for row in words.rows])
            rows = np.split(places, ends[:-1]) if len(words) else []
            fill = 0 if self.output_mode == "int" else LEFT_OUT
            width = max(map(len, rows), default=0) if length is None else length
            made = np.full((len(rows), width), fill, np.int64)
            for i, row in enumerate(rows):
                made[i, :min(width, len(row))] = row[:width]
            return lookup.encoded(Tensor(made))
        places = lookup.ids(words)
        if self.output_mode == "int" and length is not None:
            given = np.asarray(places)[..., :length]
            places = Tensor(np.pad(given, [(0, 0)] * (given.ndim - 1) + [(0, length - given.shape[-1])]))
        return lookup.encoded(places)

    def _inferred(self, x):
        """What `call` makes of strings that come later."""
        lookup = self._lookup_layer
        lookup._has_tokens(x)
        if self.split is None and self.output_mode != "int":
            return lookup(x)
        batch = x.shape[:1]
        if self.output_mode == "int":
            length = self.output_sequence_length
            if self.split is None:
                return SymbolicTensor((*x.shape[:-1], x.shape[-1] if length is None else length), "int64")
            return SymbolicTensor((*batch, length), "int64")
        symbolic = lookup.encoded(SymbolicTensor((*batch, None), "int64"))
        return SymbolicTensor(symbolic.shape, floatx() if self.output_mode == "tf_idf" else "int64")

    # --- configs and files -----------------------------------------------------------------------

    def get_config(self):
        inner = self._lookup_layer.get_config()
        return {**super().get_config(), "output_mode": self.output_mode,
                **{key: inner[key] for key in ("vocabulary", "idf_weights")},
                "vocabulary_size": inner["vocabulary_size"] or self.vocabulary_size()}

    # Keras has the weights and the vocabulary of the lookup here, too.

    def _stored(self):
        return self._lookup_layer._stored()

    def save_assets(self, dir_path):
        """Write the vocabulary to a folder, if the config does not have it."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path):
        """Take the vocabulary of a folder."""
        self._lookup_layer.load_assets(dir_path)


def _as_bytes(s):
    return s.encode() if isinstance(s, str) else s


def _one_of(name, value, known):
    if value is None or callable(value) or value in known:
        return value
    raise ValueError(f"TextVectorization: {name} must be {', '.join(map(repr, known))}, None or a function, got "
                     f"{value!r}.")


def _known_ngrams(ngrams):
    """The lengths of runs as a tuple, None for single words only."""
    widths = tuple(range(1, ngrams + 1)) if isinstance(ngrams, int) else ngrams if ngrams is None else tuple(ngrams)
    if widths is not None and not (widths and all(isinstance(n, int) and n > 0 for n in widths)):
        raise ValueError(f"TextVectorization: ngrams must be an integer from 1 on, or a tuple of them, got {ngrams!r}.")
    return widths
