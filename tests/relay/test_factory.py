"""The factory makes what a function asked for, of the functions' models alone, and says how it ended."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from inference.factory.lease import MakingLease
from inference.factory.making import WORK
from inference.factory.service import Factory
from inference.factory.settings import FactorySettings
from inference.relay.bucket import RelayUnreachable
from inference.relay.records import (
    Delivery,
    MakingProgress,
    ModelRequest,
    file_key,
    lease_key,
    manifest_key,
    name_of,
    progress_key,
    request_key,
)
from inference.settings import SettingsError
from inference.tasks import get_task
from local.cloud.rules import to_event
from local.demo.catalog import DEMO_REPOSITORIES
from local.hub.server import HubServer
from tests.support.context import FakeContext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.relay.bucket import Bucket
    from tests.support.relay.written import Written

TASK = get_task("sentiment").with_model("hublet/demo-sentiment", None)
NAME = name_of(TASK.model, TASK.pipeline_tag, "auto")
REQUEST = ModelRequest("sentiment", TASK.model.id, TASK.model.revision, "auto", 1)


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer(DEMO_REPOSITORIES) as running:
        yield running


class Asked:
    """A factory on a bucket, and requests to it."""

    def __init__(self, bucket: Bucket, server: Written, hub: HubServer) -> None:
        self.bucket = bucket
        self._name = server.name
        models = {"sentiment": {"model": TASK.model.id}}
        self.variables = {
            "BUCKET": server.name,
            "HF_ENDPOINT": hub.url,
            "TASKS": "sentiment",
            "MODELS": json.dumps(models),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "7076",
        }
        self.factory = Factory(FactorySettings.from_env(self.variables))

    def __call__(self, request: ModelRequest = REQUEST, name: str = NAME, seconds: float = 280.0) -> Any:
        self.bucket.write(request_key(name), request.to_bytes())
        return self.factory(to_event(self._name, request_key(name)), FakeContext(seconds))

    def progress(self) -> MakingProgress:
        stored = self.bucket.read(progress_key(NAME))
        assert stored
        return MakingProgress.read(stored.body)


@pytest.fixture
def ask(
    bucket: Bucket, server: Written, hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Asked:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return Asked(bucket, server, hub)


@pytest.mark.timeout(600)
def test_a_model_is_made_delivered_and_delivered_again(ask: Asked, bucket: Bucket, server: Written) -> None:
    assert ask() == {"outcome": "made", "model": TASK.model.id, "revision": "main"}
    stored = bucket.read(manifest_key(NAME))
    assert stored
    delivery = Delivery.read(stored.body)
    assert (delivery.model, delivery.revision, delivery.manifest.engine) == (TASK.model.id, "main", "onnx")
    folder = Path(tempfile.gettempdir())
    for name, file in delivery.manifest.files.items():
        bucket.download(file_key(NAME, delivery.making, name), folder / "came")
        content = (folder / "came").read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"], name
        assert len(content) == file["size_bytes"]
        (folder / "came").unlink()
    assert server.keys[-2:].count(manifest_key(NAME)) == 1  # last; after it only the lease ends
    assert not list((folder / WORK).glob("*"))  # nothing is left on the disk
    server.keys.clear()
    assert ask()["outcome"] == "delivered again"
    assert server.keys.count(manifest_key(NAME)) == 1
    bucket.write(progress_key(NAME), MakingProgress(is_ended=True, is_damaged=True).to_bytes())
    assert ask()["outcome"] == "made"  # another making's files; those of the first are gone
    assert not [key for key in bucket.keys("artifacts/") if f"/{delivery.making}/" in key]


@pytest.mark.timeout(600)
def test_who_was_taken_over_does_not_publish(
    ask: Asked, bucket: Bucket, server: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease is another's as soon as the first file is in the bucket."""

    def take_over(key: str) -> None:
        server.keys.append(key)
        if key.startswith("artifacts/") and not key.endswith("manifest.json"):
            server.client().put_object(Bucket=server.name, Key=lease_key(NAME), Body=b"another's")

    monkeypatch.setattr(server, "_created", take_over)
    assert ask()["outcome"] == "held by another"
    assert manifest_key(NAME) not in server.keys
    assert bucket.read(manifest_key(NAME)) is None


