"""Branches and loops: ordinary Python over ops that are recorded one by one, so gradients flow through what ran.

On tensors without numbers a body is run once, on placeholders, to learn the shapes and dtypes it gives.
"""

import functools
import re

from ..autograd import dims, tree
from ..autograd.batching import vectorized_map
from ..autograd.dims import Dimension, unify
from ..autograd.linear import broadcast_to, concatenate, getitem, reshape, stack, zeros_like
from ..autograd.operands import as_tensor, shape_of
from ..autograd.tensor import Operand, SymbolicTensor
from ..errors import DTypeError, ShapeError, SymbolicError
from .creation import zeros
from .shapes import flip, part


def truth(pred, where):
    """`pred` as a bool; None if it has no number. Raises ShapeError if it has more than one."""
    pred = as_tensor(pred)
    if pred.size != 1:
        raise ShapeError(f"{where}: a condition must be one boolean, got shape {pred.shape}. Reduce it with ops.all or "
                         "ops.any, or choose element by element with ops.where.")
    return None if isinstance(pred, SymbolicTensor) else bool(pred)


def outline(structure):
    """The containers of `structure` without its leaves; tuples and lists are alike."""
    if isinstance(structure, dict):
        return {key: outline(structure[key]) for key in sorted(structure)}
    return [outline(item) for item in structure] if isinstance(structure, (tuple, list)) else None


def fitted(want, got, where):
    """`got` as tensors in the structure of `want`; Python numbers take the dtypes there.

    Raises ValueError if the structures differ.
    """
    if outline(want) != outline(got):
        shown = [tree.map_structure(lambda x: "*", structure) for structure in (got, want)]
        raise ValueError(f"{where} gave the structure {shown[0]}, expected {shown[1]} (* is a tensor).")
    return tree.map_structure(
        lambda w, g: g if g is None else as_tensor(g, None if w is None or isinstance(g, Operand) else w.dtype),
        want, got)


def symbolic(structure):
    """Whether some leaf has no numbers."""
    return any(isinstance(x, SymbolicTensor) for x in tree.flatten(structure))


def placeholder(x):
    """A tensor without numbers in the shape and dtype of `x`."""
    return SymbolicTensor(shape_of(x), x.dtype)


def either(a, b, where):
    """What is known of a tensor that is like `a` or like `b`: a dimension in which they differ is unknown."""
    if a is None and b is None:
        return None
    if a is None or b is None or a.dtype != b.dtype:
        kinds = ["None" if x is None else x.dtype.name for x in (a, b)]
        raise DTypeError(f"{where}: the dtype is {kinds[0]} one way and {kinds[1]} the other; cast one with ops.cast.")
    if a.ndim != b.ndim:
        raise SymbolicError(f"{where}: the shape is {a.shape} one way and {b.shape} the other, and which it will be is "
                            "not known yet. Give both the same number of axes.")
    return SymbolicTensor([m if m == n else None for m, n in zip(shape_of(a), shape_of(b))], a.dtype)


# --- functions of entries ------------------------------------------------------------------------

def vectorize(pyfunc, *, excluded=None, signature=None):
    """`pyfunc`, which takes numbers, as a function of whole tensors, broadcast with each other as in NumPy.

    excluded    numbers of the arguments, and names of keywords, that are passed on as they are
    signature   the axes that `pyfunc` takes and gives instead of numbers, such as '(m,n),(n)->(m)'
    The function runs once, on tensors with hidden axes: it may use ops and shapes, but not numbers.
    Raises ValueError for a signature that is none, ShapeError for arguments that do not fit it.
    """
    if not callable(pyfunc):
        raise ValueError(f"vectorize: pyfunc must be a function, got {pyfunc!r}.")
    excluded, taken = set(excluded or ()), None if signature is None else _axes_taken(signature)

    @functools.wraps(pyfunc)
    def call(*args, **kwargs):
        places = [i for i in range(len(args)) if i not in excluded]
        names = [name for name in kwargs if name not in excluded]
        own = [0] * (len(places) + len(names)) if taken is None else taken
        values = [as_tensor(x) for x in (*[args[i] for i in places], *[kwargs[name] for name in names])]
        if len(own) != len(values) or any(x.ndim < n for x, n in zip(values, own)):
            raise ShapeError(f"vectorize: arguments of shapes {[x.shape for x in values]} do not fit the signature "
                             f"{signature!r}.")
        leading = dims.broadcast(*[shape_of(x)[:len(shape_of(x)) - n] for x, n in zip(values, own)])

        def entry(values):
            values = list(values)
            given = [values.pop(0) if i in places else x for i, x in enumerate(args)]
            return pyfunc(*given, **{**kwargs, **dict(zip(names, values))})

        if not leading:
            return entry(values)
        flat = []
        for x, n in zip(values, own):
            core = shape_of(x)[len(shape_of(x)) - n:]
            flat.append(reshape(broadcast_to(x, shape=(*leading, *core)), shape=(dims.product(leading), *core)))
        return tree.map_structure(lambda y: reshape(y, shape=(*leading, *shape_of(y)[1:])),
                                  vectorized_map(entry, flat))
    return call


