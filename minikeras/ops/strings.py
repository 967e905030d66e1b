"""Strings: what is done to each of them, and how they are taken apart and put together.

A string is bytes, as in TensorFlow; text is UTF-8. Functions take tensors, arrays, lists and single strings. None has a
derivative, and a step with strings in it has no plan.
"""

import re

import numpy as np

from ..autograd import dims
from ..autograd.dtypes import STRING, as_dtype
from ..autograd.op import kept, primitive
from ..autograd.operands import as_tensor, shape_of
from ..autograd.tensor import Tensor
from ..errors import DTypeError, ShapeError
from .hashing import fingerprint64, siphash64
from .reduce import axes_of, keep_shape

UNITS = ("BYTE", "UTF8_CHAR")


@primitive(shape=lambda *shapes, **_: dims.broadcast(*shapes), policy=kept,
           result=lambda inputs, attrs: attrs["dtype"])
def map_strings(*xs, function, dtype):
    """`function` of each element of arrays that are broadcast together, as Python values."""
    shape = np.broadcast_shapes(*[x.shape for x in xs])
    return _array(list(map(function, *[np.broadcast_to(x, shape).ravel().tolist() for x in xs])), dtype, shape)


@primitive(shape=lambda x, **_: x, policy=kept, result=lambda inputs, attrs: attrs["dtype"])
def map_all_strings(x, *, function, dtype):
    """What `function` makes of the list of all elements: one value for each."""
    return _array(function(x.ravel().tolist()), dtype, x.shape)


def _array(values, dtype, shape):
    made = np.empty(len(values), dtype)
    made[:] = values
    return made.reshape(shape)


def as_strings(x, where):
    """`x` as a tensor of strings. Raises DTypeError for numbers."""
    x = as_tensor(x)
    if x.dtype != "string":
        raise DTypeError(f"{where} takes strings, got {x.dtype.name}. tf.strings.as_string makes strings of numbers.")
    return x


def _each(function, where, x, *others, dtype=STRING):
    return map_strings(as_strings(x, where), *others, function=function, dtype=np.dtype(dtype))


def _known_unit(unit, where):
    if unit not in UNITS:
        raise ValueError(f"{where}: unit must be 'BYTE' or 'UTF8_CHAR', got {unit!r}.")
    return unit == "UTF8_CHAR"


def _cased(change, encoding, where):
    if encoding not in ("", "utf-8"):
        raise ValueError(f"{where}: encoding must be '' (only ASCII letters change) or 'utf-8', got {encoding!r}.")
    return (lambda s: change(s.decode("utf-8", "replace")).encode()) if encoding else lambda s: change(s)


# --- each string -----------------------------------------------------------------------------------

def lower(input, encoding=""):
    """Each string in lower case: its ASCII letters or, with encoding='utf-8', all that have one."""
    return _each(_cased(lambda s: s.lower(), encoding, "lower"), "lower", input)


def upper(input, encoding=""):
    """Each string in upper case: its ASCII letters or, with encoding='utf-8', all that have one."""
    return _each(_cased(lambda s: s.upper(), encoding, "upper"), "upper", input)


def strip(input):
    """Each string without white space at its ends."""
    return _each(lambda s: s.strip(), "strip", input)


def length(input, unit="BYTE"):
    """The length of each string in bytes, or in characters for unit='UTF8_CHAR', as int32."""
    in_characters = _known_unit(unit, "length")
    return _each(lambda s: len(s.decode("utf-8", "replace")) if in_characters else len(s), "length", input,
                 dtype="int32")


def substr(input, pos, len, unit="BYTE"):
    """From each string `len` bytes (or characters, see `length`) from `pos` on, which counts from the end if negative.

    Raises ValueError for a `pos` outside the string.
    """
    in_characters = _known_unit(unit, "substr")

    def cut(s, pos, count):
        text = s.decode("utf-8", "replace") if in_characters else s
        extent = text.__len__()
        if not -extent <= pos <= extent:
            raise ValueError(f"substr: pos {pos} is outside the string {s!r}.")
        start = pos % extent if pos < 0 else pos
        part = text[start:start + max(count, 0)]
        return part.encode() if in_characters else part
    return _each(cut, "substr", input, as_tensor(pos), as_tensor(len))


def _pattern(pattern, where):
    try:
        return re.compile(pattern.encode() if isinstance(pattern, str) else pattern)
    except re.error as error:
        raise ValueError(f"{where}: the pattern {pattern!r} is no regular expression: {error}.") from None


def regex_full_match(input, pattern):
    """Whether the regular expression `pattern` fits the whole of each string."""
    compiled = _pattern(pattern, "regex_full_match")
    return _each(lambda s: compiled.fullmatch(s) is not None, "regex_full_match", input, dtype=bool)


def regex_replace(input, pattern, rewrite, replace_global=True):
    r"""Each string with `rewrite` for what the regular expression `pattern` finds, everywhere or in the first place.

    In `rewrite`, \1 to \9 stand for the groups of the pattern and \0 for all that was found.
    """
    compiled = _pattern(pattern, "regex_replace")
    rewrite = rewrite.encode() if isinstance(rewrite, str) else rewrite
    rewrite = rewrite.replace(rb"\0", rb"\g<0>")
    return _each(lambda s: compiled.sub(rewrite, s, 0 if replace_global else 1), "regex_replace", input)


