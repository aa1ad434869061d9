"""DistilBERT and BERT, which has twice the layers, measured as in ``make bench`` with one workload."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.experiments.table import aligned
from bench.speed import plots, ratios
from bench.speed.cases.encoders import CASES
from bench.speed.measure import make_repository, measure
from bench.speed.plots import format_short

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.speed.cases.case import Case

BUILD = Path("build/bench")
"""Where ``make bench`` keeps its models; it may have made these already."""
NAMES = ("distilbert", "bert-base")
PAIRS = 1

# Label in the table -> value for one model.
FIGURES: dict[str, Callable[[dict[str, Any]], float]] = {
    "parameters, millions": lambda found: found["parameters"] / 1e6,
    "weights on the Hub, MB": lambda found: found["bytes"] / 1e6,
    "read at a cold start, MB: pipeline": lambda found: found["uncached"]["fetched_bytes"]["peer"] / 1e6,
    "read at a cold start, MB: Hublet": lambda found: found["uncached"]["fetched_bytes"]["ours"] / 1e6,
    "cold start, s: pipeline": lambda found: ratios.medians(found["cold_s"])["peer"],
    "cold start, s: Hublet": lambda found: ratios.medians(found["cold_s"])["ours"],
    "warm call, ms: pipeline": lambda found: found["warm_ms"][0]["p50"]["peer"],
    "warm call, ms: Hublet": lambda found: found["warm_ms"][0]["p50"]["ours"],
    "peak memory, MB: pipeline": lambda found: found["peak_memory_mb"]["peer"],
    "peak memory, MB: Hublet": lambda found: found["peak_memory_mb"]["ours"],
}


def select_cases() -> list[Case]:
    """The benchmark's two cases, with their first workload only."""
    return [replace(case, workloads=case.workloads[:1], batch=None) for case in CASES if case.name in NAMES]


def shrink(case: Case) -> Case:
    """The case with a tiny model and one call."""
    return replace(case, make=case.make_tiny, workloads=(replace(case.workloads[0], calls=1),))


def measure_size(case: Case, build: Path) -> dict[str, Any]:
    """The benchmark's figures, with the model's parameters and bytes."""
    found = asyncio.run(measure(case, build, PAIRS))
    weights = make_repository(case, build / "models") / "model.safetensors"
    return {**found, "parameters": count_parameters(weights), "bytes": weights.stat().st_size}


def count_parameters(weights: Path) -> int:
    """The number of weights, from the safetensors header, as the Hub's pages count them."""
    from safetensors import safe_open

    with safe_open(weights, framework="numpy") as file:
        return sum(math.prod(file.get_slice(name).get_shape()) for name in file.offset_keys())


def run(folder: Path, tiny: bool = False) -> str:
    """Measure both, draw the plot, return the table. With ``tiny``, one tiny model stands for both."""
    if tiny:
        found = [measure_size(shrink(select_cases()[0]), folder / "tiny")] * len(NAMES)
    else:
        found = [measure_size(case, BUILD) for case in select_cases()]
    draw(found, folder / "sizes.svg")
    return table(found)


def table(found: list[dict[str, Any]]) -> str:
    """One line for each figure: small, large, and small as a part of large."""
    lines = []
    for name, value in FIGURES.items():
        small, large = (value(each) for each in found)
        lines.append((name, format_short(small), format_short(large), f"{small / large:.2f}"))
    return aligned(("", "DistilBERT", "BERT", "part"), lines)


def draw(found: list[dict[str, Any]], file: Path) -> None:
    """Draw DistilBERT's bars as parts of BERT's."""
    figures = [{"peer": value(found[1]), "ours": value(found[0])} for value in FIGURES.values()]
    legend = "grey: BERT; orange: DistilBERT, as part of it"
    plots.draw_parts(list(FIGURES), figures, "DistilBERT beside BERT", file, legend)
