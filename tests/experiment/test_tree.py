"""YAML text as a tree with places: the scalars of YAML 1.2, duplicate keys, bounded aliases."""

import math

import pytest

from minikeras.experiment.tree import Findings, parse, plain, scalar_value


def problems_of(text):
    found = Findings()
    parse(text, "f.yaml", found)
    return found.problems()


# Section 10.3.2 of the YAML 1.2.2 specification, and what YAML 1.1 reads otherwise.
@pytest.mark.parametrize(("text", "value"), [
    ("1e-3", 0.001), ("1E+3", 1000.0), (".5", 0.5), ("3.", 3.0), ("-2.5e2", -250.0), ("+12", 12), ("-7", -7),
    ("0o17", 15), ("0x1F", 31), ("017", 17), ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
    (".inf", math.inf), ("-.Inf", -math.inf),
    ("no", "no"), ("on", "on"), ("Yes", "Yes"), ("off", "off"), ("y", "y"), ("1_000", "1_000"), ("1:30", "1:30"),
    ("2024-01-01", "2024-01-01"), ("0b11", "0b11"), ("tRUE", "tRUE"), ("1e", "1e"), (".", "."), ("0o8", "0o8"),
])
def test_plain_scalars_follow_yaml_1_2(text, value):
    got = scalar_value(text)
    assert got == value and type(got) is type(value)


def test_nan_is_a_float():
    assert math.isnan(scalar_value(".nan"))


def test_quoted_scalars_are_texts():
    assert plain(parse("{a: '1e-3', b: \"true\"}", "f", Findings())) == {"a": "1e-3", "b": "true"}


def test_a_number_of_ten_thousand_digits_stays_text():
    assert isinstance(scalar_value("9" * 10_000), str)


def test_keys_are_texts_whatever_they_look_like():
    assert plain(parse("{1: a, true: b, no: c}", "f", Findings())) == {"1": "a", "true": "b", "no": "c"}


def test_every_node_knows_its_line_and_column():
    tree = parse("a: 1\nb:\n  - x\n  - {c: 2}\n", "f.yaml", Findings())
    entry = tree.get("b").items[1].entries["c"]
    assert (str(entry.where), str(entry.node.where)) == ("f.yaml:4:6", "f.yaml:4:9")


def test_duplicate_keys_are_refused_each_with_its_place():
    assert problems_of("a: 1\na: 2\nb: {c: 1, c: 1}\n") == [
        "f.yaml:2:1: the key a is given twice, first at line 1; remove one",
        "f.yaml:3:11: the key c is given twice, first at line 3; remove one"]


def test_an_alias_gives_the_anchor_s_value():
    assert plain(parse("{a: &x [1, 2], b: *x}", "f", Findings())) == {"a": [1, 2], "b": [1, 2]}


def test_nested_aliases_are_capped():
    levels = ["a0: &a0 [" + "x," * 9 + "]"]
    levels += [f"a{n}: &a{n} [" + f"*a{n - 1}," * 9 + "]" for n in range(1, 9)]
    assert "at most 60 levels and 20,000 values" in problems_of("\n".join(levels))[0]


def test_an_alias_inside_itself_is_refused():
    assert "an alias contains itself" in problems_of("a: &a [*a]")[0]


@pytest.mark.parametrize("text", ["[" * 5_000, "[" * 200 + "]" * 200], ids=["open", "closed"])
def test_deep_nesting_is_refused(text):
    assert len(problems_of(text)) == 1


@pytest.mark.parametrize("text", ["a: !!python/object:os.system x", "a: !!str 1", "a: !mine {b: 1}"])
def test_tags_are_refused(text):
    assert "is not allowed: a config is plain data" in problems_of(text)[0]


def test_merge_keys_point_to_extends():
    assert problems_of("a: &a {b: 1}\nc: {<<: *a}") == [
        "f.yaml:2:5: << is not part of YAML 1.2; use `extends` to build on another config"]


def test_malformed_yaml_names_the_place():
    assert problems_of("a: 1\nb: [1, 2\nc: 3\n")[0].startswith("f.yaml:3:2: not valid YAML: ")


def test_two_documents_are_refused():
    assert "not valid YAML" in problems_of("a: 1\n---\nb: 2\n")[0]


def test_control_characters_are_refused():
    assert "cannot stand in a text file" in problems_of("a: \x01")[0]


def test_a_list_as_key_is_refused():
    assert problems_of("[a, b]: 1") == ["f.yaml:1:1: a key must be one word, got a list or a map"]
