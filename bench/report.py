"""Figures -> Markdown tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench import cost, ratios

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

START = ("model", "served as", "cold s", "×", "at 100 MB/s s", "×", "first-ever s (MB)")
RUN = (
    "model",
    "question",
    "warm p50 ms",
    "p95 ms",
    "×",
    "to floor",
    "tokens/s",
    "overhead ms",
    "$ a million calls",
)
SIZE = ("model", "peak MB", "part", "bytes read MB", "part")


def markdown(document: dict[str, Any]) -> str:
    """Three tables: starting, answering, size; the order is always peer → ours (floor)."""
    rows, prices = document["rows"], document["prices"]
    return (
        "\n\n".join(
            [
                _machine(document["machine"]),
                "Each cell with an arrow is peer → ours (floor).",
                _table(START, [_start(row) for row in rows]),
                _table(RUN, [_run(row, figures, prices) for row in rows for figures in row["warm_ms"]]),
                _table(SIZE, [_size(row) for row in rows]),
                _notes(rows, prices),
            ]
        )
        + "\n"
    )


def _machine(machine: dict[str, Any]) -> str:
    vnni = "with" if machine["vnni"] else "without"
    return f"{machine['cores']} cores, {machine['cpu']}, {vnni} VNNI, {machine['measured']}."


def _start(row: dict[str, Any]) -> list[str]:
    found = ratios.of_row(row)
    how = "" if row["uncached"]["pairs"] else " computed"
    first = row["first_invoke"]
    return [
        row["model"],
        f"{row['engine']} {row['precision']}",
        _arrow(ratios.median_of(row["cold_s"]), 2),
        f"{found['cold_faster']:.1f}",
        _arrow(ratios.median_of(ratios.slow_cold(row)), 2) + how,
        f"{found['slow_cold_faster']:.1f}",
        f"{first['s']:.0f} ({first['peak_memory_mb']:.0f})",
    ]


def _run(row: dict[str, Any], figures: dict[str, Any], prices: dict[str, Any]) -> list[str]:
    blocks, p50, tokens = figures["blocks"], figures["p50"], figures["output_tokens"]
    overhead = ratios.overhead_ms(blocks)
    speeds = {name: tokens * 1000 / p50[name] for name in p50} if tokens else None
    dollars = {
        name: cost.of_a_million_calls(p50[name], row["memory_mb"], row["architecture"], prices)
        for name in ("peer", "ours")
    }
    return [
        row["model"],
        figures["label"],
        _arrow(p50, 1),
        _arrow(figures["p95"], 1),
        f"{ratios.over(blocks, 'peer', 'ours'):.1f}",
        f"{ratios.over(blocks, 'ours', 'floor'):.2f}",
        _arrow(speeds, 0) if speeds else "",
        "" if overhead is None else f"{overhead:.1f}",
        f"{dollars['peer']:.2f} → {dollars['ours']:.2f}",
    ]


def _size(row: dict[str, Any]) -> list[str]:
    found, fetched = ratios.of_row(row), row["uncached"]["fetched_bytes"]
    return [
        row["model"],
        _arrow(row["peak_memory_mb"], 0),
        f"{found['memory']:.2f}",
        _arrow({name: count / 1e6 for name, count in fetched.items()}, 0),
        f"{found['bytes']:.2f}",
    ]


def _notes(rows: Sequence[dict[str, Any]], prices: dict[str, Any]) -> str:
    random = [row["model"] for row in rows if row["weights"] == "random"]
    capped = [row["model"] for row in rows if row["variables"]]
    lines = [
        f"Prices: {prices['source']}, {prices['region']}, {prices['date']}; calls as long as the warm p50."
    ]
    if random:
        lines.append(f"Random weights, whose proof says nothing, so int8 is forced: {', '.join(random)}.")
    if capped:
        lines.append(f"All sides held to AVX2, as their libraries allow it: {', '.join(capped)}.")
    return "\n".join(f"- {line}" for line in lines)


def _arrow(figures: dict[str, float], digits: int) -> str:
    peer, ours, floor = (f"{figures[name]:.{digits}f}" for name in ("peer", "ours", "floor"))
    return f"{peer} → {ours} ({floor})"


def _table(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(headings)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, rule, *lines))
