"""How the cost of a training step grows with the batch and with the width, beside other frameworks.

A network of two hidden layers, 64-width-width-10, Adam; measured as `steps.py` measures. Prints two Markdown tables
and draws benchmarks/growth.svg (needs matplotlib).
"""

import statistics
import sys

import matplotlib
import matplotlib.pyplot as plt
from step_peers.workloads import Workload
from steps import HERE, LIMIT, Bench, circumstances, markdown, median_cell, parser, say, time_text
from timing import ratio

matplotlib.use("svg")

INPUTS, CLASSES = 64, 10
BATCHES, WIDTH = [2**n for n in range(3, 12)], 64       # batch 8 to 2048
WIDTHS, BATCH = [2**n for n in range(6, 12)], 128       # width 64 to 2048
# Told apart by colour-blind readers (Okabe and Ito); the hand-written limit is no competitor and is grey.
LOOKS = {"minikeras": {"color": "#d55e00", "linewidth": 2.2, "zorder": 3},
         "minikeras-eager": {"color": "#d55e00", "linestyle": "--"},
         "numpy": {"color": "#888888", "linestyle": ":"},
         "torch": {"color": "#0072b2"}, "jax": {"color": "#009e73"}}
NAMES = {"minikeras": "minikeras", "minikeras-eager": "minikeras, eager", "numpy": "NumPy by hand",
         "torch": "PyTorch", "jax": "JAX, jit"}


def workload(width, batch):
    sizes = [INPUTS, width, width, CLASSES]
    return Workload(f"{'-'.join(map(str, sizes))}, batch {batch}", "train", {"sizes": sizes, "batch": batch})


def series(bench, works):
    """The row of each workload, by what grows."""
    rows = {}
    for size, work in works.items():
        rows[size] = row = bench.run(work)
        wrong = row.disagreeing()
        say(f"{work.title}: " + ", ".join(f"{name} {time_text(statistics.median(row.cpu[name]))}" for name in row.cpu)
            + (f"; first losses DIFFER: {', '.join(wrong)}" if wrong else ""))
    return rows


def table(what, rows, peers):
    lines = [[f"{size:,}", *(median_cell(row.cpu, name) if name in row.cpu else "" for name in peers)]
             for size, row in rows.items()]
    return markdown([what, *(NAMES[name] for name in peers)], lines)


def draw(panels, peers, file):
    """One column a series: the time above, its ratio to NumPy by hand below. All axes are logarithmic."""
    matplotlib.rcParams |= {"svg.hashsalt": "growth", "font.size": 10}      # the same bytes from the same figures
    figure, axes = plt.subplots(2, len(panels), figsize=(10.5, 7), sharex="col", sharey="row", layout="constrained")
    for (time_ax, ratio_ax), (what, title, rows) in zip(axes.T, panels):
        for name in peers:
            measured = {size: row.cpu for size, row in rows.items() if name in row.cpu}
            look = {"marker": "o", "markersize": 3.5, "label": NAMES[name], **LOOKS[name]}
            time_ax.plot(list(measured), [statistics.median(cpu[name]) * 1e3 for cpu in measured.values()], **look)
            ratio_ax.plot(list(measured), [ratio(cpu, name, LIMIT) for cpu in measured.values()], **look)
        for ax in (time_ax, ratio_ax):
            ax.set(xscale="log", yscale="log")
            ax.set_xticks(list(rows), [f"{size:,}" for size in rows])
            ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            ax.grid(color="#dddddd", linewidth=0.6)
            ax.spines[["top", "right"]].set_visible(False)
            ax.minorticks_off()
        time_ax.set_title(title)
        ratio_ax.set_xlabel(what)
        ratio_ax.set_yticks([0.5, 1, 2, 4, 8])
    axes[0, 0].set_ylabel("CPU time of a step, ms")
    axes[1, 0].set_ylabel("times NumPy by hand")
    axes[0, 0].legend(frameon=False)
    figure.savefig(file, metadata={"Date": None})


def main():
    options = parser(__doc__, LOOKS).parse_args()
    if not {LIMIT} <= set(options.peers) <= set(LOOKS):
        sys.exit(f"--peers: of {', '.join(LOOKS)}, with {LIMIT}, which the others are measured by")
    bench = Bench(options)
    by_batch = series(bench, {batch: workload(WIDTH, batch) for batch in BATCHES})
    by_width = series(bench, {width: workload(width, BATCH) for width in WIDTHS})
    bench.close()
    peers = [peer.name for peer in bench.peers]
    print(circumstances(bench.peers, options, __file__))
    print(f"CPU time of a step (ratio to NumPy by hand), width {WIDTH}:\n\n{table('batch', by_batch, peers)}")
    print(f"CPU time of a step (ratio to NumPy by hand), batch {BATCH}:\n\n{table('width', by_width, peers)}")
    draw([("batch", f"64-{WIDTH}-{WIDTH}-10", by_batch), ("width", f"64-width-width-10, batch {BATCH}", by_width)],
         peers, HERE / "growth.svg")
    return any(row.disagreeing() for row in (*by_batch.values(), *by_width.values()))


if __name__ == "__main__":
    sys.exit(main())
