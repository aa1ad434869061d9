"""``make bench-relay``: the first-ever call of a model through the relay, next to the direct way.

Both run in the local cloud, in turn: download from a Hub on this machine, conversion, the answer. The relay
adds a factory's start, the way through the bucket (moto's server here), and the copy onto the cache.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.speed.cases import CASES
from bench.speed.contenders import BenchFailed
from bench.speed.measure import Unavailable, make_repository
from local.cloud.front import Cloud
from local.cloud.template import DEFAULT_TEMPLATE, read_template
from local.hub.server import HubServer

if TYPE_CHECKING:
    from bench.speed.cases.case import Case
    from local.cloud.template import LocalFunction

BUILD = Path("build/bench")
WAYS = ("direct", "relay")
TIMEOUT_S = 900


async def first_call_s(case: Case, template: Path, hub_url: str, is_relayed: bool) -> float:
    """Seconds of the first call on an empty cache."""
    (found,) = (each for each in read_template(template) if each.task.name == case.task)
    function = replace(found, is_relayed=is_relayed, memory_mb=case.memory_mb, timeout_s=TIMEOUT_S)
    log: list[str] = []

    def overrides(_: LocalFunction) -> dict[str, str]:
        return {"HF_ENDPOINT": hub_url, "MODEL": case.repository, "PRECISION": case.precision}

    with tempfile.TemporaryDirectory(prefix="hublet-first-call-") as scratch:
        cache = Path(scratch) / "cache"
        cache.mkdir()
        at = template if is_relayed else None
        async with Cloud(
            [function], cache, overrides, lambda _, line: log.append(line), template=at
        ) as cloud:
            payload = json.dumps({"inputs": case.workloads[0].make_inputs()}).encode()
            started_s = time.perf_counter()
            result = await cloud.pools[function.name].invoke(payload)
            seconds = time.perf_counter() - started_s
    if result.error:
        raise BenchFailed(f"{result.payload.decode()[:500]}\n" + "\n".join(log[-20:]))
    return seconds


def measure(case: Case, template: Path, pairs: int, build: Path = BUILD) -> dict[str, list[float]]:
    """Seconds by way, measured in turn; the first pair fills the page cache and is not counted."""
    make_repository(case, build / "models")
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    with HubServer(build / "models") as hub:
        for pair in range(pairs + 1):
            for way in WAYS if pair % 2 else reversed(WAYS):
                taken_s = asyncio.run(first_call_s(case, template, hub.url, way == "relay"))
                print(f"{way}: {taken_s:.1f} s{'' if pair else ', not counted'}", file=sys.stderr, flush=True)
                if pair:
                    seconds[way].append(taken_s)
    return seconds


def main() -> None:
    """Measure one case, and print medians and their ratio."""
    parser = argparse.ArgumentParser(prog="make bench-relay", description=__doc__)
    parser.add_argument("--model", default="distilbert", choices=[case.name for case in CASES])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--template", type=Path, default=DEFAULT_TEMPLATE)
    chosen = parser.parse_args()
    (case,) = (each for each in CASES if each.name == chosen.model)
    try:
        seconds = measure(case, chosen.template, chosen.pairs)
    except (Unavailable, BenchFailed) as problem:
        sys.exit(str(problem))
    direct_s, relay_s = (statistics.median(seconds[way]) for way in WAYS)
    print(f"{case.name}, first-ever call, median of {chosen.pairs}: direct {direct_s:.1f} s, ", end="")
    print(f"relay {relay_s:.1f} s, {relay_s / direct_s:.2f} of it")


if __name__ == "__main__":
    main()
