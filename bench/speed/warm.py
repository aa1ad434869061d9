"""Warm calls in blocks: one contender answers while the others are stopped. A round is one block of each."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING, Any

from bench.percentile import percentile
from bench.speed.contenders import FunctionContender, pause, resume

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.speed.cases.case import Workload
    from bench.speed.contenders import Contender

UNCOUNTED_CALLS = 1
"""At the start of each block: a process that was stopped has cold CPU caches."""


async def measure(contenders: Sequence[Contender], workload: Workload, rounds: int) -> dict[str, Any]:
    """Medians of each block and percentiles of all calls, in ms.

    Every contender is stopped before and after.
    """
    inputs = workload.make_inputs()
    times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    blocks = []
    for number in range(rounds):
        turn = number % len(contenders)
        block: dict[str, float] = {}
        for contender in (*contenders[turn:], *contenders[:turn]):
            resume(contender)
            try:
                await contender.warm(inputs, UNCOUNTED_CALLS)
                seen = _log_position(contender)
                found = await contender.warm(inputs, workload.calls)
            finally:
                pause(contender)
            times[contender.name] += found
            block[contender.name] = _ms(statistics.median(found))
            block |= _median_inference_ms(contender, seen)
        blocks.append(block)
    return {
        "label": workload.label,
        "output_tokens": workload.output_tokens,
        "blocks": blocks,
        "p50": {name: _ms(statistics.median(values)) for name, values in times.items()},
        "p95": {name: _ms(percentile(sorted(values), 95)) for name, values in times.items()},
    }


def _log_position(contender: Contender) -> int:
    return len(contender.log) if isinstance(contender, FunctionContender) else 0


def _median_inference_ms(contender: Contender, since: int) -> dict[str, float]:
    """The engine's own time in ms, as ``inference``, from our log; empty for others."""
    lines = contender.log[since:] if isinstance(contender, FunctionContender) else []
    found = list(read_log_values(lines, "InferenceMs"))
    return {"inference": round(statistics.median(found), 2)} if found else {}


def read_log_values(lines: Iterable[str], name: str) -> Iterable[float]:
    """The values of one figure in JSON log lines; other lines are skipped."""
    for line in lines:
        if line.startswith("{") and (value := json.loads(line).get(name)) is not None:
            yield float(value)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
