"""Snapshot -> artifact: real files, checked against the Hub's own hashes, visible by one rename."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inference.artifact import Artifact, DamagedArtifact

if TYPE_CHECKING:
    from pathlib import Path

    from huggingface_hub.hf_api import RepoSibling

    from inference.artifact import Manifest

CHUNK_BYTES = 1 << 20


def publish(manifest: Manifest, snapshot: Path, files: list[RepoSibling], parent: Path) -> None:
    """Fill a temporary sibling, check each file, write the manifest last, rename once.

    Raises :class:`DamagedArtifact` when a file is not what the Hub lists; nothing is visible then.
    """
    parent.mkdir(parents=True, exist_ok=True)
    temporary = parent / f".{uuid.uuid4().hex}.tmp"
    temporary.mkdir()
    try:
        checked = {file.rfilename: _place(file, snapshot, temporary) for file in files}
        replace(manifest, files=checked).write(temporary)
        _rename(temporary, parent / manifest.folder_name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


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
