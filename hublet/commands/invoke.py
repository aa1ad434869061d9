"""``hublet invoke``: one call of one function."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hublet import arguments as shared

if TYPE_CHECKING:
    import argparse

SUMMARY = "call one function: of `hublet serve`, or a deployed one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which function, with what, and where."""
    parser.add_argument("task", metavar="TASK", help="a task's name, like sentiment or image-classification")
    parser.add_argument(
        "--event", type=Path, metavar="FILE", help="JSON; the task's first example by default"
    )
    shared.add_deployed(parser, "of `hublet serve` on this machine")


def run(arguments: argparse.Namespace) -> int:
    """Print the answer as JSON."""
    from local.commands.invoke import main
    from local.folders import admit_own_tasks

    admit_own_tasks()
    event = ["--event", str(arguments.event)] if arguments.event else []
    return main([arguments.task, *event, *where(arguments)])


def where(arguments: argparse.Namespace) -> list[str]:
    """The arguments that say which functions are called."""
    if arguments.deployed:
        return ["--deployed", "--outputs", str(arguments.outputs)]
    return ["--port", str(arguments.port)]
