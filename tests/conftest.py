"""Long tests run as a rotating sample; `--long` runs them all."""

import datetime
import hashlib
import os

import pytest

from .serving import serving

SHARE = 4       # one long test in so many runs in an ordinary session


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run every long test, not the day's sample")


def sample_seed():
    """The day, so that every long test has its turn; MINIKERAS_TEST_SEED repeats an earlier choice."""
    return os.environ.get("MINIKERAS_TEST_SEED") or str(datetime.date.today().toordinal())


def pytest_report_header(config):
    chosen = "all" if config.getoption("--long") else f"the sample of MINIKERAS_TEST_SEED={sample_seed()}"
    return f"long tests: {chosen}"


def pytest_collection_modifyitems(config, items):
    if config.getoption("--long"):
        return
    for item in items:
        turn = hashlib.sha256(f"{sample_seed()} {item.nodeid}".encode()).digest()[0]
        if item.get_closest_marker("long") and turn % SHARE:
            item.add_marker(pytest.mark.skip(reason=f"not in today's sample of long tests "
                                                    f"(MINIKERAS_TEST_SEED={sample_seed()}; --long runs all)"))


@pytest.fixture(scope="module")
def running():
    """A server of files on this machine."""
    with serving() as server:
        yield server
