"""The table of layers that `summary` prints, in Keras' form."""

import itertools
import math
import re
import shutil
import textwrap

from ..autograd import tree
from ..autograd.tensor import SymbolicTensor
from ..layers.base import Layer
from ..layers.calling import map_shapes

# Header, and the end of each column as a part of the width.
_CHAIN = (("Layer (type)", "Output Shape", "Param #"), (0.45, 0.80, 1.0), 88)
_NETWORK = (("Layer (type)", "Output Shape", "Param #", "Connected to"), (0.3, 0.56, 0.74, 1.0), 108)
_ALIGN = {"Param #": str.rjust, "Trainable": str.center}


def summary_text(model, line_length=None, positions=None, expand_nested=False, show_trainable=False,
                 layer_range=None):
    """A table: layer and type, output shape, number of weights, where it is no chain what it is connected to; then the
    totals.

    line_length   of the table, as wide as the terminal lets it be by default;  positions   end of each column, as parts
                  of the width, or as places in the line
    layer_range   names, or patterns of names, of the first and the last layer to show
    Raises ValueError for a width that leaves no room, and a range that names no layer.
    """
    functions = _functions(model)
    header, ends, width = _CHAIN if _is_chain(model) else _NETWORK
    if show_trainable:
        header, ends, width = (*header, "Trainable"), tuple([0.85 * end for end in ends] + [1.0]), width + 12
    width = line_length or min(width, shutil.get_terminal_size().columns - 4)
    rows = [row for function in functions[_range(model, functions, layer_range)]
            for row in _rows(model, function, header, expand_nested)]
    widths = _widths(positions or ends, width, len(header))
    return "\n".join([f'Model: "{model.name}"', *_table(header, rows, widths), *_totals(model)])


def _functions(model):
    return model.layers if model._graph is None else model._graph.functions


def _is_chain(model):
    """Whether each layer is called once, on the output of the one before."""
    if model._graph is None:
        return True
    parents = [call.parents() for call in model._graph.calls]
    return len(parents) == len(model._graph.functions) and all(len(p) < 2 for p in parents) and \
        sum(not p for p in parents) == 1 == len(model._graph.flat_outputs)


def _range(model, functions, bounds):
    if bounds is None:
        return slice(None)
    if len(bounds) != 2:
        raise ValueError(f"summary: layer_range must be two names, of the first and the last layer, got {bounds!r}.")
    names = [_name(model, function) for function in functions]
    found = [[i for i, name in enumerate(names) if re.match(bound, name)] for bound in bounds]
    if not all(found):
        raise ValueError(f"summary: no layer of {model.name} fits layer_range={bounds!r}; it has {', '.join(names)}.")
    first, last = found[0][0], found[1][-1]
    return slice(min(first, last), max(first, last) + 1)


def _name(model, function):
    return function.name if isinstance(function, Layer) else model._graph.names[function]


def _rows(model, function, header, expand_nested, depth=0):
    is_layer = isinstance(function, Layer)
    weights = function.weights if is_layer else []
    kind = type(function).__name__ if is_layer else "".join(
        part.title() for part in model._graph.names[function].rstrip("_0123456789").split("_"))
    is_built = not is_layer or function.built
    fields = {
        "Layer (type)": f"{'   ' * depth}{'└ ' if depth else ''}{_name(model, function)} ({kind})",
        "Output Shape": _output_shape(function),
        "Param #": f"{sum(v.size for v in weights):,}" if is_built else "0 (unbuilt)",
        "Connected to": "-" if depth else _connections(model, function),
        "Trainable": ("Y" if function.trainable else "N") if weights else "-"}
    yield [fields[name] for name in header]
    if expand_nested and hasattr(function, "layers"):
        for inner in _functions(function):
            yield from _rows(function, inner, header, expand_nested, depth + 1)


def _output_shape(function):
    calls = function._record.calls if isinstance(function, Layer) else [function]
    if calls:
        shapes = tree.map_structure(lambda x: x.shape if isinstance(x, SymbolicTensor) else None, calls[-1].outputs)
    elif any(shape is not None for shape in function._record.build_shapes.values()):
        try:
            shapes = function.compute_output_shape(**function._record.build_shapes)
        except (TypeError, ValueError, NotImplementedError):
            return "?"
    else:
        return "?"
    return str(map_shapes(tuple, shapes) if shapes is not None else "?")


def _connections(model, function):
    if model._graph is None:
        return "-"
    calls = [call for call in model._graph.calls if function in (call, call.function)]
    return ", ".join(f"{model._graph.name_of(x)}[{_number_of(model, x)}][{x._history[1]}]"
                     for call in calls for x in call.parents()) or "-"


def _number_of(model, x):
    """Which call of its layer a tensor came from."""
    call = model._graph.call_of(x)
    return call.function._record.calls.index(call) if isinstance(call.function, Layer) else 0


# --- drawing ---------------------------------------------------------------------------------


def _widths(ends, width, count):
    if len(ends) != count:
        raise ValueError(f"summary: {count} columns need as many positions, got {list(ends)}.")
    room = width - 3 * count - 1        # a line before each column and behind the last, a space on either side
    ends = [end / width if max(ends) > 1 else end for end in ends]
    edges = [0, *[round(room * end) for end in ends]]
    widths = [right - left for left, right in itertools.pairwise(edges)]
    if min(widths) < 4:
        raise ValueError(f"summary: a line of {width} characters leaves no room for {count} columns. Give a larger "
                         "line_length.")
    return widths


def _table(header, rows, widths):
    def lines(row, edge):
        cells = [textwrap.wrap(cell, n, break_on_hyphens=False) for cell, n in zip(row, widths)]
        for i in range(max(map(len, cells))):
            parts = [_ALIGN.get(name, str.ljust)(cell[i] if i < len(cell) else "", n)
                     for name, cell, n in zip(header, cells, widths)]
            yield f"{edge} " + f" {edge} ".join(parts) + f" {edge}"

    def rule(left, line, cross, right):
        return left + cross.join(line * (n + 2) for n in widths) + right
    yield rule("┏", "━", "┳", "┓")
    yield from lines(header, "┃")
    yield rule("┡", "━", "╇", "┩")
    for i, row in enumerate(rows):
        if i:
            yield rule("├", "─", "┼", "┤")
        yield from lines(row, "│")
    yield rule("└", "─", "┴", "┘")


def _totals(model):
    counted = [("Total", model.weights), ("Trainable", model.trainable_weights),
               ("Non-trainable", model.non_trainable_weights)]
    optimizer = model.optimizer if model.compiled else None
    if optimizer is not None and optimizer.built:
        counted[0] = ("Total", [*model.weights, *optimizer.variables])
        counted.append(("Optimizer", optimizer.variables))
    for name, variables in counted:
        count, size = sum(v.size for v in variables), sum(v._array.nbytes for v in variables)
        power = min(int(math.log(size, 1024)), 5) if size else 0
        yield f" {name} params: {count:,} ({size / 1024**power:.2f} {('B', 'KB', 'MB', 'GB', 'TB', 'PB')[power]})"
