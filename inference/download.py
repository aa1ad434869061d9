"""Hub -> artifact, as a child process: ``python -m inference.download``, one job in, progress lines out.

A child, because huggingface_hub can wait far longer than a request may (minutes on a silent Hub or a 429),
and only a process can be ended at a deadline. It reads one JSON job from standard input and dies when that
closes, so it never outlives the function; it writes JSON lines: progress, then one ``done`` or ``error``.
"""

from __future__ import annotations

import fnmatch
import hashlib
import importlib.metadata
import json
import os
import shutil
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.artifact import Artifact, DamagedArtifact, Manifest

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo, RepoSibling

# Weights as safetensors only: pickle weights can run code when read. Code files are never fetched at all.
WANTED = ("*.safetensors", "*.safetensors.index.json", "*.json", "*.txt", "*.model", "*.jinja")
PROGRESS_EVERY_S = 0.5
INFO_TIMEOUT_S = 10.0
CHUNK_BYTES = 1 << 20


class Refused(Exception):
    """An outcome that the parent turns into a documented error: ``kind`` names the class."""

    def __init__(self, kind: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Job:
    """What to fetch and where to put it; paths are the cache's own."""

    hub_url: str
    model: str
    revision: str
    hub_cache: str
    artifacts: str


def main() -> int:
    """Run one job; the exit code only says whether an outcome was reported."""
    job = Job(**json.loads(sys.stdin.readline()))
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        commit = fetch(job)
        emit(done=commit)
    except Exception as error:
        reason = error if isinstance(error, Refused) else explain(error, job)
        emit(error=reason.kind, message=reason.message, retry_after_s=reason.retry_after_s)
    return 0


def fetch(job: Job) -> str:
    """Download what serving needs, check it against the Hub's own hashes, publish it; returns the commit."""
    started_s = time.monotonic()
    emit(stage="looking")
    info = _model_info(job)
    files = choose_files(info.siblings or [])
    commit = str(info.sha)
    for attempt in (1, 2):
        snapshot = _download(job, commit, files)
        try:
            publish(job, commit, snapshot, files, started_s)
            return commit
        except DamagedArtifact as damage:
            if attempt == 2:
                raise Refused(
                    "HubUnreachable", f"the Hub sent damaged files for {job.model}: {damage}", 60
                ) from damage
    raise AssertionError("unreachable")


def choose_files(siblings: list[RepoSibling]) -> list[RepoSibling]:
    """The top-level files that serving needs; a repository without safetensors weights is refused."""
    files = [
        file
        for file in siblings
        if "/" not in file.rfilename and any(fnmatch.fnmatch(file.rfilename, wanted) for wanted in WANTED)
    ]
    if not any(file.rfilename.endswith(".safetensors") for file in files):
        raise Refused("ModelUnavailable", "the repository has no safetensors weights at its top level")
    return files


def publish(job: Job, commit: str, snapshot: Path, files: list[RepoSibling], started_s: float) -> None:
    """Make real files in a temporary sibling, check each, write the manifest last, rename once."""
    parent = Path(job.artifacts, commit)
    parent.mkdir(parents=True, exist_ok=True)
    temporary = parent / f".{uuid.uuid4().hex}.tmp"
    temporary.mkdir()
    try:
        emit(stage="checking")
        checked = {file.rfilename: _place(file, snapshot, temporary) for file in files}
        manifest = Manifest(
            model=job.model,
            commit=commit,
            engine="transformers",
            precision="fp32",
            reason="served by transformers on torch: no faster engine is built in for this model",
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - started_s, 2),
            files=checked,
            tools={"huggingface_hub": importlib.metadata.version("huggingface_hub")},
        )
        manifest.write(temporary)
        _rename(temporary, parent / manifest.folder_name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def explain(error: Exception, job: Job) -> Refused:
    """Any library error as one of ours; its own text stays in the log, since it may carry paths."""
    import errno

    from huggingface_hub import errors

    print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    what = f"{job.model} at revision {job.revision}"
    if isinstance(error, errors.GatedRepoError):
        return Refused("ModelUnavailable", f"{what} is gated: its owner must grant access to a Hub token")
    if isinstance(error, errors.RevisionNotFoundError):
        return Refused("ModelUnavailable", f"the Hub has {job.model}, but not revision {job.revision}")
    if isinstance(error, errors.RepositoryNotFoundError):
        return Refused("ModelUnavailable", f"the Hub has no model {what}, or it needs a token")
    if isinstance(error, errors.HfHubHTTPError) and error.response is not None:
        return _explain_status(error.response.status_code, dict(error.response.headers), what)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refused("CacheFull", f"the model cache has no room for {job.model}")
    if isinstance(error, OSError) and error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return Refused("InternalError", "the model cache cannot be written")
    return Refused("HubUnreachable", f"the Hub did not deliver {what}: {type(error).__name__}", 30)


def emit(**line: Any) -> None:
    """One JSON line to the parent."""
    print(json.dumps(line), flush=True)


def _explain_status(status: int, headers: dict[str, str], what: str) -> Refused:
    if status in (401, 403):
        return Refused("ModelUnavailable", f"the Hub refused access to {what} ({status})")
    if status == 404:
        return Refused("ModelUnavailable", f"the Hub has no {what}")
    retry_after_s = _reset_s(headers) if status == 429 else 30.0
    return Refused("HubUnreachable", f"the Hub answered {status} for {what}", retry_after_s)


def _reset_s(headers: dict[str, str]) -> float:
    """Seconds until the Hub's rate limit resets: ``RateLimit: "resolvers";r=0;t=300``, or Retry-After."""
    lower = {name.lower(): value for name, value in headers.items()}
    for part in lower.get("ratelimit", "").split(";"):
        if part.strip().startswith("t="):
            return float(part.strip()[2:])
    value = lower.get("retry-after", "")
    return float(value) if value.isdecimal() else 60.0


def _model_info(job: Job) -> ModelInfo:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=job.hub_url)
    return api.model_info(job.model, revision=job.revision, files_metadata=True, timeout=INFO_TIMEOUT_S)


