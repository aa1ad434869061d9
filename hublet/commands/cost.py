"""``hublet cost``: what the stack costs a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hublet import arguments as shared

if TYPE_CHECKING:
    import argparse

SUMMARY = "say what the stack costs a month, idle and in use, next to alternatives"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much is called, and the stack's options."""
    parser.add_argument("task", nargs="?", default="sentiment", metavar="TASK", help="sentiment by default")
    parser.add_argument("--rps", metavar="NUMBER", help="calls a second; 0.1 by default")
    parser.add_argument("--seconds-per-call", metavar="SECONDS", help="warm; measured or assumed by default")
    parser.add_argument("--sources", action="store_true", help="also name the pages of the prices")
    parser.add_argument("--json", action="store_true", help="each line with its dollars as JSON")
    shared.add_context(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the table."""
    from bench.cost.monthly import main
    from hublet.synthesis import synthesize_apart

    task = shared.join_tasks([arguments.task])
    made = synthesize_apart(arguments.context)
    given = ["--task", task, "--cdk-out", str(made.folder)]
    for name in ("rps", "seconds_per_call"):
        if value := getattr(arguments, name):
            given += [f"--{name.replace('_', '-')}", value]
    given += [f"--{name}" for name in ("sources", "json") if getattr(arguments, name)]
    main(given)
    return 0
