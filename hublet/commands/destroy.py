"""``hublet destroy``: the stack goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hublet import arguments as shared
from hublet.cdk_cli import run_cdk
from hublet.commands.deploy import add_account
from hublet.synthesis import synthesize_apart

if TYPE_CHECKING:
    import argparse

SUMMARY = "remove the stack from your AWS account, with the models on its cache"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which stack, and whether to ask."""
    shared.add_context(parser)
    add_account(parser, "do not ask whether you are sure")


def run(arguments: argparse.Namespace) -> int:
    """The options say which stack it is: its ``name``."""
    made = synthesize_apart(arguments.context)
    return run_cdk("destroy", made, arguments.profile, *(["--force"] if arguments.yes else []))
