"""Hub -> checked snapshot, as a child process: ``python -m inference.download``.

A child, because huggingface_hub can wait far longer than a request may (minutes on a silent Hub or a 429),
and only a process can be ended at a deadline.
"""

from __future__ import annotations

import fnmatch
import shutil
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from inference import diffusers_index
from inference.child import emit, read_job
from inference.hashes import hashes
from inference.progress import ENOUGH_TO_TELL_BYTES
from inference.refusals import Refused, explain
from inference.room import free_bytes

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo, RepoSibling

# Weights as safetensors: pickle weights can run code when read, and are fetched only where a task allows it
# by name. Code files are never fetched at all.
WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.spm", "*.jinja")
WANTED_BELOW = ("*/config.json", "[0-9]_Dense/model.safetensors")
"""One folder down: how sentence-transformers repositories say what they pool, and their layers after that."""
GRAPH, GRAPH_BYTES = "onnx/model.onnx", 2_000_000_000
"""A repository's own graph, and the most that one file of ONNX holds."""
PICKLE = "pytorch_model.bin"
PROGRESS_EVERY_S = 0.5
SPEED_AFTER_S = 2.0
"""Before this, connections are still being made."""
DAMAGED_HOLD_S = 60.0
INFO_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Job:
    """What to fetch and where to put it; paths are the cache's own."""

    hub_url: str
    model: str
    revision: str
    hub_cache: str
    pickle_weights: bool
    """Whether ``pytorch_model.bin`` will do where there are no safetensors."""
    own_graph: bool
    """Whether a graph of the repository's own is of use."""
    token: str | None = field(default=None, repr=False)
    """For a model that the Hub does not give to everybody."""


def main() -> int:
    """Run one job; the exit code only says whether an outcome was reported."""
    job = Job(**read_job())
    try:
        commit, snapshot = fetch(job)
        emit(done=commit, snapshot=str(snapshot))
    except Exception as error:
        hub = Path(job.hub_cache)
        reason = (
            error if isinstance(error, Refused) else explain(error, job.model, job.revision, hub, job.token)
        )
        emit(
            error=reason.kind,
            message=reason.message,
            retry_after_s=reason.retry_after_s,
            hold_s=reason.hold_s,
        )
    return 0


def fetch(job: Job) -> tuple[str, Path]:
    """Download what serving needs and check it against the Hub's own hashes; returns commit and folder."""
    emit(stage="looking")
    # By the lease we are alone. The library would wait without end for a process that was frozen with its
    # lock, and, where there is no flock, for the lock file of one that was killed.
    shutil.rmtree(Path(job.hub_cache, ".locks", _folder_name(job)), ignore_errors=True)
    info = _model_info(job)
    siblings, commit = info.siblings or [], str(info.sha)
    index = [file for file in siblings if file.rfilename == diffusers_index.INDEX]
    if index:
        _check_index(_download_right(job, commit, index))
    snapshot = _download_right(job, commit, choose_files(siblings, job.pickle_weights, job.own_graph))
    return commit, snapshot


def _download_right(job: Job, commit: str, files: list[RepoSibling]) -> Path:
    """Files as the Hub lists them; what arrives wrong is fetched once more."""
    wrong = None
    for _ in range(2):
        snapshot = _download(job, commit, files)
        emit(stage="checking")
        wrong = next((file for file in files if not is_right(snapshot / file.rfilename, file)), None)
        if wrong is None:
            return snapshot
    assert wrong is not None
    told = f"the Hub sent a damaged {wrong.rfilename} for {job.model}, twice"
    raise Refused("HubUnreachable", told, DAMAGED_HOLD_S, DAMAGED_HOLD_S)


def _check_index(snapshot: Path) -> None:
    """Refuse a pipeline that will not be loaded before its gigabytes come."""
    try:
        diffusers_index.check(
            (snapshot / diffusers_index.INDEX).read_text(encoding="utf-8", errors="replace")
        )
    except diffusers_index.UnknownPipeline as error:
        raise Refused("ModelUnavailable", str(error)) from None


def choose_files(
    siblings: list[RepoSibling], pickle_weights: bool = False, own_graph: bool = False
) -> list[RepoSibling]:
    """The files that serving needs: top-level ones, or the parts of a diffusers pipeline.

    A repository, or a part of a pipeline, that has no safetensors weights is refused.
    """
    if any(file.rfilename == diffusers_index.INDEX for file in siblings):
        return _choose_parts(siblings)
    files = [file for file in siblings if _is_wanted(file.rfilename)]
    if own_graph:
        files += [file for file in siblings if file.rfilename == GRAPH and (file.size or 0) < GRAPH_BYTES]
    if any("/" not in file.rfilename and file.rfilename.endswith(".safetensors") for file in files):
        return files
    pickled = [file for file in siblings if pickle_weights and file.rfilename == PICKLE]
    files += pickled
    if not pickled:
        raise Refused("ModelUnavailable", "the repository has no safetensors weights at its top level")
    return files


