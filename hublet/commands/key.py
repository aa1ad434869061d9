"""``hublet key``: a new key for ``auth=key``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = "make a key for callers, with the hash that the stack is given (auth=key)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the form."""
    parser.add_argument("--json", action="store_true", help="the key and its hash as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print both; nothing is stored."""
    from local.commands.key import main, new_key, sha256

    if arguments.json:
        key = new_key()
        print(json.dumps({"key": key, "sha256": sha256(key)}))
    else:
        main("hublet deploy -c auth=key -c key_sha256={digest}")
    return 0