def _axes_taken(signature):
    """How many axes each argument has by a signature such as '(m,n),(n)->(m)'."""
    group = r"\(\s*(?:\w+\s*(?:,\s*\w+\s*)*)?\)"
    if not re.fullmatch(rf"\s*{group}\s*(?:,\s*{group}\s*)*->\s*{group}\s*(?:,\s*{group}\s*)*", signature):
        raise ValueError(f"vectorize: signature {signature!r} is not of the form '(m,n),(n)->(m)'.")
    return [len(re.findall(r"\w+", each)) for each in re.findall(group, signature.partition("->")[0])]


# --- branches ------------------------------------------------------------------------------------

def choose(index, branches, where):
    """The result of branch number `index`; if that is None, what is known of it whichever branch it will be."""
    if index is not None:
        return _tensors(branches[index]())
    results = [_tensors(branch()) for branch in branches]
    known = results[0]
    for other in results[1:]:
        other = fitted(known, other, where)
        known = tree.map_structure(lambda a, b: either(a, b, where), known, other)
    return known


def _tensors(structure):
    return tree.map_structure(lambda x: x if x is None else as_tensor(x), structure)


def cond(pred, true_fn, false_fn):
    """true_fn() if the one boolean `pred` holds, else false_fn(); only that function runs.

    If `pred` has no number yet both run, and must agree in structure, dtypes and numbers of axes.
    """
    holds = truth(pred, "cond")
    return choose(None if holds is None else int(not holds), [true_fn, false_fn], "cond")


def switch(index, branches, *operands):
    """branches[index](*operands); an index out of range counts as the nearest one."""
    index = as_tensor(index)
    at = None if isinstance(index, SymbolicTensor) else min(max(int(index), 0), len(branches) - 1)
    return choose(at, [lambda branch=branch: branch(*operands) for branch in branches], "switch")


# --- loops ---------------------------------------------------------------------------------------

def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """`loop_vars` after as many rounds of `body(*loop_vars)` as `cond(*loop_vars)` holds, `maximum_iterations` at most.

    loop_vars   a tensor, or a tuple or list of nested structures of tensors; then a tuple comes back
    Raises ValueError if `body` gives another structure.
    """
    alone = not isinstance(loop_vars, (tuple, list))
    values = _tensors([loop_vars] if alone else list(loop_vars))
    limit = None if maximum_iterations is None else int(maximum_iterations)
    rounds = 0
    while limit is None or rounds < limit:
        goes_on = truth(cond(*values), "while_loop")
        if goes_on is None:
            values = _after_some_rounds(body, values)
            break
        if not goes_on:
            break
        values = _round(body, values)
        rounds += 1
    return values[0] if alone else tuple(values)


def _round(body, values):
    got = body(*values)
    return fitted(values, list(got) if isinstance(got, (tuple, list)) else [got], "while_loop: the body")


def _after_some_rounds(body, values):
    """What is known of the loop variables if nobody knows how often the body runs."""
    after = _round(body, tree.map_structure(placeholder, values))
    return tree.map_structure(lambda a, b: either(a, b, "while_loop: before and after the body"), values, after)


def fori_loop(lower, upper, body_fun, init_val):
    """`init_val` after `val = body_fun(i, val)` for i from `lower` up to but not including `upper`."""
    _, value = while_loop(lambda i, _: SymbolicTensor((), "bool") if isinstance(upper, Dimension) else i < upper,
                          lambda i, value: (i + 1, body_fun(i, value)), (lower, init_val))
    return value


def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """`carry, y = f(carry, x)` for each entry x of `xs` along axis 0: the last carry, and the ys stacked.

    init, xs   tensors or nested structures of them; with no `xs`, f gets None `length` times
    reverse    from the last entry to the first; the ys keep the places of their entries
    unroll     how many steps a compiled loop would take at once; checked, but the loop here has no such choice
    A y of None counts as zeros like `init`, as in Keras.
    """
    if not isinstance(unroll, (bool, int)) or (unroll is not False and unroll < 1):
        raise ValueError(f"scan: unroll must be a boolean or a whole number from 1, got {unroll!r}.")
    if xs is None and length is None:
        raise ValueError("scan: give `xs` to go over, or `length`.")
    carry, xs = _tensors(init), _tensors(xs)
    count = _entries(xs, "scan", None if length is None else int(length))
    if symbolic([carry, xs]) or count == 0:
        new, y = _scan_step(f, tree.map_structure(placeholder, carry), _an_entry(xs), "scan")
        if count != 0:
            carry = tree.map_structure(lambda a, b: either(a, b, "scan: the carry before and after f"), carry, new)
        return carry, _of_entries(y, count)
    ys = []
    for i in reversed(range(count)) if reverse else range(count):
        carry, y = _scan_step(f, carry, _entry(xs, i), "scan")
        ys.append(y)
    return carry, stack_all(ys[::-1] if reverse else ys, "scan: f")


