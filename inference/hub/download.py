"""Hub -> checked snapshot, as a child process: ``python -m inference.hub.download``.

A child, because huggingface_hub can wait far longer than a request may (minutes on a silent Hub or a 429),
and only a process can be ended at a deadline.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from inference.cache.disk import free_bytes
from inference.cache.hashes import hashes
from inference.cache.layout import COMMIT
from inference.errors import CacheFull, HubUnreachable, ModelUnavailable
from inference.hub import config_check, diffusers_index, memory_check
from inference.hub.errors import explain
from inference.hub.file_selection import choose_files
from inference.jobs import landlock
from inference.jobs.process import emit, read_job
from inference.jobs.progress import ENOUGH_TO_TELL_BYTES
from inference.jobs.refused import Refused, to_line
from inference.jobs.requests import DownloadJob

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from huggingface_hub.hf_api import ModelInfo, RepoSibling

CONFIG = "config.json"
PROGRESS_EVERY_S = 0.5
SPEED_AFTER_S = 2.0
"""Before this, connections are still being made."""
DAMAGED_BACKOFF_S = 60.0
INFO_TIMEOUT_S = 10.0
LOCKS = ".locks"


def main() -> int:
    """Run one job; the exit code only says whether an outcome was reported."""
    job = read_job(DownloadJob)
    try:
        commit, snapshot = fetch(job, close_folders=lambda: _close_folders(job))
        emit(done=commit, snapshot=str(snapshot))
    except Refused as refused:
        emit(**to_line(refused))
    except Exception as error:
        emit(**to_line(explain(error, job.model, job.revision, Path(job.hub_cache), job.token)))
    return 0


def _close_folders(job: DownloadJob) -> None:
    """From here on this process writes the downloads of this one model."""
    own = [Path(job.hub_cache, _folder_name(job)), Path(job.hub_cache, LOCKS, _folder_name(job))]
    for folder in own:
        folder.mkdir(parents=True, exist_ok=True)
    if not landlock.close_folders(writable=(*own, tempfile.gettempdir()), readable=job.readable):
        print("this kernel has no wall between the download and other folders", file=sys.stderr)


def fetch(job: DownloadJob, close_folders: Callable[[], None] = lambda: None) -> tuple[str, Path]:
    """Download what serving needs and check it against the Hub's own hashes; returns commit and folder.

    ``close_folders`` is called once it is known that there is such a model.
    """
    emit(stage="looking")
    # By the lease we are alone. The library would wait without end for a process that was frozen with its
    # lock, and, where there is no flock, for the lock file of one that was killed.
    shutil.rmtree(Path(job.hub_cache, LOCKS, _folder_name(job)), ignore_errors=True)
    info = _model_info(job)
    siblings, commit = info.siblings or [], str(info.sha)
    if not re.fullmatch(COMMIT, commit, re.ASCII):  # it becomes a folder's name
        told = f"the Hub names no commit for {job.model} at revision {job.revision}"
        raise Refused(HubUnreachable(told, retry_after_s=DAMAGED_BACKOFF_S), backoff_s=DAMAGED_BACKOFF_S)
    close_folders()
    if index := _fetch_ahead(job, commit, siblings, diffusers_index.INDEX):
        _check_index(index)
    files = choose_files(siblings, job.pickle_weights, job.own_graph, job.pickle_option)
    if config := _fetch_ahead(job, commit, files, CONFIG):
        config_check.check(config)
    memory_check.check(job, info, files, config)
    return commit, _download_right(job, commit, files)


def _fetch_ahead(job: DownloadJob, commit: str, files: list[RepoSibling], name: str) -> Path | None:
    """A file that says, where there is one, whether the weights are of any use."""
    chosen = [file for file in files if file.rfilename == name]
    return _download_right(job, commit, chosen) / name if chosen else None


def _download_right(job: DownloadJob, commit: str, files: list[RepoSibling]) -> Path:
    """Files as the Hub lists them; what arrives wrong is fetched once more."""
    wrong = None
    for _ in range(2):
        snapshot = _download(job, commit, files)
        emit(stage="checking")
        found, wrong = _hashed(snapshot, files)
        if wrong is None:
            _check_lock(job, found)
            _tell_unchecked(job, files)
            return snapshot
    assert wrong is not None
    told = f"the Hub sent a damaged {wrong.rfilename} for {job.model}, twice"
    raise Refused(HubUnreachable(told, retry_after_s=DAMAGED_BACKOFF_S), backoff_s=DAMAGED_BACKOFF_S)


def _hashed(snapshot: Path, files: list[RepoSibling]) -> tuple[dict[str, str], RepoSibling | None]:
    """File name -> SHA-256 as far as files are right, and the first that is not."""
    found: dict[str, str] = {}
    for file in files:
        sha256 = right_sha256(snapshot / file.rfilename, file)
        if sha256 is None:
            return found, file
        found[file.rfilename] = sha256
    return found, None


def _check_lock(job: DownloadJob, found: Mapping[str, str]) -> None:
    """Refuse what is not what this release goes with, though the Hub says that it is right."""
    if not job.sha256:
        return
    for name, sha256 in found.items():
        if sha256 != job.sha256.get(name):
            why = "is not the file that" if name in job.sha256 else "is not among the files that"
            told = f"{name} of {job.model} {why} models.lock.json names; make lock refreshes it"
            raise Refused(ModelUnavailable(told), backoff_s=DAMAGED_BACKOFF_S)


def _tell_unchecked(job: DownloadJob, files: list[RepoSibling]) -> None:
    """A mirror may list files without hashes: they are taken, and that is said."""
    bare = [file.rfilename for file in files if not _listed_hash(file) and file.rfilename not in job.sha256]
    if bare:
        more = f" and {len(bare) - 1} more" if len(bare) > 1 else ""
        print(f"the Hub lists no hash for {bare[0]}{more} of {job.model}: taken unchecked", file=sys.stderr)


def _listed_hash(file: RepoSibling) -> str | None:
    return file.lfs.sha256 if file.lfs else file.blob_id


def _check_index(path: Path) -> None:
    """Refuse a pipeline that will not be loaded before its gigabytes come."""
    try:
        diffusers_index.check(path.read_text(encoding="utf-8", errors="replace"))
    except diffusers_index.UnknownPipeline as error:
        raise Refused(ModelUnavailable(str(error))) from None


def right_sha256(path: Path, file: RepoSibling) -> str | None:
    """The hash of a file that is what the Hub lists; a wrong one is deleted from the library's cache."""
    sha256, git_oid = hashes(path)
    expected = _listed_hash(file)
    if not expected or expected == (sha256 if file.lfs else git_oid):
        return sha256
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    return None


def _model_info(job: DownloadJob) -> ModelInfo:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=job.hub_url, token=job.token or False)
    return api.model_info(job.model, revision=job.revision, files_metadata=True, timeout=INFO_TIMEOUT_S)


def _download(job: DownloadJob, commit: str, files: list[RepoSibling]) -> Path:
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
    names = [(_listed_hash(file), file.size or 0) for file in files]
    return [size for name, size in names if not name or not (blobs / name).exists()]


def _present_bytes(blobs: Path) -> int:
    return sum(_size(path) for path in blobs.glob("*")) if blobs.is_dir() else 0


def _check_room(job: DownloadJob, missing_bytes: list[int]) -> None:
    """Say before the first byte that the last one will find no room."""
    left_bytes = free_bytes(Path(job.hub_cache).parent)
    if left_bytes is not None and sum(missing_bytes) > left_bytes:
        told = (
            f"the model cache has no room for {job.model}: {sum(missing_bytes) / 1e6:.0f} MB are missing and "
            f"{left_bytes / 1e6:.0f} MB are free; remove a model"
        )
        raise Refused(CacheFull(told))


def _folder_name(job: DownloadJob) -> str:
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
