"""NumPy code as it stands: np.sin(x), np.sum(x, axis=0), x.mean() on tensors are ops, and recorded.

A function of NumPy is led to the function of `minikeras.ops` that has its name, if that one knows its arguments;
what differs is written in `numpy_rules`, `numpy_reductions`, `numpy_linalg` and `numpy_fft`. NumPy's signature and
defaults hold; an argument that is not known is refused, and so is a function. Dtypes follow the one promotion table: a
float32 tensor and a float64 array give float32, and where NumPy would make float64 of integers the default float comes
out. ANSWERS are questions that have no derivative: the numbers answer them, in NumPy's own types.

NumPy asks arguments, not what a list holds: np.sum([x, y]) and np.vectorize(f)(x) see arrays, and no tape.
"""

import functools
import inspect
from collections import namedtuple

import numpy as np

from .. import ops
from ..autograd.operands import as_tensor, common_dtype, shape_of
from ..autograd.tensor import ArrayOperand, Operand, SymbolicTensor, Tensor
from ..autograd.variable import Variable
from . import arithmetic, numpy_fft, numpy_linalg, numpy_reductions, numpy_rules, reduce
from .shapes import part

INSTEAD = "Use a function of minikeras.ops, or x.numpy() for plain NumPy without gradients."


def plain(x):
    """`x` with arrays in place of tensors, also within lists, tuples and dicts."""
    if isinstance(x, Operand):
        return np.asarray(x)
    if isinstance(x, (list, tuple)):
        return type(x)(*map(plain, x)) if hasattr(x, "_fields") else type(x)(map(plain, x))
    return {name: plain(value) for name, value in x.items()} if isinstance(x, dict) else x


def into(function, name, args, kwargs):
    """A call with out=: writing into a NumPy array leaves the tape, as converting to one does."""
    outs = kwargs["out"] if isinstance(kwargs["out"], tuple) else (kwargs["out"],)
    for out in outs:
        if isinstance(out, Operand):
            raise TypeError(f"{name}: out= is a {type(out).__name__}, which is a value and is never written into. "
                            "Leave out= away and use the result.")
    return function(*plain(args), **{**plain(kwargs), "out": outs if isinstance(kwargs["out"], tuple) else outs[0]})


def refused(name, options):
    """The error for arguments that NumPy knows and tensors do not."""
    given = ", ".join(f"{key}={value!r}" if np.ndim(value) == 0 else f"{key}=..." for key, value in options.items())
    return TypeError(f"{name} of a tensor does not take {given}. {INSTEAD}")


SETTLED = {Tensor, Variable, SymbolicTensor, int, bool, str, slice, type(None)}


def bent(args, kwargs):
    """Arguments with every float array and number in the dtype that it has among the tensors: theirs."""
    if SETTLED.issuperset(map(type, (*args, *kwargs.values()))):
        return args, kwargs
    operands = list(_operands((*args, *kwargs.values())))
    return _bend(args, operands), {name: _bend(value, operands) for name, value in kwargs.items()}


def _operands(items):
    for item in items:
        if isinstance(item, Operand):
            yield item
        elif type(item) in (list, tuple):
            yield from _operands(item)


def _bend(x, operands):
    if type(x) in (list, tuple):
        return type(x)([_bend(item, operands) for item in x])
    if isinstance(x, (float, np.floating, np.ndarray)) and np.asarray(x).dtype.kind in "fc":
        return np.asarray(x, common_dtype([*operands, x]))[()]
    return x


# Ufuncs


def array_ufunc(self, ufunc, method, *inputs, **options):
    """What NumPy calls for a ufunc, or a method of one, that meets a tensor."""
    for x in inputs:
        if not isinstance(x, (Operand, np.ndarray)) and hasattr(x, "__array_ufunc__"):
            return NotImplemented
    if method == "__call__" and not options:
        return op_of(ufunc)(*inputs)
    name = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    if options.get("out") is not None and method != "at":
        return into(getattr(ufunc, method), name, inputs, options)
    options.pop("out", None)
    return UFUNC_METHODS[method](name, ufunc, *inputs, **options)


@functools.cache
def op_of(ufunc):
    """The function of ours that computes `ufunc`. Raises TypeError if there is none."""
    if ufunc.__name__ in vars(numpy_rules):
        return vars(numpy_rules)[ufunc.__name__]
    names = sorted(name for name, value in vars(np).items() if value is ufunc)
    for place in (ops, *filter(inspect.ismodule, vars(ops).values())):
        for name in names:
            function = vars(place).get(name)
            if inspect.isfunction(function) and _arity(function) == ufunc.nin:
                return function
    raise TypeError(unknown(f"np.{ufunc.__name__}", ufunc.__name__))


