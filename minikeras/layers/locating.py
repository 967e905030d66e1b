"""Where in a model an error arose: layers inside each other put their names to it as it passes."""

from ..autograd import tree


def locate(error, layer, args, is_outermost):
    """Put a layer to the path that an error carries; the outermost one tells the path, if it leads somewhere."""
    trace = vars(error).setdefault("_layers", [])
    if not trace:
        shapes = [getattr(x, "shape", None) for x in tree.flatten(args)]
        error._got = ", ".join(str(tuple(shape)) for shape in shapes if shape is not None)
    trace.append(getattr(layer, "name", type(layer).__name__))
    if is_outermost and len(trace) > 1 and isinstance(error, (TypeError, ValueError, IndexError)) \
            and len(error.args) == 1 and isinstance(error.args[0], str):
        error._said = vars(error).get("_said", error.args[0])
        got = f", called on shape {error._got}" if error._got else ""
        error.args = (f"{error._said} (In {'/'.join(trace[::-1])}{got}.)",)
