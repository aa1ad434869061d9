"""DistilBERT and BERT, which has twice its layers, measured as ``make bench`` does it, with one question."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import plots, ratios
from bench.experiments.table import aligned
from bench.measure import measure, repository
from bench.plots import short
from bench.rows.encoders import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.rows.row import Row

BUILD = Path("build/bench")
"""Where ``make bench`` keeps its models, and may have made these already."""
NAMES = ("distilbert", "bert-base")
PAIRS = 1

# What the table calls it -> its value for one model.
FIGURES: dict[str, Callable[[dict[str, Any]], float]] = {
    "parameters, millions": lambda found: found["parameters"] / 1e6,
    "weights on the Hub, MB": lambda found: found["bytes"] / 1e6,
    "read at a cold start, MB: pipeline": lambda found: found["uncached"]["fetched_bytes"]["peer"] / 1e6,
    "read at a cold start, MB: Hublet": lambda found: found["uncached"]["fetched_bytes"]["ours"] / 1e6,
    "cold start, s: pipeline": lambda found: ratios.median_of(found["cold_s"])["peer"],
    "cold start, s: Hublet": lambda found: ratios.median_of(found["cold_s"])["ours"],
    "warm call, ms: pipeline": lambda found: found["warm_ms"][0]["p50"]["peer"],
    "warm call, ms: Hublet": lambda found: found["warm_ms"][0]["p50"]["ours"],
    "peak memory, MB: pipeline": lambda found: found["peak_memory_mb"]["peer"],
    "peak memory, MB: Hublet": lambda found: found["peak_memory_mb"]["ours"],
}


def rows() -> list[Row]:
    """The benchmark's rows with their first question alone."""
    return [replace(row, workloads=row.workloads[:1], batch=None) for row in ROWS if row.name in NAMES]


def miniature(row: Row) -> Row:
    """With one call of a model that takes no time to make."""
    return replace(row, make=row.make_tiny, workloads=(replace(row.workloads[0], calls=1),))


def examined(row: Row, build: Path) -> dict[str, Any]:
    """The benchmark's figures, and the size of what was measured."""
    found = asyncio.run(measure(row, build, PAIRS))
    weights = repository(row, build / "models") / "model.safetensors"
    return {**found, "parameters": stored_parameters(weights), "bytes": weights.stat().st_size}


def stored_parameters(weights: Path) -> int:
    """Counted from the file's table of contents, as the Hub's pages do."""
    from safetensors import safe_open

    with safe_open(weights, framework="numpy") as file:
        return sum(math.prod(file.get_slice(name).get_shape()) for name in file.offset_keys())


def run(folder: Path, tiny: bool = False) -> str:
    """Measure both, draw them, and give the table; one in miniature stands for both."""
    if tiny:
        found = [examined(miniature(rows()[0]), folder / "tiny")] * len(NAMES)
    else:
        found = [examined(row, BUILD) for row in rows()]
    draw(found, folder / "sizes.svg")
    return table(found)


def table(found: list[dict[str, Any]]) -> str:
    """A line a figure, and what part of the larger model's the smaller one's is."""
    lines = []
    for name, value in FIGURES.items():
        small, large = (value(each) for each in found)
        lines.append((name, short(small), short(large), f"{small / large:.2f}"))
    return aligned(("", "DistilBERT", "BERT", "part"), lines)


def draw(found: list[dict[str, Any]], file: Path) -> None:
    """DistilBERT's bars as parts of BERT's."""
    figures = [{"peer": value(found[1]), "ours": value(found[0])} for value in FIGURES.values()]
    legend = "grey: BERT; orange: DistilBERT, as part of it"
    plots.draw_parts(list(FIGURES), figures, "DistilBERT beside BERT", file, legend)
