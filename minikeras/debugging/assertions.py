"""TensorFlow's `tf.debugging.assert_...`: checks of values and shapes. Those of values are ops: a plan keeps checking.

`message` is put before what was found, `summarize` says how many of the numbers are shown. `name` labels a node in
TensorFlow and changes nothing. What does not hold raises InvalidArgumentError, wrong shapes ShapeError (both are
ValueErrors), wrong types DTypeError. Nothing is given back.
"""

import numpy as np

from ..autograd.dtypes import as_dtype
from ..autograd.op import kept, primitive
from ..autograd.operands import as_tensor, shape_of
from ..autograd.tensor import Operand
from ..errors import DTypeError, InvalidArgumentError, ShapeError
from ..ops import arithmetic, reduce


@primitive(shape=lambda condition, *_, **__: condition, policy=kept, result=bool)
def require(condition, *values, complaint, summarize):
    """`condition` as it is. Raises InvalidArgumentError if it does not hold everywhere, with the first values for
    which it does not."""
    if not condition.all():
        shown = []
        for x in values:
            wrong = np.broadcast_to(x, np.broadcast_shapes(x.shape, condition.shape))[~condition]
            more = ", ..." if wrong.size > summarize else ""
            shown.append(", ".join(str(n) for n in wrong[:summarize]) + more)
        found = f" It does not at {int((~condition).sum())} of {condition.size} places"
        raise InvalidArgumentError(f"{complaint}{found}: {' and '.join(shown)}." if shown else complaint)
    return condition


def _required(condition, values, complaint, message, summarize):
    text = complaint if message is None else f"{message} ({complaint})"
    require(as_tensor(condition), *values, complaint=text, summarize=3 if summarize is None else int(summarize))


def _comparison(compare, text):
    def check(x, y, message=None, summarize=None, name=None):
        x, y = as_tensor(x), as_tensor(y)
        _required(compare(x, y), (x, y), f"{check.__name__}: {text} must hold.", message, summarize)
    check.__name__ = check.__qualname__ = f"assert_{compare.__name__}"
    check.__doc__ = f"Raises InvalidArgumentError unless {text} for every pair of elements, broadcast."
    return check


assert_equal = _comparison(arithmetic.equal, "x == y")
assert_greater = _comparison(arithmetic.greater, "x > y")
assert_greater_equal = _comparison(arithmetic.greater_equal, "x >= y")
assert_less = _comparison(arithmetic.less, "x < y")
assert_less_equal = _comparison(arithmetic.less_equal, "x <= y")


def assert_none_equal(x, y, summarize=None, message=None, name=None):
    """Raises InvalidArgumentError unless x != y for every pair of elements, broadcast."""
    x, y = as_tensor(x), as_tensor(y)
    _required(arithmetic.not_equal(x, y), (x, y), "assert_none_equal: x != y must hold.", message, summarize)


def _sign(compare, name, text):
    def check(x, message=None, summarize=None, name=None):
        x = as_tensor(x)
        _required(compare(x, 0), (x,), f"{check.__name__}: {text} must hold.", message, summarize)
    check.__name__ = check.__qualname__ = name
    check.__doc__ = f"Raises InvalidArgumentError unless {text} for every element."
    return check


assert_negative = _sign(arithmetic.less, "assert_negative", "x < 0")
assert_non_negative = _sign(arithmetic.greater_equal, "assert_non_negative", "x >= 0")
assert_non_positive = _sign(arithmetic.less_equal, "assert_non_positive", "x <= 0")
assert_positive = _sign(arithmetic.greater, "assert_positive", "x > 0")


def assert_near(x, y, rtol=None, atol=None, message=None, summarize=None, name=None):
    """Raises InvalidArgumentError unless |x - y| <= atol + rtol * |y| for every pair of elements.

    rtol, atol   ten times the machine epsilon of x by default
    """
    x = as_tensor(x)
    y = as_tensor(y, x.dtype)
    epsilon = 10.0 * float(np.finfo(x.dtype.dtype).eps)
    rtol, atol = (epsilon if tolerance is None else tolerance for tolerance in (rtol, atol))
    close = arithmetic.less_equal(arithmetic.absolute(x - y), atol + rtol * arithmetic.absolute(y))
    _required(close, (x, y), f"assert_near: |x - y| <= {atol:.3g} + {rtol:.3g} * |y| must hold.", message, summarize)


def assert_all_finite(x, message, name=None):
    """`x` as it is. Raises InvalidArgumentError if it holds a NaN or an infinity."""
    x = as_tensor(x)
    _required(arithmetic.isfinite(x), (x,), "assert_all_finite: there must be neither NaN nor infinity.", message, None)
    return x


