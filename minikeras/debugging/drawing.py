"""draw_tape: a picture of what a tape recorded, with the chain rule written along its edges."""

from pathlib import Path

from ..autograd import tree
from ..autograd.tape import GradientTape
from ..autograd.tensor import Tensor
from ..autograd.variable import Variable
from . import pictures
from .graph import graph_of


class TapeDrawing:
    """A computation graph as a picture. A notebook shows it; `print` gives its Mermaid text.

    svg      the picture, a complete SVG document
    mermaid  the same graph as a Mermaid flowchart, which many sites and editors render (by default those refuse
             more than 500 edges or 50,000 characters)
    nodes    list of DrawnNode, inputs before what is computed from them;  edges: list of DrawnEdge
    """

    def __init__(self, nodes, edges):
        self.nodes = nodes
        self.edges = edges
        self.svg = pictures.svg(nodes, edges)
        self.mermaid = pictures.mermaid(nodes, edges)

    def save(self, path):
        """Write the picture: SVG to .svg, Mermaid to .mmd, a page with a Mermaid block to .md. Returns the path.

        Raises ValueError for any other suffix.
        """
        path = Path(path)
        contents = {".svg": self.svg, ".mmd": self.mermaid, ".md": f"```mermaid\n{self.mermaid}```\n"}
        if path.suffix.lower() not in contents:
            raise ValueError(f"TapeDrawing.save: cannot tell the format of {str(path)!r} from its suffix; "
                             "use .svg, .mmd or .md.")
        path.write_text(contents[path.suffix.lower()], encoding="utf-8")
        return path

    def _repr_svg_(self):
        return self.svg

    def __str__(self):
        return self.mermaid

    def __repr__(self):
        return f"<TapeDrawing of {len(self.nodes)} nodes and {len(self.edges)} edges>"


def draw_tape(tape, target, sources=None):
    """A TapeDrawing of the graph through which `target` was computed, as `tape` recorded it.

    sources  tensors or Variables to differentiate by, or nests of them; the keys of a dict become their
             names. All else is held constant. By default everything that the tape watches.

    Each node shows its value (or shape and range), each edge the derivative of its lower end by its upper end: as
    numbers if they are few, else as what becomes of the cotangent `d` that arrives from below. If the target is
    one number, each node also shows the derivative of the target by it: the sum over the edges that leave it
    of what arrives there times what stands on the edge.

    Does not use the tape up, and may be called before or after `gradient`. Functions given to `custom_gradient` are
    called. Raises GradientError, a ValueError, if the tape did not record the target, if no source leads to it or
    if there are more than 500 nodes; TypeError for a target or source that is no tensor.
    """
    if not isinstance(tape, GradientTape):
        raise TypeError(f"draw_tape: the tape must be a GradientTape, got {type(tape).__name__}.")
    for x in [target, *tree.flatten([] if sources is None else sources)]:
        if type(x) is not Variable and type(x) is not Tensor:
            raise TypeError("draw_tape: the target must be one tensor, and sources tensors or Variables, got "
                            f"{type(x).__name__} {str(x)[:40]!r}.")
    return TapeDrawing(*graph_of(tape, target, sources))