def to_number(input, out_type="float32"):
    """The number that each string spells, as float32, float64, int32 or int64. Raises ValueError for others."""
    dtype = as_dtype(out_type)
    if dtype.name not in ("float32", "float64", "int32", "int64"):
        raise ValueError(f"to_number: out_type must be float32, float64, int32 or int64, got {dtype.name}.")

    def parsed(s):
        try:
            return float(s) if dtype.is_floating else int(s)
        except ValueError:
            raise ValueError(f"to_number: {s!r} does not spell a number of type {dtype.name}.") from None
    return _each(parsed, "to_number", input, dtype=dtype.dtype)


def as_string(input, precision=-1, scientific=False, shortest=False, width=-1, fill=""):
    """Each number as C's printf writes it: %d, and %f for floats; booleans as true and false.

    precision    digits behind the point, 6 if negative;  width   the least length, filled up with `fill`, or blanks
    scientific   %e instead of %f;  shortest   %g instead of %f
    """
    x = as_tensor(input)
    if x.dtype == "string":
        return x
    if scientific and shortest:
        raise ValueError("as_string: scientific and shortest cannot both be True.")
    kind = "e" if scientific else "g" if shortest else "f"
    digits = f".{precision}" if precision >= 0 else ""
    field = f"{fill}{width if width > 0 else ''}"
    if x.dtype.is_bool:
        return map_strings(x, function=lambda b: b"true" if b else b"false", dtype=STRING)
    if x.dtype.is_complex:
        spec = f"(%{field}{digits}{kind},%{field}{digits}{kind})"
        return map_strings(x, function=lambda z: (spec % (z.real, z.imag)).encode(), dtype=STRING)
    spec = f"%{field}d" if x.dtype.is_integer else f"%{field}{digits}{kind}"
    return map_strings(x, function=lambda n: (spec % n).encode(), dtype=STRING)


def _bucketed(hashes, count):
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ValueError(f"num_buckets must be an integer from 1 on, got {count!r}.")
    return lambda strings: (hashes(strings) % np.uint64(count)).astype(np.int64)


def to_hash_bucket_fast(input, num_buckets):
    """A bucket from 0 to num_buckets - 1 for each string, int64: FarmHash Fingerprint64 modulo their number."""
    return map_all_strings(as_strings(input, "to_hash_bucket_fast"), function=_bucketed(fingerprint64, num_buckets),
                           dtype=np.dtype("int64"))


def to_hash_bucket_strong(input, num_buckets, key):
    """As `to_hash_bucket_fast`, by SipHash-2-4 under a `key` of two integers, which an adversary cannot foresee."""
    if not isinstance(key, (tuple, list)) or len(key) != 2:
        raise ValueError(f"to_hash_bucket_strong: key must be two integers, got {key!r}.")
    return map_all_strings(as_strings(input, "to_hash_bucket_strong"), dtype=np.dtype("int64"),
                           function=_bucketed(lambda strings: siphash64(strings, key), num_buckets))


# --- several strings into one ----------------------------------------------------------------------

def join(inputs, separator=""):
    """The strings of several tensors, broadcast together, one behind the other with `separator` between."""
    inputs = [as_strings(x, "join") for x in inputs]
    between = separator.encode() if isinstance(separator, str) else separator
    return map_strings(*inputs, function=lambda *parts: between.join(parts), dtype=STRING)


def _joined_shape(x, *, axes, separator, keepdims):
    return keep_shape(x, axes) if keepdims else tuple([n for i, n in enumerate(x) if i not in axes])


@primitive(shape=_joined_shape, policy=kept)
def join_along(x, *, axes, separator, keepdims):
    """The strings along `axes`, one axis after the other, as one with `separator` between."""
    rest = [i for i in range(x.ndim) if i not in axes]
    rows = x.transpose(*rest, *axes[::-1]).reshape([x.shape[i] for i in rest] + [-1])
    flat = rows.reshape(-1, rows.shape[-1]).tolist()
    return _array([separator.join(row) for row in flat], STRING, _joined_shape(
        x.shape, axes=axes, separator=separator, keepdims=keepdims))


def reduce_join(inputs, axis=None, keepdims=False, separator=""):
    """The strings along `axis` as one, with `separator` between. Of several axes the first is joined first; without
    `axis` the last."""
    x = as_strings(inputs, "reduce_join")
    axes = tuple(range(x.ndim))[::-1] if axis is None else tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    axes_of(axes, x.ndim, "reduce_join")
    return join_along(x, axes=tuple([a % x.ndim for a in axes]), keepdims=keepdims,
                      separator=separator.encode() if isinstance(separator, str) else separator)


