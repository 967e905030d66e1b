"""Categories given as integers or strings: encoded, hashed, crossed."""

import numpy as np

from ...arguments import count
from ...autograd import dims
from ...autograd.dtypes import as_dtype, floatx
from ...autograd.op import kept, primitive
from ...autograd.operands import as_tensor, shape_of
from ...errors import DTypeError, ShapeError
from ...ops.arithmetic import equal, select, within
from ...ops.creation import cast
from ...ops.hashing import fingerprint64, joined64, siphash64
from ...ops.shapes import squeeze
from ...ops.tallying import encoded
from ..base import Layer
from .modes import known_mode, known_salt, refuse_sparse

CROSSING_KEY = np.uint64(0xDECAFCAFFE)      # what TensorFlow begins the hash of a crossing with


class CategoryEncoding(Layer):
    """Integers from 0 to num_tokens - 1 as vectors.

    output_mode   'one_hot', 'multi_hot' or 'count': see `ops.tallying.encoded`
    With 'count' a call may have count_weights, a weight for each integer. Raises ShapeError for integers out of range.
    """

    def __init__(self, num_tokens=None, output_mode="multi_hot", sparse=False, **kwargs):
        super().__init__(**{"autocast": False, **kwargs})
        if num_tokens is None:
            raise ValueError("CategoryEncoding needs num_tokens. Where it is not known, IntegerLookup finds the "
                             "integers that occur.")
        self.num_tokens = count("CategoryEncoding: num_tokens", num_tokens)
        self.output_mode = known_mode("CategoryEncoding", output_mode, ("one_hot", "multi_hot", "count"))
        self.sparse = refuse_sparse("CategoryEncoding", sparse)
        self.built = True

    @property
    def input_dtype(self):
        """Integers, where only the shape is known."""
        return "int64"

    def call(self, inputs, count_weights=None):
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(f"CategoryEncoding {self.name!r}: count_weights are for output_mode='count' only, not for "
                             f"{self.output_mode!r}.")
        ids = as_tensor(inputs)
        last = self.num_tokens - 1
        ids = within(ids if ids.dtype.is_integer else cast(ids, "int64"), low=0, high=last,
                     complaint=f"CategoryEncoding {self.name!r}: integers must be from 0 to {last}, got {{}}.")
        weights = None if count_weights is None else as_tensor(count_weights, self.dtype)
        if weights is not None and not dims.may_agree(shape_of(weights), shape_of(ids)):
            raise ShapeError(f"CategoryEncoding {self.name!r}: count_weights of shape {weights.shape} do not go with "
                             f"inputs of shape {ids.shape}; give one for each integer.")
        return encoded(ids, self.output_mode, self.num_tokens, self.dtype, weights)

    def get_config(self):
        config = super().get_config()
        del config["sparse"]        # as in Keras
        return config


def _as_bytes(x):
    """The elements of an array as a list of strings: integers in decimal."""
    flat = x.ravel().tolist()
    return flat if x.dtype.kind == "O" else [b"%d" % n for n in flat]


@primitive(shape=lambda x, **_: x, policy=kept, result="int64")
def hashed(x, *, bins, salt=None):
    """A bin from 0 to bins - 1 for each string, or each integer as a string: by FarmHash or, with a salt of two
    integers, by SipHash."""
    strings = _as_bytes(x)
    hashes = fingerprint64(strings) if salt is None else siphash64(strings, salt)
    return (hashes % np.uint64(bins)).astype(np.int64).reshape(x.shape)


def _integers_or_strings(x, where):
    x = as_tensor(x)
    if not (x.dtype.is_integer or x.dtype == "string"):
        raise DTypeError(f"{where} takes integers or strings, got {x.dtype.name}.")
    return x


