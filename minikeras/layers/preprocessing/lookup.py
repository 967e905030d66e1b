"""Strings or integers looked up in a vocabulary: their places in it, and back."""

import collections
from pathlib import Path

import numpy as np

from ...arguments import switch
from ...autograd.dtypes import STRING, floatx
from ...autograd.linear import cast
from ...autograd.operands import as_tensor
from ...autograd.tensor import Operand, SymbolicTensor
from ...autograd.variable import Variable
from ...errors import DTypeError
from ...ops.arithmetic import equal, mod, select
from ...ops.tallying import LEFT_OUT, encoded
from ..base import Layer
from .categories import hashed
from .modes import batches_of, known_mode, known_salt, refuse_sparse
from .table import UNKNOWN, Given, Table, look_up, name_of

VOCABULARY = "vocabulary.txt"
MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


class _IndexLookup(Layer):
    """Base of the lookups; `kind` is the dtype of tokens.

    Places are: that of the mask, if there is one and output_mode is 'int'; num_oov_indices for tokens out of
    vocabulary; the tokens in their order.
    """

    kind = None

    def __init__(self, max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode,
                 pad_to_max_tokens, sparse, salt, name, **kwargs):
        where = type(self).__name__
        # What Keras writes into configs; has_input_vocabulary says whether there is something left to adapt.
        self._given_size = kwargs.pop("vocabulary_size", None)
        self._is_given = kwargs.pop("has_input_vocabulary", vocabulary is not None)
        kwargs = {key: value for key, value in kwargs.items() if key not in ("trainable", "dtype")}
        super().__init__(name=name, autocast=False, **kwargs)
        self.output_mode = known_mode(where, output_mode, MODES)
        self.max_tokens = _at_least(where, "max_tokens", max_tokens, 2, optional=True)
        self.num_oov_indices = _at_least(where, "num_oov_indices", num_oov_indices, 0)
        self.invert = switch(f"{where}: invert", invert)
        self.pad_to_max_tokens = switch(f"{where}: pad_to_max_tokens", pad_to_max_tokens)
        self.sparse = refuse_sparse(where, sparse)
        if invert and self.output_mode != "int":
            raise ValueError(f"{where}: invert=True goes with output_mode='int' only, got {output_mode!r}.")
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError(f"{where}: pad_to_max_tokens=True needs max_tokens.")
        if idf_weights is not None and self.output_mode != "tf_idf":
            raise ValueError(f"{where}: idf_weights are for output_mode='tf_idf' only, not for {output_mode!r}.")
        if self.output_mode == "tf_idf" and self._is_given and vocabulary is not None and idf_weights is None:
            raise ValueError(f"{where}: with output_mode='tf_idf' a vocabulary needs idf_weights.")
        self.mask_token, self.oov_token, self.salt = mask_token, oov_token, known_salt(where, salt)
        self._given = Given(None if isinstance(vocabulary, (str, Path)) else vocabulary, idf_weights)
        self.idf_weights, self.built = None, True
        self._set_table([])
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    @property
    def input_dtype(self):
        """Name of the dtype of inputs of which only the shape is known."""
        return "int64" if self.invert else self.kind

    # --- the vocabulary --------------------------------------------------------------------------

    def _token(self, token):
        """A token as tables have it."""
        return token.encode(getattr(self, "encoding", "utf-8")) if isinstance(token, str) else token

    def _shown_token(self, token):
        """A token as users see it."""
        return token.decode(self.encoding) if isinstance(token, bytes) else token

    @property
    def _oov_start(self):
        return 1 if self.mask_token is not None and self.output_mode == "int" else 0

    @property
    def _token_start(self):
        return self._oov_start + self.num_oov_indices

    def _set_table(self, tokens):
        mask = None if self.mask_token is None else self._token(self.mask_token)
        self._table = Table(tokens, self._token_start, mask, 0 if self.output_mode == "int" else LEFT_OUT)

    def vocabulary_size(self):
        """How many places there are, with those for the mask and for what is out of vocabulary."""
        return len(self._table.tokens) + self._token_start

    def get_vocabulary(self, include_special_tokens=True):
        """The tokens as a list in the order of their places; without those for mask and out of vocabulary if asked."""
        tokens = [self._shown_token(token) for token in self._table.tokens]
        return self._special_tokens() + tokens if include_special_tokens else tokens

    def _special_tokens(self):
        return [self.mask_token] * self._oov_start + [self.oov_token] * self.num_oov_indices

    def set_vocabulary(self, vocabulary, idf_weights=None):
        """Use these tokens: a list, an array, a tensor, or the path of a text file with one in each line.

        They may begin with the special ones, as `get_vocabulary` gives them. idf_weights: one for each token, with
        output_mode='tf_idf'. Raises ValueError for repeated tokens, special ones in other places, or too many.
        """
        where = f"{type(self).__name__} {self.name!r}"
        if (self.output_mode == "tf_idf") != (idf_weights is not None):
            raise ValueError(f"{where}: idf_weights are needed with output_mode='tf_idf', and only there.")
        if isinstance(vocabulary, (str, Path)):
            vocabulary = self._read(vocabulary, where)
        given = vocabulary if isinstance(vocabulary, (list, tuple)) else np.asarray(vocabulary).tolist()
        given = [self._token(token.item() if isinstance(token, np.generic) else token) for token in given]
        special = [self._token(token) for token in self._special_tokens()]
        has_special = given[:self._token_start] == special
        tokens = given[self._token_start:] if has_special else given
        self._check_tokens(given, tokens, special, where)
        self._set_table(tokens)
        if idf_weights is not None:
            front = 0 if has_special else self._token_start
            self._set_idf(np.asarray(idf_weights, "float64"), len(given), front, where)

    def _check_tokens(self, given, tokens, special, where):
        if not given:
            raise ValueError(f"{where}: the vocabulary is empty.")
        wrong = [token for token in tokens if isinstance(token, bytes) != (self.kind == "string")]
        if wrong:
            raise DTypeError(f"{where}: tokens must be of type {self.kind}, got {wrong[0]!r}.")
        repeated = [self._shown_token(t) for t, n in collections.Counter(tokens).items() if n > 1]
        if repeated:
            raise ValueError(f"{where}: the vocabulary has tokens more than once: {repeated[:5]}. Each may be there "
                             "once.")
        reserved = ([self.mask_token] if self.mask_token is not None else []) + (
            [self.oov_token] if self.invert and self.oov_token is not None else [])
        for token in reserved:
            if self._token(token) in tokens:
                raise ValueError(
                    f"{where}: the token {token!r} is reserved, and stands at position "
                    f"{given.index(self._token(token))} of the vocabulary. Leave all special tokens out, or begin with "
                    f"{[self._shown_token(t) for t in special]}.")
        size = self._token_start + len(tokens)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(f"{where}: a vocabulary of {size} with the special tokens is larger than "
                             f"max_tokens={self.max_tokens}.")

    def _read(self, path, where):
        path = Path(path)
        if not path.is_file():
            raise ValueError(f"{where}: there is no vocabulary file {str(path)!r}; the current folder is {Path.cwd()}.")
        if self.output_mode == "tf_idf":
            raise ValueError(f"{where}: with output_mode='tf_idf' a vocabulary cannot come from a file. Give a list.")
        return self._parsed(path.read_text(getattr(self, "encoding", "utf-8")).removesuffix("\n"))

    def _parsed(self, text):
        """The tokens of a text with one in each line."""
        lines = text.split("\n")
        return lines if self.kind == "string" else [int(line) for line in lines]

    def _set_idf(self, weights, count, front, where):
        if weights.shape != (count,):
            raise ValueError(f"{where}: idf_weights must be {count} numbers, one for each token, got shape "
                             f"{weights.shape}.")
        weights = np.concatenate([np.full(front, weights.mean()), weights])
        size = self.max_tokens if self.pad_to_max_tokens else len(weights)
        weights = np.concatenate([weights, np.zeros(size - len(weights))]).astype(floatx())
        if self.idf_weights is not None and self.idf_weights.shape == weights.shape:
            self.idf_weights.assign(weights)
        else:
            self._record.variables.clear()
            self.idf_weights = Variable(weights, trainable=False, name="idf_weights")

    # --- adapting --------------------------------------------------------------------------------

    def adapt(self, data, steps=None):
        """Make a vocabulary of the tokens in `data`, the most frequent first, of equally frequent ones the largest.

        data    an array, a tensor, a list of tokens, or batches of them;  steps   how many batches to take
        With output_mode='tf_idf' each row is a document.
        """
        self.reset_state()
        for batch in batches_of(data, steps, lists=True):
            whole = batch is data
            x = self._as_tokens(batch)
            self._count(x.reshape(-1, 1) if whole and x.ndim == 1 else x)
        self.finalize_state()

    def update_state(self, data):
        """Count the tokens of a batch."""
        self._count(self._as_tokens(data))

    def _as_tokens(self, data):
        return np.asarray(as_tensor(data, None if self.kind == "string" else self.kind))

    def _count(self, x):
        """Count the tokens of an array of documents in rows, or of one document; or of a list of rows."""
        if self._is_given:
            raise ValueError(f"{type(self).__name__} {self.name!r} was given its vocabulary, so there is nothing to "
                             "adapt.")
        rows = x if isinstance(x, list) else x.reshape(1, -1).tolist() if x.ndim < 2 else [
            row.ravel().tolist() for row in x]
        for row in rows:
            self._counts.update(row)
            if self.output_mode == "tf_idf":
                self._documents.update(set(row))
        self._num_documents += len(rows)

    def finalize_state(self):
        """Make the vocabulary of what was counted."""
        if self._is_given or not self._counts:
            return
        for token in (self.mask_token, self.oov_token):
            self._counts.pop(self._token(token), None)
        tokens = sorted(self._counts, key=lambda token: (self._counts[token], token), reverse=True)
        if self.max_tokens is not None:
            tokens = tokens[:self.max_tokens - self._token_start]
        self._set_table(tokens)
        if self.output_mode == "tf_idf":
            found = np.array([self._documents[token] for token in tokens])
            self._set_idf(np.log(1.0 + self._num_documents / (1.0 + found)), len(tokens), self._token_start, "adapt")
        self.reset_state()

    def reset_state(self):
        """Forget what was counted."""
        self._counts, self._documents, self._num_documents = collections.Counter(), collections.Counter(), 0

    # --- looking up ------------------------------------------------------------------------------

    def call(self, inputs):
        return self.encoded(self.ids(inputs))

    def _has_tokens(self, x):
        """Whether there is a vocabulary. Raises RuntimeError where it is needed; shapes do without."""
        if self._table.tokens:
            return True
        if isinstance(x, SymbolicTensor) and (self.output_mode == "int" or self.pad_to_max_tokens or self._given_size):
            return False
        raise RuntimeError(f"{type(self).__name__} {self.name!r} has no vocabulary yet. Call adapt(data) or "
                           "set_vocabulary before, or give vocabulary.")

    def ids(self, inputs):
        """The place of each token; or the token at each place if inverted."""
        x = inputs if isinstance(inputs, Operand) else as_tensor(inputs)
        self._has_tokens(x)
        if self.invert:
            return name_of(x, table=self._table, unknown=self._token(self.oov_token), mask=self._token(self.mask_token),
                           dtype=STRING if self.kind == "string" else np.dtype(self.kind))
        if (x.dtype == "string") != (self.kind == "string"):
            raise DTypeError(f"{type(self).__name__} {self.name!r} takes {self.kind} tokens, got {x.dtype.name}.")
        x = x if x.dtype == self.kind else cast(x, dtype=np.dtype(self.kind))
        complaint = None if self.num_oov_indices else (
            f"{type(self).__name__} {self.name!r}: the token {{}} is not in the vocabulary, and num_oov_indices=0 "
            "leaves no place for such. Give 1 or more.")
        places = look_up(x, table=self._table, complaint=complaint)
        if not self.num_oov_indices:
            return places
        return select(equal(places, UNKNOWN), self._oov_places(x), places)

    def _oov_places(self, x):
        if self.num_oov_indices == 1:
            return cast(as_tensor(self._oov_start), dtype=np.dtype("int64"))
        by_remainder = self.kind != "string" and self.oov_method == "floormod"
        return self._oov_start + (mod(x, self.num_oov_indices) if by_remainder else
                                  hashed(x, bins=self.num_oov_indices, salt=self.salt))

    def encoded(self, places):
        """Places written as output_mode says. Negative ones are left out."""
        if self.output_mode == "int":
            return places
        size = self.vocabulary_size() if self._table.tokens else self._given_size
        depth = self.max_tokens if self.pad_to_max_tokens else size
        if self.output_mode != "tf_idf":
            return encoded(places, self.output_mode, depth, "int64")
        counts = encoded(places, "count", depth, floatx())
        return counts if self.idf_weights is None else counts * self.idf_weights

    # --- configs and files -----------------------------------------------------------------------

    def get_config(self):
        config = super().get_config()
        vocabulary, idf = self._given.vocabulary, self._given.idf_weights
        if vocabulary is not None:
            vocabulary = [self._shown_token(token) for token in (
                vocabulary if isinstance(vocabulary, (list, tuple)) else np.asarray(vocabulary).tolist())]
        return {**config, "vocabulary": vocabulary, "idf_weights": None if idf is None else np.asarray(idf).tolist(),
                "vocabulary_size": self.vocabulary_size() if self._table.tokens else self._given_size,
                "output_mode": self.output_mode, "salt": self.salt, "oov_method": self.oov_method}

    def _stored(self):
        return {} if self.idf_weights is None else {"idf_weights": self.idf_weights}

    def save_assets(self, dir_path):
        """Write the vocabulary to vocabulary.txt in a folder, if the config does not have it."""
        if self._given.vocabulary is not None or not self._table.tokens:
            return
        tokens = [str(token) for token in self.get_vocabulary()]
        broken = [token for token in tokens if "\n" in token or "\r" in token]
        if broken:
            raise ValueError(f"{type(self).__name__} {self.name!r}: the token {broken[0]!r} has a line break, and a "
                             "vocabulary file has a token in each line. Make the layer with vocabulary=[...].")
        Path(dir_path, VOCABULARY).write_bytes("\n".join(tokens).encode(getattr(self, "encoding", "utf-8")))

    def load_assets(self, dir_path):
        """Take the vocabulary of a folder, and make room for its weights."""
        file = Path(dir_path, VOCABULARY)
        if not file.exists() or self._given.vocabulary is not None:
            return
        tokens = self._parsed(file.read_bytes().decode(getattr(self, "encoding", "utf-8")).replace("\r\n", "\n"))
        weights = [0.0] * len(tokens) if self.output_mode == "tf_idf" else None
        if tokens:
            self.set_vocabulary(tokens, weights)


