"""Documents and files in a bucket, and what its refusals become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inference.relay import bucket as module
from inference.relay.bucket import Bucket, RelayUnreachable

if TYPE_CHECKING:
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
