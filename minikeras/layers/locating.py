"""Where in a model an error arose."""

from ..autograd import tree


def locate(error, running, args):
    """Let an error carry the path of the layer in which it arose, `running` being the layers that it passes. The
    outermost one tells the path, if it leads somewhere."""
    place = vars(error)
    if "_path" not in place:
        shapes = [tuple(x.shape) for x in tree.flatten(args) if getattr(x, "shape", None) is not None]
        got = f", called on shape {', '.join(map(str, shapes))}" if shapes else ""
        names = [getattr(layer, "name", type(layer).__name__) for layer in running]
        error._path = f" (In {'/'.join(names)}{got}.)" if len(names) > 1 else ""
    if len(running) == 1 and isinstance(error, (TypeError, ValueError, IndexError)) and len(error.args) == 1 \
            and isinstance(error.args[0], str) and not error.args[0].endswith(error._path):
        error.args = (error.args[0] + error._path,)
