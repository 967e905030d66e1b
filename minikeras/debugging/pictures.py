"""A graph as an SVG picture and as Mermaid text."""

from collections import Counter
from html import escape

from .graph import are_few, numbers_text, range_text, value_text
from .layout import layered

FONT = "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
PAPER, EDGE, LABEL, QUIET = "#f8fafc", "#a3b1c6", "#1d4ed8", "#64748b"
# Fill, outline, text and adjoint of each kind of node.
COLOURS = {
    "source": ("#dbeafe", "#7db0f5", "#172554", "#1d4ed8"), "op": ("#ffffff", "#b6c2d4", "#172554", "#1d4ed8"),
    "target": ("#1d4ed8", "#1d4ed8", "#ffffff", "#dbeafe"), "constant": ("#eef2f7", "#cbd5e1", "#64748b", "#64748b"),
}
TITLE, TEXT, SMALL, LINE = 13, 11.5, 10.5, 15      # font sizes, and the height of a line, in pixels
MARGIN, PADDING = 24, 12

NARROW, WIDE = set("iljtfrI.,:;'|![]()/ "), set("mwMW@%∂Σ…ABCDGHKNOQRUVX+=×⊙·_&")


def lines_of(node):
    """(role, text) of each line in a node: title, detail, value and adjoint, as far as it has them."""
    value = value_text(node.value)
    if node.kind == "constant":
        text = f"{node.name} = {value}" if node.name else value
        return [("value", f"{text} ({node.detail})" if node.detail else text)]
    lines = [("title", node.name), ("detail", node.detail), ("value", value)]
    if node.adjoint is not None:
        numbers = numbers_text if are_few(node.adjoint) else range_text
        lines.append(("adjoint", f"∂ {numbers(node.adjoint)}"))
    return [(role, text) for role, text in lines if text]


# SVG ----------------------------------------------------------------------------------------------------------------


def svg(nodes, edges):
    """The picture as an SVG document without scripts, style sheets or ids: it can stand in any page, also twice."""
    texts = [lines_of(node) for node in nodes]
    arriving = Counter(edge.end for edge in edges)
    sizes = [_node_size(node.kind, texts[i], arriving[i]) for i, node in enumerate(nodes)]
    labels = [(_width(edge.derivative, SMALL) + 10, 17) if edge.derivative else (0, 0) for edge in edges]
    layout = layered(sizes, [(edge.start, edge.end) for edge in edges], labels)
    legend, legend_width, legend_height = _legend(nodes, edges)
    width = max(layout.width, legend_width) + 2 * MARGIN
    height = layout.height + legend_height + 2 * MARGIN
    left = (width - layout.width) / 2
    parts = [f'<g transform="translate({left:.1f} {MARGIN})">', f'<g fill="none" stroke="{EDGE}" stroke-width="1.4">']
    for held, dashes in [(False, ""), (True, ' stroke-dasharray="4 3"')]:
        curves = [_curve(curve) for curve in layout.curves if held == (nodes[curve.start].kind == "constant")]
        parts += [f'<path d="{"".join(curves)}"{dashes}/>'] if curves else []
    parts += ["</g>", f'<path d="{"".join(map(_arrow, layout.arrows))}" fill="{EDGE}"/>']
    parts += [_label(edge, labels[i], layout.labels[i]) for i, edge in enumerate(edges) if edge.derivative]
    parts += [_node(node, texts[i], sizes[i], layout.nodes[i]) for i, node in enumerate(nodes)]
    left = (width - legend_width) / 2
    parts += ["</g>", f'<g transform="translate({left:.1f} {layout.height + 2 * MARGIN - 4:.1f})">', *legend, "</g>"]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.1f} {height:.1f}" role="img" font-family="{FONT}" font-size="{TEXT}">\n'
            f'<title>Computation graph of {len(nodes)} nodes</title>\n'
            f'<rect width="100%" height="100%" rx="12" fill="{PAPER}"/>\n' + "\n".join(parts) + "\n</svg>\n")


def _width(text, size, bold=False):
    """A cautious guess, for an SVG cannot ask for the width of its fonts."""
    units = sum([0.36 if c in NARROW else 0.8 if c in WIDE else 0.6 for c in text])
    return units * size * (1.06 if bold else 1.0)


def _node_size(kind, lines, arriving):
    width = max([_width(text, TITLE, bold=True) if role == "title" else _width(text, TEXT) for role, text in lines])
    if kind == "constant":
        return max(width + 16, 28), 20
    return max(width + 2 * PADDING, 56, 14 * arriving), len(lines) * LINE + 13


