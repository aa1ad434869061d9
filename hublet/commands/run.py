"""``hublet run``: every function once, on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hublet import arguments as shared
from hublet.local_cloud import start

if TYPE_CHECKING:
    import argparse

SUMMARY = "call functions once on this machine, and print answers and times"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which functions, and on which models."""
    shared.add_tasks(parser, "functions to call, like sentiment")
    shared.add_local(parser)
    shared.add_precision(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the table, and write ``build/run.json``."""
    return start("run", arguments)
