"""What the checker says of each oracle case, and the list of cases that are expected to pass.

`python -m tests.oracles.outcomes` adds the cases that pass by now to the list; it takes none off.
"""

from pathlib import Path

import minikeras

from . import check

DATA = Path(__file__).parent
PASSING = DATA / "passing.txt"


def cases_by_area():
    """Lists of cases by area, in the order of cases.json."""
    areas = {}
    for case in check.load(DATA):
        areas.setdefault(case["area"], []).append(case)
    return areas


def failures(case):
    """The checker's findings for one case: tuples of kind, check and message; empty if it passes."""
    return check.run_one(minikeras, case, check.Arrays(DATA, case["area"]).of(case))[0]


def expected():
    """The ids listed as passing."""
    return PASSING.read_text(encoding="utf-8").split() if PASSING.exists() else []


def main():
    passing = {case["id"] for cases in cases_by_area().values() for case in cases if not failures(case)}
    PASSING.write_text("\n".join(sorted(passing | set(expected()))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