def Assert(condition, data, summarize=None, name=None):  # noqa: N802 (TensorFlow's name)
    """Raises InvalidArgumentError that shows `data`, a list, unless `condition` holds everywhere."""
    shown = ", ".join(str(np.asarray(x)) if not isinstance(x, Operand) else repr(x) for x in data)
    _required(reduce.all(condition), (), f"Assert: the condition does not hold. {shown}", None, summarize)


# --- shapes and types: known without numbers -------------------------------------------------------------------------

def _refuse(complaint, message, error=ShapeError):
    raise error(complaint if message is None else f"{message} ({complaint})")


def assert_rank(x, rank, message=None, name=None):
    """Raises ShapeError unless `x` has `rank` axes."""
    x = as_tensor(x)
    if x.ndim != rank:
        _refuse(f"assert_rank: expected {rank} axes, got shape {x.shape}.", message)


def assert_rank_at_least(x, rank, message=None, name=None):
    """Raises ShapeError unless `x` has `rank` axes or more."""
    x = as_tensor(x)
    if x.ndim < rank:
        _refuse(f"assert_rank_at_least: expected {rank} axes or more, got shape {x.shape}.", message)


def assert_rank_in(x, ranks, message=None, name=None):
    """Raises ShapeError unless the number of axes of `x` is one of `ranks`."""
    x = as_tensor(x)
    if x.ndim not in tuple(ranks):
        _refuse(f"assert_rank_in: expected one of {tuple(ranks)} axes, got shape {x.shape}.", message)


def assert_scalar(tensor, message=None, name=None):
    """`tensor` as it is. Raises ShapeError if it has axes."""
    tensor = as_tensor(tensor)
    if tensor.ndim:
        _refuse(f"assert_scalar: expected one number, got shape {tensor.shape}.", message)
    return tensor


def assert_shapes(shapes, data=None, summarize=None, message=None, name=None):
    """Raises ShapeError unless the shapes are as said, a letter standing for the same extent everywhere.

    shapes   pairs (tensor, shape), or a dict of them by tensor reference; an item of a shape is an extent, a text such
             as 'N', or None for any extent; '...' at one end stands for any axes
    """
    if data is not None:
        raise ValueError("assert_shapes: data is not supported; put what it should show into message.")
    known = {}
    for x, wanted in shapes.items() if isinstance(shapes, dict) else shapes:
        x = as_tensor(x.deref() if hasattr(x, "deref") else x)
        wanted = tuple(wanted) if isinstance(wanted, (tuple, list, str)) else (wanted,)
        extents = shape_of(x)
        if "..." in wanted or Ellipsis in wanted:
            first = wanted[0] in ("...", Ellipsis)
            wanted = wanted[1:] if first else wanted[:-1]
            extents = extents[len(extents) - len(wanted):] if first else extents[:len(wanted)]
        if len(wanted) != len(extents):
            _refuse(f"assert_shapes: expected {len(wanted)} axes, got shape {x.shape}.", message)
        for have, want in zip(extents, wanted):
            own = known.setdefault(want, have) if isinstance(want, str) else want
            if type(own) is type(have) is int and own != have:
                what = f"{want} = {own}" if isinstance(want, str) else own
                _refuse(f"assert_shapes: expected an extent of {what}, got shape {x.shape}.", message)


def assert_type(tensor, tf_type, message=None, name=None):
    """Raises DTypeError unless the elements are of the type."""
    tensor = as_tensor(tensor)
    if tensor.dtype != as_dtype(tf_type):
        _refuse(f"assert_type: expected {as_dtype(tf_type).name}, got {tensor.dtype.name}.", message, DTypeError)


def assert_integer(x, message=None, name=None):
    """Raises DTypeError unless the elements are integers."""
    x = as_tensor(x)
    if not x.dtype.is_integer:
        _refuse(f"assert_integer: expected integers, got {x.dtype.name}.", message, DTypeError)


def assert_same_float_dtype(tensors=None, dtype=None):
    """The one float type of `tensors`, or `dtype`, or float32. Raises DTypeError for several, and for others."""
    found = {as_tensor(x).dtype for x in tensors or ()} | ({as_dtype(dtype)} if dtype is not None else set())
    if len(found) > 1 or not all(each.is_floating for each in found):
        raise DTypeError("assert_same_float_dtype: expected one float type, got "
                         f"{', '.join(sorted(each.name for each in found))}.")
    return found.pop() if found else as_dtype("float32")


def assert_proper_iterable(values):
    """Raises TypeError unless `values` is a list, a tuple or the like: no tensor, array or text."""
    if isinstance(values, (Operand, np.ndarray, str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"assert_proper_iterable: expected a list or a tuple, got {type(values).__name__}.")


def is_numeric_tensor(tensor):
    """Whether it is a tensor of numbers: of any type but bool."""
    return isinstance(tensor, Operand) and not tensor.dtype.is_bool
