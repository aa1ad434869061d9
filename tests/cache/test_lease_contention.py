"""Environments that die, freeze, fail or wait: as processes, against a Hub that counts."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from inference.cache.layout import CacheLayout
from inference.cache.lease import Lease
from inference.deadline import Deadline
from inference.errors import HubletError, HubUnreachable, InternalError, ModelNotReady, ModelUnavailable
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import ArtifactSpec
from inference.task import Model
from tests.support.cluster.cluster import ANSWER, MODEL, WEIGHTS

if TYPE_CHECKING:
    from tests.support.cluster.cluster import Cluster

STALE_S = 1.0
SLOW_BYTES_PER_S = 500_000


def provider_of(
    cluster: Cluster, tag: str = "any-tag", memory_mb: int = 4096, stale_s: float = STALE_S
) -> DirectProvider:
    spec = ArtifactSpec(tag, ("Good.",), "auto", threads=1, memory_mb=memory_mb)
    return DirectProvider(cluster.cache, cluster.hub.url, {}, spec, stale_s=stale_s)


def fetch(provider: DirectProvider, within_s: float = 60.0) -> None:
    provider.fetch(Model(MODEL), Deadline.after(within_s), lambda line: None)


def turn(cluster: Cluster) -> int:
    latest = Lease(CacheLayout(cluster.cache).state(MODEL)).latest()
    assert latest
    return latest.token


def test_a_killed_environment_is_replaced_when_its_heartbeat_is_old(cluster: Cluster) -> None:
    cluster.hub.faults.slow_bytes_per_s = SLOW_BYTES_PER_S
    dead = cluster.start(stale_s=STALE_S)
    dead.read_until("downloading")
    dead.signal(signal.SIGKILL)
    cluster.hub.faults.slow_bytes_per_s = 0
    assert provider_of(cluster).store.state(Model(MODEL)) == "preparing"
    done = cluster.outcome(stale_s=STALE_S)
    assert done["answer"] == ANSWER
    assert STALE_S * 0.5 < done["seconds"] < STALE_S + 15


@pytest.mark.parametrize("stage", ["downloading", "checking", "converting"])
def test_an_environment_that_wakes_late_changes_nothing(cluster: Cluster, stage: str) -> None:
    cluster.hub.faults.slow_bytes_per_s = SLOW_BYTES_PER_S
    late = cluster.start(stale_s=STALE_S)
    if stage != "downloading":
        cluster.hub.faults.slow_bytes_per_s = 0
    late.read_until(stage)
    late.signal(signal.SIGSTOP)
    cluster.hub.faults.slow_bytes_per_s = 0
    assert cluster.outcome(stale_s=STALE_S)["answer"] == ANSWER
    (folder,) = cluster.artifacts()
    before = [(path.name, path.stat().st_ino, path.stat().st_mtime_ns) for path in sorted(folder.iterdir())]
    token = turn(cluster)
    late.signal(signal.SIGCONT)
    assert late.outcome()["answer"] == ANSWER
    after = [(path.name, path.stat().st_ino, path.stat().st_mtime_ns) for path in sorted(folder.iterdir())]
    assert (after, turn(cluster), cluster.artifacts()) == (before, token, [folder])
    assert not [name for name in cluster.half_made() if not name.endswith(".incomplete")]


def test_a_waiter_answers_at_its_own_deadline_and_says_how_long_it_still_takes(cluster: Cluster) -> None:
    cluster.hub.faults.slow_bytes_per_s = SLOW_BYTES_PER_S
    cluster.start().read_until("downloading")
    started_s = time.monotonic()
    with pytest.raises(ModelNotReady, match="downloading") as raised:
        fetch(provider_of(cluster, stale_s=15), within_s=1)
    assert time.monotonic() - started_s < 5
    assert raised.value.retry_after_s
    assert 2 < raised.value.retry_after_s < 60


def test_a_conversion_that_fails_is_not_tried_again_at_each_call(cluster: Cluster) -> None:
    (cluster.root / "repositories" / MODEL / "config.json").write_text("no JSON")
    with pytest.raises(ModelUnavailable, match=r"no config\.json") as first:
        fetch(provider_of(cluster))
    cluster.hub.record.clear()
    started_s = time.monotonic()
    with pytest.raises(ModelUnavailable) as second:
        fetch(provider_of(cluster))
    assert time.monotonic() - started_s < 4
    assert second.value.message == first.value.message
    assert second.value.retry_after_s == pytest.approx(60, abs=5)
    assert cluster.hub.record.lines == []


def test_a_failure_is_tried_again_after_its_hold_and_then_held_twice_as_long(cluster: Cluster) -> None:
    (cluster.root / "repositories" / MODEL / "config.json").write_text("no JSON")
    state = CacheLayout(cluster.cache).state(MODEL)
    for hold_s in (60, 120, 240):
        with pytest.raises(ModelUnavailable):
            fetch(provider_of(cluster))
        with pytest.raises(ModelUnavailable) as held:
            fetch(provider_of(cluster))
        assert held.value.retry_after_s == pytest.approx(hold_s, abs=5)
        (own,) = state.glob("lease-*")
        then_s = time.time() - hold_s - 1
        os.utime(own, (then_s, then_s))


def test_more_memory_is_worth_another_try_at_once(cluster: Cluster) -> None:
    config = cluster.root / "repositories" / MODEL / "config.json"
    config.write_text("no JSON")
    with pytest.raises(ModelUnavailable):
        fetch(provider_of(cluster))
    token = turn(cluster)
    with pytest.raises(ModelUnavailable) as again:
        fetch(provider_of(cluster, memory_mb=8192))
    assert again.value.retry_after_s is None
    assert turn(cluster) == token + 1


def test_a_rate_limit_is_named_soon_and_nobody_asks_before_it_ends(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.hub.faults.retry_after_s = 300
    first = cluster.outcome()
    assert (first["error"], first["retry_after_s"]) == ("HubUnreachable", 300)
    assert first["seconds"] < 8
    asked = len(cluster.hub.record.lines)
    second = cluster.outcome()
    assert second["error"] == "HubUnreachable"
    assert 290 < second["retry_after_s"] <= 300
    assert second["seconds"] < 5
    assert len(cluster.hub.record.lines) == asked
    with capsys.disabled():
        told = (first["seconds"], second["seconds"])
        print("\na rate limit is told after {:.1f} s, then after {:.1f} s".format(*told))


def test_those_who_waited_for_a_dead_hub_do_not_try_it_one_by_one(cluster: Cluster) -> None:
    cluster.hub.stop()
    failed: list[tuple[HubletError, float]] = []
    started_s = time.monotonic()

    def run() -> None:
        try:
            fetch(provider_of(cluster, stale_s=15))
        except HubletError as error:
            failed.append((error, time.monotonic() - started_s))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(error) for error, _ in failed] == [HubUnreachable] * 8
    assert max(seconds for _, seconds in failed) < 1.5 * min(seconds for _, seconds in failed) + 2
    assert turn(cluster) <= 2
    cluster.hub.start()
    fetch(provider_of(cluster))


def test_a_call_that_is_too_short_for_the_largest_file_names_the_timeout(cluster: Cluster) -> None:
    weights = cluster.root / "repositories" / MODEL / "model.safetensors"
    weights.write_bytes(WEIGHTS * 16)  # the library writes 10 MB at a time, so less shows no speed
    cluster.hub.faults.slow_bytes_per_s = 4_000_000
    with pytest.raises(ModelNotReady):
        fetch(provider_of(cluster), within_s=5)
    started_s = time.monotonic()
    with pytest.raises(ModelNotReady, match=r"a file of 34 MB takes about .* raise the function's timeout"):
        fetch(provider_of(cluster), within_s=5)
    assert time.monotonic() - started_s < 4
    cluster.hub.faults.slow_bytes_per_s = 0
    fetch(provider_of(cluster), within_s=60)


def test_a_cache_without_room_says_so_before_the_download(cluster: Cluster, small_mount: Any) -> None:
    cluster.cache = small_mount("size=1m")
    failed = cluster.outcome()
    assert failed["error"] == "CacheFull"
    assert failed["message"].startswith(f"the model cache has no room for {MODEL}: 2 MB are missing and 1 MB")
    config = (cluster.root / "repositories" / MODEL / "config.json").stat().st_size
    assert cluster.hub.record.file_bytes <= config  # which says whether the model can be read at all
    assert cluster.half_made() == []


def test_the_fault_of_a_cache_is_not_held(cluster: Cluster) -> None:
    cluster.cache.write_text("not a folder")
    with pytest.raises(InternalError, match="cannot be written"):
        fetch(provider_of(cluster))
    cluster.cache.unlink()
    fetch(provider_of(cluster))
    assert cluster.hub.record.file_bytes <= 1.02 * len(WEIGHTS)
