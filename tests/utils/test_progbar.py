"""A progress bar to update by hand."""

import io
import re
import sys

import numpy as np
import pytest

from minikeras import utils
from minikeras.utils import progbar


@pytest.fixture
def clock(monkeypatch):
    """Seconds, which tests move on."""
    now = [100.0]
    monkeypatch.setattr(progbar.time, "time", lambda: now[0])
    return now


def screen(monkeypatch, terminal=True):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr(sys, "stdout", stream)
    return lambda: re.sub(r"\x1b\[\d+m", "", stream.getvalue())


def test_a_bar_moves_on_a_terminal(monkeypatch, clock):
    seen = screen(monkeypatch)
    bar = utils.Progbar(10, width=10)
    for step in (1, 2, 3):
        clock[0] += 1.5
        bar.update(step, [("loss", float(step))])
    clock[0] += 1.5
    bar.add(7, [("loss", 0.5)])
    lines = seen().split("\r")
    assert lines[1] == " 1/10 ━━━━━━━━━━ 13s 2s/step - loss: 1.0000"
    assert lines[3] == " 3/10 ━━━━━━━━━━ 10s 2s/step - loss: 2.0000"
    assert lines[4] == "10/10 ━━━━━━━━━━ 6s 500ms/step - loss: 0.5000\n"


def test_elsewhere_one_line_tells_the_end(monkeypatch, clock):
    seen = screen(monkeypatch, terminal=False)
    bar = utils.Progbar(2, width=4, unit_name="sample")
    bar.update(1)
    clock[0] += 5e-4
    bar.update(2, [("a", np.array([1e-4, 3e-4]))])
    assert seen() == "2/2 ━━━━ 0s 500us/sample - a: 2.0000e-04\n"


def test_values_are_averaged_or_shown_as_they_are(monkeypatch, clock):
    def shown(**kind):
        seen = screen(monkeypatch)
        bar = utils.Progbar(9, **kind)
        bar.update(1, [("a", 1.0), ("b", 1.0)])
        clock[0] += 1
        bar.update(4, [("a", 5.0), ("b", 5.0)])
        return seen().split(" - ")[-2:]
    assert shown() == ["a: 4.0000", "b: 4.0000"]
    assert shown(stateful_metrics=["a"]) == ["a: 5.0000", "b: 4.0000"]
    assert shown(stateless_metrics=["a"]) == ["a: 4.0000", "b: 5.0000"]
    with pytest.raises(ValueError, match="not both"):
        utils.Progbar(1, stateful_metrics=[], stateless_metrics=[])


def test_updates_come_at_intervals(monkeypatch, clock):
    seen = screen(monkeypatch)
    bar = utils.Progbar(None, interval=1)
    for step in range(1, 6):
        clock[0] += 0.4
        bar.update(step)
    bar.update(6, finalize=True)
    assert re.findall(r"\d/Unknown", seen()) == ["1/Unknown", "4/Unknown", "6/Unknown"]


@pytest.mark.parametrize(("verbose", "want"), [(0, ""), (2, "120/120 - 3700s - 31s/step - a: -1.0000\n")])
def test_less_can_be_shown(monkeypatch, clock, verbose, want):
    seen = screen(monkeypatch)
    bar = utils.Progbar(120, verbose=verbose)
    clock[0] += 3700
    bar.update(120, [("a", -1.0)])
    assert seen() == want


@pytest.mark.parametrize(("seconds", "want"), [(59, "59s"), (61, "1:01"), (3700, "1:01:40")])
def test_long_times_have_minutes_and_hours(seconds, want):
    assert progbar._duration(seconds) == want