def _arity(function):
    return sum(p.default is p.empty and p.kind == p.POSITIONAL_OR_KEYWORD
               for p in inspect.signature(function).parameters.values())


def _call(name, ufunc, *inputs, where=True, dtype=None, signature=None, casting=None, **others):
    others = {key: value for key, value in others.items() if (key, value) not in (("order", "K"), ("subok", True))}
    op = op_of(ufunc)
    known = [key for key in others if key in inspect.signature(op).parameters]
    if len(known) < len(others):
        raise refused(name, {key: value for key, value in others.items() if key not in known})
    if dtype is not None or signature is not None or casting is not None:
        inputs, results = _brought(ufunc, inputs, dtype, signature, casting)
    else:
        results = None
    y = op(*inputs, **others) if where is True else _call_where(op, inputs, where, others)
    if results is None:
        return y
    return tuple(map(ops.cast, y, results)) if isinstance(y, tuple) else ops.cast(y, results[0])


def _brought(ufunc, inputs, dtype, signature, casting):
    """Inputs cast to what NumPy would compute `ufunc` in, and the dtypes of the results."""
    if signature is None:
        signature = (None,) * ufunc.nin + (None if dtype is None else np.dtype(dtype),) * ufunc.nout
    inputs = [x if isinstance(x, (int, float, complex)) else as_tensor(x) for x in inputs]
    given = [np.dtype(x.dtype.name) if isinstance(x, Operand) else type(x) for x in inputs]
    options = {} if casting is None else {"casting": casting}
    loop = ufunc.resolve_dtypes((*given, *[None] * ufunc.nout), signature=signature, **options)
    return [ops.cast(x, to) for x, to in zip(inputs, loop)], loop[ufunc.nin:]


def _call_where(op, inputs, where, others):
    """The op where the mask holds and 0 elsewhere, where NumPy leaves the result open.

    The masked elements are replaced before as well: log of 0 must not give the gradient 0 * inf. One half and 2
    lie inside the domain of every function there is.
    """
    dtype = common_dtype(inputs)
    inside = 1 if dtype.kind in "biu" else 2 if op.__name__ == "arccosh" else 0.5
    inputs = [arithmetic.select(where, as_tensor(x, dtype), as_tensor(inside, dtype)) for x in inputs]
    y = op(*inputs, **others)
    hide = lambda y: arithmetic.select(where, y, as_tensor(0, y.dtype))
    return tuple(map(hide, y)) if isinstance(y, tuple) else hide(y)


REDUCTIONS = {np.add: numpy_reductions.sum, np.multiply: numpy_reductions.prod, np.maximum: numpy_reductions.max,
              np.minimum: numpy_reductions.min, np.logical_and: reduce.all, np.logical_or: reduce.any}
RUNNING = {np.add: numpy_reductions.cumsum, np.multiply: numpy_reductions.cumprod}


def _reduce(name, ufunc, x, axis=0, dtype=None, keepdims=False, initial=None, where=True):
    options = {key: value for key, value in (("dtype", dtype), ("initial", initial), ("where", where))
               if value is not None and value is not True}
    rule = REDUCTIONS.get(ufunc)
    if rule is not None:
        if not options.keys() <= inspect.signature(rule).parameters.keys():
            raise refused(name, options)
        return rule(x, axis=axis, keepdims=bool(keepdims), **options)
    if options.keys() - {"initial"}:
        raise refused(name, options)
    return _folded(name, ufunc, x, axis, keepdims, initial)


def _folded(name, ufunc, x, axis, keepdims, initial):
    """Any other reduction: the op between one entry along `axis` and the next."""
    x = as_tensor(x)
    axes = range(x.ndim) if axis is None else reduce.axes_of(axis, x.ndim)
    if len(axes) != 1:
        raise TypeError(f"{name} of a tensor goes along one axis, got axis={axis} for shape {x.shape}.")
    entries = ops.unstack(x, axis=axes[0])
    first = ufunc.identity if initial is None and not entries else initial
    if first is not None:
        entries = [ops.broadcast_to(as_tensor(first, x.dtype), numpy_rules.shape(x)[:axes[0]]
                                    + numpy_rules.shape(x)[axes[0] + 1:]), *entries]
    if not entries:
        raise ValueError(f"{name} of no entries along axis {axes[0]} of shape {x.shape} is not defined; give initial=.")
    y = functools.reduce(op_of(ufunc), entries)
    return ops.expand_dims(y, axes[0]) if keepdims else y


