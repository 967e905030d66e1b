"""The command line: `minikeras COMMAND TARGET ...`, one file a command.

Exit codes: 0 ok, 1 failure, 2 a mistake in the config or the command, 3 a loss that is not finite, 130 Ctrl-C.
"""

import argparse
import sys

from ..errors import MinikerasError
from . import evaluate, predict, summary, train

__all__ = ["main"]

_COMMANDS = (train, evaluate, predict, summary)


class _Parser(argparse.ArgumentParser):
    """One line for a mistake, where argparse prints the usage too."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def make_parser():
    """The parser of all commands."""
    parser = _Parser(prog="minikeras", description="Train small networks from YAML files, and use them.",
                     epilog="minikeras COMMAND --help says more about one.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_parser(commands)
    return parser


def main(arguments=None):
    """Run one command; its exit code. `arguments` are those of the process by default."""
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except SystemExit as stop:          # argparse: --help, or a mistake it has printed
        return stop.code or 0
    except MinikerasError as error:
        print(error, file=sys.stderr)
        return getattr(error, "exit_code", 2)
    except BrokenPipeError:             # the reader of our output has gone, as in `| head`
        sys.stdout = None
        return 1
    except OSError as error:
        print(f"minikeras: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("minikeras: interrupted", file=sys.stderr)
        return 130


def _run(arguments):
    parser = make_parser()
    parsed, extra = parser.parse_known_args(arguments)
    # argparse takes overrides only in one row; those after a flag come back as unknown.
    unknown = [text for text in extra if text.startswith("-") or "overrides" not in parsed or "=" not in text]
    if unknown:
        parsed.parser.error(f"unrecognized: {' '.join(unknown)}")
    if extra:
        parsed.overrides = [*parsed.overrides, *extra]
    return parsed.run(parsed)
