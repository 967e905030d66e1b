"""What symbolic dimensions come to."""

from minikeras.autograd.dims import Dimension


def extent(dim, extents):
    """The integer that a dimension comes to."""
    if not isinstance(dim, Dimension):
        return dim
    total = 0
    for monomial, count in dim.terms.items():
        for symbol in monomial:
            if symbol[0] == "//":
                count *= extent(symbol[1], extents) // extent(symbol[2], extents)
            else:
                count *= extents[symbol]
        total += count
    return total
