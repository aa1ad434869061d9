"""First invoke against a real Hub server: one download, honest errors, nothing half-written."""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from inference.deadline import Deadline
from inference.errors import HubletError, HubUnreachable, InternalError, ModelNotReady, ModelUnavailable
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import ArtifactSpec
from inference.task import Model
from local.hub.server import HubServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODEL = Model("hublet/small")
SPEC = ArtifactSpec("any-tag", (), "auto", threads=1, memory_mb=4096)
WEIGHTS = bytes(range(256)) * 8192  # 2 MiB


@pytest.fixture
def repositories(tmp_path: Path) -> Path:
    folder = tmp_path / "repositories" / "hublet" / "small"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    (folder / "modeling_custom.py").write_text("raise SystemExit")
    (folder / "README.md").write_text("# small")
    return tmp_path / "repositories"


@pytest.fixture
def hub(repositories: Path) -> Iterator[HubServer]:
    with HubServer(repositories) as server:
        yield server


def provider_of(tmp_path: Path, hub_url: str) -> DirectProvider:
    return DirectProvider(tmp_path / "cache", hub_url, {}, SPEC)


def fetch(provider: DirectProvider, model: Model = MODEL, within_s: float = 60.0) -> list[dict[str, Any]]:
    """Fetch and return the progress that was reported."""
    reports: list[dict[str, Any]] = []
    provider.fetch(model, Deadline.after(within_s), reports.append)
    return reports


def left_over(tmp_path: Path) -> list[str]:
    cache = tmp_path / "cache"
    return [str(path) for path in cache.rglob("*") if path.name.endswith((".tmp", ".incomplete"))]


