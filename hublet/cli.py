"""The command ``hublet``: one parser for all commands, which shell completion reads too."""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import TYPE_CHECKING, Protocol

from hublet.failure import Failure
from hublet.home import version

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = (
    *("run", "serve", "ui", "invoke", "cache"),
    *("synth", "deploy", "destroy", "cost", "key", "options"),
    *("add-task", "doctor", "completion"),
)
"""In the order of the help. Each is a file of ``hublet/commands/``; nothing else lists it."""

EXAMPLES = """\
Begin here:
  hublet run sentiment        call one function on this machine, with a small demo model
  hublet serve                all functions on one port, until Ctrl-C
  hublet doctor               what is missing, and what to do about it
  hublet deploy               your own AWS account

`hublet COMMAND --help` explains a command.
"""


class Command(Protocol):
    """What a file of ``hublet/commands/`` has."""

    SUMMARY: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what the command takes."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; returns the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a failure is one sentence on standard error, and 1."""
    arguments = make_parser().parse_args(argv)
    try:
        return load(arguments.command).run(arguments)
    except Failure as error:
        print(f"hublet: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `hublet options | head`
        sys.stderr.close()
        return 0


def load(name: str) -> Command:
    """The module of a command. What it needs to run is imported when it runs."""
    module: Command = importlib.import_module(f"hublet.commands.{name.replace('-', '_')}")
    return module


def make_parser() -> argparse.ArgumentParser:
    """All commands with all of their arguments."""
    parser = argparse.ArgumentParser(
        prog="hublet",
        description="Hugging Face models in your own AWS account, and on your own machine.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"hublet {version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    for name in COMMANDS:
        command = load(name)
        sub = commands.add_parser(
            name, help=command.SUMMARY, description=_sentence(command.SUMMARY), allow_abbrev=False
        )
        command.add_arguments(sub)
    return parser


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."
