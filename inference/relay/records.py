"""The documents in the bucket, and their keys. Everything that is read from it is checked here."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from inference.cache.artifact import ARCH, VERSION, Manifest
from inference.cache.layout import COMMIT, SLUG, model_id, slug
from inference.jobs.progress import Progress
from inference.settings import MODEL_ID, PRECISIONS, REVISION, SHA256
from inference.task_kinds import head_of

if TYPE_CHECKING:
    from inference.task import Model

NAME = rf"{SLUG}/[0-9a-f]{{16}}"
FOLDER = r"[a-z][A-Za-z0-9_.-]*"
MOST_THREADS = 6
"""vCPUs of the largest function."""


class BadRecord(ValueError):
    """A document of the bucket that is none of ours; the message says which part."""


def name_of(model: Model, pipeline_tag: str, precision: str) -> str:
    """What the documents about one artifact share in their keys.

    Another release, processor or precision has another name: each gets its own form.
    """
    asked = (model.id, model.revision, model.pickle_weights, head_of(pipeline_tag), precision, ARCH, VERSION)
    return f"{slug(model.id)}/{hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]}"


def request_key(name: str) -> str:
    return f"requests/{name}.json"


def lease_key(name: str) -> str:
    return f"leases/{name}.json"


def progress_key(name: str) -> str:
    return f"progress/{name}.json"


def manifest_key(name: str) -> str:
    return f"artifacts/{name}/manifest.json"


def file_key(name: str, making: str, file: str) -> str:
    """``making`` keeps the files of two factories apart that worked on the same name."""
    return f"artifacts/{name}/{making}/{file}"


def load_key(model: str, commit: str, artifact: str) -> str:
    """An empty document: the artifact was loaded when it was written."""
    return f"loads/{slug(model)}/{commit}/{artifact}"


def artifact_of_load(key: str) -> tuple[str, str, str] | None:
    """Model, commit and artifact of a key that :func:`load_key` made; ``None`` for any other key."""
    found = re.fullmatch(f"loads/({SLUG})/({COMMIT})/({FOLDER})", key, re.ASCII)
    return (model_id(found[1]), found[2], found[3]) if found else None


def name_in(key: str, pattern: str) -> str | None:
    """The name in a key like ``requests/<name>.json``; ``None`` for any other key."""
    before, after = pattern.split("*")
    found = re.fullmatch(f"{re.escape(before)}({NAME}){re.escape(after)}", key, re.ASCII)
    return found[1] if found else None


@dataclass(frozen=True)
class ModelRequest:
    """A function asks for an artifact."""

    task: str
    model: str
    revision: str
    precision: str
    threads: int
    """That the function has: a proof that compares speeds runs with as many."""
    tries: int = 0
    """How often a factory that ran out of time has asked again for itself."""

    @classmethod
    def of(cls, model: Model, *, task: str, precision: str, threads: int) -> ModelRequest:
        return cls(task, model.id, model.revision, precision, threads)

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, body: bytes) -> ModelRequest:
        """Raises :class:`BadRecord`."""
        request: ModelRequest = _build(cls, body)
        _check_pattern("task", request.task, r"[a-z][a-z0-9_]*")
        _check_pattern("model", request.model, MODEL_ID)
        _check_pattern("revision", request.revision, REVISION)
        if request.precision not in PRECISIONS:
            raise BadRecord("precision is none that there is")
        _check_number("threads", request.threads, 1, MOST_THREADS)
        _check_number("tries", request.tries, 0, 1000)
        return request


@dataclass(frozen=True)
class MakingProgress:
    """How far a making is, or how it ended."""

    progress: Progress = field(default_factory=Progress)
    is_ended: bool = False
    failure: dict[str, Any] | None = None
    """As :class:`inference.prepare.backoff.Failure` has it."""
    is_damaged: bool = False
    """Whether it failed for the files in the bucket: then they are made anew, not delivered again."""

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, body: bytes) -> MakingProgress:
        """What cannot be read says nothing: a making that began."""
        try:
            document = json.loads(body)
            failure = document["failure"]
            return cls(
                Progress(**document["progress"]),
                document["is_ended"] is True,
                failure if isinstance(failure, dict) else None,
                document.get("is_damaged") is True,
            )
        except (ValueError, TypeError, KeyError):
            return cls()


@dataclass(frozen=True)
class Delivery:
    """``manifest.json`` in the bucket, written last: all files of the artifact are there."""

    model: str
    revision: str
    """The branch or commit that was asked for."""
    resolved_s: float
    """When a branch was resolved to the manifest's commit, in seconds since 1970."""
    making: str
    manifest: Manifest

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, body: bytes) -> Delivery:
        """Raises :class:`BadRecord`; every part that will become part of a path is checked."""
        try:
            document = json.loads(body)
            manifest = Manifest.of(document.pop("manifest"))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise BadRecord("the delivery is no document of ours") from None
        delivery: Delivery = _build(cls, {**document, "manifest": manifest})
        _check_pattern("model", delivery.model, MODEL_ID)
        _check_pattern("revision", delivery.revision, REVISION)
        _check_pattern("making", delivery.making, r"[0-9a-f]{32}")
        _check_pattern("commit", manifest.commit, COMMIT)
        _check_pattern("folder", manifest.folder_name, FOLDER)
        if manifest.model != delivery.model:
            raise BadRecord("the manifest is another model's")
        if not isinstance(delivery.resolved_s, int | float):
            raise BadRecord("resolved_s is no number")
        if not isinstance(manifest.files, dict):
            raise BadRecord("the manifest lists no files")
        for name, file in manifest.files.items():
            _check_file(name, file)
        return delivery

    def check_name(self, name: str) -> None:
        """Raise :class:`BadRecord` where the key it lies under is another model's, or its commit another."""
        if name.partition("/")[0] != slug(self.model):
            raise BadRecord("the delivery lies under another model's name")
        if re.fullmatch(COMMIT, self.revision, re.ASCII) and self.revision != self.manifest.commit:
            raise BadRecord("the manifest is of another commit than was asked for")


def _check_file(name: Any, file: Any) -> None:
    if not isinstance(name, str) or "\0" in name or set(name.split("/")) & {"", ".", ".."}:
        raise BadRecord("a file's name is none that an artifact has")
    if not isinstance(file, dict) or not isinstance(file.get("size_bytes"), int):
        raise BadRecord("a file has no size")
    _check_pattern("sha256", file.get("sha256"), SHA256)


def _build(cls: Any, document: Any) -> Any:
    try:
        return cls(**(json.loads(document) if isinstance(document, bytes) else document))
    except (ValueError, TypeError):
        raise BadRecord(f"no {cls.__name__} of this release") from None


def _check_pattern(part: str, value: Any, pattern: str) -> None:
    if not isinstance(value, str) or len(value) > 200 or not re.fullmatch(pattern, value, re.ASCII):
        raise BadRecord(f"{part} is not as it should be")


def _check_number(part: str, value: Any, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadRecord(f"{part} must be a number from {low} to {high}")
