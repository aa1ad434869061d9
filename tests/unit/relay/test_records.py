"""What stands in the bucket is checked before any part of it becomes a path, a model or an answer."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from inference.cache.artifact import VERSION
from inference.jobs.progress import Progress
from inference.relay import records
from inference.relay.events import object_key
from inference.relay.records import BadRecord, Delivery, MakingProgress, ModelRequest
from tests.support.artifacts import COMMIT, SENTIMENT
from tests.support.relay.deliveries import BRANCH, NAME, made_delivery

REQUEST = ModelRequest("sentiment", BRANCH.id, "main", "auto", 1)


def test_a_name_changes_with_all_that_changes_an_artifact(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        NAME,
        records.name_of(replace(BRANCH, revision="v2"), SENTIMENT.pipeline_tag, "auto"),
        records.name_of(replace(BRANCH, pickle_weights=True), SENTIMENT.pipeline_tag, "auto"),
        records.name_of(BRANCH, "token-classification", "auto"),
        records.name_of(BRANCH, SENTIMENT.pipeline_tag, "fp32"),
    }
    monkeypatch.setattr(records, "VERSION", VERSION + 1)
    names.add(records.name_of(BRANCH, SENTIMENT.pipeline_tag, "auto"))
    monkeypatch.setattr(records, "ARCH", "another")
    names.add(records.name_of(BRANCH, SENTIMENT.pipeline_tag, "auto"))
    assert len(names) == 7


def test_a_key_gives_its_name_back_and_no_other_does() -> None:
    assert records.name_in(records.request_key(NAME), records.request_key("*")) == NAME
    assert records.name_in(records.manifest_key(NAME), records.manifest_key("*")) == NAME
    for key in (
        "requests/x.json",
        f"requests/../{NAME}.json",
        f"requests/{NAME}.json\n",
        f"other/{NAME}.json",
    ):
        assert records.name_in(key, records.request_key("*")) is None
    file = records.file_key(NAME, "a" * 32, "manifest.json")  # a model may have a file with this name
    assert records.name_in(file, records.manifest_key("*")) is None


def test_a_mark_gives_its_artifact_back() -> None:
    key = records.load_key("owner/model", COMMIT, "onnx-x-int8-x86_64-v1")
    assert records.artifact_of_load(key) == ("owner/model", COMMIT, "onnx-x-int8-x86_64-v1")
    for other in ("loads/a/b/c", f"loads/a/{COMMIT}/../x", f"loads/..--x/{COMMIT}/onnx", "loads/"):
        assert records.artifact_of_load(other) is None


def test_documents_come_back_as_they_were() -> None:
    assert ModelRequest.read(REQUEST.to_bytes()) == REQUEST
    assert Delivery.read(made_delivery().to_bytes()) == made_delivery()
    making = MakingProgress(Progress("converting", 1, 2), is_ended=True, failure={"kind": "CacheFull"})
    assert MakingProgress.read(making.to_bytes()) == making


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b'{"progress": {"x": 1}}', b'{"failure": 1}'])
def test_progress_that_cannot_be_read_says_nothing(body: bytes) -> None:
    assert MakingProgress.read(body) == MakingProgress()


@pytest.mark.parametrize(
    "change",
    [
        {"task": "../x"},
        {"model": "../../etc"},
        {"model": "a" * 300},
        {"revision": "-x"},
        {"precision": "int4"},
        {"threads": 0},
        {"threads": 64},
        {"threads": True},
        {"tries": -1},
        {"extra": 1},
    ],
)
def test_a_request_that_is_none_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadRecord):
        ModelRequest.read(json.dumps({**asdict(REQUEST), **change}).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"commit": "../../x"},
        {"commit": "c" * 39},
        {"engine": "../onnx"},
        {"precision": "a/b"},
        {"model": "another/model"},
        {"files": {"../x": {"size_bytes": 1, "sha256": "a" * 64}}},
        {"files": {"/etc/x": {"size_bytes": 1, "sha256": "a" * 64}}},
        {"files": {"a//b": {"size_bytes": 1, "sha256": "a" * 64}}},
        {"files": {"a": {"size_bytes": "1", "sha256": "a" * 64}}},
        {"files": {"a": {"size_bytes": 1, "sha256": "short"}}},
        {"files": {"a": None}},
        {"files": 1},
        {"files": {"a\x00b": {"size_bytes": 1, "sha256": "a" * 64}}},
    ],
)
def test_a_delivery_that_would_lead_elsewhere_is_refused(change: dict[str, Any]) -> None:
    document = asdict(made_delivery())
    document["manifest"] |= change
    with pytest.raises(BadRecord):
        Delivery.read(json.dumps(document).encode())


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"manifest": 1}', b'{"manifest": {}}'])
def test_a_delivery_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(BadRecord):
        Delivery.read(body)


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {},
        {"detail-type": "Object Deleted"},
        {"detail-type": "Object Created", "detail": {"object": {}}},
    ],
)
def test_only_a_written_object_has_a_key(event: Any) -> None:
    assert object_key(event) is None
