"""Ratios of figures: medians over pairs that were measured right after each other."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def summarize(case: dict[str, Any]) -> dict[str, float]:
    """Speed, memory and bytes of ours as ratios to the peer and to the baseline."""
    main = case["warm_ms"][0]["blocks"]
    fetched, peak = case["uncached"]["fetched_bytes"], case["peak_memory_mb"]
    found = {
        "cold_faster": median_ratio(case["cold_s"], "peer", "ours"),
        "cold_to_baseline": median_ratio(case["cold_s"], "ours", "baseline"),
        "slow_cold_faster": median_ratio(slow_cold_starts(case), "peer", "ours"),
        "warm_faster": median_ratio(main, "peer", "ours"),
        "warm_to_baseline": median_ratio(main, "ours", "baseline"),
        "memory": peak["ours"] / peak["peer"],
        "memory_to_baseline": peak["ours"] / peak["baseline"],
        "bytes": fetched["ours"] / fetched["peer"],
        "first_invoke_memory": case["first_invoke"]["peak_memory_mb"] / peak["peer"],
    }
    overhead = median_overhead_ms(main)
    return found if overhead is None else {**found, "overhead_ms": overhead}


def median_overhead_ms(blocks: Sequence[dict[str, float]]) -> float | None:
    """Median of the time a call takes beyond the engine's: runtime client, JSON, checks, log line."""
    if not all("inference" in block for block in blocks):
        return None
    return statistics.median(block["ours"] - block["inference"] for block in blocks)


def median_ratio(pairs: Sequence[dict[str, float]], above: str, below: str) -> float:
    """Median of ``above / below`` over the pairs."""
    return statistics.median(pair[above] / pair[below] for pair in pairs)


def slow_cold_starts(case: dict[str, Any]) -> list[dict[str, float]]:
    """Seconds of cold starts from slow storage; computed from the bytes read where none was measured."""
    uncached = case["uncached"]
    if uncached["pairs"]:
        pairs: list[dict[str, float]] = uncached["pairs"]
        return pairs
    extra_s = {name: count / uncached["bytes_per_s"] for name, count in uncached["fetched_bytes"].items()}
    return [{name: seconds + extra_s[name] for name, seconds in pair.items()} for pair in case["cold_s"]]


def medians(pairs: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each contender."""
    return {name: statistics.median(pair[name] for pair in pairs) for name in pairs[0]}
