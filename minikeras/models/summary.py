"""The table of layers that `summary` prints."""

from ..autograd.tensor import SymbolicTensor
from ..errors import SymbolicError


def summary_text(model, line_length=None, expand_nested=False, show_trainable=False):
    """A table: layer and type, output shape, number of weights; then the totals."""
    shapes = _output_shapes(model)
    rows = [("Layer (type)", "Output shape", "Param #") + (("Trainable",) if show_trainable else ())]
    for layer, depth in _listed(model.layers, expand_nested):
        shape = shapes.get(id(layer), "?")
        count = f"{sum(v.size for v in layer.weights):,}" if layer.built else "0 (unbuilt)"
        row = (f"{'  ' * depth}{layer.name} ({type(layer).__name__})", str(shape), count)
        rows.append(row + (("Y" if layer.trainable else "N",) if show_trainable else ()))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    if line_length:
        widths[0] = max(widths[0], line_length - sum(widths[1:]) - 3 * (len(widths) - 1))
    rule = "-" * (sum(widths) + 3 * (len(widths) - 1))
    lines = [f'Model: "{model.name}"', rule]
    for i, row in enumerate(rows):
        cells = [cell.rjust(w) if column == 2 else cell.ljust(w) for column, (cell, w) in enumerate(zip(row, widths))]
        lines.append("   ".join(cells).rstrip())
        if i == 0:
            lines.append(rule)
    return "\n".join([*lines, rule, *_totals(model)])


def _listed(layers, nested, depth=0):
    for layer in layers:
        yield layer, depth
        if nested:
            yield from _listed(layer._children(), nested, depth + 1)


def _output_shapes(model):
    """Shape of each layer's output by id, as far as it can be followed."""
    try:
        x = SymbolicTensor(model.input_shape, model.input_dtype)
    except (AttributeError, ValueError):
        return {}
    shapes = {}
    for layer in model.layers:
        try:
            x = layer(x)
        except SymbolicError:
            break
        shapes[id(layer)] = x.shape
    return shapes


def _totals(model):
    def text(variables):
        count = sum(v.size for v in variables)
        size = sum(v._array.nbytes for v in variables)
        unit = next((f"{size / scale:.1f} {name}" for scale, name in ((2**20, "MB"), (2**10, "KB")) if size >= scale),
                    f"{size} B")
        return f"{count:,} ({unit})"
    return [f"Total params: {text(model.weights)}", f"Trainable params: {text(model.trainable_weights)}",
            f"Non-trainable params: {text(model.non_trainable_weights)}"]
