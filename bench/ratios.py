"""Figures -> ratios; each is the median over pairs that were measured one right after the other."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def of_row(row: dict[str, Any]) -> dict[str, float]:
    """How many times faster than the peer, what part of its memory and bytes, and how near to the floor."""
    main = row["warm_ms"][0]["blocks"]
    fetched, peak = row["uncached"]["fetched_bytes"], row["peak_memory_mb"]
    found = {
        "cold_faster": over(row["cold_s"], "peer", "ours"),
        "cold_to_floor": over(row["cold_s"], "ours", "floor"),
        "slow_cold_faster": over(slow_cold(row), "peer", "ours"),
        "warm_faster": over(main, "peer", "ours"),
        "warm_to_floor": over(main, "ours", "floor"),
        "memory": peak["ours"] / peak["peer"],
        "memory_to_floor": peak["ours"] / peak["floor"],
        "bytes": fetched["ours"] / fetched["peer"],
        "first_invoke_memory": row["first_invoke"]["peak_memory_mb"] / peak["peer"],
    }
    overhead = overhead_ms(main)
    return found if overhead is None else {**found, "overhead_ms": overhead}


def overhead_ms(blocks: Sequence[dict[str, float]]) -> float | None:
    """What a caller waits beyond the engine's own time: runtime client, JSON, checks, log line."""
    if not all("inference" in block for block in blocks):
        return None
    return statistics.median(block["ours"] - block["inference"] for block in blocks)


def over(pairs: Sequence[dict[str, float]], above: str, below: str) -> float:
    """The median of the pairs' quotients."""
    return statistics.median(pair[above] / pair[below] for pair in pairs)


def slow_cold(row: dict[str, Any]) -> list[dict[str, float]]:
    """Cold starts from slow storage: measured, or the cached ones and the time that the bytes would take."""
    uncached = row["uncached"]
    if uncached["pairs"]:
        pairs: list[dict[str, float]] = uncached["pairs"]
        return pairs
    extra_s = {name: count / uncached["bytes_per_s"] for name, count in uncached["fetched_bytes"].items()}
    return [{name: seconds + extra_s[name] for name, seconds in pair.items()} for pair in row["cold_s"]]


def median_of(pairs: Sequence[dict[str, float]]) -> dict[str, float]:
    """Each side's own median."""
    return {name: statistics.median(pair[name] for pair in pairs) for name in pairs[0]}
