"""Every oracle case, against the list of those that are expected to pass."""

import pytest

import minikeras

from . import check
from .outcomes import DATA, cases_by_area, expected, failures

AREAS = cases_by_area()


@pytest.mark.parametrize("area", AREAS)
def test_exactly_the_listed_cases_of_an_area_pass(area):
    listed, problems = set(expected()), []
    for case in AREAS[area]:
        found = failures(case)
        if found and case["id"] in listed:
            problems += [f"{case['id']} {where} {kind}: {message}" for kind, where, message in found]
        elif not found and case["id"] not in listed:
            problems.append(f"{case['id']} passes: add it to passing.txt (python -m tests.oracles.outcomes)")
    assert not problems, "\n".join(problems)


def test_the_list_is_sorted_and_names_cases_that_exist():
    known = {case["id"] for cases in AREAS.values() for case in cases}
    assert expected() == sorted(known & set(expected()))


def test_a_wrong_value_is_noticed():
    case = next(case for case in AREAS["activations"] if case["id"].startswith("activations/relu/"))
    arrays = check.Arrays(DATA, "activations").of(case)
    arrays["=out/0"] = arrays["=out/0"] + 1.0
    assert check.run_one(minikeras, case, arrays)[0][0][:2] == ("wrong_value", "out/0")
