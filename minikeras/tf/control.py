"""TensorFlow's branches and loops.

`parallel_iterations`, `swap_memory` and `infer_shape` tune TensorFlow's graphs, and `shape_invariants` says which
shapes may change there; the loops here are ordinary ones, in which shapes are free, so they are taken and change
nothing. `back_prop=False` stops gradients at the result.
"""

import operator
import warnings

from ..autograd import batching, dtypes, tree
from ..autograd.custom import stop_gradient
from ..autograd.linear import concatenate
from ..autograd.operands import as_tensor, shape_of
from ..autograd.tensor import SymbolicTensor
from ..errors import DTypeError, ShapeError, SymbolicError
from ..ops import control


def cond(pred, true_fn=None, false_fn=None, name=None):
    """true_fn() if the one boolean `pred` holds, else false_fn(); a list of one result comes as that result."""
    _callable("cond", true_fn=true_fn, false_fn=false_fn)
    return _single(control.cond(pred, true_fn, false_fn))


def case(pred_fn_pairs, default=None, exclusive=False, strict=False, name="case"):
    """The result of the function beside the first condition that holds, else of `default`.

    exclusive   raise ValueError if several conditions hold
    strict      keep a list of one result as it is
    Raises ValueError if none holds and there is no default.
    """
    preds, functions = [pred for pred, _ in pred_fn_pairs], [function for _, function in pred_fn_pairs]
    _callable("case", **{f"function {i}": function for i, function in enumerate(functions)})
    if default is not None:
        _callable("case", default=default)
        functions.append(default)
    holds = [control.truth(pred, "case") for pred in preds]
    if exclusive and holds.count(True) > 1:
        raise ValueError(f"case: conditions {[i for i, held in enumerate(holds) if held]} hold at once, but "
                         "exclusive=True allows one.")
    # Conditions that are known not to hold, and what comes after one that does, are out of the question.
    first = holds.index(True) if True in holds else len(preds) if default is not None else len(preds) - 1
    possible = [i for i in range(first + 1) if i == len(preds) or holds[i] is not False]
    if not possible:
        raise ValueError("case: no condition holds and there is no default.")
    result = control.choose(0 if len(possible) == 1 else None, [functions[i] for i in possible], "case")
    return result if strict else _single(result)


def switch_case(branch_index, branch_fns, default=None, name="switch_case"):
    """The result of the function at `branch_index`, else of `default` (the one of the largest index if None).

    branch_fns   functions, or pairs of an integer and a function, or a dict from one to the other
    """
    if isinstance(branch_fns, dict):
        branches = dict(branch_fns)
    elif all(callable(each) for each in branch_fns):
        branches = dict(enumerate(branch_fns))
    else:
        branches = {operator.index(number): function for number, function in branch_fns}
    default = branches[max(branches)] if default is None else default
    _callable("switch_case", default=default, **{f"branch {number}": each for number, each in branches.items()})
    index = as_tensor(branch_index)
    if isinstance(index, SymbolicTensor):
        return _single(control.choose(None, [*branches.values(), default], "switch_case"))
    return _single(control.choose(0, [branches.get(int(index), default)], "switch_case"))


def _callable(where, **functions):
    for name, function in functions.items():
        if not callable(function):
            raise TypeError(f"{where}: {name} must be a function, got {type(function).__name__}.")


def _single(result):
    return result[0] if isinstance(result, (tuple, list)) and len(result) == 1 else result


def _finished(result, back_prop):
    return result if back_prop else tree.map_structure(stop_gradient, result)


def while_loop(cond, body, loop_vars, shape_invariants=None, parallel_iterations=10, back_prop=True, swap_memory=False,
               maximum_iterations=None, name=None):
    """`loop_vars` after as many rounds of `body(*loop_vars)` as `cond(*loop_vars)` holds, in their structure."""
    result = control.while_loop(cond, body, tuple(loop_vars), maximum_iterations)
    return _finished(tree.pack(loop_vars, tree.flatten(result)), back_prop)


