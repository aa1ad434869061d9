"""``hublet deploy``: the stack in AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hublet import arguments as shared
from hublet.cdk_cli import run_cdk
from hublet.synthesis import synthesize_apart

if TYPE_CHECKING:
    import argparse

SUMMARY = "deploy the stack to your AWS account"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The stack's options, and how to ask."""
    shared.add_context(parser)
    add_account(parser, "do not ask before permissions are changed")
    parser.add_argument(
        *("--outputs", "-o"),
        default=str(shared.OUTPUTS),
        metavar="FILE",
        help="where names and URLs are kept",
    )


def add_account(parser: argparse.ArgumentParser, yes: str) -> None:
    """Whose account, and whether to ask."""
    parser.add_argument("--profile", metavar="NAME", help="of your AWS configuration")
    parser.add_argument("--yes", action="store_true", help=yes)


def run(arguments: argparse.Namespace) -> int:
    """Synthesize, then let the CDK deploy what was written."""
    made = synthesize_apart(arguments.context)
    flags = ["--outputs-file", arguments.outputs]
    if arguments.yes:
        flags += ["--require-approval", "never"]
    return run_cdk("deploy", made, arguments.profile, *flags)
