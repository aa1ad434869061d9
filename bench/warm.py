"""Warm calls in blocks: one side answers while the others are stopped, then the next; a round is a pair."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING, Any

from bench.percentile import percentile
from bench.sides import FunctionSide, pause, resume

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.rows.row import Workload
    from bench.sides import Side

WAKING_CALLS = 1
"""Of each block, not counted: a process that was stopped finds its caches cold."""


async def measure(sides: Sequence[Side], workload: Workload, rounds: int) -> dict[str, Any]:
    """Medians of each block in ms, and percentiles of all calls; sides are stopped before and after."""
    inputs = workload.make_inputs()
    times: dict[str, list[float]] = {side.name: [] for side in sides}
    blocks = []
    for number in range(rounds):
        turn = number % len(sides)
        block: dict[str, float] = {}
        for side in (*sides[turn:], *sides[:turn]):
            resume(side)
            try:
                await side.warm(inputs, WAKING_CALLS)
                seen = _mark(side)
                found = await side.warm(inputs, workload.calls)
            finally:
                pause(side)
            times[side.name] += found
            block[side.name] = _ms(statistics.median(found))
            block |= _inference(side, seen)
        blocks.append(block)
    return {
        "label": workload.label,
        "output_tokens": workload.output_tokens,
        "blocks": blocks,
        "p50": {name: _ms(statistics.median(values)) for name, values in times.items()},
        "p95": {name: _ms(percentile(sorted(values), 95)) for name, values in times.items()},
    }


def _mark(side: Side) -> int:
    return len(side.log) if isinstance(side, FunctionSide) else 0


def _inference(side: Side, since: int) -> dict[str, float]:
    """What our log says of the engine's own share: ``inference``, in ms."""
    lines = side.log[since:] if isinstance(side, FunctionSide) else []
    found = list(logged(lines, "InferenceMs"))
    return {"inference": round(statistics.median(found), 2)} if found else {}


def logged(lines: Iterable[str], name: str) -> Iterable[float]:
    """A figure's values in JSON log lines; other lines are of no interest."""
    for line in lines:
        if line.startswith("{") and (value := json.loads(line).get(name)) is not None:
            yield float(value)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