def test_what_serving_needs_is_downloaded_and_nothing_else(hub: HubServer, tmp_path: Path) -> None:
    provider = provider_of(tmp_path, hub.url)
    reports = fetch(provider)
    found = provider.store.find(MODEL)
    assert found is not None
    assert set(found.manifest.files) == {"model.safetensors", "config.json"}
    assert (found.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert not any(path.is_symlink() for path in found.folder.iterdir())
    assert not any(name.endswith((".bin", ".py")) for name in hub.record.lines)
    assert {"looking", "downloading", "checking"} <= {report["stage"] for report in reports}
    most = max(report.get("done_bytes", 0) for report in reports)
    assert most == len(WEIGHTS) + len('{"model_type": "bert"}')
    assert left_over(tmp_path) == []


def test_a_ready_model_needs_no_hub(hub: HubServer, tmp_path: Path) -> None:
    provider = provider_of(tmp_path, hub.url)
    fetch(provider)
    hub.record.clear()
    assert provider_of(tmp_path, hub.url).store.find(MODEL) is not None
    fetch(provider_of(tmp_path, hub.url))
    assert hub.record.lines == []


def test_a_branch_is_resolved_once_and_kept(hub: HubServer, repositories: Path, tmp_path: Path) -> None:
    provider = provider_of(tmp_path, hub.url)
    fetch(provider)
    before = provider.store.find(MODEL)
    (repositories / "hublet" / "small" / "config.json").write_text('{"model_type": "moved"}')
    fetch(provider_of(tmp_path, hub.url))
    after = provider_of(tmp_path, hub.url).store.find(MODEL)
    assert before is not None
    assert after is not None
    assert before.manifest.commit == after.manifest.commit


def test_many_processes_at_once_download_each_file_once(hub: HubServer, tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [
        spawn.Process(target=_fetch_in_a_process, args=(str(tmp_path / "cache"), hub.url)) for _ in range(8)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 8
    assert hub.record.file_bytes <= 1.02 * (len(WEIGHTS) + 100)
    assert left_over(tmp_path) == []


def _fetch_in_a_process(cache: str, hub_url: str) -> None:
    from pathlib import Path

    fetch(DirectProvider(Path(cache), hub_url, {}, SPEC))


@pytest.mark.parametrize(
    ("model", "expected", "words"),
    [
        (Model("hublet/nowhere"), ModelUnavailable, "no model hublet/nowhere"),
        (Model("hublet/small", "f" * 40), ModelUnavailable, "not revision"),
        (Model("hublet/no-weights"), ModelUnavailable, "no safetensors"),
    ],
    ids=["unknown", "unknown revision", "no safetensors"],
)
def test_what_the_hub_does_not_have(
    hub: HubServer,
    repositories: Path,
    tmp_path: Path,
    model: Model,
    expected: type[HubletError],
    words: str,
) -> None:
    other = repositories / "hublet" / "no-weights"
    other.mkdir()
    (other / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(expected, match=words):
        fetch(provider_of(tmp_path, hub.url), model)
    assert not any("pytorch_model.bin" in line for line in hub.record.lines)


def test_a_gated_model(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.gated = ["hublet/small"]
    with pytest.raises(ModelUnavailable, match="gated"):
        fetch(provider_of(tmp_path, hub.url))


def test_a_dead_hub(hub: HubServer, tmp_path: Path) -> None:
    hub.stop()
    started_s = time.monotonic()
    with pytest.raises(HubUnreachable, match="did not deliver"):
        fetch(provider_of(tmp_path, hub.url))
    assert time.monotonic() - started_s < 15
    hub.start()
    fetch(provider_of(tmp_path, hub.url))


def test_a_rate_limited_hub_names_the_time_to_wait(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.retry_after_s = 300
    started_s = time.monotonic()
    with pytest.raises(HubUnreachable, match="429") as raised:
        fetch(provider_of(tmp_path, hub.url))
    assert time.monotonic() - started_s < 10
    assert raised.value.retry_after_s == 300


def test_a_silent_hub_ends_at_the_deadline(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.hang = True
    started_s = time.monotonic()
    with pytest.raises(ModelNotReady):
        fetch(provider_of(tmp_path, hub.url), within_s=2)
    assert time.monotonic() - started_s < 3


def test_a_slow_hub_ends_at_the_deadline_and_says_how_long_it_still_takes(
    hub: HubServer, tmp_path: Path
) -> None:
    hub.faults.slow_bytes_per_s = 200_000
    with pytest.raises(ModelNotReady) as raised:
        fetch(provider_of(tmp_path, hub.url), within_s=4)
    assert raised.value.retry_after_s is not None
    assert 2 < raised.value.retry_after_s < 40
    hub.faults.slow_bytes_per_s = 0
    fetch(provider_of(tmp_path, hub.url))


def test_health_says_preparing_while_another_environment_downloads(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.slow_bytes_per_s = 1_000_000
    provider = provider_of(tmp_path, hub.url)
    worker = threading.Thread(target=fetch, args=(provider,))
    worker.start()
    assert hub.record.wait_for(lambda seen: any("resolve" in one.path for one in seen), timeout=20)
    assert provider_of(tmp_path, hub.url).store.state(MODEL) == "preparing"
    hub.faults.slow_bytes_per_s = 0
    worker.join(30)
    assert provider_of(tmp_path, hub.url).store.state(MODEL) == "ready"


@pytest.mark.parametrize(("fault", "value"), [("corrupt", True), ("cut_after_bytes", len(WEIGHTS) // 2)])
def test_a_file_that_arrives_wrong_once_is_fetched_again(
    hub: HubServer, tmp_path: Path, fault: str, value: int
) -> None:
    setattr(hub.faults, fault, value)
    hub.faults.only = "model.safetensors"
    hub.faults.first = 1
    provider = provider_of(tmp_path, hub.url)
    fetch(provider)
    found = provider.store.find(MODEL)
    assert found is not None
    assert (found.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert hub.faults.first == 0, "nothing arrived wrong"


def test_a_file_that_is_always_cut_is_an_error_in_time(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.cut_after_bytes = 1000
    hub.faults.only = "model.safetensors"
    provider = provider_of(tmp_path, hub.url)
    with pytest.raises((HubUnreachable, ModelNotReady)):
        fetch(provider, within_s=20)
    assert provider.store.find(MODEL) is None


def test_a_file_that_is_rate_limited_past_the_deadline_ends_at_it(hub: HubServer, tmp_path: Path) -> None:
    """The library would sleep until the limit resets, up to five times."""
    hub.faults.retry_after_s = 300
    hub.faults.only = "/resolve/"
    started_s = time.monotonic()
    with pytest.raises((HubUnreachable, ModelNotReady)):
        fetch(provider_of(tmp_path, hub.url), within_s=4)
    assert time.monotonic() - started_s < 6


def test_a_file_that_keeps_arriving_wrong_is_never_served(hub: HubServer, tmp_path: Path) -> None:
    hub.faults.corrupt = True
    provider = provider_of(tmp_path, hub.url)
    with pytest.raises(HubUnreachable, match="damaged"):
        fetch(provider)
    assert provider.store.find(MODEL) is None
    assert left_over(tmp_path) == []


def test_a_truncated_artifact_is_rebuilt(hub: HubServer, tmp_path: Path) -> None:
    provider = provider_of(tmp_path, hub.url)
    fetch(provider)
    found = provider.store.find(MODEL)
    assert found is not None
    with (found.folder / "model.safetensors").open("r+b") as stream:
        stream.truncate(1000)
    assert provider.store.find(MODEL) is None
    fetch(provider)
    again = provider.store.find(MODEL)
    assert again is not None
    assert (again.folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_cache_that_cannot_be_written(hub: HubServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    provider = DirectProvider(tmp_path / "file", hub.url, {}, SPEC)
    with pytest.raises(InternalError, match="cannot be written"):
        fetch(provider)


def test_no_message_carries_a_path(hub: HubServer, tmp_path: Path) -> None:
    provider = provider_of(tmp_path, hub.url)
    bad = replace(MODEL, id="hublet/nowhere")
    with pytest.raises(ModelUnavailable) as raised:
        fetch(provider, bad)
    assert str(tmp_path) not in json.dumps(raised.value.message)


def test_too_little_memory_is_told_before_the_weights_come(hub: HubServer, tmp_path: Path) -> None:
    small = ArtifactSpec(
        "text-classification", (), "auto", threads=1, memory_mb=256, memory_option="sentiment.memory"
    )
    provider = DirectProvider(tmp_path / "cache", hub.url, {}, small)
    told = r"takes about 705 MB of memory, and the function has 256 MB; raise sentiment\.memory to 705"
    with pytest.raises(InternalError, match=told):
        fetch(provider)
    assert not any("model.safetensors" in line for line in hub.record.lines)
    hub.record.clear()
    with pytest.raises(InternalError, match=told) as again:
        fetch(provider)
    assert again.value.retry_after_s  # for a minute nobody asks the Hub
    assert hub.record.lines == []


def test_what_is_not_converted_needs_no_memory_for_it(hub: HubServer, tmp_path: Path) -> None:
    small = ArtifactSpec("any-tag", (), "auto", threads=1, memory_mb=256)
    provider = DirectProvider(tmp_path / "cache", hub.url, {}, small)
    fetch(provider)
    assert provider.store.find(MODEL)
