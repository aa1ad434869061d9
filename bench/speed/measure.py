"""Measure one case: make the repository, prepare the model, start cold, answer warm."""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.process_facts import DescendantsMemory, peak_memory_mb
from bench.speed import cold, warm
from bench.speed.contenders import BaselineContender, create_contender, pause
from local.demo.packaged.packages import is_installed
from local.hub.server import HubServer

if TYPE_CHECKING:
    from bench.speed.cases.case import Case
    from bench.speed.contenders import Contender, FunctionContender


SLOW_PAIRS = 3
"""At most, from slow storage."""


class Unavailable(Exception):
    """This case cannot be measured here; the message says what is missing."""


def make_repository(case: Case, root: Path) -> Path:
    """The folder of the case's repository, made once. An interrupted run leaves no half-made folder."""
    folder = root / case.repository
    if folder.is_dir():
        return folder
    if case.package and not is_installed(case.package):
        raise Unavailable(f"{case.name}: needs the package {case.package}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as scratch:
        say(case, "making the repository")
        started_s = time.monotonic()
        unfinished = Path(scratch).absolute() / "made"
        unfinished.mkdir()
        case.make(unfinished)
        unfinished.rename(folder)
        say(case, f"made in {time.monotonic() - started_s:.0f} s")
    return folder


async def measure(case: Case, build: Path, pairs: int) -> dict[str, Any]:
    """All figures of one case. The contenders take turns, so that a busy moment hits all of them."""
    folder = make_repository(case, build / "models")
    cache = build / f"cache-{case.name}"
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir()
    try:
        with HubServer(build / "models") as hub:
            ours, peer = (create_contender(name, case, folder, cache, hub.url) for name in ("ours", "peer"))
            try:
                return await _measure(case, ours, peer, folder, cache, pairs)
            finally:
                await ours.end()
                await peer.end()
    finally:
        shutil.rmtree(cache)


async def _measure(
    case: Case, ours: FunctionContender, peer: FunctionContender, folder: Path, cache: Path, pairs: int
) -> dict[str, Any]:
    main = case.workloads[0]
    inputs = main.make_inputs()
    say(case, "first-ever invoke: download, convert, prove, answer")
    memory = DescendantsMemory()
    first_s = await ours.cold(inputs)
    first = {"s": round(first_s, 2), "peak_memory_mb": round(memory.stop(), 1)}
    (artifact,) = [path.parent for path in cache.glob("artifacts/*/*/*/manifest.json")]
    manifest = json.loads((artifact / "manifest.json").read_text())
    baseline = BaselineContender(case, artifact)
    contenders: tuple[Contender, ...] = (ours, peer, baseline)
    try:
        say(case, "cold starts, all libraries and the model in the page cache")
        await cold.measure_cached(contenders, inputs, 1)  # fills the page cache; not counted
        cached = await cold.measure_cached(contenders, inputs, pairs)
        say(case, "cold starts, the model on slow storage")
        folders = {"ours": artifact, "peer": folder, "baseline": artifact}
        uncached = await cold.measure_uncached(contenders, inputs, folders, min(pairs, SLOW_PAIRS))
        for contender in contenders:
            await contender.cold(inputs)
            pause(contender)
        answers = {contender.name: top_answer(contender.answer) for contender in contenders}
        workloads = [*case.workloads, *([case.batch] if case.batch else [])]
        figures = []
        for workload in workloads:
            say(case, f"warm calls: {workload.label}")
            figures.append(await warm.measure(contenders, workload, pairs))
        peak = {contender.name: round(peak_memory_mb(contender.pid), 1) for contender in contenders}
    finally:
        await baseline.end()
    return {
        "model": case.name,
        "task": case.task,
        "weights": case.weights,
        "engine": manifest["engine"],
        "precision": manifest["precision"],
        "reason": manifest["reason"],
        "drift": manifest["drift"],
        "memory_mb": case.memory_mb,
        "architecture": platform.machine(),
        "variables": case.variables,
        "measured": time.strftime("%Y-%m-%d %H:%M"),
        "first_invoke": first,
        "cold_s": cached,
        "uncached": uncached,
        "warm_ms": figures,
        "peak_memory_mb": peak,
        "answers": answers,
    }


def top_answer(answer: Any) -> str:
    """The best label of an answer, or its text."""
    while isinstance(answer, list):
        answer = answer[0]
    if isinstance(answer, str):
        return answer
    names = ("label", "summary_text", "translation_text", "generated_text", "text")
    return str(next(answer[name] for name in names if name in answer))


def say(case: Case, text: str) -> None:
    print(f"{case.name}: {text}", file=sys.stderr, flush=True)
