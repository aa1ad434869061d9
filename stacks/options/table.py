"""The table of context keys in Markdown, and the document that it stands in."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from stacks.options.context import as_text
from stacks.options.keys import KEYS, TASK_KEYS

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.options.kinds import Key

HEADINGS = ("key", "default", "values", "what it does")
MARK = "<!-- make options DOCUMENT=1 -->\n\n"
ROW = r"^\|.*\n"
STANDING = re.compile(
    rf"(?:<!-- make options .*-->\n\n)?^\| key \|.*\n(?=(?:{ROW})*\| `{KEYS[0].name}` \|)(?:{ROW})+",
    re.MULTILINE,
)
"""The table as it stands in a document, with or without its mark; other tables have other rows."""
LINK = re.compile(r"\]\((?=\w[\w./-]*)([^):#]+)")


def make_table(folder: str = ".") -> str:
    """Markdown; ``folder`` is where the document lies, from the repository's root, so that links fit."""
    rows = [_row(key) for key in KEYS] + [_row(key.of_task("<task>")) for key in TASK_KEYS]
    lines = [_line(HEADINGS), "|---" * len(HEADINGS) + "|", *map(_line, rows)]
    return LINK.sub(lambda found: f"]({os.path.relpath(found[1], folder)}", "\n".join(lines) + "\n")


def _row(key: Key) -> tuple[str, str, str, str]:
    default = as_text(key.default)
    shown_default = key.default_note or (f"`{default}`" if default else "none")
    return f"`{key.name}`", shown_default, key.values_note or key.describe_values(), key.effect


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def find_document(root: Path) -> Path:
    """The one document that has the table; :class:`ValueError` when there is none, or more than one."""
    found = [
        path
        for path in [root / "README.md", *sorted((root / "docs").glob("*.md"))]
        if STANDING.search(path.read_text())
    ]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "no document"
        raise ValueError(f"the table of context keys must stand in one document; it stands in {names}")
    return found[0]


def renew(path: Path, root: Path) -> str:
    """The document's text with the table made again."""
    table = make_table(os.path.relpath(path.parent, root))
    return STANDING.sub(lambda _: MARK + table, path.read_text())
