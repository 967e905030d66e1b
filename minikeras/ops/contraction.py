"""Einstein's sums: products of arrays along axes named by letters."""

import functools
import string

import numpy as np

from ..autograd import dims
from ..autograd.dispatch import apply
from ..autograd.op import declare, fit_to, promoted
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .reduce import sum
from .shapes import diagonal, transpose


def einsum(subscripts, *operands):
    """The sum of products of `operands` that `subscripts` describes, like 'bij,bjk->bik'.

    A letter names an axis: letters not right of the arrow are summed over, and one twice in a term takes a diagonal.
    `...` stands for leading axes, which broadcast, as does any letter kept in the result. Without an arrow the result
    has the letters that occur once, in alphabetical order. Operands are contracted two at a time, by matrix products.
    Raises ShapeError where terms and shapes do not fit, ValueError for subscripts without a meaning.
    """
    operands = [as_tensor(x) for x in operands]
    terms, output = _parsed(subscripts, tuple([x.ndim for x in operands]))
    pairs = [_reduced(x, term, {*output, *"".join(terms[:i] + terms[i + 1:])})
             for i, (x, term) in enumerate(zip(operands, terms))]
    operands, terms = [x for x, _ in pairs], tuple([term for _, term in pairs])
    if len(operands) > 1:
        return einsum_op(*operands, terms=terms, output=output)
    return operands[0] if terms[0] == output else transpose(operands[0], [terms[0].index(c) for c in output])


@functools.lru_cache(512)
def _parsed(subscripts, ndims):
    """Terms and output of `subscripts` for operands of so many axes, with letters in place of dots and spaces."""
    text = subscripts.replace(" ", "")
    left, arrow, output = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"einsum: {subscripts!r} has {len(terms)} terms for {len(ndims)} operands.")
    for term in (*terms, output):
        named = term.replace("...", "", 1)
        if named and not (named.isascii() and named.isalpha()):
            raise ValueError(f"einsum: the term {term!r} of {subscripts!r} must be letters, with '...' at most once.")
    hidden = [ndim - len(term.replace("...", "")) for term, ndim in zip(terms, ndims)]
    for term, ndim, count in zip(terms, ndims, hidden):
        if count < 0 or (count and "..." not in term):
            raise ShapeError(f"einsum: the term {term!r} of {subscripts!r} is for another number of axes than {ndim}.")
    dots = "".join([c for c in string.ascii_letters if c not in text])[:max(hidden)]
    once = sorted(c for c in set(left) if c.isalpha() and left.count(c) == 1)
    terms = tuple([term.replace("...", dots[len(dots) - count:]) for term, count in zip(terms, hidden)])
    if not arrow:
        return terms, dots + "".join(once)
    if dots and "..." not in output:
        raise ValueError(f"einsum: {subscripts!r} has no '...' in the result for the axes it stands for in the terms.")
    output = output.replace("...", dots)
    if len(set(output)) < len(output) or not set(output) <= set("".join(terms)):
        raise ValueError(f"einsum: the result of {subscripts!r} must have letters of the terms, each once.")
    return terms, output


def _reduced(x, term, kept):
    """`x` and its term with diagonals taken for letters that repeat, and summed over those not in `kept`."""
    for c in dict.fromkeys(term):
        while term.count(c) > 1:
            i = term.index(c)
            j = term.index(c, i + 1)
            dims.unify(shape_of(x)[i], shape_of(x)[j], f"einsum: axes {i} and {j}, both {c!r}, of shape {x.shape}")
            x, term = diagonal(x, 0, i, j), term[:i] + term[i + 1:j] + term[j + 1:] + c
    alone = tuple([i for i, c in enumerate(term) if c not in kept])
    return (sum(x, axis=alone), "".join([c for c in term if c in kept])) if alone else (x, term)


def _pull(d, y, xs, attrs, wanted):
    terms, output = attrs["terms"], attrs["output"]
    return [None if want is None else
            fit_to(einsum_op(d, *xs[:i], *xs[i + 1:], terms=(output, *terms[:i], *terms[i + 1:]), output=terms[i]),
                   xs[i].shape)
            for i, want in enumerate(wanted)]


