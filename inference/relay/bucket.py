"""One S3 bucket: small documents that are written whole, and files. boto3 is imported at the first use."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from inference.errors import HubletError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONNECT_S = 3
READ_S = 20
ATTEMPTS = 4
ABSENT = ("403", "404", "AccessDenied", "NoSuchKey", "NotFound")
"""S3 answers 403 for a key that is not there, where listing is not granted (S3 API reference, GetObject)."""
TAKEN = ("409", "412", "ConditionalRequestConflict", "PreconditionFailed")
"""What a conditional write answers whose condition does not hold, or that raced with another one."""


class RelayUnreachable(HubletError):
    """The bucket that models come through does not answer, or refuses."""

    status = 503

    def __init__(self, message: str, *, code: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.code = code
        """S3's word for its refusal."""


@dataclass(frozen=True)
class Stored:
    """A document as it was read."""

    body: bytes
    etag: str
    written_s: float
    """Seconds since 1970 by the bucket's clock."""
    age_s: float
    """When it was read, by the bucket's clock: the reader's own may be wrong."""


class Bucket:
    """Safe to use from several threads; every error is a :class:`RelayUnreachable` without names."""

    def __init__(self, name: str) -> None:
        self._name = name

    @cached_property
    def _client(self) -> Any:
        import boto3  # half a second: for a model that is missing, and never for one that is there
        from botocore.config import Config

        retries = {"mode": "standard", "total_max_attempts": ATTEMPTS}
        config = Config(connect_timeout=CONNECT_S, read_timeout=READ_S, retries=retries)
        return boto3.Session().client("s3", config=config)

    def read(self, key: str) -> Stored | None:
        """The document, or ``None`` if there is none."""
        with _told(passing=ABSENT):
            answer = self._client.get_object(Bucket=self._name, Key=key)
            body: bytes = answer["Body"].read()
            written_s = answer["LastModified"].timestamp()
            return Stored(body, answer["ETag"], written_s, max(0.0, _date_s(answer) - written_s))
        return None

    def write(self, key: str, body: bytes) -> str:
        """Write a document; returns its tag."""
        with _told():
            return str(self._client.put_object(Bucket=self._name, Key=key, Body=body)["ETag"])

    def write_if_absent(self, key: str, body: bytes) -> str | None:
        """The new document's tag; ``None`` if another one is there."""
        with _told(passing=TAKEN):
            return str(
                self._client.put_object(Bucket=self._name, Key=key, Body=body, IfNoneMatch="*")["ETag"]
            )
        return self._tag_if_ours(key, body)

    def write_if_same(self, key: str, body: bytes, etag: str) -> str | None:
        """Replace the document with this tag; ``None`` if it is not there any more."""
        with _told(passing=(*TAKEN, *ABSENT)):
            return str(self._client.put_object(Bucket=self._name, Key=key, Body=body, IfMatch=etag)["ETag"])
        return self._tag_if_ours(key, body)

    def _tag_if_ours(self, key: str, body: bytes) -> str | None:
        """After a refusal: the tag of the document that is there, if it is the one that was to be written.

        boto3 sends a write again when its answer was lost. Then the bucket refuses the second one, for the
        first is there. Two writers never write the same: each document has a word of its own.
        """
        found = self.read(key)
        return found.etag if found and found.body == body else None

    def upload(self, file: Path, key: str) -> None:
        """A file of any size, in parts; boto3 sends a checksum with each."""
        with _told():
            self._client.upload_file(str(file), self._name, key)

    def download(self, key: str, file: Path) -> bool:
        """To a file that is not there yet; returns whether the bucket has the key."""
        with _told(passing=ABSENT):
            self._client.download_file(self._name, key, str(file))
            return True
        return False

    def keys(self, prefix: str) -> list[str]:
        """Everything that begins so, sorted by S3."""
        with _told():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix)
            return [str(each["Key"]) for page in pages for each in page.get("Contents", ())]

    def delete(self, keys: list[str]) -> None:
        """What is not there is no error."""
        with _told():
            for first in range(0, len(keys), 1000):  # as many as S3 takes at once
                objects = [{"Key": key} for key in keys[first : first + 1000]]
                asked = {"Objects": objects, "Quiet": True}
                answer = self._client.delete_objects(Bucket=self._name, Delete=asked)
                if answer.get("Errors"):
                    raise RelayUnreachable("some objects of the bucket cannot be deleted")

    def abort_uploads(self) -> None:
        """Unfinished multipart uploads keep a bucket from being deleted."""
        with _told():
            pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._name)
            for upload in [each for page in pages for each in page.get("Uploads", ())]:
                self._client.abort_multipart_upload(
                    Bucket=self._name, Key=upload["Key"], UploadId=upload["UploadId"]
                )


@contextmanager
def _told(passing: tuple[str, ...] = ()) -> Iterator[None]:
    """botocore's errors as ours: what went wrong, without the bucket's name or an address.

    A refusal with one of the ``passing`` codes ends the block without an error.
    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in passing:
            return
        said = f"the bucket that models come through refused: {code}"
        raise RelayUnreachable(said, code=code, retry_after_s=10) from error
    except (BotoCoreError, Boto3Error) as error:
        said = f"the bucket that models come through does not answer: {type(error).__name__}"
        raise RelayUnreachable(said, retry_after_s=10) from error


def _date_s(answer: dict[str, Any]) -> float:
    from email.utils import parsedate_to_datetime

    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(date).timestamp() if date else answer["LastModified"].timestamp()
