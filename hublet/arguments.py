"""Arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hublet.failure import Failure
from inference.settings import PRECISIONS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

OUTPUTS = Path("build/outputs.json")


def add_tasks(parser: argparse.ArgumentParser, what: str) -> None:
    """Names of functions; none means all."""
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"{what}; all by default")


def add_context(parser: argparse.ArgumentParser) -> None:
    """Options of the stack, as the CDK takes them."""
    parser.add_argument(
        *("-c", "--context"),
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an option of the stack, as often as you like; `hublet options` lists them",
    )


def add_local(parser: argparse.ArgumentParser) -> None:
    """What the local cloud takes."""
    parser.add_argument(
        "--hub",
        default="embedded",
        metavar="URL",
        help="a Hub for the real models; small demo models without",
    )
    parser.add_argument(
        "--cache", type=Path, metavar="FOLDER", help="the model cache; build/cache by default"
    )
    parser.add_argument(
        "--template", type=Path, metavar="FILE", help="a synthesized template of your own app"
    )
    add_context(parser)


def add_precision(parser: argparse.ArgumentParser) -> None:
    """The form of every model."""
    parser.add_argument("--precision", choices=PRECISIONS, help="of every model, in place of the stack's")


def add_deployed(parser: argparse.ArgumentParser, port_use: str) -> None:
    """Functions in AWS, or on this machine."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--port", type=int, default=8080, help=port_use)
    where.add_argument("--deployed", action="store_true", help="in AWS, with your credentials")
    parser.add_argument(
        "--outputs", type=Path, default=OUTPUTS, metavar="FILE", help="what `hublet deploy` wrote"
    )


def join_tasks(tasks: Sequence[str]) -> str:
    """The names as the stack and the local cloud take them; :class:`Failure` for one that no task has."""
    from inference.tasks import BadTask, task_names
    from local.folders import admit_own_tasks

    admit_own_tasks()
    names = [part.strip().replace("-", "_") for each in tasks for part in each.split(",")]
    try:
        known = task_names()
    except BadTask as error:
        raise Failure(str(error)) from error
    for name in names:
        if name not in known:
            raise Failure(f"TASK: there is no task {name!r}; known: {', '.join(known)}")
    return ",".join(names)