def _shape(*shapes, terms, output):
    extents = {}
    for term, shape in zip(terms, shapes):
        for c, dim in zip(term, shape):
            have = extents.setdefault(c, dim)
            where = f"einsum '{','.join(terms)}->{output}', letter {c!r}"
            extents[c] = dims.broadcast((have,), (dim,))[0] if c in output and 1 in (have, dim) \
                else dims.unify(have, dim, where)
    return tuple(extents[c] for c in output)


def _batch(op, inputs, flags, attrs, size):
    terms, output = attrs["terms"], attrs["output"]
    c = next(c for c in string.ascii_letters if c not in "".join(terms) + output)
    terms = tuple([c + term if flag else term for term, flag in zip(terms, flags)])
    return apply(op, inputs, {"terms": terms, "output": c + output})


@declare("multilinear", _pull, _shape, promoted, batch=_batch)
def einsum_op(*xs, terms, output):
    """`einsum` of two operands or more where each letter is once in a term, and in another term or the result.

    Its transposes have that form again.
    """
    left = list(zip(xs, terms))
    for places in _order(terms, output, tuple([x.shape for x in xs]) if len(xs) > 2 else None):
        chosen = [left.pop(i) for i in sorted(places, reverse=True)]
        while len(chosen) > 1:
            (b, second), (a, first) = chosen.pop(), chosen.pop()
            needed = "".join([output, *[term for _, term in left + chosen]])
            term = output if not left and not chosen else "".join(
                [c for c in dict.fromkeys(first + second) if c in needed])
            chosen.append((_contracted(a, b, first, second, term), term))
        left += chosen
    return left[0][0]


@functools.lru_cache(512)
def _order(terms, output, shapes):
    """Which of the operands to contract at each step; the results join them at the end."""
    if shapes is None:
        return [(0, 1)]
    stand_ins = [np.broadcast_to(np.float32(0), shape) for shape in shapes]
    return np.einsum_path(f"{','.join(terms)}->{output}", *stand_ins, optimize="greedy")[0][1:]


@functools.lru_cache(512)
def _pair_plan(a, b, output):
    """For two terms: whether they change places, so that the product comes out in the order of `output`; the axes in
    the order (batch, rows, summed) and (batch, summed, columns), how many of each; and the order that turns
    (batch, rows, columns) into `output`, None if that is what they are."""
    batch = [c for c in output if c in a and c in b]
    summed = [c for c in a if c in b and c not in output]
    rows, columns = [c for c in output if c not in b], [c for c in output if c not in a]
    product = batch + rows + columns
    if product != list(output) == batch + columns + rows:
        return (True, *_pair_plan(b, a, output)[1:])
    return (False, [a.index(c) for c in batch + rows + summed], [b.index(c) for c in batch + summed + columns],
            len(batch), len(rows), len(summed), None if product == list(output) else [product.index(c) for c in output])


def _contracted(a, b, first, second, output):
    """The sum of products of two arrays over the letters that `output` lacks."""
    swapped, order_a, order_b, batch, rows, summed, back = _pair_plan(first, second, output)
    if swapped:
        a, b, first, second = b, a, second, first
    columns = len(order_b) - batch - summed
    if batch and summed and not rows and not columns:       # matrices of one element would be slow
        return np.einsum(f"{first},{second}->{output}", a, b)
    a, b = a.transpose(order_a), b.transpose(order_b)
    row_extents, column_extents = a.shape[batch:batch + rows], b.shape[batch + summed:]
    if summed:
        if a.shape[batch + rows:] != b.shape[batch:batch + summed]:
            raise ValueError("summed axes differ")      # the shape rule says it better
        count = dims.product(a.shape[batch + rows:])
        y = np.matmul(a.reshape((*a.shape[:batch], dims.product(row_extents), count)),
                      b.reshape((*b.shape[:batch], count, dims.product(column_extents))))
        y = y.reshape((*y.shape[:batch], *row_extents, *column_extents))
    else:
        y = a.reshape(a.shape + (1,) * columns) * b.reshape(b.shape[:batch] + (1,) * rows + column_extents)
    return y if back is None else y.transpose(back)
