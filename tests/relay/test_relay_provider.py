"""A function asks for what it misses, waits within its own time, and meets failures as others told them."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from inference.cache.layout import CacheLayout
from inference.deadline import Deadline
from inference.errors import ModelNotReady, ModelUnavailable
from inference.jobs.progress import Progress
from inference.maintenance.shelving import Shelf
from inference.prepare import relay
from inference.prepare.backoff import Failure
from inference.prepare.relay import RelayProvider
from inference.prepare.spec import artifact_spec
from inference.relay.records import (
    MakingProgress,
    ModelRequest,
    load_key,
    manifest_key,
    progress_key,
    request_key,
)
from inference.settings import Settings
from local.cloud.rules import to_event
from tests.support.artifacts import COMMIT, SENTIMENT
from tests.support.relay.deliveries import BRANCH, NAME, made_delivery, put_delivery

if TYPE_CHECKING:
    from pathlib import Path

    from inference.relay.bucket import Bucket
    from tests.support.relay.written import Written

SPEC = artifact_spec(SENTIMENT, Settings.from_env({"TASK": "sentiment"}))


@pytest.fixture
def provider(bucket: Bucket, tmp_path: Path) -> RelayProvider:
    bucket.read("nothing")  # boto3 takes its time once
    return RelayProvider(tmp_path / "cache", bucket, SPEC)


def tell(bucket: Bucket, **facts: Any) -> None:
    bucket.write(progress_key(NAME), MakingProgress(**facts).to_bytes())


def failure(kind: str = "ModelUnavailable", backoff_s: float = 60.0) -> dict[str, Any]:
    return vars(Failure(kind, "the Hub has no such model", None, backoff_s, spec_key=""))


def fetch(provider: RelayProvider, seconds: float = 1.5) -> Any:
    reports: list[dict[str, Any]] = []
    try:
        return provider.fetch(BRANCH, Deadline.after(seconds), reports.append)
    finally:
        provider.reports = reports  # type: ignore[attr-defined]


def test_it_asks_once_and_says_how_far_it_is(
    provider: RelayProvider, bucket: Bucket, server: Written
) -> None:
    for _ in range(2):
        with pytest.raises(ModelNotReady, match="starting"):
            fetch(provider)
    assert server.keys == [request_key(NAME)]
    stored = bucket.read(request_key(NAME))
    assert stored
    assert ModelRequest.read(stored.body) == ModelRequest("sentiment", BRANCH.id, "main", "auto", 1)
    tell(bucket, progress=Progress("converting", 5_000_000, 5_000_000))
    with pytest.raises(ModelNotReady, match=r"converting, 5\.0 of 5\.0 MB") as raised:
        fetch(provider)
    assert raised.value.retry_after_s
    assert [report["stage"] for report in provider.reports] == ["converting"]  # type: ignore[attr-defined]
    assert provider.state(BRANCH) == "preparing"
    assert provider.progress(BRANCH).stage == "converting"


def test_a_waiting_call_gets_what_was_delivered(
    provider: RelayProvider, bucket: Bucket, server: Written, tmp_path: Path
) -> None:
    def deliver() -> None:
        put_delivery(bucket, made_delivery())
        shelf = Shelf(CacheLayout(tmp_path / "cache"), bucket)
        shelf.answer(to_event(server.name, manifest_key(NAME)), Deadline.after(10))

    later = threading.Timer(0.3, deliver)
    later.start()
    artifact = fetch(provider, 20)
    later.join()
    assert artifact.manifest == made_delivery().manifest
    assert provider.state(BRANCH) == "ready"


def test_a_failure_is_every_waiting_calls_and_then_asked_for_again(
    provider: RelayProvider, bucket: Bucket, server: Written
) -> None:
    tell(bucket, is_ended=True, failure=failure())
    with pytest.raises(ModelUnavailable, match="no such model") as raised:
        fetch(provider)
    assert 50 < (raised.value.retry_after_s or 0) <= 60
    assert provider.state(BRANCH) == "cold"
    tell(bucket, is_ended=True, failure=failure(backoff_s=0.0))
    with pytest.raises(ModelNotReady):
        fetch(provider)
    assert request_key(NAME) in server.keys


def test_a_lost_event_is_asked_for_again(
    provider: RelayProvider, server: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "ASK_AGAIN_S", -1.0)
    monkeypatch.setattr(relay, "ASK_PROGRESS_S", 0.1)
    with pytest.raises(ModelNotReady):
        fetch(provider, 1.0)
    assert server.keys.count(request_key(NAME)) > 1


def test_progress_that_is_old_was_left_by_a_factory_that_ended(
    provider: RelayProvider, bucket: Bucket, server: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(bucket, progress=Progress("converting"))
    monkeypatch.setattr(relay, "STALE_S", -1.0)
    with pytest.raises(ModelNotReady):
        fetch(provider)
    assert request_key(NAME) in server.keys
    assert provider.state(BRANCH) == "cold"


def test_a_bucket_that_does_not_answer_keeps_no_call_past_its_deadline(
    provider: RelayProvider, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def hang(key: str) -> None:
        released.wait(60)

    monkeypatch.setattr(bucket, "read", hang)
    try:
        with pytest.raises(ModelNotReady, match="starting"):
            fetch(provider, 0.6)
        assert not released.is_set()
    finally:
        released.set()


def test_a_kind_that_nobody_knows_does_not_hold_anybody(provider: RelayProvider, bucket: Bucket) -> None:
    """As a later release may write it."""
    tell(bucket, is_ended=True, failure=failure(kind="NoSuchError"))
    with pytest.raises(ModelNotReady):
        fetch(provider)


def test_a_load_is_told_once_a_day(
    provider: RelayProvider, bucket: Bucket, server: Written, tmp_path: Path
) -> None:
    key = put_delivery(bucket, made_delivery())
    shelf = Shelf(CacheLayout(tmp_path / "cache"), bucket)
    shelf.answer(to_event(server.name, key), Deadline.after(10))
    artifact = fetch(provider)

    def load() -> int:
        provider.store.mark_loaded(artifact)
        for thread in threading.enumerate():
            if thread.name == "mark":
                thread.join()
        return server.keys.count(load_key(BRANCH.id, COMMIT, artifact.folder.name))

    assert load() == 1
    shelf.answer(to_event(server.name, load_key(BRANCH.id, COMMIT, artifact.folder.name)), Deadline.after(10))
    assert load() == 1


def test_damage_that_cannot_be_set_aside_is_not_served_again(
    provider: RelayProvider, bucket: Bucket, server: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put_delivery(bucket, made_delivery())
    shelf = Shelf(CacheLayout(tmp_path / "cache"), bucket)
    shelf.answer(to_event(server.name, key), Deadline.after(10))
    artifact = fetch(provider)
    (artifact.folder / "config.json").write_bytes(b"[]")
    monkeypatch.setattr("inference.cache.store.set_aside", lambda folder: None)  # as on a read-only mount
    assert provider.store.set_aside_if_damaged(artifact)
    assert provider.store.find(BRANCH) is None
    monkeypatch.undo()
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)
    shelf.answer(to_event(server.name, key), Deadline.after(10))
    found = provider.store.find(BRANCH)
    assert found
    assert json.loads((found.folder / "config.json").read_bytes()) == {}
