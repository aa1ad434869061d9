"""``hublet serve``: the local cloud, until Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hublet import arguments as shared
from hublet.local_cloud import start

if TYPE_CHECKING:
    import argparse

SUMMARY = "serve functions on one port of this machine, until Ctrl-C"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which functions, and where."""
    shared.add_tasks(parser, "functions to serve, like sentiment")
    parser.add_argument("--port", type=int, default=8080, help="8080 by default; 0 takes a free one")
    shared.add_local(parser)
    shared.add_precision(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve; the first line of the output is ``ready`` and the address."""
    return start("serve", arguments, "--port", str(arguments.port))