def _at_least(where, name, value, least, optional=False):
    if value is None and optional:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{where}: {name} must be an integer from {least} on, got {value!r}.")
    return int(value)


def _known_method(where, oov_method):
    """The way of spreading integers over places out of vocabulary; strings are always hashed. Raises ValueError."""
    if oov_method not in ("floormod", "farmhash"):
        raise ValueError(f"{where}: oov_method must be 'floormod' or 'farmhash', got {oov_method!r}.")
    return oov_method


class StringLookup(_IndexLookup):
    """The places of strings in a vocabulary, int64, or an encoding of them; inverted, the strings at places.

    max_tokens        the most places there may be;  num_oov_indices   how many of them for strings out of vocabulary
    mask_token        what stands for nothing: place 0, or left out of an encoding
    oov_token         what an inverse lookup gives for places without a token
    vocabulary        strings, or the path of a text file with one in each line; or `adapt` finds them
    output_mode       'int', 'one_hot', 'multi_hot', 'count' or 'tf_idf' (counts times idf_weights)
    pad_to_max_tokens whether an encoding has max_tokens places in any case
    salt              for the hash that spreads strings over several places out of vocabulary
    Raises ValueError, naming the first one, for strings out of vocabulary without a place.
    """

    kind = "string"

    def __init__(self, max_tokens=None, num_oov_indices=1, mask_token=None, oov_token="[UNK]", vocabulary=None,
                 idf_weights=None, invert=False, output_mode="int", pad_to_max_tokens=False, sparse=False,
                 encoding="utf-8", name=None, salt=None, **kwargs):
        self.encoding = encoding
        self.oov_method = _known_method("StringLookup", kwargs.pop("oov_method", "floormod"))
        super().__init__(max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert,
                         output_mode, pad_to_max_tokens, sparse, salt, name, **kwargs)


class IntegerLookup(_IndexLookup):
    """The places of integers in a vocabulary, int64, or an encoding of them; inverted, the integers at places.

    oov_method   how integers are spread over several places out of vocabulary: 'floormod' or 'farmhash'
    salt         for 'farmhash': another hash for each salt
    The rest is as for StringLookup.
    """

    kind = "int64"

    def __init__(self, max_tokens=None, num_oov_indices=1, mask_token=None, oov_token=-1, vocabulary=None,
                 vocabulary_dtype="int64", idf_weights=None, invert=False, output_mode="int", sparse=False,
                 pad_to_max_tokens=False, oov_method="floormod", salt=None, name=None, **kwargs):
        if vocabulary_dtype != "int64":
            raise ValueError(f"IntegerLookup: vocabulary_dtype must be 'int64', got {vocabulary_dtype!r}.")
        if salt is not None and oov_method != "farmhash":
            raise ValueError("IntegerLookup: salt goes with oov_method='farmhash' only.")
        self.vocabulary_dtype, self.oov_method = vocabulary_dtype, _known_method("IntegerLookup", oov_method)
        super().__init__(max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert,
                         output_mode, pad_to_max_tokens, sparse, salt, name, **kwargs)
