"""minikeras train CONFIG [a.b=value ...]"""

import sys
from pathlib import Path

from .. import experiment


def add_parser(commands):
    parser = commands.add_parser(
        "train", help="train the model of a config in a new run folder",
        description="Train the model of a YAML config. Prints a line an epoch (a bar on a terminal), the metrics on "
                    "the test part, and the run folder's path.")
    parser.add_argument("config", metavar="CONFIG", type=Path, help="the YAML file")
    parser.add_argument("overrides", metavar="a.b=value", nargs="*", default=[],
                        help="values that replace those of the config, such as train.epochs=5 or "
                             "model.layers.fc1.units=64")
    parser.add_argument("--run-dir", metavar="D", type=Path,
                        help="the run folder, new or empty (default: logging.run_dir, below the current folder)")
    parser.set_defaults(run=run, parser=parser)


def run(args):
    draft = experiment.read_config(args.config, args.overrides)
    experiment.choose_threads(draft.threads)
    finished = experiment.train(experiment.check_objects(draft), args.run_dir)
    if finished.result["status"] == "nonfinite":
        print(f"stopped: {finished.result['message']}", file=sys.stderr)
        return 3
    return 0
