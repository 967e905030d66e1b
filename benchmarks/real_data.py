"""The examples on real data beside the same networks in PyTorch: losses, accuracy, time.

    python benchmarks/real_data.py --data FOLDER [--python torch=PATH]

FOLDER has the two t10k files of MNIST and tinyshakespeare.txt. Both start from the same weights and see the same
batches in the same order. They train an epoch in turn, so that what slows the machine slows both. Prints the table of
RESULTS.md and draws the curves. What each epoch gave is told on stderr, and kept in a file if --figures names one, from
which --redraw draws again without training. Where PyTorch is not installed the examples are trained alone.
"""

import argparse
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from processes import Worker
from steps import names

from minikeras import keras

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
# the example: its title, the module that has its data and how long it trains, seeds of the first weights
NETWORKS = {"mnist_cnn": ("MNIST, two convolutions", "mnist_cnn", (0, 1, 2)),
            "char_lstm": ("Shakespeare, LSTM", "char_lstm", (0,)),
            "char_transformer": ("Shakespeare, transformer", "char_lstm", (0,))}
LOOKS = {"minikeras": ("minikeras", {"color": "#d1495b"}),
         "torch": ("PyTorch", {"color": "#30638e", "linestyle": "", "marker": "o", "fillstyle": "none"})}


def start(name, python, threads):
    """A running worker."""
    environment = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    worker = Worker([python, str(HERE / "real_worker.py"), name],
                    {**environment, "PYTHONPATH": os.pathsep.join(map(str, (HERE.parent, EXAMPLES)))})
    print(f"{name} {worker.hello.get('version', 'is left out: ' + worker.hello.get('missing', ''))}", file=sys.stderr)
    return worker


def beginning(name, seed, data, file):
    """Write the data and the first weights of an example to a file. What is to be known beside them."""
    _, source, _ = NETWORKS[name]
    example, source = importlib.import_module(name), importlib.import_module(source)
    *characters, (x, y), (val_x, val_y) = source.load(data / getattr(source, "TEXT", ""))
    keras.utils.set_random_seed(seed)
    model = example.make_model(*map(len, characters))
    weights = {f"weight {index:03}": array for index, array in enumerate(model.get_weights())}
    np.savez(file, x=x, y=y, val_x=val_x, val_y=val_y, **weights)
    return {"network": name, "seed": seed, "parameters": model.count_params(), "batch_size": source.BATCH_SIZE,
            "steps": -(-len(x) // source.BATCH_SIZE), "epochs": source.EPOCHS,
            "rate": float(model.optimizer.learning_rate)}


def train(name, seed, workers, options):
    """Train a network in all peers: its settings, and under "peers" what each epoch gave."""
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "beginning.npz"))
        run = beginning(name, seed, options.data, file)
        for worker in workers.values():
            worker.ask(network=name, file=file, rate=run["rate"], batch_size=run["batch_size"])
    run["epochs"] = options.epochs or run["epochs"]
    run["peers"] = {peer: [] for peer in workers}
    for epoch in range(run["epochs"]):
        for peer, worker in workers.items():
            run["peers"][peer].append(worker.ask(epoch=epoch))
            told = ", ".join(f"{key} {value:.4f}" for key, value in run["peers"][peer][-1].items())
            print(f"{name}, seed {seed}, epoch {epoch + 1}: {peer} {told}", file=sys.stderr, flush=True)
    return run


def train_all(options):
    pythons = dict(entry.split("=", 1) for entry in options.python)
    workers = {peer: start(peer, pythons.get(peer, sys.executable), options.threads) for peer in LOOKS}
    present = {peer: worker for peer, worker in workers.items() if "missing" not in worker.hello}
    runs = []
    for name in options.networks:
        for seed in NETWORKS[name][-1]:
            runs.append(train(name, seed, present, options))
            if options.figures:
                options.figures.write_text(json.dumps(runs, indent=1))
    for worker in workers.values():
        worker.close()
    return runs


def table(runs):
    """The last epoch of each run, and the time that training took in all its epochs: Markdown."""
    lines = ["| network | parameters | steps | | training loss | validation loss | accuracy | s | CPU s |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for run in runs:
        all_tell = all("val_accuracy" in epochs[-1] for epochs in run["peers"].values())
        for peer, epochs in run["peers"].items():
            last = epochs[-1]
            accuracy = f"{last['val_accuracy']:.2%}" if all_tell else ""
            wall, cpu = (sum(epoch[key] for epoch in epochs) for key in ("seconds", "cpu_seconds"))
            lines.append(f"| {run['network']}, seed {run['seed']} | {run['parameters']:,} | "
                         f"{run['epochs']} × {run['steps']} | {LOOKS[peer][0]} | {last['loss']:.4f} | "
                         f"{last['val_loss']:.4f} | {accuracy} | {wall:.0f} | {cpu:.0f} |")
    return "\n".join(lines)


def draw(runs, file):
    """The curves of the first seed of each network."""
    import matplotlib.pyplot as plt

    first = {run["network"]: run for run in reversed(runs)}
    chosen = [first[name] for name in NETWORKS if name in first]
    figure, panels = plt.subplots(1, len(chosen), figsize=(3.5 * len(chosen), 3.2), layout="constrained", squeeze=False)
    for panel, run in zip(panels[0], chosen):
        for peer, epochs in run["peers"].items():
            title, look = LOOKS[peer]
            for key, label, strength in (("loss", "training", 0.4), ("val_loss", "validation", 1)):
                panel.plot(np.arange(len(epochs)) + 1, [epoch[key] for epoch in epochs], label=f"{title}, {label}",
                           alpha=strength, **look)
        panel.xaxis.get_major_locator().set_params(integer=True)
        panel.set(title=NETWORKS[run["network"]][0], xlabel="epoch")
        panel.grid(color="#dddddd", linewidth=0.6)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0, 0].set_ylabel("loss, nats")
    panels[0, 0].legend(frameon=False)
    figure.savefig(file, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required="--redraw" not in sys.argv, help="a folder")
    parser.add_argument("--networks", type=names(NETWORKS), default=list(NETWORKS), help=f"of {', '.join(NETWORKS)}")
    parser.add_argument("--python", action="append", default=[], metavar="PEER=PATH", help="interpreter for a peer")
    parser.add_argument("--epochs", type=int, help="instead of as many as the example has")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--figures", type=Path, metavar="FILE", help="where what each epoch gave is kept, as JSON")
    parser.add_argument("--redraw", action="store_true", help="draw what --figures has, without training")
    parser.add_argument("--plot", type=Path, metavar="FILE", default=HERE / "real_data.svg")
    options = parser.parse_args()
    sys.path.append(str(EXAMPLES))
    runs = json.loads(options.figures.read_text()) if options.redraw else train_all(options)
    print(table(runs))
    draw(runs, options.plot)


if __name__ == "__main__":
    main()
