"""Diagonals of matrices, one or a band of them, as in `tf.linalg`.

Several diagonals, from k[0] to k[1] columns right of the main one, are the rows of an array from the uppermost down,
filled up to the longest. `align` says where a shorter one lies in its row, those above the main one first:
'RIGHT_LEFT', 'LEFT_RIGHT', 'LEFT_LEFT' or 'RIGHT_RIGHT'.
"""

import numpy as np

from ..autograd import dims
from ..autograd.linear import add_n, reshape, stack
from ..autograd.operands import as_tensor, shape_of
from ..errors import ShapeError
from .arithmetic import select
from .indexing import pad
from .shapes import diagonal_op, from_diagonal


def _band(k):
    low, high = (k, k) if np.ndim(k) == 0 else (k[0], k[-1])
    if high < low:
        raise ValueError(f"k must be one diagonal or (lowest, highest), got {k!r}.")
    return int(low), int(high)


def _length(k, rows, columns):
    return min(rows + min(k, 0), columns - max(k, 0))


def _matrix_extents(x, name):
    rows, columns = shape_of(x)[-2:] if len(x.shape) > 1 else (None, None)
    if not (type(rows) is type(columns) is int):
        raise ShapeError(f"{name}: the last two axes must be known, got shape {x.shape}.")
    return rows, columns


def _lies_left(k, align):
    if align not in ("RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"):
        raise ValueError(f"align must be 'RIGHT_LEFT', 'LEFT_RIGHT', 'LEFT_LEFT' or 'RIGHT_RIGHT', got {align!r}.")
    above, below = (side == "LEFT" for side in align.split("_"))
    return (k >= 0 and above) or (k <= 0 and below)


def diag_part(input, k=0, padding_value=0, align="RIGHT_LEFT"):
    """Diagonal `k` of the matrices in the last two axes, or the diagonals from k[0] to k[1].

    padding_value   what fills up the shorter ones
    Raises ShapeError for a diagonal outside the matrix.
    """
    x = as_tensor(input)
    rows, columns = _matrix_extents(x, "diag_part")
    low, high = _band(k)
    lengths = {at: _length(at, rows, columns) for at in range(high, low - 1, -1)}
    if min(lengths.values()) < 1:
        raise ShapeError(f"diag_part: a matrix of {rows} rows and {columns} columns has no diagonals {low} to {high}.")
    if low == high:
        return diagonal_op(x, offset=low)
    longest, filled = max(lengths.values()), []
    for at, length in lengths.items():
        rest = longest - length
        before, after = (0, rest) if _lies_left(at, align) else (rest, 0)
        part = diagonal_op(x, offset=at)
        filled.append(part if not rest else
                      pad(part, [(0, 0)] * (part.ndim - 1) + [(before, after)], constant_values=padding_value))
    return stack(*filled, axis=-2)


def _placed(diagonal, low, high, rows, columns, align):
    """Matrices of zeros with the diagonals from `low` to `high`."""
    if low == high:
        return from_diagonal(diagonal, offset=low, rows=rows, columns=columns)
    longest, placed = shape_of(diagonal)[-1], []
    for row, at in enumerate(range(high, low - 1, -1)):
        length = _length(at, rows, columns)
        start = 0 if _lies_left(at, align) else longest - length
        part = diagonal[..., row, start:start + length]
        placed.append(from_diagonal(part, offset=at, rows=rows, columns=columns))
    return add_n(*placed)


def _inside(low, high, rows, columns):
    i, j = np.ogrid[:rows, :columns]
    return (j - i >= low) & (j - i <= high)


def diag(diagonal, k=0, num_rows=-1, num_cols=-1, padding_value=0, align="RIGHT_LEFT"):
    """Matrices with `diagonal` on diagonal `k`, or its rows on those from k[0] to k[1].

    num_rows, num_cols   the extents, -1 for as few as hold the diagonals; square if both are
    padding_value        what fills the rest
    Raises ShapeError where the diagonals do not fit.
    """
    diagonal = as_tensor(diagonal)
    low, high = _band(k)
    extents = shape_of(diagonal)
    if len(extents) < (1 if low == high else 2) or (low < high and extents[-2] != high - low + 1):
        raise ShapeError(f"diag: diagonals {low} to {high} need a row each, got shape {diagonal.shape}.")
    least_rows, least_columns = extents[-1] - min(high, 0), extents[-1] + max(low, 0)
    if num_rows == num_cols == -1:
        rows = columns = extents[-1] + max(low, -high, 0)
    else:
        rows = least_rows if num_rows == -1 else int(num_rows)
        columns = least_columns if num_cols == -1 else int(num_cols)
    if type(extents[-1]) is int and (rows < least_rows or columns < least_columns
                                     or (rows != least_rows and columns != least_columns)):
        raise ShapeError(f"diag: diagonals {low} to {high} of shape {diagonal.shape} do not fill those of a matrix of "
                         f"{rows} rows and {columns} columns.")
    placed = _placed(diagonal, low, high, rows, columns, align)
    return placed if np.all(np.equal(padding_value, 0)) else \
        select(_inside(low, high, rows, columns), placed, padding_value)


def set_diag(input, diagonal, k=0, align="RIGHT_LEFT"):
    """The matrices in the last two axes with other elements on diagonal `k`, or on those from k[0] to k[1]."""
    x, diagonal = as_tensor(input), as_tensor(diagonal)
    rows, columns = _matrix_extents(x, "set_diag")
    low, high = _band(k)
    longest = max(_length(at, rows, columns) for at in range(low, high + 1))
    want = (*shape_of(x)[:-2], *([high - low + 1] if low < high else []), longest)
    got = shape_of(diagonal)
    if not dims.may_agree(got, want):
        raise ShapeError(f"set_diag: diagonals {low} to {high} of shape {x.shape} have shape "
                         f"{dims.public_shape(want)}, got {diagonal.shape}.")
    return select(_inside(low, high, rows, columns), _placed(diagonal, low, high, rows, columns, align), x)


def tensor_diag(diagonal):
    """Zeros of the shape of `diagonal` twice over, with its elements where both indices are the same."""
    diagonal = as_tensor(diagonal)
    extents = tuple(shape_of(diagonal))
    if not extents:
        raise ShapeError("tensor_diag: a scalar has no diagonal; give it an axis.")
    count = dims.product(extents)
    square = from_diagonal(reshape(diagonal, shape=(count,)), offset=0, rows=count, columns=count)
    return reshape(square, shape=extents + extents)


def tensor_diag_part(input):
    """The elements of a tensor of shape s + s where both indices are the same, in shape s."""
    x = as_tensor(input)
    extents = tuple(shape_of(x))
    half = len(extents) // 2
    if not extents or extents[:half] != extents[half:]:
        raise ShapeError(f"tensor_diag_part: shape {x.shape} is not one shape twice over.")
    count = dims.product(extents[:half])
    return reshape(diagonal_op(reshape(x, shape=(count, count)), offset=0), shape=extents[:half])
