"""Pictures of what a tape recorded: every node and edge, the right numbers, valid text in both formats."""

import itertools
import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import minikeras as tf
from minikeras.debugging import draw_tape
from minikeras.debugging.layout import layered
from minikeras.errors import GradientError

from ..ops.samples import composed_cases, op_cases

CASES = [case for case in op_cases() if case.op.pull] + composed_cases()
SVG = "{http://www.w3.org/2000/svg}"


def draw(function, *values, **options):
    """The drawing of `function` of Variables with these values, named a, b, c ..."""
    variables = [tf.Variable(value, name=name) for value, name in zip(values, "abcdef")]
    with tf.GradientTape() as tape:
        target = function(*variables)
    return draw_tape(tape, target, **options)


def node(drawing, name):
    found, = [node for node in drawing.nodes if node.name == name]
    return found


def derivatives(drawing, end):
    """{name of the input: text on the edge} of the op named `end`."""
    return {drawing.nodes[edge.start].name: edge.derivative for edge in drawing.edges
            if drawing.nodes[edge.end].name == end}


def elements(drawing, kind):
    return [g for g in ET.fromstring(drawing.svg).iter(SVG + "g") if g.get("class") == kind]


def texts(element):
    return [text.text for text in element.iter(SVG + "text")]


def product_rule():
    return draw(lambda x: x * tf.sin(x) + x ** 2, 2.0)


# The graph ----------------------------------------------------------------------------------------------------------


def test_every_source_op_and_constant_is_a_node():
    drawing = product_rule()
    assert sorted((n.kind, n.name) for n in drawing.nodes) == [
        ("constant", ""), ("op", "multiply"), ("op", "power"), ("op", "sin"), ("source", "a"), ("target", "add")]
    assert len(drawing.edges) == 7


def test_every_use_of_a_value_is_an_edge():
    drawing = draw(lambda x: x * x, 3.0)
    assert [(edge.start, edge.end, edge.derivative) for edge in drawing.edges] == [(0, 1, "3"), (0, 1, "3")]


def test_inputs_come_before_what_is_computed_from_them():
    drawing = product_rule()
    assert all(edge.start < edge.end for edge in drawing.edges)


def test_sources_are_what_the_tape_watches():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * tf.constant([3.0, 4.0])
    drawing = draw_tape(tape, y)
    assert [(n.kind, n.value.tolist()) for n in drawing.nodes[:2]] == [
        ("source", [1.0, 2.0]), ("constant", [3.0, 4.0])]


def test_what_is_not_among_given_sources_is_constant():
    a, b = tf.Variable(2.0, name="a"), tf.Variable(3.0, name="b")
    with tf.GradientTape() as tape:
        y = tf.sin(a) * tf.exp(b)
    drawing = draw_tape(tape, y, [b])
    assert {(n.kind, n.name) for n in drawing.nodes} == {
        ("constant", ""), ("source", "b"), ("op", "exp"), ("target", "multiply")}
    assert derivatives(drawing, "multiply")[""] == ""


def test_a_held_variable_keeps_its_name():
    a, b = tf.Variable(2.0, name="a"), tf.Variable(3.0, name="b")
    with tf.GradientTape() as tape:
        y = a * b
    drawing = draw_tape(tape, y, b)
    assert texts(*elements(drawing, "constant")) == ["a = 2"]


def test_keys_of_a_dict_name_the_sources():
    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.exp(x)
    assert node(draw_tape(tape, y, {"speed": x}), "speed").kind == "source"


def test_a_source_without_a_path_says_so():
    a, b = tf.Variable(2.0, name="a"), tf.Variable(3.0, name="b")
    with tf.GradientTape() as tape:
        y = tf.exp(a) + 0.0 * tf.stop_gradient(b)
    drawing = draw_tape(tape, y, [a, b])
    assert node(drawing, "b").detail == "no path to the target"
    assert derivatives(drawing, "exp") == {"a": "7.389"}


def test_a_source_that_is_not_watched_says_so():
    a, b = tf.Variable(2.0, name="a"), tf.Variable(3.0, name="b", trainable=False)
    with tf.GradientTape() as tape:
        y = a * b
    assert texts(*elements(draw_tape(tape, y, [a, b]), "constant")) == ["b = 3 (not watched)"]


