"""Where the nodes, edges and labels of a layered drawing go: from top to bottom, in pixels.

The steps are Sugiyama's: a rank for every node (longest path to the last one), places held in the
ranks that an edge passes through, an order within each rank (barycentres), coordinates. Two
things are ours. A label has a place in a rank of its own, just above the node that its edge leads to,
so it can never lie on a node. And all edges that leave a node share one trunk, from which each
branches off where it is needed: a weight used in every step of a loop is one line beside the loop.
"""

import bisect
from dataclasses import dataclass

APART = {"node": 26, "label": 8, "trunk": 16}      # free space beside a place of each kind
GAP_ABOVE_LABELS, GAP_BELOW_LABELS = 16, 15
STEEPNESS = 0.1         # of a curve: how much higher a gap becomes per pixel that an edge moves sideways
FIRMNESS = {"node": 1.0, "label": 0.2, "trunk": 4.0}     # a bend in a trunk shows, a label off its edge's way hardly
STEEPEST = 1.0          # slope of an edge beside labels, so that it does not run into one
ASIDE = 0.05            # what a neighbour counts that is less than half as deep as another
ORDER_SWEEPS, SWAP_SWEEPS, PLACE_SWEEPS = 12, 8, 12


@dataclass
class Curve:
    """The stretch through one rank of labels of an edge, or of several that leave node number `start` together.

    points  five (x, y) from top to bottom: straight down to the second, over the third to the fourth, straight down
    slope   at the third point: pixels sideways for each down; at all others it is 0
    """

    start: int
    points: list
    slope: float


@dataclass
class Layout:
    """Extents, the centre (x, y) of each node and each label, the curves, and (x, y) where each edge meets its node."""

    width: float
    height: float
    nodes: list
    labels: list
    curves: list
    arrows: list


class _Place:
    """A node, a label, or the room that a trunk takes in a rank.

    start      number of the node itself, or of the one that the edges here leave
    port       where a label's edge meets the node below: pixels from its middle
    depth      how many ops led there at most: long ways are drawn straight, what joins them stands beside
    """

    __slots__ = ("above", "below", "depth", "height", "kind", "port", "position", "rank", "start", "width", "x")

    def __init__(self, kind, start, rank, width=0, height=0):
        self.kind, self.start, self.rank, self.width, self.height = kind, start, rank, width, height
        self.above, self.below = [], []
        self.port = self.x = 0.0
        self.depth = 0
        self.position = 0


def layered(nodes, edges, labels):
    """The Layout of a graph.

    nodes   (width, height) of each
    edges   (start, end), indices of nodes; every start is smaller than its end, and ends do not decrease
    labels  (width, height) of each edge's label, (0, 0) for none
    """
    ranks = _ranks(len(nodes), edges)
    places = [_Place("node", i, ranks[i], *size) for i, size in enumerate(nodes)]
    labelled, trunks = _connect(places, edges, labels)
    rows = _first_order(places, [*places, *labelled, *trunks])
    _reduce_crossings(rows)
    _assign_ports(places)
    _assign_x(rows)
    return _finish(rows, places, labelled)


def _ranks(count, edges):
    """Even numbers, each node as near to the nodes it leads to as it can be; odd ones are for labels."""
    level = [0] * count
    for start, end in reversed(edges):
        level[start] = max(level[start], level[end] + 1)
    connected = {node for edge in edges for node in edge}
    top = max(level)
    return [2 * (top - level[node]) if node in connected else 0 for node in range(count)]


def _connect(places, edges, labels):
    for start, end in edges:
        places[end].depth = max(places[end].depth, places[start].depth + 1)
    trunk_of = {}
    labelled = []
    for (start, end), size in zip(edges, labels, strict=True):
        trunk = trunk_of.setdefault(start, [places[start]])
        end = places[end]
        while trunk[-1].rank < end.rank - 2:
            trunk.append(_Place("trunk", start, trunk[-1].rank + 1))
            _link(trunk[-2], trunk[-1])
        label = _Place("label" if size[0] else "trunk", start, end.rank - 1, *size)
        labelled.append(label)
        _link(trunk[end.rank - 2 - trunk[0].rank], label)
        _link(label, end)
    return labelled, [place for trunk in trunk_of.values() for place in trunk[1:]]


def _link(upper, lower):
    if lower.kind != "node":
        lower.depth = upper.depth
    upper.below.append(lower)
    lower.above.append(upper)


def _first_order(nodes, everything):
    """Rows in the order in which a walk up from the last node, inputs from left to right, meets the places."""
    rows = [[] for _ in range(max(place.rank for place in nodes) + 1)]
    seen, stack = set(), [*nodes]
    while stack:
        place = stack.pop()
        if place not in seen:
            seen.add(place)
            rows[place.rank].append(place)
            stack += reversed(place.above)
    for row in rows:
        _number(row)
    return rows


def _number(row):
    for position, place in enumerate(row):
        place.position = position


def _reduce_crossings(rows):
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(ORDER_SWEEPS):
        if not fewest:
            break
        side = "below" if sweep % 2 else "above"
        for row in reversed(rows[:-1]) if sweep % 2 else rows[1:]:
            if len(row) > 1:
                row.sort(key=lambda place: _barycentre(place, side))
                _number(row)
        _swap_neighbours(rows, sweep % 4 < 2)
        count = _crossings(rows)
        if count < fewest:
            best, fewest = [list(row) for row in rows], count
    rows[:] = best
    for row in rows:
        _number(row)


def _swap_neighbours(rows, also_equal):
    """Swap places that stand side by side where that takes crossings away, or, to get out of a rut, adds none."""
    for _ in range(SWAP_SWEEPS):
        gained = 0
        for row in rows:
            for i in range(len(row) - 1):
                left, right = row[i], row[i + 1]
                gain = _crossed(left, right) - _crossed(right, left)
                if gain > 0 or (also_equal and gain == 0):
                    row[i], row[i + 1] = right, left
                    left.position, right.position = i + 1, i
                    gained += gain
        if not gained:
            return
        also_equal = False


