"""References to variables and to the environment."""

import pytest

from minikeras.experiment.interpolation import interpolate
from minikeras.experiment.tree import Findings, parse, plain


def interpolated(text, environment=None):
    found = Findings()
    return plain(interpolate(parse(text, "f.yaml", found), found, environment or {})), found.problems()


def test_a_whole_reference_takes_the_variable_s_type():
    assert interpolated("{vars: {n: 128, l: [1, 2]}, a: '${vars.n}', b: '${vars.l}'}") == ({"a": 128, "b": [1, 2]}, [])


def test_a_reference_in_a_longer_text_is_replaced_as_written():
    assert interpolated("{vars: {n: 1e-3}, a: 'run-${vars.n}-x'}")[0] == {"a": "run-1e-3-x"}


def test_variables_may_refer_to_variables():
    assert interpolated("{vars: {a: 2, b: '${vars.a}'}, c: '${vars.b}'}")[0] == {"c": 2}


@pytest.mark.parametrize(("environment", "value"), [({}, 0.001), ({"RATE": "2"}, 2), ({"RATE": "fast"}, "fast")])
def test_the_environment_wins_over_the_default(environment, value):
    assert interpolated("{a: '${env:RATE,1e-3}'}", environment)[0] == {"a": value}


@pytest.mark.parametrize(("text", "message"), [
    ("{vars: {units: 1}, a: '${vars.unit}'}", "f.yaml:1:23: vars.unit is not defined; did you mean vars.units?"),
    ("{a: '${vars.x}'}", "f.yaml:1:5: vars.x is not defined; add it under vars"),
    ("{vars: {a: '${vars.b}', b: '${vars.a}'}, c: '${vars.a}'}", "vars.a refers back to itself"),
    ("{a: '${env:NOT_SET}'}", "the environment variable NOT_SET is not set"),
    ("{a: '${__import__(1)}'}", "is not understood; only ${vars.NAME} and ${env:NAME,default} are"),
    ("{a: '${train.epochs}'}", "is not understood"),
    ("{a: 'x ${vars.'}", "without its closing brace"),
    ("{vars: {l: [1]}, a: 'x${vars.l}'}", "${vars.l} is a list, which cannot stand inside a longer text"),
    ("{vars: 3}", "vars must be a map of names to values, got the number 3"),
])
def test_a_reference_that_cannot_be_resolved_is_reported(text, message):
    assert message in interpolated(text)[1][0]


def test_text_from_the_environment_is_not_evaluated_again():
    assert "is not evaluated" in interpolated("{a: '${env:X}'}", {"X": "${env:HOME}"})[1][0]


def test_variables_that_double_again_and_again_are_capped():
    doubling = ", ".join(f"v{n}: ['${{vars.v{n - 1}}}', '${{vars.v{n - 1}}}']" for n in range(1, 40))
    assert "the vars expand to more than 20,000 values" in interpolated(
        f"{{vars: {{v0: 1, {doubling}}}, a: '${{vars.v39}}'}}")[1][0]


def test_a_text_that_grows_beyond_reason_is_refused():
    assert "more than 10,000 characters" in interpolated(
        f"{{vars: {{long: {'x' * 6000}}}, a: '${{vars.long}}${{vars.long}}'}}")[1][0]
