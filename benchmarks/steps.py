"""Whole training steps, gradients and predictions side by side with other frameworks and with NumPy by hand.

Every peer runs in a process of its own, all of them in turn in every round, on the same CPUs. The figure is CPU time,
which others on the machine disturb least, the median over rounds; ratios are medians of per-round ratios. Each
peer's first results are compared first. Peers that are not installed are left out; `--python torch=PATH` has one
run by another environment's interpreter. Prints Markdown.
"""

import argparse
import datetime
import itertools
import os
import platform
import shlex
import statistics
import sys
from pathlib import Path

import numpy as np
from processes import Worker, WorkerError
from step_peers.workloads import WORKLOADS
from timing import ratio

HERE = Path(__file__).parent
# name: the module in step_peers, what its environment has
PEERS = {
    "minikeras": ("minikeras", {}),
    "minikeras-eager": ("minikeras", {"MINIKERAS_EAGER": "1"}),
    "numpy": ("numpy", {}),
    "torch": ("torch", {}),
    "jax": ("jax", {}),
    "tensorflow": ("tensorflow", {}),
    "tensorflow-xla": ("tensorflow", {"TENSORFLOW_XLA": "1"}),
    "keras-tensorflow": ("keras", {"KERAS_BACKEND": "tensorflow"}),
    "keras-jax": ("keras", {"KERAS_BACKEND": "jax"}),
    "keras-torch": ("keras", {"KERAS_BACKEND": "torch"}),
}
OURS, LIMIT = ("minikeras", "minikeras-eager"), "numpy"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
TOLERANCE = 5e-3        # of the largest number of a result


class Peer(Worker):
    """A running worker; started again when it was stopped for taking too long."""

    def __init__(self, name, python, cpus):
        module, environment = PEERS[name]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(cpus))
        # The source tree beside this file is measured, also by another environment's interpreter.
        super().__init__([python, str(HERE / "step_worker.py"), module],
                         {**QUIET, **threads, **environment, "PYTHONPATH": str(HERE.parent)})
        self.name, self.missing, self.version = name, self.hello.get("missing"), self.hello.get("version")


class Row:
    """What came of one workload: by peer the figures of each round, the way that was fastest, or why there is none."""

    def __init__(self):
        self.cpu, self.wall, self.ways, self.failures, self.values = {}, {}, {}, {}, {}

    def fail(self, name, why):
        for of in (self.cpu, self.wall, self.ways, self.values):
            of.pop(name, None)
        self.failures[name] = why
        say(f"{name}: {why}")

    def best(self):
        """The fastest of the other frameworks, None without any."""
        others = [name for name in self.cpu if name not in (*OURS, LIMIT)]
        return min(others, key=lambda name: statistics.median(self.cpu[name]), default=None)

    def disagreeing(self):
        """Peers whose first results are not those of NumPy by hand, or else of the first peer."""
        base = self.values.get(LIMIT) or next(iter(self.values.values()), [])
        return [name for name, values in self.values.items() if not all(itertools.starmap(
            agree, itertools.zip_longest(itertools.chain(*values), itertools.chain(*base), fillvalue=())))]


def agree(part, expected):
    """Whether the numbers of one part of a result are the expected ones."""
    part, expected = np.array(part), np.array(expected)
    return part.shape == expected.shape and np.abs(part - expected).max() <= TOLERANCE * np.abs(expected).max()


class Bench:
    """The peers that are there, and how they are run."""

    def __init__(self, options):
        if hasattr(os, "sched_setaffinity"):        # the workers inherit it
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-options.cpus:])
        self._options = options
        self._pythons = dict(option.rpartition("=")[::2] for option in options.python)
        started = [self._start(name) for name in options.peers]
        for peer in started:
            if peer.missing:
                say(f"{peer.name} is left out: {peer.missing}")
        self.peers = [peer for peer in started if not peer.missing]

    def _start(self, name):
        default = self._pythons.get("", sys.executable)
        return Peer(name, self._pythons.get(name, default), self._options.cpus)

    def run(self, workload):
        """The Row of a workload."""
        row, options = Row(), self._options
        for i in range(len(self.peers)):
            name = self.peers[i].name
            reply = self._ask(row, i, function=workload.function, arguments=workload.arguments)
            if reply and "missing" not in reply:
                row.values[name], row.ways[name] = reply["values"], reply["way"]
                row.cpu[name], row.wall[name] = [], []
        for _ in range(options.rounds):
            for i in range(len(self.peers)):
                name = self.peers[i].name
                reply = self._ask(row, i, seconds=options.seconds) if name in row.cpu else None
                if reply:
                    row.cpu[name].append(reply["cpu"])
                    row.wall[name].append(reply["wall"])
        return row

    def _ask(self, row, i, **request):
        """The reply of a peer; None, and out of this row, if it failed."""
        name = self.peers[i].name
        try:
            return self.peers[i].ask(self._options.limit, **request)
        except WorkerError as error:
            row.fail(name, str(error).strip().splitlines()[-1])
            if not self.peers[i].is_alive:
                self.peers[i] = self._start(name)
            return None

    def close(self):
        for peer in self.peers:
            peer.close()


def say(text):
    print(text, file=sys.stderr, flush=True)