class Hashing(Layer):
    """A bin from 0 to num_bins - 1 for each integer or string, by its hash; other things fall into one bin by chance.

    mask_value   what gets bin 0, and nothing else does
    salt         an integer, or two of them: another hash for each, which nobody can foresee without
    output_mode  'int' (int64), 'one_hot', 'multi_hot' or 'count': see `ops.tallying.encoded`
    Floats are hashed as their whole part. Sources: FarmHash (Pike 2014); SipHash (Aumasson & Bernstein 2012).
    """

    def __init__(self, num_bins, mask_value=None, salt=None, output_mode="int", sparse=False, **kwargs):
        self.output_mode = known_mode("Hashing", output_mode, ("int", "one_hot", "multi_hot", "count"))
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if self.output_mode == "int" else floatx()
        super().__init__(**{"autocast": False, **kwargs})
        self.num_bins = count("Hashing: num_bins", num_bins)
        if self.output_mode == "int" and self.dtype not in ("int32", "int64"):
            raise ValueError(f"Hashing: with output_mode='int' dtype must be 'int32' or 'int64', got {self.dtype!r}.")
        self.sparse = refuse_sparse("Hashing", sparse)
        self.mask_value, self.salt = mask_value, known_salt("Hashing", salt)
        self.built = True

    @property
    def input_dtype(self):
        """Integers, where only the shape is known."""
        return "int64"

    def call(self, inputs):
        x = as_tensor(inputs)
        if self.output_mode == "one_hot" and x.ndim and x.shape[-1] == 1:
            x = squeeze(x, -1)
        whole = cast(x, "int64") if x.dtype.is_floating else x
        if self.mask_value is None or self.num_bins == 1:
            ids = hashed(_integers_or_strings(whole, f"Hashing {self.name!r}"), bins=self.num_bins, salt=self.salt)
        else:
            ids = hashed(_integers_or_strings(whole, f"Hashing {self.name!r}"), bins=self.num_bins - 1, salt=self.salt)
            ids = select(equal(x, self.mask_value), cast(0, "int64"), ids + 1)
        return encoded(ids, self.output_mode, self.num_bins, as_dtype(self.dtype).dtype)


@primitive(shape=lambda *shapes, **_: dims.broadcast(*shapes), policy=kept, result="int64")
def crossed(*xs, bins):
    """A bin from 0 to bins - 1 for the strings or integers at each place of several arrays of one shape."""
    total = np.full(xs[0].size, CROSSING_KEY)
    for x in xs:
        total = joined64(total, fingerprint64(x.ravel().tolist()) if x.dtype.kind == "O" else
                         x.ravel().astype(np.int64).view(np.uint64))
    return (total % np.uint64(bins)).astype(np.int64).reshape(xs[0].shape)


class HashedCrossing(Layer):
    """A bin from 0 to num_bins - 1 for what several inputs are together, by a hash.

    Called on a list of integers or strings of equal shape: (), (batch,) or (batch, 1).
    output_mode   'int' (int64) or 'one_hot'
    Source: TensorFlow's SparseCrossHashed, which joins FarmHash fingerprints.
    """

    def __init__(self, num_bins, output_mode="int", sparse=False, name=None, dtype=None, **kwargs):
        self.output_mode = known_mode("HashedCrossing", output_mode, ("int", "one_hot"))
        dtype = "int64" if dtype is None and self.output_mode == "int" else dtype
        super().__init__(name=name, dtype=dtype, **{"autocast": False, **kwargs})
        self.num_bins = count("HashedCrossing: num_bins", num_bins)
        self.sparse = refuse_sparse("HashedCrossing", sparse)
        self.built = True

    @property
    def input_dtype(self):
        """Integers, where only the shape is known."""
        return "int64"

    def call(self, inputs):
        if not isinstance(inputs, (tuple, list)) or len(inputs) < 2:
            raise ValueError(f"HashedCrossing {self.name!r} must be called on a list of two inputs or more, got "
                             f"{inputs!r}.")
        xs = [_integers_or_strings(x, f"HashedCrossing {self.name!r}") for x in inputs]
        shape = xs[0].shape
        if len(shape) > 2 or (len(shape) == 2 and shape[-1] != 1) or any(x.shape != shape for x in xs):
            raise ShapeError(f"HashedCrossing {self.name!r}: inputs must all have the same shape (), (batch,) or "
                             f"(batch, 1), got {', '.join(str(x.shape) for x in xs)}.")
        return encoded(crossed(*xs, bins=self.num_bins), self.output_mode, self.num_bins, as_dtype(self.dtype).dtype)

    def get_config(self):
        config = super().get_config()
        del config["trainable"]     # as in Keras, which has no place for it
        return config
