"""``hublet completion``: a script that lets your shell complete commands and options."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = 'print a script for your shell, for example: eval "$(hublet completion bash)"'
SHELLS = ("bash", "zsh", "tcsh")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which shell."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that you use")


def run(arguments: argparse.Namespace) -> int:
    """Print the script that shtab makes of all commands."""
    import shtab

    from hublet.cli import make_parser

    print(shtab.complete(make_parser(), arguments.shell))
    return 0
