"""Documents and files in a bucket, and what its refusals become."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session
from urllib3 import HTTPResponse

from inference.relay import bucket as module
from inference.relay.bucket import Bucket, RelayUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.relay.written import Written


def test_a_document_is_read_as_it_was_written(bucket: Bucket) -> None:
    assert bucket.read("a/b.json") is None
    tag = bucket.write("a/b.json", b"{}")
    found = bucket.read("a/b.json")
    assert found
    assert (found.body, found.etag) == (b"{}", tag)
    assert 0 <= found.age_s < 5


def test_conditional_writes(bucket: Bucket) -> None:
    first = bucket.write_if_absent("lease", b"1")
    assert first
    assert bucket.write_if_absent("lease", b"2") is None
    second = bucket.write_if_same("lease", b"3", first)
    assert second
    assert bucket.write_if_same("lease", b"4", first) is None
    assert bucket.write_if_same("nothing", b"5", first) is None
    found = bucket.read("lease")
    assert found
    assert found.body == b"3"


@pytest.fixture
def loses_an_answer(bucket: Bucket) -> Iterator[list[int]]:
    """The first write reaches the bucket, and its answer does not reach us; boto3 sends it once more."""
    statuses: list[int] = []
    nothing = HTTPResponse(BytesIO(), preload_content=False)

    def send(request: Any, **_: Any) -> AWSResponse | None:
        sent = URLLib3Session().send(request)
        statuses.append(sent.status_code)
        return AWSResponse(request.url, 500, {}, nothing) if len(statuses) == 1 else sent

    events = bucket._client.meta.events
    events.register("before-send.s3.PutObject", send)
    yield statuses
    events.unregister("before-send.s3.PutObject", send)


def _read(bucket: Bucket, key: str) -> tuple[bytes, str]:
    found = bucket.read(key)
    assert found
    return found.body, found.etag


def test_a_write_whose_answer_was_lost_is_ones_own(bucket: Bucket, loses_an_answer: list[int]) -> None:
    tag = bucket.write_if_absent("lost", b"mine")
    assert loses_an_answer == [200, 412]
    assert tag
    assert _read(bucket, "lost") == (b"mine", tag)
    loses_an_answer.clear()
    replaced = bucket.write_if_same("lost", b"mine again", tag)
    assert loses_an_answer == [200, 412]
    assert replaced
    assert _read(bucket, "lost") == (b"mine again", replaced)
    assert bucket.write_if_absent("lost", b"another's") is None


def test_requests_take_turns(server: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function reads its progress while the factory writes it, and moto does not lock all of that."""
    moto, inside, overlaps = server._moto, threading.Lock(), []

    def watched(*request: Any) -> list[bytes]:
        overlaps.append(not inside.acquire(blocking=False))
        try:
            return list(moto(*request))
        finally:
            if not overlaps[-1]:
                inside.release()

    monkeypatch.setattr(server, "_moto", watched)

    def write_and_read() -> None:
        client = server.client()
        for _ in range(20):
            client.put_object(Bucket=server.name, Key="progress", Body=b"0" * 5000)
            assert len(client.get_object(Bucket=server.name, Key="progress")["Body"].read()) == 5000

    with ThreadPoolExecutor(4) as threads:
        for call in [threads.submit(write_and_read) for _ in range(4)]:
            call.result()
    assert len(overlaps) >= 160
    assert not any(overlaps)


def test_files_of_any_size(bucket: Bucket, server: Written, tmp_path: Path) -> None:
    """Above 8 MB boto3 sends parts; what was written is told once, at the end."""
    content = bytes(range(256)) * 40_000
    (tmp_path / "sent").write_bytes(content)
    bucket.upload(tmp_path / "sent", "artifacts/x/model")
    bucket.download("artifacts/x/model", tmp_path / "came")
    assert (tmp_path / "came").read_bytes() == content
    assert server.keys == ["artifacts/x/model"]


def test_everything_goes_unfinished_uploads_too(bucket: Bucket, server: Written) -> None:
    for number in range(3):
        bucket.write(f"a/{number}", b"x")
    client = server.client()
    client.create_multipart_upload(Bucket=server.name, Key="half")
    bucket.abort_uploads()
    bucket.delete(bucket.keys(""))
    bucket.delete(["a/0"])  # gone already
    assert bucket.keys("") == []
    assert not client.list_multipart_uploads(Bucket=server.name).get("Uploads")


def test_a_refusal_names_the_reason_and_no_bucket(server: Written) -> None:
    with pytest.raises(RelayUnreachable) as raised:
        Bucket("another-bucket").write("a", b"")
    assert raised.value.message == "the bucket that models come through refused: NoSuchBucket"
    assert (raised.value.status, raised.value.retry_after_s) == (503, 10)


def test_no_answer_is_told_as_such(server: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setattr(module, "ATTEMPTS", 1)
    with pytest.raises(RelayUnreachable, match="does not answer: EndpointConnectionError"):
        Bucket(server.name).read("a")


@pytest.mark.parametrize("code", module.ABSENT)
def test_a_missing_key_may_read_as_forbidden(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """S3 answers so where listing is not granted; moto never does."""
    client: Any = bucket._client
    error = client.exceptions.ClientError({"Error": {"Code": code}}, "GetObject")

    def refuse(**_: object) -> None:
        raise error

    monkeypatch.setattr(client, "get_object", refuse)
    assert bucket.read("progress/x") is None
