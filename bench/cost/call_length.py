"""How long a warm call takes: as given, as measured, or as assumed."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

from inference.tasks import get_task

FIGURES = Path(__file__).parents[2] / "docs/bench/bench.json"
DEFAULT_SECONDS = 0.1
"""Length of a call if none was given or measured."""
SLOW_SECONDS = {
    "automatic-speech-recognition": 1.0,
    "summarization": 3.0,
    "text-generation": 3.0,
    "text-to-image": 120.0,
}
"""Rough length of a call of slow tasks, until ``make bench`` has measured them."""


def seconds_per_call(task: str, given: float | None, figures: Path = FIGURES) -> tuple[float, str]:
    """Seconds of a warm call, and the source of this figure."""
    if given is not None:
        return given, "as given"
    if figures.exists():
        rows = [row for row in json.loads(figures.read_text())["cases"] if row["task"] == task]
        if measured := [each["p50"]["ours"] for row in rows for each in row["warm_ms"]]:
            return statistics.median(measured) / 1000, "measured, docs/bench"
    seconds = SLOW_SECONDS.get(get_task(task).pipeline_tag, DEFAULT_SECONDS)
    return seconds, "assumed: give SECONDS_PER_CALL, or run make bench"
