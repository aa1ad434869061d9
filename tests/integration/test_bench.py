"""Every row of the benchmark in miniature: all three sides start, answer, and are measured."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bench import measure
from bench.cost import read_prices
from bench.ratios import of_row
from bench.report import markdown
from bench.rows import ROWS
from bench.sides import FloorSide, function_side
from local.hub import HubServer

if TYPE_CHECKING:
    from pathlib import Path

    from bench.rows.row import Row

SIDES = {"ours", "peer", "floor"}
# Rows that are one and the same in miniature run once.
TINY = list({(row.kind, str(row.make_tiny)): row for row in reversed(ROWS)}.values())


def miniature(row: Row) -> Row:
    """Random weights, one thread, one call: nothing here is about speed."""
    return replace(
        row,
        make=row.make_tiny,
        weights="random",
        needs=None,
        workloads=tuple(replace(workload, calls=1) for workload in row.workloads[:1]),
        batch=row.batch and replace(row.batch, calls=1),
        memory_mb=1769,
        variables={**row.variables, "OMP_NUM_THREADS": "1"},
    )


async def answers(row: Row, build: Path) -> dict[str, Any]:
    """What each side says to the row's question, from a fresh process and once more."""
    folder = measure.repository(row, build)
    inputs = row.workloads[0].make_inputs()
    cache = build / "cache"
    cache.mkdir()
    with HubServer(build) as hub:
        ours, peer = (function_side(name, row, folder, cache, hub.url) for name in ("ours", "peer"))
        try:
            await ours.cold(inputs)
            (manifest,) = cache.glob("artifacts/*/*/*/manifest.json")
            assert json.loads(manifest.read_text())["engine"] != "transformers"
            floor = FloorSide(row, manifest.parent)
            try:
                await floor.cold(inputs)
                await peer.cold(inputs)
                for side in (ours, peer, floor):
                    assert len(await side.warm(inputs, 2)) == 2
                return {side.name: side.answer for side in (ours, peer, floor)}
            finally:
                await floor.end()
        finally:
            await ours.end()
            await peer.end()


@pytest.mark.slow
@pytest.mark.parametrize("row", TINY, ids=lambda row: row.name)
def test_a_row_answers_on_all_sides(row: Row, tmp_path: Path) -> None:
    found = asyncio.run(answers(miniature(row), tmp_path))
    assert found.keys() == SIDES
    # One engine on one artifact says one thing, however it is called.
    assert measure.best(found["ours"]) == measure.best(found["floor"])
    assert measure.best(found["peer"])


@pytest.mark.slow
def test_a_row_is_measured_from_beginning_to_end(tmp_path: Path) -> None:
    row = miniature(next(row for row in ROWS if row.name == "distilbert"))
    figures = asyncio.run(measure.measure(row, tmp_path, pairs=1))
    assert {name for pair in figures["cold_s"] for name in pair} == SIDES
    assert [entry["label"] for entry in figures["warm_ms"]] == ["128 tokens", "16 × 128 tokens"]
    assert figures["uncached"]["fetched_bytes"]["ours"] > 1_000_000
    assert all(ratio > 0 for ratio in of_row(figures).values())
    assert of_row(figures)["overhead_ms"] < 1_000
    machine = {"cores": 2, "cpu": "any", "vnni": True, "measured": "2026-01-01"}
    assert "distilbert" in markdown({"machine": machine, "prices": read_prices(), "rows": [figures]})
    assert not list(tmp_path.glob("cache*"))


def test_a_repository_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "config.json").write_text("{}")
        raise RuntimeError("no more")

    row = replace(ROWS[0], make=fail)
    with pytest.raises(RuntimeError, match="no more"):
        measure.repository(row, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_row_whose_package_is_missing_says_so(tmp_path: Path) -> None:
    row = replace(ROWS[0], needs="no_such_package")
    with pytest.raises(measure.Unavailable, match="no_such_package"):
        measure.repository(row, tmp_path)