def _crossed(left, right):
    """Crossings among the edges of two places that stand in this order."""
    return sum([other.position > another.position for other in left.above for another in right.above]) + sum(
        [other.position > another.position for other in left.below for another in right.below])


def _barycentre(place, side):
    near = getattr(place, side)
    return sum([other.position for other in near]) / len(near) if near else place.position


def _crossings(rows):
    count = 0
    for row in rows:
        passed = []
        for place in row:
            ends = [other.position for other in place.below]
            count += sum([len(passed) - bisect.bisect_right(passed, end) for end in ends])
            for end in ends:
                bisect.insort(passed, end)
    return count


def _assign_ports(nodes):
    """Spread the edges that reach a node over its upper side, in the order of their labels; the deepest in the
    middle, else long ways would drift to one side."""
    for node in nodes:
        labels = sorted(node.above, key=lambda place: place.position)
        deep = [i for i, label in enumerate(labels) if _is_deep(label.depth, labels)]
        if len(labels) > 1:
            middle = sum(deep) / len(deep)
            step = min(26, (node.width / 2 - 10) / max(middle, len(labels) - 1 - middle))
            for i, label in enumerate(labels):
                label.port = step * (i - middle)


def _is_deep(depth, places):
    return 2 * depth >= max([place.depth for place in places])


def _assign_x(rows):
    for row in rows:
        x = 0.0
        for left, place in zip([None, *row], row):
            x += _distance(left, place) if left else 0.0
            place.x = x
    for sweep in range(PLACE_SWEEPS):
        last = sweep >= PLACE_SWEEPS - 4
        for row in reversed(rows) if sweep % 2 else rows:
            wishes = [_wish(place, sweep % 2 or last, not sweep % 2 or last) for place in row]
            _settle(row, wishes)


def _wish(place, look_down, look_up):
    """(where it would stand straight, how much it matters) by its neighbours."""
    near = [*(place.above if look_up else []), *(place.below if look_down else [])]
    if place.kind == "trunk":       # follows itself, not its branches
        near = [other for other in near if other.kind == "trunk"] or near
    if not near:
        return place.x, ASIDE
    counts = [1.0 if _is_deep(other.depth, near) else ASIDE for other in near]
    xs = [other.x - other.port if other.rank < place.rank else other.x + place.port for other in near]
    return sum([x * count for x, count in zip(xs, counts)]) / sum(counts), (place.depth + ASIDE) * FIRMNESS[place.kind]


def _distance(left, right):
    return (left.width + right.width + APART[left.kind] + APART[right.kind]) / 2


def _settle(row, wishes):
    """Put a row as near to its wishes as its order and distances allow, in least squares: neighbours that
    would be too near are merged into blocks that stand at their mean (the pool-adjacent-violators method)."""
    blocks, offset = [], 0.0        # [mean, weight, places]
    offsets = []
    for left, place, (wish, weight) in zip([None, *row], row, wishes):
        offset += _distance(left, place) if left else 0.0
        offsets.append(offset)
        blocks.append([wish - offset, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, weight, count = blocks.pop()
            under = blocks[-1]
            total = under[1] + weight
            under[:] = [(under[0] * under[1] + mean * weight) / total, total, under[2] + count]
    means = [mean for mean, _, count in blocks for _ in range(count)]
    for place, mean, offset in zip(row, means, offsets):
        place.x = mean + offset


def _finish(rows, nodes, labelled):
    left = min(place.x - place.width / 2 for row in rows for place in row)
    for row in rows:
        for place in row:
            place.x -= left
    tops, bottoms, y = [], [], 0.0
    for rank, row in enumerate(rows):
        tops.append(y)
        bottoms.append(y + max(place.height for place in row))
        gap = GAP_BELOW_LABELS if rank % 2 else GAP_ABOVE_LABELS
        sideways = max([abs(other.x + place.port - place.x) for place in row for other in place.below], default=0)
        y = bottoms[-1] + min(max(gap, gap + STEEPNESS * (sideways - 40)), 6 * gap)
    middle = lambda place: (tops[place.rank] + bottoms[place.rank]) / 2
    curves = [_curve(place, tops, bottoms, middle) for row in rows[1::2] for place in row]
    arrows = [(label.below[0].x + label.port, middle(label.below[0]) - label.below[0].height / 2) for label in labelled]
    return Layout(max(place.x + place.width / 2 for row in rows for place in row), bottoms[-1],
                  [(place.x, middle(place)) for place in nodes], [(place.x, middle(place)) for place in labelled],
                  curves, arrows)


def _curve(place, tops, bottoms, middle):
    """The Curve through a place in a rank of labels.

    Its slope is the harmonic mean of those to both sides (Fritsch & Carlson 1980): the curve never overshoots.
    """
    (upper,), (lower,) = place.above, place.below
    begin = middle(upper) + upper.height / 2 if upper.kind == "node" else bottoms[upper.rank]
    end = middle(lower) - lower.height / 2 if lower.kind == "node" else bottoms[lower.rank]
    x, y, to = place.x, middle(place), lower.x + place.port
    top, bottom = bottoms[upper.rank], tops[lower.rank]
    above, below = (x - upper.x) / (y - top), (to - x) / (bottom - y)
    slope = 2 * above * below / (above + below) if above * below > 0 else 0.0
    slope = max(-STEEPEST, min(slope, STEEPEST))
    return Curve(place.start, [(upper.x, begin), (upper.x, top), (x, y), (to, bottom), (to, end)], slope)