def map_fn(fn, elems, dtype=None, parallel_iterations=None, back_prop=True, swap_memory=False, infer_shape=True,
           name=None, fn_output_signature=None):
    """`fn` of each entry of `elems` (a tensor or nested structure of them) along axis 0, stacked.

    fn_output_signature   the dtypes that fn gives, in its structure; without it any will do. `dtype` is its old name
    Raises DTypeError if fn gives others.
    """
    result = control.map(fn, elems)
    signature = dtype if fn_output_signature is None else fn_output_signature
    if signature is not None:
        if control.outline(signature) != control.outline(result):
            raise ValueError(f"map_fn: fn gave another structure than fn_output_signature={signature}.")
        for want, got in zip(tree.flatten(signature), tree.flatten(result)):
            want = dtypes.as_dtype(getattr(want, "dtype", want))
            if got.dtype != want:
                raise DTypeError(f"map_fn: fn gave {got.dtype.name} where fn_output_signature says {want.name}; cast "
                                 "in fn with tf.cast.")
    return _finished(result, back_prop)


def scan(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, infer_shape=True,
         reverse=False, name=None):
    """All running results of `a = fn(a, entry)` over the entries of `elems` along axis 0, stacked.

    initializer   the first a; if None it is the first entry, and the first result
    reverse       from the last entry to the first; results keep the places of their entries
    """
    elems = tree.map_structure(as_tensor, elems)
    if initializer is None:
        initializer, rest = _apart(elems, reverse, "scan")
        _, results = control.scan(lambda a, x: _twice(fn(a, x)), initializer, rest, reverse=reverse)
        results = tree.map_structure(lambda a, xs: _beside(a, xs, reverse), initializer, results)
    else:
        _, results = control.scan(lambda a, x: _twice(fn(a, x)), initializer, elems, reverse=reverse)
    return _finished(results, back_prop)


def _twice(a):
    return a, a


def _apart(elems, reverse, where):
    """The first entry (the last if `reverse`) and the others."""
    for x in tree.flatten(elems):
        if shape_of(x)[:1] in ((), (0,)):
            raise ShapeError(f"{where}: elems of shape {x.shape} have no entry to begin with; give an initializer.")
    first, rest = (-1, slice(None, -1)) if reverse else (0, slice(1, None))
    return tree.map_structure(lambda x: x[first], elems), tree.map_structure(lambda x: x[rest], elems)


def _beside(a, xs, last):
    a = a[None]
    return concatenate(*([xs, a] if last else [a, xs]), axis=0)


def _fold(where, reverse):
    def fold(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, name=None):
        elems = tree.map_structure(as_tensor, elems)
        if initializer is None:
            initializer, elems = _apart(elems, reverse, where)
        result, _ = control.scan(lambda a, x: (fn(a, x), ()), initializer, elems, reverse=reverse)
        return _finished(result, back_prop)
    order = "last to the first" if reverse else "first to the last"
    fold.__name__ = fold.__qualname__ = where
    fold.__doc__ = f"""The last `a = fn(a, entry)` over the entries of `elems` along axis 0, from the {order}.

    initializer   the first a; if None it is the first entry taken
    """
    return fold


foldl = _fold("foldl", reverse=False)
foldr = _fold("foldr", reverse=True)


def vectorized_map(fn, elems, fallback_to_while_loop=True, warn=True):
    """`fn` of each entry along the first axis of `elems` (a tensor or a nest), its results stacked.

    `fn` runs once for all entries. If it asks for numbers it is run for one entry after the other instead, with a
    warning unless `warn` is False, or, without `fallback_to_while_loop`, raises SymbolicError.
    """
    try:
        return batching.vectorized_map(fn, elems)
    except SymbolicError:
        if not fallback_to_while_loop:
            raise
    if warn:
        warnings.warn("vectorized_map: the function asks for numbers, so it runs for one entry after the other. "
                      "Use ops (tf.where instead of if) to have it run once.", stacklevel=2)
    return control.map(fn, elems)
