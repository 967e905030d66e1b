"""What tensors do in NumPy's sums, products, extremes, means and running sums; see `numpy_rules`."""


from .. import ops
from ..autograd.linear import concatenate
from ..autograd.operands import as_tensor, shape_of
from . import arithmetic, running
from . import reduce as reductions

UNSET = object()


def cast_to(a, dtype):
    """`a` in the dtype given, if one is."""
    return as_tensor(a) if dtype is None else ops.cast(a, dtype)


def _counting(a, dtype):
    """`a` in the type that NumPy adds and multiplies in: integers and booleans in 64 bits."""
    a = cast_to(a, dtype)
    kind = a.dtype.dtype.kind
    return a if kind in "fc" or dtype is not None else ops.cast(a, "uint64" if kind == "u" else "int64")


def _masked(a, where, number):
    return a if where is True else arithmetic.select(where, a, as_tensor(number, a.dtype))


def _total(op, combine, neutral):
    def reduce(a, axis=None, dtype=None, keepdims=False, initial=None, where=True):
        y = op(_masked(_counting(a, dtype), where, neutral), axis=axis, keepdims=keepdims)
        return y if initial is None else combine(y, as_tensor(initial, y.dtype))
    return reduce


sum = _total(reductions.sum, arithmetic.add, 0)
prod = _total(reductions.prod, arithmetic.multiply, 1)


def _extreme(op, combine):
    def reduce(a, axis=None, keepdims=False, initial=None, where=True):
        if where is not True and initial is None:
            raise ValueError(f"np.{op.__name__} has no identity: with where= it needs initial=.")
        y = op(_masked(as_tensor(a), where, initial), axis=axis, keepdims=keepdims)
        return y if initial is None else combine(y, as_tensor(initial, y.dtype))
    return reduce


max = amax = _extreme(reductions.max, arithmetic.maximum)
min = amin = _extreme(reductions.min, arithmetic.minimum)


def mean(a, axis=None, dtype=None, keepdims=False, where=True):
    a = cast_to(a, dtype)
    if where is True:
        return reductions.mean(a, axis=axis, keepdims=keepdims)
    count = sum(ops.ones_like(a), axis, keepdims=keepdims, where=where)
    return sum(a, axis, keepdims=keepdims, where=where) / count


_mean = mean


def var(a, axis=None, dtype=None, ddof=0, keepdims=False, where=True, mean=UNSET, correction=UNSET):
    if correction is not UNSET:
        if ddof:
            raise ValueError("np.var and np.std: ddof and correction mean the same; give one of them.")
        ddof = correction
    a = cast_to(a, dtype)
    away = a - (_mean(a, axis, keepdims=True, where=where) if mean is UNSET else mean)
    squares = arithmetic.square(arithmetic.absolute(away) if a.dtype.is_complex else away)
    if where is True and not ddof:
        return reductions.mean(squares, axis=axis, keepdims=keepdims)
    count = sum(ops.ones_like(squares), axis, keepdims=keepdims, where=where)
    return sum(squares, axis, keepdims=keepdims, where=where) / arithmetic.maximum(count - ddof, 0.0)


def std(a, axis=None, dtype=None, ddof=0, keepdims=False, where=True, mean=UNSET, correction=UNSET):
    return ops.sqrt(var(a, axis, dtype, ddof, keepdims, where, mean, correction))


def _running(op):
    def run(a, axis=None, dtype=None):
        a = _counting(a, dtype)
        return op(ops.ravel(a), axis=0) if axis is None else op(a, axis=axis)
    return run


cumsum = _running(running.cumsum)
cumprod = _running(running.cumprod)


def _cumulative(run, first):
    def cumulate(x, axis=None, dtype=None, include_initial=False):
        x = _counting(x, dtype)
        if axis is None:
            if x.ndim != 1:
                raise ValueError("np.cumulative_sum and np.cumulative_prod need axis= for more than one dimension.")
            axis = 0
        y = run(x, axis, dtype)
        if not include_initial:
            return y
        edge = tuple(1 if i == axis % x.ndim else n for i, n in enumerate(shape_of(y)))
        return concatenate(ops.full(edge, as_tensor(first, y.dtype)), y, axis=axis)
    return cumulate


cumulative_sum = _cumulative(cumsum, 0)
cumulative_prod = _cumulative(cumprod, 1)
