"""minikeras summary CONFIG|RUN"""

from pathlib import Path

from .. import experiment


def add_parser(commands):
    parser = commands.add_parser(
        "summary", help="print the layers of a model",
        description="Print the layers of the model of a YAML config or a run folder, their shapes and sizes.")
    parser.add_argument("target", metavar="CONFIG|RUN", type=Path, help="a YAML file, or a run folder")
    parser.add_argument("overrides", metavar="a.b=value", nargs="*", default=[],
                        help="values that replace those of the config, such as model.layers.fc1.units=64")
    parser.set_defaults(run=run, parser=parser)


def run(args):
    if args.target.is_dir() and args.overrides:
        args.parser.error("overrides change a config, not the model of a run folder")
    experiment.summary(args.target, args.overrides)
    return 0