def format(template, inputs, placeholder="{}", summarize=3):
    """`template` with the tensors `inputs` (one, or a tuple of them) in place of each `placeholder`.

    summarize   how many entries to show at both ends of each axis; -1 for all
    """
    tensors = [as_tensor(x) for x in (inputs if isinstance(inputs, (tuple, list)) else (inputs,))]
    parts = template.split(placeholder)
    if len(parts) != len(tensors) + 1:
        raise ValueError(f"format: the template has {len(parts) - 1} placeholders {placeholder!r} for {len(tensors)} "
                         "inputs.")
    shown = [_shown(x.tolist(), summarize) for x in tensors]
    return as_tensor("".join(part for pair in zip(parts, [*shown, ""]) for part in pair))


def _shown(value, ends, depth=1):
    if isinstance(value, bytes):
        return f'"{value.decode("utf-8", "replace")}"'
    if not isinstance(value, list):
        return str(int(value)) if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
    shown = [_shown(x, ends, depth + 1) for x in value]
    if ends >= 0 and len(shown) > 2 * ends:
        shown = [*shown[:ends], "...", *shown[len(shown) - ends:]]
    between, inner = "", value[0] if value else None
    while isinstance(inner, list):
        between, inner = between + "\n", inner[0] if inner else None
    between = between + " " * depth if between else " "
    return f"[{between.join(shown)}]"


# --- one string into several -----------------------------------------------------------------------

class Rows:
    """Rows of strings, of different lengths: what TensorFlow has a RaggedTensor for.

    There is no more to it than to take the rows one by one (they are tensors), or to fill them up: `to_tensor`.
    """

    def __init__(self, rows):
        self.rows = [list(row) for row in rows]

    @property
    def shape(self):
        """The number of rows, and None."""
        return len(self.rows), None

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index):
        return Tensor(_array(self.rows[index], STRING, (len(self.rows[index]),)))

    def __repr__(self):
        return f"<Rows {self.rows}>"

    def to_list(self):
        """The rows as lists of bytes."""
        return [list(row) for row in self.rows]

    def row_lengths(self):
        """How many strings each row has."""
        return as_tensor([len(row) for row in self.rows], "int64")

    def to_tensor(self, default_value="", shape=None):
        """A tensor of the rows, filled up with `default_value` to the longest one, or filled up and cut to `shape`."""
        count, width = (None, None) if shape is None else shape
        width = max(map(len, self.rows), default=0) if width is None else width
        fill = default_value.encode() if isinstance(default_value, str) else default_value
        rows = self.rows[:count] + [[]] * max(0, (count or 0) - len(self.rows))
        made = np.full((len(rows), width), fill, object)
        for i, row in enumerate(rows):
            made[i, :min(width, len(row))] = row[:width]
        return Tensor(made)


def _taken_apart(input, where, function):
    x = as_strings(input, where)
    if x.ndim > 1:
        raise ShapeError(f"{where}: strings in tensors of one axis at most are taken apart, got shape {x.shape}. "
                         "Reshape them to one axis.")
    if not x.ndim:
        return Rows([function(x.item())])[0]
    return Rows([function(s) for s in x.tolist()])


def split(input, sep=None, maxsplit=-1):
    """The parts of a string between separators; of a vector of strings, `Rows` of parts.

    sep        the separator; by default any run of white space, and none at the ends
    maxsplit   how many times to split, from the left; -1 for all
    """
    sep = sep.encode() if isinstance(sep, str) else sep
    return _taken_apart(input, "split", lambda s: s.split(sep or None, maxsplit))


def bytes_split(input):
    """The bytes of a string; of a vector of strings, `Rows` of them."""
    return _taken_apart(input, "bytes_split", lambda s: [s[i:i + 1] for i in range(len(s))])


def unicode_split(input, input_encoding, errors="replace", replacement_char=65533):
    """The characters of a string; of a vector of strings, `Rows` of them.

    errors   what to do with bytes that are none: 'replace' them by `replacement_char`, 'ignore' them, or 'strict'
    """
    if errors not in ("replace", "ignore", "strict"):
        raise ValueError(f"unicode_split: errors must be 'replace', 'ignore' or 'strict', got {errors!r}.")

    def characters(s):
        text = s.decode(input_encoding, errors).replace("\ufffd", chr(replacement_char))
        return [c.encode(input_encoding) for c in text]
    return _taken_apart(input, "unicode_split", characters)


def ngrams(data, ngram_width, separator=" "):
    """Runs of `ngram_width` neighbouring strings (a width, or several, one after the other) joined by `separator`.

    data   `Rows`, or a tensor, along its last axis
    """
    widths = ngram_width if isinstance(ngram_width, (tuple, list)) else (ngram_width,)
    between = separator.encode() if isinstance(separator, str) else separator

    def runs(row):
        return [between.join(row[i:i + width]) for width in widths for i in range(len(row) - width + 1)]
    if isinstance(data, Rows):
        return Rows(map(runs, data.rows))
    x = as_strings(data, "ngrams")
    rows = np.asarray(x).reshape(-1, shape_of(x)[-1]).tolist()
    made = [runs(row) for row in rows]
    return Tensor(_array([s for row in made for s in row], STRING, (*x.shape[:-1], len(made[0]) if made else 0)))
