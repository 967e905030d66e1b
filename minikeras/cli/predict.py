"""minikeras predict RUN IN -o OUT"""

from pathlib import Path

from .. import experiment


def add_parser(commands):
    parser = commands.add_parser(
        "predict", help="predict with a run's model for inputs from a file",
        description="Write what the model of a run folder predicts. IN holds raw inputs, as the data source has them: "
                    "a .npy array, or a .csv file with one example a line; the run's transforms are applied.")
    parser.add_argument("target", metavar="RUN", type=Path, help="the run folder")
    parser.add_argument("inputs", metavar="IN", type=Path, help=".csv or .npy file of inputs")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True,
                        help=".csv or .jsonl for the predicted classes and their probabilities, .npy for the latter")
    parser.set_defaults(run=run, parser=parser)


def run(args):
    experiment.choose_threads(experiment.read_config(args.target / "resolved.yaml").threads)
    count = experiment.predict(args.target, args.inputs, args.output)
    print(f"{args.output}: {count} prediction{'s' * (count != 1)}")
    return 0
