"""minikeras evaluate RUN"""

import json
from pathlib import Path

from .. import experiment


def add_parser(commands):
    parser = commands.add_parser(
        "evaluate", help="measure a run's model on its data",
        description="Measure the model of a run folder on one part of its data, split as in training.")
    parser.add_argument("target", metavar="RUN", type=Path, help="the run folder")
    parser.add_argument("--split", choices=("test", "val", "train"), default="test", help="which part (default: test)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run, parser=parser)


def run(args):
    experiment.choose_threads(experiment.read_config(args.target / "resolved.yaml").threads)
    metrics = experiment.evaluate(args.target, args.split)
    print(json.dumps(metrics) if args.json else f"{args.split}: {experiment.show_metrics(metrics)}")
    return 0
