"""Hub -> artifact, as a child process: ``python -m inference.download``, one job in, progress lines out.

A child, because huggingface_hub can wait far longer than a request may (minutes on a silent Hub or a 429),
and only a process can be ended at a deadline. It reads one JSON job from standard input and dies when that
closes, so it never outlives the function; it writes JSON lines: progress, then one ``done`` or ``error``.
"""

from __future__ import annotations

import fnmatch
import importlib.metadata
import json
import os
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.artifact import DamagedArtifact, Manifest
from inference.publish import publish
from inference.refusals import Refused, explain

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo, RepoSibling

# Weights as safetensors only: pickle weights can run code when read. Code files are never fetched at all.
WANTED = ("*.safetensors", "*.safetensors.index.json", "*.json", "*.txt", "*.model", "*.jinja")
PROGRESS_EVERY_S = 0.5
INFO_TIMEOUT_S = 10.0


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
        reason = error if isinstance(error, Refused) else explain(error, job.model, job.revision)
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
            emit(stage="checking")
            publish(_manifest(job, commit, started_s), snapshot, files, Path(job.artifacts, commit))
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


def emit(**line: Any) -> None:
    """One JSON line to the parent."""
    print(json.dumps(line), flush=True)


def _manifest(job: Job, commit: str, started_s: float) -> Manifest:
    return Manifest(
        model=job.model,
        commit=commit,
        engine="transformers",
        precision="fp32",
        reason="served by transformers on torch: no faster engine is built in for this model",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - started_s, 2),
        files={},
        tools={"huggingface_hub": importlib.metadata.version("huggingface_hub")},
    )


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
