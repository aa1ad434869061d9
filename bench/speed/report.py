"""The figures as Markdown tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.cost.prices import million_calls_usd
from bench.speed import ratios

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

START = ("model", "served as", "cold s", "×", "at 100 MB/s s", "×", "first-ever s (MB)")
RUN = (
    "model",
    "question",
    "warm p50 ms",
    "p95 ms",
    "×",
    "to baseline",
    "tokens/s",
    "overhead ms",
    "$ a million calls",
)
SIZE = ("model", "peak MB", "part", "bytes read MB", "part")


def markdown(document: dict[str, Any]) -> str:
    """Three tables: start, calls, size. The order in a cell is always peer → ours (baseline)."""
    cases, prices = document["cases"], document["prices"]
    return (
        "\n\n".join(
            [
                _machine(document["machine"]),
                "Each cell with an arrow is peer → ours (baseline).",
                _table(START, [_start(case) for case in cases]),
                _table(RUN, [_run(case, figures, prices) for case in cases for figures in case["warm_ms"]]),
                _table(SIZE, [_size(case) for case in cases]),
                _notes(cases, prices),
            ]
        )
        + "\n"
    )


def _machine(machine: dict[str, Any]) -> str:
    vnni = "with" if machine["vnni"] else "without"
    return f"{machine['cores']} cores, {machine['cpu']}, {vnni} VNNI, {machine['measured']}."


def _start(case: dict[str, Any]) -> list[str]:
    found = ratios.summarize(case)
    how = "" if case["uncached"]["pairs"] else " computed"
    first = case["first_invoke"]
    return [
        case["model"],
        f"{case['engine']} {case['precision']}",
        _arrow(ratios.medians(case["cold_s"]), 2),
        f"{found['cold_faster']:.1f}",
        _arrow(ratios.medians(ratios.slow_cold_starts(case)), 2) + how,
        f"{found['slow_cold_faster']:.1f}",
        f"{first['s']:.0f} ({first['peak_memory_mb']:.0f})",
    ]


def _run(case: dict[str, Any], figures: dict[str, Any], prices: dict[str, Any]) -> list[str]:
    blocks, p50, tokens = figures["blocks"], figures["p50"], figures["output_tokens"]
    overhead = ratios.median_overhead_ms(blocks)
    speeds = {name: tokens * 1000 / p50[name] for name in p50} if tokens else None
    dollars = {
        name: million_calls_usd(p50[name], case["memory_mb"], case["architecture"], prices)
        for name in ("peer", "ours")
    }
    return [
        case["model"],
        figures["label"],
        _arrow(p50, 1),
        _arrow(figures["p95"], 1),
        f"{ratios.median_ratio(blocks, 'peer', 'ours'):.1f}",
        f"{ratios.median_ratio(blocks, 'ours', 'baseline'):.2f}",
        _arrow(speeds, 0) if speeds else "",
        "" if overhead is None else f"{overhead:.1f}",
        f"{dollars['peer']:.2f} → {dollars['ours']:.2f}",
    ]


def _size(case: dict[str, Any]) -> list[str]:
    found, fetched = ratios.summarize(case), case["uncached"]["fetched_bytes"]
    return [
        case["model"],
        _arrow(case["peak_memory_mb"], 0),
        f"{found['memory']:.2f}",
        _arrow({name: count / 1e6 for name, count in fetched.items()}, 0),
        f"{found['bytes']:.2f}",
    ]


def _notes(cases: Sequence[dict[str, Any]], prices: dict[str, Any]) -> str:
    forced = [case for case in cases if case["precision"].startswith("int8")]
    random = [case["model"] for case in forced if case["weights"] == "random"]
    capped = [case["model"] for case in cases if case["variables"]]
    lines = [
        f"Prices: {prices['source']}, {prices['region']}, {prices['date']}; calls as long as the warm p50."
    ]
    if random:
        lines.append(
            f"Random weights: a proof on them means nothing, so int8 is forced: {', '.join(random)}."
        )
    if capped:
        lines.append(f"All contenders limited to AVX2, as their libraries allow it: {', '.join(capped)}.")
    return "\n".join(f"- {line}" for line in lines)


def _arrow(figures: dict[str, float], digits: int) -> str:
    peer, ours, baseline = (f"{figures[name]:.{digits}f}" for name in ("peer", "ours", "baseline"))
    return f"{peer} → {ours} ({baseline})"


def _table(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(headings)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, rule, *lines))