def _curve(curve):
    (x0, begin), (_, y0), (x1, y1), (x2, y2), (_, end) = curve.points
    slope = curve.slope
    up, down = (y1 - y0) / 3, (y2 - y1) / 3
    return (f"M{x0:.1f} {begin:.1f}V{y0:.1f}"
            f"C{x0:.1f} {y0 + up:.1f} {x1 - slope * up:.1f} {y1 - up:.1f} {x1:.1f} {y1:.1f}"
            f"C{x1 + slope * down:.1f} {y1 + down:.1f} {x2:.1f} {y2 - down:.1f} {x2:.1f} {y2:.1f}V{end:.1f}")


def _arrow(point):
    x, y = point
    return f"M{x:.1f} {y:.1f}l-4 -7q4 2 8 0z"


def _label(edge, size, at):
    (x, y), (width, height) = at, size
    return (f'<g class="label"><rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" '
            f'height="{height}" rx="8" fill="{PAPER}"/><text x="{x:.1f}" y="{y + 3.7:.1f}" text-anchor="middle" '
            f'font-size="{SMALL}" fill="{LABEL}">{escape(edge.derivative)}</text></g>')


def _box(kind, x, y, width, height):
    fill, stroke, *_ = COLOURS[kind]
    radius = {"source": min(height / 2, 18), "constant": height / 2}.get(kind, 6)
    dashes = ' stroke-dasharray="3 3"' if kind == "constant" else ""
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:g}" fill="{fill}" '
            f'stroke="{stroke}" stroke-width="1.2"{dashes}/>')


def _node(node, lines, size, at):
    (x, y), (width, height) = at, size
    _, _, ink, accent = COLOURS[node.kind]
    styles = {"title": f'font-size="{TITLE}" font-weight="600" fill="{ink}"', "value": f'fill="{ink}"',
              "detail": f'font-size="{SMALL}" fill="{accent if node.kind == "target" else QUIET}"',
              "adjoint": f'fill="{accent}"'}
    baseline = y - (len(lines) - 1) * LINE / 2 + 4
    texts = [f'<text x="{x:.1f}" y="{baseline + i * LINE:.1f}" {styles[role]}>{escape(text)}</text>'
             for i, (role, text) in enumerate(lines)]
    box = _box(node.kind, x - width / 2, y - height / 2, width, height)
    return f'<g class="{node.kind}" text-anchor="middle">{box}{"".join(texts)}</g>'


def _legend(nodes, edges):
    """(elements, width, height) of what explains the picture."""
    x, parts = 0.0, []
    for kind in COLOURS:
        if any(node.kind == kind for node in nodes):
            parts += [_box(kind, x, 0, 20, 12), f'<text x="{x + 26:.1f}" y="10" fill="{QUIET}">{kind}</text>']
            x += 26 + _width(kind, TEXT) + 16
    remarks = ["on an edge: ∂ lower node / ∂ upper node"]
    if any("d" in edge.derivative for edge in edges):
        remarks.append("d: the derivative that arrives from below")
    if any(node.adjoint is not None for node in nodes):
        remarks.append("∂ in a node: ∂ target / ∂ node")
    parts += [f'<text y="{30 + i * LINE}" font-size="{SMALL}" fill="{QUIET}">{text}</text>'
              for i, text in enumerate(remarks)]
    return parts, max(x - 16, 240), 20 + LINE * len(remarks)


# Mermaid ------------------------------------------------------------------------------------------------------------

SHAPES = {"source": '(["{}"])', "constant": '(["{}"])', "op": '["{}"]', "target": '["{}"]'}


def mermaid(nodes, edges):
    """The graph as a Mermaid flowchart."""
    lines = ["flowchart TD"]
    for i, node in enumerate(nodes):
        text = "<br/>".join([_quoted(text) for _, text in lines_of(node)])
        lines.append(f"  n{i}{SHAPES[node.kind].format(text)}:::{node.kind}")
    for edge in edges:
        label = f'|"{_quoted(edge.derivative)}"|' if edge.derivative else ""
        lines.append(f"  n{edge.start} {'-->' if edge.derivative else '-.->'}{label} n{edge.end}")
    for kind, (fill, stroke, ink, _) in COLOURS.items():
        lines.append(f"  classDef {kind} fill:{fill},stroke:{stroke},color:{ink}")
    return "\n".join(lines) + "\n"


def _quoted(text):
    """Text for a quoted label: Mermaid writes what it would read as its own as #code; instead."""
    return "".join([f"#{ord(c)};" if c in "#\"<>&`" else c for c in text.replace("\n", " ")])
