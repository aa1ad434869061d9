"""``hublet cache``: the model cache."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hublet import arguments as shared
from hublet.commands.invoke import where

if TYPE_CHECKING:
    import argparse

SUMMARY = "list, verify, remove, prefetch or prune the models on the cache"
ACTIONS = ("list", "verify", "remove", "prefetch", "prune")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, with which model, where."""
    parser.add_argument("action", nargs="?", default="list", choices=ACTIONS, help="list by default")
    parser.add_argument("--model", metavar="OWNER/NAME", help="this model alone")
    parser.add_argument("--args", metavar="JSON", help='more of the event, like {"dry_run": true}')
    parser.add_argument("--json", action="store_true", help="the answer as it came")
    parser.add_argument(
        "--cache", type=Path, metavar="FOLDER", help="on this machine; build/cache by default"
    )
    parser.add_argument(
        "--template", type=Path, metavar="FILE", help="a synthesized template of your own app"
    )
    shared.add_deployed(parser, "of `hublet serve`, for prefetch")


def run(arguments: argparse.Namespace) -> int:
    """Print a table, or JSON."""
    from local.commands.cache import main
    from local.folders import admit_own_tasks

    admit_own_tasks()
    given = [arguments.action, *where(arguments), *(["--json"] if arguments.json else [])]
    for name in ("model", "args", "cache", "template"):
        if value := getattr(arguments, name):
            given += [f"--{name}", str(value)]
    return main(given)