def _scan_step(f, carry, x, where):
    result = f(carry, x)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise ValueError(f"{where}: f must give a pair (carry, y), got {type(result).__name__}.")
    new, y = result
    return fitted(carry, new, f"{where}: the carry that f"), _tensors(
        tree.map_structure(zeros_like, carry) if y is None else y)


def _entry(xs, i):
    return tree.map_structure(lambda x: x if x is None else getitem(x, index=(i,)), xs)


def _an_entry(xs):
    """Placeholders for one entry of each leaf."""
    return tree.map_structure(lambda x: x if x is None else SymbolicTensor(shape_of(x)[1:], x.dtype), xs)


def _of_entries(y, count):
    """`count` of what a step is known to give, stacked: zeros if there are none."""
    def many(x):
        if x is None:
            return None
        if count == 0 and None not in x.shape:
            return zeros((0, *x.shape), x.dtype)
        return SymbolicTensor((count, *shape_of(x)), x.dtype)
    return tree.map_structure(many, y)


def _entries(xs, where, length=None, axis=0):
    """How many entries all leaves have along `axis`. Raises ShapeError if they differ."""
    for x in tree.flatten(xs):
        if x is None:
            continue
        if not x.ndim:
            raise ShapeError(f"{where}: cannot go over the entries of a scalar tensor.")
        extent = shape_of(x)[axis]
        length = extent if length is None else unify(length, extent, f"{where}: number of entries along axis {axis}")
    return length


def stack_all(results, where):
    """Results of the same structure, stacked leaf by leaf along a new first axis."""
    results = [fitted(results[0], result, where) for result in results]
    return tree.map_structure(lambda *leaves: None if leaves[0] is None else stack(*leaves, axis=0), *results)


def map(f, xs):
    """`f` of each entry of `xs` (a tensor or nested structure of them) along axis 0, stacked."""
    xs = _tensors(xs)
    count = _entries(xs, "map")
    if symbolic(xs) or count == 0:
        return _of_entries(_tensors(f(_an_entry(xs))), count)
    return stack_all([_tensors(f(_entry(xs, i))) for i in range(count)], "map: f")


def associative_scan(f, elems, reverse=False, axis=0):
    """All running results x0, f(x0, x1), f(f(x0, x1), x2), ... along `axis`, of an associative `f`.

    f          takes two structures like `elems`, of whatever extent along `axis`, and works entry by entry
    elems      a tensor or a nested structure of them
    reverse    start from the last entry
    About log2(n) calls of f on long arrays stand for n on single entries. Source: Blelloch 1990, section 1.3.
    """
    elems = _tensors(elems)

    def combined(a, b):
        c = f(tree.pack(elems, a), tree.pack(elems, b))
        return tree.flatten(fitted(elems, c, "associative_scan: f"))

    count = _entries(elems, "associative_scan", axis=axis)
    leaves = tree.flatten(elems)
    if isinstance(count, Dimension):
        return tree.pack(elems, [either(x, y, "associative_scan") for x, y in zip(leaves, combined(leaves, leaves))])
    leaves = [flip(x, axis) for x in leaves] if reverse else leaves
    scanned = _running(combined, leaves, axis)
    return tree.pack(elems, [flip(x, axis) for x in scanned] if reverse else scanned)


def _running(combined, leaves, axis):
    def each(xs, *bounds):
        return [part(x, axis % x.ndim, *bounds) for x in xs]

    count = leaves[0].shape[axis]
    if count < 2:
        return leaves
    odd = _running(combined, combined(each(leaves, 0, count - 1, 2), each(leaves, 1, None, 2)), axis)
    even = each(leaves, 0, 1)
    if count > 2:
        later = combined(each(odd, 0, (count - 1) // 2), each(leaves, 2, None, 2))
        even = [concatenate(x, y, axis=axis) for x, y in zip(even, later)]
    return [_interleaved(a, b, axis % a.ndim) for a, b in zip(even, odd)]


def _interleaved(a, b, axis):
    """The entries a0, b0, a1, b1, ... along `axis`; `a` may have one more."""
    before, count, after = shape_of(b)[:axis], b.shape[axis], shape_of(b)[axis + 1:]
    pairs = stack(part(a, axis, 0, count), b, axis=axis + 1)
    woven = reshape(pairs, shape=(*before, 2 * count, *after))
    if a.shape[axis] == count:
        return woven
    return concatenate(woven, part(a, axis, count), axis=axis)
