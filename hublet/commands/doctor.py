"""``hublet doctor``: what is missing."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from hublet.doctor.report import DEPLOY, RUN, as_json, as_text, checks_for, is_well, look
from inference.settings import DEFAULT_HUB

if TYPE_CHECKING:
    import argparse

SUMMARY = "look at this machine and your AWS account, and say what to do"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """For what, and whose account."""
    parser.add_argument(
        "--for", dest="purpose", choices=(RUN, DEPLOY), help="what this alone needs; both by default"
    )
    parser.add_argument("--profile", metavar="NAME", help="of your AWS configuration")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the report; 1 if something has failed."""
    hub_url = os.environ.get("HF_ENDPOINT") or DEFAULT_HUB
    found = look(checks_for(arguments.purpose, arguments.profile, hub_url))
    print(json.dumps(as_json(found), indent=1) if arguments.json else as_text(found), flush=True)
    return 0 if is_well(found) else 1