def _accumulate(name, ufunc, x, axis=0, dtype=None):
    rule = RUNNING.get(ufunc)
    if rule is not None:
        return rule(x, axis, dtype)
    if dtype is not None:
        raise refused(name, {"dtype": dtype})
    entries = ops.unstack(x, axis=axis)
    for i in range(1, len(entries)):
        entries[i] = op_of(ufunc)(entries[i - 1], entries[i])
    return ops.stack(entries, axis=axis)


def _reduceat(name, ufunc, x, indices, axis=0, dtype=None):
    x = as_tensor(x)
    axis = reduce.axes_of(axis, x.ndim)[0]
    starts = [int(i) for i in np.asarray(indices)]
    pieces = []
    for start, stop in zip(starts, [*starts[1:], x.shape[axis]]):
        piece = part(x, axis, start, stop if stop > start else start + 1)
        if not piece.shape[axis]:
            raise IndexError(f"{name}: index {start} is out of range for axis {axis} of shape {x.shape}.")
        pieces.append(_reduce(name, ufunc, piece, axis, dtype))
    return ops.stack(pieces, axis=axis)


def _outer(name, ufunc, a, b, **options):
    a = as_tensor(a)
    a = ops.reshape(a, (*shape_of(a), *[1] * as_tensor(b).ndim))
    return _call(name, ufunc, a, b, **options)


def _at(name, ufunc, *inputs, **options):
    raise TypeError(f"{name} changes its first operand in place, which no tape can follow. Use ops.segment_sum, or "
                    "minikeras.tf.tensor_scatter_nd_add, which give the sum as a new tensor.")


UFUNC_METHODS = {"__call__": _call, "reduce": _reduce, "accumulate": _accumulate, "reduceat": _reduceat,
                 "outer": _outer, "at": _at}


# Functions

ANSWERS = {
    "all", "allclose", "any", "argmax", "argmin", "argpartition", "argsort", "argwhere", "array2string", "array_equal",
    "array_equiv", "array_repr", "array_str", "can_cast", "common_type", "copyto", "count_nonzero",
    "diag_indices_from", "digitize", "einsum_path", "flatnonzero", "isclose", "iscomplex", "iscomplexobj", "isin",
    "isneginf", "isposinf", "isreal", "isrealobj", "ix_", "lexsort", "linalg.matrix_rank", "may_share_memory",
    "min_scalar_type", "nanargmax", "nanargmin", "nonzero", "ravel_multi_index", "result_type", "save", "savetxt",
    "savez", "savez_compressed", "searchsorted", "shares_memory", "tril_indices_from", "triu_indices_from",
    "unravel_index"}
RULES = {"numpy": vars(numpy_reductions) | vars(numpy_rules), "numpy.fft": vars(numpy_fft),
         "numpy.linalg": vars(numpy_linalg)}
OF_DTYPES = {"common_type", "iscomplexobj", "isrealobj", "result_type"}     # answered without numbers
IN_PLACE = {"fill_diagonal", "place", "put", "put_along_axis", "putmask"}

# Arguments of NumPy's that an op need not know to be the same function, if they are left at their defaults.
NEUTRAL = {"casting", "copy", "correction", "ddof", "descending", "device", "dtype", "hermitian", "initial", "keepdims",
           "mean", "order", "out", "overwrite_input", "returned", "rtol", "sorter", "subok", "weights", "where"}
# And those that never change a value.
WITHOUT_EFFECT = {"kind", "optimize", "overwrite_input", "stable", "subok"}

RESULTS = {"eig": namedtuple("EigResult", "eigenvalues eigenvectors"),
           "eigh": namedtuple("EighResult", "eigenvalues eigenvectors"), "qr": namedtuple("QRResult", "Q R"),
           "slogdet": namedtuple("SlogdetResult", "sign logabsdet"), "svd": namedtuple("SVDResult", "U S Vh")}


def array_function(self, function, types, args, kwargs):
    """What NumPy calls for any other of its functions that meets a tensor."""
    for kind in types:
        if not issubclass(kind, (Operand, np.ndarray)):
            return NotImplemented
    if kwargs.get("out") is not None:
        return into(function, name_of(function), args, kwargs)
    return rule_of(function)(args, kwargs)


def name_of(function):
    """How a user writes it: np.sum, np.linalg.norm."""
    # A ufunc has no module before NumPy 2.2.
    return f"{getattr(function, '__module__', 'numpy').replace('numpy', 'np', 1)}.{function.__name__}"