def test_who_looked_at_its_lease_and_then_froze_does_not_publish_either(
    ask: Asked, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last look and the write another factory made the model, and published it."""
    check = MakingLease.check

    def check_and_freeze(lease: MakingLease) -> None:
        check(lease)
        if bucket.keys(f"artifacts/{NAME}/"):
            bucket.write(manifest_key(NAME), b"another's")

    monkeypatch.setattr(MakingLease, "check", check_and_freeze)
    assert ask()["outcome"] == "held by another"
    stored = bucket.read(manifest_key(NAME))
    assert stored
    assert stored.body == b"another's"


def test_what_the_hub_does_not_have_is_told_to_those_who_wait(
    bucket: Bucket, server: Written, hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ask = Asked(bucket, server, hub)
    missing = replace(TASK, model=replace(TASK.model, id="hublet/no-such-model"))
    ask.factory._settings = replace(ask.factory._settings, tasks=(missing,))
    name = name_of(missing.model, missing.pipeline_tag, "auto")
    for count in (1, 2):
        assert ask(replace(REQUEST, model=missing.model.id), name)["outcome"] == "failed"
        stored = bucket.read(progress_key(name))
        assert stored
        told = MakingProgress.read(stored.body)
        assert told.is_ended
        assert told.failure
        assert told.failure["kind"] == "ModelUnavailable"
        assert told.failure["count"] == count
        assert told.failure["backoff_s"] == 60 * count


def test_a_call_that_is_too_short_hands_on(ask: Asked, bucket: Bucket, server: Written) -> None:
    assert ask(seconds=2.0)["outcome"] == "handed on"
    stored = bucket.read(request_key(NAME))
    assert stored
    assert ModelRequest.read(stored.body).tries == 1
    assert server.keys[-1] == request_key(NAME)
    assert ask(replace(REQUEST, tries=5), seconds=2.0)["outcome"] == "failed"
    assert (ask.progress().failure or {})[
        "message"
    ] == "hublet/demo-sentiment was not ready after 6 calls of the factory"


def test_what_others_left_on_the_disk_is_removed_and_what_is_handed_on_stays(ask: Asked) -> None:
    work = Path(tempfile.gettempdir()) / WORK
    left, recent = work / "acme--left", work / "acme--recent"
    for folder in (left, recent):
        (folder / "hub").mkdir(parents=True)
    os.utime(left, (0, 0))
    assert ask(seconds=2.0)["outcome"] == "handed on"
    assert sorted(each.name for each in work.iterdir()) == sorted([recent.name, NAME.replace("/", "--")])


def test_too_little_memory_names_the_factorys_own_option(ask: Asked) -> None:
    ask.factory = Factory(
        FactorySettings.from_env({**ask.variables, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "300"})
    )
    assert ask()["outcome"] == "failed"
    told = (ask.progress().failure or {})["message"]
    assert re.search(r"the function has 300 MB; raise factory_memory to \d+", str(told))


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (replace(REQUEST, task="spam"), "no function of this stack has the task"),
        (replace(REQUEST, model="another/model"), "model: must be one of hublet/demo-sentiment"),
        (replace(REQUEST, revision="v2"), "the function has the model at another revision"),
        (replace(REQUEST, precision="fp32"), "the request's name is not that of what it asks for"),
    ],
)
def test_only_the_models_of_the_functions_are_made(ask: Asked, request_: ModelRequest, why: str) -> None:
    answer = ask(request_)
    assert answer["outcome"] == "refused"
    assert answer["why"].startswith(why)


def test_other_events_make_nothing(ask: Asked, bucket: Bucket) -> None:
    bucket.write(request_key(NAME), b"not json")
    event = to_event("x", request_key(NAME))
    assert ask.factory(event, FakeContext())["outcome"] == "refused"
    bucket.delete([request_key(NAME)])
    assert ask.factory(event, FakeContext()) == {"outcome": "the request is gone"}
    for other in ({}, None, to_event("x", "artifacts/a/b/manifest.json")):
        assert ask.factory(other, FakeContext()) == {"outcome": "no request of ours"}


class Answers(BaseHTTPRequestHandler):
    """CloudFormation's address for answers."""

    came: list[dict[str, Any]] = []

    def do_PUT(self) -> None:
        self.came.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def answers() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answers) as listening:
        thread = Thread(target=listening.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}/"
        listening.shutdown()
        thread.join()


def test_a_stack_that_goes_leaves_no_object_and_no_upload(
    ask: Asked, bucket: Bucket, server: Written, answers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.factory.empty_bucket.SETTLES_S", 0.0)
    bucket.write("artifacts/x", b"x")
    server.client().create_multipart_upload(Bucket=server.name, Key="half")
    told = {"StackId": "stack", "RequestId": "1", "LogicalResourceId": "Empty", "ResponseURL": answers}
    ask.factory({"RequestType": "Create", **told}, FakeContext())
    assert bucket.keys("") == ["artifacts/x"]
    ask.factory({"RequestType": "Delete", "PhysicalResourceId": "empty-bucket", **told}, FakeContext())
    assert bucket.keys("") == []
    assert not server.client().list_multipart_uploads(Bucket=server.name).get("Uploads")
    assert [each["Status"] for each in Answers.came[-2:]] == ["SUCCESS", "SUCCESS"]


@pytest.mark.parametrize(("fault", "status"), [("NoSuchBucket", "SUCCESS"), ("SlowDown", "FAILED")])
def test_cloudformation_is_answered_whatever_the_bucket_says(
    ask: Asked, answers: str, monkeypatch: pytest.MonkeyPatch, fault: str, status: str
) -> None:
    def refuse() -> None:
        raise RelayUnreachable(f"the bucket that models come through refused: {fault}", code=fault)

    monkeypatch.setattr(ask.factory._bucket, "abort_uploads", refuse)
    told = {"StackId": "stack", "RequestId": "1", "LogicalResourceId": "Empty", "ResponseURL": answers}
    ask.factory({"RequestType": "Delete", **told}, FakeContext())
    assert Answers.came[-1]["Status"] == status


def test_an_unforeseen_fault_is_answered_too(
    ask: Asked, answers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask.factory._bucket, "abort_uploads", lambda: int("x"))
    told = {"StackId": "stack", "RequestId": "1", "LogicalResourceId": "Empty", "ResponseURL": answers}
    ask.factory({"RequestType": "Delete", **told}, FakeContext())
    assert (Answers.came[-1]["Status"], Answers.came[-1]["Reason"]) == (
        "FAILED",
        "the bucket could not be emptied: ValueError",
    )


def test_settings_name_what_is_wrong() -> None:
    with pytest.raises(SettingsError, match="BUCKET is not set"):
        FactorySettings.from_env({})
    with pytest.raises(SettingsError, match="HF_TOKEN_SECRET_ARN"):
        FactorySettings.from_env({"BUCKET": "b", "HF_TOKEN_SECRET_ARN": "x"})
