"""The README's table of figures: the peer against ours, a row a model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bench import ratios

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKS = re.compile(r"(<!-- make bench DOCUMENTS=1 -->\n)(.*?)(<!-- end of make bench -->)", re.DOTALL)
HEADINGS = (
    "model, and what it is asked",
    "cold start, s",
    "warm call, ms",
    "peak memory, MB",
    "bytes read, MB",
)


def in_document(text: str, document: Mapping[str, Any]) -> str:
    """The text with the table between its marks made again; :class:`ValueError` where there are none."""
    made, count = MARKS.subn(lambda found: found[1] + table(document) + found[3], text)
    if not count:
        raise ValueError("the document has no marks for the table of make bench")
    return made


def table(document: Mapping[str, Any]) -> str:
    """Markdown; each cell is peer → ours, and how many times less that is."""
    lines = ["", f"| {' | '.join(HEADINGS)} |", f"| --- |{' ---: |' * (len(HEADINGS) - 1)}"]
    lines += [f"| {' | '.join(_cells(row))} |" for row in document["rows"]]
    machine = document["machine"]
    return "\n".join(
        [*lines, "", f"- {machine['cores']} cores, {machine['cpu']}, {machine['measured']}.", ""]
    )


def _cells(row: Mapping[str, Any]) -> list[str]:
    warm, fetched = row["warm_ms"][0], row["uncached"]["fetched_bytes"]
    megabytes = {name: count / 1e6 for name, count in fetched.items()}
    cold, peak = ratios.median_of(row["cold_s"]), row["peak_memory_mb"]
    return [
        f"{row['model']}, {row['weights']} weights ({row['precision']}): {warm['label']}",
        _cell(cold, ratios.over(row["cold_s"], "peer", "ours"), 2),
        _cell(warm["p50"], ratios.over(warm["blocks"], "peer", "ours"), 0),
        _cell(peak, peak["peer"] / peak["ours"], 0),
        _cell(megabytes, megabytes["peer"] / megabytes["ours"], 0),
    ]


def _cell(figures: Mapping[str, float], ratio: float, digits: int) -> str:
    return f"{figures['peer']:,.{digits}f} → {figures['ours']:,.{digits}f} ({ratio:.1f}×)"
