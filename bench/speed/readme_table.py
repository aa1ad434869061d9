"""The table of figures in docs/bench/README.md: the peer and ours, one line for each model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bench.speed import ratios

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


def replace_table(text: str, document: Mapping[str, Any]) -> str:
    """The text with a new table between its marks; :class:`ValueError` if it has no marks."""
    made, count = MARKS.subn(lambda found: found[1] + table(document) + found[3], text)
    if not count:
        raise ValueError("the document has no marks for the table of make bench")
    return made


def table(document: Mapping[str, Any]) -> str:
    """The table as Markdown; a cell is peer → ours, and how many times less ours is."""
    lines = ["", f"| {' | '.join(HEADINGS)} |", f"| --- |{' ---: |' * (len(HEADINGS) - 1)}"]
    lines += [f"| {' | '.join(_cells(case))} |" for case in document["cases"]]
    machine = document["machine"]
    return "\n".join(
        [*lines, "", f"- {machine['cores']} cores, {machine['cpu']}, {machine['measured']}.", ""]
    )


def _cells(case: Mapping[str, Any]) -> list[str]:
    warm, fetched = case["warm_ms"][0], case["uncached"]["fetched_bytes"]
    megabytes = {name: count / 1e6 for name, count in fetched.items()}
    cold, peak = ratios.medians(case["cold_s"]), case["peak_memory_mb"]
    return [
        f"{case['model']}, {case['weights']} weights ({case['precision']}): {warm['label']}",
        _cell(cold, ratios.median_ratio(case["cold_s"], "peer", "ours"), 2),
        _cell(warm["p50"], ratios.median_ratio(warm["blocks"], "peer", "ours"), 0),
        _cell(peak, peak["peer"] / peak["ours"], 0),
        _cell(megabytes, megabytes["peer"] / megabytes["ours"], 0),
    ]


def _cell(figures: Mapping[str, float], ratio: float, digits: int) -> str:
    return f"{figures['peer']:,.{digits}f} → {figures['ours']:,.{digits}f} ({ratio:.1f}×)"