def test_a_result_may_be_a_source():
    x = tf.Variable(2.0, name="x")
    with tf.GradientTape() as tape:
        h = x * x
        y = tf.exp(h)
    drawing = draw_tape(tape, y, {"h": h})
    assert [(n.kind, n.name) for n in drawing.nodes] == [("source", "h"), ("target", "exp")]


def test_an_array_used_twice_is_one_constant():
    c = tf.constant([1.0, 2.0])
    drawing = draw(lambda x: x * c + c, [3.0, 4.0])
    assert [n.kind for n in drawing.nodes].count("constant") == 1


def test_outputs_of_one_op_are_nodes_of_their_own():
    @tf.custom_gradient
    def both(x):
        return (2.0 * x, 3.0 * x), lambda d, e: 2.0 * d + 3.0 * e

    drawing = draw(lambda x: tf.multiply(*both(x)), 1.0)
    assert [(n.name, n.detail) for n in drawing.nodes[1:3]] == [
        ("both", "output 0 of 2, custom gradient"), ("both", "output 1 of 2, custom gradient")]
    assert [edge.derivative for edge in drawing.edges] == ["2", "3", "3", "2"]


def test_a_gradient_taken_inside_is_part_of_the_graph():
    x = tf.Variable(0.5, name="x")
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = tf.sin(x) * x
        first = inner.gradient(y, x)
    drawing = draw_tape(outer, first)
    assert node(drawing, "x").adjoint == pytest.approx(2 * math.cos(0.5) - 0.5 * math.sin(0.5))
    assert {"sin", "cos"} <= {n.name for n in drawing.nodes}


def test_drawing_does_not_use_up_the_tape():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
    draw_tape(tape, y)
    assert tape.gradient(y, x).numpy() == 6.0
    assert len(draw_tape(tape, y).nodes) == 2


def test_drawing_inside_the_block_leaves_the_tape_recording():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
        draw_tape(tape, y)
        z = y * x
    assert tape.gradient(z, x).numpy() == 27.0


# The derivatives ----------------------------------------------------------------------------------------------------


def test_edges_carry_the_local_derivatives():
    drawing = product_rule()
    assert derivatives(drawing, "sin") == {"a": "-0.4161"}
    assert derivatives(drawing, "multiply") == {"a": "0.9093", "sin": "2"}
    assert derivatives(drawing, "power") == {"a": "4", "": ""}
    assert derivatives(drawing, "add") == {"multiply": "1", "power": "1"}


def test_nodes_carry_the_derivative_of_a_scalar_target():
    drawing = product_rule()
    assert node(drawing, "a").adjoint == pytest.approx(math.sin(2) + 2 * math.cos(2) + 4)
    assert node(drawing, "sin").adjoint == 2.0
    assert "∂ 4.077" in texts(*elements(drawing, "source"))


def test_adjoint_is_the_sum_over_leaving_edges():
    drawing = draw(lambda a, b: tf.exp(a * b) / (a + tf.tanh(b)) - tf.maximum(a, b), 1.3, 0.7)
    for i, n in enumerate(drawing.nodes):
        leaving = [edge for edge in drawing.edges if edge.start == i and edge.derivative]
        if leaving:
            total = sum(float(edge.derivative) * drawing.nodes[edge.end].adjoint for edge in leaving)
            assert total == pytest.approx(n.adjoint, rel=2e-3)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_op_is_drawn(case):
    inputs = [tf.Variable(x) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in case.inputs]
    sources = [x for x in inputs if isinstance(x, tf.Variable)]
    with tf.GradientTape() as tape:
        outputs = case.call(*inputs)
        outputs = outputs if isinstance(outputs, (tuple, list)) else [outputs]
        squares = [tf.reduce_sum(y * y) for y in outputs if y._node is not None]
        if not squares:
            pytest.skip("gives integers, or takes no Variable")
        target = tf.add_n(squares)
    drawing = draw_tape(tape, target, sources)
    drawn = [n for n in drawing.nodes if n.kind == "source"]
    for variable, gradient in zip(sources, tape.gradient(target, sources), strict=True):
        found, = [n for n in drawn if n.value is variable._array]
        assert (found.adjoint is None) == (gradient is None)
        if gradient is not None:
            np.testing.assert_allclose(found.adjoint, tf.convert_to_tensor(gradient))


