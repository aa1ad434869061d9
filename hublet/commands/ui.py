"""``hublet ui``: the playground."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hublet import arguments as shared
from hublet.local_cloud import local_arguments
from hublet.model_environment import UI, enter

if TYPE_CHECKING:
    import argparse

SUMMARY = "open the playground: a page in your browser, with a view for each function"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which functions: of this machine, or deployed ones."""
    shared.add_tasks(parser, "functions to show")
    parser.add_argument("--port", type=int, default=7860, help="of the page; 7860 by default")
    parser.add_argument(
        "--endpoints", metavar="FILE", help="deployed functions: an outputs file, or the name of a stack"
    )
    shared.add_local(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    enter(UI)
    from playground.__main__ import main

    given = ["--port", str(arguments.port)]
    if arguments.endpoints:
        return main([*given, "--endpoints", arguments.endpoints])
    return main([*given, *local_arguments(arguments)])
