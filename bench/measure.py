"""One row from beginning to end: make the repository, prepare it, start cold, answer warm."""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import cold, warm
from bench.process_facts import DescendantsMemory, peak_memory_mb
from bench.sides import FloorSide, function_side, pause
from local.demo.packages import is_installed
from local.hub import HubServer

if TYPE_CHECKING:
    from bench.rows.row import Row
    from bench.sides import FunctionSide, Side


SLOW_PAIRS = 3


class Unavailable(Exception):
    """A row that cannot be measured here; the message says what is missing."""


def repository(row: Row, root: Path) -> Path:
    """The row's folder, made once; a making that was cut short leaves nothing."""
    folder = root / row.repository
    if folder.is_dir():
        return folder
    if row.needs and not is_installed(row.needs):
        raise Unavailable(f"{row.name}: needs the package {row.needs}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as scratch:
        say(row, "making the repository")
        started_s = time.monotonic()
        unfinished = Path(scratch).absolute() / "made"
        unfinished.mkdir()
        row.make(unfinished)
        unfinished.rename(folder)
        say(row, f"made in {time.monotonic() - started_s:.0f} s")
    return folder


async def measure(row: Row, build: Path, pairs: int) -> dict[str, Any]:
    """All figures of one row; sides take turns, so that a busy moment hits all."""
    folder = repository(row, build / "models")
    cache = build / f"cache-{row.name}"
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir()
    try:
        with HubServer(build / "models") as hub:
            ours, peer = (function_side(name, row, folder, cache, hub.url) for name in ("ours", "peer"))
            try:
                return await _measure(row, ours, peer, folder, cache, pairs)
            finally:
                await ours.end()
                await peer.end()
    finally:
        shutil.rmtree(cache)


async def _measure(
    row: Row, ours: FunctionSide, peer: FunctionSide, folder: Path, cache: Path, pairs: int
) -> dict[str, Any]:
    main = row.workloads[0]
    inputs = main.make_inputs()
    say(row, "first-ever invoke: download, convert, prove, answer")
    memory = DescendantsMemory()
    first_s = await ours.cold(inputs)
    first = {"s": round(first_s, 2), "peak_memory_mb": round(memory.stop(), 1)}
    (artifact,) = [path.parent for path in cache.glob("artifacts/*/*/*/manifest.json")]
    manifest = json.loads((artifact / "manifest.json").read_text())
    floor = FloorSide(row, artifact)
    sides: tuple[Side, ...] = (ours, peer, floor)
    try:
        say(row, "cold starts, all libraries and the model in the page cache")
        await cold.cached(sides, inputs, 1)  # puts them there
        cached = await cold.cached(sides, inputs, pairs)
        say(row, "cold starts, the model on slow storage")
        folders = {"ours": artifact, "peer": folder, "floor": artifact}
        uncached = await cold.uncached(sides, inputs, folders, min(pairs, SLOW_PAIRS))
        for side in sides:
            await side.cold(inputs)
            pause(side)
        answers = {side.name: best(side.answer) for side in sides}
        workloads = [*row.workloads, *([row.batch] if row.batch else [])]
        figures = []
        for workload in workloads:
            say(row, f"warm calls: {workload.label}")
            figures.append(await warm.measure(sides, workload, pairs))
        peak = {side.name: round(peak_memory_mb(side.pid), 1) for side in sides}
    finally:
        await floor.end()
    return {
        "model": row.name,
        "task": row.task,
        "weights": row.weights,
        "engine": manifest["engine"],
        "precision": manifest["precision"],
        "reason": manifest["reason"],
        "drift": manifest["drift"],
        "memory_mb": row.memory_mb,
        "architecture": platform.machine(),
        "variables": row.variables,
        "measured": time.strftime("%Y-%m-%d %H:%M"),
        "first_invoke": first,
        "cold_s": cached,
        "uncached": uncached,
        "warm_ms": figures,
        "peak_memory_mb": peak,
        "answers": answers,
    }


def best(answer: Any) -> str:
    """The gist of an answer: the best label, or the text."""
    while isinstance(answer, list):
        answer = answer[0]
    if isinstance(answer, str):
        return answer
    names = ("label", "summary_text", "translation_text", "generated_text", "text")
    return str(next(answer[name] for name in names if name in answer))


def say(row: Row, text: str) -> None:
    print(f"{row.name}: {text}", file=sys.stderr, flush=True)
