"""Figures -> ratios and a Markdown table; each ratio is the median of its pairs."""

from __future__ import annotations

import statistics
from typing import Any

EFS_BYTES_PER_S = 100e6
HEADINGS = (
    "model",
    "cold s: peer → ours (floor)",
    "×",
    "× at 100 MB/s (computed)",
    "warm ms at 128 tokens: peer → ours (floor)",
    "×",
    "peak MB: peer → ours",
    "×",
    "bytes ×",
    "first-ever s",
)


def ratios(row: dict[str, Any]) -> dict[str, float]:
    """How many times faster or smaller than the peer, and how near to the floor."""
    efs = [
        (pair["peer"] + row["model_bytes"]["peer"] / EFS_BYTES_PER_S)
        / (pair["ours"] + row["model_bytes"]["ours"] / EFS_BYTES_PER_S)
        for pair in row["cold_s"]
    ]
    at_128 = next(entry for entry in row["warm_ms"] if entry["tokens"] == 128)
    return {
        "cold_faster": statistics.median(pair["peer"] / pair["ours"] for pair in row["cold_s"]),
        "cold_faster_at_100_MB_per_s": statistics.median(efs),
        "cold_to_floor": statistics.median(pair["ours"] / pair["floor"] for pair in row["cold_s"]),
        "warm_faster": at_128["peer"]["p50"] / at_128["ours"]["p50"],
        "warm_to_floor": at_128["ours"]["p50"] / at_128["floor"]["p50"],
        "memory": row["peak_memory_mb"]["ours"] / row["peak_memory_mb"]["peer"],
        "bytes": row["model_bytes"]["ours"] / row["model_bytes"]["peer"],
    }


def markdown(document: dict[str, Any]) -> str:
    """A table for people."""
    machine = document["machine"]
    lines = [
        f"{machine['cores']} cores, {machine['cpu']}, VNNI {machine['vnni']}, {machine['measured']}",
        "",
        f"| {' | '.join(HEADINGS)} |",
        "|---" * len(HEADINGS) + "|",
    ]
    for row in document["rows"]:
        lines.append(_line(row))
    return "\n".join(lines) + "\n"


def _line(row: dict[str, Any]) -> str:
    ratio = ratios(row)
    cold = {
        name: statistics.median(pair[name] for pair in row["cold_s"]) for name in ("peer", "ours", "floor")
    }
    warm = next(entry for entry in row["warm_ms"] if entry["tokens"] == 128)
    memory = row["peak_memory_mb"]
    cells = [
        row["model"],
        f"{cold['peer']:.2f} → {cold['ours']:.2f} ({cold['floor']:.2f})",
        f"{ratio['cold_faster']:.1f}",
        f"{ratio['cold_faster_at_100_MB_per_s']:.1f}",
        f"{warm['peer']['p50']:.1f} → {warm['ours']['p50']:.1f} ({warm['floor']['p50']:.1f})",
        f"{ratio['warm_faster']:.1f}",
        f"{memory['peer']:.0f} → {memory['ours']:.0f}",
        f"{ratio['memory']:.2f}",
        f"{ratio['bytes']:.2f}",
        f"{row['first_invoke_s']:.1f}",
    ]
    return f"| {' | '.join(cells)} |"