def _download(job: Job, commit: str, files: list[RepoSibling]) -> Path:
    from huggingface_hub import snapshot_download

    total_bytes = sum(file.size or 0 for file in files)
    blobs = Path(job.hub_cache, f"models--{job.model.replace('/', '--')}", "blobs")
    finished = threading.Event()
    watcher = threading.Thread(target=_watch, args=(blobs, total_bytes, finished), daemon=True)
    watcher.start()
    try:
        return Path(
            snapshot_download(
                job.model,
                revision=commit,
                cache_dir=job.hub_cache,
                endpoint=job.hub_url,
                allow_patterns=[_literal(file.rfilename) for file in files],
            )
        )
    finally:
        finished.set()
        watcher.join()


def _watch(blobs: Path, total_bytes: int, finished: threading.Event) -> None:
    """Report bytes on disk; the library's own progress bars write to a terminal we do not have."""
    while True:
        done = finished.wait(PROGRESS_EVERY_S)
        present = sum(_size(path) for path in blobs.glob("*")) if blobs.is_dir() else 0
        emit(stage="downloading", done_bytes=min(present, total_bytes), total_bytes=total_bytes)
        if done:
            return


def _place(file: RepoSibling, snapshot: Path, folder: Path) -> dict[str, Any]:
    """Link or copy one file out of the snapshot and check it; a wrong one is deleted from the Hub cache."""
    blob = (snapshot / file.rfilename).resolve()
    target = folder / file.rfilename
    try:
        os.link(blob, target)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(blob, target)
    size_bytes = target.stat().st_size
    sha256, git_oid = _hashes(target, size_bytes)
    expected = file.lfs.sha256 if file.lfs else file.blob_id
    if expected and expected != (sha256 if file.lfs else git_oid):
        (snapshot / file.rfilename).unlink(missing_ok=True)
        blob.unlink(missing_ok=True)
        raise DamagedArtifact(f"{file.rfilename} is not the file that the Hub lists")
    return {"size_bytes": size_bytes, "sha256": sha256}


def _hashes(path: Path, size_bytes: int) -> tuple[str, str]:
    """SHA-256 (the Hub's name for large files) and git blob id (its name for small ones)."""
    sha256 = hashlib.sha256()
    git_oid = hashlib.sha1(b"blob %d\0" % size_bytes, usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            sha256.update(chunk)
            git_oid.update(chunk)
    return sha256.hexdigest(), git_oid.hexdigest()


def _rename(temporary: Path, final: Path) -> None:
    """Publish; when another process was first, its artifact stands and ours is dropped."""
    try:
        temporary.rename(final)
    except OSError:
        Artifact.open(final)


def _literal(name: str) -> str:
    """A file name as a pattern that matches only itself."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # renamed while we looked
        return 0


def _die_with_parent() -> None:
    sys.stdin.read()
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())
