"""`extends` and overrides."""

import pytest

from minikeras.experiment.merging import apply_overrides, merge, read_tree
from minikeras.experiment.tree import Findings, parse, plain


def tree_of(text):
    return parse(text, "f.yaml", Findings())


def overridden(text, *overrides):
    found = Findings()
    return plain(apply_overrides(tree_of(text), overrides, found)), found.problems()


@pytest.mark.parametrize(("base", "over", "merged"), [
    ("{a: {b: 1, c: 2}}", "{a: {c: 3}}", {"a": {"b": 1, "c": 3}}),
    ("{a: [1, 2]}", "{a: [3]}", {"a": [3]}),
    ("{a: {type: Adam, beta_1: 0.5}}", "{a: {type: SGD}}", {"a": {"type": "SGD"}}),
    ("{a: {type: Adam, beta_1: 0.5}}", "{a: {type: Adam, rate: 1}}", {"a": {"type": "Adam", "beta_1": 0.5, "rate": 1}}),
    ("{a: {type: Adam}}", "{a: {rate: 1}}", {"a": {"type": "Adam", "rate": 1}}),
    ("{a: adam}", "{a: {rate: 1}}", {"a": {"type": "adam", "rate": 1}}),
    ("{a: {b: 1}}", "{a: null}", {"a": None}),
    ("{a: 1}", "{b: 2}", {"a": 1, "b": 2}),
])
def test_maps_merge_lists_replace_and_a_changed_type_replaces_whole(base, over, merged):
    assert plain(merge(tree_of(base), tree_of(over))) == merged


def test_extends_lays_a_config_on_another(write):
    write("{a: {b: 1, c: 2}, d: [1]}", "base.yaml")
    path = write("extends: base.yaml\na: {c: 3}\n", "top.yaml")
    assert plain(read_tree(path, Findings())) == {"a": {"b": 1, "c": 3}, "d": [1]}


def test_extends_takes_a_list_the_last_wins(write):
    write("{a: 1, b: 1}", "one.yaml")
    write("{b: 2, c: 2}", "two.yaml")
    path = write("extends: [one.yaml, two.yaml]\nc: 3\n", "top.yaml")
    assert plain(read_tree(path, Findings())) == {"a": 1, "b": 2, "c": 3}


def test_extends_is_relative_to_the_file_that_says_it(write, tmp_path):
    (tmp_path / "inner").mkdir()
    write("{a: 1}", "inner/base.yaml")
    write("extends: base.yaml\nb: 2\n", "inner/middle.yaml")
    path = write("extends: inner/middle.yaml\n", "top.yaml")
    assert plain(read_tree(path, Findings())) == {"a": 1, "b": 2}


def test_a_value_from_a_base_keeps_the_base_s_place(write, tmp_path):
    write("a:\n  b: 1\n", "base.yaml")
    path = write("extends: base.yaml\n", "top.yaml")
    assert str(read_tree(path, Findings()).get("a").get("b").where) == f"{tmp_path / 'base.yaml'}:2:6"


@pytest.mark.parametrize(("text", "message"), [
    ("extends: top.yaml", "leads back to itself"),
    ("extends: nowhere.yaml", "there is no file"),
    ("extends: 3", "must be the path of a config file"),
    ("extends: [[a]]", "must be the path of a config file"),
    ("extends: '${env:HOME}/x.yaml'", "must be the path of a config file"),
])
def test_an_extends_that_cannot_be_followed_is_reported_at_its_place(write, text, message):
    found = Findings()
    assert read_tree(write(text, "top.yaml"), found) is None
    assert message in found.problems()[0] and "top.yaml:1:" in found.problems()[0]


def test_an_override_replaces_a_value():
    assert overridden("{a: {b: 1, c: 2}}", "a.b=1e-3") == ({"a": {"b": 0.001, "c": 2}}, [])


def test_an_override_adds_a_map_that_is_not_there():
    assert overridden("{a: 1}", "b.c.d=[x, 2]") == ({"a": 1, "b": {"c": {"d": ["x", 2]}}}, [])


def test_an_override_reaches_list_items_by_number_and_by_name():
    text = "{m: {l: [Flatten, {type: Dense, name: fc1, units: 1}]}}"
    assert overridden(text, "m.l.fc1.units=64", "m.l.0=ReLU")[0] == {
        "m": {"l": ["ReLU", {"type": "Dense", "name": "fc1", "units": 64}]}}


def test_an_override_adds_an_argument_to_a_bare_name():
    assert overridden("{o: adam}", "o.rate=1")[0] == {"o": {"type": "adam", "rate": 1}}


@pytest.mark.parametrize("overrides", [("o.type=SGD", "o.rate=1"), ("o.rate=1", "o.type=SGD")])
def test_an_override_of_a_type_replaces_the_map_in_any_order(overrides):
    assert overridden("{o: {type: Adam, beta_1: 0.5}}", *overrides)[0] == {"o": {"type": "SGD", "rate": 1}}


def test_an_equals_sign_may_stand_in_the_value():
    assert overridden("{a: 1}", "a=b=c")[0] == {"a": "b=c"}


@pytest.mark.parametrize(("override", "message"), [
    ("a", "command line: 'a' is not an override; write key=value"),
    ("=3", "is not an override"),
    ("l.3.x=1", "command line: l has no item 3; items are reached by name, or by number from 0 to 1"),
    ("l.fc2.x=1", "command line: l has no item fc2; did you mean fc1?"),
    ("n.x=1", "command line: n is the number 5, so it has no key x"),
    ("a={b: 1, b: 2}", "command line: a={b: 1, b: 2}: the key b is given twice"),
    ("a=[1", "command line: a=[1: not valid YAML"),
    ("extends=x.yaml", "command line: extends can only stand in a file"),
])
def test_a_wrong_override_says_command_line(override, message):
    _, problems = overridden("{l: [a, {name: fc1}], n: 5}", override)
    assert message in problems[0]


def test_an_override_given_twice_is_refused():
    assert overridden("{a: 1}", "a=2", "a=3")[1] == ["command line: a is given twice; remove one"]


@pytest.mark.parametrize(("content", "message"), [
    (b"", "is empty"), (b"# only a comment\n", "is empty"), (b"- 1\n", "a config is a map of keys"),
    (b"\xff\xfe\x00", "is not a text file"), (b"x" * 1_000_001, "is larger than 1,000,000 bytes"),
])
def test_a_file_that_is_no_config_says_so(tmp_path, content, message):
    path, found = tmp_path / "c.yaml", Findings()
    path.write_bytes(content)
    assert read_tree(path, found) is None
    assert message in found.problems()[0] and str(path) in found.problems()[0]


def test_a_missing_file_and_a_folder_say_so(tmp_path):
    found = Findings()
    read_tree(tmp_path / "no.yaml", found)
    read_tree(tmp_path, found)
    assert "is a folder" in found.problems()[0] and "there is no such file" in found.problems()[1]
