"""``hublet options``: every option of the stack."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from stacks.options.kinds import Key

SUMMARY = "list every option of the stack, for -c KEY=VALUE"
WIDTH = 88


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One of them, or all."""
    parser.add_argument("keys", nargs="*", metavar="KEY", help="these alone; all by default")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print them."""
    found = [each for each in describe() if not arguments.keys or each["key"] in arguments.keys]
    if unknown := set(arguments.keys) - {each["key"] for each in found}:
        from hublet.failure import Failure

        raise Failure(f"KEY: there is no option {', '.join(sorted(unknown))}; `hublet options` lists all")
    print(json.dumps(found, indent=1) if arguments.json else "\n".join(map(_show, found)))
    return 0


def describe() -> list[dict[str, Any]]:
    """Every key: its default, its values, and what it does, in plain text."""
    from stacks.options.keys import KEYS, TASK_KEYS

    return [*map(_describe, KEYS), *(_describe(key.of_task("<task>")) for key in TASK_KEYS)]


def _describe(key: Key) -> dict[str, Any]:
    return {
        "key": key.name,
        "default": key.default if key.default != "" else _plain(key.default_note) or None,
        "values": _plain(key.values_note or key.describe_values()),
        "effect": _plain(key.effect),
    }


def _plain(markdown: str) -> str:
    """Without links and marks of code."""
    text = re.sub(r" \(\[[^\]]*\]\([^)]*\)\)", "", markdown)
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("`", "")


def _show(option: dict[str, Any]) -> str:
    default = json.dumps(option["default"]) if isinstance(option["default"], bool) else option["default"]
    head = f"{option['key']}={default if default is not None else ''}"
    lines = textwrap.wrap(f"{option['effect']} ({option['values']})", WIDTH)
    return "\n".join([head, *(f"    {line}" for line in lines)])