@functools.cache
def rule_of(function):
    """What stands for a function of NumPy: a callable of args and kwargs."""
    name = name_of(function)
    key = name.removeprefix("np.")
    own = RULES.get(function.__module__, {}).get(function.__name__)
    if own is not None:
        derived = fitted(function, own)
    else:
        op = getattr(ops, function.__name__, None)
        derived = fitted(function, op, strict=True) if inspect.isfunction(op) else None
    if key in ANSWERS:
        return functools.partial(_answer, function, derived)
    if derived is not None:
        result = RESULTS.get(function.__name__)
        return derived if result is None else lambda args, kwargs: _named(result, derived(args, kwargs))
    message = (f"{name} changes its first operand in place, which no tape can follow. Build the result with "
               "ops.where, or work on a copy, x.numpy().") if key in IN_PLACE else unknown(name, function.__name__)

    def refuse(args, kwargs):
        raise TypeError(message)
    return refuse


def _answer(function, derived, args, kwargs):
    if any(isinstance(x, Operand) and not isinstance(x, ArrayOperand) for x in args):
        if function.__name__ in OF_DTYPES:
            return function(*[np.empty(0, x.dtype.dtype) if isinstance(x, Operand) else x for x in args], **kwargs)
        if derived is not None:
            y = derived(args, kwargs)
            return tuple(map(_wide, y)) if isinstance(y, tuple) else _wide(y)
    return function(*plain(args), **plain(kwargs))


def _wide(y):
    """An answer in NumPy's own type."""
    return ops.cast(y, "int64") if y.dtype.is_integer else y


def _named(result, value):
    return result(*value) if isinstance(value, tuple) else value


def unknown(name, op):
    """The message for a function that no op stands for."""
    op = op.removeprefix("nan")
    near = sorted((known for known in ops.__all__ if len(known) > 3 and op.startswith(known)), key=len)[-1:]
    hint = f"minikeras.ops.{near[0]} is the nearest op. " if near else ""
    return f"{name} is not known for tensors, so its gradient would be lost. {hint}{INSTEAD}"


def fitted(function, rule, strict=False):
    """`rule` behind the signature of NumPy's `function`; None if it does not fit.

    What NumPy and the rule name alike is the same; required arguments with other names correspond in order. `strict`
    asks that the rule know all arguments but those of NEUTRAL; what it does not know must be at its default.
    """
    own = dict(inspect.signature(rule).parameters)
    own.pop("out", None)
    try:
        theirs = dict(inspect.signature(function).parameters)
    except ValueError:      # some of NumPy's functions written in C tell no signature before NumPy 2.4
        theirs = own
    takes_any, open_ended = _has(own, "VAR_POSITIONAL"), _has(theirs, "VAR_KEYWORD")
    own, theirs = ({name: p for name, p in side.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
                   for side in (own, theirs))
    alike = {name: name for name in theirs if name in own}
    left = [[name for name, p in side.items() if p.default is p.empty and name not in alike] for side in (theirs, own)]
    if len(left[0]) != len(left[1]):
        return None
    alike.update(zip(*left))
    if strict and (open_ended or theirs.keys() - alike.keys() - NEUTRAL - WITHOUT_EFFECT):
        return None
    defaults = {to: theirs[name].default for name, to in alike.items() if _differs(theirs[name], own[to])}
    order = [name for name, p in theirs.items() if p.kind != p.KEYWORD_ONLY]
    leading = [name for name, p in own.items() if p.kind == p.POSITIONAL_OR_KEYWORD and p.default is p.empty]

    def call(args, kwargs):
        args, kwargs = bent(args, kwargs)
        given = dict(defaults)
        for name, value in kwargs.items() if takes_any else (*zip(order, args), *kwargs.items()):
            to = alike.get(name) or (name if name in own else None)
            if to is not None:
                given[to] = value
            elif name not in WITHOUT_EFFECT and not _is_default(theirs.get(name), value):
                raise refused(name_of(function), {name: value})
        return rule(*args, **given) if takes_any else rule(*[given.pop(name) for name in leading], **given)
    return call


def _has(parameters, kind):
    return any(p.kind.name == kind for p in parameters.values())


def _differs(theirs, own):
    default = theirs.default
    return default is not theirs.empty and default is not np._NoValue and not (
        type(default) is type(own.default) and default == own.default)


def _is_default(p, value):
    return p is not None and (value is p.default or (np.ndim(value) == 0 and type(value) is type(p.default)
                                                     and value == p.default))
