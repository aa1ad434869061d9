"""``make bench``: cold start, warm latency, memory and bytes, as ratios to the peer and to the floor."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.models import MODELS, BenchModel, make, text_of
from bench.report import markdown
from bench.sides import Side, make_side
from inference.settings import MEMORY_PER_VCPU_MB
from local.hub import HubServer

if TYPE_CHECKING:
    from collections.abc import Callable

BUILD = Path("build/bench")
PAIRS = 5
WARM_CALLS = 30
TOKENS = (16, 128, 512)
BATCH = 16
COLD_TOKENS = 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default=",".join(model.name for model in MODELS))
    parser.add_argument("--pairs", type=int, default=PAIRS)
    arguments = parser.parse_args()
    chosen = [model for model in MODELS if model.name in arguments.models.split(",")]
    rows = [asyncio.run(measure(model, arguments.pairs)) for model in chosen]
    document = {"machine": machine(), "rows": rows}
    BUILD.parent.mkdir(exist_ok=True)
    Path("build/bench.json").write_text(json.dumps(document, indent=1) + "\n")
    Path("build/bench.md").write_text(markdown(document))
    print(markdown(document))


async def measure(model: BenchModel, pairs: int) -> dict[str, Any]:
    """All figures of one model; sides alternate, so that a busy moment hits both."""
    say = _sayer(model.name)
    folder = make(model, BUILD / "models")
    cache = Path(tempfile.mkdtemp(prefix="hublet-bench-"))
    log: list[str] = []
    with HubServer(BUILD / "models") as hub:
        ours, peer = (
            make_side(name, model, cache, hub.url, folder.absolute(), log) for name in ("ours", "peer")
        )
        try:
            say("first-ever invoke: download, convert, prove, answer")
            first_s = await ours.call(text_of(COLD_TOKENS))
            (artifact,) = [path.parent for path in cache.glob("artifacts/*/*/*/model.onnx")]
            colds = [await _cold_pair(ours, peer, artifact, model, say) for _ in range(pairs)]
            warm = [await _warm(ours, peer, artifact, model, tokens, say) for tokens in TOKENS]
            batch = await _batch(ours, peer, say)
            memory = {side.name: round(side.peak_memory_mb(), 1) for side in (ours, peer)}
        finally:
            await ours.pool.stop()
            await peer.pool.stop()
        manifest = json.loads((artifact / "manifest.json").read_text())
        size = {"ours": _bytes(artifact), "peer": _bytes(folder)}
        shutil.rmtree(cache)
    return {
        "model": model.name,
        "form": f"{manifest['engine']} {manifest['precision']} (forced: random weights prove nothing)",
        "first_invoke_s": round(first_s, 2),
        "cold_s": colds,
        "warm_ms": warm,
        "batch_of_16_ms": batch,
        "peak_memory_mb": memory,
        "model_bytes": size,
    }


async def _cold_pair(
    ours: Side, peer: Side, artifact: Path, model: BenchModel, say: Callable[[str], None]
) -> dict[str, float]:
    say("cold start: ours, peer, floor")
    found = {}
    for side in (ours, peer):
        await side.pool.recycle()
        found[side.name] = await side.call(text_of(COLD_TOKENS))
    found["floor"] = (await asyncio.to_thread(_floor, artifact, model, COLD_TOKENS, 0))[0]
    return {name: round(seconds, 3) for name, seconds in found.items()}


async def _warm(
    ours: Side, peer: Side, artifact: Path, model: BenchModel, tokens: int, say: Callable[[str], None]
) -> dict[str, Any]:
    say(f"warm calls at {tokens} tokens")
    times: dict[str, list[float]] = {"ours": [], "peer": []}
    for side in (ours, peer):
        await side.call(text_of(tokens))
    for _ in range(WARM_CALLS):
        for side in (ours, peer):
            times[side.name].append(await side.call(text_of(tokens)))
    times["floor"] = (await asyncio.to_thread(_floor, artifact, model, tokens, WARM_CALLS))[1]
    figures = {name: {"p50": _ms(values, 50), "p95": _ms(values, 95)} for name, values in times.items()}
    return {"tokens": tokens, **figures}


async def _batch(ours: Side, peer: Side, say: Callable[[str], None]) -> dict[str, float]:
    say("batches of 16 texts of 128 tokens")
    texts = [text_of(COLD_TOKENS)] * BATCH
    times: dict[str, list[float]] = {"ours": [], "peer": []}
    for _ in range(5):
        for side in (ours, peer):
            times[side.name].append(await side.call(texts))
    return {name: _ms(values, 50) for name, values in times.items()}


def _floor(artifact: Path, model: BenchModel, tokens: int, calls: int) -> tuple[float, list[float]]:
    """Seconds from process start to the first answer, and of each warm call."""
    threads = str(round(model.memory_mb / MEMORY_PER_VCPU_MB))
    command = [sys.executable, "-m", "bench.floor", str(artifact), threads, text_of(tokens), str(calls)]
    started_s = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        cold_s = time.perf_counter() - started_s
        return cold_s, json.loads(process.stdout.readline())


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpu = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return {
        "cores": os.cpu_count(),
        "cpu": next(
            (line.split(":")[1].strip() for line in cpu.splitlines() if "model name" in line), "unknown"
        ),
        "vnni": "vnni" in cpu,
        "measured": time.strftime("%Y-%m-%d"),
    }


def _ms(values_s: list[float], percent: int) -> float:
    ordered = sorted(values_s)
    if percent == 50:
        return round(statistics.median(ordered) * 1000, 2)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000, 2)


def _bytes(folder: Path) -> int:
    """What a cold start has to read: every file of the model's folder."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def _sayer(name: str) -> Callable[[str], None]:
    return lambda text: print(f"{name}: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
