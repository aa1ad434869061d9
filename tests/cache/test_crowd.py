"""Many environments at once on an empty cache; starts without a Hub; random kills and freezes.

``make chaos`` runs all of it in its long form.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from typing import TYPE_CHECKING, Any

import pytest

from inference.tasks import get_task
from local.cloud.pool import Pool
from local.cloud.template import LocalFunction
from tests.support.cluster import chaos
from tests.support.cluster.cluster import DEMO, SENTIMENT, TEXT, Cluster

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENTS = 64
WITHOUT_LOCKS = int(os.environ.get("HUBLET_CROWD", "16"))
"""Environments where flock does not work. Sixteen want every lease already; the long form has 64."""
TIMEOUT_S = 280
COLD_STARTS = int(os.environ.get("HUBLET_COLD_STARTS", "40"))
AT_ONCE = 4
CALLS = 4
"""Of each environment that starts: the first meets it cold, the others warm."""
SECONDS = 300


def downloaded_bytes(cluster: Cluster) -> int:
    return sum(path.stat().st_size for path in cluster.cache.glob("hub/*/blobs/*"))


def function() -> LocalFunction:
    return LocalFunction(
        name="sentiment",
        full_name="hublet-sentiment",
        task=get_task("sentiment").with_model(DEMO, None),
        memory_mb=1769,
        timeout_s=TIMEOUT_S,
        environment={"TASK": "sentiment", "MODEL": DEMO},
        mount_path="/mnt/models",
        reserved_concurrency=ENVIRONMENTS,
    )


@pytest.mark.timeout(2 * SECONDS)
def test_environments_at_once_on_an_empty_cache(demo: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    log: list[dict[str, Any]] = []

    def read(name: str, line: str) -> None:
        if line.startswith("{"):
            log.append(json.loads(line))

    async def call(pool: Pool[LocalFunction]) -> tuple[float, Any]:
        started_s = time.monotonic()
        result = await pool.invoke(json.dumps({"inputs": TEXT}).encode())
        assert result.error is None, result.payload
        return time.monotonic() - started_s, json.loads(result.payload)

    async def call_all() -> list[tuple[float, Any]]:
        pool = Pool(function(), demo.cache, {"HF_ENDPOINT": demo.hub.url}, read)
        try:
            return await asyncio.gather(*(call(pool) for _ in range(ENVIRONMENTS)))
        finally:
            await pool.stop()

    answers = asyncio.run(call_all())
    assert {answer[0][0]["label"] for _, answer in answers} == {"POSITIVE"}
    assert len({json.dumps(answer) for _, answer in answers}) == 1
    stages = [line["stage"] for line in log if line.get("message") == "preparing"]
    assert (stages.count("downloaded"), stages.count("converted")) == (1, 1)
    share = demo.hub.record.file_bytes / downloaded_bytes(demo)
    assert share <= 1.02
    slowest_s = max(seconds for seconds, _ in answers)
    with capsys.disabled():
        print(f"\n{ENVIRONMENTS} environments: {share:.3f} of the model downloaded, {slowest_s:.0f} s")


@pytest.mark.timeout(2 * SECONDS)
@pytest.mark.parametrize("errno", [None, "ENOSYS"], ids=["no-op", "ENOSYS"])
@pytest.mark.sliced(1)
def test_the_same_where_flock_does_not_work(
    demo: Cluster, errno: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.faults = [{"call": "flock", "path": ""} | ({"errno": errno} if errno else {})]
    workers = [demo.start(within_s=TIMEOUT_S, **SENTIMENT) for _ in range(WITHOUT_LOCKS)]
    outcomes = [worker.outcome(SECONDS) for worker in workers]
    assert {outcome["answer"][0][0]["label"] for outcome in outcomes} == {"POSITIVE"}
    assert max(outcome["seconds"] for outcome in outcomes) < TIMEOUT_S
    stages = [line.get("stage") for worker in workers for line in worker.lines]
    assert stages.count("converted") == 1
    assert "flock" in demo.seen.read_text()
    share = demo.hub.record.file_bytes / downloaded_bytes(demo)
    assert share <= 1.02
    with capsys.disabled():
        print(f"\n{WITHOUT_LOCKS} environments without flock: {share:.3f} of the model downloaded")


@pytest.mark.timeout(20 * SECONDS)
def test_cold_starts_without_a_hub(demo: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    first = demo.outcome(**SENTIMENT)
    demo.hub.record.clear()
    demo.hub.stop()
    started_s, answered = time.monotonic(), 0
    for _ in range(COLD_STARTS // AT_ONCE):
        workers = [demo.start(calls=CALLS, **SENTIMENT) for _ in range(AT_ONCE)]
        outcomes = [worker.outcome() for worker in workers]
        assert [outcome.get("answer", outcome) for outcome in outcomes] == [first["answer"]] * AT_ONCE
        answered += sum(line.get("calls", 0) for worker in workers for line in worker.lines)
        demo.workers.clear()
    took_s = time.monotonic() - started_s
    assert answered == COLD_STARTS * CALLS
    assert demo.hub.record.lines == []
    with capsys.disabled():
        warm = answered - COLD_STARTS
        print(f"\nwithout a Hub: {COLD_STARTS} cold starts, {warm} warm calls, 0 failed, in {took_s:.0f} s")


@pytest.mark.timeout(2 * SECONDS)
def test_chaos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten rounds of a seed that is drawn anew; ``make chaos`` runs as many as one likes."""
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    with capsys.disabled():
        print(f"\nchaos: seed {seed}")
        chaos.run(tmp_path, seed, first=0, rounds=10)