def test_a_target_of_several_numbers_has_no_adjoints():
    drawing = draw(tf.exp, [1.0, 2.0])
    assert all(n.adjoint is None for n in drawing.nodes)
    assert derivatives(drawing, "exp") == {"a": "[2.718, 7.389]"}


@pytest.mark.parametrize(("function", "values", "expected"), [
    (lambda a, b: a + b, ([[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0]), {"a": "1", "b": "1, Σ axis 0"}),
    (lambda a, b: a * b, ([2.0, 3.0], 5.0), {"a": "5", "b": "[2, 3], Σ axis 0"}),
    (lambda a: tf.reduce_mean(a), ([1.0, 2.0, 3.0, 4.0],), {"a": "0.25"}),
    (lambda a: tf.nn.softmax(a), ([0.0, 0.0],), {"a": "[[0.25, -0.25], [-0.25, 0.25]]"}),
    (lambda a, b: tf.matmul(a, b), (np.ones((2, 3)), np.ones((3, 4))), {"a": "d·bᵀ", "b": "aᵀ·d"}),
    (lambda a, b: tf.matmul(a, b), (np.ones((2, 2, 3)), np.ones((3, 4))), {"a": "d·bᵀ", "b": "aᵀ·d, Σ"}),
    (lambda a: tf.nn.softmax(a), (np.ones((2, 3)),), {"a": "softmax ⊙ (d - Σ softmax·d)"}),
    (lambda a: tf.linalg.cholesky(a), (np.eye(3),), {"a": "∂(3×3) / ∂(3×3)"}),
    (lambda a: tf.cumsum(a), ([1.0, 2.0, 3.0],), {"a": "cumsumᵀ(d)"}),
    (lambda a: tf.reduce_logsumexp(a), ([0.0, 0.0],), {"a": "0.5"}),
    (lambda a: tf.reshape(a, (6,)), (np.ones((2, 3)),), {"a": "d, reshaped"}),
    (lambda a: tf.exp(a), (np.linspace(0.0, 1.0, 20),), {"a": "⊙ 1 … 2.718"}),
    (lambda a: a[1], ([1.0, 2.0, 3.0],), {"a": "[0, 1, 0]"}),
    (lambda a, b: tf.stack([a, b]), (1.0, 2.0), {"a": "part of d", "b": "part of d"}),
])
def test_derivative_of(function, values, expected):
    drawing = draw(function, *values)
    assert derivatives(drawing, drawing.nodes[-1].name) == expected


def test_a_custom_gradient_is_asked_for_its_own():
    @tf.custom_gradient
    def reversed_gradient(x):
        return 1.0 * x, lambda d: -d

    drawing = draw(lambda x: reversed_gradient(x) * 2.0, 3.0)
    assert derivatives(drawing, "reversed_gradient") == {"a": "-1"}
    assert node(drawing, "reversed_gradient").detail == "custom gradient"


def test_a_custom_gradient_that_gives_none_says_so():
    @tf.custom_gradient
    def blocked(x):
        return 1.0 * x, lambda d: None

    assert derivatives(draw(lambda x: blocked(x) + x, 3.0), "blocked") == {"a": "none"}


@pytest.mark.parametrize(("value", "text"), [
    (2.0, "2"), ([0.123456, -1e-9], "[0.1235, -1e-09]"), (np.zeros((5, 3)), "5×3:  all 0"),
    (np.arange(8.0), "8:  0 … 7"), (np.array([1.0, np.nan] * 4), "8:  all 1, 4 not finite"),
    (np.zeros((0, 3)), "0×3 empty"),
])
def test_value_is_numbers_or_shape_and_range(value, text):
    drawing = draw(lambda x: x * 1.0, np.asarray(value, "float32"))
    assert texts(*elements(drawing, "source"))[1] == text


def test_a_dtype_other_than_float32_is_told():
    assert texts(*elements(draw(tf.exp, np.array([1.0])), "source"))[1] == "[1] float64"


# The pictures -------------------------------------------------------------------------------------------------------


def test_svg_has_every_node_and_every_derivative():
    drawing = product_rule()
    assert [len(elements(drawing, kind)) for kind in ("source", "op", "target", "constant")] == [1, 3, 1, 1]
    assert sorted(texts(label)[0] for label in elements(drawing, "label")) == sorted(
        edge.derivative for edge in drawing.edges if edge.derivative)


def test_svg_stands_by_itself():
    svg = product_rule().svg
    root = ET.fromstring(svg)
    assert root.tag == SVG + "svg"
    assert not re.search(r"<script|<style|href|url\(|\bid=", svg)
    assert root.find(SVG + "rect").get("width") == "100%"       # its own background


def test_text_is_escaped():
    name = "<b>&\"quoted\"` #1"
    x = tf.Variable(1.0, name=name)
    with tf.GradientTape() as tape:
        y = tf.exp(x)
    drawing = draw_tape(tape, y)
    assert name in texts(*elements(drawing, "source"))
    assert "#60;b#62;#38;#34;quoted#34;#96; #35;1" in drawing.mermaid


def test_mermaid_has_every_node_and_edge():
    drawing = product_rule()
    assert drawing.mermaid.startswith("flowchart TD\n")
    lines = drawing.mermaid.splitlines()
    assert sum(bool(re.match(r'  n\d+[(\[]+".*"[)\]]+:::\w+$', line)) for line in lines) == len(drawing.nodes)
    assert sum(bool(re.match(r'  n\d+ (-->\|".+"\||-\.->) n\d+$', line)) for line in lines) == len(drawing.edges)


def test_str_is_mermaid_and_a_notebook_gets_svg():
    drawing = product_rule()
    assert str(drawing) == drawing.mermaid
    assert drawing._repr_svg_() == drawing.svg
    assert repr(drawing) == "<TapeDrawing of 6 nodes and 7 edges>"


def test_save_writes_by_suffix(tmp_path):
    drawing = product_rule()
    for name, text in [("a.svg", drawing.svg), ("a.mmd", drawing.mermaid),
                       ("a.MD", f"```mermaid\n{drawing.mermaid}```\n")]:
        assert drawing.save(tmp_path / name).read_text(encoding="utf-8") == text
    with pytest.raises(ValueError, match=r"\.svg, \.mmd or \.md"):
        drawing.save(tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


# The layout ---------------------------------------------------------------------------------------------------------


def random_graph(rng, count):
    edges = sorted({(int(rng.integers(end)), end) for end in range(1, count) for _ in range(2)}, key=lambda e: e[1])
    used = {start for start, _ in edges}
    edges += [(node, count) for node in range(count) if node not in used]
    return count + 1, edges


@pytest.mark.parametrize("seed", range(20))
def test_nothing_overlaps(seed):
    rng = np.random.default_rng(seed)
    count, edges = random_graph(rng, int(rng.integers(2, 60)))
    sizes = [(float(rng.integers(30, 200)), float(rng.integers(20, 70))) for _ in range(count)]
    labels = [(float(rng.integers(10, 90)), 17.0) if rng.random() < 0.8 else (0, 0) for _ in edges]
    layout = layered(sizes, edges, labels)
    boxes = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for (x, y), (w, h) in
             zip([*layout.nodes, *layout.labels], [*sizes, *labels], strict=True) if w]
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert left >= -1e-6 and top >= -1e-6 and right <= layout.width + 1e-6 and bottom <= layout.height + 1e-6
        for other in boxes[:i]:
            assert right <= other[0] + 1e-6 or other[2] <= left + 1e-6 or bottom <= other[1] or other[3] <= top


@pytest.mark.parametrize("seed", range(5))
def test_edges_lead_down(seed):
    count, edges = random_graph(np.random.default_rng(seed), 40)
    layout = layered([(50, 40)] * count, edges, [(20, 17)] * len(edges))
    assert all(layout.nodes[start][1] < label[1] < layout.nodes[end][1]
               for (start, end), label in zip(edges, layout.labels, strict=True))
    assert all(a[1] <= b[1] + 1e-6 for curve in layout.curves for a, b in itertools.pairwise(curve.points))


@pytest.mark.parametrize("seed", range(10))
def test_edges_keep_clear_of_nodes(seed):
    count, edges = random_graph(np.random.default_rng(seed), 40)
    layout = layered([(50, 40)] * count, edges, [(20, 17)] * len(edges))
    for curve in layout.curves:
        for (x, y), (x2, y2) in itertools.pairwise(curve.points):
            for part in np.linspace(0, 1, 9):
                at = np.array([x + part * (x2 - x), y + part * (y2 - y)])
                inside = np.abs(at - layout.nodes) < (25, 19.9)
                assert not inside.all(axis=1).any()


def test_edges_out_of_a_node_share_their_way():
    """A chain whose every node also uses the first: one trunk beside it, not thirty."""
    edges = [edge for end in range(1, 32) for edge in dict.fromkeys([(0, end), (end - 1, end)])]
    layout = layered([(40, 30)] * 32, edges, [(20, 17)] * len(edges))
    assert layout.width < 150


def test_a_chain_is_drawn_straight():
    layout = layered([(40, 30)] * 300, [(i, i + 1) for i in range(299)], [(20, 17)] * 299)
    assert {x for x, _ in layout.nodes} == {20.0}


# Bad input ----------------------------------------------------------------------------------------------------------


def test_a_target_computed_outside_is_refused():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        x * x
    with pytest.raises(GradientError, match="did not record the target"):
        draw_tape(tape, x * 3.0)


def test_a_target_of_another_tape_is_refused():
    x = tf.Variable(2.0)
    with tf.GradientTape():
        y = x * x
    with tf.GradientTape() as tape:
        x * x
    with pytest.raises(GradientError, match="did not record the target"):
        draw_tape(tape, y)


def test_an_integer_target_is_refused():
    x = tf.Variable([2.0, 3.0])
    with tf.GradientTape() as tape:
        y = tf.argmax(x)
    with pytest.raises(GradientError, match="in floating point"):
        draw_tape(tape, y)


def test_a_tape_that_never_ran_is_refused():
    with pytest.raises(GradientError, match="recorded nothing yet"):
        draw_tape(tf.GradientTape(), tf.constant(1.0))


def test_a_tape_without_ops_is_refused():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        pass
    with pytest.raises(GradientError, match="itself a source"):
        draw_tape(tape, x)


def test_sources_that_lead_nowhere_are_refused():
    a, b = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y, _ = a * a, b * b
    with pytest.raises(GradientError, match="does not depend on any of the given sources"):
        draw_tape(tape, y, b)


@pytest.mark.parametrize("target", [3.0, None, np.ones(3), "loss", tf.SymbolicTensor((2,))])
def test_a_target_that_is_no_tensor_is_refused(target):
    with tf.GradientTape() as tape:
        pass
    with pytest.raises(TypeError, match="must be one tensor"):
        draw_tape(tape, target)


def test_sources_that_are_no_tensors_are_refused():
    with tf.GradientTape() as tape:
        y = tf.Variable(1.0) * 2.0
    with pytest.raises(TypeError, match="got str 'x'"):
        draw_tape(tape, y, ["x"])


def test_a_tape_that_is_none_is_refused():
    with pytest.raises(TypeError, match="GradientTape, got NoneType"):
        draw_tape(None, tf.constant(1.0))


def chain(length):
    x = tf.Variable(0.5)
    with tf.GradientTape() as tape:
        y = x
        for _ in range(length):
            y = tf.sin(y)
    return tape, y


def test_five_hundred_nodes_are_drawn():
    assert len(draw_tape(*chain(499)).nodes) == 500


def test_more_than_five_hundred_nodes_are_refused_with_advice():
    with pytest.raises(GradientError, match=r"more than 500 nodes.*earlier tensor"):
        draw_tape(*chain(500))


def test_a_record_that_was_freed_cannot_be_drawn():
    x = tf.constant(2.0).requires_grad_()
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    y.backward()
    with pytest.raises(GradientError, match="freed"):
        draw_tape(tape, y)