def time_text(seconds):
    for unit, factor in (("s", 1), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def spread(figures):
    """Highest minus lowest, in parts of the median."""
    return (max(figures) - min(figures)) / statistics.median(figures)


def ratio_text(figures, name, base):
    """Median of the per-round ratios, lowest and highest."""
    if name not in figures or base not in figures:
        return ""
    ratios = [a / b for a, b in zip(figures[name], figures[base])]
    return f"{ratio(figures, name, base):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def markdown(head, lines):
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines)) + "\n"


def times_table(rows, peers, kind, cell):
    """A line a workload, a column a peer; `cell(figures, name)` of the figures of one workload."""
    def text(row, name):
        if name in row.failures:
            return row.failures[name]
        return cell(getattr(row, kind), name) if name in row.cpu else ""
    return markdown(["", *peers], [[key, *(text(row, name) for name in peers)] for key, row in rows.items()])


def median_cell(figures, name):
    text = time_text(statistics.median(figures[name]))
    return f"{text} ({ratio(figures, name, LIMIT):.2f})" if LIMIT in figures and name != LIMIT else text


def least_cell(figures, name):
    return f"{time_text(min(figures[name]))}, {spread(figures[name]):.0%}"


def ours_table(rows):
    head = ["", "workload", "minikeras", "to NumPy by hand", "best peer", "to best peer", "eager to compiled",
            "first results"]
    lines = []
    for key, row in rows.items():
        best, wrong = row.best(), row.disagreeing()
        lines.append([
            key, WORKLOADS[key].title,
            time_text(statistics.median(row.cpu["minikeras"])) if "minikeras" in row.cpu else "",
            ratio_text(row.cpu, "minikeras", LIMIT),
            f"{best} {time_text(statistics.median(row.cpu[best]))}" if best else "",
            ratio_text(row.cpu, "minikeras", best), ratio_text(row.cpu, "minikeras-eager", "minikeras"),
            f"**DIFFER: {', '.join(wrong)}**" if wrong else f"agree ({len(row.values)})"])
    return markdown(head, lines)


def ways_text(rows):
    ways = {}
    for key, row in rows.items():
        for name, way in row.ways.items():
            if way:
                ways.setdefault((name, way), []).append(key)
    return "; ".join(f"{name} {way} ({', '.join(keys)})" for (name, way), keys in sorted(ways.items()))


def circumstances(peers, options, file):
    """When, where, with what and how: a Markdown list. Whose interpreter it was is nobody else's concern."""
    arguments = []
    for argument in sys.argv[1:]:
        if arguments[-1:] == ["--python"]:
            arguments.pop()
        elif not argument.startswith("--python="):
            arguments.append(argument)
    pinned = f"pinned to {options.cpus}" if hasattr(os, "sched_setaffinity") else "not pinned"
    return "\n".join([
        f"* {datetime.date.today()}, {processor()}, {os.cpu_count()} CPUs, {pinned}; {platform.system()}, "
        f"Python {platform.python_version()}",
        f"* {', '.join(f'{peer.name} {peer.version}' for peer in peers)}",
        f"* `{shlex.join(['python', f'benchmarks/{Path(file).name}', *arguments])}`: {options.rounds} rounds of "
        f"{options.seconds:g} s of each peer\n"])


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
                platform.machine())


def names(known):
    def parse(text):
        chosen = text.split(",")
        unknown = set(chosen) - set(known)
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return chosen
    return parse


def parser(description, peers):
    arguments = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--peers", type=names(PEERS), default=list(peers), help=f"of {', '.join(PEERS)}")
    arguments.add_argument("--python", action="append", default=[], metavar="[PEER=]PATH",
                           help="interpreter for a peer, or for all; again for another peer")
    arguments.add_argument("--cpus", type=int, default=1, help="how many CPUs all of them are pinned to (default 1)")
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--seconds", type=float, default=0.3, help="of one peer in one round")
    arguments.add_argument("--limit", type=float, default=60,
                           help="seconds after which a peer that is not ready is stopped")
    return arguments


def main():
    arguments = parser(__doc__, PEERS)
    arguments.add_argument("--workloads", type=names(WORKLOADS), default=list(WORKLOADS),
                           help="\n".join(f"{key:6s} {workload.title}" for key, workload in WORKLOADS.items()))
    arguments.add_argument("--quick", action="store_true", help="3 rounds of 0.1 s: does it run?")
    options = arguments.parse_args()
    if options.quick:
        options.rounds, options.seconds = 3, 0.1
    bench = Bench(options)
    rows = {}
    for key in options.workloads:
        rows[key] = row = bench.run(WORKLOADS[key])
        say(f"{key}: " + ", ".join(f"{name} {time_text(statistics.median(row.cpu[name]))}" for name in row.cpu))
    peers = [peer.name for peer in bench.peers]
    print(circumstances(bench.peers, options, __file__))
    print(ours_table(rows))
    head = "CPU time of a step"
    for title, kind, cell in (
            (f"{head}: median over rounds (ratio to NumPy by hand, median over rounds)", "cpu", median_cell),
            (f"{head}: lowest round, and the spread over rounds", "cpu", least_cell),
            ("Wall time of a step: median over rounds (ratio to NumPy by hand)", "wall", median_cell)):
        print(f"{title}\n\n{times_table(rows, peers, kind, cell)}")
    if any(way for row in rows.values() for way in row.ways.values()):
        print(f"The fastest of several ways was: {ways_text(rows)}.")
    bench.close()
    return any(row.disagreeing() for row in rows.values())


if __name__ == "__main__":
    sys.exit(main())
