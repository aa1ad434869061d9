"""Lines of words and figures -> a table for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def aligned(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """The first column begins in one place, the others end in one."""
    widths = [max(map(len, column)) for column in zip(headings, *lines, strict=True)]
    rows = [[line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])] for line in (headings, *lines)]
    return "\n".join("  ".join(row).rstrip() for row in rows)
