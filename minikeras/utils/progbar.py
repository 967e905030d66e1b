"""A progress bar to update by hand."""

import math
import sys
import time

import numpy as np

from ..run_settings import print_message

__all__ = ["Progbar"]

_BOLD, _GREEN, _GRAY, _PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"


class Progbar:
    """Shows how far a loop of `target` steps is, how long it will take, and values with it.

    target              how many steps there are; None if not known
    width               of the bar, in characters
    verbose             0: nothing;  1: a bar that moves on a terminal; elsewhere one line when it is done;
                        2: one line when it is done, without a bar
    interval            seconds between updates on the screen, at least
    stateful_metrics    names of values that are shown as they are; others are averaged over the steps
    stateless_metrics   the other way round: names of those averaged. Only one of the two can be given
    unit_name           what a step is called
    """

    def __init__(self, target, width=20, verbose=1, interval=0.05, stateful_metrics=None, stateless_metrics=None,
                 unit_name="step"):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Progbar: give stateful_metrics, names of values shown as they are, or stateless_metrics, "
                             "names of those averaged; not both.")
        self.target, self.width, self.verbose = target, width, verbose
        self.interval, self.unit_name = interval, unit_name
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        self.stateful_metrics = set(stateful_metrics or ()) if stateless_metrics is None else None
        self._live = getattr(sys.stdout, "isatty", lambda: False)() or "ipykernel" in sys.modules
        self._sums = {}         # name -> [sum of value times steps, steps]
        self._seen = 0          # steps
        self._start, self._shown_at, self._after_first = time.time(), 0, None
        self._line_width = 0

    def update(self, current, values=None, finalize=None):
        """Say that `current` steps are done.

        values     pairs of a name and the value in these steps
        finalize   whether this is the end; by default where `current` has come to the target
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._take(name, value, 1 if finalize else max(current - self._seen, 1), afresh=finalize)
        self._seen = current
        now = time.time()
        each = self._seconds_a_step(current, now)
        if self.verbose == 1:
            if finalize or (self._live and now - self._shown_at >= self.interval):
                self._show(current, each, now, finalize)
                self._shown_at = now
        elif self.verbose == 2 and finalize and self.target:
            print_message(f"{self._count(current)} - {now - self._start:.0f}s -{_rate(each, self.unit_name)}"
                          f"{self._values()}")

    def add(self, n, values=None):
        """Say that `n` more steps are done."""
        self.update(self._seen + n, values)

    def _take(self, name, value, steps, afresh):
        averaged = name in self.stateless_metrics if self.stateful_metrics is None else \
            name not in self.stateful_metrics
        if not averaged or afresh or name not in self._sums:
            # What is told at the end is the value of the whole.
            self._sums[name] = [value * steps, steps] if averaged else [value, 1]
        else:
            self._sums[name][0] += value * steps
            self._sums[name][1] += steps

    def _seconds_a_step(self, current, now):
        """Without the first step where there are more: it is slow, for it plans and allocates."""
        if not current:
            return 0
        if self._after_first is not None and current > 1:
            return (now - self._after_first) / (current - 1)
        if current == 1:
            self._after_first = now
        return (now - self._start) / current

    def _show(self, current, each, now, finalize):
        left = None if finalize or not self.target else each * (self.target - current)
        time_text = f"{now - self._start:.0f}s" if left is None else _duration(left)
        count, bar = self._count(current), self._bar(current)
        rest = f"{_rate(each, self.unit_name)}{self._values()}"
        line = " ".join(filter(None, (count, "".join(bar), time_text))) + rest
        if not self._live:
            print_message(line)
            return
        done, missing = bar
        coloured = f"{_GREEN}{done}{_PLAIN}" * bool(done) + f"{_GRAY}{missing}{_PLAIN}" * bool(missing)
        text = " ".join(filter(None, (f"{_BOLD}{count}{_PLAIN}", coloured, f"{_BOLD}{time_text}{_PLAIN}"))) + rest
        print_message("\r" + text + " " * (self._line_width - len(line)) + "\n" * finalize, line_break=False)
        self._line_width = 0 if finalize else len(line)

    def _count(self, current):
        if not self.target:
            return f"{current:7d}/Unknown"
        return f"{current:{int(math.log10(self.target)) + 1}d}/{self.target}"

    def _bar(self, current):
        if not self.target:
            return "", ""
        done = int(self.width * current / self.target)
        return "━" * done, "━" * (self.width - done)

    def _values(self):
        return "".join(f" - {name}: {_number(np.mean(total) / steps)}" for name, (total, steps) in self._sums.items())


def _number(value):
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"


def _duration(seconds):
    if seconds <= 60:
        return f"{int(seconds)}s"
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def _rate(seconds, unit):
    if seconds >= 1 or seconds == 0:
        return f" {seconds:.0f}s/{unit}"
    return f" {seconds * 1e3:.0f}ms/{unit}" if seconds >= 1e-3 else f" {seconds * 1e6:.0f}us/{unit}"
