"""Outcomes as tables of Markdown."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from typing import TYPE_CHECKING

from tests.clients.catalog import ABILITIES, HERE, ROW
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.clients.asking import Outcome
    from tests.clients.catalog import Client

PIN = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)


def clients_table(outcomes: Sequence[Outcome]) -> str:
    """One line for each client, one column for each thing that some client can do."""
    reasons: list[str] = []
    lines = [["client", "version", *ABILITIES.values()], ["---", "---", *[":-:"] * len(ABILITIES)]]
    for client in dict.fromkeys(outcome.client for outcome in outcomes):
        by_name = {each.name: each for each in outcomes if each.client == client}
        cells = [_cell(by_name.get(name), reasons) for name in ABILITIES]
        lines.append([f"`{client.package}`{_note(client)}", pinned(client), *cells])
    notes = [f"{number}. {reason}" for number, reason in enumerate(reasons, 1)]
    return "\n".join([*(_line(cells) for cells in lines), *([""] if notes else []), *notes])


def rows_table(outcomes: Iterable[Outcome]) -> str:
    """One line for each reported trouble, with the clients that tried it."""
    by_row: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        if found := ROW.fullmatch(outcome.name):
            by_row.setdefault(int(found[1]), []).append(outcome)
    lines = [["row", "tried by", "right"], ["---:", "---", ":-:"]]
    for row, tried in sorted(by_row.items()):
        who = ", ".join(f"`{each.client.package}`" for each in tried)
        lines.append([str(row), who, "yes" if all(each.error is None for each in tried) else "**no**"])
    return "\n".join(_line(cells) for cells in lines)


def pinned(client: Client) -> str:
    """The version that was asked."""
    if client.language == "node":
        packages = json.loads((HERE / "node/package.json").read_text())["dependencies"]
        return str(packages.get(client.package, ""))
    if client.package == "curl":
        return ""
    if client.is_ours:
        return str(version(client.package))
    return str(dict(PIN.findall((ROOT / "requirements-clients.txt").read_text()))[client.package])


def _note(client: Client) -> str:
    return ", Node.js" if client.language == "node" else ""


def _cell(outcome: Outcome | None, reasons: list[str]) -> str:
    if outcome is None:
        return ""
    if outcome.error is None:
        return "yes"
    if outcome.reason is None:
        return "**no**"
    if outcome.reason not in reasons:
        reasons.append(outcome.reason)
    return f"({reasons.index(outcome.reason) + 1})"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
