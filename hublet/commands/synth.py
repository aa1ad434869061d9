"""``hublet synth``: the CloudFormation template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hublet import arguments as shared
from hublet.synthesis import OUTPUT, synthesize

if TYPE_CHECKING:
    import argparse

SUMMARY = "write the CloudFormation template that a deployment would use"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The stack's options, and where to."""
    shared.add_context(parser)
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="FOLDER", help=f"{OUTPUT} by default")
    parser.add_argument("--json", action="store_true", help="name the stack and the template's file as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print where the template is."""
    made = synthesize(arguments.output, arguments.context)
    said = {"stack": made.stack, "template": str(made.template)}
    print(json.dumps(said) if arguments.json else made.template)
    return 0
