"""The digits run as a user starts it: accuracy over seeds, CPU time, peak memory, same bytes twice, import time.

    python benchmarks/digits.py [seeds]

Every figure is of a whole process, from its start to its end.
"""

import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CONFIG = Path(__file__).parent.parent / "configs" / "digits_mlp.yaml"


def run(command):
    """CPU seconds and peak memory in MB of a process. Raises if it fails."""
    # A child of its own, so that the peak is of this command and not of an earlier one.
    code = ("import resource, subprocess, sys; "
            "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
            "u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime, u.ru_maxrss)")
    out = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True).stdout
    seconds, kilobytes = out.split()
    return float(seconds), float(kilobytes) / 1024


def train(seed, folder):
    return run([sys.executable, "-m", "minikeras", "train", str(CONFIG), f"runtime.seed={seed}",
                "--run-dir", str(folder)])


def main():
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    accuracies = []
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'seed':>6s}{'test accuracy':>16s}{'CPU s':>8s}{'peak MB':>9s}")
        for seed in seeds:
            seconds, megabytes = train(seed, Path(folder, str(seed)))
            result = json.loads(Path(folder, str(seed), "result.json").read_text())
            accuracies.append(result["test"]["sparse_categorical_accuracy"])
            print(f"{seed:6d}{accuracies[-1]:16.4f}{seconds:8.2f}{megabytes:9.1f}")
        print(f"  mean{statistics.mean(accuracies):16.4f}   lowest {min(accuracies):.4f}")
        train(0, Path(folder, "again"))
        models = [Path(folder, name, "model.keras").read_bytes() for name in ("0", "again")]
        digests = {hashlib.sha256(model).hexdigest() for model in models}
        print(f"two runs with seed 0: {'byte-identical models' if len(digests) == 1 else 'MODELS DIFFER'}")
    bare = [sys.executable, "-c", "import numpy, yaml, tqdm"]
    ours = [sys.executable, "-c", "import minikeras"]
    ratios = [run(ours)[0] / run(bare)[0] for _ in range(11)]
    print(f"import minikeras: {statistics.median(ratios):.2f} times the CPU time of import numpy, yaml, tqdm")
    return 0 if len(digests) == 1 and statistics.mean(accuracies) >= 0.97 and min(accuracies) >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