def _choose_parts(siblings: list[RepoSibling]) -> list[RepoSibling]:
    files = [file for file in siblings if diffusers_index.is_wanted(file.rfilename)]
    if lacking := diffusers_index.parts_without_weights([file.rfilename for file in files]):
        raise Refused(
            "ModelUnavailable", f"the repository has no safetensors weights of {', '.join(lacking)}"
        )
    return files


def is_right(path: Path, file: RepoSibling) -> bool:
    """Whether a downloaded file is what the Hub lists; a wrong one is deleted from the library's cache."""
    sha256, git_oid = hashes(path)
    expected = file.lfs.sha256 if file.lfs else file.blob_id
    if not expected or expected == (sha256 if file.lfs else git_oid):
        return True
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    return False


def _is_wanted(name: str) -> bool:
    if "/" in name:
        return name.count("/") == 1 and any(fnmatch.fnmatch(name, wanted) for wanted in WANTED_BELOW)
    return any(fnmatch.fnmatch(name, wanted) for wanted in WANTED)


def _model_info(job: Job) -> ModelInfo:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=job.hub_url, token=job.token or False)
    return api.model_info(job.model, revision=job.revision, files_metadata=True, timeout=INFO_TIMEOUT_S)


def _download(job: Job, commit: str, files: list[RepoSibling]) -> Path:
    from huggingface_hub import snapshot_download

    blobs = Path(job.hub_cache, _folder_name(job), "blobs")
    _check_room(job, _missing_bytes(blobs, files))
    finished = threading.Event()
    watcher = threading.Thread(target=_watch, args=(blobs, files, finished), daemon=True)
    watcher.start()
    try:
        return Path(
            snapshot_download(
                job.model,
                revision=commit,
                cache_dir=job.hub_cache,
                endpoint=job.hub_url,
                token=job.token or False,
                allow_patterns=[_literal(file.rfilename) for file in files],
            )
        )
    finally:
        finished.set()
        watcher.join()


def _watch(blobs: Path, files: list[RepoSibling], finished: threading.Event) -> None:
    """Report bytes on disk; the library's own progress bars write to a terminal we do not have."""
    total_bytes = sum(file.size or 0 for file in files)
    started_s, first_bytes = time.monotonic(), _present_bytes(blobs)
    while True:
        done = finished.wait(PROGRESS_EVERY_S)
        present, elapsed_s = _present_bytes(blobs), time.monotonic() - started_s
        emit(
            stage="downloading",
            done_bytes=min(present, total_bytes),
            total_bytes=total_bytes,
            bytes_per_s=_speed(present - first_bytes, elapsed_s),
            largest_bytes=max(_missing_bytes(blobs, files), default=0),
        )
        if done:
            return


def _speed(came_bytes: int, elapsed_s: float) -> float:
    """Bytes per second; 0 while there is not enough to tell it by."""
    return came_bytes / elapsed_s if elapsed_s > SPEED_AFTER_S and came_bytes > ENOUGH_TO_TELL_BYTES else 0.0


def _missing_bytes(blobs: Path, files: list[RepoSibling]) -> list[int]:
    """Sizes of the files that are not there yet; the library names a blob by its hash."""
    names = [(file.lfs.sha256 if file.lfs else file.blob_id, file.size or 0) for file in files]
    return [size for name, size in names if not name or not (blobs / name).exists()]


def _present_bytes(blobs: Path) -> int:
    return sum(_size(path) for path in blobs.glob("*")) if blobs.is_dir() else 0


def _check_room(job: Job, missing_bytes: list[int]) -> None:
    """Say before the first byte that the last one will find no room."""
    left_bytes = free_bytes(Path(job.hub_cache).parent)
    if left_bytes is not None and sum(missing_bytes) > left_bytes:
        raise Refused(
            "CacheFull",
            f"the model cache has no room for {job.model}: {sum(missing_bytes) / 1e6:.0f} MB are missing and "
            f"{left_bytes / 1e6:.0f} MB are free; remove a model",
        )


def _folder_name(job: Job) -> str:
    """As the library calls a repository's folder."""
    return f"models--{job.model.replace('/', '--')}"


def _literal(name: str) -> str:
    """A file name as a pattern that matches only itself."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # renamed while we looked
        return 0


if __name__ == "__main__":
    sys.exit(main())
